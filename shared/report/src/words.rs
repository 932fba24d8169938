//! Sentences and words as the page writes them.

use maud::{Markup, html};
use sluice_core::evidence::Evidence;
use sluice_core::reading::AlarmState;
use sluice_core::verdict::{DecidedBy, Outcome};
use sluice_core::{Reason, Verdict};

/// Verdict or gate error: its word, its sign, and its class in the style.
pub(crate) fn verdict(verdict: Option<Verdict>) -> (&'static str, &'static str, &'static str) {
    match verdict {
        Some(Verdict::Pass) => ("pass", "\u{2713}", "pass"),
        Some(Verdict::Fail) => ("fail", "\u{2717}", "fail"),
        Some(Verdict::Inconclusive) => ("inconclusive", "?", "unsure"),
        None => ("gate error", "!", "fail"),
    }
}

/// Why, in one sentence, and the fixed word for it.
pub(crate) fn why(evidence: &Evidence) -> (String, String) {
    match (&evidence.reason, &evidence.gate_error) {
        (Some(Reason { code, .. }), _) => {
            let reason = evidence.reason.as_ref().map(Reason::to_string);
            (reason.unwrap_or_default(), code.to_string())
        }
        (None, Some((name, text))) => (text.clone(), name.clone()),
        (None, None) => ("no reason is given".to_owned(), "-".to_owned()),
    }
}

/// What the host was told, and what decided it.
pub(crate) fn outcome(evidence: &Evidence) -> String {
    let decision = evidence.decision;
    if evidence.verdict.is_none() && decision.outcome == Outcome::Stop {
        return "stop: nothing goes without a verdict".to_owned();
    }
    let by = match (decision.outcome, decision.decided_by) {
        (_, DecidedBy::Verdict) => "the verdict",
        (_, DecidedBy::Policy) => "a policy: the plan lets an undecided release go on",
        (_, DecidedBy::Waiver) => "a waiver: without it, the release would have been stopped",
        (_, DecidedBy::WatchOnly) => "watch-only mode: the gate judges and never stops",
    };
    format!("{}, decided by {by}", decision.outcome)
}

/// The waiver that let the release go on, if one did.
pub(crate) fn waiver(evidence: &Evidence) -> Option<String> {
    evidence.waiver.as_ref().map(ToString::to_string)
}

/// The class of a state in the style. A word that is not known is unknown.
pub(crate) fn class(state: &AlarmState) -> &'static str {
    match state {
        AlarmState::Ok => "ok",
        AlarmState::Alarm => "alarm",
        AlarmState::InsufficientData => "nodata",
        AlarmState::Unknown(_) => "unknown",
    }
}

/// A text in which what stands between backticks is code.
pub(crate) fn marked(text: &str) -> Markup {
    let parts: Vec<&str> = text.split('`').collect();
    // An odd backtick is no mark.
    if parts.len().is_multiple_of(2) {
        return html! { (text) };
    }
    html! {
        @for (index, part) in parts.iter().enumerate() {
            @if index.is_multiple_of(2) { (part) } @else { code { (part) } }
        }
    }
}

/// A number of the evidence as it is shown, with its exact value.
pub(crate) fn data(value: impl Into<f64>, text: &str) -> Markup {
    let value: f64 = value.into();
    html! { data value=(value) { (text) } }
}

/// A number for people: thousands set apart, at most two decimals.
pub(crate) fn number(number: f64) -> String {
    // An empty sum of floating-point numbers is -0.
    let number = if number == 0.0 { 0.0 } else { number };
    let text = format!("{number:.2}");
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let digits = whole.trim_start_matches('-');
    let mut out = String::from(&whole[..whole.len() - digits.len()]);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    match decimals.trim_end_matches('0') {
        "" => out,
        decimals => format!("{out}.{decimals}"),
    }
}
