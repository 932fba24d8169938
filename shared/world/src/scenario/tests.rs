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
    assert_eq!(
        wrong(""),
        "scenario: the scenario is empty\nhint: write at least `about:` and what it is about"
    );
    assert_eq!(
        wrong("about: x\nhistry: 3h\n"),
        "scenario:2:1: unknown field `histry`, expected one of about, begin, history, seed, account, region, metrics, alarms, aliases, functions, projects, machines, canaries, secrets, tables, hosts, refusals, pipeline"
    );
    assert_eq!(
        wrong("about: x\nhistory: 90\n"),
        "scenario:2:10: `90` has no unit: write 90s"
    );
    assert_eq!(
        wrong("about: x\nhistory: soon\n"),
        "scenario:2:10: `soon` is no length of time: write it like 90s or 1h30m"
    );
    assert_eq!(
        wrong("about: x\npipeline:\n  look_every: 30\n"),
        "scenario:3:15: `30` has no unit: write 30s"
    );
    assert_eq!(
        wrong("about: x\nalarms:\n  - { name: a, states: [ { at: 12, state: OK } ] }\n"),
        "scenario:3:32: `12` has no unit: write 12s"
    );
    assert_eq!(
        wrong("about: x\nalarms:\n  - { name: a, metric: m, datapoints: 3 }\n"),
        "scenario:3:39: `3` does not say how many of how many datapoints: write it like 2 of 3"
    );
}

#[test]
fn alarms_need_a_name_that_is_theirs_alone() {
    check(
        "  - { name: '', states: [ { at: 0m, state: OK } ] }",
        "scenario:6:5: an alarm has no usable name\nhint: give it a `name` of 1 to 255 characters",
    );
    check(
        "  - { name: a, metric: m, stat: Sum, above: 1 }\n  - { name: a, metric: m, stat: Sum, above: 2 }",
        "scenario:7:5: alarm `a` is there twice in account 111122223333, region us-east-1\nhint: rename one of them, or give it another `region`",
    );
}

#[test]
fn alarms_are_of_one_kind_and_complete() {
    check(
        "  - { name: a }",
        "scenario:6:5: alarm `a` needs one of `metric`, `rule` and `states`\nhint: `metric` is evaluated, `rule` makes a composite, `states` are set by hand; write one",
    );
    check(
        "  - { name: a, metric: m, rule: TRUE, stat: Sum, above: 1 }",
        "scenario:6:5: alarm `a` needs one of `metric`, `rule` and `states`\nhint: `metric` is evaluated, `rule` makes a composite, `states` are set by hand; write one",
    );
    check(
        "  - { name: a, states: [] }",
        "scenario:6:5: alarm `a` has no states\nhint: write at least one, for instance `- { at: -2h, state: OK }`",
    );
    check(
        "  - { name: a, metric: other, stat: Sum, above: 1 }",
        "scenario:6:5: alarm `a` watches the metric `other`, which does not exist\nhint: describe it under `metrics`, or write one of: m",
    );
    check(
        "  - { name: a, metric: m, stat: Sum, above: 1, region: eu-west-1 }",
        "scenario:6:5: alarm `a` and its metric `m` are in different accounts or regions\nhint: leave `account` and `region` of the alarm away",
    );
    check(
        "  - { name: a, metric: m, stat: Sum }",
        "scenario:6:5: alarm `a` needs one threshold\nhint: write one of `above`, `at_least`, `below` and `at_most`",
    );
    check(
        "  - { name: a, metric: m, stat: Sum, above: 1, below: 0 }",
        "scenario:6:5: alarm `a` needs one threshold\nhint: write one of `above`, `at_least`, `below` and `at_most`",
    );
    check(
        "  - { name: a, metric: m, above: 1 }",
        "scenario:6:5: alarm `a` does not say which statistic it watches\nhint: write `stat: Sum` or another statistic",
    );
    check(
        "  - { name: a, rule: 'TRUE', above: 1 }",
        "scenario:6:5: alarm `a` has a threshold or a statistic, but no metric\nhint: remove it, or name a `metric`",
    );
    check(
        "  - { name: a, metric: m, stat: Sum, above: 1, datapoints: 4 of 3 }",
        "scenario:6:5: alarm `a` wants 4 of 3 datapoints\nhint: the first number is 1 to 3, as in `datapoints: 2 of 3`",
    );
    check(
        "  - { name: a, metric: m, stat: Sum, above: 1, period: 90s }",
        "scenario:6:5: alarm `a` has a period that CloudWatch does not offer\nhint: write 10s, 20s, 30s or whole minutes",
    );
    check(
        "  - { name: a, metric: m, stat: Sum, above: 1, period: 48h, datapoints: 4 of 4 }",
        "scenario:6:5: alarm `a` looks back more than seven days\nhint: period times datapoints is at most seven days",
    );
}

#[test]
fn rules_parse_and_name_alarms_without_going_in_circles() {
    check(
        "  - { name: a, rule: '' }",
        "scenario:6:5: the rule of alarm `a` does not parse: it is empty\nhint: write it like ALARM(\"a\") OR (ALARM(\"b\") AND NOT OK(\"c\"))",
    );
    check(
        "  - { name: a, rule: ALARM(b) OR }",
        "scenario:6:5: the rule of alarm `a` does not parse: it ends too early\nhint: write it like ALARM(\"a\") OR (ALARM(\"b\") AND NOT OK(\"c\"))",
    );
    check(
        "  - { name: a, rule: ALARM(b) }",
        "scenario:6:5: the rule of alarm `a` names `b`, which does not exist\nhint: name an alarm of the same account and region",
    );
    check(
        "  - { name: a, rule: ALARM(b) }\n  - { name: b, rule: NOT OK(c) }\n  - { name: c, rule: ALARM(a) }",
        "scenario:8:5: composite alarms depend on each other: `a` -> `b` -> `c` -> `a`\nhint: take one of them out of the other's rule",
    );
}

#[test]
fn changes_are_one_thing_each() {
    check(
        "  - { name: a, metric: m, stat: Sum, above: 1, changes: [ { at: 5m } ] }",
        "scenario:6:5: a change of alarm `a` needs to be one thing\nhint: write one threshold, `rename` or `delete: true`",
    );
    check(
        "  - { name: a, rule: 'TRUE', changes: [ { at: 5m, above: 3 } ] }",
        "scenario:6:5: a change gives alarm `a` a threshold, but it has no metric\nhint: only alarms with a `metric` have a threshold",
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
    assert_eq!(
        wrong("values: []"),
        "scenario:3:6: metric `m` has no values\nhint: write at least one layer, for instance `- constant: 0`"
    );
    assert_eq!(
        wrong("values: [ spike: { at: 1m, for: 1m } ]"),
        "scenario:3:6: a spike of metric `m` needs either `add` or `set`\nhint: write one of the two"
    );
    assert_eq!(
        wrong("values: [ cycle: { amplitude: 1, every: 0s } ]"),
        "scenario:3:6: a cycle of metric `m` takes no time\nhint: write `every: 24h`"
    );
    assert_eq!(
        wrong("values: [ noise: { sd: -1 } ]"),
        "scenario:3:6: noise of metric `m` has a negative `sd`\nhint: write a standard deviation of 0 or more"
    );
    assert_eq!(
        wrong("every: 0s, values: [ constant: 1 ]"),
        "scenario:3:6: metric `m` has datapoints less than a second apart\nhint: write `every: 60s`"
    );
    assert_eq!(
        wrong("samples: 0, values: [ constant: 1 ]"),
        "scenario:3:6: metric `m` has datapoints without samples\nhint: write `samples: 1` or more, or a `gap` for no datapoints"
    );
    assert_eq!(
        wrong("values: [ constant: 1 ] }\n  n: { namespace: N, name: M, values: [ constant: 1 ]"),
        "scenario:4:6: metrics `m` and `n` are the same metric\nhint: give one of them another name or other dimensions, or join their layers"
    );
}

#[test]
fn pipelines_and_refusals_that_cannot_be_are_told() {
    let wrong = |text: &str| parse(&format!("about: x\n{text}")).expect_err("it is wrong");
    assert_eq!(
        wrong("refusals: [ { call: DescribeAlarms, error: Reset } ]"),
        "scenario:2:13: a refusal is about `DescribeAlarms`, which is no call\nhint: write it like cloudwatch:DescribeAlarms or cloudwatch:*"
    );
    assert_eq!(
        wrong("pipeline: { happenings: [ { at: 1m } ] }"),
        "scenario:2:11: something that happens to the pipeline needs to be one thing\nhint: write one of `stop: {}` and `next_release: {}`"
    );
    assert_eq!(
        wrong("pipeline: { look_every: { from: 5m, to: 1m } }"),
        "scenario:2:11: `look_every` is longest where it is shortest\nhint: write the shorter length under `from`"
    );
    assert_eq!(
        wrong("pipeline: { look_every: 0s }"),
        "scenario:2:11: `look_every` takes no time\nhint: write at least 1s"
    );
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

#[test]
fn the_format_has_a_schema_for_editors() {
    let schema = schemars::schema_for!(Scenario);
    let properties = schema
        .get("properties")
        .and_then(serde_json::Value::as_object);
    let properties = properties.expect("an object");
    assert!(properties.contains_key("alarms") && properties.contains_key("pipeline"));
    let shown = schema.as_value().to_string();
    assert!(
        !shown.contains("\"place\""),
        "places are not written by people"
    );
}
