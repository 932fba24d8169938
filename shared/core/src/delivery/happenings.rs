//! What happened to the stages of a pipeline: failures and successes.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::History;
use super::staged::{Staged, staged};
use super::tidy::tidied;

/// A stage failed, or succeeded as a whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Happening {
    /// When.
    pub at: Timestamp,
    /// Whether it failed. Of the same moment, the failure is the later one.
    pub failed: bool,
    /// The stage.
    pub stage: String,
    /// The release.
    pub release: String,
}

/// All of a history, in the order of time.
pub fn happenings(history: &History) -> Vec<Happening> {
    let releases = tidied(history);
    let runs = releases.iter().flat_map(|release| &release.runs);
    let stages: BTreeSet<&str> = runs.map(|run| run.stage.as_str()).collect();
    let mut all = Vec::new();
    for stage in stages {
        let staged = releases.iter().filter_map(|own| staged(own, stage, false));
        all.extend(staged.flat_map(|own| of(&own, stage)));
    }
    all.sort();
    all
}

fn of(staged: &Staged<'_>, stage: &str) -> Vec<Happening> {
    let happening = |at: Timestamp, failed| Happening {
        at,
        failed,
        stage: stage.to_owned(),
        release: staged.release.id.clone(),
    };
    let failures = staged.failures.iter().map(|at| happening(*at, true));
    let success = staged.succeeded.map(|at| happening(at, false));
    failures.chain(success).collect()
}
