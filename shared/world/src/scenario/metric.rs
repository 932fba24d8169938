//! What a metric of a scenario is made of.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Length, Moment, Place};

/// A metric: who it is, and which datapoints it has.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// For instance `AWS/ApplicationELB`.
    pub namespace: String,
    /// For instance `RequestCount`.
    pub name: String,
    /// The complete set of dimensions.
    #[serde(default)]
    pub dimensions: BTreeMap<String, String>,
    /// Account it is in. Default: the scenario's.
    pub account: Option<String>,
    /// Region it is in. Default: the scenario's.
    pub region: Option<String>,
    /// One datapoint for each such interval, stamped with its beginning.
    #[serde(default = "one_minute")]
    pub every: Length,
    /// Published this long after the end of its interval.
    #[serde(default = "one_minute")]
    pub late: Length,
    /// How many measurements of the same value each datapoint stands for;
    /// `Sum` and `SampleCount` grow with it. Default 1.
    #[serde(default = "one")]
    pub samples: f64,
    /// Layers, summed in this order for each datapoint.
    pub values: Vec<Layer>,
    /// No value is below this.
    pub floor: Option<f64>,
    /// No value is above this.
    pub ceiling: Option<f64>,
    /// Where it stands in the file.
    #[serde(skip)]
    pub place: Place,
}

fn one_minute() -> Length {
    Length::seconds(60)
}

fn one() -> f64 {
    1.0
}

/// One contribution to each datapoint of a metric.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Layer {
    /// Adds this.
    Constant(f64),
    /// Adds `from` before `at`, then on a straight line, after `for` `to`.
    Ramp(Ramp),
    /// Adds a normally distributed number, the same at each reading.
    Noise(Noise),
    /// Adds a sine that is zero, rising, when the release begins.
    Cycle(Cycle),
    /// Adds to the sum so far for a while, or replaces it.
    Spike(Spike),
    /// There is no datapoint for a while.
    Gap(Gap),
    /// Adds what a file recorded; no row, no datapoint.
    Csv(Csv),
}

/// See [`Layer::Ramp`].
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ramp {
    /// The value before.
    pub from: f64,
    /// The value after.
    pub to: f64,
    /// When it begins to change.
    pub at: Moment,
    /// How long it takes.
    pub r#for: Length,
}

/// See [`Layer::Noise`].
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Noise {
    /// Standard deviation.
    pub sd: f64,
}

/// See [`Layer::Cycle`].
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cycle {
    /// Half the distance between peak and trough.
    pub amplitude: f64,
    /// From peak to peak.
    pub every: Length,
}

/// See [`Layer::Spike`].
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spike {
    /// When it begins.
    pub at: Moment,
    /// How long it lasts.
    pub r#for: Length,
    /// What it adds; this or `set`.
    pub add: Option<f64>,
    /// What it replaces the sum of the layers before it with; this or `add`.
    pub set: Option<f64>,
}

/// See [`Layer::Gap`].
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// When it begins.
    pub at: Moment,
    /// How long it lasts.
    pub r#for: Length,
}

/// See [`Layer::Csv`].
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Csv {
    /// The file, relative to the scenario's.
    pub file: PathBuf,
    /// The moment the first row is moved to; otherwise the recorded times stand.
    pub at: Option<Moment>,
    /// What the file holds, oldest first: milliseconds since 1970, value.
    #[serde(skip)]
    pub rows: Arc<[(i64, f64)]>,
}

/// A row of a file: `timestamp,value`.
#[derive(Debug, Deserialize)]
struct Row {
    timestamp: String,
    value: f64,
}

impl Csv {
    /// Reads the file's rows; the error is a sentence naming file and line.
    pub(super) fn load(&mut self, path: &Path) -> Result<(), String> {
        let shown = path.display();
        let mut reader = csv::Reader::from_path(path)
            .map_err(|error| format!("cannot read `{shown}`: {error}"))?;
        let mut rows = Vec::new();
        for (index, row) in reader.deserialize::<Row>().enumerate() {
            let row = row.map_err(|error| format!("`{shown}`: {error}"))?;
            let at = moment(&row.timestamp).ok_or_else(|| {
                let (line, timestamp) = (index + 2, row.timestamp);
                format!(
                    "`{shown}` line {line}: `{timestamp}` is no time: write 2014-02-14 14:30:00 or RFC 3339"
                )
            })?;
            rows.push((at.as_millisecond(), row.value));
        }
        if rows.is_empty() {
            return Err(format!("`{shown}` has no rows"));
        }
        rows.sort_by_key(|(at, _)| *at);
        self.rows = rows.into();
        Ok(())
    }
}

/// A recorded time; one without an offset is in UTC.
fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let local: DateTime = text.parse().ok()?;
        Some(local.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })
}
