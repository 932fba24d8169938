//! What follows from what became of tests.

use super::*;
use crate::Duration;

fn test(name: &str, state: TestState) -> TestResult {
    TestResult {
        name: name.to_owned(),
        kind: "http".to_owned(),
        required: true,
        state,
        took: 20,
        attempts: 1,
        unmet: Vec::new(),
        detail: None,
        link: None,
    }
}

fn reported(name: &str, state: TestState) -> TestResult {
    TestResult {
        required: false,
        ..test(name, state)
    }
}

fn judged(tests: Vec<TestResult>, after: SignedDuration) -> Ruling {
    let settings = Validate {
        at_most: Some(Duration::from_minutes(10)),
        ..Validate::default()
    };
    let began = Timestamp::UNIX_EPOCH;
    let begun = Begun {
        rule: RULE_VERSION,
        began,
        service: None,
    };
    let facts = Facts {
        now: began + after,
        last_chance: false,
        tests,
    };
    judge(&begun, &settings, &facts)
}

#[track_caller]
fn check(tests: Vec<TestResult>, expected: Verdict, codes: &[ReasonCode]) -> Reason {
    let over = SignedDuration::from_mins(10);
    let Ruling::Reached {
        verdict,
        reason,
        also,
    } = judged(tests, over)
    else {
        panic!("it goes on after its end");
    };
    let got: Vec<ReasonCode> = std::iter::once(&reason)
        .chain(&also)
        .map(|r| r.code)
        .collect();
    assert_eq!((verdict, got.as_slice()), (expected, codes));
    reason
}

#[test]
fn all_required_tests_have_to_pass() {
    use ReasonCode::{NothingTested, TestFailed, TestNotEnded, TestUnknown, TestsPassed};
    use TestState::{Failed, Passed, Running, Unknown};
    use Verdict::{Fail, Inconclusive, Pass};
    let two = |other| vec![test("a", Passed), test("b", other)];
    check(two(Passed), Pass, &[TestsPassed]);
    check(two(Failed), Fail, &[TestFailed]);
    check(two(Unknown), Inconclusive, &[TestUnknown]);
    check(two(Running), Inconclusive, &[TestNotEnded]);
    check(Vec::new(), Inconclusive, &[NothingTested]);
    check(
        vec![test("a", Unknown)],
        Inconclusive,
        &[NothingTested, TestUnknown],
    );
    check(vec![reported("a", Passed)], Inconclusive, &[NothingTested]);
    let failed_and_unknown = vec![test("a", Unknown), test("b", Failed)];
    check(failed_and_unknown, Fail, &[TestFailed]);
}

#[test]
fn a_test_that_is_only_reported_decides_nothing_and_is_said() {
    let tests = vec![
        test("a", TestState::Passed),
        reported("slow", TestState::Failed),
    ];
    let reason = check(tests, Verdict::Pass, &[ReasonCode::TestsPassed]);
    assert_eq!(
        reason.seen,
        "all 1 required tests passed (only reported: `slow` failed)"
    );
}

#[test]
fn a_failure_ends_the_gate_while_others_run_and_a_passed_one_does_not() {
    let early = SignedDuration::from_secs(30);
    let running = test("long", TestState::Running);
    let failing = vec![running.clone(), test("b", TestState::Failed)];
    assert!(matches!(
        judged(failing, early),
        Ruling::Reached {
            verdict: Verdict::Fail,
            ..
        }
    ));
    let passing = vec![running, test("b", TestState::Passed)];
    let Ruling::Wait { progress, .. } = judged(passing, early) else {
        panic!("it ended before its tests");
    };
    assert_eq!(progress.line, "1 of 2 tests have ended; `long`: running");
}

#[test]
fn a_failure_says_what_was_wanted_and_what_came() {
    let unmet = |what: &str| Unmet {
        what: what.to_owned(),
        wanted: "200".to_owned(),
        got: "503".to_owned(),
    };
    let failing = TestResult {
        attempts: 3,
        unmet: vec![unmet("status"), unmet("header etag")],
        ..test("health", TestState::Failed)
    };
    let reason = check(vec![failing], Verdict::Fail, &[ReasonCode::TestFailed]);
    assert_eq!(
        reason.to_string(),
        "test `health` failed: status: got 503, and 1 more (tried 3 times); wanted 200"
    );
}
