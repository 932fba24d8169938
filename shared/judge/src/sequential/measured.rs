//! What a running test says about the size of the change: ratio, interval,
//! and the smallest change it could have found by now.

use super::interval::{
    Interval, count_interval, count_ratio, series_interval, smallest_count_change,
    smallest_series_change,
};
use super::metric::{MetricTest, Test};

/// Level of the reported intervals: wrong at any look with a chance of at
/// most 5 %.
const INTERVAL_ALPHA: f64 = 0.05;

/// What a test's numbers say about the size of the change.
pub(super) struct Measured {
    pub(super) test: &'static str,
    pub(super) ratio: Option<f64>,
    pub(super) interval: Interval,
    pub(super) smallest: Option<f64>,
    pub(super) events: Option<[f64; 2]>,
    pub(super) traffic: Option<[f64; 2]>,
    pub(super) dispersion: Option<f64>,
    pub(super) autocorrelation: Option<f64>,
}

impl Measured {
    pub(super) fn new(metric: &MetricTest, needed: f64) -> Measured {
        match &metric.test {
            Test::Count(_) => Measured::of_count(metric, needed),
            Test::Series(series) | Test::Sign(_, series) => {
                let is_sign = matches!(metric.test, Test::Sign(..));
                Measured {
                    test: if is_sign { "sign" } else { "series" },
                    ratio: (series.periods() > 0).then(|| series.mean_log_ratio().exp()),
                    interval: series_interval(series, INTERVAL_ALPHA),
                    // Signs do not know sizes.
                    smallest: if is_sign {
                        None
                    } else {
                        smallest_series_change(series, needed)
                    },
                    events: None,
                    traffic: None,
                    dispersion: None,
                    autocorrelation: Some(series.correlation()),
                }
            }
        }
    }

    fn of_count(metric: &MetricTest, needed: f64) -> Measured {
        let Test::Count(both) = &metric.test else {
            return Measured::nothing();
        };
        let (count, is_large) = (both.count(), both.is_large());
        let mut interval = count_interval(count, INTERVAL_ALPHA);
        let mut smallest = smallest_count_change(count, needed);
        if is_large {
            interval = interval.hull(series_interval(both.series(), INTERVAL_ALPHA));
            let other = smallest_series_change(both.series(), needed);
            smallest = smallest.zip(other).map(|(one, two)| one.max(two));
        }
        let turn = |pair: [f64; 2]| {
            if metric.flipped {
                [pair[1], pair[0]]
            } else {
                pair
            }
        };
        let ratio = count_ratio(count);
        Measured {
            test: if is_large {
                "count_and_series"
            } else {
                "count"
            },
            ratio: if metric.flipped {
                ratio.map(|ratio| 1.0 / ratio)
            } else {
                ratio
            },
            interval: if metric.flipped {
                interval.inverse()
            } else {
                interval
            },
            smallest,
            events: Some(turn(count.events())),
            traffic: Some(turn(count.traffic())),
            dispersion: Some(count.dispersion()),
            autocorrelation: None,
        }
    }

    fn nothing() -> Measured {
        Measured {
            test: "none",
            ratio: None,
            interval: Interval::UNKNOWN,
            smallest: None,
            events: None,
            traffic: None,
            dispersion: None,
            autocorrelation: None,
        }
    }
}
