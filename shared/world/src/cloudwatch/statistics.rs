//! Several datapoints become one value.

use super::terms::Statistic;

/// One raw datapoint: so many measurements, and what they were.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    /// Mean of the measurements.
    pub(super) value: f64,
    /// How many measurements; above 0.
    pub(super) count: f64,
    /// The least of them.
    pub(super) minimum: f64,
    /// The greatest of them.
    pub(super) maximum: f64,
}

impl Point {
    /// So many measurements of the same value.
    pub(super) fn same(value: f64, count: f64) -> Point {
        Point {
            value,
            count,
            minimum: value,
            maximum: value,
        }
    }
}

/// Gathers the datapoints of one period for one statistic.
#[derive(Debug)]
pub(super) struct Gathering {
    statistic: Statistic,
    count: f64,
    sum: f64,
    minimum: f64,
    maximum: f64,
    /// Value and count, for percentiles only.
    values: Vec<(f64, f64)>,
}

impl Gathering {
    /// Nothing yet.
    pub(super) fn new(statistic: Statistic) -> Gathering {
        Gathering {
            statistic,
            count: 0.0,
            sum: 0.0,
            minimum: f64::INFINITY,
            maximum: f64::NEG_INFINITY,
            values: Vec::new(),
        }
    }

    /// One more datapoint.
    pub(super) fn add(&mut self, point: Point) {
        self.count += point.count;
        self.sum += point.value * point.count;
        self.minimum = self.minimum.min(point.minimum);
        self.maximum = self.maximum.max(point.maximum);
        if self.statistic.is_extended() {
            self.values.push((point.value, point.count));
        }
    }

    /// The value of the period; `None` without any datapoint.
    pub(super) fn value(self) -> Option<f64> {
        (self.count > 0.0).then(|| match self.statistic {
            Statistic::Sum => self.sum,
            Statistic::Average => self.sum / self.count,
            Statistic::Minimum => self.minimum,
            Statistic::Maximum => self.maximum,
            Statistic::SampleCount => self.count,
            Statistic::Percentile(percent) => percentile(self.values, self.count, percent),
        })
    }
}

/// The least value that at least so many percent of the measurements do not
/// exceed. How CloudWatch interpolates is not published.
fn percentile(mut values: Vec<(f64, f64)>, count: f64, percent: f64) -> f64 {
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    // A hair less than wanted, so that rounding does not reach past a value.
    let wanted = count * percent / 100.0 * (1.0 - 1e-12);
    let mut seen = 0.0;
    let reached = values.iter().find(|(_, count)| {
        seen += count;
        seen >= wanted
    });
    reached
        .or(values.last())
        .map_or(f64::NAN, |(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::{Gathering, Point};

    #[track_caller]
    fn check(statistic: &str, points: &[(f64, f64)], expected: Option<f64>) {
        let mut gathering = Gathering::new(statistic.parse().expect("it is right"));
        for (value, count) in points {
            gathering.add(Point::same(*value, *count));
        }
        assert_eq!(gathering.value(), expected, "{statistic}");
    }

    #[test]
    fn each_statistic_weighs_values_by_their_count() {
        let points = [(1.0, 1.0), (4.0, 3.0)];
        check("Sum", &points, Some(13.0));
        check("Average", &points, Some(3.25));
        check("Minimum", &points, Some(1.0));
        check("Maximum", &points, Some(4.0));
        check("SampleCount", &points, Some(4.0));
    }

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let hundred: Vec<(f64, f64)> = (1..=100).rev().map(|v| (f64::from(v), 1.0)).collect();
        check("p50", &hundred, Some(50.0));
        check("p99", &hundred, Some(99.0));
        check("p99.9", &hundred, Some(100.0));
        check("p100", &hundred, Some(100.0));
        check("p0", &hundred, Some(1.0));
    }

    #[test]
    fn percentiles_count_a_datapoint_as_often_as_it_was_measured() {
        check("p90", &[(1.0, 90.0), (9.0, 10.0)], Some(1.0));
        check("p91", &[(1.0, 90.0), (9.0, 10.0)], Some(9.0));
    }

    #[test]
    fn no_datapoint_is_no_value_not_zero() {
        check("Sum", &[], None);
        check("SampleCount", &[], None);
    }
}
