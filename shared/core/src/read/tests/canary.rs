//! Mistakes in the settings of a canary.

use crate::plan::GateSettings;

#[track_caller]
fn check(changes: &str, expected: &str) {
    let mut settings = serde_json::json!({
        "namespace": "Shop",
        "groups": {
            "baseline": { "dimensions": { "Version": "1" } },
            "canary": { "dimensions": { "Version": "2" } },
        },
        "metrics": [{ "name": "errors", "count": "Errors", "of": "Requests" }],
    });
    let changes: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(changes).unwrap();
    for (name, value) in changes {
        if value.is_null() {
            settings.as_object_mut().unwrap().remove(&name);
        } else {
            settings[name] = value;
        }
    }
    let said = match GateSettings::read_json("canary", &settings) {
        Ok(_) => "accepted".to_owned(),
        Err(problems) => {
            let said = problems.lines("job");
            let lines = said
                .lines()
                .map(|line| line.trim_start_matches("job: settings."));
            lines.collect::<Vec<_>>().join("\n")
        }
    };
    assert_eq!(said, expected, "{changes:?}", changes = settings);
}

#[test]
fn a_canary_with_groups_and_a_metric_is_enough() {
    check("{}", "accepted");
}

#[test]
fn groups_that_are_not_two_versions_are_refused() {
    let groups = |one: &str, two: &str| {
        format!(
            r#"{{"groups": {{"baseline": {{"dimensions": {one}}}, "canary": {{"dimensions": {two}}}}}}}"#
        )
    };
    check(
        &groups(r#"{"V": "1"}"#, r#"{"V": "1"}"#),
        "groups.canary: both groups are the same series, so nothing is compared",
    );
    let part = "has only a part of the other group's dimensions, so it is the whole that the \
                other is part of";
    check(
        &groups(r#"{"L": "1"}"#, r#"{"L": "1", "T": "2"}"#),
        &format!("groups.baseline: {part}"),
    );
    check(
        &groups(r#"{"L": "1", "T": "2"}"#, r#"{"L": "1"}"#),
        &format!("groups.canary: {part}"),
    );
    check(
        &groups("{}", r#"{"L": "1"}"#),
        "groups.baseline.dimensions: names no dimension, so both versions would be in it\n\
         groups.baseline: has only a part of the other group's dimensions, so it is the whole \
         that the other is part of",
    );
}

#[test]
fn the_same_dimensions_in_two_regions_are_two_groups() {
    check(
        r#"{"groups": {"baseline": {"dimensions": {"V": "1"}}, "canary": {"dimensions": {"V": "1"}, "region": "eu-west-1"}}}"#,
        "accepted",
    );
}

#[test]
fn a_metric_is_of_one_kind() {
    let metric = |fields: &str| format!(r#"{{"metrics": [{{"name": "m", {fields}}}]}}"#);
    check(&metric(r#""series": "T", "stat": "p99""#), "accepted");
    check(
        &metric(r#""count": "E""#),
        "metrics[0].count: has no `of`: how many events are many depends on the requests",
    );
    check(
        &metric(r#""series": "T""#),
        "metrics[0].series: has no `stat`",
    );
    check(
        &metric(r#""worse": "lower""#),
        "metrics[0]: does not say what is measured",
    );
    check(
        &metric(r#""series": "T", "stat": "p99", "of": "R""#),
        "metrics[0]: mixes the fields of two kinds of metric",
    );
    check(
        &metric(r#""count": "R", "of": "R""#),
        "metrics[0].of: is the same as `count`, so every request would be an event",
    );
    check(
        &metric(r#""series": "T", "stat": "Sum""#),
        "metrics[0].stat: `Sum` grows with the traffic, and the groups do not have to get as much",
    );
    check(
        &metric(r#""series": "T", "stat": "p100""#),
        "metrics[0].stat: `p100` is not a statistic of a series",
    );
}

#[test]
fn shares_are_written_with_their_sign() {
    check(
        r#"{"metrics": [{"name": "m", "count": "E", "of": "R", "tolerance": 10}]}"#,
        "metrics[0].tolerance: `10` is not a share",
    );
    check(
        r#"{"metrics": [{"name": "m", "count": "E", "of": "R", "floor": "101%"}]}"#,
        "metrics[0].floor: `101%` is more than `100%`",
    );
    check(
        r#"{"metrics": [{"name": "m", "series": "T", "stat": "p99", "floor": "1%"}]}"#,
        "metrics[0].floor: `1%` is not a number",
    );
    check(
        r#"{"traffic": {"count": "R", "canary_share": "100%"}}"#,
        "traffic.canary_share: has to be above `0%` and below `100%`",
    );
}

#[test]
fn metrics_need_names_of_their_own_a_namespace_and_one_that_decides() {
    check(
        r#"{"namespace": null}"#,
        "metrics: no namespace is known of `Errors` and `Requests`",
    );
    let twice = r#"{"name": "m", "series": "T", "stat": "p99"}"#;
    check(
        &format!(r#"{{"metrics": [{twice}, {twice}]}}"#),
        "metrics[1]: a second metric has the name `m`",
    );
    check(
        r#"{"metrics": [{"name": "m", "series": "T", "stat": "p99", "gating": false}]}"#,
        "metrics: no metric decides, so nothing could be judged",
    );
    check(
        r#"{"metrics": []}"#,
        "metrics: names no metric, so nothing could be judged",
    );
}

#[test]
fn lengths_that_do_not_fit_each_other_are_refused() {
    check(r#"{"horizon": "1h", "period": "5m"}"#, "accepted");
    check(
        r#"{"horizon": "7m", "period": "5m"}"#,
        "horizon: `7m` is not a whole number of periods of `5m`",
    );
    check(
        r#"{"period": "7m"}"#,
        "period: periods of `7m` are not kept, or do not begin with the hour",
    );
    check(
        r#"{"horizon": "30s"}"#,
        "horizon: `30s` is less than one period of `1m`",
    );
    check(
        r#"{"horizon": "3h", "period": "30s"}"#,
        "horizon: CloudWatch keeps periods of less than a minute for three hours",
    );
    check(
        r#"{"horizon": "2h", "period": "1s"}"#,
        "horizon: has 7200 periods, and at most 2000 are read",
    );
    check(
        r#"{"horizon": "23h", "period": "5m"}"#,
        "horizon: with `period` and `closed_after` it comes to `23h7m`, more than `22h45m`, the \
         longest possible",
    );
    check(
        r#"{"at_least": "2h"}"#,
        "at_least: is more than `1h`, after which nothing is judged any more",
    );
    check(r#"{"at_most": "1h3m"}"#, "accepted");
    check(
        r#"{"at_most": "1h2m"}"#,
        "at_most: `1h2m` is too short: `period`, `horizon` and `closed_after` come to `1h3m`",
    );
    check(
        r#"{"closed_after": "61m"}"#,
        "closed_after: is more than `1h`",
    );
}

#[test]
fn what_is_accepted_undecided_has_a_limit() {
    check(
        r#"{"when_undecided": "accept", "accept_at_most": "1.5x"}"#,
        "accepted",
    );
    check(
        r#"{"when_undecided": "accept"}"#,
        "when_undecided: `accept` needs a limit: how many times worse a release may be",
    );
    check(
        r#"{"accept_at_most": "1.5x"}"#,
        "accept_at_most: has no effect without `when_undecided: accept`",
    );
    check(
        r#"{"when_undecided": "accept", "accept_at_most": "1x"}"#,
        "accept_at_most: has to be more than `1x`, which is as good as the old version",
    );
}
