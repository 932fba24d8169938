//! `DescribeAlarmHistory`.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::Bed;

const SCENARIO: &str = r#"
metrics:
  m: { namespace: N, name: M, values: [ constant: 0, spike: { at: 10m, for: 2m, add: 9 }, spike: { at: 20m, for: 2m, add: 9 } ] }
alarms:
  - { name: red, metric: m, stat: Sum, above: 5 }
  - { name: top, rule: ALARM("red") }
"#;

fn summaries(answer: &Value) -> Vec<&str> {
    let items = answer["AlarmHistoryItems"].as_array().into_iter().flatten();
    items
        .filter_map(|item| item["HistorySummary"].as_str())
        .collect()
}

#[test]
fn history_is_unbroken_and_ends_with_what_describe_alarms_says() {
    let mut bed = Bed::new(SCENARIO);
    let input = json!({ "AlarmName": "red", "HistoryItemType": "StateUpdate", "ScanBy": "TimestampAscending" });
    let answer = bed.call("1h", "DescribeAlarmHistory", &input);
    let items = answer["AlarmHistoryItems"].as_array().expect("items");
    assert_eq!(items.len(), 5);
    let mut previous = json!("INSUFFICIENT_DATA");
    for item in items {
        let data = item["HistoryData"].as_str().expect("data");
        let data: Value = serde_json::from_str(data).expect("JSON");
        assert_eq!(data["version"], "1.0");
        assert_eq!(data["oldState"]["stateValue"], previous);
        previous = data["newState"]["stateValue"].clone();
    }
    let alarm = bed.alarm("1h", "red");
    assert_eq!(alarm["StateValue"], previous);
    assert_eq!(items[4]["Timestamp"], alarm["StateTransitionedTimestamp"]);
    assert_eq!(items[4]["AlarmType"], "MetricAlarm");
    assert_eq!(items[4]["HistorySummary"], "Alarm updated from ALARM to OK");
}

#[test]
fn the_newest_comes_first_and_composites_only_if_asked_for() {
    let mut bed = Bed::new(SCENARIO);
    let answer = bed.call("15m", "DescribeAlarmHistory", &json!({}));
    let expected = [
        "Alarm updated from ALARM to OK",
        "Alarm updated from OK to ALARM",
        "Alarm updated from INSUFFICIENT_DATA to OK",
    ];
    assert_eq!(summaries(&answer), expected);
    let answer = bed.call(
        "15m",
        "DescribeAlarmHistory",
        &json!({ "AlarmName": "top" }),
    );
    assert_eq!(summaries(&answer), Vec::<&str>::new());
    let input = json!({ "AlarmName": "top", "AlarmTypes": ["CompositeAlarm"] });
    assert_eq!(
        summaries(&bed.call("15m", "DescribeAlarmHistory", &input)),
        expected
    );
}

#[test]
fn dates_limit_what_is_told() {
    let mut bed = Bed::new(SCENARIO);
    let (start, end) = (bed.seconds("12m"), bed.seconds("21m"));
    let input = json!({ "StartDate": start, "EndDate": end });
    assert_eq!(
        summaries(&bed.call("1h", "DescribeAlarmHistory", &input)).len(),
        2
    );
    let input = json!({ "StartDate": start + 1, "EndDate": end });
    assert_eq!(
        summaries(&bed.call("1h", "DescribeAlarmHistory", &input)).len(),
        1
    );
}

#[test]
fn pages_stay_in_place_while_history_grows() {
    let mut bed = Bed::new(SCENARIO);
    let input = json!({ "MaxRecords": 2 });
    let first = bed.call("15m", "DescribeAlarmHistory", &input);
    let input = json!({ "MaxRecords": 2, "NextToken": first["NextToken"] });
    let second = bed.call("1h", "DescribeAlarmHistory", &input);
    assert_eq!(
        summaries(&second),
        ["Alarm updated from INSUFFICIENT_DATA to OK"]
    );
    assert!(second["NextToken"].is_null());
}

#[test]
fn a_delay_a_loss_and_forgetting_can_be_switched_on() {
    let mut bed = Bed::new(SCENARIO);
    bed.cloudwatch.switches.history_delay = SignedDuration::from_secs(90);
    let count = |bed: &mut Bed, at: &str| {
        let answer = bed.call(at, "DescribeAlarmHistory", &json!({}));
        summaries(&answer).len()
    };
    assert_eq!(count(&mut bed, "13m"), 1);
    assert_eq!(bed.state("13m", "red"), "ALARM");
    assert_eq!(count(&mut bed, "13m30s"), 2);
    bed.cloudwatch.switches.drop_history = vec![2];
    assert_eq!(count(&mut bed, "1h"), 4);
    bed.cloudwatch.switches.history_retention = SignedDuration::from_mins(40);
    assert_eq!(count(&mut bed, "1h"), 2);
}
