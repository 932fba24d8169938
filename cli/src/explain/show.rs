//! What is said of each gate: a block of lines that fit a terminal, or JSON.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sluice_core::GateError;

use super::look::{Explained, Said};
use super::seen::{Had, Requests, Seen, SeenAlarm, SeenMetric};
use crate::lines::folded;
use crate::region::{ago, length};

/// All blocks.
pub(super) fn text(now: Timestamp, all: &[Explained]) -> String {
    let blocks: Vec<String> = all.iter().map(|own| block(now, own)).collect();
    blocks.join("\n")
}

fn block(now: Timestamp, own: &Explained) -> String {
    let watches = if own.watches_only {
        ": only watches, and lets every release go"
    } else {
        ""
    };
    let mut lines = vec![format!(
        "{}/{} ({}){watches}",
        own.stage, own.gate, own.kind
    )];
    let line = |text: String| folded(&text, "  ", "    ");
    lines.extend(saw(now, &own.seen).into_iter().map(line));
    lines.extend(own.remarks.iter().cloned().map(line));
    if let Some(begins) = &own.begins {
        lines.push(line(format!("a release that begins now: {}", said(begins))));
    }
    if let Some((since, then)) = &own.began {
        let since = length(since.as_secs());
        lines.push(line(format!("one that began {since} ago: {}", said(then))));
    }
    for reason in &own.kept_by {
        lines.push(line(format!("keeps it from a pass: {reason}")));
    }
    let hint = hint(own);
    lines.extend(hint.map(|hint| folded(&hint, "  hint: ", "    ")));
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn said(own: &Said) -> String {
    match own {
        Said::Answers(verdict, reason) => format!("{verdict}: {reason}"),
        Said::LooksOn(line) => format!("looks on: {line}"),
        Said::Error(error) => format!("gate error `{}`: {error}", error.name()),
    }
}

/// What to do about the first error.
fn hint(own: &Explained) -> Option<String> {
    let all = own
        .begins
        .iter()
        .chain(own.began.as_ref().map(|(_, said)| said));
    let errors = all.filter_map(|said| match said {
        Said::Error(error) => Some(error),
        Said::Answers(..) | Said::LooksOn(_) => None,
    });
    let error = errors.into_iter().next()?;
    Some(match error {
        GateError::AccessDenied { operation, .. } if operation == "sts:AssumeRole" => {
            "the role may trust only the gates' functions; `--as-myself` reads with your own \
             credentials"
                .to_owned()
        }
        other => other.hint(),
    })
}

fn saw(now: Timestamp, seen: &Seen) -> Vec<String> {
    let mut lines: Vec<String> = seen.alarms.iter().map(|own| alarm(now, own)).collect();
    lines.extend(seen.requests.iter().map(|own| requests(own, seen.since)));
    let groups = seen.groups.iter();
    lines.extend(groups.map(|own| format!("{}: {}", own.version, own.series)));
    lines.extend(seen.metrics.iter().map(metric));
    lines.extend(seen.tests.iter().map(|test| format!("test {test}")));
    lines
}

fn alarm(now: Timestamp, own: &SeenAlarm) -> String {
    let place = own.region.as_ref();
    let place = place.map_or_else(String::new, |region| format!(" in {region}"));
    let since = own.since.map_or_else(
        || ", CloudWatch does not say since when".to_owned(),
        |at| format!(" since {at:.0} ({})", ago(at, now)),
    );
    let blind = own.evaluation.as_ref();
    let blind = blind.map_or_else(String::new, |why| format!("; not evaluated: {why}"));
    format!("alarm `{}`{place}: {}{since}{blind}", own.name, own.state)
}

fn requests(own: &Requests, since: Option<SignedDuration>) -> String {
    let Requests {
        metric, at_least, ..
    } = own;
    let within = since.map_or_else(String::new, |since| {
        format!(" in the last {}", length(since.as_secs()))
    });
    let counted = match (own.count, &own.unknown) {
        (_, Some(why)) => format!("could not be counted: {why}"),
        (Some(count), None) => format!(
            "{count:.0}{within}, {} periods with data; at least {at_least} are required",
            own.periods
        ),
        (None, None) => format!("not counted yet; at least {at_least} are required"),
    };
    format!("requests by {metric}: {counted}")
}

fn metric(own: &SeenMetric) -> String {
    let had = |had: &Had| {
        let samples = had.samples;
        let samples = samples.map_or_else(String::new, |count| format!(", {count:.0} samples"));
        format!("{} of {} periods{samples}", had.periods, own.periods)
    };
    format!(
        "metric {}: old version {}; new version {}",
        own.name,
        had(&own.baseline),
        had(&own.canary)
    )
}

/// All of it as JSON.
pub(super) fn document(now: Timestamp, all: &[Explained]) -> Value {
    let gates: Vec<Value> = all.iter().map(one).collect();
    json!({ "format": "sluice-explain/1", "at": now, "gates": gates })
}

fn one(own: &Explained) -> Value {
    let began = own.began.as_ref().map(|(since, then)| {
        let mut then = answer(then);
        then["seconds_ago"] = json!(since.as_secs());
        then
    });
    json!({
        "stage": own.stage,
        "gate": own.gate,
        "kind": own.kind,
        "watches_only": own.watches_only,
        "seen": own.seen,
        "begins_now": own.begins.as_ref().map(answer),
        "had_begun": began,
        "kept_from_a_pass_by": own.kept_by,
        "remarks": own.remarks,
    })
}

fn answer(own: &Said) -> Value {
    match own {
        Said::Answers(verdict, reason) => {
            json!({ "answer": verdict.to_string(), "reason": reason })
        }
        Said::LooksOn(line) => json!({ "answer": "looks on", "progress": line }),
        Said::Error(error) => json!({
            "answer": "gate error",
            "error": { "name": error.name(), "message": error.to_string(), "hint": error.hint() },
        }),
    }
}
