//! Outages, each told once and mended once, whatever is seen when.

use std::collections::BTreeSet;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::subsequence;

use crate::delivery::Happening;
use crate::notices::{Kind, Ledger, Pending};

const BEGIN: i64 = 1_700_000_000;

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(BEGIN + minute * 60).expect("a moment")
}

fn happening(minute: i64, failed: bool, release: &str) -> Happening {
    Happening {
        at: at(minute),
        failed,
        stage: "prod".to_owned(),
        release: release.to_owned(),
    }
}

fn failed(minute: i64, release: &str) -> Happening {
    happening(minute, true, release)
}

fn succeeded(minute: i64, release: &str) -> Happening {
    happening(minute, false, release)
}

/// What is told after these looks, each seeing what it is given.
fn told(looks: &[&[Happening]]) -> Vec<Pending> {
    let mut ledger = Ledger::new(at(0));
    for seen in looks {
        ledger.reconcile("checkout", seen);
    }
    ledger.pending
}

#[track_caller]
fn check(looks: &[&[Happening]], expected: &[(Kind, i64, &str)]) {
    let told = told(looks);
    let found: Vec<_> = (told.iter())
        .map(|own| (own.kind, own.at, own.release.as_deref().unwrap_or("-")))
        .collect();
    let expected: Vec<_> = (expected.iter())
        .map(|(kind, minute, release)| (*kind, at(*minute), *release))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_failure_is_told_once_however_often_it_is_seen() {
    let seen = [failed(5, "r1")];
    check(&[&seen, &seen, &seen], &[(Kind::Broken, 5, "r1")]);
}

#[test]
fn a_success_mends_what_broke_and_says_by_whom() {
    let all = [failed(5, "r1"), succeeded(9, "r2")];
    let expected = [(Kind::Broken, 5, "r1"), (Kind::Mended, 9, "r2")];
    check(&[&all], &expected);
    check(&[&all[..1], &all], &expected);
    check(&[&all[1..], &all], &expected);
    let mended = &told(&[&all])[1];
    let outage = mended.outage.clone().expect("an outage");
    assert_eq!((outage.by.as_str(), outage.failures), ("r1", 1));
    assert_eq!(outage.mended_by.as_deref(), Some("r2"));
}

#[test]
fn another_release_that_fails_in_between_belongs_to_the_same_outage() {
    let all = [failed(5, "r1"), failed(7, "r2"), failed(8, "r1")];
    let expected = [(Kind::Broken, 5, "r1"), (Kind::FailedAgain, 7, "r2")];
    check(&[&all], &expected);
    check(&[&all[..1], &all[1..]], &expected);
}

#[test]
fn who_mended_a_stage_is_told_with_all_failures_before() {
    let all = [failed(5, "r1"), failed(7, "r2"), succeeded(9, "r3")];
    let mended = told(&[&all]).pop().expect("something was told");
    assert_eq!(mended.outage.map(|own| own.failures), Some(2));
}

#[test]
fn a_success_of_the_same_moment_mends_nothing() {
    check(
        &[&[failed(5, "r1"), succeeded(5, "r0")]],
        &[(Kind::Broken, 5, "r1")],
    );
}

#[test]
fn an_earlier_failure_that_is_seen_late_begins_no_second_outage() {
    let late = [failed(3, "r0"), failed(5, "r1")];
    check(
        &[&late[1..], &late],
        &[(Kind::FailedAgain, 3, "r0"), (Kind::Broken, 5, "r1")],
    );
}

#[test]
fn an_outage_that_is_seen_after_its_end_is_told_with_its_end() {
    let all = [succeeded(4, "r0"), failed(5, "r1"), succeeded(9, "r2")];
    check(
        &[&all[..1], &all[2..], &all],
        &[(Kind::Broken, 5, "r1"), (Kind::Mended, 9, "r2")],
    );
}

#[test]
fn what_was_before_the_first_look_is_not_told() {
    check(&[&[failed(-5, "r1"), succeeded(2, "r2")]], &[]);
}

#[test]
fn what_was_told_is_not_told_again() {
    let seen = [failed(5, "r1")];
    let mut ledger = Ledger::new(at(0));
    ledger.reconcile("checkout", &seen);
    let ids: BTreeSet<String> = ledger.pending.iter().map(|own| own.id.clone()).collect();
    ledger.told(&ids);
    ledger.reconcile("checkout", &seen);
    assert_eq!(ledger.pending, []);
    assert_eq!(ledger.broken().count(), 1);
}

/// Failures and successes at different minutes.
fn history() -> impl Strategy<Value = Vec<Happening>> {
    proptest::collection::btree_map(1..200_i64, (any::<bool>(), 0..12_u32), 1..20).prop_map(|all| {
        all.into_iter()
            .map(|(minute, (failed, release))| happening(minute, failed, &format!("r{release}")))
            .collect()
    })
}

/// A history, and what some looks see of it before one sees all.
fn looks() -> impl Strategy<Value = (Vec<Happening>, Vec<Vec<Happening>>)> {
    history().prop_flat_map(|all| {
        let some = subsequence(all.clone(), 0..=all.len()).prop_shuffle();
        (Just(all), proptest::collection::vec(some, 0..6))
    })
}

proptest! {
    #[test]
    fn whatever_is_seen_when_broken_and_mended_pair_up((all, looks) in looks()) {
        let mut ledger = Ledger::new(at(0));
        for seen in looks.iter().chain([&all, &all]) {
            ledger.reconcile("checkout", seen);
        }
        let ids: BTreeSet<&str> = ledger.pending.iter().map(|own| own.id.as_str()).collect();
        prop_assert_eq!(ids.len(), ledger.pending.len());
        let pairs = |kind, word: &str| -> BTreeSet<String> {
            let of_kind = ledger.pending.iter().filter(|own| own.kind == kind);
            of_kind.map(|own| own.id.replacen(word, "", 1)).collect()
        };
        let (broken, mended) = (pairs(Kind::Broken, "broken"), pairs(Kind::Mended, "mended"));
        prop_assert!(mended.is_subset(&broken), "{mended:?} without {broken:?}");
        let is_broken = all.last().is_some_and(|last| last.failed);
        prop_assert_eq!(broken.len() - mended.len(), usize::from(is_broken));
        prop_assert_eq!(ledger.broken().count(), usize::from(is_broken));
        for failure in all.iter().filter(|one| one.failed) {
            let outages = &ledger.stages["prod"];
            let is_known = outages.iter().any(|own| own.releases.contains(&failure.release));
            prop_assert!(is_known, "{failure:?} is in no outage");
        }
        let any_failed = all.iter().any(|one| one.failed);
        prop_assert_eq!(broken.is_empty(), !any_failed);
    }
}
