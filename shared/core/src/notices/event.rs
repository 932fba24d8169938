//! What an event from a bus, or from a schedule, means to whoever is told.
//!
//! CodePipeline's events are hints: they say where to look, and what is found
//! there counts. So only what a hint needs is read of them, whatever types and
//! words stand beside it: the documentation writes `version` as a number and
//! as text, and its list of states is not complete. An event that is none of
//! these is foreign, with the reason; nothing here fails.

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::gate_verdict::{GATE_VERDICT, GateVerdict, SOURCE};
use super::told::{ROLLBACK, RollbackEnded, STAGE_CHECKS, StageChecks};
use crate::words::quote;

/// What a gate calls a pipeline that it could not tell.
const UNKNOWN: &str = "unknown";
/// `source` of CodePipeline's events.
const CODEPIPELINE: &str = "aws.codepipeline";
/// `detail-type` of a rule that runs on a schedule.
const SCHEDULED: &str = "Scheduled Event";
/// The version of Sluice's own events that is read here.
const VERSION: &str = "1";

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// Something happened to a pipeline: look there.
    Hint(Hint),
    /// A gate ended.
    Verdict(Box<GateVerdict>),
    /// The checks of a stage ended.
    StageChecks(Box<StageChecks>),
    /// A rollback that was ordered ended.
    Rollback(Box<RollbackEnded>),
    /// It is time to look at all pipelines.
    Sweep,
    /// None of these, and why.
    Foreign(String),
}

/// Where to look, because CodePipeline said that something happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The pipeline.
    pub pipeline: String,
    /// The pipeline execution's id.
    pub release: String,
    /// The stage, of an event of a stage or an action.
    pub stage: Option<String>,
    /// The action, of an event of an action.
    pub action: Option<String>,
    /// Whose state changed.
    pub what: What,
    /// Its state, in CodePipeline's words, known or not.
    pub state: String,
    /// When the event was sent.
    pub at: Timestamp,
    /// The AWS region of the pipeline.
    pub region: String,
}

/// Whose state changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The whole execution's.
    Pipeline,
    /// A stage's.
    Stage,
    /// An action's.
    Action,
}

impl What {
    fn of(detail_type: &str) -> Option<What> {
        match detail_type {
            "CodePipeline Pipeline Execution State Change" => Some(What::Pipeline),
            "CodePipeline Stage Execution State Change" => Some(What::Stage),
            "CodePipeline Action Execution State Change" => Some(What::Action),
            _ => None,
        }
    }
}

/// Around every event of EventBridge.
#[derive(Deserialize)]
struct Envelope {
    source: String,
    #[serde(rename = "detail-type")]
    detail_type: String,
    time: Timestamp,
    region: String,
    #[serde(default)]
    detail: Value,
}

/// What a hint needs of CodePipeline's detail.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Detail {
    pipeline: String,
    execution_id: String,
    state: String,
    stage: Option<String>,
    action: Option<String>,
}

/// Says what an event means.
pub fn heard(raw: &Value) -> Heard {
    let read = Envelope::deserialize(raw);
    read.map_err(|error| format!("it is no event of EventBridge: {error}"))
        .and_then(|event| meaning(&event))
        .unwrap_or_else(Heard::Foreign)
}

fn meaning(event: &Envelope) -> Result<Heard, String> {
    match (event.source.as_str(), event.detail_type.as_str()) {
        (CODEPIPELINE, _) => hint(event).map(Heard::Hint),
        (SOURCE, GATE_VERDICT | STAGE_CHECKS | ROLLBACK) => of_ours(event),
        // By hand, a schedule is tried out under another source.
        (_, SCHEDULED) => Ok(Heard::Sweep),
        (source, detail_type) => Err(format!(
            "nobody is told of {} from {}",
            quote(detail_type),
            quote(source)
        )),
    }
}

/// An event of Sluice's own. One that names no release is about none: a gate
/// whose parameters could not be read, for instance.
fn of_ours(event: &Envelope) -> Result<Heard, String> {
    for name in ["pipeline", "release", "stage"] {
        let own = event.detail.get(name).and_then(Value::as_str);
        if own.is_none_or(|own| own.is_empty() || own == UNKNOWN) {
            return Err(format!("{} names no {name}", quote(&event.detail_type)));
        }
    }
    match event.detail_type.as_str() {
        GATE_VERDICT => own(event).map(Box::new).map(Heard::Verdict),
        STAGE_CHECKS => own(event).map(Box::new).map(Heard::StageChecks),
        _ => own(event).map(Box::new).map(Heard::Rollback),
    }
}

fn hint(event: &Envelope) -> Result<Hint, String> {
    let what = What::of(&event.detail_type);
    let what =
        what.ok_or_else(|| format!("{} is no change of state", quote(&event.detail_type)))?;
    let detail: Detail = detail(event)?;
    let misses = |name| format!("{} without `{name}`", quote(&event.detail_type));
    if what != What::Pipeline && detail.stage.is_none() {
        return Err(misses("stage"));
    }
    if what == What::Action && detail.action.is_none() {
        return Err(misses("action"));
    }
    Ok(Hint {
        pipeline: detail.pipeline,
        release: detail.execution_id,
        stage: detail.stage,
        action: detail.action,
        what,
        state: detail.state,
        at: event.time,
        region: event.region.clone(),
    })
}

/// An event of Sluice's own, of a version that is known.
fn own<T: DeserializeOwned>(event: &Envelope) -> Result<T, String> {
    match event.detail.get("version").and_then(Value::as_str) {
        Some(VERSION) | None => detail(event),
        Some(other) => Err(format!(
            "{} is of version {}, and version {VERSION} is read",
            quote(&event.detail_type),
            quote(other)
        )),
    }
}

fn detail<T: DeserializeOwned>(event: &Envelope) -> Result<T, String> {
    T::deserialize(&event.detail)
        .map_err(|error| format!("the detail of {}: {error}", quote(&event.detail_type)))
}

#[cfg(test)]
mod tests;
