//! Normally distributed numbers that depend on nothing but where they stand,
//! so that a series reads the same in any order, in parts, and again.

use std::f64::consts::TAU;

/// A name as a number, for drawing (FNV-1a).
pub(super) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// One draw from the standard normal distribution for each stream and index.
pub(super) fn standard_normal(stream: u64, index: i64) -> f64 {
    let first = mix(stream ^ mix(index.cast_unsigned()));
    let second = mix(first);
    // Box and Muller. The first number is never 0, so the logarithm is finite.
    let radius = (-2.0 * (1.0 - unit(first)).ln()).sqrt();
    radius * (TAU * unit(second)).cos()
}

/// A stream of its own for each combination of numbers.
pub(super) fn stream(parts: [u64; 3]) -> u64 {
    parts.into_iter().fold(0, |all, part| mix(all ^ mix(part)))
}

/// The output function of splitmix64.
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// At least 0, less than 1.
#[expect(
    clippy::cast_precision_loss,
    reason = "53 bits fit the mantissa exactly"
)]
fn unit(number: u64) -> f64 {
    (number >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::{hash, standard_normal, stream};

    #[test]
    fn draws_have_the_mean_and_deviation_of_a_standard_normal() {
        let stream = stream([1, hash("requests"), 0]);
        let draws: Vec<f64> = (0..20_000).map(|i| standard_normal(stream, i)).collect();
        let mean = draws.iter().sum::<f64>() / 20_000.0;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03, "{mean}");
        assert!((variance - 1.0).abs() < 0.05, "{variance}");
    }

    #[test]
    fn streams_differ_by_seed_metric_and_layer() {
        let draw = |parts| standard_normal(stream(parts), 7);
        let base = draw([1, hash("requests"), 0]);
        assert!(base != draw([2, hash("requests"), 0]));
        assert!(base != draw([1, hash("errors"), 0]));
        assert!(base != draw([1, hash("requests"), 1]));
        assert!(base == draw([1, hash("requests"), 0]));
    }
}
