//! What a gate says to whoever listens, when it ended.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::verdict::{DecidedBy, Outcome, Verdict};

/// `source` of Sluice's own events.
pub const SOURCE: &str = "sluice";
/// `detail-type` of [`GateVerdict`].
pub const GATE_VERDICT: &str = "Sluice Gate Verdict";
/// Readings that an event shows.
pub const READINGS_MAX: usize = 5;

/// Detail of the event `Sluice Gate Verdict`, version 1. Published once a gate
/// has ended, by its function, whoever asked; an event may be lost or come
/// twice. New fields may be added within a version; none is taken away or
/// changes its meaning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GateVerdict {
    /// `1`.
    pub version: String,
    /// The pipeline; `unknown` if the gate could not tell.
    pub pipeline: String,
    /// The pipeline execution's id.
    pub release: String,
    /// The stage.
    pub stage: String,
    /// The service, where a plan names it.
    pub service: Option<String>,
    /// The gate's name.
    pub gate: String,
    /// The gate's kind, for instance `bake`; empty if its settings could not
    /// be read.
    pub kind: String,
    /// Who asked, for instance `lambda_action` or `task`.
    pub host: String,
    /// Job id of the first look.
    pub attempt: String,
    /// The verdict; none: the gate could not answer.
    pub verdict: Option<Verdict>,
    /// What the host was told.
    pub outcome: Outcome,
    /// What that rests on.
    pub decided_by: DecidedBy,
    /// The gate error, a page of docs/errors.
    pub error: Option<String>,
    /// The fixed word for the reason of a verdict.
    pub code: Option<String>,
    /// Why, in one sentence, at most 500 characters.
    pub reason: String,
    /// The readings that decided, at most five lines of 240 characters.
    pub readings: Vec<String>,
    /// Where the evidence is.
    pub evidence: Option<String>,
    /// Where its page is.
    pub page: Option<String>,
    /// The log of its function in the console.
    #[serde(default)]
    pub log: Option<String>,
    /// The first look.
    pub began: Timestamp,
    /// The last look.
    pub ended: Timestamp,
    /// Looks that it took.
    pub looks: u32,
    /// Whether the release is itself a rollback.
    pub rollback: bool,
    /// Whether there is no release left to hold back: it is stopped, replaced
    /// or abandoned.
    pub release_over: bool,
    /// Whom the plan wants told of this answer, by the names of channels.
    pub notify: Vec<String>,
}
