//! Whether there is a release that each stage could be rolled back to now.

use sluice_aws::Aws;
use sluice_core::plan::{Plan, RollBack, StagePlan};

use super::finding::Finding;

/// Looks for a target for each stage that is rolled back by CodePipeline.
pub(super) async fn look(aws: &Aws, pipeline: &str, version: i64, plan: &Plan) -> Vec<Finding> {
    let by_codepipeline = |stage: &&StagePlan| {
        matches!(
            stage.policies.on_fail.roll_back,
            RollBack::Stage | RollBack::Native
        )
    };
    let stages: Vec<&StagePlan> = plan.stages.iter().filter(by_codepipeline).collect();
    if stages.is_empty() {
        return Vec::new();
    }
    let states = match aws.pipeline_state(pipeline).await {
        Ok(states) => states,
        Err(error) => return vec![Finding::unread("rollback", pipeline, &error)],
    };
    let mut findings = Vec::new();
    for stage in stages {
        let own = states.iter().find(|own| own.stage == stage.name);
        // What is well there is what the next release goes back to.
        let unwell = own
            .and_then(|own| own.latest.as_ref())
            .filter(|(_, status)| status != "Succeeded")
            .map(|(id, _)| id.as_str());
        let target = aws
            .rollback_target(pipeline, &stage.name, version, unwell)
            .await;
        findings.push(match target {
            Ok(Some(id)) => {
                let says = format!("could go back to the release {id}");
                Finding::ok("rollback", &stage.name, &says)
            }
            Ok(None) => none(&stage.name),
            Err(error) => Finding::unread("rollback", &stage.name, &error),
        });
    }
    findings
}

fn none(stage: &str) -> Finding {
    let says = "there is no release to go back to: none that succeeded in the stage, in this \
                version of the pipeline, is no rollback and not the one that is not well there";
    let mend = "let a release succeed there; each change of the pipeline makes the releases before \
                it unfit";
    Finding::problem("rollback", stage, says, mend)
}
