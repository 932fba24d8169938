//! The table of the study: counts with their 95 % intervals.

use std::fmt::Write;
use std::time::Duration;

use sluice_core::Verdict;
use statrs::distribution::{Beta, ContinuousCDF};

use super::{Answer, GATES, KINDS, Row, Size};

/// Each way to answer, of one kind of release under one gate.
struct Cell {
    of: usize,
    passed: usize,
    failed: usize,
    /// Of those that failed, before there was harm.
    too_early: usize,
    undecided: usize,
    errors: usize,
    /// Minutes until a pass, and until a fail after the harm began.
    until_pass: Vec<f64>,
    until_fail: Vec<f64>,
}

impl Cell {
    fn of(rows: &[Row], kind: usize, gate: usize) -> Cell {
        let answers: Vec<&Answer> = rows
            .iter()
            .filter(|row| row.kind == kind)
            .map(|row| &row.answers[gate])
            .collect();
        let from = KINDS[kind].harm.map_or(0, |harm| harm.from);
        let from = f64::from(i32::try_from(from).unwrap_or(0));
        let with = |verdict| answers.iter().filter(move |own| own.verdict == verdict);
        let after = |own: &&&Answer| own.minutes >= from;
        Cell {
            of: answers.len(),
            passed: with(Some(Verdict::Pass)).count(),
            failed: with(Some(Verdict::Fail)).filter(after).count(),
            too_early: with(Some(Verdict::Fail)).count()
                - with(Some(Verdict::Fail)).filter(after).count(),
            undecided: with(Some(Verdict::Inconclusive)).count(),
            errors: with(None).count(),
            until_pass: with(Some(Verdict::Pass)).map(|own| own.minutes).collect(),
            until_fail: with(Some(Verdict::Fail))
                .filter(after)
                .map(|own| own.minutes - from)
                .collect(),
        }
    }

    fn line(&self, kind: usize, gate: usize) -> String {
        let name = if gate == 0 { KINDS[kind].name } else { "" };
        let share = |count| share(count, self.of);
        let (fail, pass) = (median(&self.until_fail), median(&self.until_pass));
        let (failed, passed) = (share(self.failed), share(self.passed));
        let (undecided, errors, of) = (self.undecided, self.errors, self.of);
        let early = match KINDS[kind].harm {
            Some(harm) if harm.from > 0 => self.too_early.to_string(),
            _ => String::new(),
        };
        let errors = if errors == 0 {
            String::new()
        } else {
            format!(", {errors} errors")
        };
        let gate = GATES[gate].name;
        format!(
            "| {name} | {gate} | {of} | {failed} | {early} | {passed} | {undecided}{errors} | {fail} | {pass} |\n"
        )
    }
}

/// A count, and in brackets percent with the exact interval (Clopper and
/// Pearson).
fn share(count: usize, of: usize) -> String {
    let [low, high] = interval(count, of).map(|end| 100.0 * end);
    format!("{count} ({low:.1} to {high:.1} %)")
}

/// The 95 % interval of a share.
pub(super) fn interval(count: usize, of: usize) -> [f64; 2] {
    #[expect(clippy::cast_precision_loss, reason = "releases are few")]
    let [hits, misses] = [count as f64, (of - count) as f64];
    let end = |a: f64, b: f64, at: f64| Beta::new(a, b).map_or(f64::NAN, |own| own.inverse_cdf(at));
    [
        if count == 0 {
            0.0
        } else {
            end(hits, misses + 1.0, 0.025)
        },
        if count == of {
            1.0
        } else {
            end(hits + 1.0, misses, 0.975)
        },
    ]
}

fn median(minutes: &[f64]) -> String {
    let mut sorted = minutes.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.get(sorted.len() / 2);
    middle.map_or_else(|| "–".to_owned(), |own| format!("{own:.0}"))
}

/// What stands between the marks of the page.
pub(crate) fn page(rows: &[Row], size: Size, took: Duration) -> String {
    let mut text = format!(
        "{} releases, each rehearsed under {} gates: {} harmless ones, {} of each kind of harm. It took {} min.\n\n",
        rows.len(),
        GATES.len(),
        size.harmless,
        size.harmful,
        took.as_secs().div_ceil(60),
    );
    text.push_str(
        "| new version | gate | releases | stopped (fail) | stopped before the harm | let go (pass) | undecided, held | min to fail | min to pass |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for kind in 0..KINDS.len() {
        for gate in 0..GATES.len() {
            let line = Cell::of(rows, kind, gate).line(kind, gate);
            write!(text, "{line}").expect("a text takes all");
        }
    }
    text
}
