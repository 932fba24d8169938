//! Many metrics, period by period, to one decision.
//!
//! [`Judge::fold`] takes one closed period; periods come in order, each once.
//! The first decision stands: later periods change nothing. [`Judge::report`]
//! says what is known and why.
//!
//! A metric is never called safe from little data: at least half of the
//! elapsed periods must have been usable, when safe is decided as well as at
//! the horizon.

use super::combine::{Weighted, culprits, largest_contribution};
use super::decide::{Decision, Evidence, decide};
use super::metric::{MetricTest, Reading};
use super::plan::Plan;
use super::plan_check::PlanError;
use super::report::{Judgement, Reason};
use super::split::SplitTest;

/// A canary silent for so many periods, while the baseline reports, has
/// stopped reporting.
pub const SILENT_PERIODS: u32 = 5;

/// One closed period of all metrics.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Period {
    /// What was read, in the plan's order; a metric beyond the end has no
    /// data.
    pub readings: Vec<Reading>,
    /// Requests of baseline and canary, for the traffic split.
    pub traffic: Option<[f64; 2]>,
}

/// A comparison under way.
pub struct Judge {
    pub(crate) plan: Plan,
    pub(crate) metrics: Vec<MetricTest>,
    pub(crate) split: Option<SplitTest>,
    pub(crate) periods: u32,
    pub(crate) decision: Decision,
    pub(crate) reason: Reason,
    pub(crate) culprits: Vec<usize>,
    evidence: Vec<Evidence>,
}

/// Judges recorded periods from the first to the first decision.
pub fn judge(plan: &Plan, periods: &[Period]) -> Result<Judgement, PlanError> {
    let mut judge = Judge::new(plan)?;
    for period in periods {
        if judge.fold(period) != Decision::Continue {
            break;
        }
    }
    Ok(judge.report())
}

impl Judge {
    /// A comparison that has seen nothing.
    pub fn new(plan: &Plan) -> Result<Judge, PlanError> {
        plan.check()?;
        let start = |(metric, weight)| MetricTest::new(metric, weight, plan.horizon);
        Ok(Judge {
            metrics: plan.metrics.iter().zip(plan.weights()).map(start).collect(),
            split: plan.split.map(SplitTest::new),
            plan: plan.clone(),
            periods: 0,
            decision: Decision::Continue,
            reason: Reason::StillLooking,
            culprits: Vec::new(),
            evidence: Vec::new(),
        })
    }

    /// Folds one closed period and answers what is decided by now.
    pub fn fold(&mut self, period: &Period) -> Decision {
        if self.decision != Decision::Continue {
            return self.decision;
        }
        self.periods += 1;
        for (index, metric) in self.metrics.iter_mut().enumerate() {
            metric.fold(period.readings.get(index));
        }
        if let (Some(split), Some([baseline, canary])) = (&mut self.split, period.traffic) {
            split.fold(baseline, canary);
        }
        self.decide();
        self.decision
    }

    /// What is decided by now.
    pub fn decision(&self) -> Decision {
        self.decision
    }

    /// Closed periods folded so far, usable or not.
    pub fn periods(&self) -> u32 {
        self.periods
    }

    /// All that is known, and why.
    pub fn report(&self) -> Judgement {
        Judgement::new(self)
    }

    fn decide(&mut self) {
        self.evidence.clear();
        self.evidence
            .extend(self.metrics.iter().map(MetricTest::evidence));
        let split_log_e = self.split.as_ref().map_or(0.0, SplitTest::log_e);
        let rules = self.plan.decision_rules();
        let decision = decide(&self.evidence, split_log_e, self.periods, &rules);
        let over = self.periods >= self.plan.horizon;
        let silent = self.silent_metric();
        let thin = self.has_thin_data();
        (self.decision, self.reason) = match decision {
            Decision::Harm => (Decision::Harm, Reason::WorseThanTolerance),
            _ if silent.is_some() => (Decision::Harm, Reason::CanaryStoppedReporting),
            Decision::Invalid => (Decision::Invalid, Reason::TrafficSplitOff),
            Decision::Safe if !thin => (Decision::Safe, Reason::WithinTolerance),
            _ if over && thin => (Decision::Inconclusive, Reason::NoData),
            _ if over => (Decision::Inconclusive, Reason::TooLittlePower),
            _ => (Decision::Continue, Reason::StillLooking),
        };
        if self.decision == Decision::Harm {
            self.culprits = match silent {
                Some(index) if self.reason == Reason::CanaryStoppedReporting => vec![index],
                _ => self.find_culprits(),
            };
        }
    }

    fn silent_metric(&self) -> Option<usize> {
        self.plan
            .metrics
            .iter()
            .zip(&self.metrics)
            .position(|(plan, metric)| {
                plan.must_have_data && metric.weight > 0.0 && metric.silent >= SILENT_PERIODS
            })
    }

    /// Whether a gating metric had fewer than half of the periods.
    fn has_thin_data(&self) -> bool {
        let thin = |metric: &&MetricTest| {
            metric.weight > 0.0 && metric.used.saturating_mul(2) < self.periods
        };
        self.metrics.iter().any(|metric| thin(&metric))
    }

    /// The metrics proven harmed one by one; if there are none, the one that
    /// contributed most.
    fn find_culprits(&self) -> Vec<usize> {
        let weighted: Vec<Weighted> = self
            .metrics
            .iter()
            .map(|metric| Weighted {
                weight: metric.weight,
                log_e: metric.log_e_harm,
            })
            .collect();
        let proven = culprits(&weighted, self.plan.alpha.share());
        if proven.is_empty() {
            largest_contribution(&weighted).into_iter().collect()
        } else {
            proven
        }
    }
}
