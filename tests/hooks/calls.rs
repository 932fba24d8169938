//! Calls that are not as they should be: each of ECS is answered, none with
//! `SUCCEEDED`; of CodeDeploy's each that says whom to answer.

use std::path::Path;
use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use serde_json::{Value, json};
use sluice::rehearsal::{EVIDENCE_BUCKET, aws_of, gates, in_virtual_time, world_of};
use sluice_host::{
    Deployments, HookAnswer, HookStatus, Host, answer_deployment, handle_hook, is_hook,
};
use sluice_world::Scenario;

fn call() -> Value {
    json!({
        "executionId": "e8d5a28f-eb01-4f3c-9454-a30ba6dc54bc",
        "lifecycleStage": "POST_TEST_TRAFFIC_SHIFT",
        "resourceArn": "arn:aws:ecs:us-west-2:123456789012:service-deployment/main/checkout/EZe5RNVLH6PP",
        "executionDetails": {"testTrafficWeights": {}, "productionTrafficWeights": {}},
        "hookDetails": {
            "gate": "bake",
            "settings": {"for": "30m", "traffic": "not_measured", "alarms": ["errors"]},
        },
    })
}

/// The answer to a call, and what was logged.
fn answered(call: &Value) -> (HookAnswer, String) {
    const OK: &str =
        "about: nothing\nalarms: [ { name: errors, states: [ { at: -2h, state: OK } ] } ]\n";
    in_virtual_time(async {
        let scenario = Scenario::parse(OK, Path::new(".")).unwrap();
        let world = world_of(scenario, Default::default());
        world.s3().create_bucket(EVIDENCE_BUCKET);
        let lines: Arc<Mutex<String>> = Arc::default();
        let log = Arc::clone(&lines);
        let host = Host::new(
            aws_of(&world),
            gates(),
            Some(EVIDENCE_BUCKET.to_owned()),
            Arc::new(move |line| log.lock().unwrap().push_str(&line["text"].to_string())),
        );
        let deadline = world.clock().now() + SignedDuration::from_secs(120);
        let answer = handle_hook(call, deadline, &host).await;
        let lines = lines.lock().unwrap().clone();
        (answer, lines)
    })
    .unwrap()
}

#[track_caller]
fn check_refused(change: impl FnOnce(&mut Value), expected: &str) {
    let mut call = call();
    change(&mut call);
    assert!(is_hook(&call));
    let (answer, log) = answered(&call);
    assert_eq!(answer.hook_status, HookStatus::Failed);
    assert!(log.contains(expected), "{log}");
    assert!(log.contains("hint: "), "{log}");
}

#[test]
fn a_call_as_documented_begins_and_brings_back_all_it_was_given() {
    let (answer, _) = answered(&call());
    assert_eq!(answer.hook_status, HookStatus::InProgress);
    let text = json!(answer);
    assert_eq!(text["hookStatus"], "IN_PROGRESS");
    assert!(
        text["callBackDelay"]
            .as_i64()
            .is_some_and(|delay| (5..=300).contains(&delay))
    );
    assert_eq!(text["hookDetails"]["gate"], "bake");
    assert!(text["hookDetails"]["sluice_progress"]["token"].is_string());
}

#[test]
fn a_call_without_details_and_with_others_names_what_to_write() {
    check_refused(|call| call["hookDetails"] = json!(null), "hookDetails");
    check_refused(|call| call["hookDetails"] = json!([1]), "hookDetails");
    check_refused(|call| call["hookDetails"] = json!("no JSON"), "hookDetails");
    check_refused(
        |call| call["hookDetails"] = json!({}),
        "missing field `gate`",
    );
}

#[test]
fn a_call_of_no_deployment_is_refused() {
    check_refused(|call| call["resourceArn"] = json!(null), "resourceArn");
    check_refused(
        |call| call["lifecycleStage"] = json!(null),
        "lifecycleStage",
    );
}

#[test]
fn mistakes_in_the_details_are_named() {
    check_refused(|call| call["hookDetails"]["allarms"] = json!(1), "allarms");
    check_refused(
        |call| call["hookDetails"]["settings"] = json!(null),
        "`settings`",
    );
    check_refused(
        |call| call["hookDetails"]["settings"]["for"] = json!("long"),
        "for",
    );
    check_refused(
        |call| call["hookDetails"]["timeout_minutes"] = json!(0),
        "timeout_minutes",
    );
    check_refused(
        |call| call["hookDetails"]["timeout_minutes"] = json!("1h"),
        "timeout_minutes",
    );
}

#[test]
fn progress_that_was_changed_is_a_gate_error_and_that_of_another_step_is_left_alone() {
    let (first, _) = answered(&call());
    let details = first.hook_details.unwrap();
    let mut changed = call();
    changed["hookDetails"] = details.clone();
    let token = details["sluice_progress"]["token"].as_str().unwrap();
    changed["hookDetails"]["sluice_progress"]["token"] =
        json!(token.replace("\"gap\":0", "\"gap\":1"));
    let (answer, log) = answered(&changed);
    assert_eq!(answer.hook_status, HookStatus::Failed, "{log}");
    let mut other = call();
    other["hookDetails"] = details;
    other["lifecycleStage"] = json!("POST_PRODUCTION_TRAFFIC_SHIFT");
    assert_eq!(answered(&other).0.hook_status, HookStatus::InProgress);
}

#[test]
fn spellings_differ_and_the_call_is_the_same() {
    let mut spelled = call();
    let own = spelled.as_object_mut().unwrap();
    for (name, other) in [
        ("lifecycleStage", "LifecycleStage"),
        ("hookDetails", "hook_details"),
    ] {
        let value = own.remove(name).unwrap();
        own.insert(other.to_owned(), value);
    }
    let (first, second) = (answered(&call()).0, answered(&spelled).0);
    assert_eq!(first, second);
}

#[test]
fn an_event_of_no_hook_has_nobody_to_answer() {
    let word = in_virtual_time(async {
        let scenario = Scenario::parse("about: nothing\n", Path::new(".")).unwrap();
        let world = world_of(scenario, Default::default());
        let host = Deployments {
            aws: aws_of(&world),
            machine: "none".to_owned(),
            groups: None,
            log: Arc::new(|_| {}),
        };
        let deadline = world.clock().now() + SignedDuration::from_secs(60);
        for event in [
            json!({}),
            json!(null),
            json!({"DeploymentId": "d-1"}),
            json!({"DeploymentId": 1, "LifecycleEventHookExecutionId": ""}),
        ] {
            let word = answer_deployment(&event, deadline, &host).await;
            assert_eq!(word, Ok("nobody to answer"));
        }
    });
    word.unwrap();
}
