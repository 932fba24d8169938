//! Custom actions of every kind, whose jobs the worker takes and hands to the
//! function of their gate.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use sluice::rehearsal::{
    EVIDENCE_BUCKET, WORKER, action_types, checked_pipeline, functions_in, in_virtual_time,
    pipeline, with_custom_actions, world_with,
};
use sluice_core::plan::Plan;
use sluice_world::codepipeline::Invocation;
use sluice_world::faults::FaultPlan;
use sluice_world::{Scenario, World};

/// Scenarios from which the rights of the worker are recorded.
pub(super) const SCENARIOS: &[fn()] = &[
    jobs_of_every_kind_reach_the_function_of_their_gate,
    jobs_that_could_not_be_acknowledged_are_polled_again_and_looked_at,
];

const PLAN: &str = "
service: checkout
stages:
  prod:
    gates:
      - bake: { for: 2m, settle: 1m, traffic: not_measured, alarms: [errors], since: gate }
      - canary:
          namespace: Shop
          horizon: 30m
          groups: { baseline: { dimensions: { Version: old } }, canary: { dimensions: { Version: new } } }
          metrics: [ { name: errors, count: Errors, of: Requests } ]
      - validate: { lambda: [ { function: smoke } ] }
";

const SCENARIO: &str = "
about: custom actions
alarms: [ { name: errors, period: 1m, states: [ { at: -2h, state: OK } ] } ]
functions: { smoke: { returns: 1 } }
pipeline: { look_every: 30s, deploys: { prod: 1m } }
";

/// A world in which a job that nobody acknowledged comes again a minute later.
fn world(more: &str) -> World {
    let scenario = Scenario::parse(&format!("{SCENARIO}{more}"), Path::new(".")).unwrap();
    world_with(scenario, FaultPlan::default(), |settings| {
        settings.dispatched_again_after = Some(SignedDuration::from_mins(1));
    })
}

/// The functions that the worker of a world had look.
async fn asked(world: &World, checks_all: bool) -> BTreeSet<String> {
    world.s3().create_bucket(EVIDENCE_BUCKET);
    for described in action_types() {
        world.codepipeline().create_action_type(&described).unwrap();
    }
    let asked: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let (own, functions) = (Arc::clone(&asked), functions_in(world));
    world.set_functions(Arc::new(move |invocation: Invocation| {
        own.lock().unwrap().insert(invocation.function.clone());
        functions(invocation)
    }));
    world.invoke_on_started(WORKER);
    let sweeps = world.invoke_every(SignedDuration::from_mins(1), WORKER);
    let plan = Plan::read_yaml(PLAN).unwrap();
    let pipeline = if checks_all {
        checked_pipeline(&plan, PLAN, world.scenario())
    } else {
        pipeline(&plan, PLAN, world.scenario())
    };
    let release = world.start(with_custom_actions(pipeline)).unwrap();
    world.codepipeline().finished(&release).await;
    drop(sweeps);
    asked.lock().unwrap().clone()
}

/// Items that were read one by one.
fn reads(world: &World) -> u64 {
    let calls = world.calls_by_operation();
    calls.get("dynamodb:GetItem").copied().unwrap_or_default()
}

#[test]
fn jobs_of_every_kind_reach_the_function_of_their_gate() {
    in_virtual_time(async {
        let mut reached = BTreeSet::new();
        for checks_all in [false, true] {
            let world = world("");
            reached.extend(asked(&world, checks_all).await);
        }
        let expected = ["bake", "canary", "checks", "validate", "worker"];
        let expected = expected.map(|name| format!("sluice-{name}"));
        assert_eq!(reached, BTreeSet::from(expected));
    })
    .unwrap();
}

#[test]
fn jobs_that_could_not_be_acknowledged_are_polled_again_and_looked_at() {
    in_virtual_time(async {
        let troubled = world(
            "refusals: [ { call: codepipeline:AcknowledgeJob, error: InternalError, at: prod, for: 3m } ]\n",
        );
        assert!(asked(&troubled, false).await.contains("sluice-bake"));
        let usual = world("");
        asked(&usual, false).await;
        // Who found a lease that was there read whose it is.
        assert!(reads(&troubled) > reads(&usual));
    })
    .unwrap();
}
