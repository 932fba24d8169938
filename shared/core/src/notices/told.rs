//! What Sluice's state machines tell the bus.
//!
//! Their forms are in `docs/events`. A word that this code does not know yet
//! is read as one that is not good: it comes from a newer state machine.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::verdict::{DecidedBy, Outcome, Verdict};

/// `detail-type` of [`StageChecks`].
pub const STAGE_CHECKS: &str = "Sluice Stage Checks";
/// `detail-type` of [`RollbackEnded`].
pub const ROLLBACK: &str = "Sluice Rollback";

/// Detail of `Sluice Stage Checks`: the checks of a stage ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StageChecks {
    /// `1`.
    pub version: String,
    /// The pipeline.
    pub pipeline: String,
    /// The pipeline execution's id.
    pub release: String,
    /// The stage.
    pub stage: String,
    /// The service, where a plan names it.
    pub service: Option<String>,
    /// What the pipeline is told.
    pub outcome: Outcome,
    /// What came of it.
    pub result: CheckResult,
    /// The gates that were asked.
    pub gates: Vec<CheckedGate>,
    /// Why the release was stopped, in one sentence.
    #[serde(default)]
    pub reason: Option<String>,
    /// What follows.
    pub follows: Follows,
    /// The line of the plan that says so, for instance `on_fail`.
    pub policy: Option<String>,
    /// Whom the plan wants told, by the names of channels.
    #[serde(default)]
    pub notify: Vec<String>,
    /// ARN of the execution of `stage-checks`.
    pub execution: String,
}

/// What came of the checks of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckResult {
    /// All gates let the release go on.
    Passed,
    /// A gate said `fail`.
    Failed,
    /// A gate said `inconclusive`.
    Inconclusive,
    /// A gate could not answer.
    Error,
    /// The plan could not be read or used.
    PlanError,
    /// There is no release left to check.
    ReleaseOver,
    /// A word of a newer state machine.
    #[serde(other)]
    Unknown,
}

/// What follows from the checks of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Follows {
    /// The release goes on.
    GoesOn,
    /// It is held until somebody decides.
    Held,
    /// CodePipeline rolls the stage back.
    RollbackNative,
    /// A rollback is ordered.
    RollbackOrdered,
    /// A rollback should have been ordered and could not.
    RollbackNotOrdered,
    /// Nothing.
    Nothing,
    /// A word of a newer state machine.
    #[serde(other)]
    Unknown,
}

/// One gate of the checks of a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckedGate {
    /// The gate's name.
    pub gate: String,
    /// Its kind.
    pub kind: String,
    /// The verdict; none: it could not answer.
    pub verdict: Option<Verdict>,
    /// Whether it lets the release go on.
    pub outcome: Outcome,
    /// What that rests on.
    pub decided_by: Option<DecidedBy>,
    /// The gate error, a page of docs/errors.
    pub error: Option<String>,
    /// Why, in one sentence.
    pub reason: String,
    /// Where the evidence is.
    pub evidence: Option<String>,
}

/// Detail of `Sluice Rollback`: a rollback that was ordered ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RollbackEnded {
    /// `1`.
    pub version: String,
    /// The pipeline.
    pub pipeline: String,
    /// The pipeline execution's id.
    pub release: String,
    /// The stage.
    pub stage: String,
    /// The service, where a plan names it.
    pub service: Option<String>,
    /// Who rolls back, for instance `stage` or `codedeploy`.
    pub by: String,
    /// What came of it.
    pub result: RollbackResult,
    /// The release, or deployment, to which it was rolled back.
    pub target: Option<String>,
    /// The pipeline execution, or deployment, that rolls back.
    pub rollback_release: Option<String>,
    /// Why, in one sentence.
    pub reason: String,
    /// ARN of the execution of `rollback`.
    pub execution: String,
}

/// What came of a rollback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RollbackResult {
    /// The stage runs again what it ran before.
    RolledBack,
    /// It was begun, and failed.
    Failed,
    /// It was not begun.
    Refused,
    /// There is nothing to go back to.
    NoTarget,
    /// There is nothing left to take back.
    NotNeeded,
    /// A word of a newer state machine.
    #[serde(other)]
    Unknown,
}
