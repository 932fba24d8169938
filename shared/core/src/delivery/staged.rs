//! What became of one release in one stage.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Release, ReleaseStatus, Run, RunStatus};

/// A release as one stage saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Staged<'a> {
    pub(super) release: &'a Release,
    /// When it entered the stage.
    pub(super) began: Timestamp,
    /// When its deployment was done.
    pub(super) deployed: Option<Timestamp>,
    /// When it first failed after it had been deployed, at least in part.
    pub(super) failed: Option<Timestamp>,
    /// Whether nobody can say if it failed before or after its deployment.
    pub(super) unclear: bool,
    /// Ends of its failed actions, in order.
    pub(super) failures: Vec<Timestamp>,
    /// When the whole stage succeeded.
    pub(super) succeeded: Option<Timestamp>,
    /// Whether it may still go on here.
    pub(super) goes_on: bool,
}

/// What became of a release in a stage, of which some release is known to have
/// deploy actions or not; nothing if it never was there.
pub(super) fn staged<'a>(release: &'a Release, stage: &str, deploys: bool) -> Option<Staged<'a>> {
    let runs: Vec<&Run> = (release.runs.iter())
        .filter(|run| run.stage == stage)
        .collect();
    let began = runs.iter().map(|run| run.began).min()?;
    let succeeded = succeeded(release, stage, &runs);
    let deployed = if deploys { deployed(&runs) } else { succeeded };
    let mut failures: Vec<Timestamp> = (runs.iter())
        .filter(|run| run.status == RunStatus::Failed)
        .map(|run| run.updated)
        .collect();
    failures.sort();
    Some(Staged {
        release,
        began,
        deployed,
        failed: deployed.and_then(|_| failed(&runs)),
        unclear: !deploys && deployed.is_none() && !failures.is_empty(),
        failures,
        succeeded,
        goes_on: release.may_go_on(),
    })
}

/// A pipeline whose actions are not known, taken for one stage.
pub(super) fn whole(release: &Release) -> Staged<'_> {
    let at = |status| (release.status == status).then_some(release.updated);
    Staged {
        release,
        began: release.began,
        deployed: at(ReleaseStatus::Succeeded),
        failed: None,
        unclear: release.status == ReleaseStatus::Failed,
        failures: at(ReleaseStatus::Failed).into_iter().collect(),
        succeeded: at(ReleaseStatus::Succeeded),
        goes_on: release.may_go_on(),
    }
}

/// The first success of each deploy action that ever had one.
fn first_deployments<'a>(runs: &[&'a Run]) -> BTreeMap<&'a str, Timestamp> {
    let mut first: BTreeMap<&str, Timestamp> = BTreeMap::new();
    for run in runs {
        if run.deploys && run.status == RunStatus::Succeeded {
            let known = first.entry(&run.action).or_insert(run.updated);
            *known = run.updated.min(*known);
        }
    }
    first
}

/// When the last of the actions that ever succeeded had done so once: a retry
/// of all actions deploys again what is there already.
fn deployed(runs: &[&Run]) -> Option<Timestamp> {
    first_deployments(runs).into_values().max()
}

/// The first failure after something was deployed. A deploy action that never
/// succeeded beside one that did leaves a deployment in part, whichever of
/// them ended first.
fn failed(runs: &[&Run]) -> Option<Timestamp> {
    let first = first_deployments(runs);
    let begun = first.values().min().copied();
    (runs.iter())
        .filter(|run| run.status == RunStatus::Failed)
        .filter(|run| {
            let never = run.deploys && !first.contains_key(run.action.as_str());
            never || begun.is_some_and(|begun| run.updated >= begun)
        })
        .map(|run| run.updated)
        .min()
}

/// When the stage had succeeded as a whole. The last run of each action has to
/// have, and the release has to have left: between two actions all that ran
/// has succeeded too.
fn succeeded(release: &Release, stage: &str, runs: &[&Run]) -> Option<Timestamp> {
    let mut last: BTreeMap<&str, &Run> = BTreeMap::new();
    for run in runs {
        last.insert(&run.action, run);
    }
    if last.values().any(|run| run.status != RunStatus::Succeeded) {
        return None;
    }
    let end = last.values().map(|run| run.updated).max()?;
    let went_on = (release.runs.iter()).any(|run| run.stage != stage && run.began >= end);
    // A release is only superseded while it waits between two stages.
    let left = matches!(
        release.status,
        ReleaseStatus::Succeeded | ReleaseStatus::Superseded
    );
    (went_on || left).then_some(end)
}
