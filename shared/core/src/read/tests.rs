//! Each mistake in the settings of a gate, and what is said about it.

use crate::plan::GateSettings;
use crate::problems::Problems;

mod alarms;
mod canary;
mod canary_groups;
mod kayenta;
mod notifications;
mod validate;

/// A bake without mistakes, but for `changes` to it. JSON `null` removes a field.
fn bake_with(changes: &str) -> Result<GateSettings, Problems> {
    let mut settings = serde_json::json!({
        "for": "1h",
        "alarms": ["checkout-5xx"],
        "traffic": {
            "metric": { "namespace": "AWS/ApplicationELB", "name": "RequestCount" },
            "at_least": 100,
        },
    });
    let changes: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(changes).unwrap();
    let fields = settings.as_object_mut().unwrap();
    for (name, value) in changes {
        if value.is_null() {
            fields.remove(&name);
        } else {
            fields.insert(name, value);
        }
    }
    GateSettings::read_json("bake", &settings)
}

#[track_caller]
fn check(changes: &str, expected: &str) {
    let said = match bake_with(changes) {
        Ok(_) => "accepted\n".to_owned(),
        Err(problems) => problems.render("job", None),
    };
    assert_eq!(said.trim_end(), expected, "{changes}");
}

#[test]
fn lengths_that_are_none_are_each_mended_in_their_own_way() {
    check(
        r#"{"for": 30}"#,
        "job: settings.for: `30` has no unit\n  hint: write `30s`, `30m` or `30h`",
    );
    check(
        r#"{"for": "-5m"}"#,
        "job: settings.for: `-5m` is negative\n  hint: write `5m`",
    );
    check(
        r#"{"for": -5}"#,
        "job: settings.for: `-5` is not a length of time\n  \
         hint: write a length such as `90s`, `30m`, `12h` or `1h30m`",
    );
    check(
        r#"{"for": "1.5s"}"#,
        "job: settings.for: `1.5s` is not a whole number of seconds\n  \
         hint: write a length such as `90s`, `30m`, `12h` or `1h30m`",
    );
    check(
        r#"{"for": "2d"}"#,
        "job: settings.for: `2d` is not a length of time\n  hint: write days as hours: `48h`",
    );
    check(
        r#"{"for": "99999999999h"}"#,
        "job: settings.for: `99999999999h` is longer than anything can be waited for\n  \
         hint: write a length such as `90s`, `30m`, `12h` or `1h30m`",
    );
    check(
        r#"{"for": ["1h"]}"#,
        "job: settings.for: a list where a length of time is wanted\n  \
         hint: write a length such as `90s`, `30m`, `12h` or `1h30m`",
    );
}

#[test]
fn a_bake_of_no_time_is_refused_and_one_of_a_second_is_not() {
    check(
        r#"{"for": "0s"}"#,
        "job: settings.for: a bake of `0s` sees nothing, so it would pass every release\n  \
         hint: write `1h`",
    );
    check(r#"{"for": "1s"}"#, "accepted");
}

#[test]
fn a_bake_longer_than_a_lambda_action_names_the_action_for_long_ones() {
    let hint = "\n  hint: CodePipeline ends a Lambda action after 24 h; for a longer bake run the \
                gate through CodePipeline's own Step Functions action, which may take 7 days";
    check(r#"{"for": "22h42m"}"#, "accepted");
    check(
        r#"{"for": "22h43m"}"#,
        &format!(
            "job: settings.for: `for` and the time to settle take at least `22h46m`, more than \
             `22h45m`, the longest possible{hint}"
        ),
    );
    check(r#"{"for": "22h45m", "settle": "0s"}"#, "accepted");
    check(
        r#"{"for": "24h"}"#,
        &format!(
            "job: settings.for: `for` takes `24h`, more than `22h45m`, the longest possible{hint}"
        ),
    );
    check(
        r#"{"for": "22h45m", "settle": "1s"}"#,
        &format!(
            "job: settings.for: `for` and `settle` take `22h45m1s`, more than `22h45m`, \
             the longest possible{hint}"
        ),
    );
    check(r#"{"at_most": "23h"}"#, "accepted");
    check(
        r#"{"at_most": "23h1s"}"#,
        &format!("job: settings.at_most: `23h1s` is more than `23h`, the longest possible{hint}"),
    );
}

#[test]
fn the_end_of_a_bake_cannot_come_before_it_can_pass() {
    check(r#"{"at_most": "1h3m"}"#, "accepted");
    check(
        r#"{"at_most": "1h2m"}"#,
        "job: settings.at_most: `1h2m` is too short: `for` and the time to settle take at least \
         `1h3m`\n  hint: write at least `1h3m`, better twice that",
    );
    check(
        r#"{"at_most": "1h", "settle": "10m"}"#,
        "job: settings.at_most: `1h` is too short: `for` and `settle` take `1h10m`\n  \
         hint: write at least `1h10m`, better twice that",
    );
}

#[test]
fn missing_traffic_shows_both_ways_out() {
    check(
        r#"{"traffic": null}"#,
        "job: settings: `traffic` is missing\n  \
         hint: OK may mean that nobody came, so say what counts the requests:\n        \
         `traffic: { metric: { namespace: AWS/ApplicationELB, name: RequestCount, dimensions: \
         { LoadBalancer: app/..., TargetGroup: targetgroup/... } }, at_least: 100 }`\n        \
         or, if nothing can: `traffic: not_measured`",
    );
    check(r#"{"traffic": "not_measured"}"#, "accepted");
}

#[test]
fn traffic_counts_whole_requests_from_one() {
    let metric = r#""metric": {"namespace": "N", "name": "R"}"#;
    let hint = "\n  hint: write a whole number of at least 1, such as `100`";
    check(
        &format!(r#"{{"traffic": {{{metric}, "at_least": 0}}}}"#),
        &format!("job: settings.traffic.at_least: `0` is less than 1{hint}"),
    );
    check(
        &format!(r#"{{"traffic": {{{metric}, "at_least": 1.5}}}}"#),
        &format!("job: settings.traffic.at_least: `1.5` is not a whole number{hint}"),
    );
    check(
        &format!(r#"{{"traffic": {{{metric}, "at_least": "100"}}}}"#),
        &format!("job: settings.traffic.at_least: text where a whole number is wanted{hint}"),
    );
    check(
        &format!(r#"{{"traffic": {{{metric}}}}}"#),
        "job: settings.traffic: `at_least` is missing\n  hint: write `at_least: 100`",
    );
    check(
        r#"{"traffic": {"metric": {"namespace": "N", "name": "R", "stat": "Average",
            "dimensions": {"Port": 443}}, "at_least": 1}}"#,
        "job: settings.traffic.metric.stat: `Average` is not allowed here\n  \
         hint: allowed are `Sum` and `SampleCount`\n\
         job: settings.traffic.metric.dimensions.Port: a number where text is wanted\n  \
         hint: put it in quotes: `\"443\"`",
    );
}

#[test]
fn what_needs_measured_traffic_says_so() {
    let problems = bake_with(
        r#"{"traffic": "not_measured", "insufficient_data": "accept", "quiet_for": "5m"}"#,
    );
    assert_eq!(
        problems.unwrap_err().lines("job"),
        "job: settings.insufficient_data: `accept` needs measured traffic: else nothing at all \
         may be known\n\
         job: settings.quiet_for: has no effect with `traffic: not_measured`\n"
    );
    check(r#"{"insufficient_data": "accept"}"#, "accepted");
}

#[test]
fn the_quiet_without_traffic_is_no_longer_than_the_bake() {
    check(r#"{"quiet_for": "1h"}"#, "accepted");
    check(
        r#"{"quiet_for": "61m"}"#,
        "job: settings.quiet_for: `1h1m` is more than `for`, so the clock would never stop\n  \
         hint: write at most `1h`",
    );
    check(
        r#"{"quiet_for": "0s"}"#,
        "job: settings.quiet_for: `0s` without traffic would stop the clock for good\n  \
         hint: write `15m`, or leave it out",
    );
}

#[test]
fn fields_without_effect_are_refused() {
    check(
        r#"{"quiet_after": "5m", "recovered": "accept"}"#,
        "accepted",
    );
    check(
        r#"{"quiet_after": "5m"}"#,
        "job: settings.quiet_after: has no effect without `recovered: accept`\n  \
         hint: remove it, or add `recovered: accept`",
    );
    check(r#"{"recover_within": "5m"}"#, "accepted");
    check(
        r#"{"recover_within": "5m", "on_rollback": "full"}"#,
        "job: settings.recover_within: has no effect without `on_rollback: wait`\n  \
         hint: remove it, or write `on_rollback: wait`",
    );
}

#[test]
fn a_word_that_is_not_allowed_shows_those_that_are() {
    check(
        r#"{"already_in_alarm": "pass"}"#,
        "job: settings.already_in_alarm: `pass` is not allowed here\n  \
         hint: allowed are `fail`, `wait` and `ignore`",
    );
    check(
        r#"{"mode": "watch-only"}"#,
        "job: settings.mode: `watch-only` is not allowed here\n  \
         hint: did you mean `watch_only`? allowed are `enforce` and `watch_only`",
    );
    check(
        r#"{"release_check": false}"#,
        "job: settings.release_check: `true` or `false` where a word is wanted\n  \
         hint: allowed are `on` and `off`",
    );
    check(
        r#"{"settle": "automatic"}"#,
        "job: settings.settle: `automatic` is not a length of time\n  \
         hint: write `auto`, or a length such as `10m`",
    );
    // A word that could not be read is one mistake, not also those it would cause.
    check(
        r#"{"recovered": "acept", "quiet_after": "5m"}"#,
        "job: settings.recovered: `acept` is not allowed here\n  \
         hint: did you mean `accept`? allowed are `fail` and `accept`",
    );
}

#[test]
fn deploy_actions_are_stage_and_action() {
    check(r#"{"deployed_by": ["prod/deploy"]}"#, "accepted");
    check(
        r#"{"deployed_by": ["deploy"]}"#,
        "job: settings.deployed_by[0]: `deploy` is not a deploy action\n  \
         hint: write stage and action, such as `prod/deploy`",
    );
    let many = vec!["prod/deploy"; 51];
    check(
        &serde_json::json!({ "deployed_by": many }).to_string(),
        "job: settings.deployed_by: has 51 items, and at most 50 are read",
    );
    check(
        r#"{"deployed_by": ["prod/deploy", "prod/deploy"]}"#,
        "job: settings.deployed_by[1]: `prod/deploy` is listed twice\n  \
         hint: remove one of the two",
    );
}

#[test]
fn a_misspelt_field_is_one_mistake_and_not_also_a_missing_one() {
    let problems = bake_with(r#"{"alarms": null, "alarmz": ["a"]}"#).unwrap_err();
    assert_eq!(problems.len(), 1);
    assert_eq!(
        problems.lines("job"),
        "job: settings: `alarmz` is not a field of `bake`\n"
    );
}

#[test]
fn a_field_without_a_value_is_a_mistake_and_not_left_out() {
    let settings = serde_json::json!({"alarms": ["a"], "quiet": null});
    assert_eq!(
        GateSettings::read_json("clear", &settings)
            .unwrap_err()
            .lines("job"),
        "job: settings.quiet: is empty, and a length of time is wanted\n"
    );
}

#[test]
fn clear_waits_no_longer_than_a_lambda_action() {
    let with = |within: &str| {
        let settings = serde_json::json!({"alarms": ["a"], "within": within});
        GateSettings::read_json("clear", &settings)
    };
    assert!(with("22h45m").is_ok());
    assert_eq!(
        with("23h").unwrap_err().lines("job"),
        "job: settings.within: `23h` is more than `22h45m`, the longest possible\n"
    );
}

#[test]
fn names_are_those_that_codepipeline_allows() {
    check(r#"{"name": "bake.eu@1_a-b"}"#, "accepted");
    check(
        r#"{"name": "two words"}"#,
        "job: settings.name: `two words` is not a name\n  \
         hint: 1 to 100 letters, digits, `.`, `@`, `_` and `-`, as CodePipeline allows",
    );
    assert!(bake_with(&format!(r#"{{"name": "{}"}}"#, "x".repeat(101))).is_err());
}
