//! The Lambda action that has the checks of a stage run by a state machine, in
//! a pipeline: whatever becomes of the machine, the action succeeds only where
//! the machine did.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sluice::rehearsal::{EVIDENCE_BUCKET, artifact, aws_for, in_virtual_time, world_of};
use sluice_core::plan::{FORM, Plan, ResolvedPlan};
use sluice_host::{Checks, Handled, handle_checks};
use sluice_world::codepipeline::{
    Action, ActionRun, ActionStatus, FunctionError, Invocation, Mode, Pipeline, Stage, Work,
};
use sluice_world::scenario::RefusalKind;
use sluice_world::world::Fault;
use sluice_world::{Scenario, World};

const MACHINE: &str = "arn:aws:states:us-east-1:111122223333:stateMachine:sluice-stage-checks";

const PASSES: &str = "
about: every gate lets the release go on
machines:
  sluice-stage-checks: { takes: 40m, output: { outcome: go, gates: [ { gate: bake, look: pass, outcome: go, decided_by: verdict } ] } }
pipeline: { look_every: 5m }
";

const FAILS: &str = "
about: a gate says stop
machines:
  sluice-stage-checks: { takes: 10m, fails: { error: GateFailed, cause: 'gate `bake` of stage `prod`: fail: alarm `errors` fired' } }
pipeline: { look_every: 5m }
";

/// Scenarios from which the rights of the function are recorded.
pub(crate) const SCENARIOS: &[fn()] = &[
    checks_that_pass_let_the_release_go_on_and_say_what_each_gate_said,
    an_event_that_comes_twice_at_the_same_time_starts_the_machine_once,
    a_gate_that_says_stop_stops_the_release_with_the_machines_own_words,
    parameters_that_name_a_gate_are_refused_with_what_to_write,
    checks_that_outlast_the_action_are_stopped_before_codepipeline_ends_it,
    while_gates_run_the_action_says_how_far_they_are,
];

/// What came of a release whose stage is checked.
struct Done {
    action: ActionRun,
    world: World,
    handled: Vec<Handled>,
}

impl Done {
    #[track_caller]
    fn failure(&self) -> (String, String) {
        assert_eq!(self.action.status, ActionStatus::Failed);
        assert!(self.action.output_variables.is_empty());
        let failure = self.action.failure.clone().unwrap();
        (failure.failure_type, failure.message)
    }
}

struct Case {
    scenario: &'static str,
    parameters: Value,
    plan: Option<&'static str>,
    machine: &'static str,
    twice: bool,
    /// The machine whose executions show how far gates are.
    gate_machine: Option<&'static str>,
    prepare: fn(&World),
}

impl Case {
    fn of(scenario: &'static str) -> Case {
        Case {
            scenario,
            parameters: json!({
                "pipeline": "checkout", "release": "#{codepipeline.PipelineExecutionId}",
                "service": "checkout", "stage": "prod",
            }),
            plan: None,
            machine: MACHINE,
            twice: false,
            gate_machine: None,
            prepare: |_| {},
        }
    }

    fn run(self) -> Done {
        in_virtual_time(run(self)).unwrap()
    }
}

fn pipeline(case: &Case) -> Pipeline {
    let action = |name: &str, work, inputs: Vec<String>, outputs: Vec<String>| Action {
        name: name.to_owned(),
        run_order: 1,
        work,
        input_artifacts: inputs,
        output_artifacts: outputs,
        namespace: None,
    };
    let source = Work::Source {
        artifact: artifact("sluice.yaml", case.plan.unwrap_or("")),
    };
    let checks = Work::Lambda {
        function: "sluice-checks".to_owned(),
        user_parameters: Some(case.parameters.to_string()),
    };
    let inputs = case.plan.map(|_| "source".to_owned()).into_iter().collect();
    let stage = |name: &str, action| Stage {
        name: name.to_owned(),
        actions: vec![action],
    };
    Pipeline {
        name: "checkout".to_owned(),
        mode: Mode::Superseded,
        version: 1,
        artifact_bucket: "artifacts".to_owned(),
        stages: vec![
            stage(
                "source",
                action("source", source, vec![], vec!["source".to_owned()]),
            ),
            stage("prod", action("checks", checks, inputs, vec![])),
        ],
    }
}

async fn run(case: Case) -> Done {
    let scenario = Scenario::parse(case.scenario, Path::new(".")).unwrap();
    let world = world_of(scenario, Default::default());
    world.s3().create_bucket(EVIDENCE_BUCKET);
    (case.prepare)(&world);
    let checks = Arc::new(Checks {
        aws: aws_for(&world, "sluice-checks"),
        machine: case.machine.to_owned(),
        gate_machine: case.gate_machine.map(str::to_owned),
        evidence_bucket: Some(EVIDENCE_BUCKET.to_owned()),
        log: Arc::new(|_| {}),
    });
    let handled: Arc<Mutex<Vec<Handled>>> = Arc::default();
    let (own, twice) = (Arc::clone(&handled), case.twice);
    world.set_functions(Arc::new(move |invocation: Invocation| {
        let (checks, own) = (Arc::clone(&checks), Arc::clone(&own));
        Box::pin(async move {
            let event = &invocation.event;
            let once = || handle_checks(event, invocation.deadline, &checks);
            let results = if twice {
                let (first, second) = tokio::join!(once(), once());
                vec![first, second]
            } else {
                vec![once().await]
            };
            for result in results {
                let handled = result.map_err(|error| FunctionError {
                    error_type: "AnswerNotTaken".to_owned(),
                    message: error.to_string(),
                })?;
                own.lock().unwrap().push(handled);
            }
            Ok(Value::Null)
        })
    }));
    let id = world.start(pipeline(&case)).unwrap();
    if case.gate_machine.is_some() {
        resolved(&world, &id);
    }
    let execution = world.codepipeline().finished(&id).await;
    let handled = std::mem::take(&mut *handled.lock().unwrap());
    Done {
        action: execution.stages[1].actions[0].clone(),
        world,
        handled,
    }
}

#[test]
fn checks_that_pass_let_the_release_go_on_and_say_what_each_gate_said() {
    let done = Case::of(PASSES).run();
    assert_eq!(done.action.status, ActionStatus::Succeeded);
    let said = &done.action.summary;
    assert!(said.as_deref().unwrap().contains("bake pass"), "{said:?}");
    assert_eq!(done.action.output_variables["Outcome"], "go");
    assert_eq!(done.world.executions().len(), 1);
    let started = &done.world.executions()[0];
    let input: Value = serde_json::from_str(&started.input).unwrap();
    assert_eq!(input["stage"], "prod");
    assert_eq!(input["service"], "checkout");
    assert!(input.get("plan").is_none());
    assert!(started.name.starts_with("sluice-") && started.name.len() <= 80);
}

#[test]
fn an_event_that_comes_twice_at_the_same_time_starts_the_machine_once() {
    let case = Case {
        twice: true,
        ..Case::of(PASSES)
    };
    let done = case.run();
    assert_eq!(done.action.status, ActionStatus::Succeeded);
    assert_eq!(done.world.executions().len(), 1);
    let refused = done.handled.iter();
    let refused = refused.filter(|own| matches!(own, Handled::AlreadyAnswered));
    assert!(refused.count() > 0, "each job takes one answer");
}

#[test]
fn a_gate_that_says_stop_stops_the_release_with_the_machines_own_words() {
    let done = Case::of(FAILS).run();
    let (kind, message) = done.failure();
    assert_eq!(kind, "JobFailed");
    assert!(
        message.starts_with("gate `bake` of stage `prod`: fail"),
        "{message}"
    );
    assert!(
        message.contains("states/home?region=us-east-1"),
        "{message}"
    );
}

#[test]
fn no_end_of_a_machine_but_success_lets_the_release_go_on() {
    for (status, expected) in [
        ("TIMED_OUT", "took longer than they may"),
        ("FAILED", "failed without a cause"),
    ] {
        let scenario = format!(
            "about: it ends\nmachines:\n  sluice-stage-checks: {{ takes: 10m, fails: {{ status: {status}, error: X, cause: '' }} }}\n\
             pipeline: {{ look_every: 5m }}\n"
        );
        let done = Case::of(Box::leak(scenario.into_boxed_str())).run();
        let (_, message) = done.failure();
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn a_machine_that_is_not_there_is_a_failure_that_says_so() {
    let case = Case {
        machine: "arn:aws:states:us-east-1:111122223333:stateMachine:gone",
        ..Case::of(PASSES)
    };
    let (_, message) = case.run().failure();
    assert!(message.contains("StateMachineDoesNotExist"), "{message}");
}

#[test]
fn rights_that_lack_fail_the_action_and_an_outage_only_delays_it() {
    let denied = Case {
        prepare: |world| {
            world.set_faults(Arc::new(|call| {
                let is_start = call.operation == "StartExecution";
                is_start.then_some(Fault::Refused(RefusalKind::AccessDenied))
            }));
        },
        ..Case::of(PASSES)
    };
    let (kind, message) = denied.run().failure();
    assert_eq!(kind, "PermissionError", "{message}");
    let unwell = Case {
        prepare: |world| {
            world.set_faults(Arc::new(|call| {
                let is_down = call.service == "states" && (3..40).contains(&call.number);
                is_down.then_some(Fault::Refused(RefusalKind::InternalError))
            }));
        },
        ..Case::of(PASSES)
    };
    let done = unwell.run();
    assert_eq!(done.action.status, ActionStatus::Succeeded);
    assert_eq!(done.world.executions().len(), 1);
}

#[test]
fn the_plan_of_the_releases_artifact_is_handed_on_as_it_was_written() {
    let plan =
        "service: checkout\nstages:\n  prod:\n    gates:\n      - bake: { for: 1h, alarms: [a] }\n";
    let case = Case {
        plan: Some(plan),
        ..Case::of(PASSES)
    };
    let done = case.run();
    let input: Value = serde_json::from_str(&done.world.executions()[0].input).unwrap();
    let bake = &input["plan"]["stages"]["prod"]["gates"][0]["bake"];
    assert_eq!(*bake, json!({"for": "1h", "alarms": ["a"]}));
}

#[test]
fn an_artifact_whose_plan_is_no_yaml_starts_nothing() {
    let case = Case {
        plan: Some("service: [checkout"),
        ..Case::of(PASSES)
    };
    let done = case.run();
    let (kind, message) = done.failure();
    assert_eq!(kind, "ConfigurationError");
    assert!(message.contains("`sluice.yaml`"), "{message}");
    assert_eq!(done.world.executions().len(), 0);
}

#[test]
fn parameters_that_name_a_gate_are_refused_with_what_to_write() {
    let mut case = Case::of(PASSES);
    case.parameters["gate"] = json!("bake");
    let (kind, message) = case.run().failure();
    assert_eq!(kind, "ConfigurationError");
    assert!(message.contains("every gate of the stage"), "{message}");
}

/// The plan that holds for the release, as the function `plan` keeps it.
fn resolved(world: &World, release: &str) {
    let text = "service: checkout\nstages:\n  prod:\n    gates:\n      - bake: { for: 1h, traffic: not_measured, alarms: [a] }\n";
    let mut plan = Plan::read_yaml(text).unwrap();
    let resolved = ResolvedPlan {
        resolved: FORM,
        pipeline: "checkout".to_owned(),
        release: release.to_owned(),
        stage: "prod".to_owned(),
        service: "checkout".to_owned(),
        service_only_claimed: false,
        at: Timestamp::UNIX_EPOCH,
        from: vec!["artifact".to_owned()],
        plan: plan.stages.remove(0),
        sources: BTreeMap::new(),
    };
    world
        .s3()
        .put(EVIDENCE_BUCKET, &resolved.key(), resolved.write());
}

#[test]
fn while_gates_run_the_action_says_how_far_they_are() {
    let case = Case {
        gate_machine: Some("arn:aws:states:us-east-1:111122223333:stateMachine:sluice-gate"),
        ..Case::of(PASSES)
    };
    let done = case.run();
    assert_eq!(done.action.status, ActionStatus::Succeeded);
    let jobs = done.action.jobs.iter().flat_map(|job| &job.answers);
    let said: Vec<String> = jobs.map(|sent| format!("{:?}", sent.answer)).collect();
    let line = "0 of 1 gates answered: bake not started";
    assert!(said.iter().any(|own| own.contains(line)), "{said:?}");
}

#[test]
fn checks_that_outlast_the_action_are_stopped_before_codepipeline_ends_it() {
    let done = Case::of(
        "about: it never ends\nmachines:\n  sluice-stage-checks: { takes: 72h }\npipeline: { look_every: 15m }\n",
    )
    .run();
    let (_, message) = done.failure();
    assert!(message.contains("24 hours"), "{message}");
    let took = done.action.ended.unwrap().duration_since(done.action.began);
    assert!(took < SignedDuration::from_hours(24), "{took}");
    assert!(done.world.executions()[0].stopped.is_some());
}
