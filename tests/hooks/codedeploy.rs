//! A hook of CodeDeploy from the event to the answer: the function that takes
//! it, and, in the place of the state machine, what `statemachines/hook` does.

use std::path::Path;
use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use serde_json::{Value, json};
use sluice::rehearsal::{EVIDENCE_BUCKET, aws_for, aws_of, gates, in_virtual_time, world_of};
use sluice_core::verdict::Outcome;
use sluice_host::{Deployments, Host, TaskLook, answer_deployment, handle_task};
use sluice_world::codedeploy::{DeploymentRun, ShownEvent};
use sluice_world::codepipeline::{FunctionError, Functions, Invocation};
use sluice_world::scenario::RefusalKind;
use sluice_world::world::Fault;
use sluice_world::{Scenario, World};

const FUNCTION: &str = "CodeDeployHook_sluice";
const MACHINE: &str = "arn:aws:states:us-east-1:111122223333:stateMachine:sluice-hook";
const GROUPS: &str = r#"{
    "shop/prod": {"service": "shop", "stage": "prod", "gates": {"BeforeAllowTraffic": "bake", "AfterAllowTraffic": "bake"}},
    "shop/one-box": {"service": "shop", "stage": "one-box", "gates": {"AfterAllowTraffic": "bake"}}
}"#;
const QUIET: &str = "about: quiet\nmachines: { sluice-hook: {} }\nalarms: [ { name: errors, states: [ { at: -2h, state: OK } ] } ]\n";
const FIRES: &str = "about: fires\nmachines: { sluice-hook: {} }\nalarms: [ { name: errors, states: [ { at: -2h, state: OK }, { at: 10m, state: ALARM } ] } ]\n";

/// Scenarios from which the rights of the function are recorded.
pub(crate) const SCENARIOS: &[fn()] = &[
    a_bake_that_stays_quiet_lets_the_deployment_go_on,
    each_hook_of_a_deployment_is_asked_once_and_on_its_own,
    an_event_that_comes_twice_starts_the_machine_once,
    a_group_that_nobody_listed_is_answered_and_shows_what_to_write,
    a_deployment_that_goes_back_is_held_up_by_no_gate,
    where_nothing_shows_which_hook_it_is_a_group_with_one_gate_has_it_asked,
];

/// One deployment, and what is different about it.
struct Case {
    scenario: &'static str,
    group: (&'static str, &'static str),
    creator: &'static str,
    hooks: &'static [(&'static str, &'static str)],
    groups: &'static str,
    bake: &'static str,
    /// Nobody carries the machine out.
    stands_still: bool,
    prepare: fn(&World),
}

impl Case {
    fn of(scenario: &'static str) -> Case {
        Case {
            scenario,
            group: ("shop", "prod"),
            creator: "user",
            hooks: &[("AfterAllowTraffic", FUNCTION)],
            groups: GROUPS,
            bake: "30m",
            stands_still: false,
            prepare: |_| {},
        }
    }

    fn run(self) -> Done {
        in_virtual_time(run(self)).unwrap()
    }
}

/// What came of it.
struct Done {
    run: DeploymentRun,
    world: World,
    /// What the function said to whoever invoked it.
    handled: Vec<String>,
    log: String,
}

impl Done {
    /// The answer to the last hook, and minutes until it.
    fn answer(&self) -> Option<(&str, i64)> {
        let hook = self.run.hooks.last()?;
        let (status, at) = hook.answered.as_ref()?;
        Some((status, (*at - hook.began).get_seconds() / 60))
    }

    #[track_caller]
    fn check_failed_at_once(&self, expected: &str) {
        assert_eq!(self.answer(), Some(("Failed", 0)), "{}", self.log);
        assert_eq!(self.run.status, "Failed");
        assert!(self.log.contains(expected), "{}", self.log);
    }
}

async fn run(case: Case) -> Done {
    let scenario = Scenario::parse(case.scenario, Path::new(".")).unwrap();
    let world = world_of(scenario, Default::default());
    world.s3().create_bucket(EVIDENCE_BUCKET);
    let (lines, handled): (Arc<Mutex<String>>, Arc<Mutex<Vec<String>>>) = Default::default();
    world.set_functions(functions(&world, case.groups, &lines, &handled));
    (case.prepare)(&world);
    if !case.stands_still {
        tokio::spawn(machine(world.clone(), case.bake));
    }
    let run = world.deploy(case.group, case.creator, case.hooks).await;
    let (log, handled) = (
        lines.lock().unwrap().clone(),
        handled.lock().unwrap().clone(),
    );
    Done {
        run,
        world,
        handled,
        log,
    }
}

fn functions(
    world: &World,
    groups: &str,
    lines: &Arc<Mutex<String>>,
    handled: &Arc<Mutex<Vec<String>>>,
) -> Functions {
    let log = Arc::clone(lines);
    let host = Arc::new(Deployments {
        aws: aws_for(world, "sluice-hook"),
        machine: MACHINE.to_owned(),
        groups: Some(groups.to_owned()),
        log: Arc::new(move |line| log.lock().unwrap().push_str(&line.to_string())),
    });
    let handled = Arc::clone(handled);
    Arc::new(move |invocation: Invocation| {
        let (host, handled) = (Arc::clone(&host), Arc::clone(&handled));
        Box::pin(async move {
            let answered = answer_deployment(&invocation.event, invocation.deadline, &host).await;
            let word = answered.map_err(|error| FunctionError {
                error_type: "AnswerNotTaken".to_owned(),
                message: error.to_string(),
            })?;
            handled.lock().unwrap().push(word.to_owned());
            Ok(json!({ "handled": word }))
        })
    })
}

/// Carries executions out as the state machines `hook` and `gate` do, with a
/// bake in the place of a plan's gate.
async fn machine(world: World, bake: &'static str) {
    let host = Arc::new(Host::new(
        aws_of(&world),
        gates(),
        Some(EVIDENCE_BUCKET.to_owned()),
        Arc::new(|_| {}),
    ));
    let mut seen = 0;
    loop {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        for execution in world.executions().into_iter().skip(seen) {
            seen += 1;
            let input: Value = serde_json::from_str(&execution.input).unwrap();
            tokio::spawn(carry_out(input, bake, Arc::clone(&host)));
        }
    }
}

async fn carry_out(input: Value, bake: &str, host: Arc<Host>) {
    let goes_on = asked(&input, bake, &host).await;
    let text = |name: &str| input[name].as_str().unwrap().to_owned();
    host.aws
        .answer_hook(&text("deployment"), &text("hook"), goes_on)
        .await
        .unwrap();
}

async fn asked(input: &Value, bake: &str, host: &Host) -> bool {
    let mut payload = json!({
        "sluice_task": 1, "pipeline": input["pipeline"], "release": input["release"],
        "stage": input["stage"], "service": input["service"], "gate": input["gate"],
        "attempt": "11111111-abcd-1111-abcd-111111abcdef", "release_check": "off", "memory": null,
        "plan": {"key": "plans/none", "sha256": "0", "ends": input["ends"], "hook": true},
        "settings": {"for": bake, "traffic": "not_measured", "alarms": ["errors"]},
    });
    loop {
        let deadline = host.aws.now() + SignedDuration::from_secs(120);
        let Ok(answer) = handle_task(&payload, deadline, host).await else {
            return false;
        };
        if answer.look != TaskLook::Again {
            return answer.outcome == Some(Outcome::Go);
        }
        payload["memory"] = json!(answer.memory);
        let wait = answer.not_before.unwrap().duration_since(host.aws.now());
        tokio::time::sleep(wait.max(SignedDuration::from_secs(5)).unsigned_abs()).await;
    }
}

#[test]
fn a_bake_that_stays_quiet_lets_the_deployment_go_on() {
    let done = Case::of(QUIET).run();
    let (status, minutes) = done.answer().unwrap();
    assert_eq!(
        (status, done.run.status.as_str()),
        ("Succeeded", "Succeeded")
    );
    assert!((30..45).contains(&minutes), "{minutes} min");
    assert_eq!(done.handled, ["started"]);
}

#[test]
fn an_alarm_that_fires_fails_the_deployment_and_later_hooks_are_not_called() {
    let hooks = &[
        ("BeforeAllowTraffic", FUNCTION),
        ("AfterAllowTraffic", FUNCTION),
    ];
    let done = Case {
        hooks,
        ..Case::of(FIRES)
    }
    .run();
    assert_eq!(
        (done.answer().unwrap().0, done.run.hooks.len()),
        ("Failed", 1)
    );
    assert_eq!(done.run.status, "Failed");
}

#[test]
fn a_bake_longer_than_the_hour_is_refused_and_answered_at_once() {
    let done = Case {
        bake: "2h",
        ..Case::of(QUIET)
    }
    .run();
    assert_eq!(done.answer(), Some(("Failed", 0)));
}

#[test]
fn each_hook_of_a_deployment_is_asked_once_and_on_its_own() {
    let hooks = &[
        ("BeforeAllowTraffic", FUNCTION),
        ("AfterAllowTraffic", FUNCTION),
    ];
    let done = Case {
        hooks,
        ..Case::of(QUIET)
    }
    .run();
    assert_eq!(done.run.status, "Succeeded");
    let executions = done.world.executions();
    assert_eq!(executions.len(), 2);
    assert_ne!(executions[0].name, executions[1].name);
    assert!(executions.iter().all(|own| own.name.len() <= 80));
}

#[test]
fn an_event_that_comes_twice_starts_the_machine_once() {
    let done = Case {
        prepare: |world| world.with_hooks(|own| own.sends_twice = true),
        ..Case::of(QUIET)
    }
    .run();
    assert_eq!(done.handled, ["started", "started"]);
    assert_eq!(done.world.executions().len(), 1);
    assert_eq!(done.run.status, "Succeeded");
}

#[test]
fn a_group_that_nobody_listed_is_answered_and_shows_what_to_write() {
    let done = Case {
        group: ("shop", "test"),
        ..Case::of(QUIET)
    }
    .run();
    done.check_failed_at_once("`shop/test` is not in the list of groups");
    assert!(done.log.contains("APPLICATION/GROUP"), "{}", done.log);
    assert!(done.world.executions().is_empty());
}

#[test]
fn a_list_that_does_not_read_is_answered_and_keeps_no_deployment_waiting() {
    let done = Case {
        groups: "{",
        ..Case::of(QUIET)
    }
    .run();
    done.check_failed_at_once("HookGroups");
}

#[test]
fn an_event_of_the_deployment_without_a_gate_is_answered() {
    let done = Case {
        group: ("shop", "one-box"),
        hooks: &[("BeforeAllowTraffic", FUNCTION)],
        ..Case::of(QUIET)
    }
    .run();
    done.check_failed_at_once("is at `BeforeAllowTraffic`");
}

#[test]
fn where_nothing_shows_which_hook_it_is_a_group_with_one_gate_has_it_asked() {
    for shows in [ShownEvent::Pending, ShownEvent::WithAnother] {
        let prepare = match shows {
            ShownEvent::Pending => {
                |world: &World| world.with_hooks(|own| own.shows = ShownEvent::Pending)
            }
            _ => |world: &World| world.with_hooks(|own| own.shows = ShownEvent::WithAnother),
        };
        let one = Case {
            group: ("shop", "one-box"),
            prepare,
            ..Case::of(QUIET)
        };
        assert_eq!(one.run().run.status, "Succeeded", "{shows:?}");
        let two = Case {
            prepare,
            ..Case::of(QUIET)
        };
        two.run().check_failed_at_once("has gates for");
    }
}

#[test]
fn a_deployment_that_goes_back_is_held_up_by_no_gate() {
    let done = Case {
        creator: "codeDeployRollback",
        ..Case::of(FIRES)
    }
    .run();
    assert_eq!(done.answer(), Some(("Succeeded", 0)));
    assert!(done.world.executions().is_empty());
}

fn refused(
    service: &'static str,
    operation: &'static str,
    kind: RefusalKind,
    times: u64,
) -> impl Fn(&World) {
    move |world| {
        let calls = Mutex::new(0);
        world.set_faults(Arc::new(move |call| {
            if (call.service, call.operation.as_str()) != (service, operation) {
                return None;
            }
            let mut calls = calls.lock().unwrap();
            *calls += 1;
            (*calls <= times).then_some(Fault::Refused(kind))
        }));
    }
}

#[test]
fn a_machine_that_cannot_be_started_is_answered_by_the_function() {
    let done = Case {
        prepare: |world| refused("states", "StartExecution", RefusalKind::AccessDenied, 99)(world),
        ..Case::of(QUIET)
    }
    .run();
    done.check_failed_at_once("AccessDenied");
}

#[test]
fn a_deployment_that_cannot_be_read_is_answered_by_the_function() {
    let done = Case {
        prepare: |world| {
            refused("codedeploy", "GetDeployment", RefusalKind::AccessDenied, 99)(world)
        },
        ..Case::of(QUIET)
    }
    .run();
    done.check_failed_at_once("codedeploy:GetDeployment");
}

#[test]
fn an_answer_that_does_not_get_through_is_given_when_lambda_tries_again() {
    let done = Case {
        groups: "{}",
        prepare: |world| {
            let operation = "PutLifecycleEventHookExecutionStatus";
            refused("codedeploy", operation, RefusalKind::Throttling, 3)(world);
        },
        ..Case::of(QUIET)
    }
    .run();
    let (status, minutes) = done.answer().unwrap();
    assert_eq!((status, done.handled.len()), ("Failed", 1));
    assert!((1..5).contains(&minutes), "{minutes} min");
}

#[test]
fn a_machine_that_stands_still_fails_the_deployment_after_an_hour() {
    let done = Case {
        stands_still: true,
        ..Case::of(QUIET)
    }
    .run();
    assert_eq!((done.answer(), done.run.status.as_str()), (None, "Failed"));
}
