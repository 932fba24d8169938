//! Computing a verdict again from its evidence, by the rule that gave it.
//!
//! [`ruling`] applies the rules of this crate; [`compare`] says whether a
//! ruling, of this crate's rules or of another's, is what was written down.
//! Evidence may come from anywhere, so whatever contradicts itself, or holds a
//! moment that no clock shows, is refused before a rule sees it.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::bake::{self, Ruling};
use crate::clear;
use crate::evidence::{EVIDENCE_FORM, Evidence};
use crate::plan::GateSettings;
use crate::reason::Reason;
use crate::release;
use crate::settings::{Bake, Clear, Mode, Validate};
use crate::validate;
use crate::verdict::{Verdict, Waiver, outcome};

/// Why a verdict cannot be computed again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unplayable {
    /// Written in a form that is not known here.
    #[error("it has form {0}, and this command reads form {EVIDENCE_FORM}")]
    Form(u32),
    /// There is no verdict: the gate could not answer.
    #[error("there is no verdict to compute again: the gate could not answer ({0})")]
    GateError(String),
    /// Given by another rule.
    #[error("it was judged by rule `{recorded}`, and this command has {own}")]
    Rule {
        /// The rule that was applied.
        recorded: String,
        /// What there is instead.
        own: String,
    },
    /// Something is missing or cannot be read.
    #[error("it holds not enough to compute the verdict again: {0}")]
    NotEnough(String),
    /// Its parts are not of one look.
    #[error("it contradicts itself: {0}")]
    Contradiction(String),
}

/// What a comparison found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Verdict, reasons and outcome are those that were written down.
    Agrees,
    /// Something is not.
    Differs {
        /// As it was written down.
        recorded: String,
        /// As it comes out now.
        computed: String,
    },
}

/// Applies the rule that gave the verdict to the readings that were written
/// down.
///
/// # Errors
///
/// Where the evidence does not allow it.
pub fn ruling(evidence: &Evidence) -> Result<Ruling, Unplayable> {
    check_envelope(evidence)?;
    if let Some(ruling) = of_the_release(evidence)? {
        return Ok(ruling);
    }
    match GateSettings::from_json(&evidence.settings) {
        Ok(GateSettings::Bake(settings)) if evidence.kind == "bake" => bake(evidence, &settings),
        Ok(GateSettings::Clear(settings)) if evidence.kind == "clear" => clear(evidence, &settings),
        Ok(GateSettings::Validate(settings)) if evidence.kind == "validate" => {
            validate(evidence, &settings)
        }
        Ok(other) if other.kind() == evidence.kind => Err(Unplayable::Rule {
            recorded: evidence.rule.clone(),
            own: "the rules of `bake`, `clear` and `validate`".to_owned(),
        }),
        Ok(other) => Err(Unplayable::Contradiction(format!(
            "its kind is `{}`, and its settings are of `{}`",
            evidence.kind,
            other.kind()
        ))),
        Err(problems) => Err(Unplayable::NotEnough(format!(
            "its settings cannot be used: {}",
            problems.lines("settings")
        ))),
    }
}

/// What a piece of evidence has to be before any rule can be applied to it.
///
/// # Errors
///
/// Where it is not.
pub fn check_envelope(evidence: &Evidence) -> Result<(), Unplayable> {
    if evidence.evidence != EVIDENCE_FORM {
        return Err(Unplayable::Form(evidence.evidence));
    }
    if evidence.verdict.is_none() {
        let name = evidence.gate_error.as_ref().map(|(name, _)| name.clone());
        return Err(Unplayable::GateError(name.unwrap_or_default()));
    }
    if evidence.gate_error.is_some() {
        return contradiction("it has a verdict and a gate error".to_owned());
    }
    if evidence.reason.is_none() {
        return contradiction("it has a verdict without a reason".to_owned());
    }
    moments([evidence.looked.0, evidence.looked.1])
}

fn contradiction<T>(detail: String) -> Result<T, Unplayable> {
    Err(Unplayable::Contradiction(detail))
}

/// The ruling where the release itself was over: then no signal was read.
///
/// # Errors
///
/// Where it was, and what CodePipeline said is not there.
pub fn of_the_release(evidence: &Evidence) -> Result<Option<Ruling>, Unplayable> {
    let subject = &evidence.subject;
    let reason = evidence
        .release
        .as_ref()
        .and_then(|facts| release::over(&subject.release, &subject.stage, facts));
    let is_recorded = evidence
        .reason
        .as_ref()
        .is_some_and(|reason| reason.code.is_about_the_release());
    match reason {
        Some(reason) => Ok(Some(Ruling::Reached {
            verdict: Verdict::Inconclusive,
            reason,
            also: Vec::new(),
        })),
        None if is_recorded && evidence.release.is_none() => Err(Unplayable::NotEnough(
            "what CodePipeline said of the release is not there".to_owned(),
        )),
        None => Ok(None),
    }
}

fn bake(evidence: &Evidence, settings: &Bake) -> Result<Ruling, Unplayable> {
    let Bakes {
        begun,
        facts,
        memory,
    } = Bakes::read(evidence)?;
    Ok(bake::judge(&begun, settings, &facts, &memory).ruling)
}

/// What the rule of a bake was given, read from evidence and checked.
pub struct Bakes {
    /// What was written down when it began.
    pub begun: bake::Begun,
    /// The readings of the last look.
    pub facts: bake::Facts,
    /// What was carried to it.
    pub memory: bake::Memory,
}

impl Bakes {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// Where they are not there, are of another rule, or are not of one look.
    pub fn read(evidence: &Evidence) -> Result<Bakes, Unplayable> {
        check_rule(evidence, bake::RULE_VERSION)?;
        let begun: bake::Begun = part("begun", &evidence.begun)?;
        let facts: bake::Facts = part("facts", &evidence.facts)?;
        let memory: bake::Memory = if evidence.memory.is_null() {
            bake::Memory::default()
        } else {
            part("memory", &evidence.memory)?
        };
        let alarms = facts.alarms.iter().map(|alarm| &alarm.present);
        check_look(evidence, begun.rule, begun.began, facts.now)?;
        check_alarms(&begun.alarms, &alarms.collect::<Vec<_>>())?;
        moments([begun.watched_from.at])?;
        moments(memory.last_read)?;
        for alarm in &facts.alarms {
            if let Some(bake::History::Read(transitions)) = &alarm.history {
                moments(transitions.iter().map(|transition| transition.at))?;
            }
        }
        if let bake::TrafficFacts::Counted { counts, .. } = &facts.traffic {
            moments(counts.iter().map(|count| count.at))?;
        }
        Ok(Bakes {
            begun,
            facts,
            memory,
        })
    }
}

fn clear(evidence: &Evidence, settings: &Clear) -> Result<Ruling, Unplayable> {
    check_rule(evidence, clear::RULE_VERSION)?;
    let begun: clear::Begun = part("begun", &evidence.begun)?;
    let facts: clear::Facts = part("facts", &evidence.facts)?;
    check_look(evidence, begun.rule, begun.began, facts.now)?;
    check_alarms(&begun.alarms, &facts.alarms.iter().collect::<Vec<_>>())?;
    Ok(clear::judge(&begun, settings, &facts))
}

fn validate(evidence: &Evidence, settings: &Validate) -> Result<Ruling, Unplayable> {
    check_rule(evidence, validate::RULE_VERSION)?;
    let begun: validate::Begun = part("begun", &evidence.begun)?;
    let facts: validate::Facts = part("facts", &evidence.facts)?;
    check_look(evidence, begun.rule, begun.began, facts.now)?;
    let tests = settings.tests();
    let wanted = tests.iter().map(|test| (test.name.as_str(), test.required));
    let told = facts
        .tests
        .iter()
        .map(|test| (test.name.as_str(), test.required));
    if !wanted.eq(told) {
        return contradiction("its tests are not those of its settings".to_owned());
    }
    Ok(validate::judge(&begun, settings, &facts))
}

fn check_rule(evidence: &Evidence, version: u32) -> Result<(), Unplayable> {
    let own = format!("{}/{version}", evidence.kind);
    if evidence.rule == own {
        return Ok(());
    }
    let own = format!("`{own}`");
    let recorded = evidence.rule.clone();
    Err(Unplayable::Rule { recorded, own })
}

/// A part of evidence in the gate's own type.
///
/// # Errors
///
/// Where it is empty or cannot be read.
pub fn part<T: DeserializeOwned>(name: &str, value: &Value) -> Result<T, Unplayable> {
    if value.is_null() {
        return Err(Unplayable::NotEnough(format!("`{name}` is empty")));
    }
    T::deserialize(value)
        .map_err(|error| Unplayable::NotEnough(format!("its `{name}` cannot be read: {error}")))
}

fn check_look(
    evidence: &Evidence,
    rule: u32,
    began: Timestamp,
    now: Timestamp,
) -> Result<(), Unplayable> {
    if evidence.rule != format!("{}/{rule}", evidence.kind) {
        return contradiction(format!(
            "its rule is `{}`, and it began under version {rule}",
            evidence.rule
        ));
    }
    check_times(evidence, began, now)
}

/// The readings have to be those of the look that gave the verdict.
///
/// # Errors
///
/// Where they are not, or no clock shows such moments.
pub fn check_times(
    evidence: &Evidence,
    began: Timestamp,
    now: Timestamp,
) -> Result<(), Unplayable> {
    moments([began, now])?;
    let (first, last) = evidence.looked;
    if now != last {
        return contradiction(format!(
            "its readings are of {now}, and its last look of {last}"
        ));
    }
    // The first look that answered may be later than the one that began it:
    // that one may have died after it wrote the record.
    if began > last {
        return contradiction(format!(
            "it began at {began}, and was looked at from {first} to {last}"
        ));
    }
    Ok(())
}

/// One reading for each alarm that the gate began with, in their order.
fn check_alarms(
    begun: &[bake::BegunAlarm],
    present: &[&crate::reading::Alarm],
) -> Result<(), Unplayable> {
    if begun.len() != present.len() {
        return contradiction(format!(
            "it began with {} alarms, and {} were read",
            begun.len(),
            present.len()
        ));
    }
    for (begun, present) in begun.iter().zip(present) {
        if begun.alarm.arn != present.arn {
            return contradiction(format!(
                "where `{}` was to be read, `{}` was",
                begun.alarm.arn, present.arn
            ));
        }
        moments(begun.alarm.transitioned)?;
        moments(begun.alarm.configured)?;
        moments(present.transitioned)?;
        moments(present.configured)?;
    }
    Ok(())
}

/// Moments from 2000 to 2200: with those a rule can reckon.
///
/// # Errors
///
/// Where one is not of that time.
pub fn moments(all: impl IntoIterator<Item = Timestamp>) -> Result<(), Unplayable> {
    const FROM: i64 = 946_684_800;
    const TO: i64 = 7_258_118_400;
    let strange = |at: &Timestamp| !(FROM..TO).contains(&at.as_second());
    match all.into_iter().find(strange) {
        Some(at) => contradiction(format!("no clock of a release shows {at}")),
        None => Ok(()),
    }
}

/// Compares a ruling with what was written down.
pub fn compare(evidence: &Evidence, ruling: &Ruling) -> Finding {
    let (Some(verdict), Some(reason)) = (evidence.verdict, &evidence.reason) else {
        return differs("no verdict".to_owned(), words(ruling));
    };
    let recorded = Ruling::Reached {
        verdict,
        reason: reason.clone(),
        also: evidence.also.clone(),
    };
    if &recorded != ruling {
        return differs(words(&recorded), words(ruling));
    }
    if !is_possible(evidence, verdict) {
        let decision = evidence.decision;
        return differs(
            format!("{} by {}", decision.outcome, decision.decided_by),
            format!("{verdict}, which gives no such outcome"),
        );
    }
    Finding::Agrees
}

fn differs(recorded: String, computed: String) -> Finding {
    Finding::Differs { recorded, computed }
}

/// Whether some policy and mode give the outcome that was written down, with
/// the waiver that was. Which policy and mode held is not in the evidence of
/// every gate.
fn is_possible(evidence: &Evidence, verdict: Verdict) -> bool {
    let waiver = evidence.waiver.as_ref().map(|waiver| Waiver {
        covers_gate_errors: waiver.covers_gate_errors,
    });
    [Mode::Enforce, Mode::WatchOnly].into_iter().any(|mode| {
        [false, true]
            .into_iter()
            .any(|proceed| outcome(Some(verdict), proceed, waiver, mode) == evidence.decision)
    })
}

/// A ruling in words, all its reasons among them.
fn words(ruling: &Ruling) -> String {
    match ruling {
        Ruling::Reached {
            verdict,
            reason,
            also,
        } => {
            let reasons: Vec<String> = std::iter::once(reason).chain(also).map(one).collect();
            format!("{verdict}, {}", reasons.join("; also "))
        }
        Ruling::Wait { progress, .. } => format!("no verdict yet: {}", progress.line),
    }
}

fn one(reason: &Reason) -> String {
    format!("{} ({reason})", reason.code)
}
