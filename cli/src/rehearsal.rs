//! A release of a plan's service, run through its stages in a simulated AWS:
//! the real hosts, gates and tokens, on virtual time.
//!
//! Start at [`rehearse`].

mod custom;
mod pipeline;
mod timeline;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};
use sluice_aws::{Aws, AwsError, Disconnected, Unanswered, Wire};
use sluice_core::evidence::Evidence;
use sluice_core::plan::Plan;
use sluice_gates::{AnyGate, BakeGate, CanaryGate, ClearGate, ValidateGate};
use sluice_host::{Handled, Host, Log, Worker, handle, handle_asked, is_asked, reap, work};
use sluice_world::codepipeline::{
    Execution, FunctionError, Functions, Invocation, Pipeline, Settings,
};
use sluice_world::faults::FaultPlan;
use sluice_world::scenario::Table;
use sluice_world::world::FUNCTION_ACCESS_KEY;
use sluice_world::{Broken, HostTrouble, Scenario, World};

pub use custom::{action_types, configuration, with_custom_actions};
use pipeline::{ALARMS_FUNCTION, CANARY_FUNCTION, VALIDATE_FUNCTION};
pub use pipeline::{EVIDENCE_BUCKET, artifact, checked_pipeline, pipeline};
pub use timeline::{Line, Timeline};

/// The function that answers for those that died.
pub const REAPER: &str = "sluice-reaper";

/// The function that takes the jobs of custom actions.
pub const WORKER: &str = "sluice-worker";

/// The table of the jobs that it holds.
pub const LEASES_TABLE: &str = "sluice-leases";

/// Until functions have done what they do after their answers.
const AFTERWARDS: std::time::Duration = std::time::Duration::from_secs(6);

/// The bus on which functions say how gates ended.
pub const EVENT_BUS: &str = "sluice";

/// The table in which builds are claimed, where Sluice is installed.
pub const CLAIMS_TABLE: &str = "sluice-claims";

/// The table of waivers, where a scenario has one.
pub const WAIVERS_TABLE: &str = "sluice-waivers";

/// All gates that are served.
pub fn gates() -> Vec<Box<dyn AnyGate>> {
    let others = canary_gates().into_iter().chain(test_gates());
    alarm_gates().into_iter().chain(others).collect()
}

/// The gates that read alarms, as their function serves them.
fn alarm_gates() -> Vec<Box<dyn AnyGate>> {
    vec![Box::new(BakeGate), Box::new(ClearGate)]
}

/// The gate that reads metrics, as its function serves it.
fn canary_gates() -> Vec<Box<dyn AnyGate>> {
    vec![Box::new(CanaryGate)]
}

/// The gate that runs tests, as its function serves it.
fn test_gates() -> Vec<Box<dyn AnyGate>> {
    vec![Box::new(ValidateGate::new(Some(CLAIMS_TABLE.to_owned())))]
}

/// A world in which Sluice is installed: one retry of a function that died,
/// then the reaper; and a table of claims.
pub fn world_of(scenario: Scenario, faults: FaultPlan) -> World {
    world_with(scenario, faults, |_| {})
}

/// The same, whose CodePipeline and Lambda behave as `change` says.
pub fn world_with(
    mut scenario: Scenario,
    faults: FaultPlan,
    change: impl FnOnce(&mut Settings),
) -> World {
    let tables = &mut scenario.tables;
    tables.entry(CLAIMS_TABLE.to_owned()).or_default();
    tables.entry(LEASES_TABLE.to_owned()).or_insert(Table {
        sort: Some("part".to_owned()),
        ..Table::default()
    });
    World::with_faults(scenario, faults, |settings| {
        settings.retry_waits = vec![SignedDuration::from_mins(1)];
        settings.on_failure = Some(REAPER.to_owned());
        change(settings);
    })
}

/// A gate's end in a rehearsal.
#[derive(Debug, Clone, Serialize)]
pub struct GateEnd {
    /// The stage.
    pub stage: String,
    /// The gate's name.
    pub gate: String,
    /// First and last look.
    pub looked: (Timestamp, Timestamp),
    /// How often it was looked at: jobs of its action.
    pub looks: usize,
    /// What was written down about it.
    pub evidence: Evidence,
    /// Where.
    pub evidence_address: String,
    /// What people read.
    pub message: String,
}

/// What came of a rehearsal.
#[derive(Debug, Clone)]
pub struct Rehearsed {
    /// The release, with all that CodePipeline knows of it.
    pub execution: Execution,
    /// Gates that gave a final answer, in the order in which they did.
    pub gates: Vec<GateEnd>,
    /// How often each operation of AWS was called.
    pub calls: BTreeMap<String, u64>,
    /// What the functions logged.
    pub log: Vec<Value>,
}

/// Why a rehearsal could not begin.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// The world refused the pipeline.
    #[error("CodePipeline would refuse this pipeline: {0}")]
    Pipeline(#[from] sluice_world::ApiError),
    /// The runtime did not start.
    #[error("the runtime did not start: {0}")]
    Runtime(#[from] std::io::Error),
}

/// Told of each line of the timeline, as it happens.
pub type OnLine = Arc<dyn Fn(&Line) + Send + Sync>;

/// Runs a release of the plan's service through all its stages.
///
/// # Errors
///
/// Where the rehearsal cannot begin; what goes wrong in it is its result.
pub fn rehearse(
    plan: &Plan,
    plan_text: &str,
    scenario: Scenario,
    on_line: OnLine,
) -> Result<Rehearsed, RehearsalError> {
    let pipeline = pipeline(plan, plan_text, &scenario);
    in_virtual_time(run(scenario, pipeline, true, on_line))?
}

/// Runs a future on a clock that jumps over all waiting.
///
/// # Errors
///
/// Where the runtime cannot be started.
pub fn in_virtual_time<T>(future: impl Future<Output = T>) -> Result<T, std::io::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?;
    Ok(runtime.block_on(future))
}

/// AWS as a function in this world sees it.
pub fn aws_of(world: &World) -> Aws {
    let handler = world.handler();
    let clock = world.clock();
    let ahead = SignedDuration::from_secs(world.fault_plan().clock_ahead_seconds);
    let wire = Wire::simulated(
        Arc::new(move |request| {
            let answer = handler(request);
            Box::pin(async move {
                answer.await.map_err(|broken| match broken {
                    Broken::Timeout => Disconnected::TimedOut,
                    Broken::Reset => Disconnected::Reset,
                })
            })
        }),
        move || clock.now() + ahead,
    );
    let outside = world.downgraded();
    let wire = wire.with_outside(Arc::new(move |request| {
        let world = outside.clone();
        Box::pin(async move {
            let Some(world) = world.upgrade() else {
                return Err(Unanswered::NoConnection("the world is gone".to_owned()));
            };
            world.host_answer(&request).await.map_err(unanswered)
        })
    }));
    Aws::simulated(wire, &world.scenario().region, FUNCTION_ACCESS_KEY)
}

fn unanswered(trouble: HostTrouble) -> Unanswered {
    match trouble {
        HostTrouble::NotNamed(host) => Unanswered::NotInScenario(host),
        HostTrouble::Down => Unanswered::NoConnection(trouble.to_string()),
    }
}

/// Runs one release of any pipeline in a new world, `with_bucket` or without
/// one for evidence.
///
/// # Errors
///
/// Where CodePipeline refuses the pipeline.
pub async fn run(
    scenario: Scenario,
    pipeline: Pipeline,
    with_bucket: bool,
    on_line: OnLine,
) -> Result<Rehearsed, RehearsalError> {
    let world = world_of(scenario, FaultPlan::default());
    run_in(&world, pipeline, with_bucket, on_line).await
}

/// Runs one release of any pipeline in a world that was prepared.
///
/// # Errors
///
/// Where CodePipeline refuses the pipeline.
pub async fn run_in(
    world: &World,
    pipeline: Pipeline,
    with_bucket: bool,
    on_line: OnLine,
) -> Result<Rehearsed, RehearsalError> {
    let gathered = Gathering::default();
    if with_bucket {
        world.s3().create_bucket(EVIDENCE_BUCKET);
    }
    world.set_functions(functions(world, with_bucket, &gathered));
    let timeline = Timeline::new(world, on_line);
    world.observe(timeline.observer());
    let id = world.start(pipeline)?;
    let execution = world.codepipeline().finished(&id).await;
    timeline.finish();
    tokio::time::sleep(AFTERWARDS).await;
    let mut gathered = gather(&gathered, std::mem::take);
    for end in &mut gathered.gates {
        end.looks = execution
            .stages
            .iter()
            .filter(|stage| stage.name == end.stage)
            .flat_map(|stage| &stage.actions)
            .filter(|action| action.name == end.gate)
            .map(|action| action.jobs.len())
            .sum();
    }
    Ok(Rehearsed {
        execution,
        gates: gathered.gates,
        calls: world.calls_by_operation(),
        log: gathered.log,
    })
}

/// All functions of Sluice for a world with an evidence bucket, for whoever
/// only watches CodePipeline.
pub fn functions_in(world: &World) -> Functions {
    functions(world, true, &Arc::default())
}

/// What functions left behind.
#[derive(Default)]
pub(crate) struct Gathered {
    pub(crate) gates: Vec<GateEnd>,
    pub(crate) log: Vec<Value>,
    /// Every event that reached a function, and which.
    pub(crate) events: Vec<(String, Value)>,
}

/// Shared with the functions that add to it.
pub(crate) type Gathering = Arc<Mutex<Gathered>>;

/// Changes what was gathered.
pub(crate) fn gather<T>(gathering: &Gathering, change: impl FnOnce(&mut Gathered) -> T) -> T {
    let mut gathered = gathering
        .lock()
        .expect("nothing panics while it holds this lock");
    change(&mut gathered)
}

/// All functions of Sluice, as Lambda would run them in this world.
pub(crate) fn functions(world: &World, with_bucket: bool, gathered: &Gathering) -> Functions {
    let lines = Arc::clone(gathered);
    let log: Log = Arc::new(move |line| gather(&lines, |gathered| gathered.log.push(line)));
    let waivers = world.scenario().tables.contains_key(WAIVERS_TABLE);
    let host = |gates| {
        let bucket = with_bucket.then(|| EVIDENCE_BUCKET.to_owned());
        let mut host = Host::new(aws_of(world), gates, bucket, Arc::clone(&log));
        host.waivers_table = waivers.then(|| WAIVERS_TABLE.to_owned());
        host.event_bus = Some(EVENT_BUS.to_owned());
        Arc::new(host)
    };
    let (alarms, canary) = (host(alarm_gates()), host(canary_gates()));
    let tests = host(test_gates());
    let worker = Arc::new(worker_in(world, &log));
    let clock = world.clock();
    let gathered = Arc::clone(gathered);
    Arc::new(move |invocation: Invocation| {
        let host = match invocation.function.as_str() {
            CANARY_FUNCTION => &canary,
            VALIDATE_FUNCTION => &tests,
            ALARMS_FUNCTION | REAPER | WORKER => &alarms,
            other => {
                let error = FunctionError::not_found(other);
                return Box::pin(async move { Err(error) });
            }
        };
        let (host, gathered, log) = (Arc::clone(host), Arc::clone(&gathered), Arc::clone(&log));
        let worker = Arc::clone(&worker);
        Box::pin(async move {
            let Invocation {
                function,
                event,
                deadline: ends,
                request_id,
                ..
            } = invocation;
            gather(&gathered, |all| {
                all.events.push((function.clone(), event.clone()))
            });
            // Lambda tells the end by the clock of the same machine.
            let left = ends.duration_since(clock.now());
            let deadline = host.aws.now() + left;
            if function == WORKER {
                let worked = work((&request_id, deadline), &worker).await;
                return worked.map(|worked| json!(worked)).map_err(not_taken);
            }
            if is_asked(&event) {
                return Ok(json!(handle_asked(&event, deadline, &host).await));
            }
            let handled = if function == REAPER {
                reap(&event, deadline, &host.aws, Some(EVENT_BUS), &log).await
            } else {
                handle(&event, deadline, &host).await
            };
            match handled.map_err(not_taken)? {
                Handled::Ended(ended) => {
                    gather(&gathered, |all| all.gates.push(end_of(*ended)));
                    Ok(Value::Null)
                }
                _ => Ok(Value::Null),
            }
        })
    })
}

/// The worker, which knows functions by their own names.
fn worker_in(world: &World, log: &Log) -> Worker {
    Worker {
        aws: aws_of(world),
        leases_table: LEASES_TABLE.to_owned(),
        functions: sluice_core::actions::functions(),
        types: sluice_core::actions::served(),
        event_bus: Some(EVENT_BUS.to_owned()),
        log: Arc::clone(log),
    }
}

fn end_of(ended: sluice_host::Ended) -> GateEnd {
    GateEnd {
        stage: ended.evidence.subject.stage.clone(),
        gate: ended.evidence.subject.gate.clone(),
        looked: ended.evidence.looked,
        looks: 0,
        evidence: ended.evidence,
        evidence_address: ended.evidence_address,
        message: ended.message,
    }
}

/// As a function says it to Lambda.
fn not_taken(error: AwsError) -> FunctionError {
    FunctionError {
        error_type: "AnswerNotTaken".to_owned(),
        message: error.to_string(),
    }
}
