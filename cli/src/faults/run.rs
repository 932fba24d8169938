//! Runs a case as a whole release, waits until nothing is under way any more,
//! repeats what was asked, and lets the checkers look at what is left.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::Value;
use sluice_core::evidence::Evidence;
use sluice_core::plan::{GatePlan, Plan};
use sluice_world::codepipeline::{ActionRun, ActionStatus, Execution, Functions, Invocation};
use sluice_world::faults::{Kind, ProcessRecord};
use sluice_world::{Scenario, World};

use super::check::check;
use super::records::{Records, records};
use super::sketch::Case;
use super::subjects::Host;
use crate::rehearsal::{
    EVIDENCE_BUCKET, Gathered, Gathering, OnLine, Timeline, functions, gather, in_virtual_time,
    pipeline, world_of,
};

/// How long after a release something may still be under way: an event that
/// came late, all its attempts, and the reaper's.
const AFTERWARDS: SignedDuration = SignedDuration::from_mins(30);

/// How a release ended, for counting.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The gate let it go on, with this verdict.
    Go(String),
    /// It did not.
    Stop,
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Outcome::Go(verdict) => write!(f, "go ({verdict})"),
            Outcome::Stop => f.write_str("stop"),
        }
    }
}

/// What a case gave.
#[derive(Debug, Clone)]
pub struct Ran {
    /// What must not be, in words. Nothing is as it should be.
    pub broken: Vec<String>,
    /// How often each kind of fault occurred.
    pub occurred: BTreeMap<Kind, u64>,
    /// Calls of AWS.
    pub calls: u64,
    /// Jobs of the gate.
    pub looks: usize,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether CodePipeline ended it, because nobody answered in time.
    pub is_silent: bool,
    /// What gates wrote down about their ends, in order.
    pub evidence: Vec<Evidence>,
}

/// What the checkers look at.
pub(super) struct Seen {
    pub(super) world: World,
    pub(super) scenario: Scenario,
    /// All gates of the plan, with their stages.
    pub(super) gates: Vec<Gate>,
    pub(super) proceeds: bool,
    /// All releases, the one that is rehearsed first.
    pub(super) executions: Vec<Execution>,
    pub(super) processes: Vec<ProcessRecord>,
    pub(super) gathered: Gathered,
    pub(super) calls: BTreeMap<String, u64>,
    /// Before and after everything was asked once more.
    pub(super) records: (Records, Records),
    /// The releases after that.
    pub(super) repeated: Vec<Execution>,
}

/// Runs a case.
///
/// # Errors
///
/// Where it cannot begin: then the case itself is wrong.
pub fn run(case: &Case, on_line: OnLine) -> Result<Ran, String> {
    let (plan, scenario) = case.read()?;
    let seen = in_virtual_time(live(case, &plan, scenario, on_line));
    let seen = seen.map_err(|error| error.to_string())??;
    Ok(Ran {
        broken: check(&seen),
        occurred: seen.world.occurred(),
        calls: seen.calls.values().sum(),
        looks: looks(&seen),
        outcome: outcome(&seen),
        is_silent: seen.world.codepipeline().faults().actions_timed_out > 0,
        evidence: seen.ends().cloned().collect(),
    })
}

async fn live(
    case: &Case,
    plan: &Plan,
    scenario: Scenario,
    on_line: OnLine,
) -> Result<Seen, String> {
    // What the SDK draws for its waits follows from the seed, too.
    fastrand::seed(case.seed);
    let pipeline = match case.host {
        Host::LambdaAction => pipeline(plan, &case.plan, &scenario),
    };
    let service = pipeline.name.clone();
    let world = world_of(scenario.clone(), case.faults.clone());
    let gathering = Gathering::default();
    if case.with_bucket {
        world.s3().create_bucket(EVIDENCE_BUCKET);
    }
    let functions = functions(&world, case.with_bucket, &gathering);
    world.set_functions(Arc::clone(&functions));
    let timeline = Timeline::new(&world, on_line);
    world.observe(timeline.observer());
    let id = world.start(pipeline).map_err(|error| error.to_string())?;
    world.codepipeline().finished(&id).await;
    timeline.finish();
    pause(AFTERWARDS).await;

    let all = || -> Vec<Execution> {
        let ids = world.codepipeline().executions(&service);
        ids.iter()
            .filter_map(|id| world.codepipeline().execution(id))
            .collect()
    };
    let (executions, processes, calls) = (all(), world.processes(), world.calls_by_operation());
    let before = records(&world);
    repeat(&world, &functions, &gathering).await;
    let (repeated, after) = (all(), records(&world));
    let gathered = gather(&gathering, std::mem::take);
    let gates = plan.stages.iter().flat_map(|stage| {
        let own = |gate: &GatePlan| (stage.name.clone(), gate.clone());
        stage.gates.iter().map(own)
    });
    Ok(Seen {
        gates: gates.collect(),
        proceeds: case.plan.contains("proceed: true"),
        scenario,
        executions,
        processes,
        gathered,
        calls,
        records: (before, after),
        repeated,
        world,
    })
}

/// Asks again what was asked first and last.
async fn repeat(world: &World, functions: &Functions, gathering: &Gathering) {
    let events: Vec<(String, Value)> = gather(gathering, |all| {
        let first = all.events.first().cloned();
        first
            .into_iter()
            .chain(all.events.last().cloned())
            .collect()
    });
    for (function, event) in events {
        let deadline = world.clock().now() + SignedDuration::from_secs(120);
        let invocation = Invocation {
            function,
            event,
            request_id: "repeated".to_owned(),
            deadline,
            attempt: 1,
        };
        // Whether it can be answered is not the question here.
        let _ = functions(invocation).await;
    }
}

async fn pause(length: SignedDuration) {
    tokio::time::sleep(length.try_into().unwrap_or_default()).await;
}

/// The most looks of one gate.
fn looks(seen: &Seen) -> usize {
    let actions = seen.actions(&seen.executions[0]);
    actions
        .map(|(_, action)| action.jobs.len())
        .max()
        .unwrap_or(0)
}

/// How the last gate that was asked ended.
fn outcome(seen: &Seen) -> Outcome {
    match seen.actions(&seen.executions[0]).last() {
        Some((_, action)) if action.status == ActionStatus::Succeeded => {
            let verdict = action.output_variables.get("Verdict").cloned();
            Outcome::Go(verdict.unwrap_or_else(|| "none".to_owned()))
        }
        _ => Outcome::Stop,
    }
}

/// A gate of the plan, and its stage.
pub(super) type Gate = (String, GatePlan);

impl Seen {
    /// What gates wrote down about their ends.
    pub(super) fn ends(&self) -> impl Iterator<Item = &Evidence> {
        self.gathered.gates.iter().map(|end| &end.evidence)
    }

    /// The gates that a release got to, each with its action.
    pub(super) fn actions<'a>(
        &'a self,
        execution: &'a Execution,
    ) -> impl Iterator<Item = (&'a Gate, &'a ActionRun)> {
        self.gates.iter().filter_map(|gate| {
            let (name, plan) = gate;
            let stage = execution.stages.iter().find(|stage| stage.name == *name)?;
            let runs = stage.actions.iter();
            let action = runs.rev().find(|action| action.name == plan.name)?;
            Some((gate, action))
        })
    }
}
