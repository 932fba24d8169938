//! One metric under way: its test, what could not be used, and how long the
//! canary has been silent.

use super::count::{CountRules, Counts};
use super::decide::Evidence;
use super::large_count::AutoCountTest;
use super::plan::{Kind, MetricPlan, Worse};
use super::series::{SeriesRules, SeriesTest};
use super::sign::SignTest;

/// A percentile of fewer samples than this says nothing.
pub const SAMPLES_MIN: f64 = 20.0;

/// One value of a series in one closed period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// The value, in the metric's units.
    pub value: f64,
    /// How many samples are behind it, where the source says so.
    pub samples: Option<f64>,
}

/// What was read for one metric in one closed period. `None` is no data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reading {
    /// Of a count metric.
    Count {
        /// The baseline's counts.
        baseline: Option<Counts>,
        /// The canary's counts.
        canary: Option<Counts>,
    },
    /// Of a series metric.
    Series {
        /// The baseline's value.
        baseline: Option<Sample>,
        /// The canary's value.
        canary: Option<Sample>,
    },
}

/// What became of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// It was compared.
    Used,
    /// A side had no data.
    Missing,
    /// Too few samples are behind a percentile.
    TooFewSamples,
    /// A value cannot be: negative, infinite, no traffic.
    Unusable,
}

impl Reading {
    /// The values of baseline and canary as they are compared: of counts, the
    /// events of one request. `None` where there is nothing to compare.
    pub fn values(&self) -> [Option<f64>; 2] {
        match self {
            Reading::Count { baseline, canary } => [baseline, canary].map(|counts| {
                let usable = counts.filter(Counts::is_usable);
                usable.map(|counts| counts.count / counts.total)
            }),
            Reading::Series { baseline, canary } => {
                [baseline, canary].map(|sample| sample.map(|sample| sample.value))
            }
        }
    }
}

pub(crate) enum Test {
    Count(AutoCountTest),
    Series(SeriesTest),
    Sign(SignTest, SeriesTest),
}

impl Test {
    fn skip(&mut self) {
        match self {
            Test::Count(test) => test.skip(),
            Test::Series(series) | Test::Sign(_, series) => series.skip(),
        }
    }
}

/// A metric under way.
pub(crate) struct MetricTest {
    pub(crate) test: Test,
    pub(crate) flipped: bool,
    pub(crate) weight: f64,
    pub(crate) used: u32,
    pub(crate) missing: u32,
    pub(crate) few_samples: u32,
    pub(crate) unusable: u32,
    /// What became of the last reading.
    pub(crate) last: Use,
    pub(crate) silent: u32,
    pub(crate) log_e_harm: f64,
    pub(crate) log_e_safe: f64,
    pub(crate) log_e_safe_best: f64,
}

impl MetricTest {
    pub(crate) fn new(plan: &MetricPlan, weight: f64, horizon: u32) -> MetricTest {
        let (tolerance, floor) = (plan.tolerance_share(), plan.floor_value());
        let series = SeriesTest::new(SeriesRules {
            tolerance,
            floor,
            horizon,
            higher_is_worse: plan.worse == Worse::Higher,
            autocorrelation: plan.autocorrelation,
            late_harm: true,
        });
        let test = match (plan.kind, plan.sign) {
            (Kind::Count, _) => {
                let rules = CountRules {
                    tolerance,
                    floor,
                    horizon,
                    guard: plan.guard,
                    late_harm: true,
                };
                Test::Count(AutoCountTest::new(rules))
            }
            (Kind::Series, true) => Test::Sign(SignTest::new(tolerance), series),
            (Kind::Series, false) => Test::Series(series),
        };
        MetricTest {
            test,
            flipped: plan.worse == Worse::Lower,
            weight,
            used: 0,
            missing: 0,
            few_samples: 0,
            unusable: 0,
            last: Use::Missing,
            silent: 0,
            log_e_harm: 0.0,
            log_e_safe: 0.0,
            log_e_safe_best: f64::NEG_INFINITY,
        }
    }

    /// Folds one closed period.
    pub(crate) fn fold(&mut self, reading: Option<&Reading>) {
        self.note_silence(reading);
        let what = self.fold_reading(reading);
        self.last = what;
        match what {
            Use::Used => self.used += 1,
            Use::Missing => self.missing += 1,
            Use::TooFewSamples => self.few_samples += 1,
            Use::Unusable => self.unusable += 1,
        }
        if what == Use::Used {
            self.read_evidence();
        } else {
            self.test.skip();
        }
    }

    pub(crate) fn evidence(&self) -> Evidence {
        Evidence {
            weight: self.weight,
            log_e_harm: self.log_e_harm,
            log_e_safe: self.log_e_safe,
        }
    }

    fn note_silence(&mut self, reading: Option<&Reading>) {
        let (baseline, canary) = match reading {
            Some(Reading::Count { baseline, canary }) => (baseline.is_some(), canary.is_some()),
            Some(Reading::Series { baseline, canary }) => (baseline.is_some(), canary.is_some()),
            None => (false, false),
        };
        match (baseline, canary) {
            (_, true) => self.silent = 0,
            (true, false) => self.silent += 1,
            (false, false) => {}
        }
    }

    fn fold_reading(&mut self, reading: Option<&Reading>) -> Use {
        match (&mut self.test, reading) {
            (
                Test::Count(test),
                Some(Reading::Count {
                    baseline: Some(baseline),
                    canary: Some(canary),
                }),
            ) => {
                // "Lower is worse" asks the same of the groups exchanged.
                let pair = if self.flipped {
                    (canary, baseline)
                } else {
                    (baseline, canary)
                };
                if test.fold(*pair.0, *pair.1) {
                    Use::Used
                } else {
                    Use::Unusable
                }
            }
            (
                Test::Series(series) | Test::Sign(_, series),
                Some(Reading::Series {
                    baseline: Some(baseline),
                    canary: Some(canary),
                }),
            ) => {
                let few = |sample: &Sample| {
                    sample
                        .samples
                        .is_some_and(|samples| samples < SAMPLES_MIN || samples.is_nan())
                };
                if few(baseline) || few(canary) {
                    return Use::TooFewSamples;
                }
                if !series.fold(baseline.value, canary.value) {
                    return Use::Unusable;
                }
                if let Test::Sign(sign, series) = &mut self.test {
                    sign.fold(series.last_worse().unwrap_or(f64::NAN));
                }
                Use::Used
            }
            _ => Use::Missing,
        }
    }

    fn read_evidence(&mut self) {
        (self.log_e_harm, self.log_e_safe) = match &self.test {
            Test::Count(test) => (test.log_e_harm(), test.log_e_safe()),
            Test::Series(test) => (test.log_e_harm(), test.log_e_safe()),
            Test::Sign(test, _) => (test.log_e_harm(), test.log_e_safe()),
        };
        if self.log_e_safe > self.log_e_safe_best {
            self.log_e_safe_best = self.log_e_safe;
        }
    }
}
