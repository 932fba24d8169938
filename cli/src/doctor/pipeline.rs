//! The pipeline: what `sluice check --pipeline` says of it as it is now, where
//! its actions run, and which rights gates said that they lack.

use sluice_aws::{Aws, StageState};
use sluice_core::plan::Plan;
use sluice_core::problems::Severity;

use super::finding::{Finding, Status};
use crate::check::pipeline::{Called, live};

/// What is known of the pipeline.
#[derive(Default)]
pub(super) struct Looked {
    pub(super) findings: Vec<Finding>,
    pub(super) called: Vec<Called>,
    /// The pipeline's version, by which releases can be rolled back.
    pub(super) version: Option<i64>,
}

/// Looks at a pipeline.
pub(super) async fn look(aws: &Aws, name: &str, plan: Option<&Plan>) -> Looked {
    let mut looked = Looked::default();
    let region = aws.region_name();
    let document = match aws.pipeline_definition(name).await {
        Ok(Some(document)) => document,
        Ok(None) => {
            let says = format!("there is no such pipeline in {region}");
            let mend = "name another with `--pipeline`, or its region with `AWS_REGION`";
            looked.findings = vec![Finding::problem("pipeline", name, &says, mend)];
            return looked;
        }
        Err(error) => {
            looked.findings = vec![Finding::unread("pipeline", name, &error)];
            return looked;
        }
    };
    let (problems, called) = live(&document, plan);
    for problem in problems.iter() {
        let status = match problem.severity {
            Severity::Error => Status::Problem,
            Severity::Warning => Status::Warning,
        };
        let own = Finding::new(status, "pipeline", name, &problem.to_string());
        looked
            .findings
            .push(own.mend(problem.hint.as_deref().unwrap_or("")));
    }
    if looked.findings.is_empty() {
        let says = "calls the gates where they can judge";
        looked.findings.push(Finding::ok("pipeline", name, says));
    }
    looked
        .findings
        .extend(called.iter().filter_map(|own| elsewhere(own, region)));
    looked.findings.extend(rights(aws, name, &called).await);
    looked.version = document["pipeline"]["version"].as_i64();
    looked.called = called;
    looked
}

/// Whether an action calls into another region than the one looked at.
fn elsewhere(own: &Called, region: &str) -> Option<Finding> {
    // arn:aws:states:REGION:ACCOUNT:stateMachine:NAME
    let of_arn = own
        .target
        .strip_prefix("arn:")
        .and_then(|arn| arn.split(':').nth(2));
    let called = own.region.as_deref().or(of_arn).unwrap_or(region);
    let says = format!("calls `{}` in {called}, and this is {region}", own.target);
    let mend = "let the action run in the region that Sluice is installed in";
    (called != region).then(|| Finding::problem("region", &own.place, &says, mend))
}

/// What gates last said of rights that they lack.
async fn rights(aws: &Aws, name: &str, called: &[Called]) -> Vec<Finding> {
    let stages = match aws.pipeline_state(name).await {
        Ok(stages) => stages,
        Err(error) => return vec![Finding::unread("rights", name, &error)],
    };
    let lacking: Vec<Finding> = stages
        .iter()
        .flat_map(|stage| lack(stage, called))
        .collect();
    if lacking.is_empty() {
        return vec![Finding::ok(
            "rights",
            name,
            "no gate's last answer was that it lacks a right",
        )];
    }
    lacking
}

/// As `GateError::AccessDenied` puts it.
const DENIED: &str = "no permission for `";

fn lack(stage: &StageState, called: &[Called]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for action in &stage.actions {
        let place = format!("{}/{}", stage.stage, action.action);
        let says = action.says.as_deref().unwrap_or("");
        let is_ours = called.iter().any(|own| own.place == place);
        let failed = action.status.as_deref() == Some("Failed");
        if let Some((_, rest)) = says.split_once(DENIED)
            && is_ours
            && failed
        {
            let call = rest.split('`').next().unwrap_or(rest);
            let mend = format!(
                "allow `{call}` to the role that it names; docs/errors/AccessDenied.md says more"
            );
            findings.push(Finding::problem("rights", &place, says, &mend));
        }
    }
    findings
}
