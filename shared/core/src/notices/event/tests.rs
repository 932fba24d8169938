//! Events as the documentation shows them, and as they must not matter.

use serde_json::{Value, json};

use super::super::told::{CheckResult, Follows, RollbackResult};
use super::*;

/// Of a pipeline that started, in the shape of CodePipeline's user guide.
fn started() -> Value {
    json!({
        "version": "0",
        "id": "01234567-EXAMPLE",
        "detail-type": "CodePipeline Pipeline Execution State Change",
        "source": "aws.codepipeline",
        "account": "123456789012",
        "time": "2020-01-24T22:03:07Z",
        "region": "us-east-1",
        "resources": ["arn:aws:codepipeline:us-east-1:123456789012:myPipeline"],
        "detail": {
            "pipeline": "myPipeline",
            "execution-id": "12345678-1234-5678-abcd-12345678abcd",
            "execution-trigger": {"trigger-type": "StartPipelineExecution", "trigger-detail": "arn:aws:iam::123456789012:user/dev"},
            "state": "STARTED",
            "version": 1,
            "pipeline-execution-attempt": 1
        }
    })
}

/// Of an action that failed, in the same guide: there `version` is a number,
/// and in the example of a success it is text.
fn failed_action() -> Value {
    json!({
        "version": "0",
        "id": "01234567-EXAMPLE",
        "detail-type": "CodePipeline Action Execution State Change",
        "source": "aws.codepipeline",
        "account": "123456789012",
        "time": "2020-01-31T18:55:43Z",
        "region": "us-west-2",
        "resources": ["arn:aws:codepipeline:us-west-2:123456789012:myPipeline"],
        "detail": {
            "pipeline": "myPipeline",
            "execution-id": "12345678-1234-5678-abcd-12345678abcd",
            "stage": "Deploy",
            "execution-result": {
                "external-execution-url": "https://us-west-2.console.aws.amazon.com/codedeploy",
                "external-execution-summary": "Deployment SUCCEEDED",
                "external-execution-id": "<ID>",
                "error-code": "JobFailed"
            },
            "action": "Deploy",
            "state": "FAILED",
            "region": "eu-west-3",
            "type": {"owner": "AWS", "provider": "CodeDeploy", "category": "Deploy", "version": "1"},
            "input-artifacts": [{"name": "SourceArtifact", "s3location": {"bucket": "codepipeline-us-west-2-BUCKETEXAMPLE", "key": "myPipeline/SourceArti/KEYEXAMPLE"}}],
            "version": 4
        }
    })
}

#[track_caller]
fn hint(raw: &Value) -> Hint {
    match heard(raw) {
        Heard::Hint(hint) => hint,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn foreign(raw: &Value) -> String {
    match heard(raw) {
        Heard::Foreign(why) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_event_of_a_pipeline_says_where_to_look() {
    let expected = Hint {
        pipeline: "myPipeline".to_owned(),
        release: "12345678-1234-5678-abcd-12345678abcd".to_owned(),
        stage: None,
        action: None,
        what: What::Pipeline,
        state: "STARTED".to_owned(),
        at: "2020-01-24T22:03:07Z".parse().unwrap(),
        region: "us-east-1".to_owned(),
    };
    assert_eq!(hint(&started()), expected);
}

#[test]
fn an_event_of_a_stage_names_it() {
    let mut event = started();
    event["detail-type"] = json!("CodePipeline Stage Execution State Change");
    event["detail"]["stage"] = json!("Prod");
    event["detail"]["state"] = json!("FAILED");
    let hint = hint(&event);
    assert_eq!(
        (hint.what, hint.stage.as_deref()),
        (What::Stage, Some("Prod"))
    );
}

#[test]
fn the_region_of_a_hint_is_the_pipelines_and_not_the_actions() {
    let hint = hint(&failed_action());
    assert_eq!(hint.region, "us-west-2");
    assert_eq!(hint.action.as_deref(), Some("Deploy"));
    assert_eq!(hint.what, What::Action);
}

#[test]
fn a_version_as_text_or_as_a_number_or_none_is_the_same_hint() {
    for event in [started(), failed_action()] {
        let as_number = hint(&event);
        for version in [json!("1"), json!(17), json!(null), json!("latest")] {
            let mut other = event.clone();
            other["detail"]["version"] = version;
            assert_eq!(hint(&other), as_number);
        }
    }
}

#[test]
fn a_state_and_fields_that_nobody_knows_are_a_hint_all_the_same() {
    let mut event = failed_action();
    event["detail"]["state"] = json!("MOTHBALLED");
    event["detail"]["start-time"] = json!("2026-01-01T00:00:00Z");
    event["detail"]["type"] = json!("a word");
    event["replay-name"] = json!("again");
    assert_eq!(hint(&event).state, "MOTHBALLED");
}

#[test]
fn what_is_missing_from_an_event_is_named() {
    for name in ["pipeline", "execution-id", "state", "stage", "action"] {
        let mut event = failed_action();
        event["detail"].as_object_mut().unwrap().remove(name);
        let why = foreign(&event);
        assert!(why.contains(&format!("`{name}`")), "{why}");
    }
    for name in ["source", "detail-type", "time", "region", "detail"] {
        let mut event = failed_action();
        event.as_object_mut().unwrap().remove(name);
        let why = foreign(&event);
        let named = if name == "detail" {
            "Action Execution"
        } else {
            name
        };
        assert!(why.contains(named), "{name}: {why}");
    }
}

#[test]
fn an_event_of_somebody_else_is_foreign_and_so_is_no_event() {
    let mut other = started();
    other["source"] = json!("aws.codedeploy");
    other["detail-type"] = json!("CodeDeploy Deployment State-change Notification");
    assert_eq!(
        foreign(&other),
        "nobody is told of `CodeDeploy Deployment State-change Notification` from `aws.codedeploy`"
    );
    let mut other = started();
    other["detail-type"] = json!("CodePipeline Something New");
    assert_eq!(
        foreign(&other),
        "`CodePipeline Something New` is no change of state"
    );
    // What the notification rules of the console send.
    let processed = json!({
        "account": "123456789012", "detailType": "CodePipeline Pipeline Execution State Change",
        "region": "us-east-1", "source": "aws.codepipeline", "time": "2026-01-01T00:00:00Z",
        "detail": {}, "additionalAttributes": {"failedStage": "Deploy"}
    });
    assert!(foreign(&processed).contains("detail-type"));
    for none in [json!(null), json!([]), json!("text"), json!({})] {
        foreign(&none);
    }
}

fn own(detail_type: &str, detail: Value) -> Value {
    json!({
        "version": "0", "id": "1", "source": "sluice", "detail-type": detail_type,
        "account": "111122223333", "time": "2026-11-01T12:00:00Z", "region": "eu-west-1",
        "resources": [], "detail": detail
    })
}

fn verdict() -> Value {
    json!({
        "version": "1", "pipeline": "shop", "release": "e-1", "stage": "prod", "service": "checkout",
        "gate": "bake", "kind": "bake", "host": "lambda_action", "attempt": "a-1", "verdict": "fail",
        "outcome": "stop", "decided_by": "verdict", "error": null, "code": "alarm_fired",
        "reason": "an alarm fired", "readings": ["checkout-5xx was in ALARM"], "evidence": "s3://b/k",
        "page": null, "began": "2026-11-01T11:00:00Z", "ended": "2026-11-01T12:00:00Z", "looks": 3,
        "rollback": false, "release_over": false, "notify": ["team"], "new_field": 1
    })
}

#[test]
fn what_a_gate_said_is_read_with_fields_that_are_new() {
    let Heard::Verdict(read) = heard(&own(GATE_VERDICT, verdict())) else {
        panic!("no verdict");
    };
    assert_eq!(
        (read.gate.as_str(), read.notify.as_slice()),
        ("bake", ["team".to_owned()].as_slice())
    );
    assert_eq!(read.verdict, Some(crate::Verdict::Fail));
}

#[test]
fn another_version_of_our_own_events_is_foreign() {
    let mut newer = verdict();
    newer["version"] = json!("2");
    let why = foreign(&own(GATE_VERDICT, newer));
    assert_eq!(
        why,
        "`Sluice Gate Verdict` is of version `2`, and version 1 is read"
    );
}

#[test]
fn what_a_gate_said_and_cannot_be_read_is_foreign_with_what_is_missing() {
    let mut short = verdict();
    short.as_object_mut().unwrap().remove("outcome");
    assert!(foreign(&own(GATE_VERDICT, short)).contains("`outcome`"));
}

#[test]
fn the_end_of_stage_checks_is_read_whatever_new_words_it_has() {
    let mut detail = json!({
        "version": "1", "pipeline": "shop", "release": "e-1", "stage": "prod", "service": null,
        "outcome": "stop", "result": "inconclusive",
        "gates": [{"gate": "bake", "kind": "bake", "verdict": null, "outcome": "stop", "decided_by": null,
                   "error": "FunctionDied", "reason": "it died", "evidence": null}],
        "follows": "held", "policy": "on_error", "notify": ["team"],
        "execution": "arn:aws:states:eu-west-1:111122223333:execution:stage-checks:x"
    });
    let Heard::StageChecks(read) = heard(&own(STAGE_CHECKS, detail.clone())) else {
        panic!("no checks");
    };
    assert_eq!(
        (read.result, read.follows),
        (CheckResult::Inconclusive, Follows::Held)
    );
    detail["result"] = json!("postponed");
    let Heard::StageChecks(read) = heard(&own(STAGE_CHECKS, detail)) else {
        panic!("no checks");
    };
    assert_eq!(read.result, CheckResult::Unknown);
}

#[test]
fn the_end_of_a_rollback_is_read() {
    let detail = json!({
        "version": "1", "pipeline": "shop", "release": "e-1", "stage": "prod", "service": null, "by": "stage",
        "result": "no_target", "target": null, "rollback_release": null, "reason": "nothing to go back to",
        "execution": "arn:aws:states:eu-west-1:111122223333:execution:rollback:x"
    });
    let Heard::Rollback(read) = heard(&own(ROLLBACK, detail)) else {
        panic!("no rollback");
    };
    assert_eq!(read.result, RollbackResult::NoTarget);
}

#[test]
fn a_schedule_is_the_time_to_look_at_everything() {
    let event = json!({
        "version": "0", "id": "89d1a02d-5ec7-412e-82f5-13505f849b41", "detail-type": "Scheduled Event",
        "source": "aws.events", "account": "123456789012", "time": "2016-12-30T18:44:49Z",
        "region": "us-east-1", "resources": ["arn:aws:events:us-east-1:123456789012:rule/sweep"], "detail": {}
    });
    assert_eq!(heard(&event), Heard::Sweep);
}
