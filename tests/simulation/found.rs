//! What the runs found in the code, each with what showed it.

use std::sync::Arc;

use sluice::faults::{Case, Ends, Outcome, Ran, SUBJECTS, Sketch, run};
use sluice_world::faults::{CallFault, FaultPlan, Kind, Which};

fn bake(change: impl FnOnce(&mut Sketch), faults: FaultPlan) -> Ran {
    let mut sketch = (SUBJECTS[0].six_looks)(Ends::Pass);
    change(&mut sketch);
    run(&Case::of(1, sketch, true, faults), Arc::new(|_| {})).unwrap()
}

fn passed() -> Outcome {
    Outcome::Go("pass".to_owned())
}

/// One alarm that fires a minute into the bake, watched from the first look.
fn fires_early(sketch: &mut Sketch) {
    let states =
        "{ at: -2h, state: OK }, { at: prod + 1m, state: ALARM }, { at: prod + 2m, state: OK }";
    sketch.settings.push("since: gate".to_owned());
    sketch.alarms = vec![(
        "errors".to_owned(),
        format!("{{ name: errors, states: [ {states} ] }}"),
    )];
}

fn clock(ahead_seconds: i64) -> FaultPlan {
    FaultPlan {
        clock_ahead_seconds: ahead_seconds,
        ..FaultPlan::default()
    }
}

#[test]
fn a_clock_that_is_minutes_off_lets_no_firing_pass() {
    for ahead in [0, 20, -20, 60, 300, -60, -300] {
        let ran = bake(fires_early, clock(ahead));
        assert_eq!(ran.broken, Vec::<String>::new(), "{ahead} s ahead");
        assert_eq!(ran.outcome, Outcome::Stop, "{ahead} s ahead");
    }
}

#[test]
fn a_clock_that_is_off_by_less_than_the_guard_changes_no_verdict() {
    for ahead in [20, -20] {
        assert_eq!(bake(|_| {}, clock(ahead)).outcome, passed());
    }
}

/// A composite alarm of two children, of which only the second is slow.
fn composite(sketch: &mut Sketch) {
    sketch.needed.retain(|own| !own.starts_with("settle"));
    let metric = |name: &str| {
        format!("{name}: {{ namespace: Shop, name: {name}, values: [ {{ constant: 1 }} ] }}")
    };
    sketch.metrics = vec![metric("fast"), metric("slow")];
    let child = |name: &str, datapoints: &str| {
        let line = format!(
            "{{ name: {name}, metric: {name}, stat: Sum, above: 5, datapoints: {datapoints} }}"
        );
        (name.to_owned(), line)
    };
    sketch.extra_alarms = vec![child("fast", "1 of 1").1, child("slow", "8 of 8").1];
    let rule = "{ name: any, rule: 'ALARM(\"fast\") OR ALARM(\"slow\")' }";
    sketch.alarms = vec![("any".to_owned(), rule.to_owned())];
}

#[test]
fn a_child_of_a_composite_alarm_that_is_not_shown_does_not_shorten_the_settling() {
    for nth in 1..=4 {
        let faults = FaultPlan {
            calls: vec![CallFault {
                at: Which::Of("cloudwatch:DescribeAlarms".to_owned(), nth),
                kind: Kind::PartialAnswer,
                times: 1,
            }],
            ..FaultPlan::default()
        };
        let ran = bake(composite, faults);
        assert_eq!(ran.broken, Vec::<String>::new(), "call {nth}");
    }
    assert_eq!(bake(composite, FaultPlan::default()).outcome, passed());
}

/// A canary whose first look fails, so that all but its first minute is worse.
#[test]
fn a_canary_that_was_good_for_a_minute_and_fails_more_often_since_does_not_pass() {
    let canary = SUBJECTS.iter().find(|own| own.kind == "canary").unwrap();
    let faults = FaultPlan {
        calls: vec![CallFault {
            at: Which::Nth(2),
            kind: Kind::HalfBody,
            times: 1,
        }],
        ..FaultPlan::default()
    };
    let case = Case::of(1, (canary.six_looks)(Ends::NoPass), true, faults);
    let ran = run(&case, Arc::new(|_| {})).unwrap();
    assert_eq!(ran.broken, Vec::<String>::new());
    assert_eq!(ran.outcome, Outcome::Stop);
}

#[test]
fn a_verdict_whose_record_a_look_wrote_that_died_is_computed_again() {
    let faults = FaultPlan {
        calls: vec![CallFault {
            at: Which::Of("s3:PutObject".to_owned(), 1),
            kind: Kind::KilledAfter,
            times: 1,
        }],
        ..FaultPlan::default()
    };
    let ran = bake(|_| {}, faults);
    assert_eq!(ran.broken, Vec::<String>::new());
    assert_eq!(ran.outcome, passed());
    let evidence = &ran.evidence[0];
    assert!(evidence.begun["began"] != evidence.looked.0.to_string());
}

#[test]
fn a_stage_whose_latest_release_is_not_told_is_asked_about_again() {
    let calls = |times| CallFault {
        at: Which::Of("codepipeline:GetPipelineState".to_owned(), 6),
        kind: Kind::PartialAnswer,
        times,
    };
    let untold = |times| {
        let faults = FaultPlan {
            calls: vec![calls(times)],
            ..FaultPlan::default()
        };
        bake(|_| {}, faults)
    };
    let once = untold(1);
    assert_eq!((once.outcome, once.looks), (passed(), 7));
    assert_eq!(untold(100).outcome, Outcome::Stop);
}
