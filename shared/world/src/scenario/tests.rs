//! How scenarios are read, and what is said about mistakes.

use std::path::Path;

use super::{ExecutionMode, LookEvery, RefusalKind, Scenario};

fn parse(text: &str) -> Result<Scenario, String> {
    Scenario::parse(text, Path::new(".")).map_err(|error| match error.hint() {
        Some(hint) => format!("{error}\nhint: {hint}"),
        None => error.to_string(),
    })
}

/// A scenario with the metric `m` and these alarms, from line 6 on.
#[track_caller]
fn check(alarms: &str, expected: &str) {
    let text = format!(
        "about: a test\nmetrics:\n  m: {{ namespace: N, name: M, values: [ constant: 0 ] }}\n\nalarms:\n{alarms}"
    );
    assert_eq!(parse(&text).expect_err("it is wrong"), expected);
}

#[test]
fn what_is_left_out_has_defaults() {
    let scenario = parse("about: nothing happens").expect("it is right");
    assert_eq!(scenario.begin.to_string(), "2026-03-03T09:00:00Z");
    assert_eq!(scenario.history.as_milliseconds(), 3 * 3600 * 1000);
    assert_eq!(
        (scenario.seed, scenario.account.as_str()),
        (1, "111122223333")
    );
    assert_eq!(scenario.pipeline.mode, ExecutionMode::Superseded);
    assert_eq!(scenario.pipeline.deploy("prod").as_milliseconds(), 180_000);
}

#[test]
fn the_pipeline_and_refusals_are_read() {
    let scenario = parse(
        "
about: everything
begin: 2026-05-01T00:00:00Z
refusals:
  - { call: cloudwatch:DescribeAlarms, error: Throttling, at: 5m, for: 10m, times: 2 }
  - { call: 's3:*', error: Reset }
pipeline:
  mode: PARALLEL
  deploys: { prod: 10m }
  look_every: { from: 5s, to: 15m }
  rollback: true
  job_details: true
  duplicate_events: [1, 2]
  lose_events: [3]
  happenings:
    - { at: 30m, stop: { abandon: true } }
    - { at: prod + 40m, next_release: {} }
",
    )
    .expect("it is right");
    let pipeline = &scenario.pipeline;
    assert!(
        matches!(pipeline.look_every, LookEvery::Drawn(i) if i.to.as_milliseconds() == 900_000)
    );
    assert!(pipeline.happenings[0].stop.is_some_and(|stop| stop.abandon));
    assert!(pipeline.happenings[1].next_release.is_some());
    assert_eq!(pipeline.deploy("prod").as_milliseconds(), 600_000);
    assert_eq!(scenario.refusals[1].error, RefusalKind::Reset);
    let applies = |refusal: usize, operation: &str, at: &str| {
        let (now, marks) = (at.parse().expect("a time"), super::Marks::new());
        let refusal = &scenario.refusals[refusal];
        refusal.applies("cloudwatch", operation, now, scenario.begin, &marks)
    };
    assert!(!applies(0, "DescribeAlarms", "2026-05-01T00:04:59Z"));
    assert!(applies(0, "DescribeAlarms", "2026-05-01T00:05:00Z"));
    assert!(!applies(0, "DescribeAlarms", "2026-05-01T00:15:00Z"));
    assert!(!applies(0, "GetMetricData", "2026-05-01T00:05:00Z"));
    assert!(!applies(1, "DescribeAlarms", "2026-05-01T00:05:00Z"));
}

#[test]
fn look_every_takes_one_length_too() {
    let scenario = parse("{ about: x, pipeline: { look_every: 30s } }").expect("it is right");
    assert!(
        matches!(scenario.pipeline.look_every, LookEvery::Fixed(l) if l.as_milliseconds() == 30_000)
    );
}

#[test]
fn unreadable_text_is_told_with_its_place() {
    let wrong = |text: &str| parse(text).expect_err("it is wrong");
    assert_eq!(wrong(""), "EMPTY");
    assert_eq!(wrong("about: x\nhistry: 3h\n"), "UNKNOWN");
    assert_eq!(
        wrong("about: x\nhistory: 90\n"),
        "scenario:2:10: `90` has no unit: write 90s"
    );
    assert_eq!(wrong("about: x\nhistory: soon\n"), "SOON");
    assert_eq!(wrong("about: x\npipeline:\n  look_every: 30\n"), "LOOK");
    assert_eq!(
        wrong("about: x\nalarms:\n  - { name: a, states: [ { at: 12, state: OK } ] }\n"),
        "AT"
    );
    assert_eq!(
        wrong("about: x\nalarms:\n  - { name: a, metric: m, datapoints: 3 }\n"),
        "DATAPOINTS"
    );
}

#[test]
fn alarms_need_a_name_that_is_theirs_alone() {
    check(
        "  - { name: '', states: [ { at: 0m, state: OK } ] }",
        "NAME",
    );
    check(
        "  - { name: a, metric: m, stat: Sum, above: 1 }\n  - { name: a, metric: m, stat: Sum, above: 2 }",
        "TWICE",
    );
}

#[test]
fn alarms_are_of_one_kind_and_complete() {
    check("  - { name: a }", "KIND");
    check(
        "  - { name: a, metric: m, rule: TRUE, stat: Sum, above: 1 }",
        "KINDS",
    );
    check("  - { name: a, states: [] }", "STATES");
    check(
        "  - { name: a, metric: other, stat: Sum, above: 1 }",
        "METRIC",
    );
    check(
        "  - { name: a, metric: m, stat: Sum, above: 1, region: eu-west-1 }",
        "REGION",
    );
    check("  - { name: a, metric: m, stat: Sum }", "THRESHOLD");
    check(
        "  - { name: a, metric: m, stat: Sum, above: 1, below: 0 }",
        "THRESHOLDS",
    );
    check("  - { name: a, metric: m, above: 1 }", "STAT");
    check("  - { name: a, rule: 'TRUE', above: 1 }", "RULED");
    check(
        "  - { name: a, metric: m, stat: Sum, above: 1, datapoints: 4 of 3 }",
        "MN",
    );
    check(
        "  - { name: a, metric: m, stat: Sum, above: 1, period: 90s }",
        "PERIOD",
    );
    check(
        "  - { name: a, metric: m, stat: Sum, above: 1, period: 48h, datapoints: 4 of 4 }",
        "LONG",
    );
}

#[test]
fn rules_parse_and_name_alarms_without_going_in_circles() {
    check("  - { name: a, rule: '' }", "EMPTYRULE");
    check("  - { name: a, rule: ALARM(b) OR }", "RULE");
    check("  - { name: a, rule: ALARM(b) }", "CHILD");
    check(
        "  - { name: a, rule: ALARM(b) }\n  - { name: b, rule: NOT OK(c) }\n  - { name: c, rule: ALARM(a) }",
        "CIRCLE",
    );
}

#[test]
fn changes_are_one_thing_each() {
    check(
        "  - { name: a, metric: m, stat: Sum, above: 1, changes: [ { at: 5m } ] }",
        "CHANGE",
    );
    check(
        "  - { name: a, rule: 'TRUE', changes: [ { at: 5m, above: 3 } ] }",
        "CHANGETHRESHOLD",
    );
}

#[test]
fn a_rule_may_name_an_alarm_by_its_later_name() {
    let text = "{ about: x, alarms: [ { name: a, states: [ { at: 0m, state: OK } ], changes: [ { at: 5m, rename: b } ] }, { name: c, rule: ALARM(b) } ] }";
    parse(text).expect("it is right");
}

#[test]
fn metrics_have_layers_that_can_be() {
    let wrong = |metric: &str| {
        let text = format!("about: x\nmetrics:\n  m: {{ namespace: N, name: M, {metric} }}\n");
        parse(&text).expect_err("it is wrong")
    };
    assert_eq!(wrong("values: []"), "VALUES");
    assert_eq!(wrong("values: [ spike: { at: 1m, for: 1m } ]"), "SPIKE");
    assert_eq!(
        wrong("values: [ cycle: { amplitude: 1, every: 0s } ]"),
        "CYCLE"
    );
    assert_eq!(wrong("values: [ noise: { sd: -1 } ]"), "NOISE");
    assert_eq!(wrong("every: 0s, values: [ constant: 1 ]"), "EVERY");
    assert_eq!(wrong("samples: 0, values: [ constant: 1 ]"), "SAMPLES");
    assert_eq!(
        wrong("values: [ constant: 1 ] }\n  n: { namespace: N, name: M, values: [ constant: 1 ]"),
        "SAME"
    );
}

#[test]
fn pipelines_and_refusals_that_cannot_be_are_told() {
    let wrong = |text: &str| parse(&format!("about: x\n{text}")).expect_err("it is wrong");
    assert_eq!(
        wrong("refusals: [ { call: DescribeAlarms, error: Reset } ]"),
        "CALL"
    );
    assert_eq!(
        wrong("pipeline: { happenings: [ { at: 1m } ] }"),
        "HAPPENING"
    );
    assert_eq!(
        wrong("pipeline: { look_every: { from: 5m, to: 1m } }"),
        "LONGEST"
    );
    assert_eq!(wrong("pipeline: { look_every: 0s }"), "NOTIME");
}

#[test]
fn recordings_are_read_relative_to_the_scenario_and_can_be_replaced() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("a file");
    };
    write(
        "cpu.csv",
        "timestamp,value\n2014-02-14 14:30:00,1.5\n2014-02-14T14:35:00Z,2.5\n",
    );
    write("other.csv", "timestamp,value\n2014-02-14 14:30:00,9\n");
    write(
        "bad.csv",
        "timestamp,value\n2014-02-14 14:30:00,9\nyesterday,9\n",
    );
    write("empty.csv", "timestamp,value\n");
    write(
        "s.yaml",
        "about: x\nmetrics:\n  m: { namespace: N, name: M, values: [ csv: { file: cpu.csv } ] }\n",
    );
    let mut scenario = Scenario::load(&folder.path().join("s.yaml")).expect("it is right");
    let rows = |scenario: &Scenario| match &scenario.metrics["m"].values[0] {
        super::Layer::Csv(csv) => csv.rows.to_vec(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        rows(&scenario),
        [(1_392_388_200_000, 1.5), (1_392_388_500_000, 2.5)]
    );
    scenario
        .replace_csv("m", &folder.path().join("other.csv"))
        .expect("it is right");
    assert_eq!(rows(&scenario), [(1_392_388_200_000, 9.0)]);
    let mut wrong = |key: &str, file: &str| {
        let error = scenario
            .replace_csv(key, &folder.path().join(file))
            .expect_err("it is wrong");
        error
            .to_string()
            .replace(&folder.path().display().to_string(), "FOLDER")
    };
    assert_eq!(wrong("n", "other.csv"), "no metric `n` reads a file");
    assert_eq!(
        wrong("m", "empty.csv"),
        "metric `m`: `FOLDER/empty.csv` has no rows"
    );
    assert_eq!(
        wrong("m", "bad.csv"),
        "metric `m`: `FOLDER/bad.csv` line 3: `yesterday` is no time: write 2014-02-14 14:30:00 or RFC 3339"
    );
    assert!(wrong("m", "none.csv").starts_with("metric `m`: cannot read `FOLDER/none.csv`: "));
}
