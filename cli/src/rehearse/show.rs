//! A rehearsal for people: the timeline as it happens, then what came of it.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};
use std::time::Duration as RealDuration;

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;
use sluice_core::plan::Plan;
use sluice_core::verdict::Outcome;
use sluice_core::{Duration, Verdict};
use sluice_world::Scenario;
use sluice_world::codepipeline::ExecutionStatus;

use crate::lines::folded;
use crate::rehearsal::{GateEnd, Line, Rehearsed};

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const UNSURE: Style = AnsiColor::Yellow.on_default();
const FAINT: Style = Style::new().dimmed();

/// Which lines show something new.
pub(crate) struct Filter {
    all: bool,
    shown: HashMap<String, (u8, String)>,
}

impl Filter {
    pub(crate) fn new(all: bool) -> Filter {
        Filter {
            all,
            shown: HashMap::new(),
        }
    }

    /// A look is worth a line when the gate moved on by a tenth, or when
    /// something in its line changed that is no number.
    pub(crate) fn shows(&mut self, line: &Line) -> bool {
        if self.all || !line.is_progress {
            return true;
        }
        let (gate, rest) = line.text.split_once(' ').unwrap_or((&line.text, ""));
        let (percent, rest) = rest.trim_start().split_once('%').unwrap_or(("0", rest));
        let tenth = percent.trim().parse::<u8>().unwrap_or(0) / 10;
        let words: String = rest
            .chars()
            .filter(|c| !c.is_ascii_digit() && !matches!(c, 'h' | 'm' | 's' | ','))
            .collect();
        let now = (tenth, words);
        if self.shown.get(gate) == Some(&now) {
            return false;
        }
        self.shown.insert(gate.to_owned(), now);
        true
    }
}

/// What is about to be rehearsed.
pub(super) fn heading(out: &mut impl Write, plan: &Plan, scenario: &Scenario) -> io::Result<()> {
    writeln!(
        out,
        "rehearsing a release of {}: {}",
        plan.service, scenario.about
    )?;
    writeln!(
        out,
        "{FAINT}it begins at {}; times below count from then{FAINT:#}",
        scenario.begin
    )?;
    writeln!(out)
}

/// One line of the timeline.
pub(crate) fn line(out: &mut impl Write, line: &Line, begin: Timestamp) -> io::Result<()> {
    let indent = "  ".repeat(line.depth);
    let style = if line.is_progress {
        FAINT
    } else if line.text.contains("-> ALARM") || line.text.contains(" Failed") {
        BAD
    } else if line.text.contains(" Succeeded") {
        GOOD
    } else {
        Style::new()
    };
    let column = "  ".len() + since(begin, line.at).len() + indent.len();
    let text = folded(&line.text, &" ".repeat(column), &" ".repeat(column + 2));
    let text = text.trim_start();
    writeln!(
        out,
        "{}  {indent}{style}{text}{style:#}",
        since(begin, line.at)
    )
}

/// Hours, minutes and seconds from the beginning: ` 1:04:30`.
fn since(begin: Timestamp, at: Timestamp) -> String {
    let seconds = at.duration_since(begin).as_secs();
    let (sign, seconds) = if seconds < 0 {
        ("-", -seconds)
    } else {
        ("", seconds)
    };
    format!(
        "{:>8}",
        format!(
            "{sign}{}:{:02}:{:02}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        )
    )
}

/// What came of it.
pub(super) fn summary(
    out: &mut impl Write,
    plan: &Plan,
    done: &Rehearsed,
    took: RealDuration,
) -> io::Result<()> {
    writeln!(out)?;
    for end in &done.gates {
        gate(out, end)?;
    }
    for (stage, gate) in unanswered(plan, done) {
        writeln!(out, "{UNSURE}{stage}/{gate}: did not run{UNSURE:#}")?;
    }
    writeln!(out)?;
    let length = done
        .execution
        .ended
        .unwrap_or(done.execution.began)
        .duration_since(done.execution.began);
    let style = if done.execution.status == ExecutionStatus::Succeeded {
        GOOD
    } else {
        BAD
    };
    writeln!(
        out,
        "release {style}{:?}{style:#} after {}; rehearsed in {:.2} s",
        done.execution.status,
        Duration::from_signed(length),
        took.as_secs_f64()
    )?;
    calls(out, &done.calls)
}

/// How often each operation was called, the most called first.
pub(crate) fn calls(out: &mut impl Write, calls: &BTreeMap<String, u64>) -> io::Result<()> {
    let total: u64 = calls.values().sum();
    if total == 0 {
        return writeln!(out, "no AWS calls");
    }
    writeln!(out, "{total} AWS calls:")?;
    let mut calls: Vec<_> = calls.iter().collect();
    calls.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    for (operation, count) in calls {
        writeln!(out, "  {count:>6}  {operation}")?;
    }
    Ok(())
}

fn gate(out: &mut impl Write, end: &GateEnd) -> io::Result<()> {
    let decision = end.evidence.decision;
    let (word, style) = match end.evidence.verdict {
        Some(verdict @ Verdict::Pass) => (verdict.word(), GOOD),
        Some(verdict @ Verdict::Fail) => (verdict.word(), BAD),
        Some(verdict @ Verdict::Inconclusive) => (verdict.word(), UNSURE),
        None => ("gate error", BAD),
    };
    let outcome = if decision.outcome == Outcome::Go {
        GOOD
    } else {
        BAD
    };
    let (from, to) = end.looked;
    writeln!(
        out,
        "{}/{}: {style}{word}{style:#} -> {outcome}{}{outcome:#} (by {}), {} in {}",
        end.stage,
        end.gate,
        decision.outcome,
        decision.decided_by,
        if end.looks == 1 {
            "1 look".to_owned()
        } else {
            format!("{} looks", end.looks)
        },
        Duration::from_signed(to.duration_since(from))
    )?;
    for line in end.message.lines() {
        writeln!(out, "    {line}")?;
    }
    Ok(())
}

/// Gates of the plan that the release did not get to, or that gave no answer.
pub(super) fn unanswered<'a>(plan: &'a Plan, done: &Rehearsed) -> Vec<(&'a str, &'a str)> {
    let answered = |stage: &str, gate: &str| {
        done.gates
            .iter()
            .any(|end| end.stage == stage && end.gate == gate)
    };
    plan.stages
        .iter()
        .flat_map(|stage| {
            stage
                .gates
                .iter()
                .map(move |gate| (stage.name.as_str(), gate.name.as_str()))
        })
        .filter(|(stage, gate)| !answered(stage, gate))
        .collect()
}
