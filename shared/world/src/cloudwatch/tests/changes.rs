//! Alarms that are changed, renamed, deleted, created or set.

use serde_json::{Value, json};

use super::Bed;

fn scenario(change: &str) -> Bed {
    Bed::new(&format!(
        r#"
metrics:
  m: {{ namespace: N, name: M, values: [ constant: 0, spike: {{ at: 10m, for: 30m, add: 9 }} ] }}
alarms:
  - {{ name: red, metric: m, stat: Sum, above: 5, changes: [ {change} ] }}
  - {{ name: top, rule: ALARM("red") }}
"#
    ))
}

#[test]
fn a_new_threshold_keeps_the_state_and_counts_from_the_next_evaluation() {
    let mut bed = scenario("{ at: 20m30s, above: 50 }");
    let before = bed.alarm("20m", "red");
    let after = bed.alarm("20m45s", "red");
    assert_eq!(after["StateValue"], "ALARM");
    assert_eq!(after["Threshold"], 50.0);
    assert_eq!(
        after["StateTransitionedTimestamp"],
        before["StateTransitionedTimestamp"]
    );
    let configured = after["AlarmConfigurationUpdatedTimestamp"].as_f64();
    assert_eq!(configured, Some(bed.seconds("20m30s") as f64));
    assert_eq!(bed.state("21m", "red"), "OK");
}

#[test]
fn a_renamed_alarm_is_gone_and_a_new_one_begins_without_data() {
    let mut bed = scenario("{ at: 20m30s, rename: blue }");
    assert_eq!(bed.state("20m", "top"), "ALARM");
    assert!(bed.alarm("20m45s", "red").is_null());
    assert_eq!(bed.state("20m45s", "blue"), "INSUFFICIENT_DATA");
    assert_eq!(bed.state("20m45s", "top"), "OK");
    assert_eq!(bed.state("21m", "blue"), "ALARM");
    let answer = bed.call(
        "21m",
        "DescribeAlarmHistory",
        &json!({ "AlarmName": "red" }),
    );
    assert_eq!(
        answer["AlarmHistoryItems"][0]["HistorySummary"],
        "Alarm \"red\" deleted"
    );
}

#[test]
fn a_deleted_alarm_is_gone_but_its_history_stays() {
    let mut bed = scenario("{ at: 20m, delete: true }");
    assert!(bed.alarm("20m", "red").is_null());
    let answer = bed.call(
        "20m",
        "DescribeAlarmHistory",
        &json!({ "AlarmName": "red" }),
    );
    assert_eq!(
        answer["AlarmHistoryItems"].as_array().map(Vec::len),
        Some(3)
    );
}

fn put_alarm(name: &str) -> Value {
    json!({
        "AlarmName": name, "Namespace": "Own", "MetricName": "Errors", "Statistic": "Maximum",
        "Dimensions": [{ "Name": "Service", "Value": "checkout" }], "Period": 60,
        "EvaluationPeriods": 1, "Threshold": 3.0, "ComparisonOperator": "GreaterThanThreshold",
    })
}

#[test]
fn an_alarm_put_over_the_wire_watches_data_put_over_the_wire() {
    let mut bed = Bed::new("");
    bed.call("0m", "PutMetricAlarm", &put_alarm("own"));
    assert_eq!(bed.state("30s", "own"), "INSUFFICIENT_DATA");
    bed.call("5m", "PutMetricData", &json!({ "Namespace": "Own", "MetricData": [{
        "MetricName": "Errors", "Dimensions": [{ "Name": "Service", "Value": "checkout" }], "Value": 4.0,
    }] }));
    assert_eq!(bed.state("5m30s", "own"), "INSUFFICIENT_DATA");
    assert_eq!(bed.state("6m", "own"), "ALARM");
    bed.call(
        "6m",
        "PutCompositeAlarm",
        &json!({ "AlarmName": "top", "AlarmRule": "ALARM(own)" }),
    );
    assert_eq!(bed.state("6m", "top"), "ALARM");
    assert_eq!(bed.state("9m", "own"), "INSUFFICIENT_DATA");
    assert_eq!(bed.state("9m", "top"), "OK");
}

#[test]
fn data_that_is_put_may_be_published_late_and_alarms_wait_for_it() {
    let mut bed = Bed::new("");
    bed.cloudwatch.switches.put_late = jiff::SignedDuration::from_secs(90);
    bed.call("0m", "PutMetricAlarm", &put_alarm("own"));
    bed.call("5m", "PutMetricData", &json!({ "Namespace": "Own", "MetricData": [{
        "MetricName": "Errors", "Dimensions": [{ "Name": "Service", "Value": "checkout" }], "Value": 4.0,
    }] }));
    assert_eq!(bed.state("7m", "own"), "INSUFFICIENT_DATA");
    // Its minute ended at 6m, and its data were there at 6m30s.
    assert_eq!(bed.state("8m", "own"), "ALARM");
}

#[test]
fn a_state_set_by_hand_lasts_until_the_next_evaluation() {
    let mut bed = scenario("");
    let set = json!({ "AlarmName": "red", "StateValue": "ALARM", "StateReason": "a drill" });
    bed.call("1m30s", "SetAlarmState", &set);
    assert_eq!(bed.state("1m59s", "top"), "ALARM");
    assert_eq!(bed.state("2m", "top"), "OK");
    assert_eq!(
        bed.timeline("5m"),
        [
            "09:01:30 red OK -> ALARM",
            "09:01:30 top OK -> ALARM",
            "09:02:00 red ALARM -> OK",
            "09:02:00 top ALARM -> OK",
        ]
    );
}

#[test]
fn a_composite_set_by_hand_stays_until_a_child_moves() {
    let mut bed = scenario("");
    let set = json!({ "AlarmName": "top", "StateValue": "ALARM", "StateReason": "a drill" });
    bed.call("1m", "SetAlarmState", &set);
    assert_eq!(bed.state("9m", "top"), "ALARM");
    assert_eq!(bed.state("50m", "top"), "OK");
}

#[test]
fn a_child_is_not_deleted_without_its_parent() {
    let mut bed = scenario("");
    let refused = bed.refused("DeleteAlarms", &json!({ "AlarmNames": ["red"] }));
    assert_eq!(
        refused,
        "ResourceConflict: the composite alarm `top` depends on `red`"
    );
    bed.call(
        "0m",
        "DeleteAlarms",
        &json!({ "AlarmNames": ["red", "top"] }),
    );
    assert!(bed.alarm("1m", "top").is_null());
    let refused = bed.refused("DeleteAlarms", &json!({ "AlarmNames": ["red"] }));
    assert!(refused.starts_with("ResourceNotFound: "), "{refused}");
}

#[test]
fn alarms_in_a_circle_come_to_rest() {
    let mut bed = scenario("");
    let rule = |name: &str, rule: &str| json!({ "AlarmName": name, "AlarmRule": rule });
    bed.call("0m", "PutCompositeAlarm", &rule("a", "NOT ALARM(red)"));
    bed.call("0m", "PutCompositeAlarm", &rule("b", "ALARM(a)"));
    bed.call("0m", "PutCompositeAlarm", &rule("a", "NOT ALARM(b)"));
    bed.timeline("1h");
}

#[test]
fn impossible_alarms_are_refused() {
    let mut bed = scenario("");
    let mut check = |field: &str, value: Value, expected: &str| {
        let mut input = put_alarm("own");
        input[field] = value;
        let refused = bed.refused("PutMetricAlarm", &input);
        assert_eq!(refused, format!("ValidationError: {expected}"));
    };
    check(
        "Period",
        json!(90),
        "Period has to be 10, 20, 30 or a multiple of 60",
    );
    check(
        "DatapointsToAlarm",
        json!(2),
        "DatapointsToAlarm has to be 1 to EvaluationPeriods",
    );
    check("Statistic", json!("Median"), "`Median` is no statistic");
    check(
        "AlarmName",
        json!("top"),
        "an alarm of the other kind has this name",
    );
    let input = json!({ "AlarmName": "x", "AlarmRule": "ALARM(nobody)" });
    assert_eq!(
        bed.refused("PutCompositeAlarm", &input),
        "ValidationError: AlarmRule names `nobody`, which does not exist"
    );
}
