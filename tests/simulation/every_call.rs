//! A gate of six looks, every call of which goes wrong in every way: alone,
//! for as long as a client tries, and in pairs.

use std::sync::Arc;

use sluice::faults::{Batch, Case, Ends, Outcome, SUBJECTS, Subject, run};
use sluice_world::faults::{CallFault, FaultPlan, Kind, Which};
use sluice_world::random::Random;

/// Attempts of a call before a client gives up.
const ATTEMPTS: u32 = 3;

/// Faults after which the same call, look or event is tried again: a single
/// one of them changes no verdict.
const PASSING: [Kind; 11] = [
    Kind::Throttled,
    Kind::ServerError,
    Kind::TimedOut,
    Kind::Reset,
    Kind::HalfBody,
    Kind::Slow,
    Kind::AnswerLate,
    Kind::AnswerLost,
    Kind::KilledBefore,
    Kind::KilledAfter,
    Kind::Frozen,
];

fn subject(kind: &str) -> Subject {
    let found = SUBJECTS.into_iter().find(|subject| subject.kind == kind);
    found.expect("it is one of them")
}

fn case(subject: &Subject, ends: Ends, calls: Vec<CallFault>) -> Case {
    let faults = FaultPlan {
        calls,
        ..FaultPlan::default()
    };
    Case::of(1, (subject.six_looks)(ends), true, faults)
}

/// How many calls it makes where nothing goes wrong.
fn calls(subject: &Subject, ends: Ends) -> u64 {
    let ran = run(&case(subject, ends, Vec::new()), Arc::new(|_| {})).unwrap();
    assert_eq!(ran.broken, Vec::<String>::new());
    assert!((4..=8).contains(&ran.looks), "{} looks", ran.looks);
    ran.calls
}

fn fault(nth: u64, kind: Kind, times: u32) -> CallFault {
    CallFault {
        at: Which::Nth(nth),
        kind,
        times,
    }
}

#[track_caller]
fn check(kind: &str, ends: Ends) {
    let subject = subject(kind);
    let calls = calls(&subject, ends);
    let mut batch = Batch::default();
    let mut changed = Vec::new();
    for nth in 1..=calls {
        for kind in Kind::OF_CALLS {
            for times in [1, ATTEMPTS] {
                let outcome = batch.add(&case(&subject, ends, vec![fault(nth, kind, times)]));
                let passed = outcome == Some(Outcome::Go("pass".to_owned()));
                let has_to = ends == Ends::Pass && times == 1 && PASSING.contains(&kind);
                if (has_to && !passed) || (ends == Ends::NoPass && passed) {
                    changed.push(format!("call {nth} {kind:?} x{times}: {outcome:?}"));
                }
            }
        }
    }
    println!("{batch}");
    assert!(batch.broken.is_empty(), "{}", batch.broken.join("\n"));
    assert_eq!(changed, Vec::<String>::new());
    assert_eq!(batch.cases, calls * 14 * 2);
    for kind in Kind::OF_CALLS {
        assert!(
            batch.occurred.contains_key(&kind),
            "{kind:?} never occurred"
        );
    }
}

#[test]
fn a_bake_that_passes_is_not_kept_from_it_by_one_passing_fault_at_any_call() {
    check("bake", Ends::Pass);
}

#[test]
fn a_bake_in_which_an_alarm_fired_between_two_looks_passes_after_no_fault_at_any_call() {
    check("bake", Ends::NoPass);
}

#[test]
fn a_clear_that_passes_is_not_kept_from_it_by_one_passing_fault_at_any_call() {
    check("clear", Ends::Pass);
}

#[test]
fn a_clear_whose_alarm_was_red_again_passes_after_no_fault_at_any_call() {
    check("clear", Ends::NoPass);
}

#[test]
fn a_canary_that_passes_is_not_kept_from_it_by_one_passing_fault_at_any_call() {
    check("canary", Ends::Pass);
}

#[test]
fn a_canary_that_fails_more_often_from_some_minute_on_passes_after_no_fault_at_any_call() {
    check("canary", Ends::NoPass);
}

#[test]
fn pairs_of_faults_break_nothing() {
    const PAIRS: u64 = 400;
    let mut random = Random::from_seed(2);
    let mut batch = Batch::default();
    for _ in 0..PAIRS {
        let subject = random.one_of(&SUBJECTS);
        let ends = random.one_of(&[Ends::Pass, Ends::NoPass]);
        let pair = [(); 2].map(|()| {
            let nth = 1 + random.below(40);
            let times = random.one_of(&[1, ATTEMPTS, 9]);
            fault(nth, random.one_of(&Kind::OF_CALLS), times)
        });
        batch.add(&case(&subject, ends, pair.to_vec()));
    }
    println!("{batch}");
    assert!(batch.broken.is_empty(), "{}", batch.broken.join("\n"));
    assert_eq!(batch.cases, PAIRS);
}

#[test]
fn tests_that_pass_are_not_kept_from_it_by_one_passing_fault_at_any_call() {
    check("validate", Ends::Pass);
}

#[test]
fn tests_of_which_a_build_fails_pass_after_no_fault_at_any_call() {
    check("validate", Ends::NoPass);
}
