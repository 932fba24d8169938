//! Deployments one by one, as they are counted while they happen. The four
//! figures are made of whole histories, and know reverts and repeats apart.

use jiff::Timestamp;

use super::staged::staged;
use super::tidy::tidied;
use super::{History, Revision, RunStatus};

/// A release whose deploy actions in a stage have all succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landed {
    /// The stage.
    pub stage: String,
    /// The release.
    pub release: String,
    /// When the last of them had succeeded for the first time.
    pub at: Timestamp,
    /// Seconds from its latest commit; from its start where nobody tells that.
    pub lead_seconds: i64,
}

/// All of a history, without rollbacks, by stage and time.
pub fn landed(history: &History) -> Vec<Landed> {
    let mut all = Vec::new();
    for release in tidied(history).iter().filter(|own| !own.rollback) {
        let mut stages: Vec<&str> = (release.runs.iter())
            .filter(|run| run.deploys && run.status == RunStatus::Succeeded)
            .map(|run| run.stage.as_str())
            .collect();
        stages.sort_unstable();
        stages.dedup();
        for stage in stages {
            let Some(own) = staged(release, stage, true) else {
                continue;
            };
            let Some(at) = own.deployed else {
                continue;
            };
            let committed = release
                .revisions
                .iter()
                .filter_map(|own: &Revision| own.committed);
            let from = committed.max().unwrap_or(release.began);
            all.push(Landed {
                stage: stage.to_owned(),
                release: release.id.clone(),
                at,
                lead_seconds: at.duration_since(from).as_secs(),
            });
        }
    }
    all.sort_by(|a, b| (&a.stage, a.at, &a.release).cmp(&(&b.stage, b.at, &b.release)));
    all
}
