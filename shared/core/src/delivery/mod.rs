//! How well a pipeline delivers: the four figures, from its releases.
//!
//! The definitions below are the only ones; `docs/metrics.md` says the same.
//! All figures are of one pipeline and one of its stages, over a period that
//! ends at a moment that the caller gives.
//!
//! * **A deployment** is a release of a change whose deploy actions in the
//!   stage succeeded, at least one of them; its moment is when the last of
//!   them had succeeded for the first time. A stage without deploy actions
//!   deploys by succeeding. Not a deployment of a change, and counted apart: a
//!   rollback (an execution of its own), a revert (revisions that the stage
//!   had before, other than the last ones), and the same revisions again.
//! * **Deployment frequency**: deployments of the period by its days of 24 h.
//! * **Lead time for changes**: the median, over the deployments of the
//!   period, from the latest commit of the release to its deployment; from the
//!   release's start where nobody tells the commit's time, and it is said how
//!   often.
//! * **Change failure rate**: of the deployments of the period whose end is
//!   known, the share that failed: an action of the stage failed after the
//!   deployment, or it was rolled back within the window after it. A rollback,
//!   a revert, and a commit that says `This reverts commit ...` count against
//!   the deployment that they replace, once. A retry that succeeds takes
//!   nothing back. A deployment has held when its stage succeeded and the
//!   window is over; one that was stopped, superseded, cancelled, is under way,
//!   within the window, or unclear is neither, and counted apart.
//! * **Time to restore**: the median over the failures that began in the
//!   period and were mended. The stage breaks at the first failed action in
//!   it, of whatever release, and is mended by the next success of the whole
//!   stage, of whatever release; failures between the two belong to the same
//!   outage. What is still broken is not in the median, and told.
//!
//! Nothing here takes what is not known for a success. Start at [`figures`].

mod deployments;
mod figures;
mod happenings;
mod landed;
mod outages;
mod recorded;
mod shape;
mod staged;
mod tidy;

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use figures::figures;
pub use happenings::{Happening, happenings};
pub use landed::{Landed, landed};
pub use outages::Outage;
pub use recorded::{FORMAT, Recorded, Unreadable};
pub use shape::{Asked, ChangeFailures, Counts, Day, Figures, Frequency, LeadTime, Restoring};

/// What is known of one pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// The pipeline's name.
    pub pipeline: String,
    /// Before this moment releases may be missing; nothing says so where it is
    /// not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_since: Option<Timestamp>,
    /// Whether the runs of actions are known. Without them there are no
    /// stages, and a pipeline is looked at as a whole.
    #[serde(default = "yes")]
    pub runs_known: bool,
    /// Releases, in any order; one may be there twice.
    pub releases: Vec<Release>,
}

fn yes() -> bool {
    true
}

/// One execution of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The pipeline execution's id.
    pub id: String,
    /// How it is.
    pub status: ReleaseStatus,
    /// Whether it is of type `ROLLBACK`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rollback: bool,
    /// To which release it rolls back, where AWS tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What started it, for instance `Webhook`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    /// When it began.
    pub began: Timestamp,
    /// When anything last became of it.
    pub updated: Timestamp,
    /// What it carries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revisions: Vec<Revision>,
    /// Runs of its actions, each attempt one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<Run>,
}

impl Release {
    /// Whether more may become of it by itself.
    pub fn may_go_on(&self) -> bool {
        matches!(
            self.status,
            ReleaseStatus::InProgress | ReleaseStatus::Stopping | ReleaseStatus::Unknown
        )
    }
}

/// CodePipeline's word for how a release is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ReleaseStatus {
    /// It runs or waits.
    InProgress,
    /// Somebody stops it.
    Stopping,
    /// Somebody stopped it.
    Stopped,
    /// A later one took its place.
    Superseded,
    /// It was cancelled.
    Cancelled,
    /// Something failed.
    Failed,
    /// All its stages succeeded.
    Succeeded,
    /// A word that is not known here.
    #[serde(other)]
    Unknown,
}

impl ReleaseStatus {
    /// The status by CodePipeline's word.
    pub fn of(word: &str) -> ReleaseStatus {
        serde_json::from_value(word.into()).unwrap_or(ReleaseStatus::Unknown)
    }
}

/// What one source brought.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Revision {
    /// The source action.
    pub source: String,
    /// The commit, or the version of an object.
    pub id: String,
    /// What it says of itself, for instance the commit's message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// Where it can be seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When it was committed, where AWS tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committed: Option<Timestamp>,
}

/// One run of an action.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Run {
    /// The action execution's id.
    pub id: String,
    /// Its stage.
    pub stage: String,
    /// Its name.
    pub action: String,
    /// Whether it is of category Deploy.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deploys: bool,
    /// When it began.
    pub began: Timestamp,
    /// When it ended, or anything last became of it.
    pub updated: Timestamp,
    /// How it is.
    pub status: RunStatus,
    /// A gate's verdict, where it told one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
    /// What it says of its failure, or else of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub says: Option<String>,
    /// Where its own account of it is: a gate's evidence, a page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
}

/// CodePipeline's word for how a run of an action is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum RunStatus {
    /// It runs.
    InProgress,
    /// It was given up when the release was stopped.
    Abandoned,
    /// It failed.
    Failed,
    /// It succeeded.
    Succeeded,
    /// A word that is not known here.
    #[serde(other)]
    Unknown,
}

impl RunStatus {
    /// The status by CodePipeline's word.
    pub fn of(word: &str) -> RunStatus {
        serde_json::from_value(word.into()).unwrap_or(RunStatus::Unknown)
    }
}
