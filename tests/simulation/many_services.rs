//! CloudWatch does not answer, for a hundred services at once.

use std::path::Path;

use sluice::rehearsal::{EVIDENCE_BUCKET, functions_in, in_virtual_time, world_of};
use sluice_world::Scenario;
use sluice_world::codepipeline::{Execution, ExecutionStatus, Pipeline};
use sluice_world::faults::FaultPlan;

use crate::pipelines::bake_alone;

const SERVICES: usize = 100;

fn pipeline(service: usize) -> Pipeline {
    bake_alone(
        &format!("service-{service}"),
        r#"{"for":"10m","traffic":"not_measured","since":"gate","alarms":["errors"]}"#,
    )
}

/// Releases all services while CloudWatch refuses like this; gives the
/// releases, and what of AWS was called.
fn released(refusal: &str) -> (Vec<Execution>, Vec<String>) {
    let scenario = format!(
        "about: CloudWatch is away\nalarms: [ {{ name: errors, states: [ {{ at: -2h, state: OK }} ] }} ]\n\
         refusals: [ {refusal} ]\npipeline: {{ look_every: 5m }}\n"
    );
    let scenario = Scenario::parse(&scenario, Path::new(".")).unwrap();
    in_virtual_time(async {
        let world = world_of(scenario, FaultPlan::default());
        world.s3().create_bucket(EVIDENCE_BUCKET);
        world.set_functions(functions_in(&world));
        let ids: Vec<String> = (0..SERVICES)
            .map(|service| world.start(pipeline(service)).unwrap())
            .collect();
        let mut releases = Vec::new();
        for id in ids {
            releases.push(world.codepipeline().finished(&id).await);
        }
        (releases, world.calls_by_operation().into_keys().collect())
    })
    .unwrap()
}

#[track_caller]
fn check_held(refusal: &str, expected: &str) {
    let (releases, operations) = released(refusal);
    assert_eq!(releases.len(), SERVICES);
    for release in &releases {
        let action = release.action("bake").unwrap();
        assert_eq!(release.status, ExecutionStatus::Failed, "{action:?}");
        let failure = action.failure.as_ref().unwrap();
        assert!(failure.message.contains(expected), "{}", failure.message);
        let accepted: usize = action.jobs.iter().map(|job| job.accepted()).sum();
        assert_eq!(accepted, action.jobs.len(), "an answer to each job");
    }
    for operation in ["RollbackStage", "StopDeployment", "StopPipelineExecution"] {
        let called = operations.iter().any(|own| own.ends_with(operation));
        assert!(!called, "{operation} in {operations:?}");
    }
}

#[test]
fn cloudwatch_denied_to_a_hundred_services_lets_nothing_go_and_rolls_nothing_back() {
    check_held(
        "{ call: \"cloudwatch:*\", error: AccessDenied }",
        "AccessDenied",
    );
}

#[test]
fn cloudwatch_down_for_a_hundred_services_lets_nothing_go_and_rolls_nothing_back() {
    check_held(
        "{ call: \"cloudwatch:*\", error: InternalError }",
        "ServiceUnavailable",
    );
}

#[test]
fn cloudwatch_down_in_the_middle_of_a_hundred_bakes_lets_nothing_go_and_rolls_nothing_back() {
    check_held(
        "{ call: \"cloudwatch:*\", error: Timeout, at: 7m }",
        "ServiceUnavailable",
    );
}
