//! From readings to a ruling.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::alarm::{Circumstances, View};
use super::clock::{requests, standstills};
use super::facts::{Begun, Facts, History, Memory, TrafficFacts, offset};
use super::timeline::{Timeline, timeline};
use crate::Duration;
use crate::reading::AlarmState;
use crate::reason::{Reason, ReasonCode};
use crate::settings::{AlreadyInAlarm, Bake, InsufficientData, Recovered, Traffic};
use crate::verdict::Verdict;

/// The soonest that another look can find anything new: alarms are evaluated
/// once a minute, at moments we do not know.
const LOOK_AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(30);

/// Bakes of seconds, against emulators, are looked at more often.
const LOOKS_IN_A_BAKE: i32 = 20;

/// What a ruling says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// The bake is over.
    Reached {
        /// Its verdict.
        verdict: Verdict,
        /// Why.
        reason: Reason,
        /// What else speaks for the same verdict.
        also: Vec<Reason>,
    },
    /// It goes on.
    Wait {
        /// Before this moment there is nothing new to see.
        not_before: Timestamp,
        /// How far it is.
        progress: Progress,
    },
}

/// How far a gate is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// 0 to 99.
    pub percent: u8,
    /// One line for people.
    pub line: String,
}

/// A ruling, and what to carry to the next look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// What the readings say.
    pub ruling: Ruling,
    /// For the next look.
    pub memory: Memory,
}

/// Says which alarms' histories have to be read before [`judge`] can use a
/// look, by their place in [`Begun`]: none where nothing moved or what is seen
/// is enough, all of them where a pass is within reach, and at the last look
/// those that an earlier look judged too: that one carried nothing but the
/// fact that it did.
pub fn history_wanted(
    begun: &Begun,
    settings: &Bake,
    facts: &Facts,
    memory: &Memory,
) -> BTreeSet<usize> {
    let lines = timelines(begun, settings, facts, memory);
    let circumstances = Circumstances {
        begun,
        settings,
        now: facts.now,
        watched: watched(begun),
        standstills: &[],
    };
    let fails_anyway =
        begun
            .alarms
            .iter()
            .zip(&facts.alarms)
            .zip(&lines)
            .any(|((alarm, facts), line)| {
                matches!(line, Timeline::Known { .. })
                    && matches!(
                        circumstances.view(alarm, facts, line, Duration::ZERO),
                        View::Fails(..)
                    )
            });
    if fails_anyway {
        BTreeSet::new()
    } else if pass_is_within_reach(begun, settings, facts, memory) {
        (0..begun.alarms.len()).collect()
    } else {
        let is_last = is_over(begun, settings, facts) || facts.last_chance;
        lines
            .iter()
            .enumerate()
            .filter(|(_, line)| {
                **line == Timeline::Wanted || (is_last && **line == Timeline::Accounted)
            })
            .map(|(index, _)| index)
            .collect()
    }
}

/// Judges one look.
pub fn judge(begun: &Begun, settings: &Bake, facts: &Facts, memory: &Memory) -> Judged {
    let mut memory = seen_blind(begun, facts, memory);
    let lines = timelines(begun, settings, facts, &memory);
    let standstills = standstills(&facts.traffic, settings.quiet_for(), begun.began, facts.now);
    let circumstances = Circumstances {
        begun,
        settings,
        now: facts.now,
        watched: watched(begun),
        standstills: &standstills,
    };
    let views: Vec<View> = begun
        .alarms
        .iter()
        .zip(&facts.alarms)
        .zip(&lines)
        .enumerate()
        .map(|(index, ((alarm, facts), line))| {
            circumstances.view(alarm, facts, line, memory.blind_time(index))
        })
        .collect();
    account(begun, facts, &lines, &mut memory);

    let mut failures: Vec<(Timestamp, Reason)> = views
        .iter()
        .filter_map(|view| match view {
            View::Fails(at, reason) => Some((*at, reason.clone())),
            _ => None,
        })
        .collect();
    failures.sort_by_key(|(at, _)| *at);
    if !failures.is_empty() {
        return reached(
            Verdict::Fail,
            failures.into_iter().map(|(_, reason)| reason).collect(),
            memory,
        );
    }

    let obstacles = obstacles(&circumstances, facts, &views);
    if obstacles.is_empty() {
        return reached(
            Verdict::Pass,
            vec![quiet(begun, settings, facts, &views)],
            memory,
        );
    }
    let over = is_over(begun, settings, facts);
    if over || facts.last_chance {
        let unrecovered: Vec<Reason> = views
            .iter()
            .filter_map(|view| match view {
                View::Lacks {
                    reason,
                    fails_at_the_end: true,
                    ..
                } => Some(reason.clone()),
                _ => None,
            })
            .collect();
        return if unrecovered.is_empty() {
            let mut reasons = obstacles;
            let limit = if over {
                format!("not decided within {}", settings.at_most())
            } else {
                "not decided in the time that the host gives".to_owned()
            };
            reasons[0].seen = format!("{limit}: {}", reasons[0].seen);
            reached(Verdict::Inconclusive, reasons, memory)
        } else {
            reached(Verdict::Fail, unrecovered, memory)
        };
    }

    let read_all = facts
        .alarms
        .iter()
        .all(|a| matches!(a.history, Some(History::Read(_))));
    if read_all {
        let wait = views
            .iter()
            .map(|view| match view {
                View::Lacks { at_least, .. } => *at_least,
                _ => SignedDuration::ZERO,
            })
            .max()
            .unwrap_or_default();
        memory.no_pass_before = Some(facts.now + wait.max(LOOK_AGAIN_AFTER));
    }
    let progress = progress(begun, settings, facts, &obstacles);
    Judged {
        ruling: Ruling::Wait {
            not_before: facts.now + pace(settings),
            progress,
        },
        memory,
    }
}

fn reached(verdict: Verdict, mut reasons: Vec<Reason>, memory: Memory) -> Judged {
    let reason = reasons.remove(0);
    Judged {
        ruling: Ruling::Reached {
            verdict,
            reason,
            also: reasons,
        },
        memory,
    }
}

pub(super) fn watched(begun: &Begun) -> Timestamp {
    begun.watched_from.at - begun.guard()
}

/// Whether the bake has had all the time that it may take.
fn is_over(begun: &Begun, settings: &Bake, facts: &Facts) -> bool {
    facts.now >= begun.began + SignedDuration::from(settings.at_most())
}

/// When the last read of a bake without trouble comes.
pub(super) fn last_read_from(begun: &Begun, settings: &Bake) -> Timestamp {
    begun.began + SignedDuration::from(settings.bake_for.saturating_add(begun.settle))
}

/// How soon after a look the next one can find anything new.
pub fn pace(settings: &Bake) -> SignedDuration {
    let short = SignedDuration::from(settings.bake_for) / LOOKS_IN_A_BAKE;
    short.clamp(SignedDuration::from_secs(1), LOOK_AGAIN_AFTER)
}

pub(super) fn timelines(
    begun: &Begun,
    settings: &Bake,
    facts: &Facts,
    memory: &Memory,
) -> Vec<Timeline> {
    let firing_is_final = settings.recovered == Recovered::Fail
        && settings.already_in_alarm == AlreadyInAlarm::Fail
        && !begun.recovering;
    begun
        .alarms
        .iter()
        .zip(&facts.alarms)
        .enumerate()
        .map(|(index, (alarm, facts))| {
            timeline(
                index,
                alarm,
                facts,
                memory,
                watched(begun),
                begun.began,
                firing_is_final,
            )
        })
        .collect()
}

/// Whether everything but the histories allows a pass: only then are all of
/// them read.
fn pass_is_within_reach(begun: &Begun, settings: &Bake, facts: &Facts, memory: &Memory) -> bool {
    let ignored = |index: usize| {
        settings.already_in_alarm == AlreadyInAlarm::Ignore
            && begun.alarms[index].alarm.state == AlarmState::Alarm
    };
    facts.now >= last_read_from(begun, settings)
        && memory
            .no_pass_before
            .is_none_or(|moment| facts.now >= moment)
        && lacking_traffic(settings, &facts.traffic).is_none()
        && facts.alarms.iter().enumerate().all(|(index, alarm)| {
            let present = &alarm.present;
            present.evaluation.is_none()
                && match present.state {
                    AlarmState::Ok => true,
                    AlarmState::InsufficientData => {
                        settings.insufficient_data == InsufficientData::Accept
                    }
                    AlarmState::Alarm => ignored(index),
                    AlarmState::Unknown(_) => false,
                }
        })
}

/// Adds up the time in which alarms could not be evaluated: from the last look
/// that saw them well to the next one that does.
pub(super) fn seen_blind(begun: &Begun, facts: &Facts, memory: &Memory) -> Memory {
    let mut next = memory.clone();
    let since = memory.last_read.unwrap_or(begun.began);
    // Rounded up: never less blind than it was.
    let passed =
        Duration::from_signed(facts.now.duration_since(since) + SignedDuration::from_millis(999))
            .as_seconds();
    for (index, alarm) in facts.alarms.iter().enumerate() {
        let is_blind = alarm.present.evaluation.is_some();
        if is_blind || memory.blind_now.contains(&index) {
            let total = next.blind.entry(index).or_default();
            *total = total.saturating_add(passed);
        }
        if is_blind {
            next.blind_now.insert(index);
        } else {
            next.blind_now.remove(&index);
        }
    }
    next.last_read = Some(facts.now);
    next
}

/// Remembers which transitions were judged, so that they are not read again
/// before the last look.
fn account(begun: &Begun, facts: &Facts, lines: &[Timeline], memory: &mut Memory) {
    for (index, (alarm, line)) in facts.alarms.iter().zip(lines).enumerate() {
        if let (Timeline::Known { .. }, Some(_), Some(at)) =
            (line, &alarm.history, alarm.present.transitioned)
            && at >= watched(begun)
        {
            memory.accounted.insert(index, offset(at, begun.began));
        }
    }
}

/// What traffic lacks for a pass.
fn lacking_traffic(settings: &Bake, traffic: &TrafficFacts) -> Option<Reason> {
    let Traffic::Measured(measured) = &settings.traffic else {
        return None;
    };
    let allowed = format!(
        "at least {} are required",
        grouped(measured.at_least as f64)
    );
    match requests(traffic) {
        Some(Ok(count)) if count >= measured.at_least as f64 => None,
        Some(Ok(count)) => Some(Reason {
            code: ReasonCode::NotEnoughTraffic,
            seen: format!(
                "{} requests of `{}` were seen",
                grouped(count),
                measured.metric.name
            ),
            allowed,
        }),
        Some(Err(why)) => Some(Reason {
            code: ReasonCode::TrafficUnknown,
            seen: format!(
                "the requests of `{}` could not be counted: {why}",
                measured.metric.name
            ),
            allowed,
        }),
        None => Some(Reason {
            code: ReasonCode::TrafficUnknown,
            seen: format!("the requests of `{}` were not read", measured.metric.name),
            allowed,
        }),
    }
}

/// Everything that stands between this look and a pass, most telling first.
fn obstacles(circumstances: &Circumstances<'_>, facts: &Facts, views: &[View]) -> Vec<Reason> {
    let Circumstances {
        begun,
        settings,
        now,
        ..
    } = circumstances;
    let mut found: Vec<Reason> = views
        .iter()
        .filter_map(|view| match view {
            View::Lacks { reason, .. } => Some(reason.clone()),
            _ => None,
        })
        .collect();
    found.sort_by_key(|reason| matches!(reason.code, ReasonCode::HistoryUnknown));
    if let Some(reason) = lacking_traffic(settings, &facts.traffic) {
        found.insert(0, reason);
    }
    let nothing_known = views.iter().all(|view| match view {
        View::Ready { known, .. } | View::Lacks { known, .. } => known.is_zero(),
        View::Fails(..) => false,
    });
    if nothing_known {
        found.push(Reason {
            code: ReasonCode::NothingKnown,
            seen: "no alarm was known at any time that is judged".to_owned(),
            allowed: "what the plan accepts not to know is not accepted where nothing was known"
                .to_owned(),
        });
    }
    let ready_at = last_read_from(begun, settings);
    if *now < ready_at {
        found.push(Reason {
            code: ReasonCode::TimeOver,
            seen: format!("the last look came at {now}"),
            allowed: format!("a pass needs one at or after {ready_at}"),
        });
    }
    found
}

/// The reason of a pass.
fn quiet(begun: &Begun, settings: &Bake, facts: &Facts, views: &[View]) -> Reason {
    let took = Duration::from_signed(facts.now.duration_since(begun.began));
    let mut seen = match begun.alarms.as_slice() {
        [one] => format!("alarm {} stayed quiet for {took}", one.label()),
        many => format!("{} alarms stayed quiet for {took}", many.len()),
    };
    match requests(&facts.traffic) {
        Some(Ok(count)) => seen.push_str(&format!(" under {} requests", grouped(count))),
        _ => seen.push_str("; traffic was not measured, so OK may mean that nobody came"),
    }
    for view in views {
        if let View::Ready {
            accepted: Some(accepted),
            ..
        } = view
        {
            seen.push_str("; ");
            seen.push_str(accepted);
        }
    }
    let mut allowed = format!("{} were required", settings.bake_for);
    if let Traffic::Measured(measured) = &settings.traffic {
        allowed.push_str(&format!(
            " and at least {} requests",
            grouped(measured.at_least as f64)
        ));
    }
    Reason {
        code: ReasonCode::Quiet,
        seen,
        allowed,
    }
}

fn progress(begun: &Begun, settings: &Bake, facts: &Facts, obstacles: &[Reason]) -> Progress {
    let elapsed = facts
        .now
        .duration_since(begun.began)
        .max(SignedDuration::ZERO);
    let whole = SignedDuration::from(settings.bake_for.saturating_add(begun.settle));
    let share = elapsed.as_secs_f64() / whole.as_secs_f64().max(1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to 0..=99"
    )]
    let percent = (share * 100.0).clamp(0.0, 99.0) as u8;
    let count = |state: &AlarmState| {
        facts
            .alarms
            .iter()
            .filter(|a| &a.present.state == state)
            .count()
    };
    let ok = count(&AlarmState::Ok);
    let mut line = format!(
        "baking {} of {}",
        Duration::from_signed(elapsed),
        Duration::from_signed(whole)
    );
    line.push_str(&format!(", {ok} of {} alarms OK", facts.alarms.len()));
    match (&settings.traffic, requests(&facts.traffic)) {
        (Traffic::Measured(measured), Some(Ok(seen))) => {
            line.push_str(&format!(
                ", {} of {} requests",
                grouped(seen),
                grouped(measured.at_least as f64)
            ));
        }
        (Traffic::Measured(_), _) => line.push_str(", requests not known"),
        (Traffic::NotMeasured(_), _) => line.push_str(", traffic not measured"),
    }
    let holding = obstacles.iter().find(|r| r.code != ReasonCode::TimeOver);
    if let (Some(reason), true) = (holding, elapsed >= whole) {
        line.push_str(&format!("; waiting: {}", reason.seen));
    }
    Progress { percent, line }
}

/// A whole number with thousands set apart: `8,214`.
fn grouped(number: f64) -> String {
    // An empty sum of floating-point numbers is -0.
    let digits = format!("{:.0}", number.max(0.0).abs());
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
