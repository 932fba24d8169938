//! What the rule of the bake is given: what was written down at the first
//! look, what was read at this one, what was carried over.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::GUARD;
use crate::Duration;
use crate::reading::{Alarm, Count, Place, Transition};

/// What cannot be read again later, as it was when the bake began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Begun {
    /// [`RULE_VERSION`](super::RULE_VERSION) of who wrote it.
    pub rule: u32,
    /// The first look, by our clock.
    pub began: Timestamp,
    /// From when on firings count.
    pub watched_from: WatchedFrom,
    /// How long after `for` the last read comes.
    pub settle: Duration,
    /// Whether the release is a rollback that gets time to recover.
    pub recovering: bool,
    /// The alarms, resolved.
    pub alarms: Vec<BegunAlarm>,
}

impl Begun {
    /// How far before its beginnings a transition counts as in the bake. The
    /// alarm that a rollback is to cure often fired a moment before: it was
    /// judged by the release that it stopped. That can be told only where both
    /// times are AWS's, from the start of a deploy action.
    pub fn guard(&self) -> SignedDuration {
        if self.recovering && self.watched_from.action.is_some() {
            SignedDuration::ZERO
        } else {
            GUARD
        }
    }
}

/// From when on firings count, and how that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WatchedFrom {
    /// By AWS's clock, or by ours where `action` is not given.
    pub at: Timestamp,
    /// The deploy action, as `stage/action`, whose start it is; `None` where
    /// it is the gate's first look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
}

/// An alarm as it was at the first look, and where it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BegunAlarm {
    /// Where it is read.
    pub place: Place,
    /// What was seen.
    #[serde(flatten)]
    pub alarm: Alarm,
    /// Of a composite alarm: the alarms that it watches directly. Where one of
    /// them cannot be evaluated, its own OK says nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<String>,
}

impl BegunAlarm {
    /// The name for people: with the region where that is not our own.
    pub fn label(&self) -> String {
        match &self.place.region {
            Some(region) => format!("`{}` in {region}", self.alarm.name),
            None => format!("`{}`", self.alarm.name),
        }
    }
}

/// What was read at this look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Facts {
    /// The moment of the look, by our clock.
    pub now: Timestamp,
    /// Whether the host may not ask again in time: an answer for good is due.
    pub last_chance: bool,
    /// One for each alarm of [`Begun`], in its order.
    pub alarms: Vec<AlarmFacts>,
    /// The requests since the bake began.
    pub traffic: TrafficFacts,
}

/// What was read of one alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlarmFacts {
    /// As `DescribeAlarms` shows it.
    pub present: Alarm,
    /// Its history since [`WatchedFrom`], if it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<History>,
}

/// What `DescribeAlarmHistory` said of one alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum History {
    /// All pages from the beginning of the watch until now, oldest first.
    Read(Vec<Transition>),
    /// It could not be read as a whole, and why.
    Unread(String),
}

/// The requests since the bake began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrafficFacts {
    /// The plan says `traffic: not_measured`.
    NotMeasured,
    /// They could not be counted, and why.
    Unknown(String),
    /// They were counted.
    Counted {
        /// Seconds of one period.
        period_seconds: u32,
        /// Periods with data that begin in the bake, oldest first.
        counts: Vec<Count>,
    },
}

/// What is carried from look to look, in the token. All of it but `blind` can
/// be lost without harm; `blind` is only ever rounded towards less known time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Memory {
    /// The last look that read anything.
    #[serde(rename = "read", default, skip_serializing_if = "Option::is_none")]
    pub last_read: Option<Timestamp>,
    /// Before this moment a pass is out of reach, so no history is read for one.
    #[serde(rename = "full", default, skip_serializing_if = "Option::is_none")]
    pub no_pass_before: Option<Timestamp>,
    /// For an alarm (its place in [`Begun`]): the last transition that was
    /// judged, in milliseconds since the bake began.
    #[serde(rename = "seen", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub accounted: BTreeMap<usize, i64>,
    /// For an alarm: seconds in which it could not be evaluated.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub blind: BTreeMap<usize, u32>,
    /// Seconds that are taken from every alarm beside its own: what was in
    /// `blind` when that became too long.
    #[serde(rename = "blind_all", default, skip_serializing_if = "is_zero")]
    pub blind_for_all: u32,
    /// Alarms that could not be evaluated at the last look.
    #[serde(rename = "dark", default, skip_serializing_if = "BTreeSet::is_empty")]
    pub blind_now: BTreeSet<usize>,
    /// Before this moment no history is asked for: an earlier call was
    /// throttled, or there is more to read than one look may.
    #[serde(rename = "hist", default, skip_serializing_if = "Option::is_none")]
    pub no_history_before: Option<Timestamp>,
    /// Looks that could not read all they wanted, one after another.
    #[serde(rename = "miss", default, skip_serializing_if = "is_zero")]
    pub failed_reads: u32,
}

/// Alarms whose blind time is listed in a shortened memory.
const BLIND_LISTED_MAX: usize = 10;

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Memory {
    /// The same memory in fewer characters, for tokens that are too long. It
    /// costs history calls, and many alarms with blind time all get the
    /// longest one of them: less known time, never more.
    pub fn shortened(&self) -> Memory {
        let mut short = Memory {
            accounted: BTreeMap::new(),
            ..self.clone()
        };
        if short.blind.len() > BLIND_LISTED_MAX {
            let longest = short.blind.values().copied().max().unwrap_or(0);
            short.blind_for_all = short.blind_for_all.saturating_add(longest);
            short.blind.clear();
        }
        short
    }

    /// The time in which an alarm was not evaluated.
    pub(super) fn blind_time(&self, index: usize) -> Duration {
        let own = self.blind.get(&index).copied().unwrap_or(0);
        Duration::from_seconds(self.blind_for_all.saturating_add(own))
    }

    pub(super) fn was_accounted(
        &self,
        index: usize,
        transitioned: Timestamp,
        began: Timestamp,
    ) -> bool {
        self.accounted.get(&index) == Some(&offset(transitioned, began))
    }
}

/// Milliseconds from the beginning of the bake.
pub(super) fn offset(at: Timestamp, began: Timestamp) -> i64 {
    let length: SignedDuration = at.duration_since(began);
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX)
}
