//! CloudWatch's own words: states, statistics, comparisons, and what an alarm
//! does about missing data. They read and write the names that AWS uses.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The state of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AlarmState {
    /// Within the threshold.
    Ok,
    /// Past the threshold.
    Alarm,
    /// Just begun, or too little data to tell.
    InsufficientData,
}

impl fmt::Display for AlarmState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AlarmState::Ok => "OK",
            AlarmState::Alarm => "ALARM",
            AlarmState::InsufficientData => "INSUFFICIENT_DATA",
        })
    }
}

/// What is wrong with the evaluation of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EvaluationState {
    /// Judged on a part of the data.
    PartialData,
    /// The alarm's configuration does not work: it is not evaluated.
    EvaluationError,
    /// CloudWatch has a problem: the alarm is not evaluated.
    EvaluationFailure,
}

/// What a missing datapoint counts as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum MissingData {
    /// As nothing; without any datapoint the state is INSUFFICIENT_DATA.
    #[default]
    Missing,
    /// As one within the threshold.
    NotBreaching,
    /// As one past the threshold.
    Breaching,
    /// As a reason to keep the present state.
    Ignore,
}

/// On which side of the threshold a value is breaching.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    /// `value > threshold`
    #[serde(rename = "GreaterThanThreshold")]
    Above,
    /// `value >= threshold`
    #[serde(rename = "GreaterThanOrEqualToThreshold")]
    AtLeast,
    /// `value < threshold`
    #[serde(rename = "LessThanThreshold")]
    Below,
    /// `value <= threshold`
    #[serde(rename = "LessThanOrEqualToThreshold")]
    AtMost,
}

impl Comparison {
    /// Whether this value breaches that threshold.
    pub fn breaches(self, value: f64, threshold: f64) -> bool {
        match self {
            Comparison::Above => value > threshold,
            Comparison::AtLeast => value >= threshold,
            Comparison::Below => value < threshold,
            Comparison::AtMost => value <= threshold,
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Comparison::Above => "greater than",
            Comparison::AtLeast => "greater than or equal to",
            Comparison::Below => "less than",
            Comparison::AtMost => "less than or equal to",
        })
    }
}

/// How the datapoints of one period become one value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Statistic {
    /// The sum of all values.
    Sum,
    /// The mean of all values.
    Average,
    /// The least value.
    Minimum,
    /// The greatest value.
    Maximum,
    /// The number of values.
    SampleCount,
    /// The value under which so many percent of the values lie, 0 to 100.
    Percentile(f64),
}

impl Statistic {
    /// Whether AWS calls it an extended statistic.
    pub fn is_extended(self) -> bool {
        matches!(self, Statistic::Percentile(_))
    }
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Statistic::Sum => f.write_str("Sum"),
            Statistic::Average => f.write_str("Average"),
            Statistic::Minimum => f.write_str("Minimum"),
            Statistic::Maximum => f.write_str("Maximum"),
            Statistic::SampleCount => f.write_str("SampleCount"),
            Statistic::Percentile(percent) => write!(f, "p{percent}"),
        }
    }
}

/// A text that names no statistic of this world.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no statistic: write Sum, Average, Minimum, Maximum, SampleCount or a percentile like p99"
)]
pub struct UnknownStatistic(String);

impl FromStr for Statistic {
    type Err = UnknownStatistic;

    fn from_str(text: &str) -> Result<Statistic, UnknownStatistic> {
        let percent = text.strip_prefix('p').and_then(|rest| rest.parse().ok());
        match (text, percent) {
            ("Sum", _) => Ok(Statistic::Sum),
            ("Average", _) => Ok(Statistic::Average),
            ("Minimum", _) => Ok(Statistic::Minimum),
            ("Maximum", _) => Ok(Statistic::Maximum),
            ("SampleCount", _) => Ok(Statistic::SampleCount),
            (_, Some(percent)) if (0.0..=100.0).contains(&percent) => {
                Ok(Statistic::Percentile(percent))
            }
            _ => Err(UnknownStatistic(text.to_owned())),
        }
    }
}

impl Serialize for Statistic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Statistic {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Statistic, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Statistic {
    fn schema_name() -> Cow<'static, str> {
        "Statistic".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": r"^(Sum|Average|Minimum|Maximum|SampleCount|p\d+(\.\d+)?)$",
        })
    }
}
