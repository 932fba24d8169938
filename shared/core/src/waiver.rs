//! A person's leave for one release to pass a gate, and which of several
//! covers what.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest that a waiver may hold. An installation may want less.
pub const WAIVER_HOURS_MAX: u16 = 24;

/// Stands for all gates of a stage.
pub const ALL_GATES: &str = "*";

/// Waivers that do nothing and of which an answer speaks.
const REMARKS_MAX: usize = 3;

/// A waiver, as it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GivenWaiver {
    /// Who gave it: the ARN that AWS knows them by.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Until when it holds.
    pub expires: Timestamp,
    /// Why, in their words.
    pub reason: String,
    /// Whether it was also given for the case that the gate cannot answer.
    pub covers_gate_errors: bool,
    /// `<stage>/<gate>`, or `<stage>/*` for all gates of the stage.
    pub scope: String,
}

impl fmt::Display for GivenWaiver {
    /// Who gave it, until when, for what and why.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let also = if self.covers_gate_errors {
            ", gate errors too"
        } else {
            ""
        };
        write!(
            f,
            "given by `{}` at {} until {} for `{}`{also}: {}",
            self.by, self.at, self.expires, self.scope, self.reason
        )
    }
}

/// The scope of a waiver.
pub fn scope(stage: &str, gate: &str) -> String {
    format!("{stage}/{gate}")
}

/// What a waiver is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The stage.
    pub stage: &'a str,
    /// The gate.
    pub gate: &'a str,
    /// When.
    pub now: Timestamp,
    /// Whether the gate could not answer.
    pub gate_error: bool,
}

/// The waiver that covers what is wanted, if there is one; else why those that
/// there are do nothing.
///
/// # Errors
///
/// None covers it: one remark for each that there is.
pub fn covering(all: Vec<GivenWaiver>, wanted: Wanted<'_>) -> Result<GivenWaiver, Vec<String>> {
    let mut covering: Option<GivenWaiver> = None;
    let mut remarks = Vec::new();
    for waiver in all {
        match idle(&waiver, wanted) {
            Some(why) => remarks.push(format!("a waiver of `{}` does nothing: {why}", waiver.by)),
            None if covering.as_ref().is_none_or(|c| c.expires < waiver.expires) => {
                covering = Some(waiver);
            }
            None => {}
        }
    }
    if remarks.len() > REMARKS_MAX {
        let more = remarks.len() - REMARKS_MAX;
        remarks.truncate(REMARKS_MAX);
        remarks.push(format!("{more} more waivers do nothing"));
    }
    covering.ok_or(remarks)
}

/// Why a waiver does nothing for what is wanted.
fn idle(waiver: &GivenWaiver, wanted: Wanted<'_>) -> Option<String> {
    let own = scope(wanted.stage, wanted.gate);
    let whole_stage = scope(wanted.stage, ALL_GATES);
    let longest = SignedDuration::from_hours(WAIVER_HOURS_MAX.into());
    if waiver.scope != own && waiver.scope != whole_stage {
        Some(format!("it is for `{}`, not for `{own}`", waiver.scope))
    } else if wanted.now >= waiver.expires {
        Some(format!("it expired at {}", waiver.expires))
    } else if waiver.expires.duration_since(waiver.at) > longest {
        Some(format!(
            "it would hold for more than {WAIVER_HOURS_MAX} hours, which none may"
        ))
    } else if wanted.gate_error && !waiver.covers_gate_errors {
        Some("the gate could not answer, and the waiver does not cover gate errors".to_owned())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_772_532_000, 0);

    fn waiver(scope: &str) -> GivenWaiver {
        GivenWaiver {
            by: "arn:aws:iam::111122223333:user/alice".to_owned(),
            at: NOW - SignedDuration::from_hours(1),
            expires: NOW + SignedDuration::from_hours(3),
            reason: "the alarm watches a host that is gone".to_owned(),
            covers_gate_errors: false,
            scope: scope.to_owned(),
        }
    }

    fn wanted(gate_error: bool) -> Wanted<'static> {
        Wanted {
            stage: "prod",
            gate: "bake",
            now: NOW,
            gate_error,
        }
    }

    #[track_caller]
    fn check_idle(waiver: GivenWaiver, gate_error: bool, why: &str) {
        let remarks = covering(vec![waiver], wanted(gate_error)).expect_err("it does nothing");
        assert_eq!(remarks.len(), 1);
        assert!(remarks[0].contains(why), "{remarks:?}");
    }

    #[test]
    fn a_waiver_covers_its_gate_or_all_of_its_stage_and_nothing_else() {
        for scope in ["prod/bake", "prod/*"] {
            assert!(covering(vec![waiver(scope)], wanted(false)).is_ok());
        }
        for scope in ["prod/canary", "beta/bake", "beta/*", "*", "prod", "*/bake"] {
            check_idle(waiver(scope), false, "not for `prod/bake`");
        }
    }

    #[test]
    fn a_waiver_holds_until_it_expires_and_not_at_that_moment() {
        let mut own = waiver("prod/bake");
        own.expires = NOW + SignedDuration::from_nanos(1);
        assert!(covering(vec![own.clone()], wanted(false)).is_ok());
        own.expires = NOW;
        check_idle(own, false, "expired at");
    }

    #[test]
    fn a_waiver_holds_for_at_most_a_day() {
        let mut own = waiver("prod/bake");
        own.expires = own.at + SignedDuration::from_hours(24);
        assert!(covering(vec![own.clone()], wanted(false)).is_ok());
        own.expires += SignedDuration::from_secs(1);
        check_idle(own, false, "more than 24 hours");
    }

    #[test]
    fn a_gate_error_needs_a_waiver_that_covers_gate_errors() {
        let mut own = waiver("prod/*");
        check_idle(own.clone(), true, "does not cover gate errors");
        own.covers_gate_errors = true;
        assert!(covering(vec![own], wanted(true)).is_ok());
    }

    #[test]
    fn of_several_that_cover_the_one_that_holds_longest_is_named() {
        let mut longer = waiver("prod/*");
        longer.expires += SignedDuration::from_hours(1);
        let all = vec![waiver("prod/bake"), longer.clone(), waiver("beta/*")];
        assert_eq!(covering(all, wanted(false)), Ok(longer));
    }

    #[test]
    fn of_many_that_do_nothing_some_are_named_and_all_are_counted() {
        let remarks = covering(vec![waiver("beta/*"); 10], wanted(false)).expect_err("none covers");
        assert_eq!(remarks.len(), 4);
        assert_eq!(remarks[3], "7 more waivers do nothing");
        assert_eq!(covering(Vec::new(), wanted(false)), Err(Vec::new()));
    }
}
