//! What tests gave, and the verdict that follows.
//!
//! A test that could not be evaluated is kept apart from one that failed, and
//! never hides behind others that passed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Verdict;

/// What one test gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestResult {
    /// Its name, unique in the gate.
    pub name: String,
    /// The kind of test, as it stands in plans.
    pub kind: String,
    /// Whether it decides.
    pub required: bool,
    /// What came of it.
    pub outcome: TestOutcome,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// Tries of its last step, the first one included.
    pub attempts: u32,
    /// The expectation that does not hold, if it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<Failed>,
    /// Why it could not be evaluated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What came of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TestOutcome {
    /// All that was expected was seen.
    Passed,
    /// Something else was seen.
    Failed,
    /// Nothing can be said.
    NotEvaluated,
}

impl TestOutcome {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            TestOutcome::Passed => "passed",
            TestOutcome::Failed => "failed",
            TestOutcome::NotEvaluated => "could not be evaluated",
        }
    }
}

/// An expectation that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Failed {
    /// Where: for an HTTP test the step, as `GET https://...`.
    pub at: String,
    /// What was looked at, for instance `status`.
    pub expectation: String,
    /// What was seen.
    pub got: String,
    /// What had to be seen.
    pub wanted: String,
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}: {}: got {}, wanted {}",
            self.at, self.expectation, self.got, self.wanted
        )
    }
}

impl TestResult {
    /// What there is to say of a test that did not pass, on one line.
    pub fn detail(&self) -> String {
        match (&self.failed, &self.reason) {
            (Some(failed), _) => failed.to_string(),
            (None, Some(reason)) => reason.clone(),
            (None, None) => String::new(),
        }
    }
}

/// The verdict over all tests. There is none without a test that decides:
/// such a gate would pass every release.
pub fn verdict(results: &[TestResult]) -> Option<Verdict> {
    let any = |outcome| {
        let mut deciding = results.iter().filter(|result| result.required);
        deciding.any(|result| result.outcome == outcome)
    };
    if any(TestOutcome::Failed) {
        Some(Verdict::Fail)
    } else if any(TestOutcome::NotEvaluated) {
        Some(Verdict::Inconclusive)
    } else {
        any(TestOutcome::Passed).then_some(Verdict::Pass)
    }
}

#[cfg(test)]
mod tests {
    use super::TestOutcome::{Failed, NotEvaluated, Passed};
    use super::*;

    #[track_caller]
    fn check(results: &[(TestOutcome, bool)], expected: Option<Verdict>) {
        let results: Vec<TestResult> = results
            .iter()
            .map(|(outcome, required)| TestResult {
                name: "a".to_owned(),
                kind: "http".to_owned(),
                required: *required,
                outcome: *outcome,
                took_ms: 1,
                attempts: 1,
                failed: None,
                reason: None,
            })
            .collect();
        assert_eq!(verdict(&results), expected);
    }

    #[test]
    fn a_pass_needs_every_test_that_decides() {
        check(&[(Passed, true), (Passed, true)], Some(Verdict::Pass));
        check(&[(Passed, true), (Failed, true)], Some(Verdict::Fail));
    }

    #[test]
    fn what_could_not_be_evaluated_never_hides_behind_what_passed() {
        let results = [(Passed, true), (NotEvaluated, true), (Passed, true)];
        check(&results, Some(Verdict::Inconclusive));
        let results = [(NotEvaluated, true), (Failed, true)];
        check(&results, Some(Verdict::Fail));
    }

    #[test]
    fn what_is_only_reported_decides_nothing() {
        let results = [(Passed, true), (Failed, false), (NotEvaluated, false)];
        check(&results, Some(Verdict::Pass));
    }

    #[test]
    fn without_a_test_that_decides_there_is_no_verdict() {
        check(&[], None);
        check(&[(Passed, false)], None);
    }
}
