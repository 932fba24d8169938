//! `GetMetricData`, `PutMetricData`, and what series are made of.

use serde_json::{Value, json};

use super::Bed;
use crate::wire::Time;

const SCENARIO: &str = "
metrics:
  requests:
    namespace: N
    name: Requests
    dimensions: { A: '1', B: '2' }
    values: [ ramp: { from: 0, to: 60, at: 0m, for: 60m } ]
  errors: { namespace: N, name: Errors, values: [ constant: 3, gap: { at: 2m, for: 1m } ] }
  noise: { namespace: N, name: Noise, floor: 0, values: [ noise: { sd: 10 } ] }
  latency: { namespace: N, name: Latency, samples: 40, values: [ constant: 0.2 ] }
";

fn query(id: &str, name: &str, period: i64, stat: &str) -> Value {
    let dimensions = match name {
        "Requests" => json!([{ "Name": "B", "Value": "2" }, { "Name": "A", "Value": "1" }]),
        _ => json!([]),
    };
    let metric = json!({ "Namespace": "N", "MetricName": name, "Dimensions": dimensions });
    json!({ "Id": id, "MetricStat": { "Metric": metric, "Period": period, "Stat": stat } })
}

fn input(bed: &Bed, from: &str, to: &str, queries: &[Value]) -> Value {
    json!({
        "MetricDataQueries": queries, "ScanBy": "TimestampAscending",
        "StartTime": bed.seconds(from), "EndTime": bed.seconds(to),
    })
}

/// The values of each result, read at 30m, and their minutes.
#[track_caller]
fn read(bed: &mut Bed, from: &str, to: &str, queries: &[Value]) -> Vec<Vec<(i64, f64)>> {
    let input = input(bed, from, to, queries);
    let answer = bed.call("30m", "GetMetricData", &input);
    let results = answer["MetricDataResults"].as_array().expect("results");
    results.iter().map(|result| points(bed, result)).collect()
}

fn points(bed: &Bed, result: &Value) -> Vec<(i64, f64)> {
    let begin = bed.begin.as_second();
    let list = |name: &str| result[name].as_array().cloned().unwrap_or_default();
    let pairs = list("Timestamps").into_iter().zip(list("Values"));
    let pair = |(at, value): (Value, Value)| {
        let Time(at) = serde_json::from_value(at).expect("a time");
        (
            (at.as_second() - begin) / 60,
            value.as_f64().expect("a value"),
        )
    };
    pairs.map(pair).collect()
}

#[test]
fn the_beginning_is_in_the_end_is_not_and_seconds_are_rounded_down() {
    let mut bed = Bed::new(SCENARIO);
    let sums = [query("m", "Requests", 60, "Sum")];
    assert_eq!(read(&mut bed, "1m", "3m", &sums), [[(1, 1.0), (2, 2.0)]]);
    assert_eq!(read(&mut bed, "1m59s", "3m", &sums), [[(1, 1.0), (2, 2.0)]]);
    assert_eq!(
        read(&mut bed, "1m", "3m1s", &sums),
        [[(1, 1.0), (2, 2.0), (3, 3.0)]]
    );
}

#[test]
fn longer_periods_gather_and_begin_at_the_start_time() {
    let mut bed = Bed::new(SCENARIO);
    let sums = [query("m", "Requests", 300, "Sum")];
    assert_eq!(read(&mut bed, "2m", "12m", &sums), [[(2, 20.0), (7, 45.0)]]);
    bed.cloudwatch.switches.start_rounded_to_period = true;
    assert_eq!(
        read(&mut bed, "2m", "12m", &sums),
        [[(0, 10.0), (5, 35.0), (10, 21.0)]]
    );
}

#[test]
fn only_published_datapoints_are_visible_and_periods_without_any_are_absent() {
    let mut bed = Bed::new(SCENARIO);
    let errors = [query("m", "Errors", 60, "Sum")];
    assert_eq!(read(&mut bed, "1m", "4m", &errors), [[(1, 3.0), (3, 3.0)]]);
    // At 30m the minute from 28m has just been published.
    let minutes = |points: &[(i64, f64)]| points.iter().map(|(at, _)| *at).collect::<Vec<_>>();
    assert_eq!(minutes(&read(&mut bed, "27m", "40m", &errors)[0]), [27, 28]);
}

#[test]
fn dimensions_have_to_match_exactly() {
    let mut bed = Bed::new(SCENARIO);
    let mut fewer = query("m", "Requests", 60, "Sum");
    fewer["MetricStat"]["Metric"]["Dimensions"] = json!([{ "Name": "A", "Value": "1" }]);
    let mut none = query("n", "Requests", 60, "Sum");
    none["MetricStat"]["Metric"]["Dimensions"] = json!([]);
    let empty: Vec<(i64, f64)> = Vec::new();
    assert_eq!(
        read(&mut bed, "0m", "5m", &[fewer, none]),
        [empty.clone(), empty]
    );
}

#[test]
fn samples_weigh_a_datapoint() {
    let mut bed = Bed::new(SCENARIO);
    let query = |id: &str, stat: &str| query(id, "Latency", 60, stat);
    let queries = [
        query("a", "SampleCount"),
        query("b", "Sum"),
        query("c", "p99"),
    ];
    assert_eq!(
        read(&mut bed, "0m", "1m", &queries),
        [[(0, 40.0)], [(0, 8.0)], [(0, 0.2)]]
    );
}

#[test]
fn expressions_use_ids_and_hidden_data_stays_hidden() {
    let mut bed = Bed::new(SCENARIO);
    let mut hidden = query("e", "Errors", 60, "Sum");
    hidden["ReturnData"] = json!(false);
    let rate = json!({ "Id": "rate", "Expression": "100 * half", "Label": "percent" });
    let half = json!({ "Id": "half", "Expression": "e / r", "ReturnData": false });
    let queries = [rate, half, hidden, query("r", "Requests", 60, "Sum")];
    let results = read(&mut bed, "0m", "4m", &queries);
    assert_eq!(results[0], [(1, 300.0), (3, 100.0)]);
    assert_eq!(results.len(), 2);
}

#[test]
fn noise_is_the_same_in_any_order_of_reading_and_differs_by_seed() {
    let noise = [query("m", "Noise", 60, "Sum")];
    let mut bed = Bed::new(SCENARIO);
    let late = read(&mut bed, "10m", "20m", &noise);
    let all = read(&mut bed, "0m", "20m", &noise);
    assert_eq!(all[0][10..], late[0][..]);
    assert_eq!(all, read(&mut Bed::new(SCENARIO), "0m", "20m", &noise));
    assert!(
        all != read(
            &mut Bed::new(&format!("seed: 2{SCENARIO}")),
            "0m",
            "20m",
            &noise
        )
    );
    assert!(all[0].iter().all(|(_, value)| *value >= 0.0));
}

#[test]
fn pages_together_hold_each_datapoint_once() {
    let mut bed = Bed::new(SCENARIO);
    let queries = [
        query("a", "Requests", 60, "Sum"),
        query("b", "Noise", 60, "Sum"),
    ];
    let whole = read(&mut bed, "0m", "5m", &queries);
    let mut seen = [Vec::new(), Vec::new()];
    let mut page = input(&bed, "0m", "5m", &queries);
    page["MaxDatapoints"] = json!(3);
    let mut statuses = Vec::new();
    loop {
        let answer = bed.call("30m", "GetMetricData", &page);
        for result in answer["MetricDataResults"].as_array().into_iter().flatten() {
            seen[usize::from(result["Id"] == "b")].extend(points(&bed, result));
            statuses.push(format!("{} {}", result["Id"], result["StatusCode"]).replace('"', ""));
        }
        page["NextToken"] = answer["NextToken"].clone();
        if page["NextToken"].is_null() {
            break;
        }
    }
    assert_eq!(seen.to_vec(), whole);
    assert_eq!(
        statuses,
        [
            "a PartialData",
            "b PartialData",
            "a Complete",
            "b PartialData",
            "b PartialData",
            "b Complete"
        ]
    );
}

#[test]
fn the_newest_comes_first_unless_asked() {
    let mut bed = Bed::new(SCENARIO);
    let mut newest = input(&bed, "1m", "3m", &[query("m", "Requests", 60, "Sum")]);
    newest["ScanBy"].take();
    let answer = bed.call("30m", "GetMetricData", &newest);
    assert_eq!(answer["MetricDataResults"][0]["Values"], json!([2.0, 1.0]));
    assert_eq!(answer["MetricDataResults"][0]["Label"], "Requests");
}

#[test]
fn half_and_forbidden_answers_can_be_switched_on() {
    let mut bed = Bed::new(SCENARIO);
    let asked = input(&bed, "0m", "10m", &[query("m", "Requests", 60, "Sum")]);
    bed.cloudwatch.switches.partial_data = true;
    let answer = bed.call("30m", "GetMetricData", &asked);
    assert_eq!(answer["MetricDataResults"][0]["StatusCode"], "PartialData");
    assert_eq!(
        answer["MetricDataResults"][0]["Values"]
            .as_array()
            .map(Vec::len),
        Some(5)
    );
    assert!(answer["NextToken"].is_null());
    bed.cloudwatch.switches.forbidden = true;
    let answer = bed.call("30m", "GetMetricData", &asked);
    assert_eq!(answer["MetricDataResults"][0]["StatusCode"], "Forbidden");
    assert_eq!(answer["MetricDataResults"][0]["Values"], json!([]));
}

#[test]
fn old_data_is_there_in_coarse_periods_only() {
    let mut bed = Bed::new(SCENARIO);
    let queries = [
        query("a", "Errors", 60, "Sum"),
        query("b", "Errors", 300, "Sum"),
    ];
    let results = read(&mut bed, "-384h", "-383h", &queries);
    assert_eq!([results[0].len(), results[1].len()], [0, 12]);
}

#[test]
fn stored_datapoints_are_read_back_with_their_counts() {
    let mut bed = Bed::new(SCENARIO);
    let datum = json!({ "MetricName": "Own", "Timestamp": bed.seconds("3m"), "Values": [1.0, 9.0], "Counts": [90.0, 10.0] });
    let set = json!({ "SampleCount": 2.0, "Sum": 6.0, "Minimum": 1.0, "Maximum": 5.0 });
    let other =
        json!({ "MetricName": "Set", "Timestamp": bed.seconds("3m"), "StatisticValues": set });
    bed.call(
        "20m",
        "PutMetricData",
        &json!({ "Namespace": "N", "MetricData": [datum, other] }),
    );
    let queries = [
        query("a", "Own", 60, "p90"),
        query("b", "Own", 60, "p95"),
        query("c", "Own", 60, "SampleCount"),
        query("d", "Set", 60, "Average"),
        query("e", "Set", 60, "Maximum"),
    ];
    let expected = [[(3, 1.0)], [(3, 9.0)], [(3, 100.0)], [(3, 3.0)], [(3, 5.0)]];
    assert_eq!(read(&mut bed, "0m", "10m", &queries), expected);
}

#[test]
fn what_aws_refuses_is_refused() {
    let mut bed = Bed::new(SCENARIO);
    let mut check = |queries: &[Value], expected: &str| {
        let input = input(&bed, "0m", "5m", queries);
        let refused = bed.refused("GetMetricData", &input);
        assert_eq!(refused, format!("ValidationError: {expected}"));
    };
    let expression = |id: &str, text: &str| json!({ "Id": id, "Expression": text });
    let sum = query("m", "Errors", 60, "Sum");
    check(&[], "MetricDataQueries has 0 members, not 1 to 500");
    check(&[sum.clone(), sum.clone()], "id `m` is there twice");
    check(
        &[query("M", "Errors", 60, "Sum")],
        "id `M` has to begin with a lower case letter, then letters, digits and _",
    );
    check(
        &[query("m", "Errors", 90, "Sum")],
        "Period has to be 1, 5, 10, 20, 30 or a multiple of 60",
    );
    check(
        &[query("m", "Errors", 60, "p101")],
        "`p101` is no valid Stat",
    );
    check(
        &[json!({ "Id": "m" })],
        "query m needs either MetricStat or Expression",
    );
    check(
        &[expression("a", "b"), expression("b", "a")],
        "Error in expression: a, b use ids that have no value",
    );
    check(
        &[expression("a", "1 + 1")],
        "Error in expression 'a': it is a single number",
    );
    check(
        &[expression("a", "FILL(m, 0)"), sum],
        "Error in expression 'a': `FILL(m, 0)` is not understood",
    );
    let backwards = input(&bed, "5m", "5m", &[query("m", "Errors", 60, "Sum")]);
    let refused = bed.refused("GetMetricData", &backwards);
    assert_eq!(
        refused,
        "ValidationError: StartTime has to be before EndTime"
    );
}

#[test]
fn recordings_stand_at_their_own_time_or_are_moved() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("cpu.csv");
    let rows =
        "timestamp,value\n2026-03-03 09:01:00,1\n2026-03-03 09:02:30,2\n2026-03-03 09:04:00,3\n";
    std::fs::write(&file, rows).expect("a file");
    let check = |at: &str, expected: &[(i64, f64)]| {
        let mut bed = Bed::new(&format!(
            "metrics:\n  m: {{ namespace: N, name: M, values: [ csv: {{ file: '{}'{at} }} ] }}\n",
            file.display()
        ));
        bed.mark("prod", "3m");
        let points = read(&mut bed, "0m", "20m", &[query("m", "M", 60, "Sum")]);
        assert_eq!(points, [expected], "{at}");
    };
    check("", &[(1, 1.0), (2, 2.0), (4, 3.0)]);
    check(", at: 10m", &[(10, 1.0), (11, 2.0), (13, 3.0)]);
    check(", at: prod", &[(3, 1.0), (4, 2.0), (6, 3.0)]);
    check(", at: later", &[]);
}

#[test]
fn layers_are_summed_in_order() {
    let check = |values: &str, expected: &[(i64, f64)]| {
        let mut bed = Bed::new(&format!(
            "metrics:\n  m: {{ namespace: N, name: M, floor: 0, ceiling: 100, values: [ {values} ] }}\n"
        ));
        let points = read(&mut bed, "0m", "4m", &[query("m", "M", 60, "Sum")]);
        assert_eq!(points, [expected], "{values}");
    };
    check(
        "constant: 5, spike: { at: 1m, for: 2m, add: 40 }",
        &[(0, 5.0), (1, 45.0), (2, 45.0), (3, 5.0)],
    );
    check(
        "constant: 5, spike: { at: 1m, for: 1m, set: 7 }, constant: 1",
        &[(0, 6.0), (1, 8.0), (2, 6.0), (3, 6.0)],
    );
    check(
        "ramp: { from: -10, to: 170, at: 1m, for: 2m }",
        &[(0, 0.0), (1, 0.0), (2, 80.0), (3, 100.0)],
    );
    check(
        "cycle: { amplitude: 8, every: 4m }, constant: 10",
        &[(0, 10.0), (1, 18.0), (2, 10.000000000000002), (3, 2.0)],
    );
}
