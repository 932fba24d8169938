//! What is asked for, and what is answered.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::outages::Outage;

/// What is wanted.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// Which stage; the last one that deploys where nothing is said.
    pub stage: Option<&'a str>,
    /// Actions that deploy though they are not of category Deploy.
    pub deployed_by: &'a [String],
    /// The length of the period.
    pub since: SignedDuration,
    /// The end of the period: now, or when the history was recorded.
    pub until: Timestamp,
    /// For so long after a deployment a rollback counts against it.
    pub window: SignedDuration,
}

/// The four figures of one stage of one pipeline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// The pipeline.
    pub pipeline: String,
    /// The stage; none where a pipeline is looked at as a whole.
    pub stage: Option<String>,
    /// The period's beginning: later than asked for where less is known.
    pub from: Timestamp,
    /// The period's end.
    pub until: Timestamp,
    /// The window after a deployment, in seconds.
    pub window_seconds: i64,
    /// Deployment frequency.
    pub frequency: Frequency,
    /// Lead time for changes.
    pub lead_time: LeadTime,
    /// Change failure rate.
    pub change_failures: ChangeFailures,
    /// Time to restore.
    pub restoring: Restoring,
    /// What is counted in no figure.
    pub apart: Counts,
    /// Values by days of 24 hours that end at the period's end, oldest first.
    pub days: Vec<Day>,
    /// What could not be known, in words.
    pub not_known: Vec<String>,
}

/// How often.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Frequency {
    /// Deployments of a change in the period.
    pub deployments: u32,
    /// By day; none if the period has no length.
    pub per_day: Option<f64>,
}

/// How long from the commit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LeadTime {
    /// The median; none without deployments.
    pub median_seconds: Option<i64>,
    /// Deployments measured from the commit.
    pub from_commit: u32,
    /// Deployments measured from the release's start, for lack of the commit's time.
    pub from_start: u32,
}

/// How many fail.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChangeFailures {
    /// `(failed + rolled_back) / (failed + rolled_back + held)`; none if that divides by nothing.
    pub rate: Option<f64>,
    /// An action failed after the deployment.
    pub failed: u32,
    /// Rolled back or reverted within the window, without a failure before.
    pub rolled_back: u32,
    /// Neither, and the window is over.
    pub held: u32,
    /// Succeeded so far, within the window: in no rate yet.
    pub within_window: u32,
    /// Under way: in no rate yet.
    pub under_way: u32,
    /// Stopped, superseded or cancelled after the deployment: in no rate.
    pub given_up: u32,
    /// Failed, nobody says where: in no rate.
    pub unclear: u32,
}

/// How long broken.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Restoring {
    /// The median over what was mended.
    pub median_seconds: Option<i64>,
    /// Failures that began in the period and were mended.
    pub mended: u32,
    /// What is broken now, since whenever.
    pub broken: Option<Outage>,
    /// All outages that began in the period.
    pub outages: Vec<Outage>,
}

/// What is counted in no figure.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Counts {
    /// Rollbacks that began in the stage.
    pub rollbacks: u32,
    /// Releases of revisions that the stage had before.
    pub reverts: u32,
    /// Releases of the revisions that were there already.
    pub again: u32,
    /// Releases that failed before they were deployed.
    pub failed_before: u32,
    /// Releases that failed, nobody says whether before or after.
    pub failed_unclear: u32,
}

/// One day.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Day {
    /// Its beginning.
    pub from: Timestamp,
    /// Deployments of a change.
    pub deployments: u32,
    /// Median lead time of its deployments.
    pub lead_seconds: Option<i64>,
    /// Of its deployments whose end is known the share that failed.
    pub failure_rate: Option<f64>,
    /// Median of what broke on it and was mended.
    pub restore_seconds: Option<i64>,
}
