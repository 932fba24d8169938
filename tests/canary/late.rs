//! Points that come later than `closed_after`: a look judges what is there, as
//! one that looks for the first time would; and evidence is judged by the
//! points that it holds, whatever came since.

use jiff::SignedDuration;
use serde_json::Value;
use sluice::rehearsal::{aws_of, in_virtual_time};
use sluice_core::bake::Ruling;
use sluice_core::plan::GateSettings;
use sluice_gates::canary::{Begun, Facts, MetricFacts, judge};
use sluice_gates::{AnyGate, CanaryGate, Look};
use sluice_world::World;

use super::{LOOKS_MAX, Worlds, ask, scenario, settings};

/// Worlds whose points come up to ten minutes late, with errors or without.
fn worlds() -> impl Iterator<Item = Worlds> {
    let all = [
        (0, 1900, 240),
        (0, 900, 600),
        (11, 1900, 300),
        (1, 60, 400),
        (6, 1900, 200),
    ];
    (1..)
        .zip(all)
        .map(|(seed, (errors, requests, late_seconds))| Worlds {
            seed,
            errors,
            from_minute: 8,
            late_seconds,
            requests,
        })
}

/// What a look says, without the remark on values that changed.
fn said(look: &Look) -> String {
    match look {
        Look::Again {
            not_before,
            progress,
            ..
        } => format!("{not_before} {}", progress.line),
        Look::Reached(reached) => {
            let (verdict, code) = (reached.verdict, reached.reason.code);
            format!("{verdict} {code} {}", reached.facts["judgement"])
        }
    }
}

/// How many values there are in the first periods.
fn points(facts: &Facts, periods: u32) -> usize {
    let first = periods as usize;
    let count = |series: &Vec<Option<f64>>| series.iter().take(first).flatten().count();
    let of = |metric: &MetricFacts| match metric {
        MetricFacts::Count { count: own, of } => [own, of]
            .iter()
            .map(|both| count(&both.baseline) + count(&both.canary))
            .sum(),
        MetricFacts::Series { value, .. } => count(&value.baseline) + count(&value.canary),
    };
    facts.metrics.iter().map(of).sum()
}

/// Looks until there is a verdict; every look beside one that knows nothing of
/// those before it. Gives how many periods it says to have changed, and how
/// many points came since.
async fn looked(world: &Worlds) -> [usize; 2] {
    let world = World::new(scenario(world));
    let (aws, clock, gate) = (aws_of(&world), world.clock(), CanaryGate);
    let begun = AnyGate::begin(&gate, &ask(clock.now()), &aws)
        .await
        .unwrap();
    let mut memory = Value::Null;
    for _ in 0..LOOKS_MAX {
        let now = clock.now();
        let look = async |memory: &Value, now| {
            AnyGate::look(&gate, &ask(now), &begun, memory, &aws)
                .await
                .unwrap()
        };
        let (own, fresh) = (look(&memory, now).await, look(&Value::Null, now).await);
        let words = said(&own);
        match own {
            Look::Again { memory: next, .. } => {
                // A look with nothing new to read says only that.
                if next["judged"] != memory["judged"] {
                    assert_eq!(words, said(&fresh));
                }
                memory = next;
            }
            Look::Reached(reached) => {
                assert_eq!(words, said(&fresh));
                let revised = reached.facts["revised"].as_u64().unwrap();
                let revised = usize::try_from(revised).unwrap();
                let facts: Facts = serde_json::from_value(reached.facts).unwrap();
                check_replay(&begun, &facts, &reached.verdict.to_string());
                clock.sleep_until(now + SignedDuration::from_hours(1)).await;
                let Look::Reached(later) = look(&Value::Null, clock.now()).await else {
                    panic!("an hour later it is over")
                };
                let later: Facts = serde_json::from_value(later.facts).unwrap();
                let came = points(&later, facts.periods) - points(&facts, facts.periods);
                return [revised, came];
            }
        }
        clock.sleep_until(now + SignedDuration::from_secs(90)).await;
    }
    panic!("no verdict after {LOOKS_MAX} looks");
}

/// The points of the evidence give the verdict, without asking again.
#[track_caller]
fn check_replay(begun: &Value, facts: &Facts, verdict: &str) {
    let GateSettings::Canary(settings) = settings() else {
        panic!("they are those of a canary")
    };
    let begun: Begun = serde_json::from_value(begun.clone()).unwrap();
    let judged = judge(&begun, &settings, facts, &Default::default()).unwrap();
    let Ruling::Reached { verdict: own, .. } = judged.ruling else {
        panic!("the evidence was enough for a verdict")
    };
    assert_eq!(own.to_string(), verdict);
}

#[test]
fn a_look_at_late_points_is_one_fresh_computation_and_evidence_keeps_what_was_there() {
    let all = worlds().map(|world| in_virtual_time(looked(&world)).unwrap());
    let [revised, came] = all.fold([0, 0], |sum, own| [sum[0] + own[0], sum[1] + own[1]]);
    assert!(revised > 0, "no period is said to have changed");
    assert!(came > 0, "no point came late");
}
