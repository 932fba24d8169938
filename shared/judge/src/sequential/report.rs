//! What is known and why, as documented fields (JSON through serde).
//!
//! Every field of [`Judgement`] and [`MetricResult`] is part of the output of
//! `sluice judge --json`.

use std::fmt;

use serde::Serialize;

use super::combine::{Weighted, combined_log_e};
use super::decide::{Decision, Verdict};
use super::interval::Interval;
use super::judge::Judge;
use super::measured::Measured;
use super::metric::MetricTest;
use super::plan::{Kind, MetricPlan, Worse};

/// Why it was decided so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Not decided yet.
    StillLooking,
    /// The metrics together are proven worse than their tolerances.
    WorseThanTolerance,
    /// A metric that must have data had none from the canary, for several
    /// periods in which the baseline had some.
    CanaryStoppedReporting,
    /// Every gating metric is proven within its tolerance.
    WithinTolerance,
    /// The traffic did not reach the groups in the configured shares.
    TrafficSplitOff,
    /// A gating metric had fewer than half of the periods.
    NoData,
    /// The data were there and prove nothing either way.
    TooLittlePower,
}

/// A whole judgement.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judgement {
    /// `harm`, `safe`, `inconclusive`, `invalid`, or `continue`.
    pub decision: Decision,
    /// `fail`, `pass`, `inconclusive`; `null` while there is none.
    pub verdict: Option<Verdict>,
    /// Why.
    pub reason: Reason,
    /// The period (from 1) at which it was decided; `null` while it is not.
    pub decided_at: Option<u32>,
    /// Closed periods folded, usable or not.
    pub periods: u32,
    /// Names of the metrics to blame for harm. One that is not proven harmed
    /// by itself is the largest contribution, see `culprits_proven`.
    pub culprits: Vec<String>,
    /// Whether each of the culprits is proven harmed by itself.
    pub culprits_proven: bool,
    /// Log of the weighted mean of the gating metrics' e-values.
    pub log_e_harm: Option<f64>,
    /// What `log_e_harm` has to reach: `ln(1/alpha)`.
    pub log_e_harm_needed: f64,
    /// What each gating metric's `log_e_safe` has to reach.
    pub log_e_safe_needed: f64,
    /// The metrics, in the plan's order.
    pub metrics: Vec<MetricResult>,
    /// The traffic split, if it was checked.
    pub split: Option<SplitResult>,
    /// What a reader should know beyond the numbers.
    pub warnings: Vec<String>,
}

/// What is known of one metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricResult {
    /// Its name.
    pub name: String,
    /// What is measured.
    pub kind: Kind,
    /// Which way is bad.
    pub worse: Worse,
    /// The group it counts in.
    pub group: Option<String>,
    /// Share of the evidence against harm; 0 is only watched.
    pub weight: f64,
    /// The test in use: `count`, `count_and_series`, `series`, `sign`.
    pub test: &'static str,
    /// Periods used.
    pub n: u32,
    /// Periods in which a side had no data.
    pub missing: u32,
    /// Periods with too few samples behind a percentile.
    pub few_samples: u32,
    /// Periods with a value that cannot be (negative, infinite, no traffic).
    pub unusable: u32,
    /// Canary over baseline; `null` before any data.
    pub ratio: Option<f64>,
    /// Interval of the ratio that holds at every look at once, 95 %.
    pub interval: Interval,
    /// The ratio that is still allowed (below 1 where lower is worse).
    pub allowed: f64,
    /// Difference that never matters: events per request, or units.
    pub floor: f64,
    /// How many times worse the canary is at most, by the interval; `null`
    /// if nothing bounds it.
    pub worst: Option<f64>,
    /// How many times worse the canary would have to be for this metric
    /// alone to have shown harm by now, with an even chance; `null` if
    /// nothing could have.
    pub smallest_detectable: Option<f64>,
    /// Log e-value against "never worse than the tolerance".
    pub log_e_harm: f64,
    /// Log e-value against "worse than the tolerance".
    pub log_e_safe: f64,
    /// Its greatest value at any look, for people; `null` before any data.
    pub log_e_safe_best: Option<f64>,
    /// Whether it is proven within the tolerance.
    pub safe: bool,
    /// Events of baseline and canary, for counts.
    pub events: Option<[f64; 2]>,
    /// Requests of baseline and canary, for counts.
    pub traffic: Option<[f64; 2]>,
    /// Variance in units of independent events, for counts.
    pub dispersion: Option<f64>,
    /// Lag-1 correlation in use (an upper estimate), for series.
    pub autocorrelation: Option<f64>,
}

/// What is known of the traffic split.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SplitResult {
    /// The canary's configured share.
    pub configured: f64,
    /// Its observed share; `null` without traffic.
    pub observed: Option<f64>,
    /// Log e-value against "inside the band".
    pub log_e: f64,
    /// What it has to reach to be invalid.
    pub log_e_needed: f64,
    /// Variance in units of independent routing.
    pub dispersion: f64,
}

impl Judgement {
    pub(crate) fn new(judge: &Judge) -> Judgement {
        let rules = judge.plan.decision_rules();
        let metrics: Vec<MetricResult> = judge
            .plan
            .metrics
            .iter()
            .zip(&judge.metrics)
            .map(|(plan, metric)| MetricResult::new(plan, metric, rules.alpha, rules.beta))
            .collect();
        let weighted: Vec<Weighted> = judge
            .metrics
            .iter()
            .map(|metric| Weighted {
                weight: metric.weight,
                log_e: metric.log_e_harm,
            })
            .collect();
        let log_e_harm = Some(combined_log_e(&weighted)).filter(|log_e| log_e.is_finite());
        let proven = super::combine::culprits(&weighted, rules.alpha);
        Judgement {
            decision: judge.decision,
            verdict: judge.decision.verdict(),
            reason: judge.reason,
            decided_at: judge.decision.verdict().map(|_| judge.periods),
            periods: judge.periods,
            culprits: judge
                .culprits
                .iter()
                .map(|index| metrics[*index].name.clone())
                .collect(),
            culprits_proven: !judge.culprits.is_empty() && judge.culprits == proven,
            log_e_harm,
            log_e_harm_needed: -rules.alpha.ln(),
            log_e_safe_needed: -rules.beta.ln(),
            warnings: warnings(&metrics, judge.periods),
            metrics,
            split: judge.split.as_ref().map(|split| SplitResult {
                configured: split.rules().share,
                observed: split.observed_share(),
                log_e: split.log_e(),
                log_e_needed: -rules.split_alpha.ln(),
                dispersion: split.dispersion(),
            }),
        }
    }

    /// Whether an undecided comparison may be accepted under "at most
    /// `ratio` times worse": only for want of power, and only if every gating
    /// metric is bounded below that. Never without data, never with an
    /// invalid split.
    pub fn is_bounded_below(&self, ratio: f64) -> bool {
        let mut gating = self
            .metrics
            .iter()
            .filter(|metric| metric.weight > 0.0)
            .peekable();
        self.reason == Reason::TooLittlePower
            && gating.peek().is_some()
            && gating.all(|metric| metric.worst.is_some_and(|worst| worst < ratio))
    }
}

impl MetricResult {
    fn new(plan: &MetricPlan, metric: &MetricTest, alpha: f64, beta: f64) -> MetricResult {
        // A watched metric is measured as if it were the only one.
        let share = if metric.weight > 0.0 {
            metric.weight
        } else {
            1.0
        };
        let needed = -alpha.ln() - share.ln();
        let measured = Measured::new(metric, needed);
        let allowed = 1.0 + plan.tolerance_share();
        let worst = if metric.flipped {
            measured.interval.inverse().upper
        } else {
            measured.interval.upper
        };
        MetricResult {
            name: plan.name.clone(),
            kind: plan.kind,
            worse: plan.worse,
            group: plan.group.clone(),
            weight: metric.weight,
            test: measured.test,
            n: metric.used,
            missing: metric.missing,
            few_samples: metric.few_samples,
            unusable: metric.unusable,
            ratio: measured.ratio,
            interval: measured.interval,
            allowed: if metric.flipped {
                1.0 / allowed
            } else {
                allowed
            },
            floor: plan.floor_value(),
            worst,
            smallest_detectable: measured.smallest,
            log_e_harm: metric.log_e_harm,
            log_e_safe: metric.log_e_safe,
            log_e_safe_best: (metric.used > 0).then_some(metric.log_e_safe_best),
            safe: metric.log_e_safe >= -beta.ln(),
            events: measured.events,
            traffic: measured.traffic,
            dispersion: measured.dispersion,
            autocorrelation: measured.autocorrelation,
        }
    }
}

fn warnings(metrics: &[MetricResult], periods: u32) -> Vec<String> {
    let mut warnings = Vec::new();
    for metric in metrics {
        let name = &metric.name;
        if periods > 0 && metric.few_samples.saturating_mul(2) > periods {
            warnings.push(format!(
                "{name}: more than half of the periods have too few samples; use longer periods"
            ));
        }
        if metric.unusable > 0 {
            warnings.push(format!(
                "{name}: {} periods have impossible values and were skipped",
                metric.unusable
            ));
        }
        if metric.n > 0 && metric.floor == 0.0 && metric.events == Some([0.0; 2]) {
            warnings.push(format!(
                "{name}: no events at all and no floor, so nothing can ever be proven"
            ));
        }
        if metric.dispersion.is_some_and(|dispersion| dispersion > 4.0) && metric.test == "count" {
            warnings.push(format!(
                "{name}: events come in strong bursts; a series metric of the rate is more reliable"
            ));
        }
    }
    warnings
}

impl fmt::Display for MetricResult {
    /// One line for people: `errors: 1.8x baseline (between 1.3x and 2.5x,
    /// allowed 2x) after 12 periods`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(ratio) = self.ratio else {
            return write!(formatter, "{}: no data", self.name);
        };
        write!(formatter, "{}: {ratio:.2}x baseline (", self.name)?;
        match self.interval.upper {
            Some(upper) => write!(
                formatter,
                "between {:.2}x and {upper:.2}x",
                self.interval.lower
            )?,
            None => write!(formatter, "at least {:.2}x", self.interval.lower)?,
        }
        write!(
            formatter,
            ", allowed {:.2}x) after {} periods",
            self.allowed, self.n
        )
    }
}
