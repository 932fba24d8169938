//! What is said of a pipeline, in lines that fit a terminal.

use sluice_core::problems::{Problem, Severity};

use super::{PipelineChecked, WaysBack};
use crate::lines::folded;

/// All of it; `quiet` leaves out what is as it has to be.
pub(super) fn text(checked: &PipelineChecked, quiet: bool) -> String {
    let mut lines: Vec<String> = checked
        .problems
        .iter()
        .flat_map(|problem| told(&checked.file, problem))
        .collect();
    if let Some(about) = checked.about.as_ref().filter(|_| !quiet) {
        lines.push(folded(&headline(checked, about), "", "  "));
        let ways = checked.ways_back.iter().map(way_back);
        lines.extend(ways);
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn told(file: &str, problem: &Problem) -> Vec<String> {
    let headline = folded(&format!("{file}: {problem}"), "", "    ");
    let hint = problem.hint.as_ref();
    let hint = hint.map(|hint| folded(hint, "  hint: ", "        "));
    std::iter::once(headline).chain(hint).collect()
}

fn headline(checked: &PipelineChecked, about: &str) -> String {
    let of = |severity| {
        let list = checked.problems.iter();
        list.filter(|problem| problem.severity == severity).count()
    };
    let counts = format!(
        "{} mistakes, {} warnings",
        of(Severity::Error),
        of(Severity::Warning)
    );
    let word = if checked.is_ok() { "ok" } else { "not ok" };
    format!("{}: {word}: {about}; {counts}", checked.file)
}

fn way_back(ways: &WaysBack) -> String {
    let possible = match ways.possible[..] {
        [] => "none".to_owned(),
        ref open => open.join(", "),
    };
    let text = format!(
        "{}: `roll_back: {}`; possible here: {possible}",
        ways.stage, ways.chosen
    );
    folded(&text, "  ", "    ")
}
