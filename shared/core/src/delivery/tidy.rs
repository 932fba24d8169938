//! One order and no doubles: what AWS says comes in pages, and may be told
//! twice, the second time with more.

use std::collections::BTreeMap;

use super::{History, Release, ReleaseStatus, Run, RunStatus};

/// The releases by their beginning, each once, with each run once. Of two
/// tellings the later one holds.
pub(super) fn tidied(history: &History) -> Vec<Release> {
    let mut by_id: BTreeMap<&str, Release> = BTreeMap::new();
    for told in &history.releases {
        match by_id.get_mut(told.id.as_str()) {
            None => {
                by_id.insert(&told.id, told.clone());
            }
            Some(known) => *known = merged(known, told),
        }
    }
    let mut releases: Vec<Release> = by_id.into_values().collect();
    for release in &mut releases {
        release.runs = runs(std::mem::take(&mut release.runs));
        release.revisions.sort();
        release.revisions.dedup();
    }
    releases.sort_by(|a, b| (a.began, &a.id).cmp(&(b.began, &b.id)));
    releases
}

/// Two tellings of one release. What only one of them tells is kept.
fn merged(one: &Release, other: &Release) -> Release {
    // A telling of runs alone does not know how the release is.
    let rank = |release: &Release| {
        let knows = release.status != ReleaseStatus::Unknown;
        (knows, release.updated, release.status)
    };
    let (newer, older) = if rank(one) >= rank(other) {
        (one, other)
    } else {
        (other, one)
    };
    let mut release = newer.clone();
    release.began = match older.status {
        ReleaseStatus::Unknown => newer.began,
        _ => one.began.min(other.began),
    };
    release.updated = one.updated.max(other.updated);
    release.rollback |= older.rollback;
    release.target = one.target.clone().max(other.target.clone());
    release.trigger = one.trigger.clone().max(other.trigger.clone());
    release.revisions.extend(older.revisions.iter().cloned());
    release.runs.extend(older.runs.iter().cloned());
    release
}

/// Each run once, in the order in which they began.
fn runs(told: Vec<Run>) -> Vec<Run> {
    let mut by_id: BTreeMap<String, Run> = BTreeMap::new();
    let rank = |run: &Run| {
        (
            run.status != RunStatus::InProgress,
            run.updated,
            run.clone(),
        )
    };
    for run in told {
        match by_id.get(&run.id) {
            Some(known) if rank(known) >= rank(&run) => {}
            _ => {
                by_id.insert(run.id.clone(), run);
            }
        }
    }
    let mut runs: Vec<Run> = by_id.into_values().collect();
    runs.sort_by(|a, b| (a.began, a.updated, &a.id).cmp(&(b.began, b.updated, &b.id)));
    runs
}
