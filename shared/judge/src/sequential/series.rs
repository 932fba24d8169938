//! Latency, CPU and other measured series: is the canary more than the
//! tolerance above the baseline?
//!
//! Each period gives one number, the log ratio of the two groups. Pairing in
//! the same minute removes whatever moves both groups. The mean log ratio is
//! tested against the tolerance with the anytime-valid t test of
//! [`super::t_mixture`], after its moments have been discounted for
//! autocorrelation by `autocorrelation.rs`.
//!
//! Source: `statistics.md` 1.2. Exact for independent normal log ratios;
//! otherwise approximate, with error rates measured by `bench_judge`.
//! Start at [`SeriesTest::fold`].

use serde::Serialize;

use super::autocorrelation::{Discount, Successive};
use super::t_mixture::{Moments, Side, one_sided};
use crate::numbers::{LN_2, ln_add, ln_sum};

/// Prior precisions that the bet is averaged over: large effects, small ones.
const LAMBDAS: [f64; 2] = [0.03, 0.6];
/// A single period is believed up to a factor of 10.
pub const LOG_RATIO_MAX: f64 = std::f64::consts::LN_10;
/// Below this many pairs no evidence is accepted, only given up.
const PAIRS_MIN: u32 = 3;
/// Parts of the horizon in which the test starts afresh.
const EPOCHS: u32 = 6;
/// An epoch has at least so many used periods.
const EPOCH_PERIODS_MIN: u32 = 6;

/// The null hypothesis and how autocorrelation is treated.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SeriesRules {
    /// Allowed change, a share: 0.1 allows a ratio of 1.1.
    pub tolerance: f64,
    /// Added to both values before the ratio, in the metric's units.
    pub floor: f64,
    /// Periods over which harm that begins late is looked for.
    pub horizon: u32,
    /// False if a lower value is worse.
    pub higher_is_worse: bool,
    /// Whether moments are discounted for autocorrelation.
    pub autocorrelation: bool,
    /// Whether harm that begins after the first epoch is bet on as well.
    pub late_harm: bool,
}

/// Running mean and sum of squared deviations (Welford).
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Run {
    pub(crate) periods: u32,
    pub(crate) mean: f64,
    pub(crate) squares: f64,
}

impl Run {
    fn add(&mut self, value: f64) {
        self.periods = self.periods.saturating_add(1);
        let before = value - self.mean;
        self.mean += before / f64::from(self.periods);
        self.squares += before * (value - self.mean);
    }
}

/// The running test of one series metric.
#[derive(Debug, Clone, Serialize)]
pub struct SeriesTest {
    rules: SeriesRules,
    run: Run,
    epoch: Run,
    epoch_index: u32,
    successive: Successive,
}

impl SeriesTest {
    /// A test that has seen nothing.
    pub fn new(rules: SeriesRules) -> SeriesTest {
        SeriesTest {
            rules,
            run: Run::default(),
            epoch: Run::default(),
            epoch_index: 0,
            successive: Successive::default(),
        }
    }

    /// The log ratio of a pair, as it is folded: clipped, 0 if both are zero,
    /// canary over baseline whichever is worse. `None` if a value is not
    /// finite.
    pub fn log_ratio(baseline: f64, canary: f64, floor: f64) -> Option<f64> {
        let [lower, upper] = [baseline, canary].map(|value| value.max(0.0) + floor);
        if !(baseline.is_finite() && canary.is_finite() && lower.is_finite() && upper.is_finite()) {
            return None;
        }
        if lower == 0.0 && upper == 0.0 {
            return Some(0.0);
        }
        Some((upper.ln() - lower.ln()).clamp(-LOG_RATIO_MAX, LOG_RATIO_MAX))
    }

    /// Folds one closed period. Answers whether it could be used.
    pub fn fold(&mut self, baseline: f64, canary: f64) -> bool {
        match SeriesTest::log_ratio(baseline, canary, self.rules.floor) {
            Some(log_ratio) => {
                self.fold_log_ratio(log_ratio);
                true
            }
            None => {
                self.skip();
                false
            }
        }
    }

    /// Folds a log ratio that was formed elsewhere; it is clipped, and must
    /// be finite.
    pub fn fold_log_ratio(&mut self, log_ratio: f64) {
        let clipped = log_ratio.clamp(-LOG_RATIO_MAX, LOG_RATIO_MAX);
        let worse = if self.rules.higher_is_worse {
            clipped
        } else {
            -clipped
        };
        if self.epoch.periods >= self.epoch_periods() {
            self.successive.finish_epoch(&self.epoch);
            self.epoch = Run::default();
            self.epoch_index = self.epoch_index.saturating_add(1);
        }
        self.run.add(worse);
        self.epoch.add(worse);
        self.successive.add(worse);
    }

    /// A period that could not be used: the next one is no successor.
    pub fn skip(&mut self) {
        self.successive.break_link();
    }

    /// Log e-value against "never worse than the tolerance".
    pub fn log_e_harm(&self) -> f64 {
        let correlation = self.correlation();
        let whole = self.log_e(&self.run, correlation, Side::Above);
        if !self.rules.late_harm {
            return whole;
        }
        let later = EPOCHS - 1;
        let ln_share = -LN_2 - f64::from(later).ln();
        let to_come = f64::from(later.saturating_sub(self.epoch_index)).ln();
        let mut parts = [whole - LN_2, ln_share + to_come, f64::NEG_INFINITY];
        if (1..=later).contains(&self.epoch_index) {
            parts[2] = ln_share + self.log_e(&self.epoch, correlation, Side::Above);
        }
        ln_sum(&parts)
    }

    /// Log e-value against "worse than the tolerance", from the whole run.
    pub fn log_e_safe(&self) -> f64 {
        self.log_e(&self.run, self.correlation(), Side::Below)
    }

    /// The last log ratio folded, in the direction that is worse; `None` if
    /// the last period could not be used.
    pub fn last_worse(&self) -> Option<f64> {
        self.successive.last()
    }

    /// Periods that could be used.
    pub fn periods(&self) -> u32 {
        self.run.periods
    }

    /// Mean log ratio, canary over baseline; 0 before any data.
    pub fn mean_log_ratio(&self) -> f64 {
        if self.rules.higher_is_worse {
            self.run.mean
        } else {
            -self.run.mean
        }
    }

    /// The upper estimate of the lag-1 autocorrelation in use.
    pub fn correlation(&self) -> f64 {
        if self.rules.autocorrelation {
            self.successive
                .correlation(&self.epoch, self.run.periods, self.epoch_periods())
        } else {
            0.0
        }
    }

    /// The discounted moments of the whole run, in the direction that is
    /// worse. `None` before any data.
    pub(crate) fn moments(&self) -> Option<Moments> {
        (self.run.periods > 0).then(|| Discount::new(self.correlation()).moments(&self.run))
    }

    /// Log e-value that these moments with another mean would have by now.
    pub(crate) fn log_e_harm_if(&self, moments: Moments) -> f64 {
        let ln_start = if self.rules.late_harm { -LN_2 } else { 0.0 };
        self.averaged(moments, Side::Above) + ln_start
    }

    fn epoch_periods(&self) -> u32 {
        self.rules.horizon.div_ceil(EPOCHS).max(EPOCH_PERIODS_MIN)
    }

    fn log_e(&self, run: &Run, correlation: f64, side: Side) -> f64 {
        if run.periods == 0 {
            return 0.0;
        }
        let evidence = self.averaged(Discount::new(correlation).moments(run), side);
        if run.periods < PAIRS_MIN {
            evidence.min(0.0)
        } else {
            evidence
        }
    }

    fn averaged(&self, moments: Moments, side: Side) -> f64 {
        let null = self.rules.tolerance.ln_1p();
        let [wide, narrow] = LAMBDAS.map(|lambda| one_sided(moments, null, lambda, side));
        ln_add(wide, narrow) - LN_2
    }
}
