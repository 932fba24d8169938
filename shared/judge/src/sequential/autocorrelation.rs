//! Neighbouring minutes resemble each other, so sixty of them are worth fewer
//! independent ones: how many fewer.
//!
//! The lag-1 correlation is estimated from squared successive differences
//! against the variance inside epochs (so that a shift between epochs does
//! not look like correlation), corrected for small samples, shrunk towards a
//! prior and raised to an upper estimate.
//!
//! Source: `statistics.md` 1.2, "Autocorrelation"; von Neumann's ratio, and
//! the effective sample sizes of a first-order autoregression.

use serde::Serialize;

use super::series::Run;
use super::t_mixture::Moments;

/// Prior guess of the correlation, and its weight in periods.
const PRIOR_CORRELATION: f64 = 0.3;
const PRIOR_PERIODS: f64 = 20.0;
/// How many standard errors the estimate is raised by.
const UPPER_ERRORS: f64 = 1.0;
const CORRELATION_MAX: f64 = 0.95;
/// Noise that every series is taken to have: 1 % of its value. Constant data
/// then divide by no zero, and are decided after about five periods.
const NOISE_MIN: f64 = 0.01;

/// Sums of squared successive differences, and of deviations inside the
/// epochs that are over.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Successive {
    finished_squares: f64,
    finished_degrees: f64,
    difference_squares: f64,
    links: f64,
    last: Option<f64>,
}

impl Successive {
    pub(crate) fn add(&mut self, value: f64) {
        if let Some(last) = self.last {
            self.difference_squares += (value - last).powi(2);
            self.links += 1.0;
        }
        self.last = Some(value);
    }

    pub(crate) fn break_link(&mut self) {
        self.last = None;
    }

    pub(crate) fn last(&self) -> Option<f64> {
        self.last
    }

    pub(crate) fn finish_epoch(&mut self, epoch: &Run) {
        self.finished_squares += epoch.squares;
        self.finished_degrees += f64::from(epoch.periods.saturating_sub(1));
    }

    /// The upper estimate after `periods` used periods, in [0, 0.95].
    pub(crate) fn correlation(&self, epoch: &Run, periods: u32, epoch_periods: u32) -> f64 {
        let n = f64::from(periods);
        let degrees = self.finished_degrees + f64::from(epoch.periods.saturating_sub(1));
        let mut correlation = 0.0;
        if degrees > 0.0 && self.links > 0.0 {
            let variance =
                (self.finished_squares + epoch.squares) / degrees + NOISE_MIN * NOISE_MIN;
            let successive = self.difference_squares / (2.0 * self.links) + NOISE_MIN * NOISE_MIN;
            correlation = (1.0 - successive / variance).clamp(-0.5, 1.0);
        }
        // A mean estimated from the same few values biases it down.
        correlation += (1.0 + 4.0 * correlation) / n.max(4.0).min(f64::from(epoch_periods));
        let weight = PRIOR_PERIODS + n;
        let shrunk = (PRIOR_PERIODS * PRIOR_CORRELATION + n * correlation) / weight;
        (shrunk + UPPER_ERRORS / weight.sqrt()).clamp(0.0, CORRELATION_MAX)
    }
}

/// What observations with a lag-1 correlation are worth:
/// `n_e = n(1−ρ)/(1+ρ)` for their mean, `ν = n(1−ρ²)/(1+ρ²)` for their
/// variance.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Discount {
    mean: f64,
    variance: f64,
}

impl Discount {
    pub(crate) fn new(correlation: f64) -> Discount {
        let square = correlation * correlation;
        Discount {
            mean: (1.0 - correlation) / (1.0 + correlation),
            variance: (1.0 - square) / (1.0 + square),
        }
    }

    /// Moments that keep the precision `n_e` of the mean and the tails of ν
    /// degrees of freedom: `M2' = (M2/n + 0.01²) ν²/n_e`.
    pub(crate) fn moments(&self, run: &Run) -> Moments {
        let n = f64::from(run.periods);
        let degrees = n * self.variance;
        let spread = run.squares / n + NOISE_MIN * NOISE_MIN;
        Moments {
            degrees,
            mean: run.mean,
            squares: spread * degrees * degrees / (n * self.mean),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_correlation_nothing_is_discounted() {
        let run = Run {
            periods: 10,
            mean: 0.1,
            squares: 0.4,
        };
        let moments = Discount::new(0.0).moments(&run);
        assert_eq!(moments.degrees, 10.0);
        assert!((moments.squares - (0.4 + 10.0 * 1e-4)).abs() < 1e-12);
    }

    #[test]
    fn correlation_widens_the_mean_as_a_first_order_series_does() {
        let run = Run {
            periods: 40,
            mean: 0.0,
            squares: 4.0,
        };
        let moments = Discount::new(0.5).moments(&run);
        let variance_of_mean = moments.squares / moments.degrees / moments.degrees;
        let independent = (4.0 / 40.0 + 1e-4) / 40.0;
        assert!((variance_of_mean / independent - 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_gap_makes_no_link() {
        let mut successive = Successive::default();
        successive.add(0.0);
        successive.break_link();
        successive.add(5.0);
        assert_eq!(successive.links, 0.0);
    }
}
