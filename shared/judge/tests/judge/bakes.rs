//! Bakes told as stories: what goes in, and what a pipeline owner reads.

use sluice_judge::sequential::{
    Comparison, Decision, Floor, Judge, Kind, MetricPlan, Percent, Period, Plan, Reading, Reason,
    SplitRules, Verdict, Worse,
};

use crate::world::{counts, errors, judged, metric, of, plan, sample, values, wobble};

fn steady_errors(baseline: f64, canary: f64, minutes: usize) -> Vec<Period> {
    (0..minutes)
        .map(|minute| {
            errors(
                (baseline * wobble(minute, 0.3)).round(),
                (canary * wobble(minute + 5, 0.3)).round(),
            )
        })
        .collect()
}

fn steady_values(ratio: f64, minutes: usize) -> Vec<Period> {
    (0..minutes)
        .map(|minute| {
            values(
                100.0 * wobble(minute, 0.1),
                100.0 * ratio * wobble(minute + 5, 0.1),
            )
        })
        .collect()
}

#[test]
fn fivefold_errors_are_harm_within_minutes_and_named() {
    let judgement = judged(&plan(Kind::Count), &steady_errors(10.0, 50.0, 60));
    assert_eq!(judgement.decision, Decision::Harm);
    assert_eq!(judgement.verdict, Some(Verdict::Fail));
    assert_eq!(judgement.reason, Reason::WorseThanTolerance);
    assert_eq!(judgement.culprits, ["errors"]);
    assert!(judgement.culprits_proven);
    assert!(judgement.decided_at.is_some_and(|minute| minute <= 6));
}

#[test]
fn what_was_proven_good_for_a_minute_and_is_worse_since_is_not_safe() {
    let minute = |baseline, canary| {
        of(Reading::Count {
            baseline: counts(baseline, 9000.0),
            canary: counts(canary, 9000.0),
        })
    };
    let mut periods = vec![minute(60.0, 58.0)];
    periods.extend((1..12).map(|at| minute(60.0 * wobble(at, 0.1), 240.0 * wobble(at + 5, 0.1))));
    let mut plan = plan(Kind::Count);
    plan.min_bake = 12;
    let judgement = judged(&plan, &periods);
    let errors = &judgement.metrics[0];
    assert!(
        errors
            .log_e_safe_best
            .is_some_and(|best| best > judgement.log_e_safe_needed)
    );
    assert!(!errors.safe);
    assert_ne!(judgement.verdict, Some(Verdict::Pass));
    let shown = Comparison {
        plan,
        start: 0,
        period_seconds: 60,
        periods,
    };
    let course = shown.course().expect("a plan that makes sense");
    assert_eq!(course.log_e_safe.last(), Some(&errors.log_e_safe));
}

#[test]
fn unchanged_errors_are_safe_after_the_shortest_bake() {
    let judgement = judged(&plan(Kind::Count), &steady_errors(20.0, 20.0, 60));
    assert_eq!(judgement.verdict, Some(Verdict::Pass));
    assert_eq!(judgement.reason, Reason::WithinTolerance);
    assert!(
        judgement
            .decided_at
            .is_some_and(|minute| (5..20).contains(&minute))
    );
}

#[test]
fn harm_that_begins_after_a_good_hour_is_found() {
    let mut periods = steady_errors(10.0, 10.0, 60);
    periods.extend(steady_errors(10.0, 60.0, 30));
    let mut plan = plan(Kind::Count);
    (plan.horizon, plan.min_bake) = (240, 240);
    let judgement = judged(&plan, &periods);
    assert_eq!(judgement.decision, Decision::Harm);
    assert!(
        judgement
            .decided_at
            .is_some_and(|minute| (61..70).contains(&minute))
    );
}

#[test]
fn doubled_latency_is_harm_and_unchanged_latency_is_safe() {
    assert_eq!(
        judged(&plan(Kind::Series), &steady_values(2.0, 60)).decision,
        Decision::Harm
    );
    assert_eq!(
        judged(&plan(Kind::Series), &steady_values(1.0, 60)).decision,
        Decision::Safe
    );
}

#[test]
fn lost_throughput_is_harm_only_where_lower_is_worse() {
    let periods = steady_values(0.5, 60);
    let mut plan = plan(Kind::Series);
    assert_eq!(judged(&plan, &periods).decision, Decision::Safe);
    plan.metrics[0].worse = Worse::Lower;
    let judgement = judged(&plan, &periods);
    assert_eq!(judgement.decision, Decision::Harm);
    let latency = &judgement.metrics[0];
    assert!((latency.allowed - 0.8).abs() < 1e-12);
    assert!(
        latency
            .ratio
            .is_some_and(|ratio| (0.45..0.55).contains(&ratio))
    );
    assert!(latency.worst.is_none_or(|worst| worst > 1.8));
}

#[test]
fn lost_successes_are_harm_where_lower_is_worse() {
    let mut plan = Plan::for_metrics(vec![metric(Kind::Count, 10.0)]);
    plan.metrics[0].worse = Worse::Lower;
    plan.metrics[0].floor = Some(Floor::Share(Percent::new(0.0)));
    let judgement = judged(&plan, &steady_errors(90.0, 50.0, 60));
    assert_eq!(judgement.decision, Decision::Harm);
    let successes = &judgement.metrics[0];
    assert!(successes.ratio.is_some_and(|ratio| ratio < 0.8));
    assert_eq!(
        successes.events.map(|[baseline, canary]| baseline > canary),
        Some(true)
    );
}

#[test]
fn no_errors_without_a_floor_prove_nothing_and_say_so() {
    let mut plan = plan(Kind::Count);
    plan.metrics[0].floor = Some(Floor::Share(Percent::new(0.0)));
    let judgement = judged(&plan, &vec![errors(0.0, 0.0); 60]);
    assert_eq!(judgement.verdict, Some(Verdict::Inconclusive));
    assert_eq!(judgement.reason, Reason::TooLittlePower);
    assert!(judgement.warnings[0].contains("no events at all"));
    assert!(!judgement.is_bounded_below(1000.0));
}

#[test]
fn no_errors_with_the_default_floor_and_traffic_are_safe() {
    let judgement = judged(&plan(Kind::Count), &vec![errors(0.0, 0.0); 60]);
    assert_eq!(judgement.verdict, Some(Verdict::Pass));
}

#[test]
fn too_little_traffic_is_undecided_and_says_what_could_have_been_found() {
    let quiet = of(Reading::Count {
        baseline: counts(1.0, 20.0),
        canary: counts(1.0, 20.0),
    });
    let judgement = judged(&plan(Kind::Count), &vec![quiet; 30]);
    assert_eq!(judgement.decision, Decision::Continue);
    assert_eq!(judgement.verdict, None);
    let detectable = judgement.metrics[0].smallest_detectable;
    assert!(
        detectable.is_some_and(|ratio| (2.0..10.0).contains(&ratio)),
        "{detectable:?}"
    );
}

#[test]
fn smallest_detectable_change_shrinks_with_data_and_would_have_been_found() {
    let mut plan = Plan::for_metrics(vec![metric(Kind::Count, 10.0)]);
    (plan.horizon, plan.min_bake) = (600, 600);
    let at = |minutes: usize| {
        judged(&plan, &steady_errors(10.0, 10.0, minutes)).metrics[0].smallest_detectable
    };
    let (early, late) = (at(10).expect("early"), at(120).expect("late"));
    assert!(late < early, "{late} is not below {early}");
    let worse = judged(&plan, &steady_errors(10.0, 10.0 * late * 1.25, 120));
    assert_eq!(worse.decision, Decision::Harm);
}

#[test]
fn a_watched_metric_is_reported_and_decides_nothing() {
    let watched = MetricPlan {
        gating: false,
        ..MetricPlan::new("watched", Kind::Count)
    };
    let plan = Plan::for_metrics(vec![MetricPlan::new("errors", Kind::Count), watched]);
    let reading = |canary: f64| Reading::Count {
        baseline: counts(20.0, 1000.0),
        canary: counts(canary, 1000.0),
    };
    let periods = vec![
        Period {
            readings: vec![reading(20.0), reading(160.0)],
            traffic: None
        };
        60
    ];
    let judgement = judged(&plan, &periods);
    assert_eq!(judgement.decision, Decision::Safe);
    assert!(judgement.metrics[1].log_e_harm > 5.0);
    assert_eq!(judgement.metrics[1].weight, 0.0);
}

#[test]
fn one_harmed_metric_of_ten_is_found_and_named() {
    let mut plan = Plan::for_metrics(
        (0..10)
            .map(|index| MetricPlan::new(&format!("m{index}"), Kind::Count))
            .collect(),
    );
    plan.metrics[4].group = Some("important".into());
    plan.groups.insert("important".into(), 3.0);
    assert!((plan.weights()[4] - 0.75).abs() < 1e-12);
    let reading = |metric: usize| Reading::Count {
        baseline: counts(20.0, 1000.0),
        canary: counts(if metric == 7 { 120.0 } else { 20.0 }, 1000.0),
    };
    let period = Period {
        readings: (0..10).map(reading).collect(),
        traffic: None,
    };
    let judgement = judged(&plan, &vec![period; 60]);
    assert_eq!(judgement.culprits, ["m7"]);
}

#[test]
fn traffic_that_went_elsewhere_makes_the_comparison_invalid() {
    let mut plan = plan(Kind::Count);
    plan.split = Some(SplitRules::for_share(0.5));
    let period = Period {
        traffic: Some([1500.0, 500.0]),
        ..errors(5.0, 5.0)
    };
    let judgement = judged(&plan, &vec![period; 10]);
    assert_eq!(judgement.decision, Decision::Invalid);
    assert_eq!(judgement.verdict, Some(Verdict::Inconclusive));
    assert_eq!(judgement.reason, Reason::TrafficSplitOff);
    assert_eq!(judgement.split.and_then(|split| split.observed), Some(0.25));
}

#[test]
fn canary_that_stops_reporting_is_harm_only_if_it_must_have_data() {
    let gone = of(Reading::Count {
        baseline: counts(5.0, 1000.0),
        canary: None,
    });
    let mut plan = plan(Kind::Count);
    let periods = vec![gone; 60];
    let judgement = judged(&plan, &periods);
    assert_eq!(
        (judgement.decision, judgement.reason),
        (Decision::Inconclusive, Reason::NoData)
    );
    plan.metrics[0].must_have_data = true;
    let judgement = judged(&plan, &periods);
    assert_eq!(
        (judgement.decision, judgement.decided_at),
        (Decision::Harm, Some(5))
    );
    assert_eq!(judgement.reason, Reason::CanaryStoppedReporting);
    assert_eq!(judgement.culprits, ["errors"]);
}

#[test]
fn good_start_followed_by_silence_is_not_safe() {
    let mut plan = plan(Kind::Count);
    plan.min_bake = 30;
    let mut periods = vec![errors(50.0, 50.0); 8];
    periods.extend(vec![Period::default(); 52]);
    let judgement = judged(&plan, &periods);
    assert_eq!(
        (judgement.decision, judgement.reason),
        (Decision::Inconclusive, Reason::NoData)
    );
    assert!(
        judgement.metrics[0].safe,
        "the evidence was there, and was not enough"
    );
}

#[test]
fn percentiles_of_few_samples_are_skipped_counted_and_said() {
    let few = Some(sluice_judge::sequential::Sample {
        value: 100.0,
        samples: Some(19.0),
    });
    let judgement = judged(
        &plan(Kind::Series),
        &vec![
            of(Reading::Series {
                baseline: few,
                canary: sample(100.0)
            });
            60
        ],
    );
    assert_eq!(judgement.reason, Reason::NoData);
    assert_eq!(judgement.metrics[0].few_samples, 60);
    assert!(judgement.warnings[0].contains("longer periods"));
}

#[test]
fn the_first_decision_stands() {
    let mut judge = Judge::new(&plan(Kind::Count)).expect("the plan makes sense");
    for _ in 0..60 {
        judge.fold(&errors(10.0, 200.0));
    }
    let harmed = judge.report();
    for _ in 0..60 {
        judge.fold(&errors(10.0, 10.0));
    }
    assert_eq!(judge.report(), harmed);
}

#[test]
fn undecided_can_be_accepted_only_below_a_bound_that_is_known() {
    let mut plan = Plan::for_metrics(vec![metric(Kind::Count, 10.0)]);
    plan.metrics[0].floor = Some(Floor::Share(Percent::new(0.0)));
    let judgement = judged(&plan, &steady_errors(10.0, 10.0, 60));
    assert_eq!(judgement.reason, Reason::TooLittlePower);
    let worst = judgement.metrics[0].worst.expect("bounded");
    assert!(judgement.is_bounded_below(worst * 1.01));
    assert!(!judgement.is_bounded_below(worst * 0.99));
    let safe = judged(&plan, &[]);
    assert!(!safe.is_bounded_below(f64::INFINITY));
}

#[test]
fn many_events_need_both_tests_to_agree() {
    let judgement = judged(&plan(Kind::Count), &steady_errors(500.0, 500.0, 60));
    assert_eq!(judgement.metrics[0].test, "count_and_series");
    assert_eq!(judgement.decision, Decision::Safe);
    assert_eq!(
        judged(&plan(Kind::Count), &steady_errors(300.0, 990.0, 60)).decision,
        Decision::Harm
    );
}

#[test]
fn signs_find_a_large_shift_without_believing_its_size() {
    let mut plan = plan(Kind::Series);
    plan.metrics[0].sign = true;
    assert_eq!(
        judged(&plan, &steady_values(3.0, 60)).decision,
        Decision::Harm
    );
    assert_eq!(
        judged(&plan, &steady_values(1.0, 60)).decision,
        Decision::Safe
    );
}
