//! What is kept of a gate: what was written down when it began, and the
//! readings, the rule and the verdict when it ended.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::plan::Notify;
use crate::reading::Place;
use crate::reason::Reason;
use crate::release::ReleaseFacts;
use crate::token::Subject;
use crate::verdict::{Decision, Verdict};
use crate::waiver::GivenWaiver;

/// One call that readings came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    /// As in a policy, for instance `cloudwatch:DescribeAlarms`.
    pub operation: String,
    /// Region and role.
    pub place: Place,
    /// When it was read, by our clock.
    pub at: Timestamp,
}

/// What is written down once, when a gate begins: one immutable object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Form of the record.
    pub record: u32,
    /// What it is about.
    #[serde(rename = "of")]
    pub subject: Subject,
    /// Job id of the first look.
    pub attempt: String,
    /// Kind and version of the rule, for instance `bake/1`.
    pub rule: String,
    /// Its settings, as they were then, under the gate's kind.
    pub settings: Value,
    /// Whether the plan lets an undecided release go on.
    pub proceed_undecided: bool,
    /// Whether the release is a rollback.
    pub rollback: bool,
    /// The service, where only the plan names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// In which service's name roles are assumed, where the action does not
    /// name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acts_for: Option<String>,
    /// Whom the plan wants told of an answer. Not there if nobody: a version
    /// that does not know it reads such records, too.
    #[serde(default, skip_serializing_if = "Notify::is_empty")]
    pub notify: Notify,
    /// The gate's own, for instance the alarms as they were.
    pub begun: Value,
}

/// The form of [`Record`] that this code writes and reads.
pub const RECORD_FORM: u32 = 1;

/// The readings, the rule that was applied, and what it gave: enough to
/// compute the verdict again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// Form of the evidence.
    pub evidence: u32,
    /// The gate's kind, for instance `bake`.
    pub kind: String,
    /// The pipeline's name.
    pub pipeline: String,
    /// What it is about.
    #[serde(rename = "of")]
    pub subject: Subject,
    /// Job id of the first look.
    pub attempt: String,
    /// Job id of the last look.
    pub job: String,
    /// First and last look, by our clock.
    pub looked: (Timestamp, Timestamp),
    /// Version of the rule, for instance `bake/1`.
    pub rule: String,
    /// The verdict; not there if the gate could not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Why, for a verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// What else speaks for the same verdict.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Reason>,
    /// Name and text of the gate error, if the gate could not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate_error: Option<(String, String)>,
    /// What the host was told.
    #[serde(flatten)]
    pub decision: Decision,
    /// The waiver that let the release go on; without it, it would have been
    /// stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiver: Option<GivenWaiver>,
    /// What people have to know beside it, for instance `release_check: off`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// What was allowed.
    pub settings: Value,
    /// What was written down when the gate began.
    pub begun: Value,
    /// What was carried over to the last look.
    pub memory: Value,
    /// What CodePipeline said of the release at the last look; not there if
    /// it was not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<ReleaseFacts>,
    /// The readings of the last look.
    pub facts: Value,
    /// Where they came from.
    pub sources: Vec<Source>,
}

/// The form of [`Evidence`] that this code writes.
pub const EVIDENCE_FORM: u32 = 1;
