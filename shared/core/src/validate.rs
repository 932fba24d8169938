//! The rule of the gate `validate`: what became of each test, and the verdict
//! that follows. What could not be told of a test is never taken for passed,
//! and never hidden behind tests that did.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bake::{Progress, Ruling};
use crate::reason::{Reason, ReasonCode};
use crate::settings::{Test, Validate};
use crate::verdict::Verdict;

/// The version of this rule.
pub const RULE_VERSION: u32 = 1;

/// How soon a gate is worth another look that sends requests itself.
const SENDING_AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(5);

/// How soon it is while it only follows what runs elsewhere.
const FOLLOWING_AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(30);

/// What was written down at the first look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Begun {
    /// [`RULE_VERSION`] of who wrote it.
    pub rule: u32,
    /// The first look, by our clock. Runs of canaries count from here.
    pub began: Timestamp,
    /// The service, as far as the action or the plan names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
}

/// What is known at this look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Facts {
    /// The moment of the look, by our clock.
    pub now: Timestamp,
    /// Whether the host may not ask again in time.
    pub last_chance: bool,
    /// The tests, in the order of the settings.
    pub tests: Vec<TestResult>,
}

/// What became of one test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TestResult {
    /// Its name, unique in the gate.
    pub name: String,
    /// `http`, `lambda`, `codebuild`, `state_machine` or `synthetics`.
    pub kind: String,
    /// Whether it decides.
    pub required: bool,
    /// How it stands.
    pub state: TestState,
    /// Milliseconds that it took, or has taken so far.
    pub took: u64,
    /// Tries of its last step, in all looks.
    #[serde(default, skip_serializing_if = "is_none")]
    pub attempts: u32,
    /// What was expected and not met.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmet: Vec<Unmet>,
    /// How far it is, or why it cannot be told: one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Where more of it is to be seen: a log, an execution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// How a test stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TestState {
    /// It has not ended.
    Running,
    /// Everything that it expects was met.
    Passed,
    /// Something was not.
    Failed,
    /// It could not be told.
    Unknown,
}

/// An expectation that was not met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unmet {
    /// What was looked at: `status`, `header content-type`, `step 2: json $.ok`.
    pub what: String,
    /// What it had to be.
    pub wanted: String,
    /// What it was.
    pub got: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_none(attempts: &u32) -> bool {
    *attempts == 0
}

impl TestResult {
    /// A result of a test of which no more is known.
    pub fn of(test: &Test<'_>, state: TestState) -> TestResult {
        TestResult {
            name: test.name.clone(),
            kind: test.kind.word().to_owned(),
            required: test.required,
            state,
            took: 0,
            attempts: 0,
            unmet: Vec::new(),
            detail: None,
            link: None,
        }
    }

    /// What there is to say of it on one line.
    pub fn said(&self) -> String {
        let unmet = self.unmet.iter().map(Unmet::to_string);
        unmet
            .chain(self.detail.clone())
            .collect::<Vec<_>>()
            .join("; ")
    }
}

impl std::fmt::Display for Unmet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: got {}, wanted {}", self.what, self.got, self.wanted)
    }
}

impl TestState {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            TestState::Running => "running",
            TestState::Passed => "passed",
            TestState::Failed => "failed",
            TestState::Unknown => "could not be told",
        }
    }
}

/// Judges one look.
pub fn judge(begun: &Begun, settings: &Validate, facts: &Facts) -> Ruling {
    let is_over =
        facts.last_chance || facts.now >= begun.began + SignedDuration::from(settings.at_most());
    let mut tests = facts.tests.iter();
    let running = tests.any(|test| test.state == TestState::Running);
    let (verdict, reasons) = ended(&facts.tests);
    if running && !is_over && verdict != Verdict::Fail {
        return Ruling::Wait {
            not_before: facts.now + again_after(facts),
            progress: progress(facts),
        };
    }
    reached(verdict, reasons)
}

/// What follows from tests when no more is waited for, with at least one
/// reason. One that did not end could not be told.
pub fn ended(tests: &[TestResult]) -> (Verdict, Vec<Reason>) {
    let required: Vec<&TestResult> = tests.iter().filter(|test| test.required).collect();
    let in_state = |state| required.iter().filter(move |test| test.state == state);
    let mut reasons: Vec<Reason> = in_state(TestState::Failed)
        .map(|test| failed(test))
        .collect();
    if !reasons.is_empty() {
        return (Verdict::Fail, reasons);
    }
    reasons.extend(in_state(TestState::Unknown).map(|test| unknown(test)));
    reasons.extend(in_state(TestState::Running).map(|test| not_ended(test)));
    if reasons.is_empty() && !required.is_empty() {
        return (Verdict::Pass, vec![passed(&required, tests)]);
    }
    if in_state(TestState::Passed).next().is_none() {
        reasons.insert(0, nothing_tested(&required));
    }
    (Verdict::Inconclusive, reasons)
}

fn reached(verdict: Verdict, mut reasons: Vec<Reason>) -> Ruling {
    let reason = reasons.remove(0);
    Ruling::Reached {
        verdict,
        reason,
        also: reasons,
    }
}

fn again_after(facts: &Facts) -> SignedDuration {
    let sends = |test: &TestResult| {
        test.state == TestState::Running && ["http", "lambda"].contains(&test.kind.as_str())
    };
    if facts.tests.iter().any(sends) {
        SENDING_AGAIN_AFTER
    } else {
        FOLLOWING_AGAIN_AFTER
    }
}

fn progress(facts: &Facts) -> Progress {
    let ended = facts
        .tests
        .iter()
        .filter(|test| test.state != TestState::Running);
    let (ended, all) = (ended.count(), facts.tests.len().max(1));
    let running = facts
        .tests
        .iter()
        .find(|test| test.state == TestState::Running);
    let waits = running.map_or(String::new(), |test| {
        let how = test.detail.as_deref().unwrap_or("running");
        format!("; `{}`: {how}", test.name)
    });
    Progress {
        percent: u8::try_from(ended * 99 / all).unwrap_or(99),
        line: format!("{ended} of {all} tests have ended{waits}"),
    }
}

fn failed(test: &TestResult) -> Reason {
    let tried = match test.attempts {
        0 | 1 => String::new(),
        tries => format!(" (tried {tries} times)"),
    };
    let name = &test.name;
    let (seen, allowed) = match (test.unmet.as_slice(), &test.detail) {
        ([], detail) => {
            let detail = detail.as_deref().unwrap_or("it did not succeed");
            (
                format!("test `{name}` failed: {detail}{tried}"),
                "it has to pass".to_owned(),
            )
        }
        ([first, others @ ..], _) => {
            let more = match others.len() {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            (
                format!(
                    "test `{name}` failed: {}: got {}{more}{tried}",
                    first.what, first.got
                ),
                format!("wanted {}", first.wanted),
            )
        }
    };
    Reason {
        code: ReasonCode::TestFailed,
        seen,
        allowed,
    }
}

fn unknown(test: &TestResult) -> Reason {
    let detail = test.detail.as_deref().unwrap_or("nothing is known of it");
    Reason {
        code: ReasonCode::TestUnknown,
        seen: format!("test `{}` could not be told: {detail}", test.name),
        allowed: "every required test has to pass".to_owned(),
    }
}

fn not_ended(test: &TestResult) -> Reason {
    let took = i64::try_from(test.took).unwrap_or(i64::MAX);
    let ran = crate::Duration::from_signed(SignedDuration::from_secs(took / 1000));
    let how_far = test.detail.as_deref().map(|detail| format!(": {detail}"));
    let how_far = how_far.unwrap_or_default();
    Reason {
        code: ReasonCode::TestNotEnded,
        seen: format!("test `{}` had not ended after {ran}{how_far}", test.name),
        allowed: "every required test has to pass in the gate's time".to_owned(),
    }
}

fn nothing_tested(required: &[&TestResult]) -> Reason {
    Reason {
        code: ReasonCode::NothingTested,
        seen: format!("none of {} required tests could be told", required.len()),
        allowed: "every required test has to pass".to_owned(),
    }
}

fn passed(required: &[&TestResult], tests: &[TestResult]) -> Reason {
    let others: Vec<String> = tests
        .iter()
        .filter(|test| !test.required && test.state != TestState::Passed)
        .map(|test| format!("`{}` {}", test.name, test.state.word()))
        .collect();
    let only_reported = match others.as_slice() {
        [] => String::new(),
        others => format!(" (only reported: {})", others.join(", ")),
    };
    Reason {
        code: ReasonCode::TestsPassed,
        seen: format!(
            "all {} required tests passed{only_reported}",
            required.len()
        ),
        allowed: "every required test had to".to_owned(),
    }
}

#[cfg(test)]
mod tests;
