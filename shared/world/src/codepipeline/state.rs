//! Everything CodePipeline remembers, behind one mutex.
//!
//! The mutex is held for the length of a closure ([`Shared::with`]) and never
//! across an await. What observers must hear is collected meanwhile, and told
//! after it was released, so that an observer may call CodePipeline itself.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jiff::Timestamp;
use tokio::sync::{Notify, oneshot, watch};

use super::definition::{Mode, Pipeline, Stage};
use super::happening::{Faults, Happening, What};
use super::random::Random;
use super::record::{
    ActionRun, ActionStatus, Answer, Artifact, Execution, ExecutionStatus, Failure, JobRecord,
    JobState, StageRun, StageStatus,
};
use super::settings::{Functions, Settings};
use crate::clock::Clock;
use crate::s3::S3;
use crate::wire::ApiError;

type Observer = Arc<dyn Fn(&Happening) + Send + Sync>;

/// What all copies of one CodePipeline share.
pub(super) struct Shared {
    pub(super) clock: Clock,
    pub(super) settings: Settings,
    pub(super) account: String,
    pub(super) region: String,
    pub(super) s3: S3,
    pub(super) functions: Functions,
    state: Mutex<State>,
    observers: RwLock<Arc<Vec<Observer>>>,
}

impl Shared {
    pub(super) fn new(
        clock: Clock,
        settings: Settings,
        seed: u64,
        home: (&str, &str),
        s3: S3,
        functions: Functions,
    ) -> Shared {
        Shared {
            clock,
            settings,
            account: home.0.to_owned(),
            region: home.1.to_owned(),
            s3,
            functions,
            state: Mutex::new(State {
                clock,
                random: Random::from_seed(seed),
                pipelines: HashMap::new(),
                executions: Vec::new(),
                indexes: HashMap::new(),
                jobs: HashMap::new(),
                events_sent: 0,
                faults: Faults::default(),
                told: Vec::new(),
                observed: false,
            }),
            observers: RwLock::default(),
        }
    }

    /// Reads or changes the state; observers hear of it afterwards.
    pub(super) fn with<R>(&self, work: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let result = work(&mut state);
        let told = std::mem::take(&mut state.told);
        drop(state);
        if !told.is_empty() {
            let observers = self
                .observers
                .read()
                .unwrap_or_else(PoisonError::into_inner);
            let observers = Arc::clone(&observers);
            for happening in &told {
                observers.iter().for_each(|observer| observer(happening));
            }
        }
        result
    }

    pub(super) fn observe(&self, observer: Observer) {
        let mut observers = self
            .observers
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut observers).push(observer);
        drop(observers);
        self.with(|state| state.observed = true);
    }
}

/// What changes over time.
pub(super) struct State {
    pub(super) clock: Clock,
    pub(super) random: Random,
    pub(super) pipelines: HashMap<String, PipelineState>,
    pub(super) executions: Vec<Running>,
    pub(super) indexes: HashMap<String, usize>,
    pub(super) jobs: HashMap<String, Job>,
    pub(super) events_sent: u64,
    pub(super) faults: Faults,
    told: Vec<Happening>,
    observed: bool,
}

/// A pipeline and who is in it.
pub(super) struct PipelineState {
    pub(super) definition: Arc<Pipeline>,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    /// Oldest first.
    pub(super) executions: Vec<usize>,
    pub(super) stages: HashMap<String, StageState>,
    /// Every run of an action, oldest first.
    pub(super) places: Vec<Place>,
    /// Executions by `clientRequestToken`.
    pub(super) start_tokens: HashMap<String, String>,
}

/// Who is in a stage, who waits for it, who was there last.
#[derive(Default)]
pub(super) struct StageState {
    pub(super) running: Option<usize>,
    pub(super) waiting: VecDeque<usize>,
    pub(super) latest: Option<usize>,
    pub(super) latest_runs: HashMap<String, Place>,
}

/// Where a run of an action is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) execution: usize,
    pub(super) stage: usize,
    pub(super) action: usize,
}

/// An execution: its record, and what drives it.
pub(super) struct Running {
    pub(super) record: Execution,
    pub(super) definition: Arc<Pipeline>,
    /// Output variables of its actions, by namespace.
    pub(super) namespaces: HashMap<String, BTreeMap<String, String>>,
    pub(super) artifacts: HashMap<String, Artifact>,
    /// Stage and action of each run, oldest first.
    pub(super) places: Vec<Place>,
    /// Wakes it when its turn at a stage has come, or never will.
    pub(super) turn: Arc<Notify>,
    /// Set when its tasks must let everything drop.
    pub(super) dropped: watch::Sender<bool>,
    pub(super) ended: watch::Sender<bool>,
}

/// A job, for as long as anybody may ask about it.
pub(super) struct Job {
    pub(super) place: Place,
    /// Index in the record's jobs.
    pub(super) index: usize,
    /// The event that was sent for it.
    pub(super) event: Arc<serde_json::Value>,
    pub(super) reply: Option<oneshot::Sender<Answer>>,
}

/// How an action ended.
pub(super) struct End {
    pub(super) failure: Option<Failure>,
    pub(super) output_variables: BTreeMap<String, String>,
}

impl End {
    pub(super) fn success() -> End {
        End {
            failure: None,
            output_variables: BTreeMap::new(),
        }
    }

    pub(super) fn failure(failure_type: &str, message: impl Into<String>) -> End {
        End {
            failure: Some(Failure {
                failure_type: failure_type.to_owned(),
                message: message.into(),
            }),
            output_variables: BTreeMap::new(),
        }
    }
}

impl State {
    pub(super) fn tell(&mut self, execution: usize, what: impl FnOnce() -> What) {
        if self.observed {
            let record = &self.executions[execution].record;
            self.told.push(Happening {
                at: self.clock.now(),
                pipeline: record.pipeline.clone(),
                execution: record.id.clone(),
                what: what(),
            });
        }
    }

    pub(super) fn pipeline(&self, name: &str) -> Result<&PipelineState, ApiError> {
        self.pipelines.get(name).ok_or_else(|| {
            ApiError::client(
                "PipelineNotFoundException",
                format!("Account does not have a pipeline with name '{name}'"),
            )
        })
    }

    /// The execution `id`, which must be one of `pipeline`.
    pub(super) fn execution(&self, pipeline: &str, id: &str) -> Result<usize, ApiError> {
        self.pipeline(pipeline)?;
        let index = self.indexes.get(id).copied();
        index
            .filter(|index| self.executions[*index].record.pipeline == pipeline)
            .ok_or_else(|| {
                ApiError::client(
                    "PipelineExecutionNotFoundException",
                    format!("Pipeline {pipeline} has no execution {id}"),
                )
            })
    }

    pub(super) fn action(&self, place: Place) -> &ActionRun {
        &self.executions[place.execution].record.stages[place.stage].actions[place.action]
    }

    pub(super) fn action_mut(&mut self, place: Place) -> &mut ActionRun {
        &mut self.executions[place.execution].record.stages[place.stage].actions[place.action]
    }

    /// The names of the stage and the action at `place`.
    pub(super) fn names(&self, place: Place) -> (String, String) {
        let stage = &self.executions[place.execution].record.stages[place.stage];
        (stage.name.clone(), stage.actions[place.action].name.clone())
    }

    pub(super) fn job_record_mut(&mut self, place: Place, index: usize) -> &mut JobRecord {
        &mut self.action_mut(place).jobs[index]
    }

    /// The stage's lock. Stages of a pipeline that was since redefined without
    /// them get one of their own.
    pub(super) fn stage_state(&mut self, execution: usize, stage: &str) -> &mut StageState {
        let pipeline = &self.executions[execution].record.pipeline;
        let pipeline = self
            .pipelines
            .get_mut(pipeline)
            .expect("executions are made for defined pipelines, which are never removed");
        if !pipeline.stages.contains_key(stage) {
            pipeline
                .stages
                .insert(stage.to_owned(), StageState::default());
        }
        pipeline
            .stages
            .get_mut(stage)
            .expect("it was added if it was not there")
    }

    /// Tries to let an execution into a stage; says whether it is in.
    pub(super) fn try_enter(&mut self, execution: usize, stage: &Stage) -> bool {
        let mode = self.executions[execution].record.mode;
        let lock = self.stage_state(execution, &stage.name);
        if mode != Mode::Parallel {
            let mine = lock.waiting.front().is_none_or(|first| *first == execution);
            if lock.running.is_some() || !mine {
                return false;
            }
            lock.waiting.pop_front();
            lock.running = Some(execution);
        }
        lock.latest = Some(execution);
        self.begin_stage(execution, &stage.name);
        true
    }

    /// Joins those who wait for a stage; in SUPERSEDED mode they are done for.
    pub(super) fn wait_for_stage(&mut self, execution: usize, stage: &str) {
        let supersedes = self.executions[execution].record.mode == Mode::Superseded;
        let lock = self.stage_state(execution, stage);
        let overtaken = if supersedes {
            std::mem::take(&mut lock.waiting)
        } else {
            VecDeque::new()
        };
        lock.waiting.push_back(execution);
        for other in overtaken {
            self.end_execution(other, ExecutionStatus::Superseded);
        }
    }

    fn begin_stage(&mut self, execution: usize, stage: &str) {
        let now = self.clock.now();
        let stages = &mut self.executions[execution].record.stages;
        if let Some(again) = stages.iter_mut().find(|run| run.name == stage) {
            again.status = StageStatus::InProgress;
            again.ended = None;
        } else {
            stages.push(StageRun {
                name: stage.to_owned(),
                status: StageStatus::InProgress,
                began: now,
                ended: None,
                actions: Vec::new(),
            });
        }
        self.tell(execution, || What::StageStarted {
            stage: stage.to_owned(),
        });
    }

    /// Ends a stage that is in progress and lets the next execution in.
    pub(super) fn end_stage(&mut self, execution: usize, stage: &str, status: StageStatus) {
        let now = self.clock.now();
        let stages = &mut self.executions[execution].record.stages;
        let run = stages.iter_mut().find(|run| run.name == stage);
        let Some(run) = run.filter(|run| run.status == StageStatus::InProgress) else {
            return;
        };
        run.status = status;
        run.ended = Some(now);
        self.tell(execution, || What::StageEnded {
            stage: stage.to_owned(),
            status,
        });
        let lock = self.stage_state(execution, stage);
        if lock.running == Some(execution) {
            lock.running = None;
        }
        if let Some(next) = lock.waiting.front().copied() {
            self.executions[next].turn.notify_one();
        }
    }

    /// Ends an action, unless it was abandoned meanwhile.
    pub(super) fn end_action(&mut self, place: Place, end: End) {
        let now = self.clock.now();
        let run = self.action_mut(place);
        if run.status != ActionStatus::InProgress {
            return;
        }
        run.status = match end.failure {
            None => ActionStatus::Succeeded,
            Some(_) => ActionStatus::Failed,
        };
        run.failure = end.failure;
        run.output_variables = end.output_variables;
        (run.updated, run.ended) = (now, Some(now));
        if run.status == ActionStatus::Succeeded {
            let variables = run
                .namespace
                .clone()
                .map(|n| (n, run.output_variables.clone()));
            let artifacts = run.output_artifacts.clone();
            let running = &mut self.executions[place.execution];
            running.namespaces.extend(variables);
            for artifact in artifacts {
                running.artifacts.insert(artifact.name.clone(), artifact);
            }
        }
        self.tell_action_ended(place);
    }

    fn tell_action_ended(&mut self, place: Place) {
        let status = self.action(place).status;
        let (stage, action) = self.names(place);
        self.tell(place.execution, || What::ActionEnded {
            stage,
            action,
            status,
        });
    }

    /// Ends an execution wherever it is: actions in flight are abandoned,
    /// their jobs take no more answers, waiting for a stage is given up.
    pub(super) fn end_execution(&mut self, execution: usize, status: ExecutionStatus) {
        if self.executions[execution].record.status.is_over() {
            return;
        }
        let now = self.clock.now();
        for place in self.executions[execution].places.clone() {
            let run = self.action_mut(place);
            if run.status == ActionStatus::InProgress {
                run.status = ActionStatus::Abandoned;
                (run.updated, run.ended) = (now, Some(now));
                for job in run
                    .jobs
                    .iter_mut()
                    .filter(|job| job.state == JobState::Open)
                {
                    job.state = JobState::Abandoned;
                }
                self.tell_action_ended(place);
            }
        }
        let stage_status = match status {
            ExecutionStatus::Cancelled => StageStatus::Cancelled,
            _ => StageStatus::Stopped,
        };
        let definition = Arc::clone(&self.executions[execution].definition);
        for stage in &definition.stages {
            let lock = self.stage_state(execution, &stage.name);
            lock.waiting.retain(|waiting| *waiting != execution);
            self.end_stage(execution, &stage.name, stage_status);
        }
        let running = &mut self.executions[execution];
        running.record.status = status;
        (running.record.updated, running.record.ended) = (now, Some(now));
        running.dropped.send_replace(true);
        running.ended.send_replace(true);
        running.turn.notify_one();
        self.tell(execution, || What::ExecutionEnded { status });
    }
}
