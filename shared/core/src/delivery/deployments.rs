//! Which releases were deployments of a change, and how each of them ended.

use jiff::{SignedDuration, Timestamp};

use super::Release;
use super::staged::Staged;

/// A deployment of a change.
#[derive(Debug, Clone)]
pub(super) struct Deployment<'a> {
    pub(super) release: &'a Release,
    pub(super) at: Timestamp,
    pub(super) end: End,
}

/// How a deployment ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// An action of the stage failed after it.
    Failed,
    /// It was rolled back or reverted within the window.
    RolledBack,
    /// Its stage succeeded, and the window is over.
    Held,
    /// Its stage succeeded, and it may still be rolled back within the window.
    WithinWindow,
    /// Its stage is under way.
    UnderWay,
    /// The release was stopped, superseded or cancelled before it was known.
    GivenUp,
    /// The release failed, and nobody says where.
    Unclear,
}

/// Other arrivals in the stage, none of them of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Other {
    /// An execution of type `ROLLBACK` began in the stage.
    Rollback,
    /// Revisions came back that the stage had before.
    Revert,
    /// The same revisions came again.
    Again,
}

/// What arrived in a stage, in the order of time.
#[derive(Debug, Default)]
pub(super) struct Arrivals<'a> {
    pub(super) deployments: Vec<Deployment<'a>>,
    pub(super) others: Vec<(Timestamp, Other)>,
    /// What the stage has now: the revisions, and who brought them first.
    here: Vec<(&'a str, &'a str)>,
    here_by: Option<usize>,
}

/// Something that happens to a stage.
#[derive(Clone, Copy)]
enum Happening<'s, 'a> {
    Arrived(&'s Staged<'a>),
    RollbackBegan(&'s Staged<'a>),
}

/// The arrivals in a stage, judged at a moment.
pub(super) fn arrivals<'a>(
    staged: &[Staged<'a>],
    window: SignedDuration,
    now: Timestamp,
) -> Arrivals<'a> {
    let mut happenings: Vec<(Timestamp, bool, &str, Happening<'_, 'a>)> = Vec::new();
    for one in staged {
        let id = one.release.id.as_str();
        if one.release.rollback {
            happenings.push((one.began, true, id, Happening::RollbackBegan(one)));
        }
        if let Some(at) = one.deployed {
            happenings.push((at, false, id, Happening::Arrived(one)));
        }
    }
    happenings.sort_by_key(|(at, begins, id, _)| (*at, *begins, *id));
    let mut arrivals = Arrivals::default();
    for (at, _, _, happening) in happenings {
        match happening {
            Happening::RollbackBegan(one) => arrivals.rollback_began(one, at, window),
            Happening::Arrived(one) if one.release.rollback => arrivals.rolled_back(one),
            Happening::Arrived(one) => arrivals.arrived(one, at, window, now),
        }
    }
    arrivals
}

/// What makes a release the same as another: its sources and their revisions.
fn carried(release: &Release) -> Vec<(&str, &str)> {
    let mut all: Vec<(&str, &str)> = (release.revisions.iter())
        .map(|revision| (revision.source.as_str(), revision.id.as_str()))
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

impl<'a> Arrivals<'a> {
    fn rollback_began(&mut self, one: &Staged<'a>, at: Timestamp, window: SignedDuration) {
        self.others.push((at, Other::Rollback));
        // A release that never got here is rolled back to what is here.
        let target = self.target_of(one.release);
        if target.is_none() || target != self.here_by {
            self.blame(self.here_by, at, window);
        }
    }

    fn rolled_back(&mut self, one: &Staged<'a>) {
        let target = self.target_of(one.release);
        self.here = match target {
            Some(index) => carried(self.deployments[index].release),
            None => carried(one.release),
        };
        self.here_by = target;
    }

    /// The deployment that a rollback goes back to, if it is known.
    fn target_of(&self, rollback: &Release) -> Option<usize> {
        let target = rollback.target.as_deref();
        let by_id = self.position(|own| Some(own.id.as_str()) == target);
        let revisions = carried(rollback);
        by_id.or_else(|| self.position(|own| !revisions.is_empty() && carried(own) == revisions))
    }

    fn position(&self, is_it: impl Fn(&Release) -> bool) -> Option<usize> {
        (self.deployments.iter()).rposition(|deployment| is_it(deployment.release))
    }

    fn arrived(&mut self, one: &Staged<'a>, at: Timestamp, window: SignedDuration, now: Timestamp) {
        let carried_here = carried(one.release);
        let known = !carried_here.is_empty();
        if known && carried_here == self.here {
            self.others.push((at, Other::Again));
            return;
        }
        let before = self.position(|own| known && carried(own) == carried_here);
        if before.is_some() {
            self.others.push((at, Other::Revert));
            self.blame(self.here_by, at, window);
            self.here_by = before;
        } else {
            self.blame(self.reverted_by(one.release), at, window);
            let (release, end) = (one.release, end(one, at, window, now));
            self.deployments.push(Deployment { release, at, end });
            self.here_by = Some(self.deployments.len() - 1);
        }
        self.here = carried_here;
    }

    /// The deployment whose commit this release says it reverts.
    fn reverted_by(&self, release: &Release) -> Option<usize> {
        let summaries = (release.revisions.iter()).filter_map(|own| own.summary.as_deref());
        let commit = summaries.filter_map(reverted_commit).next()?;
        self.position(|own| (own.revisions.iter()).any(|own| own.id.starts_with(commit)))
    }

    /// Counts a rollback against a deployment, once, if it is within the window.
    fn blame(&mut self, index: Option<usize>, at: Timestamp, window: SignedDuration) {
        let Some(blamed) = index.and_then(|index| self.deployments.get_mut(index)) else {
            return;
        };
        if blamed.end != End::Failed && at.duration_since(blamed.at) <= window {
            blamed.end = End::RolledBack;
        }
    }
}

fn end(one: &Staged<'_>, at: Timestamp, window: SignedDuration, now: Timestamp) -> End {
    use super::ReleaseStatus::{Cancelled, Stopped, Superseded};
    if one.failed.is_some() {
        End::Failed
    } else if one.succeeded.is_some() && now.duration_since(at) > window {
        End::Held
    } else if one.succeeded.is_some() {
        End::WithinWindow
    } else if one.goes_on {
        End::UnderWay
    } else if matches!(one.release.status, Stopped | Superseded | Cancelled) {
        End::GivenUp
    } else {
        End::Unclear
    }
}

/// Fewest characters of a commit's id that are taken for one.
const COMMIT_CHARACTERS_MIN: usize = 7;

/// The commit that a message says it takes back, as `git revert` writes it.
fn reverted_commit(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("This reverts commit ")?;
    let end = rest.find(|c: char| !c.is_ascii_hexdigit());
    let commit = &rest[..end.unwrap_or(rest.len())];
    (commit.len() >= COMMIT_CHARACTERS_MIN).then_some(commit)
}
