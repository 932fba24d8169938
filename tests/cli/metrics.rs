//! `sluice metrics` and `sluice status`: the figures of a recorded history
//! against those computed by hand, and both commands against a served world.

use std::process::Command;

use serde_json::{Value, json};

use super::world::{PLAN, Served, call, folder, path, url_of};
use super::{Ran, binary, root, sluice};

const HISTORY: &str = "examples/metrics/history.json";

/// The figures of the recorded history as JSON.
fn recorded(arguments: &[&str]) -> Value {
    let all = [&["metrics", "--json", "--history", HISTORY], arguments].concat();
    let ran = sluice(&all);
    assert_eq!(ran.code, 0, "{}", ran.errors);
    let document: Value = serde_json::from_str(&ran.output).unwrap();
    assert_eq!(document["format"], "sluice-metrics/1");
    document["figures"][0].clone()
}

// By hand, from the list in examples/metrics/README.md. Two releases a day, at
// 8:00 and 14:00, numbered 1 to 60; 31 March 0:00 is the end.
//
// | | releases | count |
// |---|---|---|
// | never in prod | 12 (failed before), 14 43 44 (superseded), 47 (cancelled) | 5 |
// | failed to deploy | 24 | 1 |
// | rollbacks | 6 21 45 57 | 4 |
// | revert, again | 28, 30 | 2 |
// | deployments | the other | 60 - 12 = 48, in 30 days: 1.6 a day |
// | failed after it | 5 9 17 18 33 52 55 56 | 8 |
// | rolled back | 20 (by 21), 27 (by 28), 35 (by 36's commit) | 3 |
// |   | 5 and 56 failed already; 42 by 45 after 41 h 20 min | 0 |
// | given up, window, under way | 38, 59, 60 | 3 |
// | held | 48 - 8 - 3 - 3 | 34 |
// | change failure rate | 11 / (11 + 34) | 24.4 % |
//
// Lead time: 40 min from the start to the deployment, and the commit lies
// 20 + 30 * (7 n mod 10) min before the start; 2, 11 and 50 tell no commit.
//
// | minutes | releases | so far |
// |---|---|---|
// | 40 | 2 11 50 | 3 |
// | 60 | 10 20 40 60 | 7 |
// | 90 | 3 13 23 33 53 | 12 |
// | 120 | 16 26 36 46 56 | 17 |
// | 150 | 9 19 29 39 49 59 | 23 |
// | 180 | 4 of 22 32 42 52: the 24th and 25th of 48 | 27 |
//
// Time to restore: the median of seven is 18 h 40 min.
//
// | broken by | mended by | |
// |---|---|---|
// | 5, 3 March 9:00 | 6 (rollback), 14:20 | 5 h 20 |
// | 9, 5 March 9:00 | 9 (retry), 10:00 | 1 h |
// | 17 and 18, 9 March 9:00 | 19, next day 9:40 | 24 h 40 |
// | 24, 12 March 14:35 | 25, next day 9:40 | 19 h 05 |
// | 33, 17 March 9:00 | 34, 15:40 | 6 h 40 |
// | 52, 26 March 15:00 | 53, next day 9:40 | 18 h 40 |
// | 55, 56, 57 (rollback), 28 March 9:00 | 58, next day 15:40 | 30 h 40 |
#[test]
fn the_figures_of_60_releases_are_those_computed_by_hand() {
    let told = recorded(&[]);
    assert_eq!(told["stage"], "prod");
    assert_eq!(told["frequency"]["deployments"], 48);
    assert_eq!(told["frequency"]["per_day"], 1.6);
    let lead = json!({ "median_seconds": 10_800, "from_commit": 45, "from_start": 3 });
    assert_eq!(told["lead_time"], lead);
    let failures = json!({
        "rate": 11.0 / 45.0, "failed": 8, "rolled_back": 3, "held": 34,
        "within_window": 1, "under_way": 1, "given_up": 1, "unclear": 0,
    });
    assert_eq!(told["change_failures"], failures);
    let apart = json!({
        "rollbacks": 4, "reverts": 1, "again": 1, "failed_before": 1, "failed_unclear": 0,
    });
    assert_eq!(told["apart"], apart);
    let restoring = &told["restoring"];
    assert_eq!(restoring["median_seconds"], 67_200);
    assert_eq!(restoring["mended"], 7);
    assert_eq!(restoring["broken"], Value::Null);
    let failed = restoring["outages"].as_array().unwrap().iter();
    let failed: Vec<_> = failed
        .map(|own| own["failures"].as_u64().unwrap())
        .collect();
    assert_eq!(failed, [1, 1, 2, 1, 1, 1, 3]);
    assert_eq!(told["not_known"], json!([]));
}

#[test]
fn a_longer_window_counts_the_late_rollback_too() {
    let told = recorded(&["--window", "48h"]);
    assert_eq!(told["change_failures"]["rolled_back"], 4);
}

#[test]
fn the_text_fits_80_columns_and_a_pipe_gets_no_colour() {
    let ran = sluice(&["metrics", "--history", HISTORY]);
    assert_eq!(ran.code, 0);
    assert!(!ran.output.contains('\u{1b}'));
    for line in ran.output.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let expected = std::fs::read_to_string(root().join("docs/metrics.md")).unwrap();
    assert!(expected.contains(ran.output.trim_end()), "{}", ran.output);
}

#[test]
fn what_cannot_be_read_ends_with_3_and_wrong_usage_with_64() {
    for (arguments, code) in [
        (&["--history", "no/such/file.json"][..], 3),
        (&["--history", "Cargo.toml"], 3),
        (&["other", "--history", HISTORY], 3),
        (&["a", "b", "--history", HISTORY], 64),
        (&["--since", "0d"], 64),
        (&["--window", "soon"], 64),
    ] {
        let ran = sluice(&[&["metrics"], arguments].concat());
        assert_eq!((ran.code, ran.output.as_str()), (code, ""), "{arguments:?}");
    }
}

/// Runs the command with these settings of the environment and no others of AWS.
pub(super) fn with_environment(settings: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let mut command = Command::new(binary());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
        command.env_remove(name);
    }
    let output = command
        .envs(settings.iter().copied())
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("HOME", "/nonexistent")
        .args(arguments)
        .output()
        .unwrap();
    Ran {
        code: output.status.code().unwrap(),
        output: String::from_utf8(output.stdout).unwrap(),
        errors: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn without_a_region_or_credentials_it_says_what_to_set() {
    for command in ["status", "metrics"] {
        let ran = with_environment(&[], &[command]);
        assert_eq!((ran.code, ran.output.as_str()), (3, ""));
        assert!(ran.errors.contains("AWS_REGION"), "{}", ran.errors);
        let ran = with_environment(&[("AWS_REGION", "us-east-1")], &[command]);
        assert_eq!((ran.code, ran.output.as_str()), (3, ""));
        assert!(ran.errors.contains("aws sso login"), "{}", ran.errors);
    }
}

#[test]
fn both_read_a_served_world() {
    let folder = folder();
    let plan = path(folder.path(), "p.yaml");
    std::fs::write(&plan, PLAN).unwrap();
    let scenario = path(folder.path(), "s.yaml");
    std::fs::write(
        &scenario,
        "about: a\npipeline: { deploys: { prod: 0s }, look_every: 1s }\n",
    )
    .unwrap();
    let mut served = Served::start(&["--json", "--scenario", &scenario, "--plan", &plan]);
    let url = url_of(&mut served);
    let settings = [
        ("AWS_ENDPOINT_URL", url.as_str()),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "AKIAFUNCTION0000000"),
        ("AWS_SECRET_ACCESS_KEY", "simulated"),
    ];
    let status = || {
        let ran = with_environment(&settings, &["status", "--json"]);
        assert_eq!(ran.code, 0, "{}", ran.errors);
        serde_json::from_str::<Value>(&ran.output).unwrap()
    };
    let started = call(
        &url,
        "StartPipelineExecution",
        &json!({ "name": "checkout" }),
    );
    let release = started["pipelineExecutionId"].as_str().unwrap();
    let details = json!({ "summary": "3 of 60 min quiet", "percentComplete": 5 });
    let goes_on = json!({
        "jobId": served.job(), "continuationToken": "t", "executionDetails": details,
    });
    call(&url, "PutJobSuccessResult", &goes_on);
    let told = status();
    let first = &told["stages"][0];
    assert_eq!(first["state"], "InProgress");
    assert_eq!(first["says"], "3 of 60 min quiet");

    let job = served.job();
    let failure = json!({ "type": "JobFailed", "message": "alarm `a` fired" });
    call(
        &url,
        "PutJobFailureResult",
        &json!({ "jobId": job, "failureDetails": failure }),
    );

    let told = status();
    let first = &told["stages"][0];
    assert_eq!(told["format"], "sluice-status/1");
    assert_eq!(
        (&first["pipeline"], &first["state"]),
        (&json!("checkout"), &json!("Failed"))
    );
    assert_eq!(first["says"], "alarm `a` fired");
    assert_eq!(first["release"], release);
    assert_eq!(first["by"], "StartPipelineExecution");
    let text = with_environment(&settings, &["status"]).output;
    assert!(text.starts_with("PIPELINE  STAGE"), "{text}");
    assert!(
        text.contains(&release[..8]) && text.contains(": alarm `a` fired"),
        "{text}"
    );
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );

    let ran = with_environment(&settings, &["metrics", "--json", "checkout"]);
    assert_eq!(ran.code, 0, "{}", ran.errors);
    let told: Value = serde_json::from_str(&ran.output).unwrap();
    let own = &told["figures"][0];
    assert_eq!(own["restoring"]["broken"]["by"], release, "{own}");
    let missing = with_environment(&settings, &["status", "no-such-pipeline"]);
    assert_eq!(missing.code, 3);
    assert!(
        missing.errors.contains("no-such-pipeline"),
        "{}",
        missing.errors
    );
    assert_eq!(served.interrupt().0, 0);
}
