//! The Mann–Whitney rank test: Kayenta's interval for the shift between two
//! samples, and a fast p-value.
//!
//! Both sides are sorted once; each evaluation of the statistic is one merge,
//! so a whole interval costs a few dozen passes over the data.
//!
//! Source: `peers.md` C4 (which follows R's `wilcox.test` with `conf.int`,
//! `exact = FALSE`); Hodges & Lehmann 1963 for the estimate. Start at
//! [`Samples::interval`].

use thiserror::Error;

use super::brent;
use crate::numbers::{normal_cdf, normal_quantile};

/// Why there is no rank statistic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RankError {
    /// A side has no values.
    #[error("one side has no values")]
    Empty,
    /// Every value is tied with every other one at some shift in question.
    #[error("all values are tied, so the ranks have no variance")]
    AllTied,
    /// A value is not a number or infinite.
    #[error("a value is not finite")]
    NotFinite,
}

/// The shift of the experiment against the control, in the metric's units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    /// Lower end of the interval.
    pub lower: f64,
    /// Upper end of the interval.
    pub upper: f64,
    /// Estimate (Hodges–Lehmann, to the solver's tolerance of 1e-4).
    pub estimate: f64,
}

/// Two samples, sorted.
#[derive(Debug, Clone)]
pub struct Samples {
    experiment: Vec<f64>,
    control: Vec<f64>,
}

/// Sum of the experiment's ranks, and `Σ (t³ − t)` over the ties.
struct Ranks {
    experiment_sum: f64,
    ties: f64,
}

impl Samples {
    /// Sorts two samples of finite values.
    pub fn new(experiment: &[f64], control: &[f64]) -> Result<Samples, RankError> {
        if experiment.is_empty() || control.is_empty() {
            return Err(RankError::Empty);
        }
        if !experiment
            .iter()
            .chain(control)
            .all(|value| value.is_finite())
        {
            return Err(RankError::NotFinite);
        }
        Ok(Samples {
            experiment: sorted(experiment),
            control: sorted(control),
        })
    }

    /// The confidence interval and estimate of the shift at `confidence`
    /// (0.98 is Kayenta's).
    pub fn interval(&self, confidence: f64) -> Result<Shift, RankError> {
        let alpha = 1.0 - confidence;
        let quantile = -normal_quantile(alpha / 2.0);
        let (low, high) = self.shift_range();
        if !(low.is_finite() && high.is_finite()) {
            return Err(RankError::NotFinite);
        }
        let lower = self.bounded_root(low, high, quantile)?;
        let upper = self.bounded_root(low, high, -quantile)?;
        let estimate = brent::root(low, high, |shift| self.statistic(shift))?;
        Ok(Shift {
            lower,
            upper,
            estimate,
        })
    }

    /// `W(µ) = (Σ ranks(x−µ) − m(m+1)/2 − mn/2 − ½ sign) / σ`, with average
    /// ranks and the variance corrected for ties.
    pub fn statistic(&self, shift: f64) -> Result<f64, RankError> {
        let ranks = merged_ranks(&self.experiment, &self.control, shift);
        let (m, n) = (self.experiment.len() as f64, self.control.len() as f64);
        let excess = ranks.experiment_sum - m * (m + 1.0) / 2.0 - m * n / 2.0;
        let sigma = self.sigma(ranks.ties);
        if sigma > 0.0 {
            Ok((excess - 0.5 * sign(excess)) / sigma)
        } else {
            Err(RankError::AllTied)
        }
    }

    /// Two-sided p-value of "no shift" by the normal approximation with the
    /// corrections for ties and continuity; 1 if all values are tied.
    pub fn p_value(&self) -> f64 {
        match self.statistic(0.0) {
            Ok(statistic) => (2.0 * normal_cdf(-statistic.abs())).min(1.0),
            Err(_) => 1.0,
        }
    }

    /// Chance that a value of the experiment is above one of the control,
    /// ties counting half (common language effect size).
    pub fn chance_above(&self) -> f64 {
        let (m, n) = (self.experiment.len() as f64, self.control.len() as f64);
        let ranks = merged_ranks(&self.experiment, &self.control, 0.0);
        (2.0 * ranks.experiment_sum - m * (m + 1.0)) / (2.0 * n * m)
    }

    /// Whether both sides hold the same values equally often.
    pub fn are_identical(&self) -> bool {
        self.experiment == self.control
    }

    fn shift_range(&self) -> (f64, f64) {
        let [first, last] = [0, self.experiment.len() - 1].map(|index| self.experiment[index]);
        let [control_first, control_last] =
            [0, self.control.len() - 1].map(|index| self.control[index]);
        (first - control_last, last - control_first)
    }

    fn bounded_root(&self, low: f64, high: f64, quantile: f64) -> Result<f64, RankError> {
        if self.statistic(low)? - quantile <= 0.0 {
            return Ok(low);
        }
        if self.statistic(high)? - quantile >= 0.0 {
            return Ok(high);
        }
        brent::root(low, high, |shift| Ok(self.statistic(shift)? - quantile))
    }

    fn sigma(&self, ties: f64) -> f64 {
        let (m, n) = (self.experiment.len() as f64, self.control.len() as f64);
        let all = m + n;
        (m * n / 12.0 * (all + 1.0 - ties / (all * (all - 1.0)))).sqrt()
    }
}

fn sorted(values: &[f64]) -> Vec<f64> {
    // Adding zero turns -0.0 into 0.0, so that the two are tied.
    let mut sorted: Vec<f64> = values.iter().map(|value| value + 0.0).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// One merge over two sorted samples, the first moved by `-shift`.
fn merged_ranks(experiment: &[f64], control: &[f64], shift: f64) -> Ranks {
    let mut ranks = Ranks {
        experiment_sum: 0.0,
        ties: 0.0,
    };
    let (mut i, mut j) = (0, 0);
    while i < experiment.len() || j < control.len() {
        let next = match (experiment.get(i), control.get(j)) {
            (Some(one), Some(two)) => (one - shift).min(*two),
            (Some(one), None) => one - shift,
            (None, Some(two)) => *two,
            (None, None) => break,
        };
        let before = i + j;
        let (i_before, j_before) = (i, j);
        while i < experiment.len() && experiment[i] - shift <= next {
            i += 1;
        }
        while j < control.len() && control[j] <= next {
            j += 1;
        }
        let tied = ((i - i_before) + (j - j_before)) as f64;
        let rank = before as f64 + (tied + 1.0) / 2.0;
        ranks.experiment_sum += rank * (i - i_before) as f64;
        ranks.ties += tied * tied * tied - tied;
    }
    ranks
}

/// -1, 0 or 1.
fn sign(value: f64) -> f64 {
    if value == 0.0 { 0.0 } else { value.signum() }
}
