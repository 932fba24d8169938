//! What Kayenta does to the values before it compares them.
//!
//! Source: `peers.md` C2 and C3. Percentiles are of R's type 7: position
//! `1 + (n−1)p`, linear in between.

use serde::{Deserialize, Serialize};

use crate::numbers::normal_quantile;

/// What becomes of a missing value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NanStrategy {
    /// It is left out.
    #[default]
    Remove,
    /// It is taken for 0.
    Replace,
}

/// Leaves out or replaces missing values (NaN).
pub(super) fn handle_missing(values: &[f64], strategy: NanStrategy) -> Vec<f64> {
    let present = values.iter().copied();
    match strategy {
        NanStrategy::Remove => present.filter(|value| !value.is_nan()).collect(),
        NanStrategy::Replace => present
            .map(|value| if value.is_nan() { 0.0 } else { value })
            .collect(),
    }
}

/// Drops what lies outside `[min(P1, Q1 − f·IQR), max(P99, Q3 + f·IQR)]`.
pub fn remove_outliers(values: &[f64], factor: f64) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let [p1, q1, q3, p99] = [0.01, 0.25, 0.75, 0.99].map(|p| percentile(&sorted, p));
    let reach = factor * (q3 - q1);
    let (low, high) = (p1.min(q1 - reach), p99.max(q3 + reach));
    values
        .iter()
        .copied()
        .filter(|value| !(*value < low || *value > high))
        .collect()
}

/// The percentile `p` in [0, 1] of sorted values; NaN of none.
pub fn percentile(sorted: &[f64], p: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let position = (last as f64 * p).clamp(0.0, last as f64);
    let below = position.floor();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and the length"
    )]
    let index = below as usize;
    let next = sorted[(index + 1).min(last)];
    let part = position - below;
    if part == 0.0 {
        sorted[index]
    } else {
        sorted[index] + part * (next - sorted[index])
    }
}

/// Spreads a constant side a little, so that ranks exist:
/// `v (1 + 1e-5 Φ⁻¹((i−½)/n))`. Kayenta adds Gaussian noise of that size
/// without a seed, which cannot be repeated; this can.
pub(super) fn spread_constant(values: &[f64]) -> Vec<f64> {
    const RELATIVE_SPREAD: f64 = 1e-5;
    let count = values.len() as f64;
    values
        .iter()
        .enumerate()
        .map(|(index, value)| {
            let score = normal_quantile((index as f64 + 0.5) / count);
            value + RELATIVE_SPREAD * value * score
        })
        .collect()
}

/// Whether all values are the same number; true of none.
pub(super) fn is_constant(values: &[f64]) -> bool {
    values.windows(2).all(|pair| pair[0] == pair[1])
}

/// Arithmetic mean with a second pass that removes the rounding of the
/// first; NaN of none.
pub(super) fn mean(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let first = values.iter().sum::<f64>() / count;
    first + values.iter().map(|value| value - first).sum::<f64>() / count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_linear_between_neighbours() {
        let sorted = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(percentile(&sorted, 0.25), 1.75);
        assert_eq!(percentile(&sorted, 1.0), 4.0);
        assert_eq!(percentile(&[7.0], 0.99), 7.0);
        assert!(percentile(&[], 0.5).is_nan());
    }

    #[test]
    fn missing_values_are_left_out_or_zero() {
        let values = [1.0, f64::NAN, 3.0];
        assert_eq!(handle_missing(&values, NanStrategy::Remove), [1.0, 3.0]);
        assert_eq!(
            handle_missing(&values, NanStrategy::Replace),
            [1.0, 0.0, 3.0]
        );
    }

    #[test]
    fn fences_reach_to_the_first_and_last_percentile() {
        // One value of a thousand lies outside; of ten it would set P99.
        let mut values: Vec<f64> = (0..1000).map(|index| f64::from(index % 10)).collect();
        values.push(1e6);
        assert_eq!(remove_outliers(&values, 3.0).len(), 1000);
    }

    #[test]
    fn spread_is_the_same_each_time_and_keeps_zero() {
        assert_eq!(spread_constant(&[4.0; 5]), spread_constant(&[4.0; 5]));
        assert!(!is_constant(&spread_constant(&[4.0; 5])));
        assert_eq!(spread_constant(&[0.0; 3]), [0.0; 3]);
    }
}
