//! What a notice says, from what is known of a release.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::delivery::Release;
use crate::notices::{
    GateVerdict, Kind, Known, Notice, Pending, Result, Severity, StageChecks, compose,
};

fn at() -> Timestamp {
    Timestamp::from_second(1_700_000_000).expect("a moment")
}

fn pending(kind: Kind, says: Option<Value>) -> Pending {
    Pending {
        id: "broken/checkout/prod/r1".to_owned(),
        kind,
        at: at(),
        stage: Some("prod".to_owned()),
        release: Some("r1".to_owned()),
        outage: None,
        says,
    }
}

fn verdict(gate: &str, verdict: Value, changes: Value) -> GateVerdict {
    let mut told = json!({
        "version": "1", "pipeline": "checkout", "release": "r1", "stage": "prod", "service": null,
        "gate": gate, "kind": gate, "host": "lambda_action", "attempt": "a", "verdict": verdict,
        "outcome": "stop", "decided_by": "verdict", "error": null, "code": null,
        "reason": format!("{gate} says so"), "readings": ["5xx: ALARM"], "evidence": format!("s3://e/{gate}.json"),
        "page": null, "log": format!("https://logs.example/{gate}"), "began": at(), "ended": at(), "looks": 2, "rollback": false, "release_over": false, "notify": [],
    });
    told.as_object_mut()
        .expect("an object")
        .extend(changes.as_object().cloned().unwrap_or_default());
    serde_json::from_value(told).expect("a verdict")
}

fn release(runs: Value) -> Release {
    serde_json::from_value(json!({
        "id": "r1", "status": "Failed", "trigger": "Webhook", "began": at(), "updated": at(), "runs": runs,
        "revisions": [ { "source": "Source", "id": "abc", "summary": "Mend the basket", "url": "https://g.example/abc" } ],
    }))
    .expect("a release")
}

fn run(action: &str, status: &str, evidence: Option<&str>) -> Value {
    json!({
        "id": action, "stage": "prod", "action": action, "began": at(), "updated": at(), "status": status,
        "says": "exit status 1\nand more", "evidence": evidence,
    })
}

fn composed(pending: &Pending, verdicts: &[GateVerdict], release: Option<&Release>) -> Notice {
    compose(pending, &known(verdicts, release, None))
}

fn known<'a>(
    verdicts: &'a [GateVerdict],
    release: Option<&'a Release>,
    checks: Option<&'a StageChecks>,
) -> Known<'a> {
    Known {
        pipeline: "checkout",
        region: "us-east-1",
        service: None,
        release,
        verdicts,
        checks,
        layers: &[],
        link: None,
    }
}

#[test]
fn the_worst_gate_comes_first_and_says_why() {
    let none = json!({});
    let verdicts = [
        verdict("canary", json!("inconclusive"), none.clone()),
        verdict("validate", Value::Null, json!({ "error": "OutOfTime" })),
        verdict("bake", json!("fail"), none),
    ];
    let notice = composed(&pending(Kind::Broken, None), &verdicts, None);
    let gates: Vec<&str> = notice
        .deciding
        .iter()
        .map(|own| own.gate.as_str())
        .collect();
    assert_eq!(gates, ["bake", "canary", "validate"]);
    assert_eq!(notice.reason, "bake says so");
    assert_eq!(notice.result, Some(Result::Failed));
    assert_eq!(notice.severity, Severity::Critical);
    assert_eq!(notice.links.evidence.as_deref(), Some("s3://e/bake.json"));
    assert_eq!(
        notice.links.log.as_deref(),
        Some("https://logs.example/bake")
    );
}

#[test]
fn gates_that_let_the_release_go_decided_nothing() {
    let verdicts = [verdict(
        "bake",
        json!("fail"),
        json!({ "outcome": "go", "decided_by": "watch_only" }),
    )];
    let notice = composed(&pending(Kind::Broken, None), &verdicts, None);
    assert_eq!(notice.deciding, []);
    assert!(
        notice.reason.contains("no action of it says why"),
        "{}",
        notice.reason
    );
}

#[test]
fn an_action_of_somebody_else_is_told_with_its_first_line_and_a_gate_only_once() {
    let verdicts = [verdict("bake", json!("fail"), json!({}))];
    let runs = json!([
        run("Test", "Failed", None),
        run("Bake", "Failed", Some("s3://e/bake.json")),
        run("Deploy", "Succeeded", None),
    ]);
    let release = release(runs);
    let notice = composed(&pending(Kind::Broken, None), &verdicts, Some(&release));
    let told: Vec<(&str, &str)> = (notice.deciding.iter())
        .map(|own| (own.gate.as_str(), own.reason.as_str()))
        .collect();
    assert_eq!(told, [("bake", "bake says so"), ("Test", "exit status 1")]);
    let alone = composed(&pending(Kind::Broken, None), &[], Some(&release));
    assert_eq!(alone.result, Some(Result::Action));
}

#[test]
fn who_changed_what_is_told() {
    let release = release(json!([]));
    let notice = composed(&pending(Kind::Broken, None), &[], Some(&release));
    let change = &notice.changes[0];
    assert_eq!(
        (change.revision.as_str(), change.summary.as_deref()),
        ("abc", Some("Mend the basket"))
    );
    assert_eq!(notice.started_by.as_deref(), Some("Webhook"));
}

#[test]
fn an_action_that_was_tried_again_with_success_is_no_failure() {
    let mut again = run("Test", "Succeeded", None);
    again["id"] = json!("again");
    let release = release(json!([run("Test", "Failed", None), again]));
    let notice = composed(&pending(Kind::Broken, None), &[], Some(&release));
    assert_eq!(notice.deciding, []);
}

#[test]
fn the_checks_of_a_stage_say_what_follows_and_a_plan_error() {
    let checks: StageChecks = serde_json::from_value(json!({
        "version": "1", "pipeline": "checkout", "release": "r1", "stage": "prod", "service": null, "outcome": "stop",
        "result": "plan_error", "gates": [], "reason": "the plan has no gates", "follows": "rollback_not_ordered", "policy": null, "notify": [], "execution": "arn:x",
    }))
    .expect("checks");
    let notice = compose(
        &pending(Kind::Broken, None),
        &known(&[], None, Some(&checks)),
    );
    assert_eq!(notice.result, Some(Result::PlanError));
    assert_eq!(notice.reason, "the plan has no gates");
    assert!(notice.follows.expect("something").contains("still there"));
    assert_eq!(notice.links.execution.as_deref(), Some("arn:x"));
}

#[test]
fn a_gate_of_which_only_the_checks_tell_is_told_once() {
    let gate = |name: &str, reason: &str| {
        json!({
            "gate": name, "kind": name, "verdict": "fail", "outcome": "stop", "decided_by": "verdict", "error": null,
            "reason": reason, "evidence": null,
        })
    };
    let checks: StageChecks = serde_json::from_value(json!({
        "version": "1", "pipeline": "checkout", "release": "r1", "stage": "prod", "service": null, "outcome": "stop",
        "result": "failed", "gates": [gate("bake", "as the checks have it"), gate("canary", "worse")], "follows": "held",
        "policy": "on_fail", "notify": [], "execution": "arn:x",
    }))
    .expect("checks");
    let verdicts = [verdict("bake", json!("fail"), json!({}))];
    let notice = compose(
        &pending(Kind::Broken, None),
        &known(&verdicts, None, Some(&checks)),
    );
    let told: Vec<&str> = notice
        .deciding
        .iter()
        .map(|own| own.reason.as_str())
        .collect();
    assert_eq!(told, ["bake says so", "worse"]);
}

#[test]
fn what_is_mended_is_as_bad_as_what_broke_it() {
    let verdicts = [verdict("bake", json!("inconclusive"), json!({}))];
    let notice = composed(&pending(Kind::Mended, None), &verdicts, None);
    assert_eq!(notice.result, Some(Result::Inconclusive));
    assert_eq!(notice.severity, Severity::Info);
}

#[test]
fn a_rollback_without_a_good_end_is_critical_also_where_it_cannot_be_read() {
    let ended = |result: &str| {
        json!({
            "version": "1", "pipeline": "checkout", "release": "r1", "stage": "prod", "service": null, "by": "stage",
            "result": result, "target": "r0", "rollback_release": null, "reason": "because", "execution": "arn:x",
        })
    };
    let severity = |says| composed(&pending(Kind::Rollback, says), &[], None).severity;
    assert_eq!(severity(Some(ended("rolled_back"))), Severity::Info);
    for bad in [
        Some(ended("failed")),
        Some(ended("no_target")),
        Some(ended("a new word")),
        Some(json!(3)),
        None,
    ] {
        assert_eq!(severity(bad), Severity::Critical);
    }
}

#[test]
fn a_release_that_went_on_says_by_what() {
    let told = verdict(
        "bake",
        json!("fail"),
        json!({ "outcome": "go", "decided_by": "waiver" }),
    );
    let notice = composed(&pending(Kind::WentOn, Some(json!(told))), &[], None);
    assert_eq!(notice.result, Some(Result::Failed));
    assert!(notice.follows.expect("something").contains("waiver"));
}

#[test]
fn a_failed_rollback_is_told_as_such() {
    let mut rollback = release(json!([run("Deploy", "Failed", None)]));
    rollback.rollback = true;
    let notice = composed(&pending(Kind::Broken, None), &[], Some(&rollback));
    assert!(
        notice.remarks[0].contains("itself a rollback"),
        "{:?}",
        notice.remarks
    );
}
