//! A stage that is retried runs its gate anew.

use std::path::Path;

use jiff::SignedDuration;
use sluice::rehearsal::{EVIDENCE_BUCKET, functions_in, in_virtual_time, pipeline};
use sluice_core::plan::Plan;
use sluice_world::codepipeline::{Execution, ExecutionStatus};
use sluice_world::wire::Protocol;
use sluice_world::{Scenario, World};

use super::PLAN;

/// Fires once at 12m and recovers. The stage is retried with `mode` an hour
/// after it failed.
fn retried(mode: &str) -> (Execution, Execution) {
    let scenario = "
about: fires once
alarms:
  - name: errors
    states: [ { at: -2h, state: OK }, { at: prod + 12m, state: ALARM }, { at: prod + 15m, state: OK } ]
pipeline: { look_every: 5m }
";
    let scenario = Scenario::parse(scenario, Path::new(".")).unwrap();
    let plan = Plan::read_yaml(PLAN).unwrap();
    let definition = pipeline(&plan, PLAN, &scenario);
    in_virtual_time(async {
        let world = World::new(scenario);
        world.s3().create_bucket(EVIDENCE_BUCKET);
        world.set_functions(functions_in(&world));
        let id = world.start(definition).unwrap();
        let first = world.codepipeline().finished(&id).await;
        let hour = SignedDuration::from_hours(1);
        world.clock().sleep_until(world.clock().now() + hour).await;
        let body = serde_json::json!({
            "pipelineName": "checkout",
            "stageName": "prod",
            "pipelineExecutionId": id,
            "retryMode": mode,
        });
        let body = body.to_string().into_bytes();
        let codepipeline = world.codepipeline();
        codepipeline
            .call("RetryStageExecution", Protocol::Json, &body, "AKIA")
            .unwrap();
        (first, world.codepipeline().finished(&id).await)
    })
    .unwrap()
}

#[test]
fn a_retry_of_the_failed_gate_does_not_fail_on_what_it_judged_before() {
    let (first, second) = retried("FAILED_ACTIONS");
    assert_eq!(first.status, ExecutionStatus::Failed);
    let gate = second.action("bake").unwrap();
    assert_eq!(second.status, ExecutionStatus::Succeeded, "{gate:?}");
}

#[test]
fn a_retry_of_all_actions_deploys_again_and_passes_on_its_own() {
    let (first, second) = retried("ALL_ACTIONS");
    assert_eq!(first.status, ExecutionStatus::Failed);
    assert_eq!(second.status, ExecutionStatus::Succeeded);
}
