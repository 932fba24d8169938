//! A gate's function as a state machine asks it: what is thrown, what is
//! returned, and what ends a gate from outside. (What it judges is held by the
//! table of semantics.)

use std::path::Path;
use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::{Value, json};
use sluice::rehearsal::{
    CLAIMS_TABLE, EVIDENCE_BUCKET, WAIVERS_TABLE, aws_of, gates, in_virtual_time, world_of,
};
use sluice_core::evidence::Evidence;
use sluice_core::replay::of_the_release;
use sluice_core::verdict::{DecidedBy, Outcome};
use sluice_core::waiver::GivenWaiver;
use sluice_host::{Host, TaskAnswer, TaskFailed, TaskLook, handle_task};
use sluice_world::scenario::RefusalKind;
use sluice_world::world::Fault;
use sluice_world::{Scenario, World};

pub(crate) mod checks;
mod said;

const ATTEMPT: &str = "11111111-abcd-1111-abcd-111111abcdef";

const QUIET: &str = "
about: nothing happens
alarms: [ { name: errors, states: [ { at: -2h, state: OK } ] } ]
tables: { sluice-waivers: { key: release, sort: gate } }
";

fn world() -> World {
    let scenario = Scenario::parse(QUIET, Path::new(".")).unwrap();
    let world = world_of(scenario, Default::default());
    world.s3().create_bucket(EVIDENCE_BUCKET);
    world
}

fn host(world: &World) -> Host {
    let bucket = Some(EVIDENCE_BUCKET.to_owned());
    Host::new(aws_of(world), gates(), bucket, Arc::new(|_| {}))
}

/// A bake whose release nobody has to know.
fn payload() -> Value {
    json!({
        "sluice_task": 1, "pipeline": "checkout", "release": "r-1", "stage": "prod", "service": "checkout",
        "gate": "bake", "attempt": ATTEMPT, "release_check": "off", "memory": null,
        "mark": {"table": CLAIMS_TABLE, "id": "stop/0"},
        "settings": {"for": "30m", "traffic": "not_measured", "alarms": ["errors"]},
    })
}

async fn ask(payload: &Value, host: &Host) -> Result<TaskAnswer, TaskFailed> {
    let deadline = host.aws.now() + SignedDuration::from_secs(120);
    handle_task(payload, deadline, host).await
}

/// Asks as the state machine does, until there is an end.
async fn ask_on(mut payload: Value, host: &Host) -> Result<TaskAnswer, TaskFailed> {
    loop {
        let answer = ask(&payload, host).await?;
        if answer.look != TaskLook::Again {
            return Ok(answer);
        }
        let wait = answer.not_before.unwrap().duration_since(host.aws.now());
        let wait = wait.max(SignedDuration::from_secs(5));
        tokio::time::sleep(wait.unsigned_abs()).await;
        payload["memory"] = json!(answer.memory.unwrap());
    }
}

/// Writes a mark as a state machine does.
async fn mark(world: &World, id: &str, item: Value) {
    let mut item = item;
    item["id"] = json!({ "S": id });
    let body = json!({ "TableName": CLAIMS_TABLE, "Item": item });
    let request = http::Request::post("https://dynamodb.us-east-1.amazonaws.com/")
        .header("x-amz-target", "DynamoDB_20120810.PutItem")
        .header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=AKIAMACHINE/20260303/us-east-1/dynamodb/aws4_request",
        )
        .body(body.to_string().into_bytes())
        .unwrap();
    let answer = world.answer(request).await.unwrap();
    assert_eq!(answer.status(), 200, "{answer:?}");
}

fn evidence(answer: &TaskAnswer, world: &World) -> Evidence {
    let place = answer.evidence.as_ref().unwrap();
    let key = place.uri.strip_prefix("s3://sluice-evidence/").unwrap();
    let bytes = world.s3().get(EVIDENCE_BUCKET, key).unwrap();
    assert_eq!(sluice_core::token::sha256(&bytes), place.sha256);
    serde_json::from_slice(&bytes).unwrap()
}

#[track_caller]
fn check_thrown(change: impl FnOnce(&mut Value), name: &str, expected: &str) {
    let thrown = in_virtual_time(async {
        let world = world();
        let mut payload = payload();
        change(&mut payload);
        ask(&payload, &host(&world)).await
    });
    let failed = thrown.unwrap().expect_err("a gate error is thrown");
    assert_eq!(failed.name, name, "{failed}");
    assert!(failed.message.contains(expected), "{failed}");
    assert!(failed.message.contains("hint: "), "{failed}");
}

#[test]
fn a_bake_is_looked_at_until_it_passes_and_its_evidence_is_where_it_says() {
    in_virtual_time(async {
        let world = world();
        let answer = ask_on(payload(), &host(&world)).await.unwrap();
        assert_eq!(
            (answer.look, answer.outcome),
            (TaskLook::Pass, Some(Outcome::Go))
        );
        assert_eq!(answer.code.as_deref(), Some("Quiet"));
        assert!(
            answer.reason.contains("release_check: off"),
            "{}",
            answer.reason
        );
        assert!(evidence(&answer, &world).reason.is_some());
    })
    .unwrap();
}

#[test]
fn what_is_no_payload_is_thrown_and_names_what_to_pass() {
    let sluice_task = "sluice_task";
    check_thrown(
        |p| p["attempt"] = json!("1"),
        "ParametersInvalid",
        sluice_task,
    );
    check_thrown(
        |p| p["sluice_task"] = json!(2),
        "ParametersInvalid",
        sluice_task,
    );
    check_thrown(
        |p| p["verdict"] = json!("pass"),
        "ParametersInvalid",
        sluice_task,
    );
    check_thrown(
        |p| p["release"] = json!("../r"),
        "ParametersInvalid",
        "`release` is no name",
    );
    check_thrown(
        |p| p["settings"] = Value::Null,
        "ParametersInvalid",
        "neither `plan` nor `settings`",
    );
    check_thrown(|p| p["memory"] = json!("{}"), "TokenInvalid", "not a token");
    check_thrown(
        |p| p["settings"]["for"] = json!("soon"),
        "SettingsInvalid",
        "for",
    );
    check_thrown(
        |p| p["settings"]["alarms"] = json!(["gone"]),
        "AlarmNotFound",
        "`gone`",
    );
}

#[test]
fn a_plan_that_is_not_the_one_that_was_resolved_is_thrown() {
    let plan = |p: &mut Value| {
        p.as_object_mut().unwrap().remove("settings");
        p["plan"] = json!({"key": "plans/checkout/r-1/prod.json", "sha256": "00"});
    };
    check_thrown(plan, "PlanUnreadable", "NoSuchKey");
    let thrown = in_virtual_time(async {
        let world = world();
        let body = b"{}".to_vec();
        world
            .s3()
            .put(EVIDENCE_BUCKET, "plans/checkout/r-1/prod.json", body);
        let mut payload = payload();
        plan(&mut payload);
        ask(&payload, &host(&world)).await
    });
    let failed = thrown.unwrap().expect_err("a gate error is thrown");
    assert!(failed.message.contains("was changed"), "{failed}");
}

#[test]
fn memory_of_another_release_is_thrown() {
    in_virtual_time(async {
        let world = world();
        let host = host(&world);
        let again = ask(&payload(), &host).await.unwrap();
        let mut other = payload();
        other["release"] = json!("r-2");
        other["memory"] = json!(again.memory);
        let failed = ask(&other, &host)
            .await
            .expect_err("it is of another release");
        assert_eq!(failed.name, "TokenInvalid");
    })
    .unwrap();
}

#[test]
fn a_gate_error_that_only_watches_is_returned_and_lets_the_release_go_on() {
    in_virtual_time(async {
        let world = world();
        let mut payload = payload();
        payload["settings"]["alarms"] = json!(["gone"]);
        payload["settings"]["mode"] = json!("watch_only");
        let answer = ask(&payload, &host(&world)).await.unwrap();
        assert_eq!(answer.look, TaskLook::Error);
        assert_eq!(answer.error.as_deref(), Some("AlarmNotFound"));
        let decided = (answer.outcome, answer.decided_by);
        assert_eq!(decided, (Some(Outcome::Go), Some(DecidedBy::WatchOnly)));
    })
    .unwrap();
}

#[test]
fn a_mark_ends_a_gate_without_a_judgement_which_can_be_computed_again() {
    in_virtual_time(async {
        let world = world();
        let host = host(&world);
        let again = ask(&payload(), &host).await.unwrap();
        assert_eq!(again.look, TaskLook::Again);
        mark(&world, "stop/0", json!({ "by": { "S": "clear" } })).await;
        let mut payload = payload();
        payload["memory"] = json!(again.memory);
        tokio::time::sleep(std::time::Duration::from_secs(1900)).await;
        let answer = ask(&payload, &host).await.unwrap();
        assert_eq!(
            (answer.look, answer.outcome),
            (TaskLook::Inconclusive, Some(Outcome::Stop))
        );
        assert_eq!(answer.code.as_deref(), Some("StoppedBySibling"));
        assert!(
            !answer.release_over,
            "the release is still there to be held"
        );
        assert!(answer.reason.contains("`clear`"), "{}", answer.reason);
        let evidence = evidence(&answer, &world);
        assert!(of_the_release(&evidence).unwrap().is_some());
    })
    .unwrap();
}

#[test]
fn no_line_of_a_plan_lets_a_release_go_on_that_a_mark_ended() {
    in_virtual_time(async {
        let world = world();
        mark(&world, "stop/0", json!({ "by": { "S": "clear" } })).await;
        let mut payload = payload();
        payload["settings"]["mode"] = json!("enforce");
        let answer = ask(&payload, &host(&world)).await.unwrap();
        assert_eq!(answer.outcome, Some(Outcome::Stop));
    })
    .unwrap();
}

#[test]
fn a_mark_that_cannot_be_read_ends_nothing_and_is_said() {
    in_virtual_time(async {
        let world = world();
        world.set_faults(Arc::new(|call| {
            let is_mark = call.service == "dynamodb";
            is_mark.then_some(Fault::Refused(RefusalKind::AccessDenied))
        }));
        let answer = ask_on(payload(), &host(&world)).await.unwrap();
        assert_eq!(answer.look, TaskLook::Pass);
        assert!(
            answer.reason.contains("could not be read"),
            "{}",
            answer.reason
        );
    })
    .unwrap();
}

#[test]
fn a_gate_that_sees_nothing_is_asked_again_until_its_time_is_over() {
    in_virtual_time(async {
        let world = world();
        let host = host(&world);
        let again = ask(&payload(), &host).await.unwrap();
        world.set_faults(Arc::new(|_| {
            Some(Fault::Slow(SignedDuration::from_mins(5)))
        }));
        let mut payload = payload();
        payload["memory"] = json!(again.memory);
        tokio::time::sleep(std::time::Duration::from_secs(1900)).await;
        let late = ask(&payload, &host).await.unwrap();
        assert_eq!(late.look, TaskLook::Again, "{late:?}");
        payload["memory"] = json!(late.memory);
        tokio::time::sleep(std::time::Duration::from_secs(7200)).await;
        let failed = ask(&payload, &host).await.expect_err("its time is over");
        assert_eq!(failed.name, "ServiceUnavailable");
    })
    .unwrap();
}

#[test]
fn a_waiver_holds_for_a_task_as_for_a_job() {
    in_virtual_time(async {
        let world = world();
        let mut host = host(&world);
        host.waivers_table = Some(WAIVERS_TABLE.to_owned());
        let mut payload = payload();
        payload["settings"]["alarms"] = json!(["gone"]);
        let thrown = ask(&payload, &host).await.expect_err("nobody gave leave");
        assert_eq!(thrown.name, "AlarmNotFound");
        let waiver = GivenWaiver {
            by: "arn:aws:iam::111122223333:user/ada".to_owned(),
            at: host.aws.now(),
            expires: host.aws.now() + SignedDuration::from_hours(1),
            reason: "the alarm is being renamed".to_owned(),
            covers_gate_errors: true,
            scope: "prod/bake".to_owned(),
        };
        let release = ("checkout", "r-1");
        let put = host.aws.put_waiver(WAIVERS_TABLE, release, &waiver, None);
        put.await.unwrap();
        payload["attempt"] = json!("22222222-abcd-1111-abcd-111111abcdef");
        let answer = ask(&payload, &host).await.unwrap();
        assert_eq!(answer.look, TaskLook::Error);
        let decided = (answer.outcome, answer.decided_by);
        assert_eq!(decided, (Some(Outcome::Go), Some(DecidedBy::Waiver)));
    })
    .unwrap();
}
