//! How large the change is: intervals that are right at every look at once,
//! and the smallest change that could have been found by now.
//!
//! The intervals are for the report. The verdict comes from the e-values,
//! which test against the tolerance with less to spend.
//!
//! Source: `statistics.md` 1.1 (Beta(½,½) confidence sequence for the
//! canary's share of the events) and 1.2 (the two-sided t mixture with λ =
//! 0.25).

use serde::Serialize;

use super::count::{COUNT_MAX, CountTest};
use super::series::{LOG_RATIO_MAX, SeriesTest};
use super::t_mixture::{Moments, half_width};
use crate::numbers::{ln_beta, rising_root, times_ln};

/// Prior precision of the reported interval of a series.
const LAMBDA: f64 = 0.25;
/// Added to both groups' events, so that a ratio exists without events.
const HALF_AN_EVENT: f64 = 0.5;

/// A range of ratios; `upper` is `None` where there is no upper end.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// Lower end, at least 0.
    pub lower: f64,
    /// Upper end; `None` (JSON `null`) is without end.
    pub upper: Option<f64>,
}

impl Interval {
    /// Everything: nothing is known.
    pub const UNKNOWN: Interval = Interval {
        lower: 0.0,
        upper: None,
    };

    fn new(lower: f64, upper: f64) -> Interval {
        Interval {
            lower: lower.max(0.0),
            upper: upper.is_finite().then_some(upper),
        }
    }

    /// The smallest interval that contains both.
    pub fn hull(self, other: Interval) -> Interval {
        let upper = self.upper.zip(other.upper).map(|(one, two)| one.max(two));
        Interval {
            lower: self.lower.min(other.lower),
            upper,
        }
    }

    /// The interval of the inverse ratio.
    pub fn inverse(self) -> Interval {
        Interval::new(
            self.upper.map_or(0.0, |upper| 1.0 / upper),
            1.0 / self.lower,
        )
    }
}

/// Rate ratio canary over baseline with half an event added to each:
/// `((X_c+½)/N_c) / ((X_b+½)/N_b)`. `None` before any data.
pub fn count_ratio(test: &CountTest) -> Option<f64> {
    let ([baseline, canary], [baseline_total, canary_total]) = (test.events(), test.traffic());
    (test.periods() > 0).then(|| {
        (canary + HALF_AN_EVENT) / canary_total / ((baseline + HALF_AN_EVENT) / baseline_total)
    })
}

/// The anytime-valid interval of the rate ratio at level `1 - alpha`, events
/// divided by the dispersion.
pub fn count_interval(test: &CountTest, alpha: f64) -> Interval {
    if test.periods() == 0 {
        return Interval::UNKNOWN;
    }
    let [baseline, canary] = test.events().map(|events| events / test.dispersion());
    let [baseline_total, canary_total] = test.traffic();
    let mixture = ln_beta(HALF_AN_EVENT + canary, HALF_AN_EVENT + baseline)
        - ln_beta(HALF_AN_EVENT, HALF_AN_EVENT);
    let traffic = baseline_total / canary_total;
    let likeliest = if canary + baseline > 0.0 {
        canary / (canary + baseline)
    } else {
        0.5
    };
    // log e-value against "the ratio is e^s", on the log odds s
    let middle = (likeliest / (1.0 - likeliest)).ln().clamp(-40.0, 40.0);
    let excess = |log_odds: f64| {
        let share = 1.0 / (1.0 + (-log_odds).exp());
        let rest = 1.0 / (1.0 + log_odds.exp());
        mixture - times_ln(canary, share) - times_ln(baseline, rest) + alpha.ln()
    };
    const LOG_ODDS_MAX: f64 = 300.0;
    let lower = rising_root(-middle, LOG_ODDS_MAX, |negated| excess(-negated))
        .map_or(0.0, |negated| (-negated).exp());
    let upper = rising_root(middle, LOG_ODDS_MAX, excess).map_or(f64::INFINITY, f64::exp);
    Interval::new(lower * traffic, upper * traffic)
}

/// The anytime-valid interval of the ratio of a series at level `1 - alpha`.
pub fn series_interval(test: &SeriesTest, alpha: f64) -> Interval {
    let Some(moments) = test.moments() else {
        return Interval::UNKNOWN;
    };
    let width = half_width(moments, LAMBDA, alpha);
    let mean = test.mean_log_ratio();
    Interval::new((mean - width).exp(), (mean + width).exp())
}

/// How many times worse the canary's rate would have to look for the test to
/// have found it by now, given the baseline and the traffic so far: the least
/// ratio (of the form of [`count_ratio`]) whose log e-value reaches `needed`.
pub fn smallest_count_change(test: &CountTest, needed: f64) -> Option<f64> {
    if test.periods() == 0 {
        return None;
    }
    let ([baseline, _], [baseline_total, canary_total]) = (test.events(), test.traffic());
    let expected = baseline * canary_total / baseline_total;
    let most = (1e3 * (expected + 100.0)).min(COUNT_MAX);
    let events = rising_root(0.0, most, |events| test.log_e_harm_if(events) - needed)?;
    Some((events + HALF_AN_EVENT) / canary_total / ((baseline + HALF_AN_EVENT) / baseline_total))
}

/// The same for a series: the least ratio, in the direction that is worse,
/// that would have been found with the noise seen so far.
pub fn smallest_series_change(test: &SeriesTest, needed: f64) -> Option<f64> {
    let moments = test.moments()?;
    let evidence = |mean: f64| test.log_e_harm_if(Moments { mean, ..moments }) - needed;
    rising_root(0.0, LOG_RATIO_MAX, evidence).map(f64::exp)
}
