//! The heart of the bake gate: what happens between two looks.

use std::path::Path;
use std::sync::Arc;

use sluice::rehearsal::{Rehearsed, rehearse};
use sluice_core::plan::Plan;
use sluice_world::Scenario;
use sluice_world::codepipeline::ExecutionStatus;

use super::PLAN;

fn run(scenario: &str) -> Rehearsed {
    let plan = Plan::read_yaml(PLAN).expect("it is right");
    let scenario = Scenario::parse(scenario, Path::new(".")).expect("it is right");
    rehearse(&plan, PLAN, scenario, Arc::new(|_| {})).expect("it begins")
}

#[test]
fn an_alarm_that_fires_and_recovers_between_two_looks_fails_the_bake() {
    let done = run("
about: fires for three minutes between looks
alarms:
  - name: errors
    states: [ { at: -2h, state: OK }, { at: prod + 12m, state: ALARM }, { at: prod + 15m, state: OK } ]
pipeline: { look_every: 10m }
");
    assert_eq!(done.execution.status, ExecutionStatus::Failed);
    let gate = &done.gates[0];
    let reason = gate.evidence.reason.as_ref().unwrap();
    assert_eq!(
        reason.code.to_string(),
        "FiredAndRecovered",
        "{}",
        gate.message
    );
    // The next look after the firing, not the last one.
    assert_eq!(gate.looks, 3);
}
