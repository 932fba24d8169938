//! Pipelines with custom and Lambda actions, and workers that race for them.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;
use sluice::rehearsal::{
    EVIDENCE_BUCKET, LEASES_TABLE, WORKER, action_types, aws_of, functions_in, in_virtual_time,
    pipeline, with_custom_actions, world_with,
};
use sluice_core::plan::Plan;
use sluice_world::codepipeline::{
    ActionRun, Answer, DispatchOrder, Execution, ExecutionStatus, Pipeline, Settings, Work,
};
use sluice_world::faults::{FaultPlan, Kind};
use sluice_world::{Scenario, World};

/// Two gates of custom actions, and one of a Lambda action behind them.
const PLAN: &str = "
service: checkout
stages:
  prod:
    gates:
      - bake: { for: 2m, settle: 1m, traffic: not_measured, alarms: [errors], since: gate }
      - clear: { quiet: 0s, within: 15m, alarms: [network] }
";

const SCENARIO: &str = "
about: releases side by side
alarms:
  - { name: network, period: 1m, states: [ { at: -2h, state: OK } ] }
  - { name: errors, period: 1m, states: [ { at: -2h, state: OK }FIRES ] }
pipeline: { look_every: 30s, deploys: { prod: 1m } }
";

/// Whether an alarm fires while the bakes run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alarm {
    Quiet,
    Fires,
}

/// What happens in a run.
pub(super) struct Case {
    pub(super) alarm: Alarm,
    pub(super) pipelines: usize,
    /// Runs of the worker that begin at the same moment, each minute.
    pub(super) workers: usize,
    pub(super) faults: FaultPlan,
    /// After what time a job comes again that nobody acknowledged.
    pub(super) again_after: Option<SignedDuration>,
    pub(super) order: DispatchOrder,
}

impl Default for Case {
    fn default() -> Case {
        Case {
            alarm: Alarm::Quiet,
            pipelines: 1,
            workers: 1,
            faults: FaultPlan::default(),
            again_after: None,
            order: DispatchOrder::OldestFirst,
        }
    }
}

/// What came of it.
pub(super) struct Ran {
    pub(super) executions: Vec<Execution>,
    pub(super) calls: BTreeMap<String, u64>,
    /// Calls of functions until the last release ended.
    pub(super) count: u64,
    pub(super) occurred: BTreeMap<Kind, u64>,
    /// Leases that are left.
    pub(super) leases: usize,
    /// Evidence that says go, by release.
    pub(super) go: BTreeMap<String, usize>,
    pub(super) world: World,
}

/// The pipeline number so and so: `bake` is a custom action, `clear` one too
/// in every second pipeline.
fn mixed(scenario: &Scenario, number: usize) -> Pipeline {
    let plan = Plan::read_yaml(PLAN).unwrap();
    let lambda = pipeline(&plan, PLAN, scenario);
    let mut mixed = with_custom_actions(lambda.clone());
    mixed.name = format!("checkout-{number}");
    for (stage, own) in mixed.stages.iter_mut().zip(&lambda.stages) {
        for (action, own) in stage.actions.iter_mut().zip(&own.actions) {
            if action.name == "clear" && number % 2 == 1 {
                let name = format!("\"pipeline\":\"{}\"", lambda.name);
                let now = format!("\"pipeline\":\"{}\"", mixed.name);
                *action = own.clone();
                if let Work::Lambda {
                    user_parameters: Some(parameters),
                    ..
                } = &mut action.work
                {
                    *parameters = parameters.replace(&name, &now);
                }
            }
        }
    }
    mixed
}

/// A world with the action types, and the functions that serve them.
pub(super) fn installed(world: World) -> World {
    world.s3().create_bucket(EVIDENCE_BUCKET);
    for described in action_types() {
        world.codepipeline().create_action_type(&described).unwrap();
    }
    world.set_functions(functions_in(&world));
    world
}

/// Runs releases of all pipelines to their ends, and until their jobs are
/// forgotten.
pub(super) fn run(case: Case) -> Ran {
    in_virtual_time(async {
        let fires = match case.alarm {
            Alarm::Quiet => "",
            Alarm::Fires => ", { at: prod + 2m, state: ALARM }",
        };
        let text = SCENARIO.replace("FIRES", fires);
        let scenario = Scenario::parse(&text, Path::new(".")).unwrap();
        let (again, order) = (case.again_after, case.order);
        let world = world_with(scenario, case.faults, |settings: &mut Settings| {
            settings.dispatched_again_after = again;
            settings.dispatch_order = order;
        });
        let world = installed(world);
        if case.workers > 1 {
            // As long as a call takes no time, nobody races.
            world.set_call_takes(20);
        }
        world.invoke_on_started(WORKER);
        let minute = SignedDuration::from_mins(1);
        let workers = (0..case.workers).map(|_| world.invoke_every(minute, WORKER));
        let workers: Vec<_> = workers.collect();
        let mut ids = Vec::new();
        for number in 0..case.pipelines {
            ids.push(world.start(mixed(world.scenario(), number)).unwrap());
        }
        let mut executions = Vec::new();
        for id in &ids {
            let ended = world.codepipeline().finished(id);
            executions.push(
                tokio::time::timeout(Duration::from_hours(26), ended)
                    .await
                    .unwrap(),
            );
        }
        let count = world.calls().len() as u64;
        tokio::time::sleep(Duration::from_mins(6)).await;
        drop(workers);
        let leases = aws_of(&world)
            .entries(LEASES_TABLE, "open")
            .await
            .unwrap()
            .len();
        Ran {
            executions,
            calls: world.calls_by_operation(),
            count,
            occurred: world.occurred(),
            leases,
            go: go(&world),
            world,
        }
    })
    .unwrap()
}

/// Evidence that says go, by release.
fn go(world: &World) -> BTreeMap<String, usize> {
    let mut go = BTreeMap::new();
    for (key, _) in world.s3().list(EVIDENCE_BUCKET, "evidence/") {
        if !key.ends_with(".json") {
            continue;
        }
        let bytes = world.s3().get(EVIDENCE_BUCKET, &key).unwrap();
        let evidence: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        if evidence["outcome"] == json!("go") {
            let release = evidence["of"]["release"].as_str().unwrap();
            *go.entry(release.to_owned()).or_default() += 1;
        }
    }
    go
}

impl Ran {
    /// The actions of gates.
    pub(super) fn gates(&self) -> impl Iterator<Item = (&Execution, &ActionRun)> {
        self.executions.iter().flat_map(|execution| {
            let actions = execution.stages.iter().flat_map(|stage| &stage.actions);
            let gates = actions.filter(|action| !action.jobs.is_empty());
            gates.map(move |action| (execution, action))
        })
    }

    /// What has to be true of every run.
    pub(super) fn hold(&self, about: &str) {
        for (execution, action) in self.gates() {
            for job in &action.jobs {
                assert!(
                    job.accepted() <= 1,
                    "{about}: {} of {}",
                    action.name,
                    execution.id
                );
            }
            let ended_well = action.jobs.iter().flat_map(|job| &job.answers).any(|sent| {
                sent.refused.is_none() && matches!(sent.answer, Answer::Success { .. })
            });
            if ended_well {
                assert!(
                    self.go.contains_key(&execution.id),
                    "{about}: {} without evidence",
                    action.name
                );
            }
        }
        for execution in &self.executions {
            if execution.status == ExecutionStatus::Succeeded {
                assert!(
                    self.go.get(&execution.id) >= Some(&2),
                    "{about}: {}",
                    execution.id
                );
            }
        }
        assert_eq!(self.leases, 0, "{about}: jobs that nobody forgot");
    }
}
