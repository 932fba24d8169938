//! Whatever comes in: no panic, no pass from nothing, and what must not
//! matter does not.

use proptest::prelude::*;
use sluice_judge::kayenta::{Classification, MetricRules, NanStrategy, Samples, classify};
use sluice_judge::sequential::{
    Counts, Judge, Kind, MetricPlan, Percent, Period, Plan, Reading, Sample, SplitRules, Verdict,
    Worse,
};

use crate::world::{judged, of};

/// Any number at all, with the nasty ones often.
fn hostile() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => 0.0..1000.0_f64,
        1 => any::<f64>(),
        1 => prop::sample::select(vec![
            f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 0.0, -0.0, 1e300, -1e300, 1e-300, f64::MAX, f64::MIN_POSITIVE,
        ]),
    ]
}

fn hostile_counts() -> impl Strategy<Value = Option<Counts>> {
    prop::option::weighted(
        0.8,
        (hostile(), hostile()).prop_map(|(count, total)| Counts { count, total }),
    )
}

fn hostile_sample() -> impl Strategy<Value = Option<Sample>> {
    let samples = prop::option::of(hostile());
    prop::option::weighted(
        0.8,
        (hostile(), samples).prop_map(|(value, samples)| Sample { value, samples }),
    )
}

fn hostile_reading() -> impl Strategy<Value = Reading> {
    prop_oneof![
        (hostile_counts(), hostile_counts())
            .prop_map(|(baseline, canary)| Reading::Count { baseline, canary }),
        (hostile_sample(), hostile_sample())
            .prop_map(|(baseline, canary)| Reading::Series { baseline, canary }),
    ]
}

fn hostile_period() -> impl Strategy<Value = Period> {
    let traffic = prop::option::of((hostile(), hostile()).prop_map(|(one, two)| [one, two]));
    (prop::collection::vec(hostile_reading(), 0..5), traffic)
        .prop_map(|(readings, traffic)| Period { readings, traffic })
}

fn some_plan() -> impl Strategy<Value = Plan> {
    let metric = (
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        0.0..300.0_f64,
        0.0..3.0_f64,
    );
    let metrics = prop::collection::vec(metric, 1..5);
    (metrics, 1..80_u32, 1..20_u32, any::<bool>()).prop_map(
        |(metrics, horizon, min_bake, split)| {
            let metrics = metrics.into_iter().enumerate().map(
                |(index, (count, lower, off, sign, tolerance, weight))| {
                    let kind = if count { Kind::Count } else { Kind::Series };
                    MetricPlan {
                        tolerance: Some(Percent::new(tolerance)),
                        worse: if lower { Worse::Lower } else { Worse::Higher },
                        autocorrelation: !off,
                        guard: !off,
                        must_have_data: off,
                        sign: sign && !count,
                        weight,
                        ..MetricPlan::new(&index.to_string(), kind)
                    }
                },
            );
            let mut plan = Plan::for_metrics(metrics.collect());
            (plan.horizon, plan.min_bake) = (horizon, min_bake.min(horizon));
            plan.split = split.then(|| SplitRules::for_share(0.3));
            plan
        },
    )
}

proptest! {
    #[test]
    fn whatever_comes_in_nothing_panics_and_a_pass_has_evidence(
        plan in some_plan(),
        periods in prop::collection::vec(hostile_period(), 0..90),
    ) {
        let Ok(mut judge) = Judge::new(&plan) else { return Ok(()) };
        for period in &periods {
            judge.fold(period);
        }
        let judgement = judge.report();
        serde_json::to_string(&judgement).expect("it writes");
        for metric in &judgement.metrics {
            prop_assert!(!metric.log_e_harm.is_nan() && !metric.log_e_safe.is_nan());
            prop_assert!(metric.interval.upper.is_none_or(|upper| upper >= metric.interval.lower));
            prop_assert!(!metric.to_string().is_empty());
        }
        if judgement.verdict == Some(Verdict::Pass) {
            for metric in judgement.metrics.iter().filter(|metric| metric.weight > 0.0) {
                prop_assert!(metric.safe && metric.n * 2 >= judgement.periods && metric.n > 0);
            }
        }
    }

    #[test]
    fn periods_without_usable_values_never_pass(
        plan in some_plan(),
        junk in prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]),
        minutes in 0..90_usize,
    ) {
        let bad = Some(Counts { count: junk, total: junk });
        let odd = Some(Sample { value: junk, samples: None });
        let readings = |metric: &MetricPlan| match metric.kind {
            Kind::Count => Reading::Count { baseline: bad, canary: bad },
            Kind::Series => Reading::Series { baseline: odd, canary: odd },
        };
        let period = Period { readings: plan.metrics.iter().map(readings).collect(), traffic: None };
        let Ok(mut judge) = Judge::new(&plan) else { return Ok(()) };
        for _ in 0..minutes {
            judge.fold(&period);
        }
        prop_assert_ne!(judge.report().verdict, Some(Verdict::Pass));
    }

    #[test]
    fn scaling_a_series_changes_nothing(
        values in prop::collection::vec((1.0..100.0_f64, 1.0..100.0_f64), 1..60),
        scale in 0.01..100.0_f64,
    ) {
        let periods = |scale: f64| -> Vec<Period> {
            values.iter().map(|(one, two)| crate::world::values(one * scale, two * scale)).collect()
        };
        let plan = Plan::for_metrics(vec![MetricPlan::new("latency", Kind::Series)]);
        let (plain, scaled) = (judged(&plan, &periods(1.0)), judged(&plan, &periods(scale)));
        prop_assert!((plain.metrics[0].log_e_harm - scaled.metrics[0].log_e_harm).abs() < 1e-6);
        prop_assert!((plain.metrics[0].log_e_safe - scaled.metrics[0].log_e_safe).abs() < 1e-6);
    }

    #[test]
    fn one_more_error_in_the_canary_never_lowers_the_evidence_of_a_first_period(
        baseline in 0..99_u32, canary in 0..99_u32, total in 1.0..1e6_f64,
    ) {
        let harm = |canary: u32| {
            let side = |count: u32| Some(Counts { count: f64::from(count), total });
            let reading = Reading::Count { baseline: side(baseline), canary: side(canary) };
            let mut plan = Plan::for_metrics(vec![MetricPlan::new("errors", Kind::Count)]);
            plan.metrics[0].guard = false;
            let mut test = Judge::new(&plan).expect("the plan makes sense");
            test.fold(&of(reading));
            test.report().metrics[0].log_e_harm
        };
        // from 200 events on the series joins, which needs three periods
        prop_assert!(harm(canary + 1) >= harm(canary) - 1e-9);
    }

    #[test]
    fn kayenta_classifies_anything_without_a_panic(
        canary in prop::collection::vec(hostile(), 0..30),
        baseline in prop::collection::vec(hostile(), 0..30),
        replace in any::<bool>(),
        outlier_factor in prop::option::of(0.0..5.0_f64),
    ) {
        let nan_strategy = if replace { NanStrategy::Replace } else { NanStrategy::Remove };
        let rules = MetricRules { nan_strategy, outlier_factor, ..MetricRules::default() };
        let outcome = classify(&rules, &canary, &baseline);
        serde_json::to_string(&outcome).expect("it writes");
        let nothing = canary.iter().all(|value| value.is_nan()) || baseline.iter().all(|value| value.is_nan());
        if nothing && outcome.classification == Classification::Pass {
            prop_assert!(!outcome.departures.is_empty());
        }
    }

    #[test]
    fn exchanging_the_sides_mirrors_the_rank_statistic(
        x in prop::collection::vec(0..50_u32, 2..30), y in prop::collection::vec(0..50_u32, 2..30),
    ) {
        let float = |values: &[u32]| values.iter().map(|value| f64::from(*value)).collect::<Vec<f64>>();
        let (x, y) = (float(&x), float(&y));
        let (there, back) = (Samples::new(&x, &y).expect("finite"), Samples::new(&y, &x).expect("finite"));
        match (there.statistic(0.0), back.statistic(0.0)) {
            (Ok(one), Ok(two)) => prop_assert!((one + two).abs() < 1e-9),
            (one, two) => prop_assert_eq!(one, two),
        }
        prop_assert!((there.chance_above() + back.chance_above() - 1.0).abs() < 1e-9);
        prop_assert!((there.p_value() - back.p_value()).abs() < 1e-9);
    }
}
