//! What follows from a claim, case by case, and whether any course of
//! invocations starts two builds.

mod property;

use jiff::{SignedDuration, Timestamp};
use sluice_aws::Claim;

use super::{Step, TestId, after_search, decide};

const ID: TestId<'static> = TestId {
    pipeline: "checkout",
    release: "11111111-2222-4333-8444-555555555555",
    stage: "prod",
    gate: "validate",
    test: "smoke",
    attempt: "99999999-2222-4333-8444-555555555555",
};

fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
}

fn claim(started: Option<&str>) -> Claim {
    Claim {
        id: "id".to_owned(),
        about: "about".to_owned(),
        claimer: "other".to_owned(),
        claimed_at: at(0),
        generation: 0,
        started: started.map(str::to_owned),
        expires: at(1_000_000),
    }
}

#[track_caller]
fn check(age: i64, expected: Step) {
    assert_eq!(decide(Some(&claim(None)), "me", at(age)), expected);
}

#[test]
fn what_nobody_has_is_claimed() {
    assert_eq!(decide(None, "me", at(0)), Step::Claim);
}

#[test]
fn what_was_started_is_adopted_at_any_age() {
    for age in [0, 200, 100_000] {
        let step = decide(Some(&claim(Some("arn"))), "me", at(age));
        assert_eq!(step, Step::Adopt("arn".to_owned()));
    }
}

#[test]
fn while_the_other_may_live_one_waits() {
    check(0, Step::Wait(at(150)));
    check(149, Step::Wait(at(150)));
    check(-40, Step::Wait(at(150)));
}

#[test]
fn while_the_token_holds_a_start_starts_nothing_twice() {
    check(150, Step::Start);
    check(239, Step::Start);
}

#[test]
fn when_the_token_may_be_forgotten_the_mark_is_searched() {
    check(240, Step::Search);
    check(90_000, Step::Search);
}

#[test]
fn who_claimed_starts_as_long_as_the_token_holds() {
    assert_eq!(decide(Some(&claim(None)), "other", at(0)), Step::Start);
    assert_eq!(decide(Some(&claim(None)), "other", at(239)), Step::Start);
    assert_eq!(decide(Some(&claim(None)), "other", at(240)), Step::Search);
}

#[test]
fn a_build_that_is_found_is_adopted_the_oldest_first() {
    let found = ["first".to_owned(), "second".to_owned()];
    let step = after_search(&claim(None), &found, at(240));
    assert_eq!(step, Step::Adopt("first".to_owned()));
}

#[test]
fn that_there_is_none_is_believed_only_when_it_must_be_visible() {
    let claim = claim(None);
    assert_eq!(after_search(&claim, &[], at(599)), Step::Wait(at(600)));
    assert_eq!(after_search(&claim, &[], at(600)), Step::TakeOver);
}

#[test]
fn ids_differ_in_every_part_and_no_name_can_blur_two_parts() {
    let others = [
        TestId {
            pipeline: "x",
            ..ID
        },
        TestId { release: "x", ..ID },
        TestId { stage: "x", ..ID },
        TestId { gate: "x", ..ID },
        TestId { test: "x", ..ID },
        TestId { attempt: "x", ..ID },
    ];
    for other in others {
        assert_ne!(other.key(), ID.key());
        assert_ne!(other.execution_name(), ID.execution_name());
    }
    let one = TestId {
        gate: "a-b",
        test: "c",
        ..ID
    };
    let other = TestId {
        gate: "a",
        test: "b-c",
        ..ID
    };
    assert_ne!(one.key(), other.key());
    assert_ne!(one.execution_name(), other.execution_name());
}

#[test]
fn a_name_is_one_that_step_functions_takes_and_logs() {
    let long = "ä/{} ".repeat(100);
    let name = TestId { test: &long, ..ID }.execution_name();
    assert_eq!(name.len(), 80);
    let usable = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    assert!(name.chars().all(usable), "{name}");
    assert!(ID.execution_name().starts_with("prod-validate-smoke-"));
}
