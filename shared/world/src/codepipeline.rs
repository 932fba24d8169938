//! CodePipeline: releases that run through stages, and the jobs of their
//! Lambda actions.
//!
//! A release is a task in (virtual) time. A Lambda action is invoked
//! asynchronously: at least once or never, with Lambda's retries; each
//! continuation is a new job; silence of 20 minutes and an age of 24 hours end
//! it. Start at [`CodePipeline::start`]; `engine` runs releases, `lambda` runs
//! functions, `jobs` takes answers, `api` answers questions.

mod api;
mod engine;
mod event;
mod jobs;
mod lambda;
mod model;
mod sharing;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::Clock;
use crate::s3::S3;
use crate::wire::{ApiError, Protocol};

pub use event::ARTIFACT_ACCESS_KEY;
use model::State;
pub use model::{ActionRun, Answer, Execution, Happening, HappeningKind, JobRecord, StageRun};

/// How executions share a pipeline.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// A newer execution takes the place of a waiting one.
    #[default]
    Superseded,
    /// They wait for each other in order.
    Queued,
    /// They run beside each other.
    Parallel,
}

/// A pipeline's structure.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// Its name.
    pub name: String,
    /// How executions share it.
    pub mode: Mode,
    /// The bucket of its artifacts.
    pub artifact_bucket: String,
    /// Its stages, in order.
    pub stages: Vec<Stage>,
}

/// A stage.
#[derive(Debug, Clone)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// Its actions. Those of one run order run side by side.
    pub actions: Vec<Action>,
}

/// An action.
#[derive(Debug, Clone)]
pub struct Action {
    /// Its name.
    pub name: String,
    /// Its place in the stage, from 1.
    pub run_order: u32,
    /// What it does.
    pub work: Work,
    /// The artifacts that it is given.
    pub input_artifacts: Vec<String>,
}

/// What an action does.
#[derive(Debug, Clone)]
pub enum Work {
    /// Puts an artifact (a ZIP) for later actions.
    Source {
        /// The artifact's name.
        artifact: String,
        /// Its content.
        content: Vec<u8>,
    },
    /// Deploys, which takes so long.
    Deploy {
        /// How long.
        takes: SignedDuration,
    },
    /// Invokes a function.
    Lambda {
        /// Its name.
        function: String,
        /// Its `UserParameters`.
        user_parameters: Option<String>,
    },
}

/// The time between two jobs of a waiting action, for each drawn anew on a
/// logarithmic scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// At least.
    pub from: SignedDuration,
    /// At most.
    pub to: SignedDuration,
}

/// How this CodePipeline, and Lambda behind it, behave.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The time between two jobs of a waiting action. AWS documents none.
    pub look_every: Interval,
    /// Whether `GetJobDetails` answers for jobs of Lambda actions.
    pub job_details: bool,
    /// Silence after which an action fails.
    pub silence_limit: SignedDuration,
    /// Age after which an action fails.
    pub action_limit: SignedDuration,
    /// Lambda's timeout for a function.
    pub function_timeout: SignedDuration,
    /// Waits before Lambda runs an event again that failed.
    pub retry_waits: Vec<SignedDuration>,
    /// The function that is told of events that failed for good.
    pub on_failure: Option<String>,
    /// Whether executions are of type ROLLBACK.
    pub rollback: bool,
    /// Invocations, counted from 0, whose event comes twice.
    pub duplicate_events: BTreeSet<u32>,
    /// How much later the second one comes.
    pub duplicate_after: SignedDuration,
    /// Invocations, counted from 0, whose event is lost.
    pub lose_events: BTreeSet<u32>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            look_every: Interval {
                from: SignedDuration::from_secs(5),
                to: SignedDuration::from_mins(2),
            },
            job_details: false,
            silence_limit: SignedDuration::from_mins(20),
            action_limit: SignedDuration::from_hours(24),
            function_timeout: SignedDuration::from_secs(120),
            retry_waits: vec![SignedDuration::from_mins(1), SignedDuration::from_mins(2)],
            on_failure: None,
            rollback: false,
            duplicate_events: BTreeSet::new(),
            duplicate_after: SignedDuration::from_secs(1),
            lose_events: BTreeSet::new(),
        }
    }
}

/// One run of a function.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The function's name.
    pub function: String,
    /// The event.
    pub event: Value,
    /// Lambda's request id, the same for all attempts.
    pub request_id: String,
    /// When it is killed.
    pub deadline: Timestamp,
    /// 1 for the first attempt.
    pub attempt: u32,
}

/// A function ended with an error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FunctionError(pub String);

/// How functions are run.
pub type Functions =
    Arc<dyn Fn(Invocation) -> BoxFuture<'static, Result<(), FunctionError>> + Send + Sync>;

/// Is told what happens, as it happens.
pub type Observer = Arc<dyn Fn(&Happening) + Send + Sync>;

/// CodePipeline in one account. Copies are the same one.
#[derive(Clone)]
pub struct CodePipeline(Arc<Inner>);

struct Inner {
    clock: Clock,
    settings: Settings,
    account: String,
    s3: S3,
    functions: Functions,
    state: Mutex<State>,
    changed: tokio::sync::Notify,
    observer: Mutex<Option<Observer>>,
}

impl CodePipeline {
    /// A CodePipeline without pipelines. Whatever is drawn is drawn by `seed`.
    pub fn new(
        clock: Clock,
        settings: Settings,
        seed: u64,
        account: &str,
        s3: S3,
        functions: Functions,
    ) -> CodePipeline {
        CodePipeline(Arc::new(Inner {
            clock,
            settings,
            account: account.to_owned(),
            s3,
            functions,
            state: Mutex::new(State::new(seed)),
            changed: tokio::sync::Notify::new(),
            observer: Mutex::new(None),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0
            .state
            .lock()
            .expect("nothing panics while it holds this lock")
    }

    /// Has an observer told of all that happens from now on.
    pub fn on_happening(&self, observer: Observer) {
        *self
            .0
            .observer
            .lock()
            .expect("nothing panics while it holds this lock") = Some(observer);
    }

    fn tell(&self, execution: &str, kind: HappeningKind) {
        let observer = self
            .0
            .observer
            .lock()
            .expect("nothing panics while it holds this lock")
            .clone();
        if let Some(observer) = observer {
            observer(&Happening {
                at: self.0.clock.now(),
                execution: execution.to_owned(),
                kind,
            });
        }
    }

    /// Adds a pipeline, or changes it.
    pub fn define(&self, pipeline: Pipeline) -> Result<(), ApiError> {
        const CONFIGURATION_VALUE_MAX: usize = 1000;
        let parameters = pipeline
            .stages
            .iter()
            .flat_map(|stage| &stage.actions)
            .filter_map(|action| match &action.work {
                Work::Lambda {
                    user_parameters, ..
                } => user_parameters.as_ref(),
                _ => None,
            });
        for text in parameters {
            if text.is_empty() || text.chars().count() > CONFIGURATION_VALUE_MAX {
                return Err(ApiError::client(
                    "ValidationException",
                    "Value at 'configuration' failed to satisfy constraint: Member must have length less than or \
                     equal to 1000",
                ));
            }
        }
        self.0.s3.make_bucket(&pipeline.artifact_bucket);
        self.state()
            .pipelines
            .insert(pipeline.name.clone(), model::PipelineState::new(pipeline));
        Ok(())
    }

    /// Runs one operation of the API.
    pub fn call(
        &self,
        operation: &str,
        protocol: Protocol,
        body: &[u8],
    ) -> Result<Vec<u8>, ApiError> {
        protocol.run(body, |input: Value| self.operate(operation, &input))
    }
}
