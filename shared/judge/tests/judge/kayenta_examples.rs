//! Numbers that Kayenta's project published, its rules in small examples,
//! and each place where Sluice departs from them.

use sluice_judge::kayenta::{
    Classification, Direction, EffectMeasure, MetricRules, Samples, classify,
};

#[track_caller]
fn near(found: f64, expected: f64, tolerance: f64) {
    assert!(
        (found - expected).abs() <= tolerance,
        "{found} is not {expected}"
    );
}

#[test]
fn four_against_four_gives_the_interval_of_kayentas_suite() {
    let samples = Samples::new(&[10.0, 20.0, 30.0, 40.0], &[1.0, 2.0, 3.0, 4.0]).expect("finite");
    let shift = samples.interval(0.95).expect("an interval");
    near(shift.lower, 6.0, 1e-4);
    near(shift.upper, 39.0, 1e-4);
    near(shift.estimate, 22.5, 1e-4);
}

/// Spinnaker issue 6278: seven of ten values a hundred times the baseline
/// pass, because the interval's lower end is just above 0 and the band is a
/// share of the estimate.
fn issue_6278(changed: usize) -> (MetricRules, Vec<f64>, Vec<f64>) {
    let mut rules = MetricRules::default();
    (rules.allowed.increase, rules.critical_at.increase) = (1.05, 1.1);
    let canary = (0..10)
        .map(|index| if index < changed { 100.0 } else { 1.0 })
        .collect();
    (rules, canary, vec![1.0; 10])
}

#[test]
fn seven_of_ten_a_hundredfold_pass_with_the_numbers_of_issue_6278() {
    let (rules, canary, baseline) = issue_6278(7);
    let outcome = classify(&rules, &canary, &baseline);
    assert_eq!(outcome.classification, Classification::Pass);
    let shift = outcome.shift.expect("a shift");
    near(shift.lower, 6.825_022_991_538_781e-5, 1e-9);
    near(shift.upper, 99.0, 1e-9);
    near(shift.estimate, 98.999_929_041_701_93, 1e-8);
    near(outcome.deviation.expect("a ratio"), 70.3, 1e-9);
}

#[test]
fn eight_of_ten_a_hundredfold_are_high_as_in_issue_6278() {
    let (rules, canary, baseline) = issue_6278(8);
    assert_eq!(
        classify(&rules, &canary, &baseline).classification,
        Classification::High
    );
}

#[test]
fn direction_and_allowed_effect_decide_what_counts() {
    let (high, low): (Vec<f64>, Vec<f64>) = (
        (0..20).map(|i| 150.0 + f64::from(i)).collect(),
        (0..20).map(|i| 100.0 + f64::from(i)).collect(),
    );
    let check = |direction, increase, expected| {
        let mut rules = MetricRules {
            direction,
            ..MetricRules::default()
        };
        rules.allowed.increase = increase;
        assert_eq!(classify(&rules, &high, &low).classification, expected);
    };
    check(Direction::Either, 1.0, Classification::High);
    check(Direction::Increase, 1.0, Classification::High);
    check(Direction::Decrease, 1.0, Classification::Pass);
    check(Direction::Increase, 2.0, Classification::Pass);
    let down = classify(&MetricRules::default(), &low, &high);
    assert_eq!(down.classification, Classification::Low);
}

#[test]
fn chance_above_replaces_the_ratio_of_means() {
    let (high, low): (Vec<f64>, Vec<f64>) = (
        (0..20).map(|i| 150.0 + f64::from(i)).collect(),
        (0..20).map(|i| 100.0 + f64::from(i)).collect(),
    );
    let outcome = classify(&MetricRules::for_measure(EffectMeasure::Cles), &high, &low);
    assert_eq!(outcome.effect, Some(1.0));
    assert_eq!(outcome.classification, Classification::High);
}

#[test]
fn mean_of_zero_leaves_the_effect_out() {
    let outcome = classify(
        &MetricRules::default(),
        &[5.0, 6.0, 7.0, 8.0, 9.0],
        &[0.0; 5],
    );
    assert_eq!((outcome.effect, outcome.deviation), (None, None));
    assert_eq!(outcome.classification, Classification::High);
}

#[test]
fn constant_sides_give_the_same_answer_each_time() {
    let run = || classify(&MetricRules::default(), &[2.0; 10], &[1.0; 10]);
    assert_eq!(run(), run());
    assert_eq!(run().classification, Classification::High);
    assert_eq!(
        classify(&MetricRules::default(), &[1.0; 3], &[1.0; 7]).classification,
        Classification::Pass
    );
}
