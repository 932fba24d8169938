//! What a scenario says about the pipeline, and when AWS refuses. Read and
//! checked here, applied by the services that it is about.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Length, Marks, Moment, Place};

/// AWS says no.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// `service:Operation`, or `service:*`.
    pub call: String,
    /// What comes instead of an answer.
    pub error: RefusalKind,
    /// From when on. Default: always.
    pub at: Option<Moment>,
    /// For how long. Default: to the end.
    pub r#for: Option<Length>,
    /// Only so many matching calls, the first ones. Default: all.
    pub times: Option<u32>,
    /// Where it stands in the file.
    #[serde(skip)]
    pub place: Place,
}

impl Refusal {
    /// Whether a call at this time is refused, `times` aside.
    pub fn applies(
        &self,
        service: &str,
        operation: &str,
        now: Timestamp,
        begin: Timestamp,
        marks: &Marks,
    ) -> bool {
        let Some((to, named)) = self.call.split_once(':') else {
            return false;
        };
        if to != service || (named != "*" && named != operation) {
            return false;
        }
        let from = match &self.at {
            None => return self.r#for.is_none_or(|length| now < after(begin, length)),
            Some(at) => at.resolve(begin, marks),
        };
        from.is_some_and(|from| {
            now >= from && self.r#for.is_none_or(|length| now < after(from, length))
        })
    }
}

fn after(from: Timestamp, length: Length) -> Timestamp {
    from.saturating_add(length.0).unwrap_or(Timestamp::MAX)
}

/// What comes instead of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum RefusalKind {
    /// The caller may not.
    AccessDenied,
    /// Too many calls.
    Throttling,
    /// A failure of the service.
    InternalError,
    /// No answer.
    Timeout,
    /// The connection is closed.
    Reset,
}

/// How the pipeline behaves, and what happens to it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Pipeline {
    /// How executions share the pipeline.
    pub mode: ExecutionMode,
    /// How long the deployment of each stage takes; see [`Pipeline::deploy`].
    pub deploys: BTreeMap<String, Length>,
    /// The time between two looks of a waiting action.
    pub look_every: LookEvery,
    /// Whether the execution is of type ROLLBACK.
    pub rollback: bool,
    /// Whether `GetJobDetails` answers for Lambda jobs.
    pub job_details: bool,
    /// Which invocations, counted from 0, are delivered twice.
    pub duplicate_events: Vec<u32>,
    /// Which invocations, counted from 0, are lost.
    pub lose_events: Vec<u32>,
    /// What else happens.
    pub happenings: Vec<Happening>,
    /// Where it stands in the file.
    #[serde(skip)]
    pub place: Place,
}

impl Pipeline {
    /// How long the deployment of this stage takes: 3 minutes unless said.
    pub fn deploy(&self, stage: &str) -> Length {
        self.deploys
            .get(stage)
            .copied()
            .unwrap_or(Length::seconds(180))
    }
}

/// How executions share a pipeline.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExecutionMode {
    /// A newer execution takes the place of a waiting one.
    #[default]
    Superseded,
    /// They wait for each other in order.
    Queued,
    /// They run beside each other.
    Parallel,
}

/// The time between two looks: `30s`, or `{ from: 5s, to: 15m }` drawn by the
/// seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[serde(untagged)]
pub enum LookEvery {
    /// Always this long.
    Fixed(Length),
    /// Somewhere between.
    Drawn(Interval),
}

/// From the shortest to the longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// At least.
    pub from: Length,
    /// At most.
    pub to: Length,
}

impl Default for LookEvery {
    fn default() -> LookEvery {
        LookEvery::Drawn(Interval {
            from: Length::seconds(5),
            to: Length::seconds(120),
        })
    }
}

impl<'de> Deserialize<'de> for LookEvery {
    /// By hand, so that a mistake inside is told as what it is.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<LookEvery, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = LookEvery;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a length of time like 30s, or { from: 5s, to: 15m }")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<LookEvery, E> {
                Length::deserialize(text.into_deserializer()).map(LookEvery::Fixed)
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<LookEvery, E> {
                Length::deserialize(number.into_deserializer()).map(LookEvery::Fixed)
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<LookEvery, E> {
                Length::deserialize(number.into_deserializer()).map(LookEvery::Fixed)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<LookEvery, A::Error> {
                Interval::deserialize(MapAccessDeserializer::new(map)).map(LookEvery::Drawn)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// Something that happens to the pipeline; exactly one thing each.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Happening {
    /// When.
    pub at: Moment,
    /// The execution is stopped.
    pub stop: Option<Stop>,
    /// Another execution starts, and is deployed as far as the mode allows.
    pub next_release: Option<NextRelease>,
}

/// How an execution is stopped.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Stop {
    /// Whether running actions are abandoned, not waited for.
    pub abandon: bool,
}

/// The next release; nothing to say about it yet.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NextRelease {}
