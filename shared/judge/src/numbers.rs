//! Special functions, in logarithms wherever a probability can be tiny.
//!
//! The judge adds up evidence over hours, so a tail of `e^-2000` has to keep
//! its digits. Only what `statrs` does well is taken from it (the normal
//! quantile); its normal tail loses digits, so that goes through `libm`, and
//! the Student tail is computed here in logarithms.
//!
//! Start at [`ln_student_cdf`]; everything else is a line or two.

use statrs::distribution::{ContinuousCDF, Normal};

/// `ln 2`.
pub(crate) const LN_2: f64 = std::f64::consts::LN_2;

/// Standard normal distribution function, `P(Z <= z)`. Domain: all reals.
///
/// `erfc(-z / sqrt 2) / 2`, relative error about 1e-13 down to z = -37.
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z * std::f64::consts::FRAC_1_SQRT_2)
}

/// `ln P(Z <= z)`, also where the probability itself underflows.
///
/// Below -30 by the asymptotic series of Mills' ratio,
/// `-z²/2 - ln(-z) - ln(2π)/2 + ln(1 - 1/z² + 3/z⁴ - 15/z⁶)`.
pub fn ln_normal_cdf(z: f64) -> f64 {
    if z > -30.0 {
        return normal_cdf(z).ln();
    }
    let inverse_square = 1.0 / (z * z);
    let series = inverse_square * (-1.0 + inverse_square * (3.0 - 15.0 * inverse_square));
    -0.5 * z * z - (-z).ln() - 0.5 * (2.0 * std::f64::consts::PI).ln() + series.ln_1p()
}

/// Standard normal quantile. Domain: 0 < p < 1; infinite at the ends, NaN
/// outside.
pub fn normal_quantile(p: f64) -> f64 {
    if p.is_nan() || !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    Normal::standard().inverse_cdf(p)
}

/// `ln P(T <= t)` for Student's t with `degrees` > 0 degrees of freedom, not
/// necessarily whole.
///
/// For t <= 0 this is `ln(I_x(ν/2, 1/2) / 2)` with `x = ν/(ν+t²)`, where I is
/// the regularised incomplete beta function (DLMF 8.17), by its continued
/// fraction (DLMF 8.17.22). Relative error about 1e-12.
pub fn ln_student_cdf(degrees: f64, t: f64) -> f64 {
    if t.is_nan() || degrees.is_nan() || degrees <= 0.0 {
        return f64::NAN;
    }
    let ln_tail = ln_student_tail(degrees, t.abs());
    if t <= 0.0 {
        ln_tail
    } else {
        (-ln_tail.exp()).ln_1p()
    }
}

/// `ln P(T <= -t)` for t >= 0.
fn ln_student_tail(degrees: f64, t: f64) -> f64 {
    let (a, b) = (0.5 * degrees, 0.5);
    let square_over_degrees = t * t / degrees;
    let (ln_x, ln_rest) = if square_over_degrees.is_finite() {
        let ln_x = -square_over_degrees.ln_1p();
        // 1 - x = t²/(ν+t²)
        (ln_x, square_over_degrees.ln() + ln_x)
    } else {
        (degrees.ln() - 2.0 * t.ln(), 0.0)
    };
    let (x, rest) = (ln_x.exp(), ln_rest.exp());
    let ln_front = a * ln_x + b * ln_rest - ln_beta_with_half(a);
    if x < (a + 1.0) / (a + b + 2.0) {
        -LN_2 + ln_front - a.ln() + beta_fraction(a, b, x).ln()
    } else {
        let complement = (ln_front - b.ln()).exp() * beta_fraction(b, a, rest);
        -LN_2 + (-complement.min(1.0)).ln_1p()
    }
}

/// The continued fraction of the incomplete beta function, by Lentz's method.
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    const STEPS_MAX: u32 = 2000;
    let guard = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / guard(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for step in 1..=STEPS_MAX {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / guard(1.0 + even * d);
        c = guard(1.0 + even / c);
        fraction *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / guard(1.0 + odd * d);
        c = guard(1.0 + odd / c);
        let change = d * c;
        fraction *= change;
        if (change - 1.0).abs() < 1e-15 {
            break;
        }
    }
    fraction
}

/// `ln B(a, 1/2)`. For large `a` by the asymptotic series of
/// `Γ(a+1/2)/Γ(a)` (DLMF 5.11.13), which also avoids a cancellation.
fn ln_beta_with_half(a: f64) -> f64 {
    let ln_root_pi = 0.5 * std::f64::consts::PI.ln();
    if a < 40.0 {
        return ln_gamma(a) + ln_root_pi - ln_gamma(a + 0.5);
    }
    let inverse = 1.0 / a;
    let square = inverse * inverse;
    let series = inverse
        * (-1.0 / 8.0 + square * (1.0 / 192.0 + square * (-1.0 / 640.0 + square * 17.0 / 14336.0)));
    ln_root_pi - 0.5 * a.ln() - series
}

/// `ln Γ(x)` for x > 0.
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// `ln B(a, b)` for a, b > 0.
pub fn ln_beta(a: f64, b: f64) -> f64 {
    ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b)
}

/// `ln(e^a + e^b)`.
pub(crate) fn ln_add(a: f64, b: f64) -> f64 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    if low == f64::NEG_INFINITY {
        return high;
    }
    high + (low - high).exp().ln_1p()
}

/// `ln Σ e^v`; minus infinity for no values.
pub(crate) fn ln_sum(values: &[f64]) -> f64 {
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !high.is_finite() {
        return high;
    }
    high + values
        .iter()
        .map(|value| (value - high).exp())
        .sum::<f64>()
        .ln()
}

/// `value * ln(base)` with the convention `0 ln 0 = 0`.
pub(crate) fn times_ln(value: f64, base: f64) -> f64 {
    if value == 0.0 { 0.0 } else { value * base.ln() }
}

/// Where a function that grows from below to above zero between `low` and
/// `high` crosses, to the last few bits. `None` if it does not.
pub(crate) fn rising_root(low: f64, high: f64, function: impl Fn(f64) -> f64) -> Option<f64> {
    const HALVINGS: u32 = 200;
    let (mut low, mut high) = (low, high);
    if !(function(low) <= 0.0 && function(high) >= 0.0) {
        return None;
    }
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if function(middle) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::StudentsT;

    #[track_caller]
    fn close(found: f64, expected: f64, tolerance: f64) {
        let error = (found - expected).abs();
        assert!(
            error <= tolerance * expected.abs().max(1.0),
            "{found} is not {expected}"
        );
    }

    #[test]
    fn normal_tail_keeps_its_digits() {
        close(normal_cdf(-10.0) / 7.619_853_024_160_527e-24, 1.0, 1e-13);
        close(ln_normal_cdf(-40.0), -804.608_442_013_753_8, 1e-12);
    }

    #[test]
    fn normal_tail_is_continuous_where_the_series_takes_over() {
        close(
            ln_normal_cdf(-30.0 - 1e-9),
            ln_normal_cdf(-30.0 + 1e-9),
            1e-9,
        );
    }

    #[test]
    fn normal_quantile_inverts_and_refuses_what_is_no_probability() {
        close(normal_quantile(0.01), -2.326_347_874_040_840_7, 1e-12);
        assert!(normal_quantile(1.5).is_nan());
        assert!(normal_quantile(f64::NAN).is_nan());
    }

    #[test]
    fn student_with_one_degree_is_cauchy() {
        for t in [-1e8_f64, -30.0, -2.0, -0.1, 0.0, 0.3, 5.0] {
            // P(T <= t) = atan2(1, -t) / π
            let expected = (1.0_f64.atan2(-t) / std::f64::consts::PI).ln();
            close(ln_student_cdf(1.0, t), expected, 1e-12);
        }
    }

    #[test]
    fn student_with_two_degrees_has_a_closed_form() {
        for t in [-40.0_f64, -3.0, -0.5, 0.0, 0.5, 3.0] {
            let root = (2.0 + t * t).sqrt();
            // (1 + t/sqrt(2+t²))/2, written without cancellation
            let expected = if t < 0.0 {
                1.0 / (root * (root - t))
            } else {
                0.5 * (1.0 + t / root)
            };
            close(ln_student_cdf(2.0, t), expected.ln(), 1e-12);
        }
    }

    #[test]
    fn student_agrees_with_statrs_in_the_middle() {
        for degrees in [0.05, 0.7, 3.0, 17.5, 90.0, 400.0] {
            for t in [-6.0, -2.5, -1.0, -0.2, 0.0, 0.8, 3.0] {
                let distribution = StudentsT::new(0.0, 1.0, degrees).expect("valid");
                close(ln_student_cdf(degrees, t), distribution.cdf(t).ln(), 1e-9);
            }
        }
    }

    #[test]
    fn student_tail_far_out_is_finite_and_falls() {
        let far = ln_student_cdf(1440.0, -8000.0);
        assert!(far.is_finite() && far < -4000.0);
        assert!(ln_student_cdf(1440.0, -9000.0) < far);
        assert!(ln_student_cdf(5.0, -1e200).is_finite());
    }

    #[test]
    fn student_of_many_degrees_is_normal() {
        close(ln_student_cdf(1e9, -3.0), ln_normal_cdf(-3.0), 1e-7);
    }

    #[test]
    fn beta_with_half_is_continuous_where_the_series_takes_over() {
        close(ln_beta_with_half(40.0), ln_beta(40.0, 0.5), 1e-12);
        close(ln_beta_with_half(900.0), ln_beta(900.0, 0.5), 1e-11);
    }

    #[test]
    fn sums_of_nothing_and_of_infinities_stay_ordered() {
        assert_eq!(ln_sum(&[]), f64::NEG_INFINITY);
        assert_eq!(ln_add(f64::NEG_INFINITY, 3.0), 3.0);
        close(ln_sum(&[1000.0, 1000.0]), 1000.0 + LN_2, 1e-15);
    }
}
