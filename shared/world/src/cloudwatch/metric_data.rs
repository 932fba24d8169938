//! `GetMetricData`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::expression::{Computed, Expression, Values};
use super::history::is_descending;
use super::series::Identity;
use super::terms::Statistic;
use super::{ApiError, CloudWatch, Time, bad_token, cursor, invalid, milliseconds, time};

/// At most so many queries in a call.
const QUERIES_MAX: usize = 500;

/// At most so many datapoints in an answer, and as many unless asked.
const DATAPOINTS_MAX: usize = 100_800;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetMetricDataInput {
    #[serde(default)]
    metric_data_queries: Vec<Query>,
    start_time: Time,
    end_time: Time,
    next_token: Option<String>,
    scan_by: Option<String>,
    max_datapoints: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Query {
    id: String,
    metric_stat: Option<MetricStat>,
    expression: Option<String>,
    label: Option<String>,
    return_data: Option<bool>,
    account_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MetricStat {
    metric: Metric,
    period: i64,
    stat: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metric {
    namespace: Option<String>,
    metric_name: Option<String>,
    #[serde(default)]
    dimensions: Vec<Dimension>,
}

/// One dimension on the wire.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Dimension {
    name: String,
    value: String,
}

/// The dimensions as a set.
pub(super) fn dimensions(given: Vec<Dimension>) -> BTreeMap<String, String> {
    given
        .into_iter()
        .map(|dimension| (dimension.name, dimension.value))
        .collect()
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetMetricDataOutput {
    metric_data_results: Vec<MetricDataResult>,
    messages: Vec<()>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct MetricDataResult {
    id: String,
    label: String,
    timestamps: Vec<Time>,
    values: Vec<f64>,
    status_code: &'static str,
}

impl CloudWatch {
    pub(super) fn get_metric_data(
        &self,
        input: GetMetricDataInput,
        now: i64,
    ) -> Result<GetMetricDataOutput, ApiError> {
        let descending = is_descending(input.scan_by.as_deref())?;
        let most = input
            .max_datapoints
            .map_or(Ok(DATAPOINTS_MAX), usize::try_from);
        let most = match most {
            Ok(most @ 1..=DATAPOINTS_MAX) => {
                most.min(self.switches.page_size_max.unwrap_or(most)).max(1)
            }
            _ => {
                return Err(invalid(format!(
                    "MaxDatapoints is not 1 to {DATAPOINTS_MAX}"
                )));
            }
        };
        let skip = match cursor(input.next_token.as_deref(), "points")? {
            Some(text) => text.parse().map_err(|_| bad_token())?,
            None => 0,
        };
        let (start, end) = (
            milliseconds(input.start_time.0),
            milliseconds(input.end_time.0),
        );
        if start >= end {
            return Err(invalid("StartTime has to be before EndTime"));
        }
        check_ids(&input.metric_data_queries)?;
        let computed = self.compute(&input.metric_data_queries, start, end, now)?;
        let returned = input.metric_data_queries.iter().zip(computed);
        let returned = returned.filter(|(query, _)| query.return_data != Some(false));
        let results = returned.map(|(query, values)| {
            let mut points: Vec<(i64, f64)> = values.into_iter().collect();
            if descending {
                points.reverse();
            }
            (query, points)
        });
        Ok(self.page(results.collect(), skip, most))
    }

    /// The values of each query, in their order.
    fn compute(
        &self,
        queries: &[Query],
        start: i64,
        end: i64,
        now: i64,
    ) -> Result<Vec<Values>, ApiError> {
        let mut known: BTreeMap<&str, Values> = BTreeMap::new();
        let mut open: Vec<(&str, Expression)> = Vec::new();
        for query in queries {
            match (&query.metric_stat, &query.expression) {
                (Some(metric_stat), None) => {
                    let elsewhere = query
                        .account_id
                        .as_ref()
                        .is_some_and(|id| *id != self.account);
                    let values = self.metric_values(metric_stat, start, end, now)?;
                    known.insert(&query.id, if elsewhere { Values::new() } else { values });
                }
                (None, Some(text)) => {
                    let expression = Expression::parse(text).map_err(|reason| {
                        invalid(format!("Error in expression '{}': {reason}", query.id))
                    })?;
                    open.push((&query.id, expression));
                }
                _ => {
                    let id = &query.id;
                    return Err(invalid(format!(
                        "query {id} needs either MetricStat or Expression"
                    )));
                }
            }
        }
        // Expressions may use each other in any order, but not in a circle.
        while !open.is_empty() {
            let ready = |(_, expression): &(&str, Expression)| {
                expression
                    .ids()
                    .into_iter()
                    .all(|id| known.contains_key(id))
            };
            let Some(index) = open.iter().position(ready) else {
                let ids: Vec<&str> = open.iter().map(|(id, _)| *id).collect();
                let ids = ids.join(", ");
                return Err(invalid(format!(
                    "Error in expression: {ids} use ids that have no value"
                )));
            };
            let (id, expression) = open.remove(index);
            match expression.compute(&known) {
                Computed::Series(values) => known.insert(id, values),
                Computed::Scalar(_) => {
                    return Err(invalid(format!(
                        "Error in expression '{id}': it is a single number"
                    )));
                }
            };
        }
        let mut take = |query: &Query| known.remove(query.id.as_str()).unwrap_or_default();
        Ok(queries.iter().map(&mut take).collect())
    }

    fn metric_values(
        &self,
        metric_stat: &MetricStat,
        start: i64,
        end: i64,
        now: i64,
    ) -> Result<Values, ApiError> {
        let statistic: Statistic = metric_stat
            .stat
            .parse()
            .map_err(|_| invalid(format!("`{}` is no valid Stat", metric_stat.stat)))?;
        let period = metric_stat.period.saturating_mul(1000);
        if period <= 0
            || (period % MINUTE != 0 && !matches!(period, 1000 | 5000 | 10_000 | 20_000 | 30_000))
        {
            return Err(invalid(
                "Period has to be 1, 5, 10, 20, 30 or a multiple of 60",
            ));
        }
        let (Some(namespace), Some(name)) = (
            metric_stat.metric.namespace.clone(),
            metric_stat.metric.metric_name.clone(),
        ) else {
            return Err(invalid("a MetricStat needs Namespace and MetricName"));
        };
        let given = metric_stat.metric.dimensions.iter();
        let dimensions = given.map(|d| (d.name.clone(), d.value.clone())).collect();
        let identity = Identity {
            namespace,
            name,
            dimensions,
        };
        // Older datapoints are kept in coarser periods only.
        let finest = match now - start {
            age if age > 63 * DAY => 60 * MINUTE,
            age if age > 15 * DAY => 5 * MINUTE,
            age if age > DAY / 8 => MINUTE,
            _ => 1000,
        };
        let series = self
            .series_by_identity
            .get(&identity)
            .map(|index| &self.series[*index]);
        let Some(series) = series.filter(|_| period % finest == 0) else {
            return Ok(Values::new());
        };
        let unit = if self.switches.start_rounded_to_period {
            period
        } else {
            finest.max(period.min(MINUTE))
        };
        let end = end.min(now.saturating_add(1));
        let mut from = start.div_euclid(unit) * unit;
        let mut values = Values::new();
        while from < end {
            let to = from.saturating_add(period);
            if let Some(value) = series.value(from, to.min(end), now, statistic) {
                values.insert(from, value);
            }
            from = to;
        }
        Ok(values)
    }

    /// One page of results: `most` datapoints after the first `skip`.
    fn page(
        &self,
        results: Vec<(&Query, Vec<(i64, f64)>)>,
        skip: usize,
        most: usize,
    ) -> GetMetricDataOutput {
        let (mut before, mut room) = (skip, most);
        let mut told = Vec::new();
        let mut next_token = None;
        for (query, mut points) in results {
            let mut status = "Complete";
            if self.switches.forbidden {
                points.clear();
                status = "Forbidden";
            } else if self.switches.partial_data {
                points.truncate(points.len() / 2);
                status = "PartialData";
            }
            let told_before = before.min(points.len());
            before -= told_before;
            if skip > 0 && told_before == points.len() {
                continue;
            }
            points.drain(..told_before);
            if points.len() > room {
                points.truncate(room);
                status = "PartialData";
                next_token = Some(format!("points/{}", skip + most));
            }
            room -= points.len();
            told.push(MetricDataResult {
                id: query.id.clone(),
                label: query.label.clone().unwrap_or_else(|| query.default_label()),
                timestamps: points.iter().map(|(at, _)| time(*at)).collect(),
                values: points.iter().map(|(_, value)| *value).collect(),
                status_code: status,
            });
        }
        GetMetricDataOutput {
            metric_data_results: told,
            messages: Vec::new(),
            next_token,
        }
    }
}

impl Query {
    fn default_label(&self) -> String {
        let name = self
            .metric_stat
            .as_ref()
            .and_then(|stat| stat.metric.metric_name.clone());
        name.unwrap_or_else(|| self.id.clone())
    }
}

fn check_ids(queries: &[Query]) -> Result<(), ApiError> {
    if queries.is_empty() || queries.len() > QUERIES_MAX {
        let count = queries.len();
        return Err(invalid(format!(
            "MetricDataQueries has {count} members, not 1 to {QUERIES_MAX}"
        )));
    }
    let mut ids = BTreeSet::new();
    for Query { id, .. } in queries {
        let begins = id.starts_with(|c: char| c.is_ascii_lowercase());
        if !begins || !id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(invalid(format!(
                "id `{id}` has to begin with a lower case letter, then letters, digits and _"
            )));
        }
        if !ids.insert(id) {
            return Err(invalid(format!("id `{id}` is there twice")));
        }
    }
    Ok(())
}
