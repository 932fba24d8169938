//! What happens, counted: lines of the log ([`crate::embedded`]).
//!
//! Every metric costs money, so what it is counted by is bounded: kinds of
//! gates and names of stages; pipelines and gates by their names only where
//! the installation wants that. Everything else stands in the same line, for
//! queries of the log.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sluice_core::delivery::Landed;
use sluice_core::notices::{GateVerdict, Kind, Pending};
use sluice_core::verdict::{DecidedBy, Outcome, Verdict};

use crate::embedded::directive;

/// What is counted, with its unit.
pub const METRICS: [(&str, &str); 17] = [
    ("Passes", "Count"),
    ("Fails", "Count"),
    ("Inconclusive", "Count"),
    ("GateErrors", "Count"),
    ("Stops", "Count"),
    ("Overridden", "Count"),
    ("WatchedOnly", "Count"),
    ("AcceptedUndecided", "Count"),
    ("FailsThatPassedAgain", "Count"),
    ("GateSeconds", "Seconds"),
    ("Looks", "Count"),
    ("Deployments", "Count"),
    ("FailedDeployments", "Count"),
    ("LeadSeconds", "Seconds"),
    ("StagesBroken", "Count"),
    ("StagesMended", "Count"),
    ("RestoreSeconds", "Seconds"),
];

/// What is counted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CountedBy {
    /// The kind of gate, and the stage.
    #[default]
    Kind,
    /// Besides, pipeline, stage and gate.
    Pipeline,
}

/// One line of metrics.
struct Line<'a> {
    at: Timestamp,
    by: CountedBy,
    /// By what it is always counted.
    always: &'a [&'a str],
    /// By what it is counted where pipelines are told apart.
    apart: &'a [&'a str],
    values: Vec<(&'static str, i64)>,
    /// The dimensions, and whatever else a query may ask for.
    names: Value,
}

impl Line<'_> {
    fn written(self) -> Value {
        let unit = |name: &str| {
            let known = METRICS.iter().find(|(own, _)| *own == name);
            known.map_or("None", |(_, unit)| unit)
        };
        let metrics: Vec<(&str, &str)> = (self.values.iter())
            .map(|(name, _)| (*name, unit(name)))
            .collect();
        let dimensions = match self.by {
            CountedBy::Kind => json!([self.always]),
            CountedBy::Pipeline => json!([self.always, self.apart]),
        };
        let mut line = Map::new();
        line.insert("level".to_owned(), json!("INFO"));
        line.insert("message".to_owned(), json!("counted"));
        if let Value::Object(names) = self.names {
            line.extend(names);
        }
        for (name, value) in &self.values {
            line.insert((*name).to_owned(), json!(value));
        }
        let directive = directive(self.at, &dimensions, &metrics);
        line.insert("_aws".to_owned(), directive);
        Value::Object(line)
    }
}

/// A dimension takes no empty value.
fn named(name: &str) -> &str {
    if name.is_empty() { "unknown" } else { name }
}

/// A gate ended.
pub(super) fn of_gate(told: &GateVerdict, by: CountedBy) -> Value {
    let verdict = match told.verdict {
        Some(Verdict::Pass) => "Passes",
        Some(Verdict::Fail) => "Fails",
        Some(Verdict::Inconclusive) => "Inconclusive",
        None => "GateErrors",
    };
    let decided = match (told.outcome, told.decided_by) {
        (Outcome::Stop, _) => Some("Stops"),
        (Outcome::Go, DecidedBy::Waiver) => Some("Overridden"),
        (Outcome::Go, DecidedBy::WatchOnly) => Some("WatchedOnly"),
        (Outcome::Go, DecidedBy::Policy) => Some("AcceptedUndecided"),
        (Outcome::Go, DecidedBy::Verdict) => None,
    };
    let seconds = told.ended.duration_since(told.began).as_secs();
    let ones = [Some(verdict), decided].into_iter().flatten();
    let mut values: Vec<(&str, i64)> = ones.map(|name| (name, 1)).collect();
    values.push(("GateSeconds", seconds));
    values.push(("Looks", i64::from(told.looks)));
    gate_line(told, by, values)
}

/// A gate passed the same revisions that it had failed.
pub(super) fn of_false_alarm(told: &GateVerdict, by: CountedBy) -> Value {
    gate_line(told, by, vec![("FailsThatPassedAgain", 1)])
}

fn gate_line(told: &GateVerdict, by: CountedBy, values: Vec<(&'static str, i64)>) -> Value {
    Line {
        at: told.ended,
        by,
        always: &["Kind"],
        apart: &["Pipeline", "Stage", "Gate"],
        values,
        names: json!({
            "Kind": named(&told.kind), "Pipeline": named(&told.pipeline), "Stage": named(&told.stage),
            "Gate": named(&told.gate), "release": told.release, "verdict": told.verdict,
            "outcome": told.outcome, "decided_by": told.decided_by, "code": told.code, "error": told.error,
            "host": told.host,
        }),
    }
    .written()
}

/// A stage broke, or was mended.
fn of_outage(pipeline: &str, pending: &Pending, by: CountedBy) -> Option<Value> {
    let outage = pending.outage.as_ref()?;
    let values = match pending.kind {
        Kind::Broken => vec![("StagesBroken", 1)],
        Kind::Mended => {
            let seconds = outage.mended?.duration_since(outage.since).as_secs();
            vec![("StagesMended", 1), ("RestoreSeconds", seconds)]
        }
        _ => return None,
    };
    let stage = pending.stage.as_deref().unwrap_or("");
    Some(stage_line(
        (pipeline, stage),
        pending.at,
        by,
        values,
        pending.release.as_deref(),
    ))
}

/// A release was deployed.
fn of_deployment(pipeline: &str, landed: &Landed, by: CountedBy) -> Value {
    let values = vec![("Deployments", 1), ("LeadSeconds", landed.lead_seconds)];
    let place = (pipeline, landed.stage.as_str());
    stage_line(place, landed.at, by, values, Some(&landed.release))
}

/// A release failed in a stage after it had been deployed there.
fn of_failed_deployment(pipeline: &str, landed: &Landed, at: Timestamp, by: CountedBy) -> Value {
    let place = (pipeline, landed.stage.as_str());
    let values = vec![("FailedDeployments", 1)];
    stage_line(place, at, by, values, Some(&landed.release))
}

fn stage_line(
    (pipeline, stage): (&str, &str),
    at: Timestamp,
    by: CountedBy,
    values: Vec<(&'static str, i64)>,
    release: Option<&str>,
) -> Value {
    Line {
        at,
        by,
        always: &["Stage"],
        apart: &["Pipeline", "Stage"],
        values,
        names: json!({ "Pipeline": named(pipeline), "Stage": named(stage), "release": release }),
    }
    .written()
}

/// What a look at a pipeline found new: what is pending since, and what was
/// deployed.
pub(super) fn of_look(
    pipeline: &str,
    pending: &[&Pending],
    (landed, counted): (&[Landed], Timestamp),
    by: CountedBy,
) -> Vec<Value> {
    let outages = pending
        .iter()
        .filter_map(|own| of_outage(pipeline, own, by));
    let deployments = landed.iter().filter(|own| own.at > counted);
    let deployments = deployments.map(|own| of_deployment(pipeline, own, by));
    let failed = pending.iter().filter_map(|own| {
        let is_failure = matches!(own.kind, Kind::Broken | Kind::FailedAgain);
        let mut landed = landed.iter().filter(|_| is_failure);
        let landed = landed.find(|landed| {
            let is_there = landed.at <= own.at && Some(&landed.stage) == own.stage.as_ref();
            is_there && Some(&landed.release) == own.release.as_ref()
        });
        Some(of_failed_deployment(pipeline, landed?, own.at, by))
    });
    outages.chain(deployments).chain(failed).collect()
}
