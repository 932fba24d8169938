//! One row an alarm: its states over time, and how long it was known.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use sluice_core::Duration;
use sluice_core::bake::{BegunAlarm, ShownAlarm, ShownState};
use sluice_core::reading::AlarmState;

use crate::chart::{Mark, Scale, block, lines, patterns, percent, swatch};
use crate::times::Clock;
use crate::words::{class, marked};

/// States of one alarm before its row is cut.
const STATES_MAX: usize = 400;
const ROW_HEIGHT: u32 = 40;

/// What all rows share.
pub(crate) struct Rows<'a> {
    pub(crate) scale: Scale,
    pub(crate) clock: Clock,
    pub(crate) marks: &'a [Mark],
    pub(crate) window: (Timestamp, Timestamp),
    pub(crate) standstills: &'a [(Timestamp, Timestamp)],
    pub(crate) needed: Duration,
    /// The last look: what comes later is not there yet.
    pub(crate) read_until: Timestamp,
}

/// What the patterns mean.
pub(crate) fn legend() -> Markup {
    html! {
        (patterns())
        ul.legend aria-label="Legend" {
            (swatch("state ok", "OK"))
            (swatch("state alarm", "ALARM"))
            (swatch("state nodata", "INSUFFICIENT_DATA"))
            (swatch("state unknown", "not known"))
            (swatch("state window", "the time to bake"))
            (swatch("state still", "no traffic: the clock stands"))
        }
    }
}

/// One alarm's row.
pub(crate) fn row(index: usize, alarm: &BegunAlarm, shown: &ShownAlarm, rows: &Rows<'_>) -> Markup {
    let title = format!("alarm-{index}");
    html! {
        div.alarm {
            h3 { (marked(&format!("Alarm {}", alarm.label()))) }
            svg.row role="img" width="100%" height=(ROW_HEIGHT) aria-labelledby=(title) {
                title id=(title) { "States of alarm " (alarm.label()) ": " (totals(shown)) }
                (block(rows.scale, "state window", rows.window, 0, ROW_HEIGHT))
                @match &shown.states {
                    Ok(states) => { @for state in states.iter().take(STATES_MAX) { (one(state, rows)) } }
                    Err(_) => { (block(rows.scale, "state unknown", (rows.scale.from, rows.read_until), 7, 22)) }
                }
                @for still in rows.standstills { (block(rows.scale, "state still", *still, 31, 6)) }
                (lines(rows.scale, rows.marks, ROW_HEIGHT))
            }
            p.sum { (totals(shown)) }
            (known(index, shown, rows))
            @if let Ok(states) = &shown.states {
                @if states.len() > STATES_MAX {
                    p.cut { (STATES_MAX) " of " (states.len()) " states are drawn." }
                }
            }
        }
    }
}

/// One state, with its word where there is room for it.
fn one(state: &ShownState, rows: &Rows<'_>) -> Markup {
    let (from, to) = (rows.scale.place(state.from), rows.scale.place(state.to));
    let word = state.state.to_string();
    // So many percent of a narrow page have room for a letter.
    let fits = to - from > f64::from(u32::try_from(word.len()).unwrap_or(u32::MAX)) * 2.6;
    html! {
        (block(rows.scale, &format!("state {}", class(&state.state)), (state.from, state.to), 7, 22))
        @if fits {
            text class={ "word " (class(&state.state)) } x=(percent(f64::midpoint(from, to))) y="22.5" text-anchor="middle" {
                (word)
            }
        }
    }
}

/// How long it was in which state, and when it came into ALARM.
fn totals(shown: &ShownAlarm) -> String {
    let states = match &shown.states {
        Ok(states) => states,
        Err(why) => return format!("not known: {why}"),
    };
    let mut sums: BTreeMap<String, SignedDuration> = BTreeMap::new();
    for state in states {
        *sums.entry(word(&state.state)).or_default() += state.to.duration_since(state.from);
    }
    let parts: Vec<String> = sums
        .into_iter()
        .map(|(word, length)| format!("{word} for {}", Duration::from_signed(length)))
        .collect();
    parts.join(", ")
}

fn word(state: &AlarmState) -> String {
    match state {
        AlarmState::Unknown(word) => format!("{word} (not known here)"),
        known => known.to_string(),
    }
}

/// Known time against what is needed, as a bar and in words.
fn known(index: usize, shown: &ShownAlarm, rows: &Rows<'_>) -> Markup {
    let known = Duration::from_signed(shown.known);
    let needed = SignedDuration::from(rows.needed).as_secs_f64().max(1.0);
    let share = (shown.known.as_secs_f64() / needed).clamp(0.0, 1.0) * 100.0;
    let title = format!("known-{index}");
    html! {
        p.known {
            svg.meter role="img" width="120" height="10" aria-labelledby=(title) {
                title id=(title) { "Known for " (known) " of " (rows.needed) }
                rect.meter-whole x="0.5" y="0.5" width="119" height="9" {}
                rect.meter-part x="0.5" y="0.5" width=(percent(share * 119.0 / 120.0)) height="9" {}
            }
            " known for " b { (known) } " of " b { (rows.needed) } " needed"
            @if let Some(at) = shown.failed_at {
                "; " b { "failed the bake" } " at " (rows.clock.moment(at))
            }
        }
    }
}
