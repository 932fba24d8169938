//! What a task's gate says on the bus, and what trouble with it changes:
//! nothing.

use std::sync::Mutex;

use sluice::rehearsal::EVENT_BUS;
use sluice_core::plan::{FORM, ResolvedPlan, StagePlan};
use sluice_core::token::sha256;

use super::*;

fn saying(world: &World) -> Host {
    let mut host = host(world);
    host.event_bus = Some(EVENT_BUS.to_owned());
    host
}

#[track_caller]
fn only(world: &World) -> Value {
    let mut said = world.published();
    assert_eq!(said.len(), 1, "{said:#?}");
    said.remove(0).detail
}

#[test]
fn a_task_that_ends_is_said_once_and_not_its_looks_before() {
    in_virtual_time(async {
        let world = world();
        let host = saying(&world);
        ask(&payload(), &host).await.unwrap();
        assert!(world.published().is_empty());
        let answer = ask_on(payload(), &host).await.unwrap();
        let said = only(&world);
        assert_eq!(
            (&said["verdict"], &said["host"]),
            (&json!("pass"), &json!("task"))
        );
        assert_eq!(said["attempt"], ATTEMPT);
        assert_eq!(said["evidence"], json!(answer.evidence.unwrap().uri));
        assert_eq!(said["readings"], json!(answer.readings));
    })
    .unwrap();
}

#[test]
fn looks_count_how_long_their_gate_has_been_open_until_it_ends() {
    in_virtual_time(async {
        let world = world();
        let lines: Arc<Mutex<Vec<Value>>> = Arc::default();
        let own = Arc::clone(&lines);
        let bucket = Some(EVIDENCE_BUCKET.to_owned());
        let log = Arc::new(move |line| own.lock().unwrap().push(line));
        let mut host = Host::new(aws_of(&world), gates(), bucket, log);
        host.function = Some("sluice-bake".to_owned());
        ask_on(payload(), &host).await.unwrap();
        let lines = lines.lock().unwrap();
        let open: Vec<u64> = (lines.iter())
            .filter_map(|line| line["OpenSeconds"].as_u64())
            .collect();
        assert!(open.is_sorted() && open[0] == 0, "{open:?}");
        // A bake of half an hour ends at the first look after that.
        assert!((900..=2_400).contains(open.last().unwrap()), "{open:?}");
        let ended = lines.iter().find(|line| line["message"] == "ended");
        assert_eq!(ended.unwrap()["OpenSeconds"], Value::Null);
    })
    .unwrap();
}

#[test]
fn a_gate_error_is_said_before_it_is_thrown() {
    in_virtual_time(async {
        let world = world();
        let mut payload = payload();
        payload["settings"]["alarms"] = json!(["gone"]);
        let failed = ask(&payload, &saying(&world)).await.expect_err("no alarm");
        let said = only(&world);
        assert_eq!(said["error"], failed.name);
        assert_eq!(
            (&said["verdict"], &said["outcome"]),
            (&json!(null), &json!("stop"))
        );
    })
    .unwrap();
}

#[test]
fn whom_the_resolved_plan_names_is_named() {
    in_virtual_time(async {
        let world = world();
        let written = json!({
            "gates": [{"bake": {"for": "30m", "traffic": "not_measured", "alarms": ["gone"]}}],
            "on_fail": {"notify": ["team"]}, "on_error": {"notify": ["on-call"]},
        });
        let resolved = ResolvedPlan {
            resolved: FORM,
            pipeline: "checkout".to_owned(),
            release: "r-1".to_owned(),
            stage: "prod".to_owned(),
            service: "checkout".to_owned(),
            service_only_claimed: false,
            at: jiff::Timestamp::UNIX_EPOCH,
            from: vec!["artifact".to_owned()],
            plan: StagePlan::read_json("prod", &written).unwrap(),
            sources: Default::default(),
        };
        let bytes = resolved.write();
        let digest = sha256(&bytes);
        world.s3().put(EVIDENCE_BUCKET, &resolved.key(), bytes);
        let mut payload = payload();
        payload.as_object_mut().unwrap().remove("settings");
        let ends = world.clock().now() + SignedDuration::from_hours(2);
        payload["plan"] = json!({"key": resolved.key(), "sha256": digest, "ends": ends});
        ask(&payload, &saying(&world)).await.expect_err("no alarm");
        assert_eq!(only(&world)["notify"], json!(["on-call"]));
    })
    .unwrap();
}

#[test]
fn without_a_bus_nothing_is_said() {
    in_virtual_time(async {
        let world = world();
        ask_on(payload(), &host(&world)).await.unwrap();
        assert!(world.published().is_empty());
        assert!(!world.calls_by_operation().contains_key("events:PutEvents"));
    })
    .unwrap();
}

/// What a task is answered with this wrong at the bus, and how long it took.
fn with(fault: Option<Fault>, change: fn(&mut Value)) -> (String, SignedDuration) {
    in_virtual_time(async {
        let world = world();
        let mut payload = payload();
        change(&mut payload);
        world.set_faults(Arc::new(move |call| {
            fault.clone().filter(|_| call.service == "events")
        }));
        let host = saying(&world);
        let answer = format!("{:?}", ask_on(payload, &host).await);
        let last = world.calls().last().unwrap().at;
        (answer, world.clock().now().duration_since(last))
    })
    .unwrap()
}

/// With this wrong at the bus the answer is the same, of a verdict as of a
/// gate error, and it comes in time.
#[track_caller]
fn check_same(fault: Fault) {
    let changes: [fn(&mut Value); 2] = [
        |_| {},
        |payload| payload["settings"]["alarms"] = json!(["gone"]),
    ];
    for change in changes {
        let (expected, _) = with(None, change);
        let (answer, took) = with(Some(fault.clone()), change);
        assert_eq!(answer, expected);
        assert!(took <= SignedDuration::from_secs(5), "{took}");
    }
}

#[test]
fn a_throttled_bus_changes_no_tasks_answer() {
    check_same(Fault::Refused(RefusalKind::Throttling));
}

#[test]
fn a_bus_that_the_role_may_not_write_to_changes_no_tasks_answer() {
    check_same(Fault::Refused(RefusalKind::AccessDenied));
}

#[test]
fn a_bus_that_does_not_answer_changes_no_tasks_answer() {
    check_same(Fault::Slow(SignedDuration::from_mins(10)));
}

#[test]
fn a_panic_while_it_is_said_changes_no_tasks_answer() {
    check_same(Fault::Panicked);
}
