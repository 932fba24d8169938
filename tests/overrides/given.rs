//! Waivers that are given, and what gates make of them.

use jiff::SignedDuration;
use serde_json::{Value, json};
use sluice_world::codepipeline::{Execution, ExecutionStatus};
use sluice_world::wire::Protocol;

use super::{ALICE, RED, Stopped, event, once_stopped, once_stopped_in};

/// Scenarios from which the rights of the function are recorded.
pub(crate) const SCENARIOS: &[fn()] = &[
    a_stage_that_is_retried_under_a_waiver_goes_through_although_the_alarm_is_red,
    the_same_twice_is_one_waiver,
    a_waiver_for_the_whole_stage_stands_beside_that_for_a_gate,
];

/// The stage runs again, as when somebody retries it in the console.
async fn retried(stopped: &Stopped) -> Execution {
    let body = json!({
        "pipelineName": "checkout",
        "stageName": "prod",
        "pipelineExecutionId": stopped.release,
        "retryMode": "FAILED_ACTIONS",
    });
    let codepipeline = stopped.world.codepipeline();
    codepipeline
        .call(
            "RetryStageExecution",
            Protocol::Json,
            body.to_string().as_bytes(),
            "AKIA",
        )
        .unwrap();
    codepipeline.finished(&stopped.release).await
}

#[test]
fn a_stage_that_is_retried_under_a_waiver_goes_through_although_the_alarm_is_red() {
    once_stopped(async |stopped: Stopped| {
        assert_eq!(retried(&stopped).await.status, ExecutionStatus::Failed);
        let (status, body) = stopped.given(&stopped.order()).await;
        assert_eq!(status, 200, "{body}");
        let through = retried(&stopped).await;
        assert_eq!(through.status, ExecutionStatus::Succeeded);
        let summary = through.action("bake").unwrap().summary.clone();
        assert!(summary.is_some_and(|summary| summary.contains(ALICE)));
    });
}

#[test]
fn a_waiver_that_expired_before_the_retry_does_nothing() {
    once_stopped(async |stopped: Stopped| {
        let mut order = stopped.order();
        order["hours"] = json!(1);
        assert_eq!(stopped.given(&order).await.0, 200);
        stopped.later(SignedDuration::from_mins(60)).await;
        assert_eq!(retried(&stopped).await.status, ExecutionStatus::Failed);
        assert_eq!(stopped.listed().await[0]["expired"], true);
    });
}

#[test]
fn what_was_given_is_told_listed_and_logged_with_who_gave_it() {
    once_stopped(async |stopped: Stopped| {
        let mut order = stopped.order();
        order["reason"] = json!("  the alarm watches\n a host that is gone ");
        order["covers_gate_errors"] = json!(true);
        let (status, body) = stopped.given(&order).await;
        assert_eq!(status, 200, "{body}");
        let waiver = &body["waiver"];
        assert_eq!(waiver["by"], ALICE);
        assert_eq!(waiver["scope"], "prod/bake");
        assert_eq!(waiver["reason"], "the alarm watches a host that is gone");
        assert_eq!(waiver["covers_gate_errors"], true);
        let moment =
            |field: &str| -> jiff::Timestamp { waiver[field].as_str().unwrap().parse().unwrap() };
        assert_eq!(
            moment("expires").duration_since(moment("at")),
            SignedDuration::from_hours(4)
        );
        let [mut listed] = <[Value; 1]>::try_from(stopped.listed().await).unwrap();
        assert_eq!(listed["expired"].take(), false);
        listed.as_object_mut().unwrap().remove("expired");
        assert_eq!(&listed, waiver);
        let log = stopped.log.lock().unwrap();
        assert_eq!(log[0]["caller"], ALICE);
        assert_eq!(&log[0]["answer"]["waiver"], waiver);
        assert!(!json!(*log).to_string().contains("PLANTED"));
    });
}

#[test]
fn the_same_twice_is_one_waiver() {
    once_stopped(async |stopped: Stopped| {
        let first = stopped.given(&stopped.order()).await.1;
        stopped.later(SignedDuration::from_mins(4)).await;
        let second = stopped.given(&stopped.order()).await.1;
        assert_eq!(first["waiver"], second["waiver"]);
        assert_eq!(
            (&first["already_given"], &second["already_given"]),
            (&json!(false), &json!(true))
        );
        // Later it is meant to hold longer.
        stopped.later(SignedDuration::from_mins(2)).await;
        let third = stopped.given(&stopped.order()).await.1;
        assert_ne!(third["waiver"]["expires"], first["waiver"]["expires"]);
        assert_eq!(third["replaced"], first["waiver"]);
        assert_eq!(stopped.listed().await.len(), 1);
    });
}

#[test]
fn a_waiver_for_the_whole_stage_stands_beside_that_for_a_gate() {
    once_stopped(async |stopped: Stopped| {
        let mut order = stopped.order();
        assert_eq!(stopped.given(&order).await.0, 200);
        order["gate"] = json!("*");
        assert_eq!(stopped.given(&order).await.0, 200);
        let scopes: Vec<Value> = stopped
            .listed()
            .await
            .iter()
            .map(|own| own["scope"].clone())
            .collect();
        assert_eq!(scopes, ["prod/*", "prod/bake"]);
    });
}

#[test]
fn a_body_in_base64_is_read_too() {
    once_stopped(async |stopped: Stopped| {
        let mut event = event("POST");
        event["body"] = json!("bm90IEpTT04=");
        event["isBase64Encoded"] = json!(true);
        let (status, body) = stopped.asked(&event).await;
        assert_eq!(status, 400);
        assert!(
            body["error"].as_str().unwrap().contains("expected ident"),
            "{body}"
        );
    });
}

#[test]
fn where_codepipeline_does_not_say_the_waiver_is_given_with_a_remark() {
    let denied = format!(
        "{RED}refusals: [ {{ call: 'codepipeline:GetPipelineState', at: prod + 1h, error: AccessDenied }} ]\n"
    );
    once_stopped_in(&denied, async |stopped: Stopped| {
        stopped.later(SignedDuration::from_hours(2)).await;
        let (status, body) = stopped.given(&stopped.order()).await;
        assert_eq!(status, 200, "{body}");
        assert!(
            body["remarks"][0]
                .as_str()
                .unwrap()
                .contains("could not be asked"),
            "{body}"
        );
    });
}
