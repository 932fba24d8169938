//! `PutMetricData`.

use serde::{Deserialize, Serialize};

use super::metric_data::{Dimension, dimensions};
use super::series::Identity;
use super::statistics::Point;
use super::{ApiError, CloudWatch, Time, length, milliseconds};

/// At most so many metrics in a call.
const STORED_MAX: usize = 1000;

const HOUR: i64 = 60 * 60 * 1000;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutMetricDataInput {
    namespace: String,
    #[serde(default)]
    metric_data: Vec<Datum>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Datum {
    metric_name: String,
    #[serde(default)]
    dimensions: Vec<Dimension>,
    timestamp: Option<Time>,
    value: Option<f64>,
    values: Option<Vec<f64>>,
    counts: Option<Vec<f64>>,
    statistic_values: Option<StatisticSet>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StatisticSet {
    sample_count: f64,
    sum: f64,
    minimum: f64,
    maximum: f64,
}

/// The answer of operations that have nothing to say.
#[derive(Debug, Serialize)]
pub(super) struct Nothing {}

impl CloudWatch {
    pub(super) fn put_metric_data(
        &mut self,
        input: PutMetricDataInput,
        now: i64,
    ) -> Result<Nothing, ApiError> {
        if input.metric_data.is_empty() || input.metric_data.len() > STORED_MAX {
            return Err(refused(format!(
                "MetricData has to have 1 to {STORED_MAX} members"
            )));
        }
        let mut stored = Vec::new();
        for datum in input.metric_data {
            let at = datum.timestamp.map_or(now, |at| milliseconds(at.0));
            if at < now - 14 * 24 * HOUR || at > now + 2 * HOUR {
                return Err(refused(
                    "Timestamp has to be within the last two weeks and the next two hours",
                ));
            }
            let points = datum.points()?;
            let identity = Identity {
                namespace: input.namespace.clone(),
                name: datum.metric_name,
                dimensions: dimensions(datum.dimensions),
            };
            stored.push((identity, at, points));
        }
        let late = length(self.switches.put_late);
        for (identity, at, points) in stored {
            let series = self.series_of(identity);
            for point in points {
                self.series[series].store(at, (now, late), point);
            }
        }
        Ok(Nothing {})
    }
}

impl Datum {
    fn points(&self) -> Result<Vec<Point>, ApiError> {
        let points = match (self.value, &self.values, &self.statistic_values) {
            (Some(value), None, None) => vec![Point::same(value, 1.0)],
            (None, Some(values), None) => {
                let ones = vec![1.0; values.len()];
                let counts = self.counts.as_ref().unwrap_or(&ones);
                if values.is_empty() || values.len() > 150 || counts.len() != values.len() {
                    return Err(refused(
                        "Values has to have 1 to 150 members, and Counts as many",
                    ));
                }
                let pairs = values.iter().zip(counts);
                pairs
                    .map(|(value, count)| Point::same(*value, *count))
                    .collect()
            }
            (None, None, Some(set)) => vec![Point {
                value: set.sum / set.sample_count,
                count: set.sample_count,
                minimum: set.minimum,
                maximum: set.maximum,
            }],
            _ => {
                return Err(ApiError::client(
                    "InvalidParameterCombinationException",
                    "one of Value, Values and StatisticValues has to be given",
                ));
            }
        };
        let usable = |point: &Point| point.value.is_finite() && point.count > 0.0;
        if points.iter().all(usable) {
            Ok(points)
        } else {
            Err(refused("values have to be finite and counts above 0"))
        }
    }
}

fn refused(message: impl Into<String>) -> ApiError {
    ApiError::client("InvalidParameterValueException", message)
}
