//! Many releases over a recorded series: one begun at every full hour, say.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};
use sluice_core::Duration;
use sluice_core::plan::Plan;
use sluice_world::Scenario;

use super::{RehearseArguments, code};
use crate::exit;
use crate::rehearsal::{Rehearsed, rehearse};

/// More releases than anybody waits for are a mistake in the step.
const RELEASES_MAX: usize = 100_000;

/// What came of one release.
struct Row {
    begin: Timestamp,
    end: Timestamp,
    code: u8,
    reason: String,
    looks: usize,
    calls: u64,
    inside: bool,
}

/// Rehearses releases begun at every full step of a recorded series.
pub(super) fn run(
    arguments: &RehearseArguments,
    plan: &Plan,
    text: &str,
    scenario: &Scenario,
    every: Duration,
) -> io::Result<u8> {
    let prepared = begins(scenario, every).and_then(|begins| {
        let windows = arguments.windows.as_deref().map(windows).transpose()?;
        Ok((begins, windows))
    });
    let (begins, windows) = match prepared {
        Ok(prepared) => prepared,
        Err(message) => {
            writeln!(anstream::stderr(), "error: {message}")?;
            return Ok(exit::GATE_ERROR);
        }
    };
    let mut rows = Vec::new();
    let total = begins.len();
    for (index, begin) in begins.into_iter().enumerate() {
        let scenario = Scenario {
            begin,
            ..scenario.clone()
        };
        let done = match rehearse(plan, text, scenario, Arc::new(|_| {})) {
            Ok(done) => done,
            Err(error) => {
                writeln!(anstream::stderr(), "error: {error}")?;
                return Ok(exit::GATE_ERROR);
            }
        };
        rows.push(row(
            plan,
            &done,
            begin,
            windows.as_deref().unwrap_or_default(),
        ));
        if !arguments.quiet && std::io::IsTerminal::is_terminal(&io::stderr()) {
            write!(io::stderr(), "\r{} of {total} releases", index + 1)?;
        }
    }
    if !arguments.quiet && std::io::IsTerminal::is_terminal(&io::stderr()) {
        writeln!(io::stderr())?;
    }
    if arguments.json {
        let document = serde_json::to_string_pretty(&document(&rows))?;
        writeln!(io::stdout(), "{document}")?;
    } else {
        table(
            &mut anstream::stdout(),
            &rows,
            windows.is_some(),
            arguments.verbose,
        )?;
    }
    Ok(exit::PASS)
}

/// The full steps at which a release can begin so that the series covers it:
/// with the scenario's history before it, and a day at most after it.
fn begins(scenario: &Scenario, every: Duration) -> Result<Vec<Timestamp>, String> {
    let step = i64::from(every.as_seconds());
    if step == 0 {
        return Err("`--begin-every 0s` would never end: write `1h`".to_owned());
    }
    let (from, to) = scenario.recorded().ok_or(
        "the scenario has no recorded series at its own times: give a metric `csv: { file: ... }` without `at`",
    )?;
    let first = from.as_second().div_euclid(step) * step;
    let first = if first < from.as_second() {
        first + step
    } else {
        first
    };
    let last = to.as_second();
    let count = usize::try_from((last - first) / step).unwrap_or(0);
    if count > RELEASES_MAX {
        return Err(format!(
            "that would be {count} releases: take a longer step than `{every}`"
        ));
    }
    Ok((first..=last)
        .step_by(usize::try_from(step).unwrap_or(usize::MAX))
        .filter_map(|second| Timestamp::from_second(second).ok())
        .collect())
}

fn row(plan: &Plan, done: &Rehearsed, begin: Timestamp, windows: &[(Timestamp, Timestamp)]) -> Row {
    let end = done.execution.ended.unwrap_or(begin);
    let reason = done
        .gates
        .iter()
        .find(|gate| gate.evidence.verdict != Some(sluice_core::Verdict::Pass));
    let reason = reason.or(done.gates.first()).map(|gate| {
        match (&gate.evidence.reason, &gate.evidence.gate_error) {
            (Some(reason), _) => reason.code.to_string(),
            (None, Some((name, _))) => name.clone(),
            (None, None) => String::new(),
        }
    });
    Row {
        begin,
        end,
        code: code(plan, done),
        reason: reason.unwrap_or_else(|| "no gate answered".to_owned()),
        looks: done.gates.iter().map(|gate| gate.looks).sum(),
        calls: done.calls.values().sum(),
        inside: windows
            .iter()
            .any(|(from, to)| begin <= *to && end >= *from),
    }
}

fn document(rows: &[Row]) -> Value {
    let rows = rows.iter().map(|row| {
        json!({
            "begin": row.begin,
            "end": row.end,
            "verdict": exit::word(row.code),
            "reason": row.reason,
            "looks": row.looks,
            "aws_calls": row.calls,
            "inside_a_window": row.inside,
        })
    });
    Value::Array(rows.collect())
}

fn table(out: &mut impl Write, rows: &[Row], windows: bool, verbose: bool) -> io::Result<()> {
    if verbose {
        for row in rows {
            let took = Duration::from_signed(row.end.duration_since(row.begin));
            let mark = if row.inside { "  inside a window" } else { "" };
            writeln!(
                out,
                "{}  {:<12}  {:<20}  {took}{mark}",
                row.begin,
                exit::word(row.code),
                row.reason
            )?;
        }
        writeln!(out)?;
    }
    let mut counts: BTreeMap<(u8, &str), (usize, usize)> = BTreeMap::new();
    for row in rows {
        let cell = counts.entry((row.code, row.reason.as_str())).or_default();
        if row.inside { cell.1 += 1 } else { cell.0 += 1 }
    }
    let inside = rows.iter().filter(|row| row.inside).count();
    if windows {
        writeln!(
            out,
            "{:<12}  {:<22}  {:>8}  {:>16}",
            "verdict", "reason", "outside", "inside a window"
        )?;
        for ((code, reason), (without, within)) in &counts {
            writeln!(
                out,
                "{:<12}  {reason:<22}  {without:>8}  {within:>16}",
                exit::word(*code)
            )?;
        }
        writeln!(
            out,
            "{:<12}  {:<22}  {:>8}  {:>16}",
            "all",
            "",
            rows.len() - inside,
            inside
        )?;
    } else {
        writeln!(
            out,
            "{:<12}  {:<22}  {:>8}",
            "verdict", "reason", "releases"
        )?;
        for ((code, reason), (without, _)) in &counts {
            writeln!(out, "{:<12}  {reason:<22}  {without:>8}", exit::word(*code))?;
        }
        writeln!(out, "{:<12}  {:<22}  {:>8}", "all", "", rows.len())?;
    }
    let calls: u64 = rows.iter().map(|row| row.calls).sum();
    let looks: usize = rows.iter().map(|row| row.looks).sum();
    writeln!(out, "\n{looks} looks, {calls} AWS calls")
}

/// Reads `FILE`, or one list of it with `FILE#KEY`.
fn windows(text: &str) -> Result<Vec<(Timestamp, Timestamp)>, String> {
    let (file, key) = match text.split_once('#') {
        Some((file, key)) => (file, Some(key)),
        None => (text, None),
    };
    let content = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    let value: Value =
        serde_json::from_str(&content).map_err(|error| format!("{file}: {error}"))?;
    let list = match key {
        None => &value,
        Some(key) => value
            .get(key)
            .ok_or_else(|| format!("{file} has no key `{key}`"))?,
    };
    let pairs: Vec<(String, String)> = serde_json::from_value(list.clone())
        .map_err(|error| format!("{file}: not a list of [from, to]: {error}"))?;
    let moment = |text: &str| {
        let zoned = if text.ends_with('Z') {
            text.to_owned()
        } else {
            format!("{}Z", text.replace(' ', "T"))
        };
        zoned
            .parse::<Timestamp>()
            .map_err(|error| format!("{file}: `{text}`: {error}"))
    };
    pairs
        .iter()
        .map(|(from, to)| Ok((moment(from)?, moment(to)?)))
        .collect()
}
