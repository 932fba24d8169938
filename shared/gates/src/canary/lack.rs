//! What was missing where there were too few data for a verdict.

use sluice_core::ReasonCode;
use sluice_core::settings::Canary;
use sluice_judge::sequential::{Judgement, MetricResult};

use super::facts::{Facts, MetricFacts, Series};

/// The worst lack among the deciding metrics: its word, and a sentence. `None`
/// if none lacks data.
pub(super) fn lack(
    settings: &Canary,
    facts: &Facts,
    judgement: &Judgement,
) -> Option<(ReasonCode, String)> {
    if judgement.periods == 0 {
        let seen = "no period was closed in time".to_owned();
        return Some((ReasonCode::NothingKnown, seen));
    }
    let metrics = settings.metrics.iter().zip(&judgement.metrics);
    metrics
        .enumerate()
        .filter(|(_, (metric, _))| metric.is_gating())
        .filter_map(|(index, (_, result))| {
            of_metric(facts.metrics.get(index), result, judgement.periods)
        })
        .min_by_key(|(code, _)| severity(*code))
}

fn severity(code: ReasonCode) -> u8 {
    match code {
        ReasonCode::NothingReported => 0,
        ReasonCode::NoCanaryData => 1,
        ReasonCode::NoBaselineData => 2,
        ReasonCode::TooFewSamples => 3,
        _ => 4,
    }
}

fn of_metric(
    facts: Option<&MetricFacts>,
    result: &MetricResult,
    periods: u32,
) -> Option<(ReasonCode, String)> {
    if result.n.saturating_mul(2) >= periods {
        return None;
    }
    let name = &result.name;
    let (baseline, canary) = facts.map_or((false, false), reported);
    Some(match (baseline, canary) {
        (false, false) => (
            ReasonCode::NothingReported,
            format!(
                "{name}: neither version reported anything, so there were no requests, or there is no such series"
            ),
        ),
        (true, false) => (
            ReasonCode::NoCanaryData,
            format!("{name}: the new version reported nothing, the old one did"),
        ),
        (false, true) => (
            ReasonCode::NoBaselineData,
            format!("{name}: the old version reported nothing, the new one did"),
        ),
        (true, true) if result.few_samples.saturating_mul(2) > periods => (
            ReasonCode::TooFewSamples,
            format!(
                "{name}: {} of {periods} periods had fewer than 20 samples; a longer `period` has more",
                result.few_samples
            ),
        ),
        (true, true) => (
            ReasonCode::TooLittleData,
            format!(
                "{name}: only {} of {periods} periods had data of both versions",
                result.n
            ),
        ),
    })
}

/// Whether each version reported anything that can be used: requests, or
/// values.
fn reported(facts: &MetricFacts) -> (bool, bool) {
    let some = |series: &Series| series.iter().any(Option::is_some);
    let requests = |series: &Series| series.iter().flatten().any(|total| *total > 0.0);
    match facts {
        MetricFacts::Count { of, .. } => (requests(&of.baseline), requests(&of.canary)),
        MetricFacts::Series { value, .. } => (some(&value.baseline), some(&value.canary)),
    }
}
