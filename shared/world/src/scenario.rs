//! The scenario: what happens in the world, written as YAML.
//!
//! [`Scenario::load`] reads and checks a file; everything in it is then known
//! to be usable: alarms watch metrics that exist, rules parse and have no
//! cycles, files of recorded values are read. Mistakes are told with file,
//! line and column, and [`ScenarioError::hint`] says how to mend them.

mod alarm;
mod alias;
mod check;
mod host;
mod metric;
mod moment;
mod release;
mod tested;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_saphyr::Spanned;

use crate::assumed::Assumed;
pub use alarm::{Alarm, Change, Datapoints, EvaluationTrouble, ScriptedState};
pub use alias::Alias;
pub use host::HostAnswer;
pub use metric::{Csv, Cycle, Gap, Layer, Metric, Noise, Ramp, Spike};
pub use moment::{Length, Marks, Moment};
pub use release::{
    ExecutionMode, Happening, Interval, LookEvery, NextRelease, Pipeline, Refusal, RefusalKind,
    Stop,
};
pub use tested::{
    BuildFailure, CanaryFailure, CanaryPlan, ExecutionFailure, Function, FunctionFailure, Machine,
    Project, SecretPlan, Span, Table,
};

/// What happens in the world, and when.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// One line for people.
    pub about: String,
    /// When the release starts. Default `2026-03-03T09:00:00Z`.
    #[serde(default = "default_begin")]
    #[schemars(with = "String")]
    pub begin: Timestamp,
    /// How long the world has been running before that. Default 3h.
    #[serde(default = "default_history")]
    pub history: Length,
    /// What everything random is drawn from. Default 1.
    #[serde(default = "default_seed")]
    pub seed: u64,
    /// The account of whatever does not name one. Default `111122223333`.
    #[serde(default = "default_account")]
    pub account: String,
    /// The region of whatever does not name one. Default `us-east-1`.
    #[serde(default = "default_region")]
    pub region: String,
    /// The metrics, under the keys by which alarms refer to them.
    #[serde(default, deserialize_with = "placed_metrics")]
    pub metrics: BTreeMap<String, Metric>,
    /// The alarms.
    #[serde(default, deserialize_with = "placed_alarms")]
    pub alarms: Vec<Alarm>,
    /// The aliases of Lambda functions.
    #[serde(default)]
    pub aliases: Vec<Alias>,
    /// Functions of the user, by name.
    #[serde(default)]
    pub functions: BTreeMap<String, Function>,
    /// CodeBuild projects, by name.
    #[serde(default)]
    pub projects: BTreeMap<String, Project>,
    /// State machines, by name.
    #[serde(default)]
    pub machines: BTreeMap<String, Machine>,
    /// Canaries of CloudWatch Synthetics, by name.
    #[serde(default)]
    pub canaries: BTreeMap<String, CanaryPlan>,
    /// Secrets, by name.
    #[serde(default)]
    pub secrets: BTreeMap<String, SecretPlan>,
    /// Tables of DynamoDB, by name.
    #[serde(default)]
    pub tables: BTreeMap<String, Table>,
    /// What hosts that are not AWS answer, by their names in small letters.
    #[serde(default)]
    pub hosts: BTreeMap<String, Vec<HostAnswer>>,
    /// When AWS says no.
    #[serde(default, deserialize_with = "placed_refusals")]
    pub refusals: Vec<Refusal>,
    /// The pipeline, and what happens to it.
    #[serde(default, deserialize_with = "placed_pipeline")]
    pub pipeline: Pipeline,
    /// How AWS behaves, as somebody measured it. Not written in a scenario;
    /// it goes before what the scenario says of the same.
    #[serde(skip)]
    pub assumed: Assumed,
}

fn default_begin() -> Timestamp {
    Timestamp::constant(1_772_528_400, 0)
}

fn default_history() -> Length {
    Length::seconds(3 * 3600)
}

fn default_seed() -> u64 {
    1
}

fn default_account() -> String {
    "111122223333".to_owned()
}

fn default_region() -> String {
    "us-east-1".to_owned()
}

/// Where something stands in a file, both counted from 1; 0 is unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: u64,
    /// The column.
    pub column: u64,
}

impl fmt::Display for Place {
    /// `:12:5`, or nothing if unknown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => Ok(()),
            line => write!(f, ":{line}:{}", self.column),
        }
    }
}

impl From<serde_saphyr::Location> for Place {
    fn from(location: serde_saphyr::Location) -> Place {
        Place {
            line: location.line(),
            column: location.column(),
        }
    }
}

fn placed_metrics<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, Metric>, D::Error> {
    let metrics = BTreeMap::<String, Spanned<Metric>>::deserialize(deserializer)?;
    let place = |(key, spanned): (String, Spanned<Metric>)| {
        let mut metric = spanned.value;
        metric.place = spanned.referenced.into();
        (key, metric)
    };
    Ok(metrics.into_iter().map(place).collect())
}

fn placed_alarms<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Alarm>, D::Error> {
    let alarms = Vec::<Spanned<Alarm>>::deserialize(deserializer)?.into_iter();
    let place = |spanned: Spanned<Alarm>| Alarm {
        place: spanned.referenced.into(),
        ..spanned.value
    };
    Ok(alarms.map(place).collect())
}

fn placed_refusals<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Refusal>, D::Error> {
    let refusals = Vec::<Spanned<Refusal>>::deserialize(deserializer)?.into_iter();
    let place = |spanned: Spanned<Refusal>| Refusal {
        place: spanned.referenced.into(),
        ..spanned.value
    };
    Ok(refusals.map(place).collect())
}

fn placed_pipeline<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Pipeline, D::Error> {
    let spanned = Spanned::<Pipeline>::deserialize(deserializer)?;
    Ok(Pipeline {
        place: spanned.referenced.into(),
        ..spanned.value
    })
}

/// Why a scenario cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// The file cannot be read.
    #[error("cannot read the scenario `{}`: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The text is no YAML, or not that of a scenario.
    #[error("{file}{place}: {what}")]
    Unparsable {
        /// The file.
        file: String,
        /// Where in the file.
        place: Place,
        /// What is wrong.
        what: String,
    },
    /// It parses, but says something that cannot be.
    #[error("{file}{place}: {what}")]
    Impossible {
        /// The file.
        file: String,
        /// Where in the file.
        place: Place,
        /// What is wrong.
        what: String,
        /// How to mend it.
        mend: String,
    },
    /// A file of recorded values cannot be used.
    #[error("metric `{metric}`: {what}")]
    Recording {
        /// The metric's key.
        metric: String,
        /// What is wrong with the file.
        what: String,
    },
    /// The metric whose file is to be replaced does not exist or has none.
    #[error("no metric `{key}` reads a file")]
    NothingToReplace {
        /// The metric's key.
        key: String,
    },
}

impl ScenarioError {
    /// What to do about it, where there is more to say than the error does.
    pub fn hint(&self) -> Option<&str> {
        match self {
            ScenarioError::Impossible { mend, .. } => Some(mend),
            ScenarioError::NothingToReplace { .. } => {
                Some("name a metric of the scenario that has a layer `csv`")
            }
            _ => None,
        }
    }
}

impl Scenario {
    /// Reads and checks a file. Files named in it are relative to it.
    pub fn load(path: &Path) -> Result<Scenario, ScenarioError> {
        let text = std::fs::read_to_string(path).map_err(|source| ScenarioError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let folder = path.parent().unwrap_or(Path::new("."));
        Scenario::read(&text, &path.display().to_string(), folder)
    }

    /// Reads and checks a text. Files named in it are relative to `folder`;
    /// errors call the text `scenario`.
    pub fn parse(text: &str, folder: &Path) -> Result<Scenario, ScenarioError> {
        Scenario::read(text, "scenario", folder)
    }

    fn read(text: &str, file: &str, folder: &Path) -> Result<Scenario, ScenarioError> {
        if text.trim().is_empty() {
            return Err(ScenarioError::Impossible {
                file: file.to_owned(),
                place: Place::default(),
                what: "the scenario is empty".to_owned(),
                mend: "write at least `about:` and what it is about".to_owned(),
            });
        }
        let options = serde_saphyr::options! { with_snippet: false };
        let mut scenario: Scenario =
            serde_saphyr::from_str_with_options(text, options).map_err(|error| {
                ScenarioError::Unparsable {
                    file: file.to_owned(),
                    place: error.location().map(Place::from).unwrap_or_default(),
                    what: bare_message(&error),
                }
            })?;
        check::check(&scenario, file)?;
        for (key, metric) in &mut scenario.metrics {
            for layer in &mut metric.values {
                if let Layer::Csv(csv) = layer {
                    let path = folder.join(&csv.file);
                    csv.load(&path).map_err(recording(key))?;
                }
            }
        }
        Ok(scenario)
    }

    /// Lets the metric under this key read another file than the one written
    /// in the scenario.
    pub fn replace_csv(&mut self, key: &str, path: &Path) -> Result<(), ScenarioError> {
        let layers = self.metrics.get_mut(key).map(|metric| &mut metric.values);
        let recorded = layers.into_iter().flatten().find_map(|layer| match layer {
            Layer::Csv(csv) => Some(csv),
            _ => None,
        });
        let Some(csv) = recorded else {
            let key = key.to_owned();
            return Err(ScenarioError::NothingToReplace { key });
        };
        csv.load(path).map_err(recording(key))?;
        path.clone_into(&mut csv.file);
        Ok(())
    }

    /// From when to when there are recorded series that stand at their own
    /// times.
    pub fn recorded(&self) -> Option<(Timestamp, Timestamp)> {
        let layers = self.metrics.values().flat_map(|metric| &metric.values);
        let ends = layers.filter_map(|layer| match layer {
            Layer::Csv(csv) if csv.at.is_none() => Some((csv.rows.first()?.0, csv.rows.last()?.0)),
            _ => None,
        });
        let (from, to) =
            ends.reduce(|(from, to), (first, last)| (from.min(first), to.max(last)))?;
        Some((
            Timestamp::from_millisecond(from).ok()?,
            Timestamp::from_millisecond(to).ok()?,
        ))
    }

    /// The account and region a metric is in.
    pub fn home_of_metric<'a>(&'a self, metric: &'a Metric) -> (&'a str, &'a str) {
        (
            metric.account.as_deref().unwrap_or(&self.account),
            metric.region.as_deref().unwrap_or(&self.region),
        )
    }

    /// The account and region an alarm is in: its own, its metric's, or the
    /// scenario's.
    pub fn home_of_alarm<'a>(&'a self, alarm: &'a Alarm) -> (&'a str, &'a str) {
        let metric = alarm.metric.as_ref().and_then(|key| self.metrics.get(key));
        let (account, region) = match metric {
            Some(metric) => self.home_of_metric(metric),
            None => (self.account.as_str(), self.region.as_str()),
        };
        (
            alarm.account.as_deref().unwrap_or(account),
            alarm.region.as_deref().unwrap_or(region),
        )
    }
}

fn recording(key: &str) -> impl FnOnce(String) -> ScenarioError {
    let metric = key.to_owned();
    move |what| ScenarioError::Recording { metric, what }
}

/// The parser's message without the place, which stands in front already.
fn bare_message(error: &serde_saphyr::Error) -> String {
    let message = error.to_string();
    match message.rsplit_once(" at line ") {
        Some((bare, _)) => bare.to_owned(),
        None => message,
    }
}
