//! What a canary gate knows: what was written down when it began, what was
//! read just now, what is carried from look to look.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sluice_core::settings::{Canary, CanaryGroups};

/// What was written down when the gate began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Begun {
    /// Version of the rule.
    pub rule: u32,
    /// Version of the judge.
    pub judge: u32,
    /// The first look.
    pub began: Timestamp,
    /// The beginning of the first period that is judged.
    pub start: Timestamp,
    /// The groups, as they are read at every look; none where nothing is
    /// judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<CanaryGroups>,
    /// What the alias said that the groups are from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<Routing>,
    /// Where the old version's values are from an earlier time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Earlier>,
}

/// An alias of a Lambda function while it divides its invocations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Routing {
    /// The version that it points to.
    pub version: String,
    /// The share of each other version.
    pub weights: BTreeMap<String, f64>,
}

/// The time that a new version is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Earlier {
    /// The beginning of its first period.
    pub from: Timestamp,
    /// What it ends before.
    pub deployed: Timestamp,
    /// The deploy action that began then, if it was looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// When another release was deployed in that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub also_deployed: Option<Timestamp>,
}

/// What was read at one look: everything since the gate began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Facts {
    /// The moment of the look, by our clock.
    pub now: Timestamp,
    /// Whether the host may not ask again in time.
    pub last_chance: bool,
    /// Closed periods since the start, at most the horizon.
    pub periods: u32,
    /// The metrics, in the order of the settings.
    pub metrics: Vec<MetricFacts>,
    /// The requests of both groups, if their split is checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traffic: Option<Both<Series>>,
    /// Why the readings are not whole. They are not judged then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incomplete: Option<String>,
}

/// One value for each period; `None` where nothing was reported.
pub type Series = Vec<Option<f64>>;

/// The same of both groups.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Both<T> {
    /// Of the old version.
    pub baseline: T,
    /// Of the new version.
    pub canary: T,
}

/// What was read of one metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MetricFacts {
    /// Events of requests.
    Count {
        /// The events.
        count: Both<Series>,
        /// The requests.
        of: Both<Series>,
    },
    /// One value a period.
    Series {
        /// The values.
        value: Both<Series>,
        /// How many samples are behind each; of percentiles only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        samples: Option<Both<Series>>,
    },
}

/// What is carried over: no statistics, which are computed anew.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// Periods that the last look judged.
    #[serde(default)]
    pub judged: u32,
    /// Looks in a row that could not read.
    #[serde(default)]
    pub failed_reads: u32,
    /// Four hexadecimal digits for each of the last periods judged, to see
    /// whether their values change. Losing them loses that remark only.
    #[serde(default)]
    pub marks: String,
    /// Periods whose values changed after they were judged.
    #[serde(default)]
    pub revised: u32,
}

impl Begun {
    /// The first whole period that begins at or after the first look.
    pub(crate) fn start(began: Timestamp, settings: &Canary) -> Timestamp {
        let period = i64::from(settings.period().as_seconds().max(1));
        let second = (began - SignedDuration::from_nanos(1)).as_second();
        Timestamp::from_second(second.div_euclid(period) * period + period).unwrap_or(began)
    }

    /// Closed periods at that moment, at most the horizon.
    pub(crate) fn closed(&self, settings: &Canary, now: Timestamp) -> u32 {
        let period = i64::from(settings.period().as_seconds().max(1));
        let since = now.duration_since(self.start) - SignedDuration::from(settings.closed_after());
        let closed = since.as_secs().div_euclid(period).max(0);
        u32::try_from(closed)
            .unwrap_or(u32::MAX)
            .min(settings.periods())
    }

    /// The beginning of the first period of the old version's values.
    pub(crate) fn baseline_start(&self) -> Timestamp {
        self.earlier.as_ref().map_or(self.start, |own| own.from)
    }

    /// The beginning of a period.
    pub(crate) fn period(&self, settings: &Canary, index: u32) -> Timestamp {
        self.start + SignedDuration::from(settings.period()) * i32::try_from(index).unwrap_or(0)
    }

    /// When so many periods are closed.
    pub(crate) fn closes(&self, settings: &Canary, periods: u32) -> Timestamp {
        self.period(settings, periods) + SignedDuration::from(settings.closed_after())
    }

    /// When the gate answers whatever it knows.
    pub(crate) fn ends(&self, settings: &Canary) -> Timestamp {
        self.began + SignedDuration::from(settings.at_most())
    }
}
