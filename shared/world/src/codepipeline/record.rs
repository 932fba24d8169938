//! What an execution did, kept while it runs and handed out when it ended.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use super::action_type::ActionTypeId;
use super::definition::Mode;

/// One run of a pipeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Execution {
    /// A lowercase UUID.
    pub id: String,
    /// The pipeline's name.
    pub pipeline: String,
    /// The version of its definition.
    pub pipeline_version: u32,
    /// How it gets past other executions.
    pub mode: Mode,
    /// For a rollback, the execution that it goes back to.
    pub rollback_target: Option<String>,
    /// Where it stands.
    pub status: ExecutionStatus,
    /// When it began.
    pub began: Timestamp,
    /// When its status last changed.
    pub updated: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// The pipeline variables that it was started with.
    pub variables: BTreeMap<String, String>,
    /// What its sources gave.
    pub source_revisions: Vec<SourceRevision>,
    /// Why somebody stopped it.
    pub stop_reason: Option<String>,
    /// The stages that it entered, in order.
    pub stages: Vec<StageRun>,
}

impl Execution {
    /// All runs of actions, in the order of stages and beginnings.
    pub fn actions(&self) -> impl Iterator<Item = &ActionRun> {
        self.stages.iter().flat_map(|stage| &stage.actions)
    }

    /// The latest run of the action called `name`.
    pub fn action(&self, name: &str) -> Option<&ActionRun> {
        self.actions().filter(|action| action.name == name).last()
    }
}

/// Where an execution stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names are AWS's")]
pub enum ExecutionStatus {
    InProgress,
    Stopping,
    Stopped,
    Superseded,
    Succeeded,
    Failed,
    Cancelled,
}

impl ExecutionStatus {
    /// Whether nothing more will happen.
    pub fn is_over(self) -> bool {
        !matches!(
            self,
            ExecutionStatus::InProgress | ExecutionStatus::Stopping
        )
    }
}

/// What a source action gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRevision {
    /// The source action.
    pub action: String,
    /// The artifact's name.
    pub artifact: String,
    /// The revision, which follows from the artifact's bytes.
    pub revision: String,
    /// When it was fetched.
    pub created: Timestamp,
}

/// One execution's way through one stage; retries are added to it.
#[derive(Debug, Clone, PartialEq)]
pub struct StageRun {
    /// The stage's name.
    pub name: String,
    /// Where it stands.
    pub status: StageStatus,
    /// When it first began.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// The runs of its actions, in the order of their beginnings.
    pub actions: Vec<ActionRun>,
}

/// Where a stage stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names are AWS's")]
pub enum StageStatus {
    InProgress,
    Succeeded,
    Failed,
    Stopped,
    Cancelled,
}

/// One run of an action.
#[derive(Debug, Clone, PartialEq)]
pub struct ActionRun {
    /// The action execution id, a lowercase UUID.
    pub id: String,
    /// The action's name.
    pub name: String,
    /// Its type.
    pub action_type: ActionTypeId,
    /// Where it stands.
    pub status: ActionStatus,
    /// When it began.
    pub began: Timestamp,
    /// When it last changed: began, was answered, ended.
    pub updated: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// The configuration as defined.
    pub configuration: BTreeMap<String, String>,
    /// The configuration with variables replaced.
    pub resolved_configuration: BTreeMap<String, String>,
    /// The properties that reads show as `****`.
    pub secrets: BTreeSet<String>,
    /// Where its output variables go.
    pub namespace: Option<String>,
    /// The artifacts that it got.
    pub input_artifacts: Vec<Artifact>,
    /// The artifacts that it makes.
    pub output_artifacts: Vec<Artifact>,
    /// The jobs of a Lambda action, one for each continuation.
    pub jobs: Vec<JobRecord>,
    /// Every attempt to run its function.
    pub invocations: Vec<InvocationRecord>,
    /// The latest summary given.
    pub summary: Option<String>,
    /// The latest percentage given.
    pub percent_complete: Option<u8>,
    /// The latest external id given.
    pub external_execution_id: Option<String>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// What it gave to later actions.
    pub output_variables: BTreeMap<String, String>,
}

/// Where an action stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names are AWS's")]
pub enum ActionStatus {
    InProgress,
    Abandoned,
    Succeeded,
    Failed,
}

/// Why an action failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// For instance `JobFailed`.
    pub failure_type: String,
    /// What a person reads.
    pub message: String,
}

/// An artifact of an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Its name in the definition.
    pub name: String,
    /// The source revision, where there is one.
    pub revision: Option<String>,
    /// The S3 bucket.
    pub bucket: String,
    /// The S3 key.
    pub key: String,
}

/// One job: an event for a function, to be answered once.
#[derive(Debug, Clone, PartialEq)]
pub struct JobRecord {
    /// A lowercase UUID.
    pub id: String,
    /// When it was created.
    pub created: Timestamp,
    /// The continuation token that it carried.
    pub token_in: Option<String>,
    /// Whether it can still be answered.
    pub state: JobState,
    /// Every answer sent for it, accepted or refused, in order.
    pub answers: Vec<AnswerRecord>,
}

impl JobRecord {
    /// How many answers were accepted; 0 or 1.
    pub fn accepted(&self) -> usize {
        let accepted = self.answers.iter().filter(|sent| sent.refused.is_none());
        accepted.count()
    }

    /// The codes with which answers were refused.
    pub fn refused(&self) -> impl Iterator<Item = &str> {
        self.answers
            .iter()
            .filter_map(|sent| sent.refused.as_deref())
    }
}

/// Whether a job can still be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// It waits for its answer.
    Open,
    /// It was answered.
    Answered,
    /// Its time was over before an answer came.
    TimedOut,
    /// Its execution was stopped and abandoned.
    Abandoned,
}

/// An answer sent for a job.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerRecord {
    /// When it came.
    pub at: Timestamp,
    /// What it said.
    pub answer: Answer,
    /// The error code, if CodePipeline did not take it.
    pub refused: Option<String>,
}

/// What a function told CodePipeline about its job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Not done yet; call again with this token.
    Continue {
        /// The continuation token.
        token: String,
        /// What is shown meanwhile.
        progress: Progress,
    },
    /// Done.
    Success {
        /// What is shown.
        progress: Progress,
        /// For later actions.
        output_variables: BTreeMap<String, String>,
    },
    /// Failed.
    Failure {
        /// The type and message.
        failure: Failure,
        /// For the link in the console.
        external_execution_id: Option<String>,
    },
}

impl Answer {
    /// Whether it ends the action.
    pub fn is_final(&self) -> bool {
        !matches!(self, Answer::Continue { .. })
    }
}

/// What is shown of an action: `executionDetails`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// One line for people.
    pub summary: Option<String>,
    /// 0 to 100.
    pub percent_complete: Option<u8>,
    /// For the link in the console.
    pub external_execution_id: Option<String>,
}

/// One attempt to run a function for a job.
#[derive(Debug, Clone, PartialEq)]
pub struct InvocationRecord {
    /// The job.
    pub job: String,
    /// The function, which for `OnFailure` is another one than the action's.
    pub function: String,
    /// 1 for the first.
    pub attempt: u32,
    /// When it began.
    pub began: Timestamp,
    /// When it ended; absent while it runs.
    pub ended: Option<Timestamp>,
    /// How it failed, if it did.
    pub error: Option<super::FunctionError>,
}
