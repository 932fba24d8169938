//! Exit codes of the command, documented in the README.

use sluice_core::Verdict;

/// All gates pass, or the command did what it was asked.
pub const PASS: u8 = 0;
/// A gate's verdict is `fail`.
pub const FAIL: u8 = 1;
/// A gate's verdict is `inconclusive`.
pub const INCONCLUSIVE: u8 = 2;
/// A gate could not answer, or what was given cannot be used.
pub const GATE_ERROR: u8 = 3;
/// The command was called wrongly.
pub const USAGE: u8 = 64;

/// The code of a verdict.
pub const fn of(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => PASS,
        Verdict::Fail => FAIL,
        Verdict::Inconclusive => INCONCLUSIVE,
    }
}

/// Which of several codes decides: the one with the greatest severity.
pub const fn severity(code: u8) -> u8 {
    match code {
        PASS => 0,
        INCONCLUSIVE => 1,
        FAIL => 2,
        _ => 3,
    }
}

/// The word of a code in tables.
pub const fn word(code: u8) -> &'static str {
    match code {
        PASS => "pass",
        FAIL => "fail",
        INCONCLUSIVE => "inconclusive",
        _ => "gate error",
    }
}
