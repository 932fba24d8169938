//! The alarms of a scenario as they are written.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::{Length, Moment, Place};
use crate::cloudwatch::terms::{AlarmState, Comparison, EvaluationState, MissingData, Statistic};

/// An alarm: on a metric, on other alarms, or with states set by hand.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alarm {
    /// Unique in its account and region.
    pub name: String,
    /// Account it is in. Default: its metric's, else the scenario's.
    pub account: Option<String>,
    /// Region it is in. Default: its metric's, else the scenario's.
    pub region: Option<String>,
    /// The key of the metric it watches.
    pub metric: Option<String>,
    /// How the datapoints of a period become one value.
    pub stat: Option<Statistic>,
    /// What each evaluated value covers. Default 60s.
    pub period: Option<Length>,
    /// Breaching above this.
    pub above: Option<f64>,
    /// Breaching at this and above.
    pub at_least: Option<f64>,
    /// Breaching below this.
    pub below: Option<f64>,
    /// Breaching at this and below.
    pub at_most: Option<f64>,
    /// How many of how many periods have to be breaching. Default `1 of 1`.
    #[schemars(with = "Option<String>")]
    pub datapoints: Option<Datapoints>,
    /// What a missing datapoint counts as. Default `missing`.
    pub missing: Option<MissingData>,
    /// Makes it a composite alarm: in ALARM while this holds.
    pub rule: Option<String>,
    /// Makes it a scripted alarm: its states, never evaluated.
    pub states: Option<Vec<ScriptedState>>,
    /// What happens to the alarm itself.
    #[serde(default)]
    pub changes: Vec<Change>,
    /// When CloudWatch cannot evaluate it.
    #[serde(default)]
    pub evaluation_error: Vec<EvaluationTrouble>,
    /// Where it stands in the file.
    #[serde(skip)]
    pub place: Place,
}

impl Alarm {
    /// The comparisons written, with their thresholds; one is right.
    pub fn thresholds(&self) -> Vec<(Comparison, f64)> {
        thresholds(self.above, self.at_least, self.below, self.at_most)
    }
}

/// M of N.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Datapoints {
    /// How many periods have to be breaching.
    pub breaching: u32,
    /// Of how many.
    pub of: u32,
}

impl Datapoints {
    /// What an alarm has that does not say.
    pub const DEFAULT: Datapoints = Datapoints {
        breaching: 1,
        of: 1,
    };
}

impl FromStr for Datapoints {
    type Err = String;

    fn from_str(text: &str) -> Result<Datapoints, String> {
        let parts = text.split_once("of").and_then(|(breaching, of)| {
            Some((breaching.trim().parse().ok()?, of.trim().parse().ok()?))
        });
        match parts {
            Some((breaching, of)) => Ok(Datapoints { breaching, of }),
            None => Err(format!(
                "`{text}` does not say how many of how many datapoints: write it like 2 of 3"
            )),
        }
    }
}

impl<'de> Deserialize<'de> for Datapoints {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Datapoints, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A state set by hand.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScriptedState {
    /// When.
    pub at: Moment,
    /// What it is from then on.
    pub state: AlarmState,
}

/// Somebody changes an alarm.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// When.
    pub at: Moment,
    /// A new threshold, breaching above it.
    pub above: Option<f64>,
    /// A new threshold, breaching at it and above.
    pub at_least: Option<f64>,
    /// A new threshold, breaching below it.
    pub below: Option<f64>,
    /// A new threshold, breaching at it and below.
    pub at_most: Option<f64>,
    /// It is replaced by a new alarm of this name.
    pub rename: Option<String>,
    /// It is deleted.
    #[serde(default)]
    pub delete: bool,
}

impl Change {
    /// The comparisons written, with their thresholds.
    pub fn thresholds(&self) -> Vec<(Comparison, f64)> {
        thresholds(self.above, self.at_least, self.below, self.at_most)
    }
}

/// A while in which CloudWatch cannot evaluate an alarm.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvaluationTrouble {
    /// When it begins.
    pub at: Moment,
    /// How long it lasts.
    pub r#for: Length,
    /// What is wrong. In `EVALUATION_ERROR` and `EVALUATION_FAILURE` the
    /// state of the alarm stays what it was.
    pub state: EvaluationState,
}

fn thresholds(
    above: Option<f64>,
    at_least: Option<f64>,
    below: Option<f64>,
    at_most: Option<f64>,
) -> Vec<(Comparison, f64)> {
    let written = [
        (Comparison::Above, above),
        (Comparison::AtLeast, at_least),
        (Comparison::Below, below),
        (Comparison::AtMost, at_most),
    ];
    let given = |(comparison, threshold): (_, Option<f64>)| Some((comparison, threshold?));
    written.into_iter().filter_map(given).collect()
}
