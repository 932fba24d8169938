//! From when until when a stage was broken.

use jiff::Timestamp;
use serde::Serialize;

use super::staged::Staged;

/// A time in which a stage was broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outage {
    /// Its first failure.
    pub since: Timestamp,
    /// The release that failed first.
    pub by: String,
    /// Failures in it, the first one included.
    pub failures: u32,
    /// The next success.
    pub mended: Option<Timestamp>,
    /// The release that succeeded.
    pub mended_by: Option<String>,
}

impl Outage {
    /// How long it lasted, in seconds; nothing while it lasts.
    pub fn seconds(&self) -> Option<i64> {
        Some(self.mended?.duration_since(self.since).as_secs())
    }
}

/// All outages in their order. A success and a failure of the same moment:
/// the failure is the later one, so that it is not taken for mended.
pub(super) fn outages(staged: &[Staged<'_>]) -> Vec<Outage> {
    let mut outages: Vec<Outage> = Vec::new();
    for (at, failed, release) in happenings(staged) {
        let open = outages.last_mut().filter(|last| last.mended.is_none());
        match (open, failed) {
            (Some(open), true) => open.failures += 1,
            (Some(open), false) => {
                open.mended = Some(at);
                open.mended_by = Some(release.to_owned());
            }
            (None, true) => outages.push(Outage {
                since: at,
                by: release.to_owned(),
                failures: 1,
                mended: None,
                mended_by: None,
            }),
            (None, false) => {}
        }
    }
    outages
}

/// Successes (`false`) and failures (`true`) in the order of time.
fn happenings<'a>(staged: &[Staged<'a>]) -> Vec<(Timestamp, bool, &'a str)> {
    let mut happenings = Vec::new();
    for one in staged {
        let id = one.release.id.as_str();
        happenings.extend(one.failures.iter().map(|at| (*at, true, id)));
        happenings.extend(one.succeeded.map(|at| (at, false, id)));
    }
    happenings.sort();
    happenings
}
