//! A lifecycle hook of ECS from its first call to its end, in virtual time.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sluice::rehearsal::{EVENT_BUS, EVIDENCE_BUCKET, aws_of, gates, in_virtual_time, world_of};
use sluice_core::notices::GATE_VERDICT;
use sluice_host::{Host, TaskLook, handle_hook, handle_task};
use sluice_world::codepipeline::FunctionError;
use sluice_world::ecs::{DetailsForm, HookEnd, HookSwitches, LifecycleHook, ServiceDeployment};
use sluice_world::{Scenario, World};

const QUIET: &str = "states: [ { at: -2h, state: OK } ]";
const FIRES: &str = "states: [ { at: -2h, state: OK }, { at: 10m, state: ALARM } ]";
const UNKNOWN: &str = "states: [ { at: -2h, state: INSUFFICIENT_DATA } ]";

/// What a hook gave.
struct Gave {
    end: HookEnd,
    /// The last call, in minutes after the first.
    minutes: i64,
    calls: usize,
    /// The names of the attempts that wrote something down.
    begun: usize,
    verdicts: Vec<Value>,
    evidence: Vec<Value>,
}

fn bake() -> Value {
    json!({
        "service": "checkout", "gate": "bake",
        "settings": {"for": "30m", "traffic": "not_measured", "alarms": ["errors"]},
    })
}

fn hook(details: Value) -> LifecycleHook {
    LifecycleHook {
        function: "sluice-bake".to_owned(),
        lifecycle_stage: "POST_PRODUCTION_TRAFFIC_SHIFT".to_owned(),
        details,
        timeout: SignedDuration::from_hours(24),
        continues_after_timeout: false,
    }
}

fn world(states: &str) -> World {
    let text = format!("about: a deployment\nalarms: [ {{ name: errors, {states} }} ]\n");
    let world = world_of(
        Scenario::parse(&text, Path::new(".")).unwrap(),
        Default::default(),
    );
    world.s3().create_bucket(EVIDENCE_BUCKET);
    world
}

fn host(world: &World, bucket: bool) -> Arc<Host> {
    let bucket = bucket.then(|| EVIDENCE_BUCKET.to_owned());
    let mut host = Host::new(aws_of(world), gates(), bucket, Arc::new(|_| {}));
    host.event_bus = Some(EVENT_BUS.to_owned());
    Arc::new(host)
}

async fn asked(event: Value, deadline: Timestamp, host: Arc<Host>) -> Result<Value, FunctionError> {
    Ok(json!(handle_hook(&event, deadline, &host).await))
}

fn told(world: &World, end: HookEnd, deployment: &ServiceDeployment) -> Gave {
    let calls = deployment.calls();
    let verdicts = world.published().into_iter();
    let keys = |prefix: &str| world.s3().list(EVIDENCE_BUCKET, prefix);
    let own = |key: &(String, _)| key.0.ends_with(".json");
    let read = |key: &str| world.s3().get(EVIDENCE_BUCKET, key).unwrap();
    let evidence = keys("evidence/").into_iter().filter(own);
    Gave {
        end,
        minutes: (calls.last().unwrap().at - calls[0].at).get_seconds() / 60,
        calls: calls.len(),
        begun: keys("begun/")
            .iter()
            .filter(|key| !key.0.contains("/hooks/"))
            .count(),
        verdicts: verdicts
            .filter(|event| event.detail_type == GATE_VERDICT)
            .map(|event| event.detail)
            .collect(),
        evidence: evidence
            .map(|(key, _)| serde_json::from_slice(&read(&key)).unwrap())
            .collect(),
    }
}

fn run(states: &str, hook: &LifecycleHook, switches: HookSwitches, bucket: bool) -> Gave {
    in_virtual_time(async {
        let world = world(states);
        let host = host(&world, bucket);
        let mut deployment = ServiceDeployment::new(world.clock(), "EZe5RNVLH6PP", switches);
        let function = |own: sluice_world::codepipeline::Invocation| {
            asked(own.event, own.deadline, Arc::clone(&host))
        };
        let end = deployment.run(hook, None, function).await;
        told(&world, end, &deployment)
    })
    .unwrap()
}

fn usual(states: &str) -> Gave {
    run(states, &hook(bake()), HookSwitches::default(), true)
}

#[track_caller]
fn check_failed(gave: &Gave) {
    assert_eq!(gave.end, HookEnd::WentBack("the hook failed".to_owned()));
    assert_eq!(gave.verdicts.len(), 1);
    assert_eq!(gave.verdicts[0]["outcome"], "stop");
}

#[test]
fn a_bake_that_stays_quiet_lets_the_deployment_go_on_and_says_so_once() {
    let gave = usual(QUIET);
    assert_eq!(gave.end, HookEnd::WentOn);
    assert!((30..45).contains(&gave.minutes), "{} min", gave.minutes);
    assert_eq!(
        (gave.begun, gave.evidence.len(), gave.verdicts.len()),
        (1, 1, 1)
    );
    let said = &gave.verdicts[0];
    assert_eq!(
        (&said["host"], &said["verdict"]),
        (&json!("ecs_hook"), &json!("pass"))
    );
    assert_eq!(
        (&said["pipeline"], &said["release"], &said["stage"]),
        (
            &json!("checkout"),
            &json!("EZe5RNVLH6PP"),
            &json!("POST_PRODUCTION_TRAFFIC_SHIFT")
        )
    );
    let remarks = gave.evidence[0]["remarks"].to_string();
    assert!(remarks.contains("release_check: off"), "{remarks}");
}

#[test]
fn every_look_but_the_last_counts_how_long_the_gate_has_been_open() {
    in_virtual_time(async {
        let world = world(QUIET);
        let open: Arc<Mutex<Vec<u64>>> = Arc::default();
        let own = Arc::clone(&open);
        let log = move |line: Value| own.lock().unwrap().extend(line["OpenSeconds"].as_u64());
        let bucket = Some(EVIDENCE_BUCKET.to_owned());
        let mut host = Host::new(aws_of(&world), gates(), bucket, Arc::new(log));
        host.function = Some("sluice-bake".to_owned());
        let host = Arc::new(host);
        let mut deployment =
            ServiceDeployment::new(world.clock(), "EZe5RNVLH6PP", HookSwitches::default());
        let function = |own: sluice_world::codepipeline::Invocation| {
            asked(own.event, own.deadline, Arc::clone(&host))
        };
        deployment.run(&hook(bake()), None, function).await;
        let open = open.lock().unwrap();
        assert_eq!(open.len() + 1, deployment.calls().len());
        assert!(open.is_sorted() && open[0] == 0, "{open:?}");
        assert!((900..=2_700).contains(open.last().unwrap()), "{open:?}");
    })
    .unwrap();
}

#[test]
fn an_alarm_that_fires_sends_the_deployment_back() {
    let gave = usual(FIRES);
    check_failed(&gave);
    assert_eq!(gave.verdicts[0]["verdict"], "fail");
    assert!((9..20).contains(&gave.minutes), "{} min", gave.minutes);
}

#[test]
fn a_bake_that_cannot_know_sends_the_deployment_back() {
    let gave = usual(UNKNOWN);
    check_failed(&gave);
    assert_eq!(gave.verdicts[0]["verdict"], "inconclusive");
}

#[test]
fn a_gate_error_sends_the_deployment_back_under_its_name() {
    let mut details = bake();
    details["settings"]["alarms"] = json!(["nobody"]);
    let gave = run(QUIET, &hook(details), HookSwitches::default(), true);
    check_failed(&gave);
    assert_eq!(gave.verdicts[0]["error"], "AlarmNotFound");
    assert_eq!(gave.verdicts[0]["verdict"], Value::Null);
}

/// However ECS does what it documents, the same is said in the same time.
#[test]
fn whatever_form_the_calls_have_the_verdict_is_the_same() {
    let expected = usual(QUIET);
    for form in [DetailsForm::Object, DetailsForm::Text, DetailsForm::Within] {
        for replace in [false, true] {
            let switches = HookSwitches {
                details_form: form,
                details_replace: replace,
                execution_ids_change: replace,
                ..HookSwitches::default()
            };
            let gave = run(QUIET, &hook(bake()), switches, true);
            assert_eq!(gave.end, HookEnd::WentOn, "{form:?}");
            assert_eq!(gave.evidence, expected.evidence, "{form:?}");
        }
    }
}

/// What was judged and by which rule, without ids and moments.
fn judged(evidence: &Value) -> Value {
    const FIELDS: [&str; 7] = [
        "kind",
        "rule",
        "verdict",
        "outcome",
        "decided_by",
        "settings",
        "also",
    ];
    let mut own: Vec<Value> = FIELDS.iter().map(|name| evidence[*name].clone()).collect();
    own.push(evidence["reason"]["code"].clone());
    json!(own)
}

/// The same gate, asked by a state machine.
async fn by_task(world: &World, host: &Host) -> Value {
    let mut payload = json!({
        "sluice_task": 1, "pipeline": "checkout", "release": "r-1", "stage": "prod", "service": "checkout",
        "gate": "bake", "attempt": "11111111-abcd-1111-abcd-111111abcdef", "release_check": "off",
        "memory": null, "settings": bake()["settings"],
    });
    loop {
        let deadline = host.aws.now() + SignedDuration::from_secs(120);
        let answer = handle_task(&payload, deadline, host).await.unwrap();
        if answer.look != TaskLook::Again {
            let place = answer.evidence.unwrap();
            let key = place.uri.strip_prefix("s3://sluice-evidence/").unwrap();
            let bytes = world.s3().get(EVIDENCE_BUCKET, key).unwrap();
            return serde_json::from_slice(&bytes).unwrap();
        }
        payload["memory"] = json!(answer.memory);
        let wait = answer.not_before.unwrap().duration_since(host.aws.now());
        tokio::time::sleep(wait.max(SignedDuration::from_secs(5)).unsigned_abs()).await;
    }
}

#[test]
fn a_hook_judges_as_a_task_of_a_state_machine_does() {
    for states in [QUIET, FIRES, UNKNOWN] {
        let task = in_virtual_time(async {
            let world = world(states);
            by_task(&world, &host(&world, true)).await
        });
        let evidence = &usual(states).evidence[0];
        assert_eq!(judged(evidence), judged(&task.unwrap()), "{states}");
    }
}

fn forgetful() -> HookSwitches {
    HookSwitches {
        details_return: false,
        ..HookSwitches::default()
    }
}

#[test]
fn where_details_do_not_come_back_the_bucket_has_them_and_the_gate_does_not_begin_anew() {
    for (states, went_on) in [(QUIET, true), (FIRES, false)] {
        let (usual, gave) = (usual(states), run(states, &hook(bake()), forgetful(), true));
        assert_eq!(gave.end == HookEnd::WentOn, went_on);
        assert_eq!((gave.begun, gave.minutes), (1, usual.minutes));
        assert_eq!(gave.evidence, usual.evidence);
    }
}

#[test]
fn without_bucket_and_details_a_bake_never_passes_and_ecs_ends_it() {
    let mut hook = hook(bake());
    hook.timeout = SignedDuration::from_hours(2);
    let gave = run(QUIET, &hook, forgetful(), false);
    assert_eq!(gave.end, HookEnd::WentBack("the hook timed out".to_owned()));
    assert!(gave.verdicts.is_empty());
}

#[test]
fn without_bucket_a_bake_lives_in_the_details_alone() {
    let gave = run(QUIET, &hook(bake()), HookSwitches::default(), false);
    assert_eq!(gave.end, HookEnd::WentOn);
}

#[test]
fn a_bake_longer_than_ecs_waits_is_refused_at_once() {
    let mut details = bake();
    details["timeout_minutes"] = json!("60");
    details["settings"]["for"] = json!("2h");
    let gave = run(QUIET, &hook(details), HookSwitches::default(), true);
    check_failed(&gave);
    assert_eq!(
        (gave.calls, &gave.verdicts[0]["error"]),
        (1, &json!("BakeTooLong"))
    );
    let reason = gave.verdicts[0]["reason"].to_string();
    assert!(reason.contains("timeoutConfiguration"), "{reason}");
}

/// A linear deployment has the same hook at each step.
#[test]
fn each_step_of_a_deployment_is_baked_on_its_own() {
    in_virtual_time(async {
        let world = world(QUIET);
        let host = host(&world, true);
        let mut hook = hook(bake());
        hook.lifecycle_stage = "PRODUCTION_TRAFFIC_SHIFT".to_owned();
        let switches = HookSwitches::default();
        let mut deployment = ServiceDeployment::new(world.clock(), "EZe5RNVLH6PP", switches);
        for share in [10, 50, 100] {
            let began = world.clock().now();
            let function = |own: sluice_world::codepipeline::Invocation| {
                asked(own.event, own.deadline, Arc::clone(&host))
            };
            let end = deployment.run(&hook, Some(share), function).await;
            assert_eq!(end, HookEnd::WentOn, "{share} %");
            let took = world.clock().now() - began;
            let took = took.total(jiff::Unit::Minute).unwrap();
            assert!(took >= 30.0, "{share} % took {took} min");
        }
    })
    .unwrap();
}

#[test]
fn a_deployment_that_already_goes_back_is_held_up_by_no_gate() {
    in_virtual_time(async {
        let world = world("states: [ { at: -2h, state: ALARM } ]");
        let host = host(&world, true);
        let mut hook = hook(bake());
        hook.lifecycle_stage = "PRODUCTION_TRAFFIC_SHIFT".to_owned();
        let switches = HookSwitches::default();
        let mut deployment = ServiceDeployment::new(world.clock(), "EZe5RNVLH6PP", switches);
        let function = |own: sluice_world::codepipeline::Invocation| {
            asked(own.event, own.deadline, Arc::clone(&host))
        };
        let end = deployment.run(&hook, Some(0), function).await;
        assert_eq!((end, deployment.calls().len()), (HookEnd::WentOn, 1));
        assert!(world.published().is_empty());
    })
    .unwrap();
}

#[test]
fn before_traffic_shifts_at_all_no_weights_are_taken_for_going_back() {
    in_virtual_time(async {
        let world = world("states: [ { at: -2h, state: ALARM } ]");
        let host = host(&world, true);
        let mut hook = hook(bake());
        hook.lifecycle_stage = "PRE_PRODUCTION_TRAFFIC_SHIFT".to_owned();
        let switches = HookSwitches::default();
        let mut deployment = ServiceDeployment::new(world.clock(), "EZe5RNVLH6PP", switches);
        let function = |own: sluice_world::codepipeline::Invocation| {
            asked(own.event, own.deadline, Arc::clone(&host))
        };
        let end = deployment.run(&hook, Some(0), function).await;
        assert_eq!(end, HookEnd::WentBack("the hook failed".to_owned()));
    })
    .unwrap();
}

#[test]
fn a_function_that_dies_sends_the_deployment_back() {
    in_virtual_time(async {
        let world = world(QUIET);
        let host = host(&world, true);
        let calls = AtomicU32::new(0);
        let switches = HookSwitches::default();
        let mut deployment = ServiceDeployment::new(world.clock(), "EZe5RNVLH6PP", switches);
        let end = deployment
            .run(&hook(bake()), None, |own| {
                let dies = calls.fetch_add(1, Ordering::Relaxed) == 1;
                let host = Arc::clone(&host);
                async move {
                    if dies {
                        return Err(FunctionError {
                            error_type: "Runtime.ExitError".to_owned(),
                            message: "killed".to_owned(),
                        });
                    }
                    asked(own.event, own.deadline, host).await
                }
            })
            .await;
        assert!(matches!(end, HookEnd::WentBack(_)), "{end:?}");
    })
    .unwrap();
}
