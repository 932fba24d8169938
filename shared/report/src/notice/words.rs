//! The words in which notices are told.

use jiff::{SignedDuration, Timestamp};
use sluice_core::Verdict;
use sluice_core::notices::{Deciding, Kind, Notice, Result, Severity};
use sluice_core::verdict::DecidedBy;

use super::cut::cut;

/// Characters of a release's id that are shown where there is little room.
const SHORT_RELEASE: usize = 8;
/// Characters of the id that CodePipeline gives.
const RELEASE_ID: usize = 36;

/// The word of a kind, as in JSON.
pub(super) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Broken => "broken",
        Kind::FailedAgain => "failed_again",
        Kind::Mended => "mended",
        Kind::Rollback => "rollback",
        Kind::WentOn => "went_on",
        Kind::Passed => "passed",
        Kind::Said => "said",
    }
}

/// The word of a severity, as in JSON and as PagerDuty has it.
pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Error => "error",
        Severity::Critical => "critical",
    }
}

/// The word of a result, as in JSON.
pub(super) fn result(result: Result) -> &'static str {
    match result {
        Result::Failed => "failed",
        Result::Inconclusive => "inconclusive",
        Result::Error => "error",
        Result::PlanError => "plan_error",
        Result::Action => "action",
    }
}

/// `checkout/prod`, or the pipeline alone.
pub(super) fn place(notice: &Notice) -> String {
    match &notice.stage {
        Some(stage) => format!("{}/{stage}", notice.pipeline),
        None => notice.pipeline.clone(),
    }
}

/// Enough of a release's id to know it again.
pub(super) fn short(release: &str) -> &str {
    let end = release.char_indices().nth(SHORT_RELEASE);
    match end {
        Some((end, _)) if release.len() == RELEASE_ID => &release[..end],
        _ => release,
    }
}

/// `2026-03-03 10:15:00 UTC`.
pub(super) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// `3 h 12 min`: the two greatest units.
pub(super) fn length(length: SignedDuration) -> String {
    let seconds = length.as_secs().max(0);
    let units = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)];
    let first = units.iter().position(|(_, unit)| seconds >= *unit);
    let Some(first) = first else {
        return "less than a second".to_owned();
    };
    let mut left = seconds;
    let mut parts = Vec::new();
    for (name, unit) in units.iter().skip(first).take(2) {
        let count = left / unit;
        left %= unit;
        if count > 0 {
            parts.push(format!("{count} {name}"));
        }
    }
    parts.join(" ")
}

/// What a gate, or another action, came to: the end of a title.
fn came_to(deciding: &Deciding) -> String {
    let gate = cut(&deciding.gate, 40);
    if deciding.kind.is_empty() && deciding.verdict.is_none() && deciding.error.is_none() {
        return format!("action `{gate}` failed");
    }
    match deciding.verdict {
        Some(Verdict::Fail) => format!("gate `{gate}` failed"),
        Some(Verdict::Inconclusive) => format!("gate `{gate}` is inconclusive"),
        Some(Verdict::Pass) => format!("gate `{gate}` passed"),
        None => format!("gate `{gate}` could not answer"),
    }
}

fn came_to_in_all(notice: &Notice) -> String {
    let more = match notice.deciding.len() {
        0 | 1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    match (notice.deciding.first(), notice.result) {
        (_, Some(Result::PlanError)) => "its plan cannot be used".to_owned(),
        (Some(first), _) => format!("{}{more}", came_to(first)),
        (None, Some(Result::Failed)) => "a gate failed".to_owned(),
        (None, Some(Result::Inconclusive)) => "a gate is inconclusive".to_owned(),
        (None, Some(Result::Error)) => "a gate could not answer".to_owned(),
        (None, Some(Result::Action)) => "an action failed".to_owned(),
        (None, None) => notice.reason.clone(),
    }
}

/// The one line on top, of any length.
pub(super) fn title(notice: &Notice) -> String {
    let place = place(notice);
    match notice.kind {
        Kind::Broken => format!("{place} is broken: {}", came_to_in_all(notice)),
        Kind::FailedAgain => format!("{place} failed again: {}", came_to_in_all(notice)),
        Kind::Mended => format!("{place} is mended{}", mended_after(notice)),
        Kind::Rollback if notice.severity >= Severity::Error => {
            format!("{place}: the rollback failed")
        }
        Kind::Rollback => format!("{place} is rolled back"),
        Kind::WentOn => format!("{place} went on without a pass: {}", came_to_in_all(notice)),
        Kind::Passed => format!("{place}: {}", came_to_in_all(notice)),
        Kind::Said => format!("{place}: {}", notice.reason),
    }
}

/// ` after 3 h 12 min, by release 0f1e2d3c`.
fn mended_after(notice: &Notice) -> String {
    let Some(outage) = &notice.outage else {
        return String::new();
    };
    let after = lasted(notice).map(|lasted| format!(" after {lasted}"));
    let by = outage.mended_by.as_ref().or(notice.release.as_ref());
    let by = by.map(|release| format!(", by release {}", short(release)));
    format!("{}{}", after.unwrap_or_default(), by.unwrap_or_default())
}

/// How long the stage was broken, once it is mended.
pub(super) fn lasted(notice: &Notice) -> Option<String> {
    let outage = notice.outage.as_ref()?;
    let mended = outage.mended?;
    Some(length(mended.duration_since(outage.since)))
}

/// Since when the stage is, or was, broken.
pub(super) fn outage(notice: &Notice) -> Option<String> {
    let outage = notice.outage.as_ref()?;
    let began = format!(
        "since {}, first by release {}",
        moment(outage.since),
        outage.by
    );
    let failures = match outage.failures {
        0 | 1 => String::new(),
        count => format!(", {count} failures"),
    };
    Some(match (lasted(notice), &outage.mended_by) {
        (Some(lasted), Some(by)) => {
            format!("mended after {lasted}, by release {by}; broken {began}{failures}")
        }
        (Some(lasted), None) => format!("mended after {lasted}; broken {began}{failures}"),
        (None, _) => format!("broken {began}{failures}"),
    })
}

/// What decided, in one line.
pub(super) fn decided(deciding: &Deciding) -> String {
    let Deciding {
        gate, kind, error, ..
    } = deciding;
    if kind.is_empty() && deciding.verdict.is_none() && error.is_none() {
        return format!("action `{gate}`: failed");
    }
    let kind = if kind.is_empty() {
        String::new()
    } else {
        format!(" ({kind})")
    };
    let came = match (deciding.verdict, error) {
        (Some(verdict), _) => verdict.to_string(),
        (None, Some(error)) => format!("could not answer ({error}, docs/errors/{error}.md)"),
        (None, None) => "could not answer".to_owned(),
    };
    let outcome = deciding.outcome.map(|o| format!(", outcome {o}"));
    let by = deciding.outcome.and(deciding.decided_by).and_then(why);
    format!(
        "gate `{gate}`{kind}: {came}{}{}",
        outcome.unwrap_or_default(),
        by.unwrap_or_default()
    )
}

/// What an outcome rests on, if that is not the verdict.
fn why(decided_by: DecidedBy) -> Option<&'static str> {
    match decided_by {
        DecidedBy::Verdict => None,
        DecidedBy::Policy => Some(" by a policy of the plan"),
        DecidedBy::Waiver => Some(" by a waiver"),
        DecidedBy::WatchOnly => Some(" because it only watches"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(seconds: i64, expected: &str) {
        assert_eq!(length(SignedDuration::from_secs(seconds)), expected);
    }

    #[test]
    fn a_length_is_told_in_its_two_greatest_units() {
        check(-5, "less than a second");
        check(0, "less than a second");
        check(59, "59 s");
        check(60, "1 min");
        check(61, "1 min 1 s");
        check(3_600, "1 h");
        check(3_659, "1 h");
        check(11_520, "3 h 12 min");
        check(86_399, "23 h 59 min");
        check(90_000, "1 d 1 h");
    }

    #[test]
    fn the_id_of_a_release_is_shortened_and_nothing_else_is() {
        assert_eq!(short("0f1e2d3c-1111-4222-8333-444455556666"), "0f1e2d3c");
        assert_eq!(short("v1.2.3-of-today"), "v1.2.3-of-today");
    }
}
