//! `sluice judge` on what it cannot use, and on what is missing.

use serde_json::Value;

use super::judge::{Files, counts, series};
use super::sluice;

#[track_caller]
fn refused(canary: &str, says: &str) {
    let files = Files::new(&series(120.0, 1), canary);
    for method in ["sequential", "kayenta"] {
        files.check(&["--method", method], 3, says);
    }
    let document = files.document(&[]);
    assert_eq!(document["verdict"], Value::Null);
    assert!(document["error"]["message"].is_string());
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let files = Files::new(&series(120.0, 1), "");
    let ran = sluice(&[
        "judge",
        &files.path("baseline.csv"),
        &files.path("none.csv"),
    ]);
    assert_eq!((ran.code, ran.output.as_str()), (3, ""));
    assert!(ran.errors.contains("none.csv: there is no such file"));
}

#[test]
fn files_without_values_are_refused() {
    refused("", "canary.csv: is empty");
    refused("\n\n", "canary.csv: is empty");
    refused("timestamp,value\n", "has a header and no values");
}

#[test]
fn a_header_that_is_not_known_is_shown_with_those_that_are() {
    refused(
        "time,latency\n",
        "canary.csv:1: the header is \"time,latency\"",
    );
    refused(
        "2026-03-01T12:00:00Z,5\n",
        "hint: begin it with `timestamp,value`, or with `timestamp,count,total`",
    );
    refused(
        &counts(5.0, 1),
        "has the header `timestamp,count,total`, the baseline",
    );
}

#[test]
fn a_line_that_cannot_be_read_is_named_by_its_number() {
    let with = |line: &str| format!("timestamp,value\n2026-03-01T12:00:00Z,1\n{line}\n");
    refused(
        &with("yesterday,5"),
        "canary.csv:3: \"yesterday\" is no time",
    );
    refused(
        &with("2026-03-01,5"),
        "canary.csv:3: \"2026-03-01\" is no time",
    );
    refused(
        &with("2026-03-01T12:01:00Z,much"),
        "canary.csv:3: \"much\" is no number",
    );
    refused(
        &with("2026-03-01T12:01:00Z"),
        "canary.csv:3: has 1 fields, the header 2",
    );
    refused(
        &with("2026-03-01T12:01:00Z,1,2"),
        "canary.csv:3: has 3 fields",
    );
    refused(
        &with("2026-03-01T12:01:00Z,inf"),
        "canary.csv:3: `inf` is infinite",
    );
    refused(
        &with("2026-03-01T12:01:00Z,1e400"),
        "canary.csv:3: `1e400` is infinite",
    );
}

#[test]
fn a_negative_count_is_refused() {
    let bad = "timestamp,count,total\n2026-03-01T12:00:00Z,-1,1000\n";
    let files = Files::new(&counts(5.0, 1), bad);
    files.check(&[], 3, "canary.csv:2: `-1` is negative");
}

#[test]
fn a_time_that_comes_twice_is_refused_with_both_lines() {
    let twice = "timestamp,value\n2026-03-01T12:00:00Z,1\n2026-03-01 12:00:00,2\n";
    refused(twice, "canary.csv:3: has the same time as line 2");
    let same = "timestamp,value\n2026-03-01T12:00:00Z,1\n2026-03-01T12:00:00Z,1\n";
    refused(same, "canary.csv:3: has the same time as line 2");
}

#[test]
fn missing_values_are_never_a_pass() {
    let missing: String = series(120.0, 2)
        .lines()
        .map(|line| match line.split_once(',') {
            Some((time, "value")) => format!("{time},value\n"),
            Some((time, _)) => format!("{time},NaN\n"),
            None => String::new(),
        })
        .collect();
    let files = Files::new(&series(120.0, 1), &missing);
    files.check(&[], 2, "of 60 periods only 0 could be used");
    files.check(&["--must-have-data"], 1, "had no value in 5 periods");
    files.check(&["--method", "kayenta"], 2, "inconclusive: Nodata");
    let strict = ["--method", "kayenta", "--must-have-data"];
    files.check(&strict, 1, "fail: NodataFailMetric");
    let replaced = [
        "--method",
        "kayenta",
        "--nan-strategy",
        "replace",
        "--worse",
        "higher",
    ];
    files.check(
        &replaced,
        2,
        "All values of a side were missing and taken for 0",
    );
}

#[test]
fn a_count_that_is_not_known_is_no_zero_but_one_that_is_absent_is() {
    let lines = |count: &str| {
        let canary = counts(0.0, 2).replace(",0,1000", &format!(",{count},1000"));
        Files::new(&counts(5.0, 1), &canary)
    };
    lines("NaN").check(&[], 2, "of 60 periods only 0 could be used");
    lines("NaN").check(&["--method", "kayenta"], 2, "inconclusive: Nodata");
    let absent = lines("");
    absent.check(&[], 0, "pass: safe");
    assert_eq!(absent.document(&[])["metric"]["events"][1], 0.0);
}

#[test]
fn two_values_are_no_pass_by_either_method() {
    let two = "timestamp,value\n2026-03-01T12:00:00Z,5\n2026-03-01T12:01:00Z,5\n";
    let files = Files::new(two, two);
    files.check(&[], 2, "The files end after 2 periods");
    files.check(
        &["--method", "kayenta"],
        2,
        "Fewer than 3 values on a side prove nothing",
    );
}

#[test]
fn huge_values_are_drawn_and_written_as_powers() {
    let huge = "timestamp,value\n2026-03-01T12:00:00Z,1e308\n2026-03-01T12:01:00Z,-1e308\n2026-03-01T12:02:00Z,3\n";
    let files = Files::new(huge, huge.replace("1e308", "9e307").as_str());
    for method in ["sequential", "kayenta"] {
        let ran = files.judge(&["--method", method]);
        assert!(
            ran.output.lines().all(|line| line.chars().count() <= 80),
            "{}",
            ran.output
        );
        assert!(ran.output.contains("1.00e308"));
    }
}

#[test]
fn no_traffic_and_no_errors_are_no_pass_without_a_floor() {
    let nothing = counts(0.0, 1);
    let files = Files::new(&nothing, &nothing);
    files.check(&["--floor", "0%"], 2, "no events at all and no floor");
    let silent = nothing.replace(",1000", ",0");
    let files = Files::new(&silent, &silent);
    files.check(&[], 2, "could be used");
    files.check(&["--method", "kayenta"], 2, "Nodata");
}

#[test]
fn files_of_different_times_are_refused_unless_they_are_moved() {
    let later = series(120.0, 2).replace("2026-03-01", "2026-03-08");
    let files = Files::new(&series(120.0, 1), &later);
    files.check(&[], 3, "the files have no time in common");
    files.check(
        &["--align-start"],
        0,
        "this assumes that nothing else changed",
    );
    files.check(&["--method", "kayenta"], 0, "pass: Pass");
}

#[test]
fn longer_periods_add_up_counts_and_average_values() {
    let files = Files::new(&counts(5.0, 1), &counts(5.0, 2));
    let document = files.document(&["--period", "5m", "--tolerance", "10%"]);
    assert_eq!(document["grid"]["periods"], 12);
    assert_eq!(document["n"], 12);
    assert_eq!(document["metric"]["traffic"][0], 60_000.0);
    let files = Files::new(&series(120.0, 1), &series(120.0, 2));
    assert_eq!(files.document(&["--period", "10m"])["grid"]["periods"], 6);
    files.check(&["--period", "0s"], 64, "`--period` should be at least 1s");
    files.check(&["--period", "5"], 64, "has no unit");
}

#[test]
fn values_at_odd_seconds_that_share_a_period_are_missing_and_that_is_said() {
    let crowded = series(120.0, 2).replace("12:07:00Z", "12:06:30Z");
    let files = Files::new(&series(120.0, 1), &crowded);
    files.check(&[], 0, "canary: 1 period with several values in one");
}

#[test]
fn a_traffic_split_that_is_off_makes_the_comparison_invalid() {
    let half = counts(5.0, 2).replace(",1000", ",300");
    let files = Files::new(&counts(5.0, 1), &half);
    let rates = ["--tolerance", "900%", "--split", "50%"];
    files.check(
        &rates,
        2,
        "the canary got 23.1% of the requests and should get 50%",
    );
}
