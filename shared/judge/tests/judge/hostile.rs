//! One named rule, and one test, for each kind of hostile input.

use sluice_judge::kayenta::{Classification, MetricRules, classify};
use sluice_judge::sequential::{
    Decision, Floor, Judgement, Kind, MetricPlan, Percent, Period, Plan, PlanError, Reading,
    Reason, Sample, Verdict, judge,
};

use crate::world::{counts, errors, judged, of, plan, sample, values};

fn undecided_for_want_of_data(judgement: &Judgement) {
    assert_eq!(judgement.verdict, Some(Verdict::Inconclusive));
    assert_eq!(judgement.reason, Reason::NoData);
}

/// Rule: a value that is not a finite number of at least 0 makes the period
/// unusable; it is counted, and many of them are no data.
#[track_caller]
fn unusable_counts(count: f64, total: f64) {
    for (one, two) in [
        (counts(count, total), counts(5.0, 1000.0)),
        (counts(5.0, 1000.0), counts(count, total)),
    ] {
        let judgement = judged(
            &plan(Kind::Count),
            &vec![
                of(Reading::Count {
                    baseline: one,
                    canary: two
                });
                60
            ],
        );
        undecided_for_want_of_data(&judgement);
        assert_eq!(judgement.metrics[0].unusable, 60);
        assert!(judgement.warnings[0].contains("impossible"));
    }
}

#[track_caller]
fn unusable_value(value: f64) {
    for (one, two) in [(value, 100.0), (100.0, value)] {
        let judgement = judged(&plan(Kind::Series), &vec![values(one, two); 60]);
        undecided_for_want_of_data(&judgement);
        assert_eq!(judgement.metrics[0].unusable, 60);
    }
}

#[test]
fn nan_is_never_evidence() {
    unusable_counts(f64::NAN, 1000.0);
    unusable_counts(5.0, f64::NAN);
    unusable_value(f64::NAN);
}

#[test]
fn infinities_are_never_evidence() {
    for infinity in [f64::INFINITY, f64::NEG_INFINITY] {
        unusable_counts(infinity, 1000.0);
        unusable_counts(5.0, infinity);
        unusable_value(infinity);
    }
}

#[test]
fn negative_counts_are_never_evidence() {
    unusable_counts(-1.0, 1000.0);
    unusable_counts(1.0, -1000.0);
}

#[test]
fn negative_series_values_count_as_zero() {
    let judgement = judged(&plan(Kind::Series), &vec![values(100.0, -5.0); 60]);
    assert!(judgement.metrics[0].ratio.is_some_and(|ratio| ratio < 0.2));
    let judgement = judged(&plan(Kind::Series), &vec![values(-5.0, 100.0); 60]);
    assert_eq!(judgement.decision, Decision::Harm);
}

#[test]
fn no_traffic_in_a_group_is_no_data() {
    unusable_counts(0.0, 0.0);
    unusable_counts(5.0, 0.0);
    unusable_counts(5.0, 1e-300);
}

#[test]
fn counts_beyond_whole_numbers_are_never_evidence() {
    unusable_counts(1e300, 1e300);
    unusable_counts(1.0, 1e300);
}

#[test]
fn huge_series_values_are_compared_and_clipped() {
    let judgement = judged(&plan(Kind::Series), &vec![values(1e-300, 1e300); 60]);
    assert_eq!(judgement.decision, Decision::Harm);
    assert!(
        judgement.metrics[0]
            .ratio
            .is_some_and(|ratio| (ratio - 10.0).abs() < 1e-9)
    );
    assert_eq!(
        judged(&plan(Kind::Series), &vec![values(1e300, 1e300); 60]).decision,
        Decision::Safe
    );
    assert!(
        judged(&plan(Kind::Series), &vec![values(f64::MAX, f64::MAX); 60])
            .verdict
            .is_some()
    );
}

#[test]
fn constant_series_divide_by_no_zero() {
    assert_eq!(
        judged(&plan(Kind::Series), &vec![values(50.0, 50.0); 60]).decision,
        Decision::Safe
    );
    assert_eq!(
        judged(&plan(Kind::Series), &vec![values(50.0, 80.0); 60]).decision,
        Decision::Harm
    );
    let judgement = judged(&plan(Kind::Series), &vec![values(0.0, 0.0); 60]);
    assert_eq!(judgement.metrics[0].ratio, Some(1.0));
}

#[test]
fn empty_input_is_never_decided() {
    let judgement = judged(&plan(Kind::Count), &[]);
    assert_eq!(
        (judgement.decision, judgement.verdict),
        (Decision::Continue, None)
    );
    undecided_for_want_of_data(&judged(&plan(Kind::Count), &vec![Period::default(); 60]));
    assert_eq!(
        judge(&Plan::for_metrics(Vec::new()), &[]),
        Err(PlanError::NothingGates)
    );
}

#[test]
fn one_empty_side_is_no_data() {
    let missing = of(Reading::Count {
        baseline: None,
        canary: counts(0.0, 1000.0),
    });
    undecided_for_want_of_data(&judged(&plan(Kind::Count), &vec![missing; 60]));
    let missing = of(Reading::Series {
        baseline: sample(100.0),
        canary: None,
    });
    undecided_for_want_of_data(&judged(&plan(Kind::Series), &vec![missing; 60]));
}

#[test]
fn one_point_is_never_safe() {
    let mut plan = plan(Kind::Series);
    (plan.horizon, plan.min_bake) = (1, 1);
    assert_eq!(
        judged(&plan, &[values(100.0, 100.0)]).verdict,
        Some(Verdict::Inconclusive)
    );
}

#[test]
fn reading_of_another_kind_is_no_data() {
    undecided_for_want_of_data(&judged(&plan(Kind::Count), &vec![values(5.0, 5.0); 60]));
    undecided_for_want_of_data(&judged(&plan(Kind::Series), &vec![errors(5.0, 5.0); 60]));
}

#[test]
fn samples_that_are_no_number_are_too_few() {
    let odd = Some(Sample {
        value: 100.0,
        samples: Some(f64::NAN),
    });
    let judgement = judged(
        &plan(Kind::Series),
        &vec![
            of(Reading::Series {
                baseline: odd,
                canary: odd
            });
            60
        ],
    );
    assert_eq!(judgement.metrics[0].few_samples, 60);
}

#[test]
fn plans_out_of_range_are_refused() {
    #[track_caller]
    fn refused(change: impl Fn(&mut Plan), what: &str) {
        let mut plan = plan(Kind::Count);
        change(&mut plan);
        match plan.check() {
            Err(PlanError::OutOfRange { what: found, .. }) => assert_eq!(found, what),
            other => panic!("{what}: {other:?}"),
        }
    }
    refused(|plan| plan.alpha = Percent::new(0.0), "alpha");
    refused(|plan| plan.beta = Percent::new(100.0), "beta");
    refused(|plan| plan.horizon = 0, "horizon");
    refused(|plan| plan.min_bake = 61, "min_bake");
    refused(|plan| plan.metrics[0].weight = f64::NAN, "errors.weight");
    refused(|plan| plan.metrics[0].weight = -1.0, "errors.weight");
    refused(
        |plan| plan.metrics[0].floor = Some(Floor::Units(5.0)),
        "errors.floor",
    );
    refused(|plan| plan.metrics[0].sign = true, "errors.sign");
    let mut twice = plan(Kind::Count);
    twice.metrics.push(MetricPlan::new("errors", Kind::Series));
    assert_eq!(
        twice.check(),
        Err(PlanError::NameTwice {
            name: "errors".into()
        })
    );
}

#[test]
fn kayenta_with_infinite_values_is_an_error_and_no_pass() {
    let outcome = classify(&MetricRules::default(), &[1.0, f64::INFINITY], &[1.0, 2.0]);
    assert_eq!(outcome.classification, Classification::Error);
    let outcome = classify(
        &MetricRules::default(),
        &[1e308, -1e308],
        &[-1e308, 1e308, 0.0],
    );
    assert_eq!(outcome.classification, Classification::Error);
}
