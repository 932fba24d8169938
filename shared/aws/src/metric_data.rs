//! The values of many series at once, by period.
//!
//! What CloudWatch did not give as a whole is not given on: a part could be
//! taken for periods without data. Whoever asks looks again.

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::types::{
    Dimension, Metric as SdkMetric, MetricDataQuery, MetricDataResult, MetricStat, ScanBy,
    StatusCode,
};
use jiff::Timestamp;
use sluice_core::reading::{Count, Place};

use crate::clients::Aws;
use crate::cloudwatch::{date, moment};
use crate::error::{AwsError, Refusal, sorted};

/// Queries in one call (AWS limit).
const QUERIES_MAX: usize = 500;
/// Pages of one answer: 400 series of 2000 periods are 8 of AWS's usual size.
const PAGES_MAX: usize = 100;
const OPERATION: &str = "cloudwatch:GetMetricData";

/// One series to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesQuery {
    /// For instance `AWS/ApplicationELB`.
    pub namespace: String,
    /// For instance `RequestCount`.
    pub name: String,
    /// The complete set.
    pub dimensions: BTreeMap<String, String>,
    /// CloudWatch's word for the statistic.
    pub stat: String,
    /// The account it is in, where a monitoring account shows it.
    pub account: Option<String>,
}

/// The values of the series asked for, as far as CloudWatch could say.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// All that is published, in the order of the queries. Periods without
    /// data are absent; no period is there twice.
    Whole(Vec<Vec<Count>>),
    /// Only a part, or nothing, and why.
    Incomplete(String),
}

impl Aws {
    /// Reads series of one place from `from` (inclusive) to `to` (exclusive)
    /// in periods of that many seconds.
    pub async fn series(
        &self,
        place: &Place,
        queries: &[SeriesQuery],
        period_seconds: u32,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Values, AwsError> {
        let mut read = Vec::with_capacity(queries.len());
        for some in queries.chunks(QUERIES_MAX) {
            match self.some(place, some, period_seconds, from, to).await? {
                Values::Whole(values) => read.extend(values),
                incomplete @ Values::Incomplete(_) => return Ok(incomplete),
            }
        }
        Ok(Values::Whole(read))
    }

    async fn some(
        &self,
        place: &Place,
        queries: &[SeriesQuery],
        period_seconds: u32,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Values, AwsError> {
        let client = self.cloudwatch(place);
        let asked: Vec<MetricDataQuery> = queries
            .iter()
            .enumerate()
            .map(|(index, query)| sdk_query(index, query, period_seconds))
            .collect();
        let mut gathered = vec![Gathered::default(); queries.len()];
        let mut next = None;
        for _ in 0..PAGES_MAX {
            let answer = client
                .get_metric_data()
                .set_metric_data_queries(Some(asked.clone()))
                .start_time(date(from))
                .end_time(date(to))
                .scan_by(ScanBy::TimestampAscending)
                .set_next_token(next)
                .send()
                .await
                .map_err(|error| sorted(OPERATION, place, error))?;
            for result in answer.metric_data_results.unwrap_or_default() {
                if let Err(why) = gather(&mut gathered, result) {
                    return Ok(Values::Incomplete(why));
                }
            }
            next = answer.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok(whole(gathered, queries));
            }
        }
        Err(AwsError {
            operation: OPERATION.to_owned(),
            refusal: Refusal::Code("TooManyPages".to_owned()),
            message: format!("the answer has more than {PAGES_MAX} pages"),
            place: place.clone(),
            resource: None,
        })
    }
}

fn sdk_query(index: usize, query: &SeriesQuery, period_seconds: u32) -> MetricDataQuery {
    let dimensions = query
        .dimensions
        .iter()
        .map(|(name, value)| Dimension::builder().name(name).value(value).build())
        .collect();
    let metric = SdkMetric::builder()
        .namespace(&query.namespace)
        .metric_name(&query.name)
        .set_dimensions(Some(dimensions))
        .build();
    let stat = MetricStat::builder()
        .metric(metric)
        .period(i32::try_from(period_seconds).unwrap_or(i32::MAX))
        .stat(&query.stat)
        .build();
    MetricDataQuery::builder()
        .id(format!("q{index}"))
        .set_account_id(query.account.clone())
        .metric_stat(stat)
        .build()
}

/// What came of one query so far.
#[derive(Clone, Default)]
struct Gathered {
    values: BTreeMap<Timestamp, f64>,
    /// What CloudWatch said last of it.
    status: Option<StatusCode>,
}

fn gather(gathered: &mut [Gathered], result: MetricDataResult) -> Result<(), String> {
    let id = result.id.unwrap_or_default();
    let own = id
        .strip_prefix('q')
        .and_then(|index| index.parse::<usize>().ok())
        .and_then(|index| gathered.get_mut(index))
        .ok_or_else(|| format!("CloudWatch answered a query `{id}` that nobody asked"))?;
    own.status = result.status_code;
    let times = result.timestamps.unwrap_or_default();
    let values = result.values.unwrap_or_default();
    if times.len() != values.len() {
        return Err("CloudWatch sent times and values of different number".to_owned());
    }
    for (at, value) in times.iter().zip(values) {
        let at = moment(at);
        if !value.is_finite() {
            return Err(format!("CloudWatch sent `{value}` as a value at {at}"));
        }
        let known = own.values.insert(at, value);
        // Pages may overlap, but not contradict each other.
        if known.is_some_and(|known| known.to_bits() != value.to_bits()) {
            return Err(format!("CloudWatch sent two values for {at}"));
        }
    }
    Ok(())
}

fn whole(gathered: Vec<Gathered>, queries: &[SeriesQuery]) -> Values {
    for (own, query) in gathered.iter().zip(queries) {
        let said = match &own.status {
            Some(StatusCode::Complete) => continue,
            Some(other) => format!("`{}`", other.as_str()),
            None => "nothing".to_owned(),
        };
        let name = &query.name;
        return Values::Incomplete(format!("CloudWatch answered {said} for `{name}`"));
    }
    let counts = |own: Gathered| {
        let values = own.values.into_iter();
        values.map(|(at, count)| Count { at, count }).collect()
    };
    Values::Whole(gathered.into_iter().map(counts).collect())
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::DateTime;

    use super::*;

    fn result(id: &str, points: &[(i64, f64)], status: StatusCode) -> MetricDataResult {
        MetricDataResult::builder()
            .id(id)
            .set_timestamps(Some(
                points
                    .iter()
                    .map(|(at, _)| DateTime::from_secs(*at))
                    .collect(),
            ))
            .set_values(Some(points.iter().map(|(_, value)| *value).collect()))
            .status_code(status)
            .build()
    }

    fn read(results: Vec<MetricDataResult>) -> Values {
        let query = SeriesQuery {
            namespace: "Shop".to_owned(),
            name: "Orders".to_owned(),
            dimensions: BTreeMap::new(),
            stat: "Sum".to_owned(),
            account: None,
        };
        let mut gathered = vec![Gathered::default()];
        for result in results {
            if let Err(why) = gather(&mut gathered, result) {
                return Values::Incomplete(why);
            }
        }
        whole(gathered, &[query])
    }

    #[track_caller]
    fn check_incomplete(results: Vec<MetricDataResult>, expected: &str) {
        assert_eq!(read(results), Values::Incomplete(expected.to_owned()));
    }

    #[test]
    fn what_came_in_parts_is_whole_once_the_last_part_says_so() {
        let parts = vec![
            result("q0", &[(60, 1.0)], StatusCode::PartialData),
            result("q0", &[(60, 1.0), (120, 2.0)], StatusCode::Complete),
        ];
        let Values::Whole(values) = read(parts) else {
            panic!("it is whole")
        };
        assert_eq!(values[0].len(), 2);
    }

    #[test]
    fn a_part_is_never_taken_for_the_whole() {
        let part = || result("q0", &[(60, 1.0)], StatusCode::PartialData);
        check_incomplete(
            vec![part()],
            "CloudWatch answered `PartialData` for `Orders`",
        );
        check_incomplete(vec![], "CloudWatch answered nothing for `Orders`");
        for (status, word) in [
            (StatusCode::InternalError, "InternalError"),
            (StatusCode::Forbidden, "Forbidden"),
            (StatusCode::from("Purple"), "Purple"),
        ] {
            let expected = format!("CloudWatch answered `{word}` for `Orders`");
            check_incomplete(vec![result("q0", &[], status)], &expected);
        }
    }

    #[test]
    fn an_answer_that_contradicts_itself_is_no_answer() {
        let two = vec![
            result("q0", &[(60, 1.0)], StatusCode::PartialData),
            result("q0", &[(60, 2.0)], StatusCode::Complete),
        ];
        check_incomplete(two, "CloudWatch sent two values for 1970-01-01T00:01:00Z");
        check_incomplete(
            vec![result("q0", &[(60, f64::NAN)], StatusCode::Complete)],
            "CloudWatch sent `NaN` as a value at 1970-01-01T00:01:00Z",
        );
        check_incomplete(
            vec![result("q7", &[], StatusCode::Complete)],
            "CloudWatch answered a query `q7` that nobody asked",
        );
    }
}
