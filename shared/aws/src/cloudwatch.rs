//! Alarms, and counts of requests.

use aws_sdk_cloudwatch::operation::describe_alarms::builders::DescribeAlarmsFluentBuilder;
use aws_sdk_cloudwatch::types::{AlarmType, CompositeAlarm, MetricAlarm};
use aws_smithy_types::DateTime;
use jiff::{SignedDuration, Timestamp};
use sluice_core::reading::{Alarm, AlarmKind, AlarmState, Count, Place};
use sluice_core::settings::{CountStatistic, Metric};

use crate::clients::Aws;
use crate::error::{AwsError, Refusal, sorted};
use crate::metric_data::{SeriesQuery, Values};

/// Names in one `DescribeAlarms` call, and records on one page (AWS limits).
const NAMES_MAX: usize = 100;
pub(crate) const PAGE_RECORDS: i32 = 100;
/// Pages of one answer that are read; more are an error, never cut off.
pub(crate) const PAGES_MAX: usize = 20;
/// Requests by period, as far as CloudWatch could say.
#[derive(Debug, Clone, PartialEq)]
pub enum Counted {
    /// All that is published, oldest first.
    Whole(Vec<Count>),
    /// Only a part, or nothing, and why.
    Incomplete(String),
}

impl Aws {
    /// The alarms of these names that exist, metric and composite ones. Names
    /// that do not exist are left out, as CloudWatch does.
    pub async fn alarms_named(
        &self,
        place: &Place,
        names: &[String],
    ) -> Result<Vec<Alarm>, AwsError> {
        let mut found = Vec::new();
        for some in names.chunks(NAMES_MAX) {
            found.extend(
                self.describe(place, |call| {
                    of_both_types(call).set_alarm_names(Some(some.to_vec()))
                })
                .await?,
            );
        }
        Ok(found)
    }

    /// All alarms whose names begin so.
    pub async fn alarms_with_prefix(
        &self,
        place: &Place,
        prefix: &str,
    ) -> Result<Vec<Alarm>, AwsError> {
        self.describe(place, |call| of_both_types(call).alarm_name_prefix(prefix))
            .await
    }

    /// The names of the alarms that a composite one watches directly.
    pub async fn children_of(
        &self,
        place: &Place,
        composite: &str,
    ) -> Result<Vec<String>, AwsError> {
        // That answer has names only, of both types: the call takes no types.
        let children = self
            .describe(place, |call| call.children_of_alarm_name(composite))
            .await?;
        Ok(children.into_iter().map(|alarm| alarm.name).collect())
    }

    async fn describe(
        &self,
        place: &Place,
        select: impl Fn(DescribeAlarmsFluentBuilder) -> DescribeAlarmsFluentBuilder,
    ) -> Result<Vec<Alarm>, AwsError> {
        let operation = "cloudwatch:DescribeAlarms";
        let client = self.cloudwatch(place);
        let mut found = Vec::new();
        let mut next = None;
        for _ in 0..PAGES_MAX {
            let answer = select(client.describe_alarms())
                .max_records(PAGE_RECORDS)
                .set_next_token(next)
                .send()
                .await
                .map_err(|error| sorted(operation, place, error))?;
            found.extend(
                answer
                    .metric_alarms
                    .unwrap_or_default()
                    .into_iter()
                    .map(metric_alarm),
            );
            found.extend(
                answer
                    .composite_alarms
                    .unwrap_or_default()
                    .into_iter()
                    .map(composite_alarm),
            );
            next = answer.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok(found);
            }
        }
        Err(too_many_pages(operation, place, PAGES_MAX))
    }

    /// Counts requests from `from` (inclusive) to `to` (exclusive) in periods
    /// of `period_seconds`, a multiple of 60. Periods without data are absent.
    pub async fn count(
        &self,
        metric: &Metric,
        period_seconds: u32,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Counted, AwsError> {
        let place = Place {
            region: metric.region.clone(),
            role: metric.role.clone(),
        };
        let stat = match metric.stat {
            CountStatistic::Sum => "Sum",
            CountStatistic::SampleCount => "SampleCount",
        };
        let queries = [SeriesQuery {
            namespace: metric.namespace.clone(),
            name: metric.name.clone(),
            dimensions: metric.dimensions.clone(),
            stat: stat.to_owned(),
            account: None,
        }];
        let values = self.series(&place, &queries, period_seconds, from, to);
        Ok(match values.await? {
            Values::Whole(values) => Counted::Whole(values.into_iter().flatten().collect()),
            Values::Incomplete(why) => Counted::Incomplete(why),
        })
    }

    /// Waits, on the wire's clock.
    pub async fn pause(&self, length: SignedDuration) {
        use aws_smithy_async::rt::sleep::AsyncSleep;
        self.wire
            .sleep
            .sleep(length.try_into().unwrap_or_default())
            .await;
    }
}

/// Without the types, composite alarms would silently be missing.
fn of_both_types(call: DescribeAlarmsFluentBuilder) -> DescribeAlarmsFluentBuilder {
    call.alarm_types(AlarmType::MetricAlarm)
        .alarm_types(AlarmType::CompositeAlarm)
}

pub(crate) fn too_many_pages(operation: &str, place: &Place, pages_max: usize) -> AwsError {
    AwsError {
        operation: operation.to_owned(),
        refusal: Refusal::Code("TooManyPages".to_owned()),
        message: format!("the answer has more than {pages_max} pages"),
        place: place.clone(),
        resource: None,
    }
}

pub(crate) fn unreadable(operation: &str, place: &Place, what: &str) -> AwsError {
    AwsError {
        operation: operation.to_owned(),
        refusal: Refusal::Unavailable,
        message: format!("the answer cannot be read: {what}"),
        place: place.clone(),
        resource: None,
    }
}

fn metric_alarm(alarm: MetricAlarm) -> Alarm {
    let positive = |number: Option<i32>| {
        number
            .and_then(|n| u32::try_from(n).ok())
            .filter(|n| *n > 0)
    };
    Alarm {
        name: alarm.alarm_name.unwrap_or_default(),
        arn: alarm.alarm_arn.unwrap_or_default(),
        kind: AlarmKind::Metric,
        state: state(alarm.state_value.as_ref().map(|s| s.as_str())),
        transitioned: alarm.state_transitioned_timestamp.as_ref().map(moment),
        configured: alarm
            .alarm_configuration_updated_timestamp
            .as_ref()
            .map(moment),
        evaluation: alarm.evaluation_state.map(|e| e.as_str().to_owned()),
        period_seconds: positive(alarm.period).or_else(|| {
            // Of an alarm over an expression, the longest period of its metrics.
            alarm
                .metrics
                .iter()
                .flatten()
                .filter_map(|m| positive(m.period.or(m.metric_stat.as_ref()?.period)))
                .max()
        }),
        evaluation_periods: positive(alarm.evaluation_periods),
        datapoints_to_alarm: positive(alarm.datapoints_to_alarm),
        missing_data: alarm.treat_missing_data,
    }
}

fn composite_alarm(alarm: CompositeAlarm) -> Alarm {
    Alarm {
        name: alarm.alarm_name.unwrap_or_default(),
        arn: alarm.alarm_arn.unwrap_or_default(),
        kind: AlarmKind::Composite,
        state: state(alarm.state_value.as_ref().map(|s| s.as_str())),
        transitioned: alarm.state_transitioned_timestamp.as_ref().map(moment),
        configured: alarm
            .alarm_configuration_updated_timestamp
            .as_ref()
            .map(moment),
        evaluation: None,
        period_seconds: None,
        evaluation_periods: None,
        datapoints_to_alarm: None,
        missing_data: None,
    }
}

fn state(word: Option<&str>) -> AlarmState {
    AlarmState::from_word(word.unwrap_or("no state"))
}

/// From AWS's time to ours. What lies outside of ours does not occur.
pub(crate) fn moment(at: &DateTime) -> Timestamp {
    Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).unwrap_or(0))
        .unwrap_or(Timestamp::MIN)
}

pub(crate) fn date(at: Timestamp) -> DateTime {
    DateTime::from_millis(at.as_millisecond())
}
