//! Everything CodePipeline remembers, behind one mutex.
//!
//! The mutex is held for the length of a closure ([`Shared::with`]) and never
//! across an await. What observers must hear is collected meanwhile, and told
//! after it was released, so that an observer may call CodePipeline itself.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jiff::Timestamp;
use tokio::sync::{Notify, oneshot, watch};

use super::custom::{Catalogue, Dispatch};
use super::definition::Pipeline;
use super::happening::{Faults, Happening, What};
use super::record::{ActionRun, Answer, Artifact, Execution, Failure, JobRecord};
use super::settings::{Functions, Settings};
use crate::clock::Clock;
use crate::random::Random;
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
                catalogue: Catalogue::default(),
                to_poll: Vec::new(),
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
    /// The custom action types.
    pub(super) catalogue: Catalogue,
    /// Jobs of custom actions that no worker has acknowledged, oldest first.
    pub(super) to_poll: Vec<String>,
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
    /// Its own condition fails it once its actions succeeded.
    pub(super) condition_fails: bool,
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
    pub(super) sent: Sent,
    pub(super) reply: Option<oneshot::Sender<Answer>>,
}

/// How a job gets to who answers it.
pub(super) enum Sent {
    /// In the event that was sent for it.
    Event(Arc<serde_json::Value>),
    /// It is given to workers that ask.
    Polled(Dispatch),
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
}
