//! What `sluice test` prints.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};
use sluice_core::validate::{TestResult, TestState};

use crate::lines::folded;

use super::Tested;

const BAD: Style = AnsiColor::Red.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const UNKNOWN: Style = AnsiColor::Yellow.on_default().bold();
const STRONG: Style = Style::new().bold();

fn style(state: TestState) -> Style {
    match state {
        TestState::Passed => GOOD,
        TestState::Failed => BAD,
        TestState::Running | TestState::Unknown => UNKNOWN,
    }
}

/// The line of a test that has ended.
pub(super) fn line(result: &TestResult) -> String {
    let (style, word) = (style(result.state), result.state.word());
    format!(
        "{style}{word}{style:#}: {} ({} ms)",
        result.name, result.took
    )
}

/// The table of all gates.
pub(super) fn text(all: &[Tested<'_>]) -> String {
    let mut out = String::new();
    for tested in all {
        let _ = writeln!(out, "{STRONG}{}{STRONG:#}: {}", tested.gate, tested.verdict);
        for row in rows(&tested.results) {
            let _ = writeln!(out, "{row}");
        }
        if !tested.not_run.is_empty() {
            let names = tested.not_run.join(", ");
            let _ = writeln!(out, "  not run here, only by the gate: {names}");
        }
    }
    out
}

fn rows(results: &[TestResult]) -> Vec<String> {
    let width = results
        .iter()
        .map(|result| result.name.chars().count())
        .max();
    let width = width.unwrap_or(0);
    let row = |result: &TestResult| {
        let style = style(result.state);
        let word = result.state.word();
        let tries = match result.attempts {
            0 | 1 => String::new(),
            tries => format!(", {tries} tries"),
        };
        let reported = if result.required {
            ""
        } else {
            ", only reported"
        };
        let mut row = format!(
            "  {:<width$}  {style}{word:<17}{style:#}  {} ms{tries}{reported}",
            result.name, result.took
        );
        let detail = result.said();
        if !detail.is_empty() {
            let _ = write!(row, "\n{}", folded(&detail, "    ", "      "));
        }
        row
    };
    results.iter().map(row).collect()
}

/// The same for programs.
pub(super) fn document(all: &[Tested<'_>]) -> Value {
    let gates: Vec<Value> = all
        .iter()
        .map(|tested| {
            json!({
                "gate": tested.gate,
                "verdict": tested.verdict,
                "reasons": tested.reasons,
                "results": tested.results,
                "not_run": tested.not_run,
            })
        })
        .collect();
    json!({ "gates": gates })
}
