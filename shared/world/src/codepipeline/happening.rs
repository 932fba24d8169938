//! What observers are told, in the order in which it happens.

use jiff::Timestamp;

use super::record::{ActionStatus, Answer, ExecutionStatus, StageStatus};

/// Something happened in an execution.
#[derive(Debug, Clone, PartialEq)]
pub struct Happening {
    /// When.
    pub at: Timestamp,
    /// The pipeline's name.
    pub pipeline: String,
    /// The execution's id.
    pub execution: String,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the fields are names and ids of what is named")]
pub enum What {
    /// The execution began, or a retry of one of its stages did.
    ExecutionStarted,
    /// It entered a stage.
    StageStarted { stage: String },
    /// An action began.
    ActionStarted { stage: String, action: String },
    /// A deployment is over, with success.
    DeploymentEnded { stage: String, action: String },
    /// A job was made for a Lambda action or a custom one; `number` counts the
    /// events of this CodePipeline from 1. No event goes with a custom
    /// action's later jobs.
    JobCreated {
        stage: String,
        action: String,
        job: String,
        continues: bool,
        number: Option<u64>,
    },
    /// A worker that asked for work got the job.
    Dispatched { job: String },
    /// A worker took it for its own.
    Acknowledged { job: String },
    /// The job's event got lost.
    EventLost { job: String },
    /// A function began to run.
    Invoked {
        job: String,
        function: String,
        attempt: u32,
    },
    /// It ended without success.
    FunctionFailed {
        job: String,
        function: String,
        attempt: u32,
        error: super::FunctionError,
    },
    /// CodePipeline took an answer.
    Answered { job: String, answer: Answer },
    /// CodePipeline did not take an answer.
    Refused { job: String, code: String },
    /// An action ended.
    ActionEnded {
        stage: String,
        action: String,
        status: ActionStatus,
    },
    /// A stage ended for this execution.
    StageEnded { stage: String, status: StageStatus },
    /// The execution ended.
    ExecutionEnded { status: ExecutionStatus },
}

/// How often each kind of fault occurred.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults {
    /// Events that never reached a function.
    pub events_lost: u64,
    /// Events that were delivered twice.
    pub events_duplicated: u64,
    /// Events that came late.
    pub events_delayed: u64,
    /// Events that came when a later job of their action had begun.
    pub events_reordered: u64,
    /// Attempts that returned an error or panicked.
    pub attempts_failed: u64,
    /// Attempts that Lambda killed at their deadline.
    pub attempts_killed: u64,
    /// Records sent to the `OnFailure` destination.
    pub failures_passed_on: u64,
    /// Actions that failed because nobody answered in time.
    pub actions_timed_out: u64,
}
