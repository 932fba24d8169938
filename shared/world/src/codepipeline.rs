//! CodePipeline, with the Lambda that it invokes: releases run in the world's
//! time, and the API over which functions and people reach them.
//!
//! Faithful where it matters to a gate: invocation is asynchronous, events
//! come twice or never, a failed run gets the same event again, each
//! continuation is a new job, every limit on an answer is enforced, silence
//! ends an action after 20 minutes and patience after 24 hours. What AWS does
//! not document is a switch in [`Settings`].
//!
//! Nothing here knows the system clock or draws a random number that does not
//! follow from the seed. Start at [`CodePipeline`]; `engine` runs stages,
//! `lambda` one action's jobs, `invoke` one event's attempts, `custom` actions
//! that workers ask for, `answers` takes what functions and workers say.

mod action_list;
mod action_type;
mod answers;
mod control;
mod create;
mod custom;
mod definition;
mod engine;
mod event;
mod happening;
mod invoke;
mod jobs;
mod lambda;
mod limits;
mod list;
mod paging;
mod reads;
mod record;
mod settings;
mod stage_reads;
mod state;
mod transitions;
mod variables;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

pub use action_type::ActionTypeId;
pub use definition::{Action, Mode, Pipeline, Stage, Work};
pub use happening::{Faults, Happening, What};
pub use record::{
    ActionRun, ActionStatus, Answer, AnswerRecord, Artifact, Execution, ExecutionStatus, Failure,
    InvocationRecord, JobRecord, JobState, Progress, SourceRevision, StageRun, StageStatus,
};
pub use settings::{
    AcknowledgedAgain, ClosedJob, DispatchOrder, FunctionError, Functions, Interval, Invocation,
    LengthUnit, Settings, SilenceFrom,
};

use crate::clock::Clock;
use crate::s3::S3;
use crate::wire::{ApiError, Protocol};
use state::{PipelineState, Shared};

/// The CodePipeline of one account and region. Copies are the same one.
#[derive(Clone)]
pub struct CodePipeline {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for CodePipeline {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (account, region) = (&self.shared.account, &self.shared.region);
        write!(formatter, "CodePipeline({account}, {region})")
    }
}

impl CodePipeline {
    /// A CodePipeline without pipelines. Artifacts go to `s3`; `functions`
    /// runs what Lambda actions name; ids and drawn intervals follow from `seed`.
    pub fn new(
        clock: Clock,
        settings: Settings,
        seed: u64,
        account: &str,
        region: &str,
        s3: S3,
        functions: Functions,
    ) -> CodePipeline {
        let shared = Shared::new(clock, settings, seed, (account, region), s3, functions);
        CodePipeline {
            shared: Arc::new(shared),
        }
    }

    /// Defines a pipeline, or changes it: then executions of the old
    /// definition end as Cancelled. Creates the artifact bucket.
    pub fn define(&self, pipeline: Pipeline) -> Result<(), ApiError> {
        define_in(&self.shared, pipeline)
    }

    /// Creates a custom action type, described as in `CreateCustomActionType`.
    pub fn create_action_type(&self, described: &serde_json::Value) -> Result<(), ApiError> {
        let input = Protocol::Json.read(described.to_string().as_bytes())?;
        let lengths = self.shared.settings.lengths;
        let created = self
            .shared
            .with(|state| custom::create(&mut state.catalogue, lengths, input));
        created.map(drop)
    }

    /// Starts an execution and gives its id. Needs a tokio runtime.
    pub fn start(&self, pipeline: &str) -> Result<String, ApiError> {
        self.start_with(pipeline, BTreeMap::new())
    }

    /// Starts an execution with pipeline variables, which actions refer to as
    /// `#{variables.NAME}`.
    pub fn start_with(
        &self,
        pipeline: &str,
        variables: BTreeMap<String, String>,
    ) -> Result<String, ApiError> {
        control::start_execution(&self.shared, pipeline, variables, None)
    }

    /// Starts an execution of type ROLLBACK, back to one that ran before the
    /// world began.
    pub fn start_rollback(&self, pipeline: &str) -> Result<String, ApiError> {
        let id = self.start(pipeline)?;
        self.shared.with(|state| {
            let target = state.random.uuid();
            if let Some(index) = state.indexes.get(&id).copied() {
                state.executions[index].record.rollback_target = Some(target);
            }
        });
        Ok(id)
    }

    /// Has the `onSuccess` condition of a stage fail it from now on, after
    /// actions that all succeeded. Nothing where there is no such pipeline.
    pub fn fail_condition(&self, pipeline: &str, stage: &str) {
        self.shared.with(|state| {
            if let Some(pipeline) = state.pipelines.get_mut(pipeline) {
                let stage = pipeline.stages.entry(stage.to_owned()).or_default();
                stage.condition_fails = true;
            }
        });
    }

    /// Waits for an execution to end, and gives all that it did.
    ///
    /// # Panics
    ///
    /// If there is no such execution.
    pub async fn finished(&self, execution: &str) -> Execution {
        let mut ended = self.shared.with(|state| {
            let index = state.indexes.get(execution).copied();
            let index = index.expect("the caller names an execution that was started");
            state.executions[index].ended.subscribe()
        });
        // The sender lives as long as the shared state, which `self` holds.
        let _lives = ended.wait_for(|ended| *ended).await;
        self.execution(execution)
            .expect("executions are never forgotten, and it was there before")
    }

    /// A copy of what an execution did so far.
    pub fn execution(&self, execution: &str) -> Option<Execution> {
        self.shared.with(|state| {
            let index = *state.indexes.get(execution)?;
            Some(state.executions[index].record.clone())
        })
    }

    /// The ids of a pipeline's executions, oldest first; rollbacks as well.
    pub fn executions(&self, pipeline: &str) -> Vec<String> {
        self.shared.with(|state| {
            let pipeline = state.pipelines.get(pipeline);
            let indexes = pipeline.into_iter().flat_map(|p| &p.executions);
            indexes
                .map(|index| state.executions[*index].record.id.clone())
                .collect()
        })
    }

    /// How long after it was sent an event arrives, each time that it does.
    pub(crate) fn arrivals(&self, number: u64) -> Vec<jiff::SignedDuration> {
        invoke::arrivals(&self.shared, number)
    }

    /// How often each kind of fault occurred.
    pub fn faults(&self) -> Faults {
        self.shared.with(|state| state.faults)
    }

    /// Has `observer` told of everything that happens from now on.
    pub fn on_happening(&self, observer: impl Fn(&Happening) + Send + Sync + 'static) {
        self.shared.observe(Arc::new(observer));
    }

    /// Answers one call of the API. `credentials` is the caller's access key
    /// id; a job's artifact credentials may do nothing here.
    pub fn call(
        &self,
        operation: &str,
        protocol: Protocol,
        body: &[u8],
        credentials: &str,
    ) -> Result<Vec<u8>, ApiError> {
        let shared = &self.shared;
        if shared.s3.is_granted(credentials) {
            let message = format!("Artifact credentials may not call codepipeline:{operation}");
            return Err(ApiError::client("AccessDeniedException", message));
        }
        let settings = &shared.settings;
        match operation {
            "PutJobSuccessResult" => {
                answers::put_success(shared, protocol.read(body)?).map(|()| Vec::new())
            }
            "PutJobFailureResult" => {
                answers::put_failure(shared, protocol.read(body)?).map(|()| Vec::new())
            }
            "GetJobDetails" => {
                let input = protocol.read(body)?;
                shared.with(|state| protocol.write(&answers::job_details(shared, state, &input)?))
            }
            "GetPipelineExecution" => {
                let input = protocol.read(body)?;
                shared.with(|state| protocol.write(&reads::execution(state, settings, &input)?))
            }
            "GetPipelineState" => {
                let input = protocol.read(body)?;
                let read = |state: &mut _| {
                    protocol.write(&stage_reads::pipeline_state(state, settings, &input)?)
                };
                shared.with(read)
            }
            "ListPipelines" => {
                let input = protocol.read(body)?;
                shared.with(|state| protocol.write(&list::pipelines(state, settings, &input)?))
            }
            "ListPipelineExecutions" => {
                let input = protocol.read(body)?;
                shared.with(|state| protocol.write(&reads::executions(state, settings, &input)?))
            }
            "ListActionExecutions" => {
                let input = protocol.read(body)?;
                shared.with(|state| {
                    let region = &shared.region;
                    protocol.write(&action_list::actions(state, settings, region, &input)?)
                })
            }
            "PollForJobs" => protocol.run(body, |input| {
                shared.with(|state| custom::poll(shared, state, &input))
            }),
            "AcknowledgeJob" => protocol.run(body, |input| {
                shared.with(|state| custom::acknowledge(settings, state, &input))
            }),
            "CreateCustomActionType" => protocol.run(body, |input| {
                shared.with(|state| custom::create(&mut state.catalogue, settings.lengths, input))
            }),
            "DeleteCustomActionType" => {
                let input = protocol.read(body)?;
                let deleted = shared
                    .with(|state| custom::delete(&mut state.catalogue, settings.lengths, &input));
                deleted.map(|()| Vec::new())
            }
            "ListActionTypes" => protocol.run(body, |input| {
                let region = &shared.region;
                shared
                    .with(|state| custom::list(&state.catalogue, settings.lengths, region, &input))
            }),
            "CreatePipeline" => protocol.run(body, |input| create::create(shared, input)),
            "StartPipelineExecution" => protocol.run(body, |input| control::start(shared, input)),
            "StopPipelineExecution" => protocol.run(body, |input| control::stop(shared, input)),
            "RollbackStage" => protocol.run(body, |input| control::roll_back(shared, &input)),
            "RetryStageExecution" => protocol.run(body, |input| control::retry(shared, &input)),
            _ => Err(ApiError::client(
                "UnknownOperationException",
                format!("CodePipeline has no operation {operation} in this world"),
            )),
        }
    }
}

/// Defines a pipeline, or changes it.
fn define_in(shared: &Shared, pipeline: Pipeline) -> Result<(), ApiError> {
    pipeline.check()?;
    shared.with(|state| custom::check(&state.catalogue, &pipeline))?;
    shared.s3.create_bucket(&pipeline.artifact_bucket);
    shared.with(|state| {
        let now = state.clock.now();
        let name = pipeline.name.clone();
        let definition = Arc::new(pipeline);
        let Some(known) = state.pipelines.get_mut(&name) else {
            let pipeline = PipelineState {
                definition,
                created: now,
                updated: now,
                executions: Vec::new(),
                stages: HashMap::new(),
                places: Vec::new(),
                start_tokens: HashMap::new(),
            };
            state.pipelines.insert(name, pipeline);
            return;
        };
        (known.definition, known.updated) = (definition, now);
        for execution in known.executions.clone() {
            state.end_execution(execution, ExecutionStatus::Cancelled);
        }
    });
    Ok(())
}
