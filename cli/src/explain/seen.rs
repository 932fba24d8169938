//! What a gate looked at and read, from its own record and readings.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sluice_core::Duration;
use sluice_core::bake::{self, BegunAlarm, TrafficFacts};
use sluice_core::clear;
use sluice_core::plan::GateSettings;
use sluice_core::reading::Alarm;
use sluice_core::settings::{Canary, CanaryGroup, Test, TestKind, Traffic, Validate};
use sluice_gates::canary::{self, Both, MetricFacts, Series};

/// What was looked at, and what was there.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Seen {
    pub(super) alarms: Vec<SeenAlarm>,
    pub(super) requests: Option<Requests>,
    pub(super) groups: Vec<SeenGroup>,
    pub(super) metrics: Vec<SeenMetric>,
    pub(super) tests: Vec<String>,
    /// How far back requests and metrics were read.
    #[serde(skip)]
    pub(super) since: Option<SignedDuration>,
}

/// An alarm as it is now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct SeenAlarm {
    pub(super) name: String,
    pub(super) region: Option<String>,
    pub(super) state: String,
    pub(super) since: Option<Timestamp>,
    /// Why CloudWatch cannot evaluate it.
    pub(super) evaluation: Option<String>,
}

/// The requests of a bake.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Requests {
    pub(super) metric: String,
    pub(super) at_least: u64,
    /// Not there where they could not be counted, or were not yet.
    pub(super) count: Option<f64>,
    /// Periods with data.
    pub(super) periods: usize,
    pub(super) unknown: Option<String>,
}

/// The series of a version.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct SeenGroup {
    pub(super) version: &'static str,
    pub(super) series: String,
}

/// What both versions had of one metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct SeenMetric {
    pub(super) name: String,
    /// Periods that are closed.
    pub(super) periods: u32,
    pub(super) baseline: Had,
    pub(super) canary: Had,
}

/// What one version had.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Had {
    /// Periods with data.
    pub(super) periods: usize,
    /// Requests, or samples behind the values; not known of a mean.
    pub(super) samples: Option<f64>,
}

/// The settle time of a bake's record.
pub(super) fn settle(begun: &Value) -> Option<Duration> {
    bake::Begun::deserialize(begun).ok().map(|own| own.settle)
}

impl Seen {
    /// What the settings alone say.
    pub(super) fn of(settings: &GateSettings) -> Seen {
        let mut seen = Seen::default();
        if let GateSettings::Bake(bake) = settings
            && let Traffic::Measured(measured) = &bake.traffic
        {
            let dimensions = listed(&measured.metric.dimensions);
            seen.requests = Some(Requests {
                metric: format!("{} ({dimensions})", measured.metric.name),
                at_least: measured.at_least,
                count: None,
                periods: 0,
                unknown: None,
            });
        }
        seen
    }

    /// The tests of a gate that is not asked.
    pub(super) fn tests(&mut self, validate: &Validate) {
        let kind = |test: &Test<'_>| match test.kind {
            TestKind::Http(_) => "requests",
            TestKind::Lambda(_) => "a function",
            TestKind::CodeBuild(_) => "a build",
            TestKind::StateMachine(_) => "an execution",
            TestKind::Synthetics(_) => "runs of a canary",
        };
        let tests = validate.tests();
        let tests = tests
            .iter()
            .map(|test| format!("{}: {}", test.name, kind(test)));
        self.tests = tests.collect();
    }

    /// Adds what a look read; an earlier one is replaced.
    pub(super) fn read(&mut self, settings: &GateSettings, facts: Option<&Value>, begun: &Value) {
        match settings {
            GateSettings::Bake(_) => self.bake(facts, begun),
            GateSettings::Clear(_) => self.clear(facts, begun),
            GateSettings::Canary(canary) => self.canary(canary, facts, begun),
            GateSettings::Validate(_) => {}
        }
    }

    fn bake(&mut self, facts: Option<&Value>, begun: &Value) {
        let Ok(begun) = bake::Begun::deserialize(begun) else {
            return;
        };
        let facts = facts.and_then(|facts| bake::Facts::deserialize(facts).ok());
        let present = facts
            .as_ref()
            .map(|own| own.alarms.iter().map(|own| &own.present));
        self.alarms = alarms(&begun.alarms, present.map(Iterator::collect));
        if let (Some(requests), Some(facts)) = (&mut self.requests, &facts) {
            match &facts.traffic {
                TrafficFacts::NotMeasured => {}
                TrafficFacts::Unknown(why) => requests.unknown = Some(why.clone()),
                TrafficFacts::Counted { counts, .. } => {
                    requests.periods = counts.len();
                    requests.count = Some(counts.iter().map(|own| own.count).sum());
                }
            }
        }
    }

    fn clear(&mut self, facts: Option<&Value>, begun: &Value) {
        let Ok(begun) = clear::Begun::deserialize(begun) else {
            return;
        };
        let facts = facts.and_then(|facts| clear::Facts::deserialize(facts).ok());
        let present = facts.as_ref().map(|own| own.alarms.iter().collect());
        self.alarms = alarms(&begun.alarms, present);
    }

    fn canary(&mut self, settings: &Canary, facts: Option<&Value>, begun: &Value) {
        let Ok(begun) = canary::Begun::deserialize(begun) else {
            return;
        };
        if let Some(groups) = &begun.groups {
            let of = |group: &CanaryGroup| listed(&group.dimensions);
            let (old, new) = (of(&groups.baseline), of(&groups.canary));
            self.groups = [("old version", old), ("new version", new)]
                .map(|(version, series)| SeenGroup { version, series })
                .to_vec();
        }
        let Some(facts) = facts.and_then(|facts| canary::Facts::deserialize(facts).ok()) else {
            return;
        };
        let metrics = settings.metrics.iter().zip(&facts.metrics);
        self.metrics = metrics
            .map(|(metric, own)| SeenMetric {
                name: metric.name().to_owned(),
                periods: facts.periods,
                baseline: had(own, |both| &both.baseline),
                canary: had(own, |both| &both.canary),
            })
            .collect();
    }
}

fn listed(dimensions: &std::collections::BTreeMap<String, String>) -> String {
    let pairs = dimensions.iter();
    let pairs = pairs.map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join(", ")
}

/// As they are at the look, or else as they were when it began.
fn alarms(begun: &[BegunAlarm], present: Option<Vec<&Alarm>>) -> Vec<SeenAlarm> {
    let own = || begun.iter().map(|own| &own.alarm).collect();
    let present = present.unwrap_or_else(own);
    begun
        .iter()
        .zip(present)
        .map(|(begun, alarm)| SeenAlarm {
            name: alarm.name.clone(),
            region: begun.place.region.clone(),
            state: alarm.state.to_string(),
            since: alarm.transitioned,
            evaluation: alarm.evaluation.clone(),
        })
        .collect()
}

fn had(facts: &MetricFacts, of: impl Fn(&Both<Series>) -> &Series) -> Had {
    let periods = |series: &Series| series.iter().flatten().count();
    let sum = |series: &Series| series.iter().flatten().sum();
    match facts {
        MetricFacts::Count { of: requests, .. } => Had {
            periods: periods(of(requests)),
            samples: Some(sum(of(requests))),
        },
        MetricFacts::Series { value, samples } => Had {
            periods: periods(of(value)),
            samples: samples.as_ref().map(|own| sum(of(own))),
        },
    }
}
