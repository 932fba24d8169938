//! What is said on the bus of gates that end, and what trouble with it changes:
//! nothing.

use std::path::Path;
use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::{Value, json};
use sluice::rehearsal::EVENT_BUS;
use sluice_world::codepipeline::ActionStatus;
use sluice_world::scenario::RefusalKind;
use sluice_world::world::{Call, Fault};

use super::bench::{Case, Done, parameters};
use super::reaped::{crash, dying};

const TOLD: &str = "
service: checkout
stages:
  prod:
    gates:
      - bake: { for: 30m, traffic: not_measured, alarms: [errors] }
    on_fail: { notify: [team, desk] }
    on_error: { notify: [on-call] }
";

const FIRING: &str = "
about: the alarm fires
alarms: [ { name: errors, states: [ { at: -2h, state: OK }, { at: 15m, state: ALARM } ] } ]
pipeline: { look_every: 5m }
";

#[track_caller]
fn only(done: &Done) -> Value {
    let mut said = done.world.published();
    assert_eq!(said.len(), 1, "{said:#?}");
    let said = said.remove(0);
    assert_eq!(said.bus, EVENT_BUS);
    said.detail
}

#[test]
fn a_gate_that_ends_is_said_once_and_not_its_looks_before() {
    let done = Case::default().run();
    let looks = done.gate().jobs.len();
    assert!(looks > 3, "{looks} looks");
    let said = only(&done);
    let ended = done.ended();
    assert_eq!(said["verdict"], "pass");
    assert_eq!(said["host"], "lambda_action");
    assert_eq!(said["looks"], json!(looks));
    assert_eq!(said["evidence"], json!(ended.evidence_address));
    assert_eq!(said["service"], "checkout");
    assert_eq!(said["attempt"], json!(ended.evidence.attempt));
}

#[test]
fn whom_the_plan_names_is_named_by_each_answer() {
    let of = |scenario: &str, plan: &str| {
        let mut parameters = parameters();
        // Only the plan names it.
        parameters.as_object_mut().unwrap().remove("service");
        let case = Case {
            scenario: scenario.to_owned(),
            parameters: Some(parameters.to_string()),
            ..Case::plan(plan)
        };
        only(&case.run())
    };
    let failed = of(FIRING, TOLD);
    assert_eq!(
        (&failed["verdict"], &failed["notify"]),
        (&json!("fail"), &json!(["team", "desk"]))
    );
    assert_eq!(failed["service"], "checkout");
    assert!(
        failed["readings"][0].as_str().unwrap().contains("errors"),
        "{failed}"
    );
    let passed = of(super::bench::QUIET, TOLD);
    assert_eq!(
        (&passed["verdict"], &passed["notify"]),
        (&json!("pass"), &json!([]))
    );
    let error = of(super::bench::QUIET, &TOLD.replace("[errors]", "[gone]"));
    assert_eq!(
        (&error["error"], &error["notify"]),
        (&json!("AlarmNotFound"), &json!(["on-call"]))
    );
    assert_eq!(
        (&error["verdict"], &error["outcome"]),
        (&json!(null), &json!("stop"))
    );
}

#[test]
fn a_gate_that_cannot_read_its_settings_says_so() {
    let said = only(&Case::plan("service: [").run());
    assert_eq!(
        (&said["error"], &said["kind"]),
        (&json!("SettingsInvalid"), &json!(""))
    );
    assert_eq!(
        (&said["pipeline"], &said["stage"]),
        (&json!("checkout"), &json!("prod"))
    );
}

#[test]
fn an_event_that_is_handled_twice_at_once_is_said_once() {
    let ended_at_once = Case {
        twice: true,
        ..Case::plan(&TOLD.replace("[errors]", "[gone]"))
    };
    only(&ended_at_once.run());
}

#[test]
fn an_event_that_comes_again_after_the_answer_is_not_said_again() {
    let once_more = Case {
        once_more: true,
        ..Case::default()
    };
    only(&once_more.run());
}

#[test]
fn a_function_that_died_is_said_by_the_reaper() {
    let said = only(&dying(2, "RetriesExhausted", crash()).run());
    assert_eq!(
        (&said["error"], &said["verdict"]),
        (&json!("FunctionDied"), &json!(null))
    );
    assert_eq!(
        (&said["outcome"], &said["gate"]),
        (&json!("stop"), &json!("bake"))
    );
    assert_eq!(
        (&said["pipeline"], &said["service"]),
        (&json!("checkout"), &json!("checkout"))
    );
    assert!(
        said["reason"].as_str().unwrap().contains("sluice-bake"),
        "{said}"
    );
}

/// The answer, the evidence and when it was given, with this wrong at the bus.
fn with(fault: Option<Fault>) -> (Done, Vec<Value>) {
    let case = Case {
        prepare: Arc::new(move |world| {
            let fault = fault.clone();
            world.set_faults(Arc::new(move |call: &Call| {
                fault.clone().filter(|_| call.service == "events")
            }));
        }),
        ..Case::default()
    };
    let done = case.run();
    let answers = done.gate().jobs.iter().flat_map(|job| &job.answers);
    let answers = answers.map(|sent| json!(format!("{sent:?}"))).collect();
    (done, answers)
}

/// With this wrong at the bus, all is as without it, and the log says why
/// nothing was said.
#[track_caller]
fn check_same(fault: Fault, said: usize, why: &str) {
    let (expected, answers) = with(None);
    let (done, same) = with(Some(fault));
    assert_eq!(same, answers);
    assert_eq!(done.gate().status, ActionStatus::Succeeded);
    assert_eq!(done.crashed, Vec::<String>::new());
    assert_eq!(done.ended().evidence, expected.ended().evidence);
    assert_eq!(done.world.published().len(), said);
    let is_warning = |line: &&Value| line["message"] == "how the gate ended could not be published";
    let warnings: Vec<&Value> = done.log.iter().filter(is_warning).collect();
    assert_eq!(warnings.len(), 1);
    let text = warnings[0]["text"].as_str().unwrap();
    assert!(text.contains(why), "{text}");
}

#[test]
fn a_throttled_bus_changes_no_answer() {
    check_same(
        Fault::Refused(RefusalKind::Throttling),
        0,
        "events:PutEvents",
    );
}

#[test]
fn a_bus_that_the_role_may_not_write_to_changes_no_answer() {
    check_same(
        Fault::Refused(RefusalKind::AccessDenied),
        0,
        "events:PutEvents",
    );
}

#[test]
fn a_bus_that_does_not_answer_changes_no_answer() {
    check_same(Fault::Slow(SignedDuration::from_mins(10)), 0, "5 s");
}

#[test]
fn a_panic_while_it_is_said_changes_no_answer() {
    check_same(Fault::Panicked, 0, "");
}

#[test]
fn what_is_said_has_the_published_shape() {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/events/gate-verdict.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let firing = Case {
        scenario: FIRING.to_owned(),
        ..Case::plan(TOLD)
    };
    for done in [
        Case::default().run(),
        firing.run(),
        dying(0, "RetriesExhausted", crash()).run(),
    ] {
        let said = only(&done);
        let mistakes: Vec<String> = validator
            .iter_errors(&said)
            .map(|error| error.to_string())
            .collect();
        assert_eq!(mistakes, Vec::<String>::new());
        let mut short = said.clone();
        short.as_object_mut().unwrap().remove("outcome");
        assert!(!validator.is_valid(&short));
    }
}
