//! Whether values of periods changed that were judged before.
//!
//! A verdict never rests on this: each look judges all values as they stand.
//! It is said beside it, because late points make a comparison less sure.

use sluice_core::token::sha256;

use super::facts::{Facts, Memory, MetricFacts, Series};

/// Periods that are watched, the last ones: late points are late by minutes.
const WATCHED: u32 = 60;
/// Hexadecimal digits for each.
const DIGITS: usize = 4;

/// What to carry to the next look, after this one judged all periods.
pub(super) fn next(facts: &Facts, memory: &Memory) -> Memory {
    let watched_before = u32::try_from(memory.marks.len() / DIGITS).unwrap_or(0);
    let first = memory.judged.saturating_sub(watched_before);
    let known = memory.marks.as_bytes().chunks_exact(DIGITS);
    let changed = (first..memory.judged.min(facts.periods))
        .zip(known)
        .filter(|(period, known)| mark(facts, *period).as_bytes() != *known)
        .count();
    let marks = (facts.periods.saturating_sub(WATCHED)..facts.periods).map(|p| mark(facts, p));
    Memory {
        judged: facts.periods,
        failed_reads: 0,
        marks: marks.collect(),
        revised: memory
            .revised
            .saturating_add(u32::try_from(changed).unwrap_or(u32::MAX)),
    }
}

fn mark(facts: &Facts, period: u32) -> String {
    let metrics = facts.metrics.iter().flat_map(|metric| match metric {
        MetricFacts::Count { count, of } => {
            vec![&count.baseline, &count.canary, &of.baseline, &of.canary]
        }
        MetricFacts::Series { value, samples } => {
            let samples = samples.iter().flat_map(|s| [&s.baseline, &s.canary]);
            [&value.baseline, &value.canary]
                .into_iter()
                .chain(samples)
                .collect()
        }
    });
    let traffic = facts.traffic.iter().flat_map(|t| [&t.baseline, &t.canary]);
    let at = |series: &Series| series.get(period as usize).copied().flatten();
    let values: Vec<String> = metrics
        .chain(traffic)
        .map(|series| format!("{:?}", at(series)))
        .collect();
    let mut digest = sha256(values.join(",").as_bytes());
    digest.truncate(DIGITS);
    digest
}
