//! A judge that is compatible with Kayenta's: Mann–Whitney and a weighted
//! score.
//!
//! For teams that bring a Kayenta configuration and want the numbers they
//! know. Two things differ: where Kayenta draws random noise, the result here
//! is the same each time; and where Kayenta lets a canary through for want of
//! evidence, the verdict is `inconclusive` and says so (see [`Departure`]).
//!
//! What does not differ: this judge corrects neither for repeated looks, nor
//! for several metrics, nor for autocorrelation. The sequential judge does.

mod brent;
mod classify;
mod configuration;
mod departure;
mod mann_whitney;
mod object;
mod options;
mod prepare;
mod score;

pub use classify::{
    Classification, Direction, EffectMeasure, EffectRange, MetricOutcome, MetricRules,
    ReportedShift, classify,
};
pub use configuration::{Configuration, ConfigurationError, Metric, Unread};
pub use departure::Departure;
pub use mann_whitney::{RankError, Samples, Shift};
pub use prepare::{NanStrategy, percentile, remove_outliers};
pub use score::{GroupScore, Score, ScoreClassification, ScoredMetric, Thresholds, score};

use serde::Serialize;

use crate::sequential::decide::Verdict;

/// The values of one metric, NaN for a missing one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricValues {
    /// The baseline's (Kayenta's control).
    pub baseline: Vec<f64>,
    /// The canary's (Kayenta's experiment).
    pub canary: Vec<f64>,
}

impl MetricValues {
    /// Fills both sides up to `expected` values with missing ones at the
    /// end, as Kayenta does with a series that is too short.
    pub fn padded(mut self, expected: usize) -> MetricValues {
        for side in [&mut self.baseline, &mut self.canary] {
            if side.len() < expected {
                side.resize(expected, f64::NAN);
            }
        }
        self
    }
}

/// One metric's result in the whole.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricResult {
    /// Name of the metric.
    pub name: String,
    /// The groups it counts in.
    pub groups: Vec<String>,
    /// Whether it was left out of the score.
    pub muted: bool,
    /// What came out.
    #[serde(flatten)]
    pub outcome: MetricOutcome,
}

/// The whole judgement.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judgement {
    /// What Sluice says: `pass`, `fail` or `inconclusive`.
    pub verdict: Verdict,
    /// Score, groups, Kayenta's classification, departures of the whole.
    pub score: Score,
    /// The metrics, in the configuration's order.
    pub metrics: Vec<MetricResult>,
    /// Parts of the configuration without a counterpart.
    pub unread: Vec<Unread>,
}

/// Judges the metrics of a configuration; `values` in the same order. A
/// metric without values has no data.
pub fn judge(configuration: &Configuration, values: &[MetricValues]) -> Judgement {
    let nothing = MetricValues::default();
    let metrics: Vec<MetricResult> = configuration
        .metrics
        .iter()
        .enumerate()
        .map(|(index, metric)| {
            let given = values.get(index).unwrap_or(&nothing);
            MetricResult {
                name: metric.name.clone(),
                groups: metric.groups.clone(),
                muted: metric.muted,
                outcome: classify(&metric.rules, &given.canary, &given.baseline),
            }
        })
        .collect();
    let scored: Vec<ScoredMetric> = metrics.iter().map(ScoredMetric::from).collect();
    let mut score = score(
        &scored,
        &configuration.group_weights,
        configuration.thresholds,
    );
    let own = metrics
        .iter()
        .filter(|metric| !metric.muted)
        .flat_map(|metric| &metric.outcome.departures);
    score.departures.extend(own);
    score.departures.sort_unstable();
    score.departures.dedup();
    score.verdict = score::verdict(score.classification, &score.departures);
    Judgement {
        verdict: score.verdict,
        score,
        metrics,
        unread: configuration.unread.clone(),
    }
}

impl From<&MetricResult> for ScoredMetric {
    fn from(metric: &MetricResult) -> ScoredMetric {
        ScoredMetric {
            classification: metric.outcome.classification,
            critical: metric.outcome.critical,
            muted: metric.muted,
            groups: metric.groups.clone(),
        }
    }
}
