//! From what was read to a ruling: no clock, no AWS, no async.
//!
//! What a change here could break:
//!
//! * Harm ends the gate at the first look that sees it; nothing passes before
//!   every deciding metric is proven within its tolerance.
//! * Readings that are not whole are not judged.
//! * What was reported by one version only, or by none, is never accepted.

use jiff::SignedDuration;
use sluice_core::bake::{Progress, Ruling};
use sluice_core::settings::{Canary, WhenUndecided};
use sluice_core::{Duration, Reason, ReasonCode, Verdict};
use sluice_judge::sequential::{
    self, Counts, Judgement, MetricResult, Period, PlanError, Reading, Sample,
};

use super::facts::{Begun, Both, Facts, Memory, MetricFacts, Series};
use super::lack::lack;
use super::{marks, plan};

/// The version of this rule, written down when a gate begins. What was begun
/// under another version starts anew.
pub const RULE_VERSION: u32 = 1;

/// After a look that could not read, as many times as looks failed in a row.
const LOOK_AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(60);
const LOOK_AGAIN_TIMES_MAX: u32 = 4;

/// Metrics that a sentence names.
const NAMED_MAX: usize = 3;

/// A ruling, what the judge made of the readings, and what to carry over.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// What the readings say.
    pub ruling: Ruling,
    /// What the judge said; `None` where the readings are not whole.
    pub judgement: Option<Judgement>,
    /// For the next look.
    pub memory: Memory,
}

/// Judges one look.
///
/// # Errors
///
/// The settings make no sense to the judge, which `begin` has checked.
pub fn judge(
    begun: &Begun,
    settings: &Canary,
    facts: &Facts,
    memory: &Memory,
) -> Result<Judged, PlanError> {
    let over = facts.last_chance || facts.now >= begun.ends(settings);
    if let Some(why) = &facts.incomplete {
        return Ok(unread(facts, memory, why, over));
    }
    let periods = periods(facts);
    let judgement = sequential::judge(&plan(settings), &periods)?;
    let memory = marks::next(facts, memory);
    let ruling = match decided(settings, facts, &judgement, over) {
        Some((verdict, mut reason)) => {
            reason.seen.push_str(&notes(begun, &judgement, &memory));
            Ruling::Reached {
                verdict,
                reason,
                also: Vec::new(),
            }
        }
        None => Ruling::Wait {
            not_before: begun.closes(settings, facts.periods + 1),
            progress: progress(settings, facts, &judgement),
        },
    };
    Ok(Judged {
        ruling,
        judgement: Some(judgement),
        memory,
    })
}

fn unread(facts: &Facts, memory: &Memory, why: &str, over: bool) -> Judged {
    let failed_reads = memory.failed_reads.saturating_add(1);
    let ruling = if over {
        let reason = Reason {
            code: ReasonCode::MetricsUnknown,
            seen: format!("the metrics could not be read as a whole: {why}"),
            allowed: "all of them have to be known".to_owned(),
        };
        Ruling::Reached {
            verdict: Verdict::Inconclusive,
            reason,
            also: Vec::new(),
        }
    } else {
        let times = i32::try_from(failed_reads.min(LOOK_AGAIN_TIMES_MAX)).unwrap_or(1);
        let line = format!("the metrics could not be read as a whole at this look: {why}");
        Ruling::Wait {
            not_before: facts.now + LOOK_AGAIN_AFTER * times,
            progress: Progress { percent: 0, line },
        }
    };
    Judged {
        ruling,
        judgement: None,
        memory: Memory {
            failed_reads,
            ..memory.clone()
        },
    }
}

/// The verdict and why, once there is one.
fn decided(
    settings: &Canary,
    facts: &Facts,
    judgement: &Judgement,
    over: bool,
) -> Option<(Verdict, Reason)> {
    let lacking = || lack(settings, facts, judgement);
    let undecided = |code| (Verdict::Inconclusive, code, named(judgement, |_| true));
    let without_data = |(code, seen)| (Verdict::Inconclusive, code, seen);
    let (verdict, code, seen) = match judgement.reason {
        sequential::Reason::WorseThanTolerance => (
            Verdict::Fail,
            ReasonCode::CanaryWorse,
            named(judgement, |metric| {
                judgement.culprits.contains(&metric.name)
            }),
        ),
        sequential::Reason::CanaryStoppedReporting => (
            Verdict::Fail,
            ReasonCode::CanarySilent,
            format!(
                "the new version stopped reporting `{}`, the old one did not",
                judgement.culprits.join("`, `")
            ),
        ),
        sequential::Reason::WithinTolerance => (
            Verdict::Pass,
            ReasonCode::CanarySafe,
            named(judgement, |metric| metric.weight > 0.0),
        ),
        sequential::Reason::TrafficSplitOff => (
            Verdict::Inconclusive,
            ReasonCode::TrafficSplitOff,
            split(judgement),
        ),
        sequential::Reason::NoData => {
            lacking().map_or_else(|| undecided(ReasonCode::TooLittleData), without_data)
        }
        sequential::Reason::TooLittlePower if is_accepted(settings, judgement) => {
            let (verdict, code, seen) = undecided(ReasonCode::AcceptedNotProven);
            (verdict, code, format!("accepted, not proven: {seen}"))
        }
        sequential::Reason::TooLittlePower => undecided(ReasonCode::Undecided),
        sequential::Reason::StillLooking if over => {
            lacking().map_or_else(|| undecided(ReasonCode::TimeOver), without_data)
        }
        sequential::Reason::StillLooking => return None,
    };
    let allowed = allowed(settings, judgement, code);
    Some((
        verdict,
        Reason {
            code,
            seen,
            allowed,
        },
    ))
}

/// What the settings accept of what is undecided. Only for want of power.
fn is_accepted(settings: &Canary, judgement: &Judgement) -> bool {
    settings.when_undecided == WhenUndecided::Accept
        && settings
            .accept_at_most
            .is_some_and(|times| judgement.is_bounded_below(times.0.value()))
}

fn allowed(settings: &Canary, judgement: &Judgement, code: ReasonCode) -> String {
    match (code, &settings.accept_at_most, &judgement.split) {
        (ReasonCode::AcceptedNotProven, Some(times), _) => {
            format!("`accept_at_most: {times}` accepts less than {times} of every metric")
        }
        (ReasonCode::TrafficSplitOff, _, Some(split)) => {
            format!("{:.1}% were configured", split.configured * 100.0)
        }
        (ReasonCode::CanaryWorse, ..) => {
            "a release that is no worse is called so in at most 5 of 100 cases".to_owned()
        }
        (ReasonCode::CanarySilent, ..) => "it is one that must have data".to_owned(),
        _ => {
            let horizon = settings.horizon();
            format!("each deciding metric has to be proven within its tolerance in {horizon}")
        }
    }
}

fn split(judgement: &Judgement) -> String {
    let observed = judgement.split.as_ref().and_then(|split| split.observed);
    let observed = observed.unwrap_or(0.0) * 100.0;
    format!(
        "the new version got {observed:.1}% of the requests, so the versions cannot be compared"
    )
}

/// The lines of some metrics, the first few.
fn named(judgement: &Judgement, which: impl Fn(&MetricResult) -> bool) -> String {
    let chosen: Vec<String> = judgement
        .metrics
        .iter()
        .filter(|metric| which(metric))
        .map(ToString::to_string)
        .collect();
    let mut text = chosen[..chosen.len().min(NAMED_MAX)].join("; ");
    if chosen.len() > NAMED_MAX {
        text.push_str(&format!("; and {} more", chosen.len() - NAMED_MAX));
    }
    text
}

/// What people have to know beside it.
fn notes(begun: &Begun, judgement: &Judgement, memory: &Memory) -> String {
    let other = begun.earlier.as_ref().and_then(|own| own.also_deployed);
    let mixed = other.map(|at| {
        format!("another release was deployed at {at}, within the time that is compared with")
    });
    let revised = (memory.revised > 0).then(|| {
        format!(
            "{} periods had other values when they were judged first",
            memory.revised
        )
    });
    let notes = mixed.into_iter();
    let notes = notes
        .chain(judgement.warnings.iter().cloned())
        .chain(revised);
    let notes: Vec<String> = notes.take(NAMED_MAX).collect();
    if notes.is_empty() {
        String::new()
    } else {
        format!(" (note: {})", notes.join("; "))
    }
}

fn length(settings: &Canary, periods: u32) -> Duration {
    settings.period().saturating_mul(periods)
}

/// How much of the horizon is judged.
pub(super) fn percent(periods: u32, settings: &Canary) -> u8 {
    let percent = u64::from(periods) * 100 / u64::from(settings.periods().max(1));
    u8::try_from(percent.min(99)).unwrap_or(99)
}

fn progress(settings: &Canary, facts: &Facts, judgement: &Judgement) -> Progress {
    let line = format!(
        "judged {} of at most {}: {}",
        length(settings, facts.periods),
        settings.horizon(),
        named(judgement, |metric| metric.weight > 0.0)
    );
    Progress {
        percent: percent(facts.periods, settings),
        line,
    }
}

/// The readings, period by period, as the judge takes them.
pub(super) fn periods(facts: &Facts) -> Vec<Period> {
    (0..facts.periods as usize)
        .map(|index| Period {
            readings: facts
                .metrics
                .iter()
                .map(|metric| reading(metric, index))
                .collect(),
            traffic: facts.traffic.as_ref().and_then(|traffic| {
                // Nothing reported beside a version that has requests is none.
                let both = [at(&traffic.baseline, index), at(&traffic.canary, index)];
                both.iter()
                    .any(Option::is_some)
                    .then(|| both.map(|requests| requests.unwrap_or(0.0)))
            }),
        })
        .collect()
}

fn at(series: &Series, index: usize) -> Option<f64> {
    series.get(index).copied().flatten()
}

fn reading(metric: &MetricFacts, index: usize) -> Reading {
    match metric {
        MetricFacts::Count { count, of } => {
            // CloudWatch does not report zeros: requests without events are
            // good ones, and without requests there is nothing to say.
            let counts = |count, of| Counts::reported(at(count, index), at(of, index));
            Reading::Count {
                baseline: counts(&count.baseline, &of.baseline),
                canary: counts(&count.canary, &of.canary),
            }
        }
        MetricFacts::Series { value, samples } => {
            let sample = |value: &Series, side: fn(&Both<Series>) -> &Series| {
                at(value, index).map(|value| Sample {
                    value,
                    // A percentile whose samples nobody counted is one of few.
                    samples: samples
                        .as_ref()
                        .map(|samples| at(side(samples), index).unwrap_or(0.0)),
                })
            };
            Reading::Series {
                baseline: sample(&value.baseline, |both| &both.baseline),
                canary: sample(&value.canary, |both| &both.canary),
            }
        }
    }
}
