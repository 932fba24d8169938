//! Student's t test that stays valid at every look.
//!
//! The effect in units of the unknown standard deviation gets a normal prior
//! of variance 1/λ, the standard deviation the right Haar measure; the Bayes
//! factor against "mean = δ" is then an e-process. A half-normal prior makes
//! it one-sided.
//!
//! Source: `statistics.md` 1.2; Lindon, Ham, Tingley & Bojinov, "Anytime-valid
//! linear models"; Wang & Ramdas, "Anytime-valid t-tests and confidence
//! sequences". The two-sided form equals that of the R package avlm.

use crate::numbers::{LN_2, ln_student_cdf};

/// Moments of normal observations: degrees of freedom, mean, and the sum of
/// squared deviations from the mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// Observations, or what they are worth; above 0, not necessarily whole.
    pub degrees: f64,
    /// Mean of the observations.
    pub mean: f64,
    /// Sum of squared deviations, above 0.
    pub squares: f64,
}

/// On which side of the null value the alternative lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The mean is above the null value: harm.
    Above,
    /// The mean is below it: safe.
    Below,
}

/// Log e-value against "mean = `null`", both sides:
/// `½ ln(λ/(ν+λ)) + ν/2 (ln(M2 + h) − ln(M2 + hλ/(ν+λ)))`,
/// `h = ν (mean − null)²`. Domain: λ > 0.
pub fn two_sided(moments: Moments, null: f64, lambda: f64) -> f64 {
    let Moments {
        degrees,
        mean,
        squares,
    } = moments;
    let excess = degrees * (mean - null).powi(2);
    let denominator = squares + excess * lambda / (degrees + lambda);
    0.5 * (lambda / (degrees + lambda)).ln()
        + 0.5 * degrees * ((squares + excess).ln() - denominator.ln())
}

/// Log e-value against "mean ≤ `null`" (side above) or "≥" (below): the
/// two-sided one plus `ln 2 + ln T_ν(±u)`, the posterior probability of the
/// side twice. For a mean inside the null the statistic only gets smaller,
/// so the whole one-sided null is covered.
pub fn one_sided(moments: Moments, null: f64, lambda: f64, side: Side) -> f64 {
    let Moments {
        degrees,
        mean,
        squares,
    } = moments;
    let distance = mean - null;
    let denominator = squares + degrees * distance * distance * lambda / (degrees + lambda);
    let scale = (denominator / (degrees * (degrees + lambda))).sqrt();
    let above = degrees * distance / (degrees + lambda) / scale;
    let argument = match side {
        Side::Above => above,
        Side::Below => -above,
    };
    two_sided(moments, null, lambda) + LN_2 + ln_student_cdf(degrees, argument)
}

/// Half the width of the two-sided confidence sequence at level `1 - alpha`;
/// infinite while there are too few observations.
pub fn half_width(moments: Moments, lambda: f64, alpha: f64) -> f64 {
    let Moments {
        degrees, squares, ..
    } = moments;
    let shrink = lambda / (degrees + lambda);
    let ln_growth = 2.0 / degrees * (-alpha.ln() - 0.5 * shrink.ln());
    let growth = ln_growth.exp();
    let room = 1.0 - growth * shrink;
    if !growth.is_finite() || room <= 0.0 {
        return f64::INFINITY;
    }
    (squares * ln_growth.exp_m1() / room / degrees).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOMENTS: Moments = Moments {
        degrees: 12.0,
        mean: 0.2,
        squares: 0.5,
    };

    #[test]
    fn evidence_at_the_edge_of_the_interval_is_one_over_alpha() {
        let width = half_width(MOMENTS, 0.25, 0.05);
        let evidence = two_sided(MOMENTS, MOMENTS.mean - width, 0.25);
        assert!((evidence - 20.0_f64.ln()).abs() < 1e-10);
    }

    #[test]
    fn two_sided_is_the_mean_of_the_two_sides() {
        let sides = [Side::Above, Side::Below].map(|side| one_sided(MOMENTS, 0.1, 0.6, side).exp());
        let both = two_sided(MOMENTS, 0.1, 0.6).exp();
        assert!((0.5 * (sides[0] + sides[1]) - both).abs() < 1e-10 * both);
    }

    #[test]
    fn one_sided_agrees_with_integrating_over_the_effect() {
        // With σ integrated out under 1/σ, the ratio of marginal likelihoods
        // for effect size g is a one-dimensional integral over σ; summed on a
        // grid over g with the half-normal prior.
        let (lambda, null) = (0.6, 0.1);
        let marginal = |effect: f64| -> f64 {
            let steps = 4000;
            (1..=steps)
                .map(|step| {
                    let ln_sigma = -6.0 + 9.0 * f64::from(step) / f64::from(steps);
                    let sigma = ln_sigma.exp();
                    let center = null + effect * sigma;
                    let squares =
                        MOMENTS.squares + MOMENTS.degrees * (MOMENTS.mean - center).powi(2);
                    // the mean counts as one of the `degrees` observations
                    (-MOMENTS.degrees * ln_sigma - squares / (2.0 * sigma * sigma)).exp()
                })
                .sum()
        };
        let steps = 1500;
        let width = 9.0 / f64::from(steps);
        let mixture: f64 = (0..steps)
            .map(|step| {
                let effect = (f64::from(step) + 0.5) * width;
                let prior = 2.0
                    * (lambda / (2.0 * std::f64::consts::PI)).sqrt()
                    * (-0.5 * lambda * effect * effect).exp();
                prior * marginal(effect) * width
            })
            .sum();
        let expected = (mixture / marginal(0.0)).ln();
        let found = one_sided(MOMENTS, null, lambda, Side::Above);
        assert!((found - expected).abs() < 1e-5, "{found} is not {expected}");
    }

    #[test]
    fn too_few_observations_give_an_interval_without_end() {
        let moments = Moments {
            degrees: 0.05,
            ..MOMENTS
        };
        assert_eq!(half_width(moments, 0.25, 0.05), f64::INFINITY);
    }
}
