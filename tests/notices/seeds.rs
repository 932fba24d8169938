//! A thousand seeds, in four tests that can run side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::{SignedDuration, Timestamp};
use sluice_core::notices::{Kind, Notice};

use super::bed::{Told, Truth, told};
use super::place::REASON;

/// CodePipeline's events tell whole seconds.
const NEAR: SignedDuration = SignedDuration::from_secs(2);

/// An outage of a stage, as it really was.
#[derive(Debug)]
struct Outage<'a> {
    stage: &'a str,
    since: Timestamp,
    by: &'a str,
    mended: Option<(Timestamp, &'a str)>,
}

fn outages(truth: &[Truth]) -> Vec<Outage<'_>> {
    let mut all: Vec<Outage<'_>> = Vec::new();
    for one in truth {
        let mut open = all.iter_mut().rev();
        let open = open.find(|own| own.stage == one.stage && own.mended.is_none());
        match (open, one.failed) {
            (None, true) => all.push(Outage {
                stage: &one.stage,
                since: one.at,
                by: &one.release,
                mended: None,
            }),
            (Some(open), false) => open.mended = Some((one.at, &one.release)),
            (Some(_), true) | (None, false) => {}
        }
    }
    all
}

fn is_near(one: Timestamp, other: Timestamp) -> bool {
    one.duration_since(other).abs() <= NEAR
}

/// Whether a notice says that this outage began, or ended.
fn says(notice: &Notice, outage: &Outage<'_>) -> bool {
    let told = notice.outage.as_ref().unwrap();
    let begun = is_near(told.since, outage.since) && told.by == outage.by;
    let ended = match (notice.kind, &outage.mended) {
        (Kind::Mended, Some((at, by))) => {
            told.mended.is_some_and(|own| is_near(own, *at))
                && told.mended_by.as_deref() == Some(*by)
        }
        (Kind::Mended, None) => false,
        _ => true,
    };
    notice.stage.as_deref() == Some(outage.stage) && begun && ended
}

/// What was heard of one kind, each notice once.
fn heard(told: &Told, kind: Kind) -> Vec<&Notice> {
    let mut ids = BTreeSet::new();
    let heard = told.of(kind).into_iter().map(|own| &own.notice);
    heard.filter(|own| ids.insert(own.id.clone())).collect()
}

/// Holds one seed to what has to be; gives how often something was told twice.
fn check_seed(seed: u64, told: &Told) -> u64 {
    let outages = outages(&told.truth);
    let mended = outages.iter().filter(|own| own.mended.is_some()).count();
    for (kind, expected) in [(Kind::Broken, outages.len()), (Kind::Mended, mended)] {
        let notices = heard(told, kind);
        for notice in &notices {
            let is_true = outages.iter().any(|own| says(notice, own));
            assert!(
                is_true,
                "seed {seed}: never happened: {notice:#?}\n{outages:#?}"
            );
        }
        assert_eq!(
            notices.len(),
            expected,
            "seed {seed}, {kind:?}: {outages:#?}"
        );
    }
    let mut by_id: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for heard in &told.heard {
        by_id.entry(&heard.notice.id).or_default().push(heard.by);
    }
    let mut twice = 0;
    for (id, by) in by_id {
        let (_, before) = by.split_last().unwrap();
        for one in before {
            assert!(
                told.broke_off.contains(one),
                "seed {seed}: {id} was told twice for nothing"
            );
            twice += 1;
        }
    }
    twice
}

#[track_caller]
fn check(seeds: Range<u64>) {
    let mut occurred: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut heard, mut explained, mut twice) = (0, 0, 0);
    for seed in seeds {
        let told = told(seed);
        twice += check_seed(seed, &told);
        heard += told.heard.len();
        explained += told
            .of(Kind::Broken)
            .iter()
            .filter(|own| own.notice.reason == REASON)
            .count();
        for (what, count) in told.occurred {
            *occurred.entry(what).or_default() += count;
        }
    }
    println!("{heard} messages, {twice} told twice where it could not be helped; {occurred:?}");
    assert!(heard > 500, "only {heard} messages");
    assert!(explained > 50, "only {explained} said why");
    assert!(
        twice > 0,
        "nothing was ever told twice, so the function never died in between"
    );
    let kinds = [
        "answer lost",
        "call failed",
        "channel down",
        "channel's answer lost",
        "event late",
        "event lost",
        "event twice",
        "function killed",
        "gate said why",
    ];
    for kind in kinds {
        assert!(
            occurred.contains_key(kind),
            "{kind} never occurred: {occurred:?}"
        );
    }
}

#[test]
fn seeds_1_to_250_tell_each_failure_and_nothing_else() {
    check(1..251);
}

#[test]
fn seeds_251_to_500_tell_each_failure_and_nothing_else() {
    check(251..501);
}

#[test]
fn seeds_501_to_750_tell_each_failure_and_nothing_else() {
    check(501..751);
}

#[test]
fn seeds_751_to_1000_tell_each_failure_and_nothing_else() {
    check(751..1001);
}
