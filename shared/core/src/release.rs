//! Whether a release is still the one to judge, from what CodePipeline said of
//! it. Pure, so that the answer can be computed again from the evidence.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::reason::{Reason, ReasonCode};

/// What CodePipeline said of a release at one look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseFacts {
    /// The execution's status, in CodePipeline's word, or [`NOT_ASKED`].
    pub status: String,
    /// The latest execution of the stage; not there if it was not asked for,
    /// as in PARALLEL mode, or if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage_runs: Option<String>,
    /// Another release whose deploy action began after this one's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployed_since: Option<String>,
    /// The gate of the same stage that said stop, where the others end then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_by: Option<String>,
}

/// The status of a release that CodePipeline was not asked for.
pub const NOT_ASKED: &str = "NotAsked";

impl ReleaseFacts {
    /// Where another gate of the stage ended this one, and nobody asked
    /// CodePipeline.
    pub fn stopped_by(gate: String) -> ReleaseFacts {
        ReleaseFacts {
            status: NOT_ASKED.to_owned(),
            stage_runs: None,
            deployed_since: None,
            stopped_by: Some(gate),
        }
    }
}

/// Why the release is not ours to judge any more, if so.
pub fn over(release: &str, stage: &str, facts: &ReleaseFacts) -> Option<Reason> {
    let over = |code, seen: String| {
        let allowed = "a gate judges the release that is deployed".to_owned();
        Some(Reason {
            code,
            seen,
            allowed,
        })
    };
    if let Some(gate) = &facts.stopped_by {
        return Some(Reason {
            code: ReasonCode::StoppedBySibling,
            seen: format!("gate `{gate}` of the same stage said stop"),
            allowed: "the plan ends the others then (`stop_others`)".to_owned(),
        });
    }
    match facts.status.as_str() {
        "InProgress" => {}
        "Stopping" => {
            let seen = format!("release `{release}` is being stopped");
            return over(ReasonCode::ReleaseStopping, seen);
        }
        "Superseded" => {
            let seen = format!("release `{release}` was superseded by a later one");
            return over(ReasonCode::ReleaseReplaced, seen);
        }
        other => {
            let seen = format!("release `{release}` is not in progress, but `{other}`");
            return over(ReasonCode::ReleaseAbandoned, seen);
        }
    }
    if let Some(latest) = facts.stage_runs.as_ref().filter(|own| *own != release) {
        let seen = format!("stage `{stage}` now runs release `{latest}`");
        return over(ReasonCode::ReleaseReplaced, seen);
    }
    let other = facts.deployed_since.as_ref()?;
    let seen = format!("release `{other}` was deployed to `{stage}` since");
    over(ReasonCode::ReleaseReplaced, seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: &str, runs: Option<&str>, since: Option<&str>, expected: Option<ReasonCode>) {
        let facts = ReleaseFacts {
            status: status.to_owned(),
            stage_runs: runs.map(str::to_owned),
            deployed_since: since.map(str::to_owned),
            stopped_by: None,
        };
        let reason = over("r-1", "prod", &facts);
        assert_eq!(reason.map(|reason| reason.code), expected);
    }

    #[test]
    fn a_release_in_progress_that_its_stage_runs_is_ours() {
        check("InProgress", Some("r-1"), None, None);
        check("InProgress", None, None, None);
    }

    #[test]
    fn a_gate_that_another_one_ended_judges_nothing() {
        let facts = ReleaseFacts::stopped_by("clear".to_owned());
        let reason = over("r-1", "prod", &facts).expect("it is over");
        assert_eq!(reason.code, ReasonCode::StoppedBySibling);
        assert!(reason.code.is_about_the_release() && !reason.code.ends_the_release());
    }

    #[test]
    fn a_release_that_ended_or_was_replaced_is_over() {
        use ReasonCode::{ReleaseAbandoned, ReleaseReplaced, ReleaseStopping};
        check("Stopping", None, None, Some(ReleaseStopping));
        check("Superseded", None, None, Some(ReleaseReplaced));
        check("Succeeded", None, None, Some(ReleaseAbandoned));
        check("Sleeping", None, None, Some(ReleaseAbandoned));
        check("InProgress", Some("r-2"), None, Some(ReleaseReplaced));
        check(
            "InProgress",
            Some("r-1"),
            Some("r-2"),
            Some(ReleaseReplaced),
        );
    }
}
