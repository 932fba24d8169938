//! CloudWatch: metrics, alarms evaluated from them, and their history.
//!
//! Nothing happens in the background. A call brings the alarms up to its
//! time first, tick by tick from where they were: what is due in the scenario
//! happens, alarms on metrics look at the datapoints published by then, and
//! composite alarms follow their children at the same moment. History is
//! never evaluated twice, and no datapoint of a scenario is stored.
//!
//! Start at [`CloudWatch`]; `evaluation.rs` holds the rules about missing
//! data, `series.rs` how datapoints come about. What AWS does not document is
//! a field of [`CloudWatchSwitches`].

mod alarms;
mod changes;
mod describe;
mod evaluation;
mod expression;
mod history;
mod metric_data;
mod noise;
mod put_data;
mod rate;
pub mod rule;
mod series;
mod setup;
mod statistics;
pub mod terms;
#[cfg(test)]
mod tests;
mod ticks;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::de::value::Error as ValueError;
use serde::de::{DeserializeOwned, IntoDeserializer};

use self::alarms::Alarm;
pub use self::history::Transition;
use self::series::{Identity, Series};
use self::terms::Statistic;
use self::ticks::Agenda;
use crate::scenario::{Marks, Metric, Scenario};
use crate::wire::{ApiError, Protocol, Time};

/// The metrics and alarms of one account and region.
#[derive(Debug)]
pub struct CloudWatch {
    /// What AWS does not document, and faults.
    pub switches: CloudWatchSwitches,
    account: String,
    region: String,
    begin: Timestamp,
    marks: Marks,
    series: Vec<Series>,
    series_by_identity: BTreeMap<Identity, usize>,
    alarms: BTreeMap<String, Alarm>,
    history: Vec<history::Item>,
    agenda: Agenda,
    /// Evaluated up to here, in milliseconds since 1970.
    until: i64,
    buckets: rate::Buckets,
}

/// How this CloudWatch behaves where AWS leaves it open or where it fails.
/// The default is truthful, and pessimistic where the truth is unknown.
#[derive(Debug, Clone)]
pub struct CloudWatchSwitches {
    /// A change of state is in the history only this long after it happened.
    pub history_delay: SignedDuration,
    /// The history forgets what is older than this.
    pub history_retention: SignedDuration,
    /// Changes of state that the history never shows, counted from 0 over all
    /// alarms, oldest first.
    pub drop_history: Vec<usize>,
    /// `GetMetricData` answers half of each result, as `PartialData` and
    /// without a token to go on with.
    pub partial_data: bool,
    /// `GetMetricData` answers `Forbidden` without values.
    pub forbidden: bool,
    /// All alarms are said to be in a state of this name, which AWS does not
    /// have today.
    pub later_state: Option<String>,
    /// No page is longer than this, whatever was asked for.
    pub page_size_max: Option<usize>,
    /// Whether calls are throttled at the rates that AWS publishes.
    pub rate_limits: bool,
    /// Alarms evaluate periods of which datapoints are still to come, instead
    /// of waiting as long as the metric is late.
    pub alarms_read_incomplete_periods: bool,
    /// `GetMetricData` rounds `StartTime` down to the period, instead of to
    /// the minute as documented.
    pub start_rounded_to_period: bool,
    /// What `PutMetricData` stores is published only so long after.
    pub put_late: SignedDuration,
}

impl Default for CloudWatchSwitches {
    fn default() -> CloudWatchSwitches {
        CloudWatchSwitches {
            history_delay: SignedDuration::ZERO,
            history_retention: SignedDuration::from_hours(14 * 24),
            drop_history: Vec::new(),
            partial_data: false,
            forbidden: false,
            later_state: None,
            page_size_max: None,
            rate_limits: true,
            alarms_read_incomplete_periods: false,
            start_rounded_to_period: false,
            put_late: SignedDuration::ZERO,
        }
    }
}

impl CloudWatch {
    /// What a scenario has in this account and region. The alarms have
    /// existed since the scenario's `history` before its beginning.
    pub fn new(scenario: &Scenario, account: &str, region: &str) -> CloudWatch {
        let start = scenario
            .begin
            .saturating_sub(scenario.history.0)
            .unwrap_or(Timestamp::MIN);
        let mut cloudwatch = CloudWatch {
            switches: CloudWatchSwitches::default(),
            account: account.to_owned(),
            region: region.to_owned(),
            begin: scenario.begin,
            marks: Marks::new(),
            series: Vec::new(),
            series_by_identity: BTreeMap::new(),
            alarms: BTreeMap::new(),
            history: Vec::new(),
            agenda: Agenda::default(),
            until: milliseconds(start),
            buckets: rate::Buckets::default(),
        };
        let keys = cloudwatch.add_metrics(scenario);
        cloudwatch.add_alarms(scenario, &keys);
        cloudwatch.resolve();
        cloudwatch
    }

    /// The statistic of a scenario's metric from one moment to another, as far
    /// as it was published `by` then: past the API, for whoever checks what
    /// was read through it.
    pub fn published(
        &self,
        metric: &Metric,
        statistic: Statistic,
        (from, to): (Timestamp, Timestamp),
        by: Timestamp,
    ) -> Option<f64> {
        let identity = Identity {
            namespace: metric.namespace.clone(),
            name: metric.name.clone(),
            dimensions: metric.dimensions.clone(),
        };
        let series = &self.series[*self.series_by_identity.get(&identity)?];
        let [from, to, by] = [from, to, by].map(milliseconds);
        series.value(from, to, by, statistic)
    }

    /// Takes note that the deployment of a stage ended: moments relative to
    /// it are known from now on.
    pub fn mark(&mut self, stage: &str, at: Timestamp) {
        self.advance(milliseconds(at));
        self.marks.insert(stage.to_owned(), at);
        self.resolve();
    }

    /// Runs one operation at this time.
    pub fn call(
        &mut self,
        operation: &str,
        protocol: Protocol,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Vec<u8>, ApiError> {
        let now = milliseconds(now);
        self.advance(now);
        if self.switches.rate_limits {
            self.buckets.take(operation, now)?;
        }
        match operation {
            "DescribeAlarms" => {
                let input = protocol.read(body)?;
                protocol.write(&self.describe_alarms(&input, now)?)
            }
            "DescribeAlarmHistory" => {
                protocol.run(body, |input| self.describe_alarm_history(input, now))
            }
            "GetMetricData" => protocol.run(body, |input| self.get_metric_data(input, now)),
            "PutMetricData" => protocol.run(body, |input| self.put_metric_data(input, now)),
            "PutMetricAlarm" => protocol.run(body, |input| self.put_metric_alarm(input, now)),
            "PutCompositeAlarm" => protocol.run(body, |input| self.put_composite_alarm(input, now)),
            "DeleteAlarms" => protocol.run(body, |input| self.delete_alarms(input, now)),
            "SetAlarmState" => protocol.run(body, |input| self.set_alarm_state(input, now)),
            other => Err(ApiError::client(
                "UnknownOperationException",
                format!("this world's CloudWatch has no operation {other}"),
            )),
        }
    }

    /// All changes of state up to this time, oldest first.
    pub fn transitions(&mut self, now: Timestamp) -> Vec<Transition> {
        self.advance(milliseconds(now));
        self.history
            .iter()
            .filter_map(history::Item::transition)
            .collect()
    }

    /// The series of this metric, new if it is not known yet.
    fn series_of(&mut self, identity: Identity) -> usize {
        let next = self.series.len();
        let index = *self
            .series_by_identity
            .entry(identity.clone())
            .or_insert(next);
        if index == next {
            self.series.push(Series::empty(identity));
        }
        index
    }
}

/// Milliseconds since 1970, which is how fine AWS keeps time.
fn milliseconds(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// Whole milliseconds of a length of time.
fn length(length: SignedDuration) -> i64 {
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX)
}

/// Back from milliseconds.
fn time(milliseconds: i64) -> Time {
    let clamped = milliseconds.clamp(
        Timestamp::MIN.as_millisecond(),
        Timestamp::MAX.as_millisecond(),
    );
    Time(Timestamp::from_millisecond(clamped).unwrap_or(Timestamp::MAX))
}

/// A request that can never be right.
fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::client("ValidationError", message)
}

/// One of a fixed set of words, or AWS's refusal of others.
fn one_of<T: DeserializeOwned>(member: &str, word: &str) -> Result<T, ApiError> {
    let read = T::deserialize(word.into_deserializer());
    read.map_err(|error: ValueError| {
        invalid(format!(
            "1 validation error detected: Value '{word}' at '{member}' failed to satisfy \
             constraint: {error}"
        ))
    })
}

fn bad_token() -> ApiError {
    ApiError::client(
        "InvalidNextToken",
        "the next token is not one of this operation",
    )
}

/// Where a token says to go on. Each operation has its own kind.
fn cursor<'a>(token: Option<&'a str>, kind: &str) -> Result<Option<&'a str>, ApiError> {
    let Some(token) = token else {
        return Ok(None);
    };
    match token.split_once('/') {
        Some((found, rest)) if found == kind => Ok(Some(rest)),
        _ => Err(bad_token()),
    }
}

/// How long a page is: as asked, 1 to 100.
fn page_size(asked: Option<i64>, default: i64, most: Option<usize>) -> Result<usize, ApiError> {
    let size = asked.unwrap_or(default);
    match usize::try_from(size) {
        Ok(size @ 1..=100) => Ok(size.min(most.unwrap_or(size)).max(1)),
        _ => Err(invalid(format!("MaxRecords is {size}, not 1 to 100"))),
    }
}
