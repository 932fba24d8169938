//! The last resort for hopelessly heavy tails: only whether the canary was
//! above the margin counts, not by how much.
//!
//! Exact if, given the past, the median of the log ratio is at or below the
//! margin (harm), or above it (safe). Ties count as "not above". It finds
//! small shifts late and needs several periods even for large ones.
//!
//! Source: `statistics.md` 1.4 and the vectors of kind `sign`: a Beta(½,½)
//! mixture over the chance of "above", divided by the largest likelihood
//! under the null (universal inference, Wasserman, Ramdas & Balakrishnan).

use serde::Serialize;

use crate::numbers::{ln_beta, times_ln};

/// Shape of the Beta mixture.
const SHAPE: f64 = 0.5;

/// The running sign test of one metric.
#[derive(Debug, Clone, Serialize)]
pub struct SignTest {
    margin: f64,
    above: u32,
    periods: u32,
}

impl SignTest {
    /// A test against `ln(1 + tolerance)`.
    pub fn new(tolerance: f64) -> SignTest {
        SignTest {
            margin: tolerance.ln_1p(),
            above: 0,
            periods: 0,
        }
    }

    /// Folds a log ratio in the direction that is worse. Answers whether it
    /// could be used.
    pub fn fold(&mut self, log_ratio: f64) -> bool {
        if log_ratio.is_nan() {
            return false;
        }
        self.periods = self.periods.saturating_add(1);
        self.above += u32::from(log_ratio > self.margin);
        true
    }

    /// Log e-value against "above the margin at most half of the time".
    pub fn log_e_harm(&self) -> f64 {
        self.log_e(0.0, 0.5)
    }

    /// Log e-value against "above the margin at least half of the time".
    pub fn log_e_safe(&self) -> f64 {
        self.log_e(0.5, 1.0)
    }

    /// Periods that could be used.
    pub fn periods(&self) -> u32 {
        self.periods
    }

    /// Periods in which the canary was above the margin.
    pub fn above(&self) -> u32 {
        self.above
    }

    fn log_e(&self, lowest: f64, highest: f64) -> f64 {
        if self.periods == 0 {
            return 0.0;
        }
        let (above, rest) = (f64::from(self.above), f64::from(self.periods - self.above));
        let likeliest = (above / (above + rest)).clamp(lowest, highest);
        let mixture = ln_beta(SHAPE + above, SHAPE + rest) - ln_beta(SHAPE, SHAPE);
        mixture - times_ln(above, likeliest) - times_ln(rest, 1.0 - likeliest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(signs: &[f64]) -> SignTest {
        let mut test = SignTest::new(0.1);
        for sign in signs {
            test.fold(*sign);
        }
        test
    }

    #[test]
    fn three_in_a_row_above_are_worth_two_and_a_half() {
        // 2³ E[p³] = 8 · 5/16
        assert!((after(&[1.0; 3]).log_e_harm() - 2.5_f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn a_tie_with_the_margin_counts_as_not_above() {
        assert_eq!(after(&[0.1_f64.ln_1p()]).above(), 0);
    }

    #[test]
    fn a_value_that_is_no_number_is_not_folded() {
        assert_eq!(after(&[f64::NAN]).periods(), 0);
        assert_eq!(after(&[f64::NAN]).log_e_safe(), 0.0);
    }
}
