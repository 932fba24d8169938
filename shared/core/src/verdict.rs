//! Verdicts, and the one function that turns them into what a host is told.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::settings::Mode;

/// What the readings say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Evidence says that the release may go on.
    Pass,
    /// Evidence says that it may not.
    Fail,
    /// There is not enough evidence to say.
    Inconclusive,
}

impl Verdict {
    /// The word of the verdict, as everywhere.
    pub const fn word(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Inconclusive => "inconclusive",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What the host is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The release may go on.
    Go,
    /// It may not.
    Stop,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Outcome::Go => "go",
            Outcome::Stop => "stop",
        })
    }
}

/// What an outcome rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecidedBy {
    /// The verdict alone.
    Verdict,
    /// A line in the plan that accepts an undecided verdict.
    Policy,
    /// A waiver that somebody gave for this release.
    Waiver,
    /// The gate only watches.
    WatchOnly,
}

impl fmt::Display for DecidedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DecidedBy::Verdict => "verdict",
            DecidedBy::Policy => "policy",
            DecidedBy::Waiver => "waiver",
            DecidedBy::WatchOnly => "watch_only",
        })
    }
}

/// An outcome and what decided it. Never changes a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// What the host is told.
    pub outcome: Outcome,
    /// What it rests on.
    pub decided_by: DecidedBy,
}

/// A person's leave for one release to pass one gate. (How it is given, and
/// that it is still valid, is checked before it gets here.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiver {
    /// Whether it was also given for the case that the gate cannot answer.
    pub covers_gate_errors: bool,
}

/// What a host is told. `judged` is `None` where the gate could not answer;
/// `proceed_undecided` is the plan's explicit `on_inconclusive: { proceed: true }`.
///
/// `go` without a `pass` comes from that line, from a waiver, or from
/// watch-only mode, and from nothing else.
pub fn outcome(
    judged: Option<Verdict>,
    proceed_undecided: bool,
    waiver: Option<Waiver>,
    mode: Mode,
) -> Decision {
    let go = |decided_by| Decision {
        outcome: Outcome::Go,
        decided_by,
    };
    if judged == Some(Verdict::Pass) {
        return go(DecidedBy::Verdict);
    }
    if mode == Mode::WatchOnly {
        return go(DecidedBy::WatchOnly);
    }
    if waiver.is_some_and(|w| judged.is_some() || w.covers_gate_errors) {
        return go(DecidedBy::Waiver);
    }
    if judged == Some(Verdict::Inconclusive) && proceed_undecided {
        return go(DecidedBy::Policy);
    }
    Decision {
        outcome: Outcome::Stop,
        decided_by: DecidedBy::Verdict,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIVER: Waiver = Waiver {
        covers_gate_errors: false,
    };

    #[track_caller]
    fn check(
        judged: Option<Verdict>,
        proceed: bool,
        waiver: Option<Waiver>,
        mode: Mode,
        expected: (Outcome, DecidedBy),
    ) {
        let decision = outcome(judged, proceed, waiver, mode);
        assert_eq!((decision.outcome, decision.decided_by), expected);
    }

    #[test]
    fn only_a_pass_goes_by_itself() {
        use {DecidedBy::Verdict as ByVerdict, Outcome::*};
        check(
            Some(Verdict::Pass),
            false,
            None,
            Mode::Enforce,
            (Go, ByVerdict),
        );
        check(
            Some(Verdict::Fail),
            false,
            None,
            Mode::Enforce,
            (Stop, ByVerdict),
        );
        check(
            Some(Verdict::Inconclusive),
            false,
            None,
            Mode::Enforce,
            (Stop, ByVerdict),
        );
        check(None, false, None, Mode::Enforce, (Stop, ByVerdict));
    }

    #[test]
    fn proceeding_undecided_covers_neither_a_fail_nor_a_gate_error() {
        use {DecidedBy::Policy, DecidedBy::Verdict as ByVerdict, Outcome::*};
        check(
            Some(Verdict::Inconclusive),
            true,
            None,
            Mode::Enforce,
            (Go, Policy),
        );
        check(
            Some(Verdict::Fail),
            true,
            None,
            Mode::Enforce,
            (Stop, ByVerdict),
        );
        check(None, true, None, Mode::Enforce, (Stop, ByVerdict));
    }

    #[test]
    fn a_waiver_covers_a_gate_error_only_if_it_says_so() {
        use {DecidedBy::Verdict as ByVerdict, DecidedBy::Waiver as ByWaiver, Outcome::*};
        check(
            Some(Verdict::Fail),
            false,
            Some(WAIVER),
            Mode::Enforce,
            (Go, ByWaiver),
        );
        check(None, false, Some(WAIVER), Mode::Enforce, (Stop, ByVerdict));
        let wide = Waiver {
            covers_gate_errors: true,
        };
        check(None, false, Some(wide), Mode::Enforce, (Go, ByWaiver));
    }

    #[test]
    fn watching_only_always_goes_and_says_so() {
        use {DecidedBy::WatchOnly, Outcome::*};
        check(
            Some(Verdict::Fail),
            false,
            None,
            Mode::WatchOnly,
            (Go, WatchOnly),
        );
        check(None, false, None, Mode::WatchOnly, (Go, WatchOnly));
    }
}
