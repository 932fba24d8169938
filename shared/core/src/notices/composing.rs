//! A notice, put together from what is pending and what is known of it.

use serde::Deserialize;

use super::ledger::Pending;
use super::notice::{Change, Deciding, Kind, Links, NOTICE_FORM, Notice, Result, Severity};
use super::routing::{is_production, severity};
use super::settings::Notifications;
use super::told::{CheckResult, CheckedGate, Follows, RollbackEnded, RollbackResult, StageChecks};
use super::{GateVerdict, READINGS_MAX};
use crate::delivery::{Release, Run, RunStatus};
use crate::verdict::{DecidedBy, Outcome, Verdict};

/// Gates, or other actions, that a notice names.
const DECIDING_MAX: usize = 10;
/// Characters of a reason that another action gives.
const REASON_CHARACTERS_MAX: usize = 500;

/// What is known of a release, for a notice.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The pipeline.
    pub pipeline: &'a str,
    /// Its AWS region.
    pub region: &'a str,
    /// The service, where a plan names it.
    pub service: Option<&'a str>,
    /// What CodePipeline says of the release.
    pub release: Option<&'a Release>,
    /// What gates said of the release at the stage; of the one that broke it,
    /// where the stage is mended.
    pub verdicts: &'a [GateVerdict],
    /// What the stage's checks came to, of the same release.
    pub checks: Option<&'a StageChecks>,
    /// Who is told what, by layer; it says which stages are production.
    pub layers: &'a [(&'a str, &'a Notifications)],
    /// The release in the console.
    pub link: Option<&'a str>,
}

/// What an action, or a state machine, wants to be told.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, Deserialize)]
pub struct Saying {
    /// What it says.
    pub text: String,
    /// By which channels, besides those of routes.
    #[serde(default)]
    pub to: Vec<String>,
}

/// Puts a notice together.
pub fn compose(pending: &Pending, known: &Known<'_>) -> Notice {
    let mut notice = begun(pending, known);
    match pending.kind {
        Kind::Broken | Kind::FailedAgain => failed(&mut notice, known),
        Kind::Mended => mended(&mut notice, known),
        Kind::Rollback => rolled_back(&mut notice, pending),
        Kind::WentOn | Kind::Passed => told_by_gate(&mut notice, pending),
        Kind::Said => said(&mut notice, pending),
    }
    if pending.kind != Kind::Rollback {
        let stage = notice.stage.as_deref();
        let production = stage.is_none_or(|stage| is_production(known.layers, stage));
        notice.severity = severity(notice.kind, notice.result, production, None);
    }
    notice
}

fn begun(pending: &Pending, known: &Known<'_>) -> Notice {
    let revisions = known.release.map(|own| own.revisions.as_slice());
    let changes = revisions.unwrap_or_default().iter().map(|own| Change {
        source: own.source.clone(),
        revision: own.id.clone(),
        summary: own.summary.clone(),
        url: own.url.clone(),
    });
    Notice {
        notice: NOTICE_FORM,
        id: pending.id.clone(),
        kind: pending.kind,
        severity: Severity::Info,
        at: pending.at,
        region: known.region.to_owned(),
        pipeline: known.pipeline.to_owned(),
        stage: pending.stage.clone(),
        release: pending.release.clone(),
        service: known.service.map(str::to_owned),
        result: None,
        reason: String::new(),
        deciding: Vec::new(),
        follows: None,
        outage: pending.outage.clone(),
        changes: changes.collect(),
        started_by: known.release.and_then(|own| own.trigger.clone()),
        links: Links {
            release: known.link.map(str::to_owned),
            ..Links::default()
        },
        remarks: Vec::new(),
    }
}

fn failed(notice: &mut Notice, known: &Known<'_>) {
    let stops = stops(known);
    notice.deciding = stops.iter().map(|own| Deciding::from(*own)).collect();
    notice.deciding.extend(only_checked(&stops, known.checks));
    notice.deciding.extend(other_actions(notice, known));
    notice.deciding.truncate(DECIDING_MAX);
    notice.result = Some(result_of_stage(&stops, known.checks));
    let first = notice.deciding.first();
    let of_checks = known.checks.and_then(|own| own.reason.clone());
    let reason = first.map(|own| own.reason.clone()).or(of_checks);
    notice.reason =
        reason.unwrap_or_else(|| "the stage failed, and no action of it says why".to_owned());
    notice.links.evidence = first.and_then(|own| own.evidence.clone());
    notice.links.page = first.and_then(|own| own.page.clone());
    notice.links.log = stops.first().and_then(|own| own.log.clone());
    notice.links.execution = known.checks.map(|own| own.execution.clone());
    notice.follows = Some(follows(known.checks).to_owned());
    let is_rollback = known.release.is_some_and(|own| own.rollback);
    if is_rollback || stops.iter().any(|own| own.rollback) {
        let remark = "this release is itself a rollback: it did not cure what it was meant for";
        notice.remarks.push(remark.to_owned());
    }
}

/// What gates stopped the release, the worst first.
fn stops<'a>(known: &Known<'a>) -> Vec<&'a GateVerdict> {
    let mut stops: Vec<&GateVerdict> = (known.verdicts.iter())
        .filter(|own| own.is_stop())
        .collect();
    stops.sort_by_key(|own| (rank(own.verdict), own.ended));
    stops
}

fn result_of_stage(stops: &[&GateVerdict], checks: Option<&StageChecks>) -> Result {
    let of_gate = stops.first().map(|own| result_of(own.verdict));
    of_checks(checks).or(of_gate).unwrap_or(Result::Action)
}

/// A `fail` comes first, then what is not known, then what could not answer.
fn rank(verdict: Option<Verdict>) -> u8 {
    match verdict {
        Some(Verdict::Fail) => 0,
        Some(Verdict::Inconclusive) => 1,
        None => 2,
        Some(Verdict::Pass) => 3,
    }
}

fn result_of(verdict: Option<Verdict>) -> Result {
    match verdict {
        Some(Verdict::Fail) => Result::Failed,
        Some(_) => Result::Inconclusive,
        None => Result::Error,
    }
}

fn of_checks(checks: Option<&StageChecks>) -> Option<Result> {
    match checks?.result {
        CheckResult::Failed => Some(Result::Failed),
        CheckResult::Inconclusive => Some(Result::Inconclusive),
        CheckResult::Error | CheckResult::Unknown => Some(Result::Error),
        CheckResult::PlanError => Some(Result::PlanError),
        CheckResult::Passed | CheckResult::ReleaseOver => None,
    }
}

/// The gates that stopped the release by what the stage's checks say, without
/// those that said so themselves.
fn only_checked(stops: &[&GateVerdict], checks: Option<&StageChecks>) -> Vec<Deciding> {
    let gates = checks.map(|own| own.gates.as_slice());
    let mut gates: Vec<&CheckedGate> = (gates.unwrap_or_default().iter())
        .filter(|own| own.outcome == Outcome::Stop && own.decided_by.is_some())
        .filter(|own| stops.iter().all(|stop| stop.gate != own.gate))
        .collect();
    gates.sort_by_key(|own| rank(own.verdict));
    gates.into_iter().map(Deciding::from).collect()
}

/// The last runs of the stage's actions that failed, without those that a gate
/// told itself.
fn other_actions(notice: &Notice, known: &Known<'_>) -> Vec<Deciding> {
    let runs = known.release.map(|own| own.runs.as_slice());
    let of_stage = |run: &&Run| Some(&run.stage) == notice.stage.as_ref();
    let mut last: Vec<&Run> = Vec::new();
    for run in runs.unwrap_or_default().iter().filter(of_stage) {
        last.retain(|own| own.action != run.action);
        last.push(run);
    }
    let told: Vec<&str> = (known.verdicts.iter())
        .flat_map(|own| [own.evidence.as_deref(), own.page.as_deref()])
        .chain([known.checks.map(|own| own.execution.as_str())])
        .flatten()
        .collect();
    last.retain(|run| {
        let is_told = run
            .evidence
            .as_deref()
            .is_some_and(|own| told.contains(&own));
        run.status == RunStatus::Failed && !is_told
    });
    last.into_iter().map(Deciding::from).collect()
}

fn follows(checks: Option<&StageChecks>) -> &'static str {
    match checks.map(|own| own.follows) {
        None | Some(Follows::Held | Follows::Unknown) => {
            "The release is held; retry the stage to have it judged anew."
        }
        Some(Follows::RollbackNative) => "CodePipeline rolls the stage back.",
        Some(Follows::RollbackOrdered) => "A rollback is ordered; its end is told.",
        Some(Follows::RollbackNotOrdered) => {
            "A rollback could not be ordered: what was deployed is still there."
        }
        Some(Follows::GoesOn | Follows::Nothing) => "Nothing follows by itself.",
    }
}

/// Its result is that of the break, whose way it goes.
fn mended(notice: &mut Notice, known: &Known<'_>) {
    let stops = stops(known);
    notice.result = Some(result_of_stage(&stops, known.checks));
    let stage = notice.stage.as_deref().unwrap_or("-");
    notice.reason = format!("stage `{stage}` succeeds again");
}

fn rolled_back(notice: &mut Notice, pending: &Pending) {
    let Some(ended) = says::<RollbackEnded>(pending) else {
        notice.reason = "a rollback ended, and what came of it cannot be read".to_owned();
        notice.severity = Severity::Critical;
        return;
    };
    notice.severity = severity(Kind::Rollback, None, true, Some(ended.result));
    notice.follows = Some(
        match ended.result {
            RollbackResult::RolledBack => "The stage runs again what it ran before.",
            RollbackResult::NotNeeded => "There was nothing left to take back.",
            _ => "What was deployed is still there: somebody has to act.",
        }
        .to_owned(),
    );
    notice.reason = ended.reason;
    notice.links.execution = Some(ended.execution);
    notice.remarks.extend(
        ended
            .target
            .map(|target| format!("rolled back to `{target}`")),
    );
}

fn told_by_gate(notice: &mut Notice, pending: &Pending) {
    let Some(told) = says::<GateVerdict>(pending) else {
        notice.reason = "what the gate said cannot be read".to_owned();
        return;
    };
    notice.result = match told.verdict {
        Some(Verdict::Pass) => None,
        other => Some(result_of(other)),
    };
    notice.reason.clone_from(&told.reason);
    if pending.kind == Kind::WentOn {
        notice.follows = Some(
            match told.decided_by {
                DecidedBy::Waiver => "The release went on by a waiver that somebody gave.",
                DecidedBy::WatchOnly => "The release went on: the gate only watches.",
                DecidedBy::Policy => "The release went on: its plan accepts that.",
                DecidedBy::Verdict => "The release went on.",
            }
            .to_owned(),
        );
    }
    notice.links.evidence.clone_from(&told.evidence);
    notice.links.page.clone_from(&told.page);
    notice.links.log.clone_from(&told.log);
    notice.deciding = vec![Deciding::from(&told)];
}

fn said(notice: &mut Notice, pending: &Pending) {
    notice.reason = says::<Saying>(pending).map_or_else(
        || "what was to be said cannot be read".to_owned(),
        |saying| saying.text,
    );
}

fn says<T: for<'a> Deserialize<'a>>(pending: &Pending) -> Option<T> {
    T::deserialize(pending.says.as_ref()?).ok()
}

impl GateVerdict {
    /// Whether it stopped a release that was there to be stopped.
    pub fn is_stop(&self) -> bool {
        self.outcome == Outcome::Stop && !self.release_over
    }
}

impl StageChecks {
    /// Whether they stopped a release that was there to be stopped.
    pub fn is_stop(&self) -> bool {
        self.outcome == Outcome::Stop && self.result != CheckResult::ReleaseOver
    }
}

impl From<&GateVerdict> for Deciding {
    fn from(told: &GateVerdict) -> Deciding {
        Deciding {
            gate: told.gate.clone(),
            kind: told.kind.clone(),
            verdict: told.verdict,
            outcome: Some(told.outcome),
            decided_by: Some(told.decided_by),
            error: told.error.clone(),
            reason: told.reason.clone(),
            readings: told.readings.iter().take(READINGS_MAX).cloned().collect(),
            evidence: told.evidence.clone(),
            page: told.page.clone(),
        }
    }
}

impl From<&CheckedGate> for Deciding {
    fn from(told: &CheckedGate) -> Deciding {
        Deciding {
            gate: told.gate.clone(),
            kind: told.kind.clone(),
            verdict: told.verdict,
            outcome: Some(told.outcome),
            decided_by: told.decided_by,
            error: told.error.clone(),
            reason: told.reason.clone(),
            readings: Vec::new(),
            evidence: told.evidence.clone(),
            page: None,
        }
    }
}

impl From<&Run> for Deciding {
    fn from(run: &Run) -> Deciding {
        let says = run.says.as_deref().and_then(|says| says.lines().next());
        let says = says.unwrap_or("the action failed, and does not say why");
        Deciding {
            gate: run.action.clone(),
            kind: String::new(),
            verdict: None,
            outcome: None,
            decided_by: None,
            error: None,
            reason: says.chars().take(REASON_CHARACTERS_MAX).collect(),
            readings: Vec::new(),
            evidence: run.evidence.clone(),
            page: None,
        }
    }
}
