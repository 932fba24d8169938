//! What is told, the same to every channel.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::verdict::{DecidedBy, Outcome, Verdict};

/// The form of [`Notice`] that this code writes.
pub const NOTICE_FORM: u32 = 1;

/// What a notice says.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A stage broke: the first failure after a success.
    Broken,
    /// Another release failed in a stage that is broken.
    FailedAgain,
    /// The stage succeeds again.
    Mended,
    /// A rollback that was ordered has ended, whatever came of it.
    Rollback,
    /// A release went on although a gate did not pass: by policy, by a waiver,
    /// or because the gate only watches.
    WentOn,
    /// A gate passed.
    Passed,
    /// What a pipeline's own action, or a state machine, wanted to be told.
    Said,
}

/// How urgent it is, in PagerDuty's words.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// For information.
    Info,
    /// Somebody should look.
    Warning,
    /// A release was stopped.
    Error,
    /// A release was stopped in production, or could not be rolled back.
    Critical,
}

/// What stopped a release, the worst of it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Result {
    /// A gate said `fail`.
    Failed,
    /// A gate said `inconclusive`.
    Inconclusive,
    /// A gate could not answer.
    Error,
    /// The plan could not be read or used.
    PlanError,
    /// Another action of the stage failed, none of Sluice's gates.
    Action,
}

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Notice {
    /// Form of the notice.
    pub notice: u32,
    /// What it says about which release: the same notice has the same id,
    /// however often it is sent.
    pub id: String,
    /// What it says.
    pub kind: Kind,
    /// How urgent it is.
    pub severity: Severity,
    /// When it happened.
    pub at: Timestamp,
    /// The AWS region of the pipeline.
    pub region: String,
    /// The pipeline.
    pub pipeline: String,
    /// The stage.
    pub stage: Option<String>,
    /// The pipeline execution's id.
    pub release: Option<String>,
    /// The service, where a plan names it.
    pub service: Option<String>,
    /// What stopped the release.
    pub result: Option<Result>,
    /// Why, in one sentence.
    pub reason: String,
    /// The gates, or other actions, that decided; the worst first.
    pub deciding: Vec<Deciding>,
    /// What follows, for instance that the release is held.
    pub follows: Option<String>,
    /// Since when the stage is, or was, broken.
    pub outage: Option<Outage>,
    /// What the release brings, where AWS tells it.
    pub changes: Vec<Change>,
    /// What started the release, for instance `Webhook`.
    pub started_by: Option<String>,
    /// Where there is more.
    pub links: Links,
    /// What people have to know beside it.
    pub remarks: Vec<String>,
}

/// A gate, or another action, that decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Deciding {
    /// The gate's name, or the action's.
    pub gate: String,
    /// The gate's kind; empty for another action.
    pub kind: String,
    /// The verdict; none: it could not answer, or is no gate.
    pub verdict: Option<Verdict>,
    /// What the host was told; none if it is no gate.
    pub outcome: Option<Outcome>,
    /// What that rests on.
    pub decided_by: Option<DecidedBy>,
    /// The gate error, a page of docs/errors.
    pub error: Option<String>,
    /// Why, in one sentence.
    pub reason: String,
    /// The two or three readings that decided.
    pub readings: Vec<String>,
    /// Where the evidence is.
    pub evidence: Option<String>,
    /// Where its page is.
    pub page: Option<String>,
}

/// A time in which a stage was broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Outage {
    /// The first failure.
    pub since: Timestamp,
    /// The release that failed first.
    pub by: String,
    /// Failures in it so far, the first one included.
    pub failures: u32,
    /// The next success of the stage.
    pub mended: Option<Timestamp>,
    /// The release that succeeded.
    pub mended_by: Option<String>,
}

/// What one source brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// The source action.
    pub source: String,
    /// The commit, or the version of an object.
    pub revision: String,
    /// What it says of itself: the commit's message and, where the source
    /// tells it, who wrote it.
    pub summary: Option<String>,
    /// Where it can be seen.
    pub url: Option<String>,
}

/// Where there is more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Links {
    /// The pipeline execution in the console.
    pub release: Option<String>,
    /// The evidence of the gate that decided.
    pub evidence: Option<String>,
    /// Its page.
    pub page: Option<String>,
    /// The log of the function that decided.
    pub log: Option<String>,
    /// The execution of a state machine.
    pub execution: Option<String>,
}
