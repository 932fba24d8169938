//! What was read from the world, in our own words: alarms, their transitions,
//! and counts of requests, each with its time.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where something is read: a region and the role it is read with.
#[derive(
    Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct Place {
    /// `None`: the function's own region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// `None`: the function's own role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

/// The state of an alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AlarmState {
    /// `OK`
    #[serde(rename = "OK")]
    Ok,
    /// `ALARM`
    #[serde(rename = "ALARM")]
    Alarm,
    /// `INSUFFICIENT_DATA`
    #[serde(rename = "INSUFFICIENT_DATA")]
    InsufficientData,
    /// A word that we do not know. Never taken for OK.
    #[serde(untagged)]
    Unknown(String),
}

impl AlarmState {
    /// Reads CloudWatch's word.
    pub fn from_word(word: &str) -> AlarmState {
        match word {
            "OK" => AlarmState::Ok,
            "ALARM" => AlarmState::Alarm,
            "INSUFFICIENT_DATA" => AlarmState::InsufficientData,
            other => AlarmState::Unknown(other.to_owned()),
        }
    }
}

impl fmt::Display for AlarmState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AlarmState::Ok => "OK",
            AlarmState::Alarm => "ALARM",
            AlarmState::InsufficientData => "INSUFFICIENT_DATA",
            AlarmState::Unknown(word) => word,
        })
    }
}

/// Whether an alarm watches metrics or other alarms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlarmKind {
    /// Watches a metric or an expression over metrics.
    Metric,
    /// Watches other alarms.
    Composite,
}

/// An alarm as `DescribeAlarms` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Alarm {
    /// Its name, unique in its account and region only.
    pub name: String,
    /// Its ARN, unique everywhere.
    pub arn: String,
    /// Metric or composite.
    pub kind: AlarmKind,
    /// Its state.
    pub state: AlarmState,
    /// When it came into this state, by CloudWatch's clock
    /// (`StateTransitionedTimestamp`).
    pub transitioned: Option<Timestamp>,
    /// When its configuration was last changed, by CloudWatch's clock.
    pub configured: Option<Timestamp>,
    /// What is wrong with its evaluation (`EvaluationState`), if anything is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluation: Option<String>,
    /// Seconds of one period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_seconds: Option<u32>,
    /// How many periods it looks at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluation_periods: Option<u32>,
    /// How many of them have to breach; all, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datapoints_to_alarm: Option<u32>,
    /// `missing`, `notBreaching`, `breaching` or `ignore`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_data: Option<String>,
}

/// One change of an alarm's state, from its history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Transition {
    /// When, by CloudWatch's clock.
    pub at: Timestamp,
    /// The state it left.
    pub old: AlarmState,
    /// The state it came into.
    pub new: AlarmState,
}

/// Requests counted in one period.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Count {
    /// When the period begins.
    pub at: Timestamp,
    /// How many requests it had. CloudWatch leaves out periods without data.
    pub count: f64,
}
