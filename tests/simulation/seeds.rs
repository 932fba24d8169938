//! Two thousand seeds, in four tests that can run side by side.

use std::ops::Range;
use std::sync::Arc;

use sluice::faults::{Batch, Case, Outcome, SUBJECTS, run};
use sluice::rehearsal::gates;
use sluice_core::ReasonCode;
use sluice_world::faults::Kind;

/// Fewer calls than this are not the simulation that is meant.
const CALLS_MIN: u64 = 8_000;

/// A simulated gate takes no more looks than this.
const LOOKS_MAX: usize = 15;

/// What the worlds drawn for canaries have to show.
const CANARY_REASONS: [ReasonCode; 8] = [
    ReasonCode::CanarySafe,
    ReasonCode::CanaryWorse,
    ReasonCode::CanarySilent,
    ReasonCode::TrafficSplitOff,
    ReasonCode::TooLittleData,
    ReasonCode::NoCanaryData,
    ReasonCode::NothingReported,
    ReasonCode::Undecided,
];

#[track_caller]
fn check(seeds: Range<u64>) {
    let asked = seeds.end - seeds.start;
    let batch = Batch::of_seeds(seeds);
    println!("{batch}");
    assert!(batch.broken.is_empty(), "{}", batch.broken.join("\n"));
    assert_eq!(batch.cases, asked);
    assert!(batch.calls >= CALLS_MIN, "only {} calls", batch.calls);
    assert!(batch.looks_max <= LOOKS_MAX, "{} looks", batch.looks_max);
    assert_eq!(batch.never_occurred(), Vec::<String>::new());
    // A run in which nothing passes shows nothing about passes.
    for subject in SUBJECTS {
        let passed = batch.ended(subject.kind, &Outcome::Go("pass".to_owned()));
        let stopped = batch.ended(subject.kind, &Outcome::Stop);
        assert!(passed >= 20 && stopped >= 20, "{}: {batch}", subject.kind);
    }
    let never = batch.never_occurred_to("canary");
    assert_eq!(never, Vec::<Kind>::new());
    for reason in CANARY_REASONS {
        assert!(batch.gave("canary", reason) > 0, "never {reason}: {batch}");
    }
}

#[test]
fn seeds_1_to_500_break_nothing() {
    check(1..501);
}

#[test]
fn seeds_501_to_1000_break_nothing() {
    check(501..1001);
}

#[test]
fn seeds_1001_to_1500_break_nothing() {
    check(1001..1501);
}

#[test]
fn seeds_1501_to_2000_break_nothing() {
    check(1501..2001);
}

#[test]
fn every_gate_is_broken_on_purpose() {
    let served: Vec<&str> = gates().iter().map(|gate| gate.kind()).collect();
    let broken = SUBJECTS.map(|subject| subject.kind);
    assert_eq!(broken.to_vec(), served);
}

#[test]
fn the_same_seed_gives_the_same_run() {
    for seed in [3, 40, 77] {
        let lines = || {
            let lines: Arc<std::sync::Mutex<Vec<String>>> = Arc::default();
            let own = Arc::clone(&lines);
            let on_line = move |line: &sluice::rehearsal::Line| {
                own.lock()
                    .unwrap()
                    .push(format!("{} {}", line.at, line.text));
            };
            let ran = run(&Case::draw(seed), Arc::new(on_line)).unwrap();
            let lines = lines.lock().unwrap().clone();
            (lines, ran.calls)
        };
        assert_eq!(lines(), lines());
    }
}
