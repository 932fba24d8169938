//! What is to be compared and how sure one wants to be, in the words of
//! `sluice.yaml`, and whether that makes sense.
//!
//! Defaults let good releases pass: counts may double (`tolerance: 100%`)
//! and differences below `floor: 0.1%` of the requests never matter; series
//! may grow by `25%`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::decide::DecisionRules;
use super::percent::{Floor, Percent};
use super::split::SplitRules;

/// A whole comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Greatest chance of ever calling harm without any, over all metrics
    /// and looks.
    #[serde(default = "five_percent")]
    pub alpha: Percent,
    /// Greatest chance of ever calling safe although a gating metric is
    /// harmed.
    #[serde(default = "five_percent")]
    pub beta: Percent,
    /// Greatest chance of calling a right traffic split invalid.
    #[serde(default = "one_per_mille")]
    pub split_alpha: Percent,
    /// Closed periods after which the judge gives up.
    #[serde(default = "default_horizon")]
    pub horizon: u32,
    /// Closed periods before anything is called safe.
    #[serde(default = "default_min_bake")]
    pub min_bake: u32,
    /// Weights of groups, on any scale; a group that is not named weighs 1.
    #[serde(default)]
    pub groups: BTreeMap<String, f64>,
    /// The metrics.
    pub metrics: Vec<MetricPlan>,
    /// The traffic split, if it is to be checked.
    #[serde(default)]
    pub split: Option<SplitRules>,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Events of requests.
    Count,
    /// One value a period: a latency, a load.
    Series,
}

/// Which way is bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Worse {
    /// Higher is worse: errors, latency.
    #[default]
    Higher,
    /// Lower is worse: throughput, successes.
    Lower,
}

/// One metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricPlan {
    /// Its name in results.
    pub name: String,
    /// What is measured.
    pub kind: Kind,
    /// Allowed change; 100 % for counts, 25 % for series if absent.
    #[serde(default)]
    pub tolerance: Option<Percent>,
    /// Differences that never matter; 0.1 % for counts, 0 for series if
    /// absent.
    #[serde(default)]
    pub floor: Option<Floor>,
    /// Which way is bad.
    #[serde(default)]
    pub worse: Worse,
    /// Whether the metric decides; otherwise it is only watched.
    #[serde(default = "yes")]
    pub gating: bool,
    /// The group it counts in.
    #[serde(default)]
    pub group: Option<String>,
    /// Its weight inside the group; 0 is only watched.
    #[serde(default = "one")]
    pub weight: f64,
    /// Whether a canary that stops reporting is harmed.
    #[serde(default)]
    pub must_have_data: bool,
    /// Judge a series by signs alone, for hopelessly heavy tails.
    #[serde(default)]
    pub sign: bool,
    /// Whether a series is discounted for autocorrelation. Off is faster,
    /// and wrong on most real series.
    #[serde(default = "yes")]
    pub autocorrelation: bool,
    /// Whether counts are tempered for bursts. Off is exact for independent
    /// events, and wrong for others.
    #[serde(default = "yes")]
    pub guard: bool,
}

fn five_percent() -> Percent {
    Percent::new(5.0)
}

fn one_per_mille() -> Percent {
    Percent::new(0.1)
}

fn default_horizon() -> u32 {
    60
}

fn default_min_bake() -> u32 {
    5
}

fn yes() -> bool {
    true
}

fn one() -> f64 {
    1.0
}

impl Plan {
    /// A plan with the defaults for these metrics.
    pub fn for_metrics(metrics: Vec<MetricPlan>) -> Plan {
        Plan {
            alpha: five_percent(),
            beta: five_percent(),
            split_alpha: one_per_mille(),
            horizon: default_horizon(),
            min_bake: default_min_bake(),
            groups: BTreeMap::new(),
            metrics,
            split: None,
        }
    }

    /// Each metric's weight; they sum to 1 over the gating ones, the others
    /// have 0. Inside a group metrics share its weight by their own.
    pub fn weights(&self) -> Vec<f64> {
        let own = |metric: &MetricPlan| if metric.gating { metric.weight } else { 0.0 };
        let in_group = |group: &Option<String>| -> f64 {
            self.metrics
                .iter()
                .filter(|metric| &metric.group == group)
                .map(own)
                .sum()
        };
        let raw: Vec<f64> = self
            .metrics
            .iter()
            .map(|metric| {
                let group = metric
                    .group
                    .as_ref()
                    .and_then(|name| self.groups.get(name))
                    .copied()
                    .unwrap_or(1.0);
                let total = in_group(&metric.group);
                if total > 0.0 {
                    group * own(metric) / total
                } else {
                    0.0
                }
            })
            .collect();
        let total: f64 = raw.iter().sum();
        if total > 0.0 {
            raw.iter().map(|weight| weight / total).collect()
        } else {
            raw
        }
    }

    /// The numbers the decision needs.
    pub(crate) fn decision_rules(&self) -> DecisionRules {
        DecisionRules {
            alpha: self.alpha.share(),
            beta: self.beta.share(),
            split_alpha: self.split_alpha.share(),
            min_bake: self.min_bake,
            horizon: self.horizon,
        }
    }
}

impl MetricPlan {
    /// A metric with the defaults of its kind.
    pub fn new(name: &str, kind: Kind) -> MetricPlan {
        MetricPlan {
            name: name.to_owned(),
            kind,
            tolerance: None,
            floor: None,
            worse: Worse::Higher,
            gating: true,
            group: None,
            weight: 1.0,
            must_have_data: false,
            sign: false,
            autocorrelation: true,
            guard: true,
        }
    }

    /// The tolerance in force, a share.
    pub fn tolerance_share(&self) -> f64 {
        let default = match self.kind {
            Kind::Count => Percent::new(100.0),
            Kind::Series => Percent::new(25.0),
        };
        self.tolerance.unwrap_or(default).share()
    }

    /// The floor in force: events per request, or the metric's units.
    pub fn floor_value(&self) -> f64 {
        match (self.floor, self.kind) {
            (Some(Floor::Share(share)), _) => share.share(),
            (Some(Floor::Units(units)), _) => units,
            (None, Kind::Count) => Percent::new(0.1).share(),
            (None, Kind::Series) => 0.0,
        }
    }
}
