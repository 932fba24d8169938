//! What a probe saw, before anything is concluded from it.

use std::collections::BTreeMap;

use serde::Deserialize;

/// How a call that was taken is noted; others by the code of their refusal.
pub(super) const TAKEN: &str = "Taken";

/// What the probe's function noted of one look.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Note {
    /// The release that it was part of.
    pub(super) release: String,
    /// 1 for the first look.
    pub(super) step: u32,
    /// When the function began, in seconds since 1970 by Lambda's clock.
    pub(super) began: f64,
    /// When its answer was taken.
    pub(super) answered: f64,
    /// What `GetJobDetails` said.
    pub(super) details: Details,
    /// What answers with the longest summaries were told, by the unit in which
    /// they are too long.
    #[serde(default)]
    pub(super) lengths: BTreeMap<String, String>,
    /// What the last of the first answers was told.
    pub(super) first: String,
    /// What another answer was told after one that was taken.
    pub(super) second: String,
}

/// What `GetJobDetails` said.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Details {
    /// The code of its refusal.
    pub(super) refused: Option<String>,
    /// The release that it named.
    pub(super) release: Option<String>,
}

/// All that was seen. What was not looked for is absent.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Of the release whose looks are measured.
    pub(super) notes: Vec<Note>,
    /// What an order to roll back a running stage was told.
    pub(super) while_running: Option<String>,
    /// What became of the rollback of a stage that had ended.
    pub(super) rollback: Option<Rollback>,
    /// An alarm's changes of state, set by hand.
    pub(super) changes: Vec<Change>,
    /// Datapoints that were put.
    pub(super) datapoints: Vec<Datapoint>,
    /// Why a part was not finished, by the part's name.
    pub(super) trouble: BTreeMap<&'static str, String>,
}

/// A rollback of a stage that had ended.
#[derive(Debug, Clone, Default)]
pub(super) struct Rollback {
    /// What the order was told.
    pub(super) ordered: String,
    /// Whether the release that did it said that it is a rollback.
    pub(super) says_so: Option<bool>,
    /// How it ended, if it did.
    pub(super) ended: Option<String>,
    /// How many looks its gate had.
    pub(super) looks: usize,
}

/// A change of an alarm's state.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change {
    /// From when `DescribeAlarms` showed it until the history did, in
    /// milliseconds; absent if it did not in time.
    pub(super) history_after: Option<u64>,
    /// How far apart the times are that both calls gave, in milliseconds.
    pub(super) apart: Option<u64>,
}

/// A datapoint that was put.
#[derive(Debug, Clone, Copy)]
pub(super) struct Datapoint {
    /// When it could be read, in milliseconds; absent if not in time.
    pub(super) read_after: Option<u64>,
    /// When its alarm fired, where that was waited for.
    pub(super) fired_after: Option<u64>,
}
