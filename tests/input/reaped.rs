//! A function that died is answered for, with what is known and no more.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice_host::Handled;
use sluice_world::codepipeline::{ActionStatus, ExecutionStatus};

use super::bench::{Case, Done, parameters};

const REQUEST: &str = "7c1f0f3e-5d3c-4a55-9d0e-0c5f5f0e6a11";

/// Scenarios from which the rights of the function are recorded.
pub(crate) const SCENARIOS: &[fn()] = &[
    a_crash_is_called_one,
    a_function_that_dies_in_the_middle_of_a_bake_is_answered_for_with_its_look,
    a_gate_that_only_watches_goes_on_and_says_that_it_died,
];

/// Lambda's record of an event that no function handled.
fn record(event: &Value, condition: &str, response: &Value) -> Value {
    json!({
        "version": "1.0",
        "timestamp": "2026-03-02T10:00:00.000Z",
        "requestContext": {
            "requestId": REQUEST,
            "functionArn": "arn:aws:lambda:eu-central-1:111122223333:function:sluice-bake:$LATEST",
            "condition": condition,
            "approximateInvokeCount": 2,
        },
        "requestPayload": event,
        "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
        "responsePayload": response,
    })
}

/// A function that dies at this look and all later ones.
pub(super) fn dying(from: usize, condition: &'static str, response: Value) -> Case {
    Case {
        dies: Some((
            from,
            Arc::new(move |event| record(event, condition, &response)),
        )),
        ..Case::default()
    }
}

pub(super) fn crash() -> Value {
    json!({
        "errorType": "Runtime.ExitError",
        "errorMessage": "RequestId: x Error: Runtime exited with error: exit status 101",
    })
}

#[track_caller]
fn check_said(condition: &'static str, response: Value, kind: &str, words: &str) {
    let case = dying(0, condition, response);
    case.check_refused(
        kind,
        &[
            "FunctionDied",
            "`sluice-bake`",
            words,
            REQUEST,
            "attempts: 2",
        ],
    );
}

#[test]
fn a_timeout_is_called_one() {
    let message = "2026-03-02T10:00:00.000Z x Task timed out after 120.00 seconds";
    let words = "it ran out of its time";
    let typed = json!({ "errorType": "Sandbox.Timedout", "errorMessage": message });
    check_said("RetriesExhausted", typed, "JobFailed", words);
    let untyped = json!({ "errorMessage": message });
    check_said("RetriesExhausted", untyped, "JobFailed", words);
}

#[test]
fn the_end_of_memory_is_called_so() {
    let words = "it ran out of memory";
    let named = json!({ "errorType": "Runtime.OutOfMemory", "errorMessage": "x" });
    check_said("RetriesExhausted", named, "JobFailed", words);
    let killed = json!({
        "errorType": "Runtime.ExitError",
        "errorMessage": "RequestId: x Error: Runtime exited with error: signal: killed",
    });
    check_said("RetriesExhausted", killed, "JobFailed", words);
}

#[test]
fn a_crash_is_called_one() {
    check_said(
        "RetriesExhausted",
        crash(),
        "JobFailed",
        "its process ended",
    );
}

#[test]
fn an_answer_that_was_not_taken_is_called_so() {
    let response = json!({ "errorType": "AnswerNotTaken", "errorMessage": "x" });
    let words = "CodePipeline did not take its answer";
    check_said("RetriesExhausted", response, "SystemUnavailable", words);
}

#[test]
fn an_event_that_grew_too_old_is_called_so() {
    let words = "Lambda could not run it in time";
    check_said("EventAgeExceeded", Value::Null, "SystemUnavailable", words);
}

#[test]
fn a_record_of_another_form_ends_the_job_all_the_same() {
    for other in [
        json!({}),
        json!({ "requestContext": null, "responsePayload": "text" }),
        json!({ "requestContext": { "requestId": 7 } }),
    ] {
        let case = Case {
            dies: Some((
                0,
                Arc::new(move |event| {
                    let mut record = other.clone();
                    record["requestPayload"] = event.clone();
                    record
                }),
            )),
            ..Case::default()
        };
        case.check_refused("JobFailed", &["FunctionDied", "`bake`"]);
    }
}

#[test]
fn a_function_that_dies_in_the_middle_of_a_bake_is_answered_for_with_its_look() {
    let done = dying(2, "RetriesExhausted", crash()).check_refused("JobFailed", &["FunctionDied"]);
    assert_eq!(done.gate().jobs.len(), 3);
    let line = reapers_line(&done);
    assert_eq!(line["look"], 3);
    for (name, value) in [
        ("pipeline", "checkout"),
        ("stage", "prod"),
        ("gate", "bake"),
    ] {
        assert_eq!(line[name], value);
    }
}

#[track_caller]
fn reapers_line(done: &Done) -> &Value {
    let is_its = |line: &&Value| line["message"] == "answered for a function that died";
    done.log.iter().find(is_its).unwrap()
}

#[test]
fn a_gate_that_only_watches_goes_on_and_says_that_it_died() {
    let mut parameters = parameters();
    parameters["settings"] = json!({
        "mode": "watch_only", "for": "30m", "traffic": "not_measured", "alarms": ["errors"],
    });
    for from in [0, 1] {
        let case = Case {
            parameters: Some(parameters.to_string()),
            ..dying(from, "RetriesExhausted", crash())
        };
        let done = case.run();
        assert_eq!(done.execution.status, ExecutionStatus::Succeeded);
        let said = done.gate().summary.clone().unwrap();
        for text in ["only watches", "FunctionDied"] {
            assert!(said.contains(text), "no `{text}` in: {said}");
        }
    }
}

#[test]
fn a_job_that_has_its_answer_keeps_it() {
    // The function answers for good, and is then said to have died.
    let once_answered = Case {
        once_more: true,
        ..Case::default()
    };
    let done = once_answered.run();
    let record = record(done.events.last().unwrap(), "RetriesExhausted", &crash());
    let handled = done.reap(&record);
    assert!(matches!(handled, Handled::AlreadyAnswered), "{handled:?}");
    assert_eq!(done.gate().status, ActionStatus::Succeeded);
}

#[test]
fn a_record_without_a_job_is_nobodys() {
    let done = Case::default().run();
    for record in [
        json!(null),
        json!({ "requestPayload": { "id": "x" } }),
        record(&Value::Null, "RetriesExhausted", &crash()),
    ] {
        let handled = done.reap(&record);
        assert!(matches!(handled, Handled::NobodyToAnswer), "{handled:?}");
    }
}

#[test]
fn an_action_that_invokes_the_reaper_is_told_what_to_invoke() {
    let case = Case {
        dies: Some((0, Arc::new(Value::clone))),
        ..Case::default()
    };
    case.check_refused("ConfigurationError", &["ParametersInvalid", "sluice-bake"]);
}

#[test]
fn what_a_dying_function_said_is_not_passed_on() {
    let response = json!({ "errorType": "Planted", "errorMessage": "planted-secret in a panic" });
    let done = dying(0, "RetriesExhausted", response).run();
    let (_, message) = done.failure();
    let said = format!("{message} {:?}", done.log).to_lowercase();
    assert!(!said.contains("planted"), "{said}");
    assert!(!said.contains("artifactsecretkey"), "{said}");
}
