//! Faults that only cost time change neither verdict nor period of a canary:
//! each look reads everything anew.

use std::sync::Arc;

use serde_json::Value;
use sluice::faults::{Case, SUBJECTS, run};
use sluice_world::faults::{CallFault, EventFate, EventFault, FaultPlan, Kind, Which};
use sluice_world::random::Random;

/// Canaries drawn, and fewer compared than this show nothing.
const CASES: u64 = 120;
const COMPARED_MIN: usize = 60;

/// What costs time only, if a later look may come.
const DELAYING: [Kind; 9] = [
    Kind::Throttled,
    Kind::ServerError,
    Kind::TimedOut,
    Kind::Reset,
    Kind::HalfBody,
    Kind::PartialAnswer,
    Kind::Slow,
    Kind::AnswerLate,
    Kind::KilledBefore,
];

/// A canary in a world where every point is published within `closed_after`,
/// with nothing that ends it but its readings.
fn case(seed: u64) -> Option<Case> {
    let subject = SUBJECTS.iter().find(|own| own.kind == "canary")?;
    let mut sketch = (subject.draw)(&mut Random::from_seed(seed));
    let is_late = sketch.metrics.iter().any(|own| own.contains("late: 200s"));
    let closes_early = sketch.settings.iter().any(|own| own == "closed_after: 1m");
    if is_late || closes_early {
        return None;
    }
    sketch.pipeline.retain(|own| !own.starts_with("rollback"));
    sketch.happenings.clear();
    sketch.refusals.clear();
    // Time for all that comes late.
    for own in &mut sketch.needed {
        if let Some(at) = own.find(", at_most") {
            own.truncate(at);
        }
    }
    sketch.needed.push("at_most: 3h".to_owned());
    Some(Case::of(seed, sketch, true, FaultPlan::default()))
}

fn call(random: &mut Random) -> CallFault {
    CallFault {
        at: match random.below(2) {
            0 => Which::Of("cloudwatch:GetMetricData".to_owned(), 1 + random.below(4)),
            _ => Which::In {
                invocation: 2 + random.below(5),
                call: 1 + random.below(5),
            },
        },
        kind: random.one_of(&DELAYING),
        times: random.one_of(&[1, 1, 3]),
    }
}

/// At looks after the first: that one says when the comparison begins.
fn delays(random: &mut Random) -> FaultPlan {
    let calls = (0..1 + random.below(3)).map(|_| call(random)).collect();
    let mut events: Vec<EventFault> = Vec::new();
    for event in 2..=6 {
        let fate = match random.below(4) {
            0 => EventFate::Delayed(random.one_of(&[5, 60, 240])),
            1 => EventFate::Twice(random.one_of(&[0, 30, 200])),
            _ => continue,
        };
        events.push(EventFault { event, fate });
    }
    FaultPlan {
        calls,
        events,
        ..FaultPlan::default()
    }
}

/// Verdict and reason, and what the judge said of which period.
type Decided = (String, Value, Value);

fn decided(case: &Case) -> Option<Decided> {
    let ran = run(case, Arc::new(|_| {})).unwrap();
    assert_eq!(ran.broken, Vec::<String>::new(), "{}", case.told());
    let end = ran.evidence.first()?;
    let judgement = &end.facts["judgement"];
    Some((
        format!(
            "{:?} {:?}",
            end.verdict,
            end.reason.as_ref().map(|own| own.code)
        ),
        judgement["decided_at"].clone(),
        judgement["metrics"].clone(),
    ))
}

#[test]
fn faults_that_only_delay_change_neither_verdict_nor_period_of_a_canary() {
    let mut random = Random::from_seed(3);
    let (mut compared, mut periods) = (0, 0);
    for seed in 1..=CASES {
        let Some(calm) = case(seed) else { continue };
        let delayed = Case {
            faults: delays(&mut random),
            ..calm.clone()
        };
        let (calm, other) = (decided(&calm), decided(&delayed));
        // A job whose function died at both attempts ends without evidence.
        let Some(other) = other else { continue };
        assert_eq!(calm, Some(other), "seed {seed}: {}", delayed.told());
        compared += 1;
        periods += usize::from(calm.is_some_and(|own| own.1.is_number()));
    }
    println!("{compared} compared, {periods} of them decided by their readings");
    assert!(compared >= COMPARED_MIN && periods >= COMPARED_MIN / 2);
}
