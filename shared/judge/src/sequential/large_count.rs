//! Count metrics with so many events that their noise is not that of
//! independent events any more: both tests, the smaller evidence.
//!
//! From 200 events a period (both groups together) on, the count test's
//! evidence is joined by that of the series test on the log rate ratio, which
//! learns the noise from the data, and the smaller of the two is used. That
//! is valid if either test is.
//!
//! A floor ε enters the series test so that both test the same null: the
//! canary's rate against `p_b + ε/κ0`, which is κ0 times smaller than the
//! allowed rate `κ0 p_b + ε`.
//!
//! Source: `statistics.md` 0 and 1.1.

use serde::Serialize;

use super::count::{CountRules, CountTest, Counts};
use super::series::{SeriesRules, SeriesTest};

/// Added to each side's events, so that a rate ratio exists without any.
const HALF_AN_EVENT: f64 = 0.5;
/// Mean events per period, both groups together, from which on both tests
/// have to agree.
pub const LARGE_EVENTS: f64 = 200.0;

/// A count test that switches by itself.
#[derive(Debug, Clone, Serialize)]
pub struct AutoCountTest {
    count: CountTest,
    series: SeriesTest,
    rate_floor: f64,
}

impl AutoCountTest {
    /// A test that has seen nothing.
    pub fn new(rules: CountRules) -> AutoCountTest {
        let series = SeriesRules {
            tolerance: rules.tolerance,
            floor: 0.0,
            horizon: rules.horizon,
            higher_is_worse: true,
            autocorrelation: true,
            late_harm: rules.late_harm,
        };
        AutoCountTest {
            count: CountTest::new(rules),
            series: SeriesTest::new(series),
            rate_floor: rules.floor / (1.0 + rules.tolerance),
        }
    }

    /// Folds one closed period. Answers whether it could be used.
    pub fn fold(&mut self, baseline: Counts, canary: Counts) -> bool {
        let used = self.count.fold(baseline, canary);
        if used {
            let [lower, upper] =
                [baseline, canary].map(|group| (group.count + HALF_AN_EVENT) / group.total);
            self.series.fold(lower + self.rate_floor, upper);
        } else {
            self.skip();
        }
        used
    }

    /// A period without data: the next one is no successor.
    pub fn skip(&mut self) {
        self.series.skip();
    }

    /// Log e-value against "never worse than the tolerance".
    pub fn log_e_harm(&self) -> f64 {
        let exact = self.count.log_e_harm();
        if self.is_large() {
            exact.min(self.series.log_e_harm())
        } else {
            exact
        }
    }

    /// Log e-value against "worse than the tolerance".
    pub fn log_e_safe(&self) -> f64 {
        let exact = self.count.log_e_safe();
        if self.is_large() {
            exact.min(self.series.log_e_safe())
        } else {
            exact
        }
    }

    /// Whether both tests have to agree by now.
    pub fn is_large(&self) -> bool {
        self.count.events_per_period() >= LARGE_EVENTS
    }

    /// The count test inside.
    pub fn count(&self) -> &CountTest {
        &self.count
    }

    /// The series test inside.
    pub fn series(&self) -> &SeriesTest {
        &self.series
    }
}
