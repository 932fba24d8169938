//! From classified metrics to one score, and to a verdict.
//!
//! The score and its classification are Kayenta's. The verdict is theirs too
//! (Pass is `pass`, Marginal `inconclusive`, Fail `fail`), except that a Pass
//! to which a departure applies is `inconclusive`.
//!
//! Source: `peers.md` C7 and C8. Start at [`score`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::classify::Classification;
use super::departure::Departure;
use crate::sequential::decide::Verdict;

/// A metric as the score sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredMetric {
    /// How it was classified.
    pub classification: Classification,
    /// Whether it fails the whole canary unless it is a Pass.
    pub critical: bool,
    /// Whether it is left out.
    pub muted: bool,
    /// The groups it counts in.
    pub groups: Vec<String>,
}

/// From which scores on the canary is good, or at least not bad.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Thresholds {
    /// At or above this is a Pass.
    pub pass: f64,
    /// At or above this, but below `pass`, is Marginal.
    pub marginal: f64,
}

/// Kayenta's words for the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ScoreClassification {
    /// Good.
    Pass,
    /// Neither good nor bad.
    Marginal,
    /// Bad.
    Fail,
}

/// One group's part of the score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupScore {
    /// Name of the group.
    pub name: String,
    /// Share of its metrics that pass, 0 to 100.
    pub score: f64,
    /// Weight in percent.
    pub weight: f64,
    /// Whether none of its metrics could be judged.
    pub no_data: bool,
}

/// The whole.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// 0 to 100, two decimals.
    pub score: f64,
    /// What Kayenta would say.
    pub classification: ScoreClassification,
    /// What Sluice says.
    pub verdict: Verdict,
    /// The groups, by name.
    pub groups: Vec<GroupScore>,
    /// Why the score is 0 whatever the groups say, if it is.
    pub zero_because: Option<String>,
    /// Where Sluice judges otherwise than Kayenta.
    pub departures: Vec<Departure>,
}

/// Scores classified metrics. Departures of single metrics are the caller's.
pub fn score(
    metrics: &[ScoredMetric],
    weights: &BTreeMap<String, f64>,
    thresholds: Thresholds,
) -> Score {
    let judged: Vec<&ScoredMetric> = metrics.iter().filter(|metric| !metric.muted).collect();
    let groups = group_scores(&judged, weights);
    let zero_because = forced_zero(&judged);
    let sum: f64 = groups
        .iter()
        .map(|group| {
            if group.no_data {
                group.weight
            } else {
                group.score * group.weight / 100.0
            }
        })
        .sum();
    let score = if zero_because.is_some() {
        0.0
    } else {
        (sum * 100.0 + 0.5).floor() / 100.0
    };
    let classification = if score >= thresholds.pass {
        ScoreClassification::Pass
    } else if score >= thresholds.marginal {
        ScoreClassification::Marginal
    } else {
        ScoreClassification::Fail
    };
    let departures = departures(&judged, &groups, weights, thresholds, score);
    Score {
        score,
        classification,
        verdict: verdict(classification, &departures),
        groups,
        zero_because,
        departures,
    }
}

/// The verdict of a classification to which departures apply.
pub(crate) fn verdict(classification: ScoreClassification, departures: &[Departure]) -> Verdict {
    let doubt = departures.iter().any(|departure| departure.prevents_pass());
    match classification {
        ScoreClassification::Pass if doubt => Verdict::Inconclusive,
        ScoreClassification::Pass => Verdict::Pass,
        ScoreClassification::Marginal => Verdict::Inconclusive,
        ScoreClassification::Fail => Verdict::Fail,
    }
}

fn group_scores(judged: &[&ScoredMetric], weights: &BTreeMap<String, f64>) -> Vec<GroupScore> {
    let mut members: BTreeMap<&str, [u32; 2]> = BTreeMap::new();
    for metric in judged {
        for group in &metric.groups {
            let [passed, counted] = members.entry(group).or_default();
            match metric.classification {
                Classification::Pass => {
                    *passed += 1;
                    *counted += 1;
                }
                Classification::High | Classification::Low | Classification::NodataFailMetric => {
                    *counted += 1
                }
                Classification::Nodata | Classification::Error => {}
            }
        }
    }
    let configured: f64 = weights.values().sum();
    let open = members
        .keys()
        .filter(|name| !weights.contains_key(**name))
        .count();
    let share = (100.0 - configured) / open.max(1) as f64;
    members
        .into_iter()
        .map(|(name, [passed, counted])| GroupScore {
            name: name.to_owned(),
            score: if counted == 0 {
                0.0
            } else {
                100.0 * f64::from(passed) / f64::from(counted)
            },
            weight: weights.get(name).copied().unwrap_or(share),
            no_data: counted == 0,
        })
        .collect()
}

fn forced_zero(judged: &[&ScoredMetric]) -> Option<String> {
    if judged
        .iter()
        .any(|metric| metric.critical && metric.classification != Classification::Pass)
    {
        return Some("a critical metric failed".into());
    }
    let no_data = judged
        .iter()
        .filter(|metric| metric.classification == Classification::Nodata)
        .count();
    (no_data > 0 && no_data * 2 >= judged.len())
        .then(|| "half of the metrics or more have no data".into())
}

fn departures(
    judged: &[&ScoredMetric],
    groups: &[GroupScore],
    weights: &BTreeMap<String, f64>,
    thresholds: Thresholds,
    score: f64,
) -> Vec<Departure> {
    let classified =
        |wanted: Classification| judged.iter().any(|metric| metric.classification == wanted);
    let ungrouped_failed = judged
        .iter()
        .any(|metric| metric.groups.is_empty() && metric.classification != Classification::Pass);
    let unusable = |weight: &f64| !weight.is_finite() || *weight < 0.0;
    let configured: f64 = weights.values().sum();
    let bad_weights = weights.values().any(unusable)
        || configured > 100.0 + 1e-9
        || groups.iter().any(|group| unusable(&group.weight));
    let ordered = thresholds.pass > 0.0 && thresholds.pass >= thresholds.marginal;
    [
        (classified(Classification::Error), Departure::ErrorIsNoPass),
        (
            groups.iter().any(|group| group.no_data),
            Departure::GroupWithoutData,
        ),
        (ungrouped_failed, Departure::UngroupedMetricFailed),
        (bad_weights, Departure::WeightsBeyondHundred),
        (
            score == thresholds.marginal,
            Departure::ScoreAtTheMarginalBoundary,
        ),
        (!ordered, Departure::ThresholdsOutOfOrder),
    ]
    .into_iter()
    .filter_map(|(applies, departure)| applies.then_some(departure))
    .collect()
}
