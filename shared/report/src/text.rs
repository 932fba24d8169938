//! Evidence as lines of text, for terminals.

use sluice_core::Duration;
use sluice_core::evidence::Evidence;

use crate::page::bake;
use crate::validate::test_lines;
use crate::words::{number, outcome, verdict, waiver, why};

/// What came out, why, and what was seen.
pub fn text(evidence: &Evidence) -> String {
    let of = &evidence.subject;
    let (word, _, _) = verdict(evidence.verdict);
    let (sentence, code) = why(evidence);
    let mut lines = vec![
        format!("{}/{}: {word}: {code}", of.stage, of.gate),
        format!("  {sentence}"),
    ];
    lines.extend(evidence.also.iter().map(|also| format!("  also: {also}")));
    lines.push(format!("  outcome: {}", outcome(evidence)));
    lines.extend(waiver(evidence).map(|waiver| format!("  waiver {waiver}")));
    lines.push(format!(
        "  pipeline {}, release {}",
        evidence.pipeline, of.release
    ));
    let (first, last) = evidence.looked;
    lines.push(format!(
        "  looked at from {first} to {last}, rule {}",
        evidence.rule
    ));
    lines.extend(
        evidence
            .remarks
            .iter()
            .map(|remark| format!("  note: {remark}")),
    );
    if let Some(bake) = bake(evidence) {
        for (label, alarm) in bake.alarms() {
            let known = Duration::from_signed(alarm.known);
            let needed = bake.needed();
            lines.push(format!("  alarm {label}: known for {known} of {needed}"));
        }
        if let Some(requests) = bake.shown.requests {
            lines.push(format!("  requests: {}", number(requests)));
        }
    }
    let tests = test_lines(evidence).into_iter();
    lines.extend(tests.map(|line| format!("  test {line}")));
    lines.join("\n") + "\n"
}
