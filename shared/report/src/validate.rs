//! What became of tests: a table on the page, lines for answers and terminals.

use maud::{Markup, html};
use serde::Deserialize;
use sluice_core::Duration;
use sluice_core::evidence::Evidence;
use sluice_core::validate::{Facts, TestResult, TestState};

use crate::tables::table;
use crate::words::marked;

/// Lines about tests that did not pass, before the rest is only counted.
const LINES_MAX: usize = 12;
/// Tests that passed are named up to this many.
const PASSED_NAMED_MAX: usize = 20;
/// Characters of what a test says on such a line.
const SAID_MAX: usize = 220;

/// The tests that the evidence is about; none if it is about none.
pub fn test_results(evidence: &Evidence) -> Vec<TestResult> {
    if evidence.kind != "validate" {
        return Vec::new();
    }
    Facts::deserialize(&evidence.facts).map_or(Vec::new(), |facts| facts.tests)
}

/// A line for each test that did not pass, then those that did.
pub fn test_lines(evidence: &Evidence) -> Vec<String> {
    let results = test_results(evidence);
    let (passed, others): (Vec<_>, Vec<_>) = results
        .iter()
        .partition(|result| result.state == TestState::Passed);
    let mut lines: Vec<String> = others.iter().take(LINES_MAX).map(|own| line(own)).collect();
    if others.len() > LINES_MAX {
        lines.push(format!(
            "{} more that did not pass are in the evidence",
            others.len() - LINES_MAX
        ));
    }
    if passed.len() > PASSED_NAMED_MAX {
        lines.push(format!("{} tests passed", passed.len()));
    } else {
        lines.extend(passed.iter().map(|own| line(own)));
    }
    lines
}

/// `health: failed after 1.2 s, 3 tries: GET ...: status: got 503, wanted 200`
fn line(result: &TestResult) -> String {
    let tries = match result.attempts {
        0 | 1 => String::new(),
        tries => format!(", {tries} tries"),
    };
    let decides = if result.required {
        ""
    } else {
        " (only reported)"
    };
    let said = result.said();
    let said: String = match said.chars().count() > SAID_MAX {
        true => said.chars().take(SAID_MAX).chain("...".chars()).collect(),
        false => said,
    };
    let said = if said.is_empty() {
        said
    } else {
        format!(": {said}")
    };
    format!(
        "{}: {}{decides} after {}{tries}{said}",
        result.name,
        result.state.word(),
        seconds(result.took)
    )
}

/// `1.2 s`, `3m30s`
fn seconds(milliseconds: u64) -> String {
    if milliseconds >= 60_000 {
        let seconds = u32::try_from(milliseconds / 1000).unwrap_or(u32::MAX);
        return Duration::from_seconds(seconds).to_string();
    }
    format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100)
}

/// The whole length, for programs: `PT1.234S`.
fn exact(milliseconds: u64) -> String {
    format!("PT{}.{:03}S", milliseconds / 1000, milliseconds % 1000)
}

/// The page's part about tests; nothing if none can be read.
pub(crate) fn render(evidence: &Evidence) -> Option<Markup> {
    let results = test_results(evidence);
    if results.is_empty() {
        return None;
    }
    let rows: Vec<Vec<Markup>> = results.iter().map(row).collect();
    let heads = ["Test", "Result", "Took", "Tries", "Kind", "What was seen"];
    Some(html! {
        section aria-labelledby="tests" {
            h2 #tests { "Tests" }
            (table("What became of each test", &heads, &rows))
        }
    })
}

fn row(result: &TestResult) -> Vec<Markup> {
    let class = match result.state {
        TestState::Passed => "pass",
        TestState::Failed => "fail",
        TestState::Running | TestState::Unknown => "unsure",
    };
    vec![
        html! {
            (marked(&result.name))
            @if !result.required { " (only reported)" }
        },
        html! { span class={ "result " (class) } { (result.state.word()) } },
        html! { time datetime=(exact(result.took)) { (seconds(result.took)) } },
        html! { (result.attempts) },
        html! { code { (result.kind) } },
        seen(result),
    ]
}

fn seen(result: &TestResult) -> Markup {
    html! {
        @for unmet in &result.unmet {
            p.unmet {
                (marked(&unmet.what)) ": got " b { (unmet.got) } ", wanted " b { (unmet.wanted) }
            }
        }
        @if let Some(detail) = &result.detail { p.unmet { (marked(detail)) } }
        // Text to be copied: nothing on the page leads anywhere.
        @if let Some(link) = &result.link { p.unmet { code { (link) } } }
    }
}
