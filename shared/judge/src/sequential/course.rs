//! What each period brought to a comparison, for those who show it to people.
//! It decides nothing: the judge folds the periods as it always does, and what
//! it holds after each of them is written down.

use super::combine::{Weighted, combined_log_e};
use super::decide::Decision;
use super::judge::{Judge, Period};
use super::metric::Use;
use super::plan::Plan;
use super::plan_check::PlanError;
use super::report::Judgement;

/// What was compared, and when: enough to judge it again.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// What was asked.
    pub plan: Plan,
    /// Begin of the first period, seconds since 1970.
    pub start: i64,
    /// Length of a period in seconds.
    pub period_seconds: u32,
    /// What was read, period by period.
    pub periods: Vec<Period>,
}

/// A comparison from its first period to the one that decided it.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    /// What came out.
    pub judgement: Judgement,
    /// After each period: log of the weighted mean of the gating metrics'
    /// e-values against "never worse".
    pub log_e_harm: Vec<f64>,
    /// After each period: the least that any gating metric was proven within
    /// its tolerance then.
    pub log_e_safe: Vec<f64>,
    /// The steps of each metric, in the plan's order.
    pub metrics: Vec<Vec<Step>>,
}

/// One metric after one period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// What became of the period's reading.
    pub became: Use,
    /// Log e-value against "never worse than the tolerance".
    pub log_e_harm: f64,
    /// Log e-value against "worse than the tolerance".
    pub log_e_safe: f64,
}

impl Comparison {
    /// Judges it, and writes down every step.
    ///
    /// # Errors
    ///
    /// Where the plan makes no sense.
    pub fn course(&self) -> Result<Course, PlanError> {
        let mut judge = Judge::new(&self.plan)?;
        let mut metrics = vec![Vec::new(); self.plan.metrics.len()];
        let (mut log_e_harm, mut log_e_safe) = (Vec::new(), Vec::new());
        for period in &self.periods {
            let decision = judge.fold(period);
            for (steps, metric) in metrics.iter_mut().zip(&judge.metrics) {
                steps.push(Step {
                    became: metric.last,
                    log_e_harm: metric.log_e_harm,
                    log_e_safe: metric.log_e_safe,
                });
            }
            log_e_harm.push(harm(&judge));
            log_e_safe.push(least_safe(&judge));
            if decision != Decision::Continue {
                break;
            }
        }
        Ok(Course {
            judgement: judge.report(),
            log_e_harm,
            log_e_safe,
            metrics,
        })
    }
}

fn harm(judge: &Judge) -> f64 {
    let weighted: Vec<Weighted> = judge
        .metrics
        .iter()
        .map(|metric| Weighted {
            weight: metric.weight,
            log_e: metric.log_e_harm,
        })
        .collect();
    combined_log_e(&weighted)
}

fn least_safe(judge: &Judge) -> f64 {
    let gating = judge.metrics.iter().filter(|metric| metric.weight > 0.0);
    gating
        .map(|metric| metric.log_e_safe)
        .fold(f64::INFINITY, f64::min)
}
