//! What has to fit into a token or a key, and AWS being unwell at a first look.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::json;
use sluice_world::codepipeline::ExecutionStatus;
use sluice_world::scenario::RefusalKind;
use sluice_world::world::Fault;

use super::bench::{Case, parameters};

/// A plan with this gate and a hundred alarms, and a scenario in which each
/// alarm has these extras.
fn hundred_alarms(gate: &str, extra: &str) -> Case {
    let plan = format!(
        "service: checkout\nstages:\n  prod:\n    gates:\n      - bake: {{ name: {gate}, for: 30m, at_most: 5h, \
         traffic: not_measured, alarms: [ {{ prefix: errors- }} ] }}\n"
    );
    let alarms: String = (0..100)
        .map(|n| format!("  - {{ name: errors-{n:03}, states: [ {{ at: -2h, state: OK }}, {{ at: 10m, state: INSUFFICIENT_DATA }}, {{ at: {}s, state: OK }} ]{extra} }}\n", 700 + n))
        .collect();
    let mut of = parameters();
    of["gate"] = json!(gate);
    Case {
        parameters: Some(of.to_string()),
        scenario: format!(
            "about: a hundred alarms\nalarms:\n{alarms}pipeline: {{ look_every: 5m }}\n"
        ),
        ..Case::plan(&plan)
    }
}

#[test]
fn the_token_of_a_hundred_alarms_that_cannot_be_evaluated_fits() {
    let blind = ", evaluation_error: [ { at: 4m, for: 3h, state: EVALUATION_ERROR } ]";
    let done = hundred_alarms(&"g".repeat(100), blind).run();
    assert_eq!(done.crashed, Vec::<String>::new());
    assert_eq!(done.execution.status, ExecutionStatus::Succeeded);
    // Three blind hours of which nothing counts, and then the bake.
    let gate = done.gate();
    let took = gate.ended.unwrap().duration_since(gate.began);
    assert!(took >= SignedDuration::from_mins(180 + 29), "{took}");
}

#[test]
fn names_that_are_none_are_refused() {
    let long = "fix the checkout ".repeat(40);
    for (name, value) in [
        ("release", long.as_str()),
        ("release", "../../other"),
        ("release", ".."),
        ("release", ""),
        ("pipeline", "a/b"),
        ("stage", "prod/x"),
        ("gate", "bake \u{e4}"),
    ] {
        let mut of = parameters();
        of[name] = json!(value);
        of["release_check"] = json!("off");
        of["settings"] = json!({ "for": "30m", "traffic": "not_measured", "alarms": ["errors"] });
        let expected = ["ParametersInvalid", name];
        Case::parameters(of).check_refused("ConfigurationError", &expected);
    }
}

/// The first calls of one operation find AWS unwell.
fn unwell(case: Case, operation: &'static str) {
    let case = Case {
        doctor: Arc::new(move |number, _, world| {
            world.set_faults(Arc::new(move |call| {
                let unwell = number == 0 && call.operation == operation;
                unwell.then_some(Fault::Refused(RefusalKind::InternalError))
            }));
        }),
        ..case
    };
    let done = case.run();
    let message = done.gate().failure.clone().map(|failure| failure.message);
    assert_eq!(message, None);
    assert_eq!(done.execution.status, ExecutionStatus::Succeeded);
}

#[test]
fn a_record_that_cannot_be_put_at_the_first_look_is_put_at_the_next() {
    unwell(hundred_alarms("bake", ""), "PutObject");
}

#[test]
fn a_plan_that_cannot_be_read_at_the_first_look_is_read_at_the_next() {
    unwell(Case::default(), "GetObject");
}
