//! How much more the counts vary than independent events would: the guard
//! that tempers evidence when errors come in bursts.
//!
//! Every period is compared with what the periods before it predict, and the
//! squared surprise (1 on average for independent events) is averaged. The
//! prediction forgets quickly, so that a jump of the error ratio, which is
//! what the judge looks for, is a surprise only once.
//!
//! Source: `statistics.md` 1.1, "Dispersion guard"; Pearson's statistic with
//! the prediction's own variance divided out.

use serde::Serialize;

/// Weight of the prior guess, in periods.
const PRIOR_PERIODS: f64 = 4.0;
/// The prior guess: no more variation than independent events.
const PRIOR_DISPERSION: f64 = 1.0;
/// How many standard errors the estimate is raised by.
const UPPER_ERRORS: f64 = 1.5;
/// Weight that an estimate keeps from one period to the next.
const DECAY: f64 = 0.7;
/// Least assumed noise of the rate ratio in one period (a coefficient of
/// variation). It matters only where counts are so large that Poisson noise
/// is far smaller than the noise of anything real.
const RATIO_NOISE: f64 = 0.10;

/// The average squared surprise and its upper estimate.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Surprise {
    squares: f64,
    periods: f64,
}

impl Surprise {
    pub(crate) fn new() -> Surprise {
        Surprise {
            squares: 0.0,
            periods: 0.0,
        }
    }

    pub(crate) fn add(&mut self, square: f64) {
        if square.is_finite() {
            self.squares += square;
            self.periods += 1.0;
        }
    }

    /// Upper estimate of the variance in units of the Poisson variance, at
    /// least 1: `max(1, M (1 + 1.5 sqrt(2/(4+T))))`, `M = (4+Q)/(4+T)`.
    pub(crate) fn dispersion(&self) -> f64 {
        let weight = PRIOR_PERIODS + self.periods;
        let mean = (PRIOR_PERIODS * PRIOR_DISPERSION + self.squares) / weight;
        (mean * (1.0 + UPPER_ERRORS * (2.0 / weight).sqrt())).max(1.0)
    }
}

/// The guard of one count metric: a decayed estimate of the rate ratio, and
/// how badly it predicted each next period.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Guard {
    canary: f64,
    baseline: f64,
    periods: i32,
    surprise: Surprise,
}

impl Guard {
    pub(crate) fn new() -> Guard {
        Guard {
            canary: 0.0,
            baseline: 0.0,
            periods: 0,
            surprise: Surprise::new(),
        }
    }

    /// The upper estimate from the periods folded so far.
    pub(crate) fn dispersion(&self) -> f64 {
        self.surprise.dispersion()
    }

    /// What the evidence of a period is divided by: the estimate from earlier
    /// periods, but at least what 10 % noise in the ratio would give for a
    /// period with `events` events of which the null puts `share` on the
    /// canary.
    pub(crate) fn divisor(&self, events: f64, share: f64) -> f64 {
        let floor = 1.0 + events * share * (1.0 - share) * RATIO_NOISE * RATIO_NOISE;
        self.dispersion().max(floor)
    }

    /// Folds a period with `canary` and `baseline` events in so many
    /// requests, all positive or zero and finite, totals above zero.
    pub(crate) fn fold(
        &mut self,
        canary: f64,
        baseline: f64,
        canary_total: f64,
        baseline_total: f64,
    ) {
        let events = canary + baseline;
        let traffic_ratio = canary_total / baseline_total;
        if events >= 1.0 && self.periods >= 1 {
            let rate_ratio = (self.canary + 0.5) / (self.baseline + 0.5);
            let odds = rate_ratio * traffic_ratio;
            let share = odds / (odds + 1.0);
            let variance = events * share * (1.0 - share);
            let square = (canary - events * share).powi(2) / variance / leverage(self.periods);
            self.surprise.add(square);
        }
        let total = canary_total + baseline_total;
        self.canary = DECAY * self.canary + canary * baseline_total / total;
        self.baseline = DECAY * self.baseline + baseline * canary_total / total;
        self.periods = self.periods.saturating_add(1);
    }
}

/// Variance of "this period minus its prediction" in units of one period:
/// 1 plus that of a decayed mean of `periods` periods.
fn leverage(periods: i32) -> f64 {
    let power = DECAY.powi(periods);
    let squares = (1.0 - power * power) / (1.0 - DECAY * DECAY);
    let scale = (1.0 - DECAY) / (1.0 - power);
    1.0 + squares * scale * scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn before_any_data_the_guard_assumes_twice_the_poisson_variance() {
        assert!((Guard::new().dispersion() - 2.060_660_171_779_821).abs() < 1e-15);
    }

    #[test]
    fn steady_counts_bring_the_guard_down_to_one() {
        let mut guard = Guard::new();
        for _ in 0..60 {
            guard.fold(5.0, 5.0, 1000.0, 1000.0);
        }
        assert_eq!(guard.dispersion(), 1.0);
    }

    #[test]
    fn bursts_raise_the_guard() {
        let mut guard = Guard::new();
        for period in 0..40 {
            let burst = if period % 2 == 0 { 60.0 } else { 1.0 };
            guard.fold(burst, 61.0 - burst, 1000.0, 1000.0);
        }
        assert!(guard.dispersion() > 10.0);
    }

    #[test]
    fn one_jump_raises_the_guard_less_than_steady_bursts() {
        let mut guard = Guard::new();
        for period in 0..40 {
            guard.fold(if period < 20 { 5.0 } else { 15.0 }, 5.0, 1000.0, 1000.0);
        }
        assert!(guard.dispersion() < 1.5, "{}", guard.dispersion());
    }

    #[test]
    fn leverage_of_one_earlier_period_is_two() {
        assert!((leverage(1) - 2.0).abs() < 1e-15);
        assert!(leverage(1000) < 1.2);
    }
}
