//! `sluice judge` with flags and configuration files, right and wrong.

use super::judge::{Files, series};

#[test]
fn a_muted_metric_decides_nothing() {
    let files = Files::new(&series(100.0, 1), &series(100.0, 2));
    let muted = files.write(
        "muted.json",
        r#"{"analysisConfigurations": {"canary": {"muted": true}}}"#,
    );
    let with = ["--method", "kayenta", "--config", &muted];
    files.check(&with, 2, "The metric is muted, so it decides nothing");
    let watched = files.write(
        "watched.json",
        r#"{"metrics": [{"name": "a", "kind": "series", "gating": false}]}"#,
    );
    files.check(&["--config", &watched], 3, "no metric decides");
}

#[test]
fn parameters_come_from_a_file_and_flags_go_before_it() {
    let files = Files::new(&series(100.0, 1), &series(140.0, 2));
    let plan = files.write(
        "plan.json",
        r#"{"horizon": 30, "metrics": [{"name": "latency", "kind": "series", "tolerance": "100%"}]}"#,
    );
    files.check(&["--config", &plan], 0, "pass");
    let document = files.document(&["--config", &plan, "--tolerance", "5%"]);
    assert_eq!(document["verdict"], "fail");
    assert_eq!(document["plan"]["horizon"], 30);
    assert_eq!(document["metric"]["name"], "latency");

    let kayenta = files.write(
        "kayenta.json",
        r#"{"canary": {"direction": "increase", "effectSize": {"allowedIncrease": 1.6}, "odd": 1}}"#,
    );
    let with = ["--method", "kayenta", "--config", &kayenta];
    files.check(&with, 0, "odd: has no counterpart and changes nothing");
    let stricter = [with.as_slice(), &["--allowed-increase", "1.2"]].concat();
    files.check(&stricter, 1, "fail: High");
    let wide = ["--method", "kayenta", "--band", "2", "--confidence", "0.9"];
    files.check(&wide, 0, "kayenta, confidence 0.9, band 2");
}

#[test]
fn a_configuration_that_fits_nothing_is_refused() {
    let files = Files::new(&series(100.0, 1), &series(100.0, 2));
    let check = |text: &str, more: &[&str], says: &str| {
        let path = files.write("config.json", text);
        let arguments = [&["--config", path.as_str()], more].concat();
        files.check(&arguments, 3, says);
    };
    let kayenta = ["--method", "kayenta"];
    check("{", &[], "is no plan of the judge");
    check(
        r#"{"metrics": []}"#,
        &[],
        "has 0 metrics, two files are one",
    );
    let count = r#"{"metrics": [{"name": "a", "kind": "count"}]}"#;
    check(count, &[], "the metric's `kind` is not that of the files");
    check(count, &kayenta, "is a whole canary configuration");
    check("[]", &kayenta, "should be an object");
    let late = r#"{"min_bake": 90, "metrics": [{"name": "a", "kind": "series"}]}"#;
    check(
        late,
        &[],
        "`min_bake` should be from 1 period to the horizon",
    );
}

#[test]
fn wrong_usage_ends_with_64_and_says_what_is_wrong() {
    let files = Files::new(&series(100.0, 1), &series(100.0, 2));
    files.check(
        &["--tolerance", "0.1"],
        64,
        "write it with the sign, as `10%`",
    );
    files.check(
        &["--band", "0.5"],
        64,
        "`--band` says nothing to `--method sequential`",
    );
    let foreign = ["--method", "kayenta", "--horizon", "5"];
    files.check(
        &foreign,
        64,
        "`--horizon` says nothing to `--method kayenta`",
    );
    files.check(
        &["--worse", "either"],
        64,
        "known to `--method kayenta` only",
    );
    files.check(&["--horizon", "3"], 64, "`min_bake` should be");
    files.check(&["--split", "50%"], 64, "`split` needs counts");
    let sure = ["--method", "kayenta", "--confidence", "1"];
    files.check(&sure, 64, "above 0 and below 1");
    files.check(&["--no-such-option"], 64, "unexpected argument");
}
