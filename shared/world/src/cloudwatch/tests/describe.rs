//! `DescribeAlarms`, limits of rate, and the wire.

use serde_json::{Value, json};

use super::Bed;
use crate::wire::Protocol;

const SCENARIO: &str = r#"
metrics:
  m:
    namespace: AWS/ApplicationELB
    name: HTTPCode_Target_5XX_Count
    dimensions: { LoadBalancer: app/checkout/1 }
    values: [ constant: 0 ]
  elsewhere: { namespace: N, name: M, region: eu-west-1, values: [ constant: 0 ] }
alarms:
  - { name: checkout-5xx, metric: m, stat: Sum, above: 5, period: 5m, datapoints: 2 of 3, missing: notBreaching }
  - { name: checkout-p99, metric: m, stat: p99.9, at_most: -1 }
  - { name: far, metric: elsewhere, stat: Sum, above: 5 }
  - { name: red, states: [ { at: -1h, state: ALARM } ] }
  - { name: top, rule: ALARM("checkout-5xx") OR ALARM("red") }
"#;

fn names(alarms: &Value) -> Vec<&str> {
    let alarms = alarms.as_array().into_iter().flatten();
    alarms
        .filter_map(|alarm| alarm["AlarmName"].as_str())
        .collect()
}

#[test]
fn a_metric_alarm_tells_its_whole_configuration() {
    let mut bed = Bed::new(SCENARIO);
    let alarm = bed.alarm("0m", "checkout-5xx");
    let begin = bed.seconds("-3h") as f64;
    let expected = json!({
        "AlarmName": "checkout-5xx",
        "AlarmArn": "arn:aws:cloudwatch:us-east-1:111122223333:alarm:checkout-5xx",
        "StateValue": "OK",
        "StateReason": "Threshold Crossed: 0 of 3 datapoints were greater than the threshold (5); the newest is 0 (03/03/26 05:54:00) (ALARM needs 2)",
        "StateUpdatedTimestamp": begin + 60.0,
        "StateTransitionedTimestamp": begin + 60.0,
        "AlarmConfigurationUpdatedTimestamp": begin,
        "ActionsEnabled": true,
        "Namespace": "AWS/ApplicationELB",
        "MetricName": "HTTPCode_Target_5XX_Count",
        "Statistic": "Sum",
        "Dimensions": [{ "Name": "LoadBalancer", "Value": "app/checkout/1" }],
        "Period": 300,
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2,
        "Threshold": 5.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    });
    let mut alarm = alarm;
    let reason = alarm["StateReason"].take();
    let mut expected = expected;
    expected["StateReason"].take();
    assert_eq!(alarm, expected);
    assert!(
        reason
            .as_str()
            .is_some_and(|text| text.starts_with("Threshold Crossed: 0 of 3"))
    );
    assert_eq!(
        bed.alarm("0m", "checkout-p99")["ExtendedStatistic"],
        "p99.9"
    );
    assert_eq!(
        bed.alarm("0m", "top")["AlarmRule"],
        r#"ALARM("checkout-5xx") OR ALARM("red")"#
    );
}

#[test]
fn only_alarms_of_this_region_exist_here() {
    assert!(Bed::new(SCENARIO).alarm("0m", "far").is_null());
}

#[test]
fn composites_are_absent_unless_asked_for_and_unknown_names_are_left_out() {
    let mut bed = Bed::new(SCENARIO);
    let input = json!({ "AlarmNames": ["top", "red", "nobody"] });
    let answer = bed.call("0m", "DescribeAlarms", &input);
    assert_eq!(names(&answer["MetricAlarms"]), ["red"]);
    assert_eq!(names(&answer["CompositeAlarms"]), Vec::<&str>::new());
    let input = json!({ "AlarmNames": ["top", "red"], "AlarmTypes": ["CompositeAlarm"] });
    let answer = bed.call("0m", "DescribeAlarms", &input);
    assert_eq!(names(&answer["MetricAlarms"]), Vec::<&str>::new());
    assert_eq!(names(&answer["CompositeAlarms"]), ["top"]);
}

#[test]
fn alarms_are_found_by_prefix_and_state() {
    let mut bed = Bed::new(SCENARIO);
    let answer = bed.call(
        "0m",
        "DescribeAlarms",
        &json!({ "AlarmNamePrefix": "checkout-" }),
    );
    assert_eq!(
        names(&answer["MetricAlarms"]),
        ["checkout-5xx", "checkout-p99"]
    );
    let answer = bed.call("0m", "DescribeAlarms", &json!({ "StateValue": "ALARM" }));
    assert_eq!(names(&answer["MetricAlarms"]), ["red"]);
}

#[test]
fn children_and_parents_tell_little_more_than_names() {
    let mut bed = Bed::new(SCENARIO);
    let answer = bed.call(
        "0m",
        "DescribeAlarms",
        &json!({ "ChildrenOfAlarmName": "top" }),
    );
    assert_eq!(names(&answer["MetricAlarms"]), ["checkout-5xx", "red"]);
    assert_eq!(answer["MetricAlarms"][1]["StateValue"], "ALARM");
    assert!(answer["MetricAlarms"][1]["Period"].is_null());
    let answer = bed.call(
        "0m",
        "DescribeAlarms",
        &json!({ "ParentsOfAlarmName": "red" }),
    );
    assert_eq!(names(&answer["CompositeAlarms"]), ["top"]);
    assert!(answer["CompositeAlarms"][0]["StateValue"].is_null());
}

#[test]
fn pages_together_hold_each_alarm_once() {
    let mut bed = Bed::new(SCENARIO);
    let mut seen = Vec::new();
    let mut token = Value::Null;
    for _ in 0..4 {
        let input = json!({ "AlarmTypes": ["MetricAlarm", "CompositeAlarm"], "MaxRecords": 1, "NextToken": token });
        let answer = bed.call("0m", "DescribeAlarms", &input);
        seen.extend(
            names(&answer["MetricAlarms"])
                .into_iter()
                .map(str::to_owned),
        );
        seen.extend(
            names(&answer["CompositeAlarms"])
                .into_iter()
                .map(str::to_owned),
        );
        token = answer["NextToken"].clone();
    }
    assert_eq!(seen, ["checkout-5xx", "checkout-p99", "red", "top"]);
    assert!(token.is_null());
}

#[test]
fn what_aws_refuses_is_refused() {
    let mut bed = Bed::new(SCENARIO);
    let names: Vec<String> = (0..101).map(|number| number.to_string()).collect();
    let refused = bed.refused("DescribeAlarms", &json!({ "AlarmNames": names }));
    assert_eq!(
        refused,
        "ValidationError: AlarmNames has 101 members, more than 100"
    );
    for input in [
        json!({ "AlarmNames": ["a"], "AlarmNamePrefix": "a" }),
        json!({ "ChildrenOfAlarmName": "top", "StateValue": "OK" }),
        json!({ "AlarmTypes": ["Metric"] }),
        json!({ "MaxRecords": 101 }),
        json!({ "MaxRecords": 0 }),
    ] {
        let refused = bed.refused("DescribeAlarms", &input);
        assert!(refused.starts_with("ValidationError: "), "{refused}");
    }
    let refused = bed.refused("DescribeAlarms", &json!({ "NextToken": "history/3" }));
    assert!(refused.starts_with("InvalidNextToken: "), "{refused}");
    let refused = bed.refused("ListMetrics", &json!({}));
    assert!(
        refused.starts_with("UnknownOperationException: "),
        "{refused}"
    );
}

#[test]
fn calls_beyond_the_published_rate_are_throttled() {
    let mut bed = Bed::new(SCENARIO);
    bed.cloudwatch.switches.rate_limits = true;
    for _ in 0..3 {
        bed.call("0m", "DescribeAlarmHistory", &json!({}));
    }
    let refused = bed.refused("DescribeAlarmHistory", &json!({}));
    assert_eq!(refused, "ThrottlingException: Rate exceeded");
    bed.call("1s", "DescribeAlarmHistory", &json!({}));
}

#[test]
fn cbor_is_answered_in_cbor() {
    let mut bed = Bed::new(SCENARIO);
    let mut body = Vec::new();
    let input = json!({ "AlarmNames": ["red"] });
    ciborium::into_writer(&input, &mut body).expect("CBOR");
    let now = bed.time("0m");
    let answer = bed
        .cloudwatch
        .call("DescribeAlarms", Protocol::Cbor, &body, now);
    let answer: ciborium::Value =
        ciborium::from_reader(answer.expect("an answer").as_slice()).expect("CBOR");
    let shown = format!("{answer:?}");
    assert!(
        shown.contains(r#"Text("StateValue"), Text("ALARM")"#),
        "{shown}"
    );
    assert!(
        shown.contains(r#"Text("StateTransitionedTimestamp"), Tag(1, Float("#),
        "{shown}"
    );
}

#[test]
fn times_and_numbers_may_be_written_as_integers_in_cbor() {
    use ciborium::Value::{Array, Integer, Map, Tag, Text};
    let mut bed = Bed::new(SCENARIO);
    let text = |text: &str| Text(text.to_owned());
    let at = |seconds: i64| Tag(1, Box::new(Integer(seconds.into())));
    let metric = Map(vec![
        (text("Namespace"), text("N")),
        (text("MetricName"), text("M")),
    ]);
    let stat = Map(vec![
        (text("Metric"), metric),
        (text("Period"), Integer(60.into())),
        (text("Stat"), text("Sum")),
    ]);
    let query = Map(vec![(text("Id"), text("m")), (text("MetricStat"), stat)]);
    let input = Map(vec![
        (text("MetricDataQueries"), Array(vec![query])),
        (text("StartTime"), at(bed.seconds("-10m"))),
        (text("EndTime"), at(bed.seconds("0m"))),
    ]);
    let mut body = Vec::new();
    ciborium::into_writer(&input, &mut body).expect("CBOR");
    let now = bed.time("0m");
    let answer = bed
        .cloudwatch
        .call("GetMetricData", Protocol::Cbor, &body, now);
    assert_eq!(answer.map(|_| ()), Ok(()));
}
