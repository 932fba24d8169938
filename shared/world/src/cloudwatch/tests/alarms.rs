//! When alarms fire and recover.

use super::Bed;

/// One alarm `red` on a metric that is 7 in minutes 10 to 15, else 0.
fn bump(alarm: &str, metric: &str) -> Bed {
    Bed::new(&format!(
        "metrics:\n  m:\n    namespace: N\n    name: M\n    {metric}\n    values:\n      - constant: 0\n      - spike: {{ at: 10m, for: 5m, set: 7 }}\nalarms:\n  - {{ name: red, metric: m, {alarm} }}\n"
    ))
}

#[track_caller]
fn check(alarm: &str, metric: &str, expected: &[&str]) {
    assert_eq!(bump(alarm, metric).timeline("1h"), expected);
}

#[test]
fn an_alarm_fires_when_the_datapoint_is_published_not_when_it_happened() {
    check(
        "stat: Sum, above: 5",
        "late: 60s",
        &["09:12:00 red OK -> ALARM", "09:17:00 red ALARM -> OK"],
    );
    check(
        "stat: Sum, above: 5",
        "late: 3m",
        &["09:14:00 red OK -> ALARM", "09:19:00 red ALARM -> OK"],
    );
    check(
        "stat: Sum, above: 5",
        "late: 0s",
        &["09:11:00 red OK -> ALARM", "09:16:00 red ALARM -> OK"],
    );
}

#[test]
fn three_of_three_fires_at_the_third_and_recovers_at_the_first() {
    check(
        "stat: Sum, above: 5, datapoints: 3 of 3",
        "late: 60s",
        &["09:14:00 red OK -> ALARM", "09:17:00 red ALARM -> OK"],
    );
}

#[test]
fn two_of_three_recovers_later() {
    check(
        "stat: Sum, above: 5, datapoints: 2 of 3",
        "late: 60s",
        &["09:13:00 red OK -> ALARM", "09:18:00 red ALARM -> OK"],
    );
}

#[test]
fn more_datapoints_than_the_bump_has_never_fire() {
    check("stat: Sum, above: 5, datapoints: 6 of 6", "late: 60s", &[]);
}

#[test]
fn a_threshold_is_breached_as_its_word_says() {
    check("stat: Sum, above: 7", "late: 60s", &[]);
    check(
        "stat: Sum, at_least: 7",
        "late: 60s",
        &["09:12:00 red OK -> ALARM", "09:17:00 red ALARM -> OK"],
    );
    check(
        "stat: Sum, below: 7",
        "late: 60s",
        &["09:12:00 red ALARM -> OK", "09:17:00 red OK -> ALARM"],
    );
    check("stat: Sum, at_most: 7", "late: 60s", &[]);
}

#[test]
fn longer_periods_slide_with_the_minute() {
    // Three minutes of 7 are above 20: the window is full at 09:13, published a minute later.
    check(
        "stat: Sum, period: 5m, above: 20",
        "late: 60s",
        &["09:14:00 red OK -> ALARM", "09:19:00 red ALARM -> OK"],
    );
}

/// An alarm with three of three; data stops from minute 10 to 30 while bad.
#[track_caller]
fn gap(missing: &str, expected: &[&str]) {
    let mut bed = Bed::new(&format!(
        "
metrics:
  m:
    namespace: N
    name: M
    values:
      - constant: 0
      - gap: {{ at: 10m, for: 20m }}
alarms:
  - {{ name: red, metric: m, stat: Sum, above: 5, datapoints: 3 of 3, missing: {missing} }}
"
    ));
    assert_eq!(bed.timeline("1h"), expected);
}

#[test]
fn missing_data_gives_insufficient_data_once_the_whole_range_is_empty() {
    gap(
        "missing",
        &[
            "09:16:00 red OK -> INSUFFICIENT_DATA",
            "09:32:00 red INSUFFICIENT_DATA -> OK",
        ],
    );
}

#[test]
fn missing_data_may_count_as_breaching() {
    gap(
        "breaching",
        &["09:16:00 red OK -> ALARM", "09:32:00 red ALARM -> OK"],
    );
}

#[test]
fn missing_data_may_count_as_good_or_change_nothing() {
    gap("notBreaching", &[]);
    gap("ignore", &[]);
}

#[test]
fn an_alarm_without_any_data_is_ok_if_missing_is_not_breaching() {
    let scenario = |missing: &str| {
        Bed::new(&format!(
            "
metrics:
  m: {{ namespace: N, name: M, values: [ gap: {{ at: -5000h, for: 9000h }} ] }}
alarms:
  - {{ name: red, metric: m, stat: Sum, above: 5, missing: {missing} }}
"
        ))
    };
    assert_eq!(scenario("notBreaching").state("0m", "red"), "OK");
    assert_eq!(scenario("missing").state("0m", "red"), "INSUFFICIENT_DATA");
    assert_eq!(scenario("ignore").state("0m", "red"), "INSUFFICIENT_DATA");
    assert_eq!(scenario("breaching").state("0m", "red"), "ALARM");
}

#[test]
fn a_composite_moves_at_the_same_moment_as_its_child_and_through_another() {
    let mut bed = Bed::new(
        r#"
alarms:
  - { name: a, states: [ { at: -2h, state: OK }, { at: 10m, state: ALARM }, { at: 13m, state: OK } ] }
  - { name: b, states: [ { at: -2h, state: OK } ] }
  - { name: outer, rule: ALARM("inner") AND NOT ALARM("b") }
  - { name: inner, rule: ALARM("a") OR ALARM("b") }
"#,
    );
    let expected = [
        "09:10:00 a OK -> ALARM",
        "09:10:00 inner OK -> ALARM",
        "09:10:00 outer OK -> ALARM",
        "09:13:00 a ALARM -> OK",
        "09:13:00 inner ALARM -> OK",
        "09:13:00 outer ALARM -> OK",
    ];
    assert_eq!(bed.timeline("1h"), expected);
}

#[test]
fn moments_after_a_stage_wait_for_its_deployment() {
    let mut bed = Bed::new(
        "
metrics:
  m:
    namespace: N
    name: M
    values:
      - constant: 0
      - spike: { at: prod + 2m, for: 5m, add: 7 }
alarms:
  - { name: red, metric: m, stat: Maximum, above: 5 }
  - { name: hand, states: [ { at: -1h, state: OK }, { at: prod + 1m, state: ALARM } ] }
",
    );
    assert_eq!(bed.timeline("20m"), Vec::<String>::new());
    bed.mark("prod", "20m");
    let expected = [
        "09:21:00 hand OK -> ALARM",
        "09:24:00 red OK -> ALARM",
        "09:29:00 red ALARM -> OK",
    ];
    assert_eq!(bed.timeline("1h"), expected);
}

#[test]
fn evaluating_in_many_steps_or_one_gives_the_same() {
    let scenario = "
metrics:
  m:
    namespace: N
    name: M
    values: [ noise: { sd: 10 }, cycle: { amplitude: 20, every: 30m } ]
alarms:
  - { name: red, metric: m, stat: Average, above: 15, datapoints: 2 of 3 }
";
    let mut often = Bed::new(scenario);
    for second in (0..7200).step_by(7) {
        often.state(&format!("{second}s"), "red");
    }
    let timeline = often.timeline("2h");
    assert!(timeline.len() > 3, "{timeline:?}");
    assert_eq!(timeline, Bed::new(scenario).timeline("2h"));
}

#[test]
fn an_evaluation_error_shows_and_freezes_the_state() {
    let mut bed = bump(
        "stat: Sum, above: 5, evaluation_error: [ { at: 11m, for: 10m, state: EVALUATION_ERROR } ]",
        "late: 60s",
    );
    assert!(bed.alarm("10m", "red")["EvaluationState"].is_null());
    let during = bed.alarm("14m", "red");
    assert_eq!(during["EvaluationState"], "EVALUATION_ERROR");
    assert_eq!(during["StateValue"], "OK");
    assert_eq!(
        during["StateUpdatedTimestamp"].as_f64(),
        Some(bed.seconds("11m") as f64)
    );
    assert!(during["StateTransitionedTimestamp"].as_f64() < Some(bed.seconds("0m") as f64));
    assert!(bed.alarm("21m", "red")["EvaluationState"].is_null());
}

#[test]
fn dynamodb_alarms_ignore_missing_data_whatever_they_say() {
    let mut bed = Bed::new(
        "
metrics:
  m:
    namespace: AWS/DynamoDB
    name: M
    values: [ constant: 0, gap: { at: 10m, for: 20m } ]
alarms:
  - { name: red, metric: m, stat: Sum, above: 5, missing: breaching }
",
    );
    assert_eq!(bed.timeline("1h"), Vec::<String>::new());
}

#[test]
fn incomplete_periods_can_be_switched_on_and_mislead() {
    let scenario = "
metrics:
  m: { namespace: N, name: M, values: [ constant: 10 ] }
alarms:
  - { name: low, metric: m, stat: Sum, period: 5m, below: 50 }
";
    assert_eq!(Bed::new(scenario).state("0m", "low"), "OK");
    let mut bed = Bed::new(scenario);
    bed.cloudwatch.switches.alarms_read_incomplete_periods = true;
    assert_eq!(bed.state("0m", "low"), "ALARM");
}
