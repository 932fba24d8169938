//! A release of a plan's service, run through its stages in a simulated AWS:
//! the real hosts, gates and tokens, on virtual time.
//!
//! Start at [`rehearse`].

mod pipeline;
mod timeline;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use sluice_aws::{Aws, Disconnected, Wire};
use sluice_core::evidence::Evidence;
use sluice_core::plan::Plan;
use sluice_gates::{AnyGate, BakeGate, CanaryGate, ClearGate};
use sluice_host::{Handled, Host, handle};
use sluice_world::codepipeline::{Execution, FunctionError, Functions, Invocation, Pipeline};
use sluice_world::world::FUNCTION_ACCESS_KEY;
use sluice_world::{Broken, Scenario, World};

use pipeline::CANARY_FUNCTION;
pub use pipeline::{EVIDENCE_BUCKET, artifact, pipeline};
pub use timeline::{Line, Timeline};

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
        move || clock.now(),
    );
    Aws::simulated(wire, &world.scenario().region, FUNCTION_ACCESS_KEY)
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
    let world = World::new(scenario);
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
    let gathered: Arc<Mutex<Gathered>> = Arc::default();
    if with_bucket {
        world.s3().create_bucket(EVIDENCE_BUCKET);
    }
    world.set_functions(functions(world, with_bucket, &gathered));
    let timeline = Timeline::new(world, on_line);
    world.observe(timeline.observer());
    let id = world.start(pipeline)?;
    let execution = world.codepipeline().finished(&id).await;
    timeline.finish();
    let mut gathered = std::mem::take(
        &mut *gathered
            .lock()
            .expect("nothing panics while it holds this lock"),
    );
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

#[derive(Default)]
struct Gathered {
    gates: Vec<GateEnd>,
    log: Vec<Value>,
}

/// All functions of Sluice, as Lambda would run them in this world.
fn functions(world: &World, with_bucket: bool, gathered: &Arc<Mutex<Gathered>>) -> Functions {
    let lock = |gathered: &Arc<Mutex<Gathered>>, change: &mut dyn FnMut(&mut Gathered)| {
        change(
            &mut gathered
                .lock()
                .expect("nothing panics while it holds this lock"),
        );
    };
    let host = |gates: Vec<Box<dyn AnyGate>>| {
        let log = Arc::clone(gathered);
        Arc::new(Host::new(
            aws_of(world),
            gates,
            with_bucket.then(|| EVIDENCE_BUCKET.to_owned()),
            Arc::new(move |line| lock(&log, &mut |gathered| gathered.log.push(line.clone()))),
        ))
    };
    let alarms = host(vec![Box::new(BakeGate), Box::new(ClearGate)]);
    let canary = host(vec![Box::new(CanaryGate)]);
    let gathered = Arc::clone(gathered);
    Arc::new(move |invocation: Invocation| {
        let host = if invocation.function == CANARY_FUNCTION {
            &canary
        } else {
            &alarms
        };
        let (host, gathered) = (Arc::clone(host), Arc::clone(&gathered));
        Box::pin(async move {
            match handle(&invocation.event, invocation.deadline, &host).await {
                Ok(Handled::Ended(ended)) => {
                    let end = GateEnd {
                        stage: ended.evidence.subject.stage.clone(),
                        gate: ended.evidence.subject.gate.clone(),
                        looked: ended.evidence.looked,
                        looks: 0,
                        evidence: ended.evidence,
                        evidence_address: ended.evidence_address,
                        message: ended.message,
                    };
                    gathered
                        .lock()
                        .expect("nothing panics while it holds this lock")
                        .gates
                        .push(end);
                    Ok(())
                }
                Ok(_) => Ok(()),
                Err(error) => Err(FunctionError {
                    error_type: "AwsError".to_owned(),
                    message: error.to_string(),
                }),
            }
        })
    })
}
