//! Which of the versions behind an alias is the new one, and which time comes
//! before a deployment.

use jiff::Timestamp;
use serde_json::json;
use sluice_aws::{ActionRun, Alias};
use sluice_core::plan::GateSettings;
use sluice_core::settings::{Canary, LambdaAlias};

use super::{compared_from, other_deployment, versions};
use crate::Ask;

fn alias(version: &str, weights: &[(&str, f64)]) -> Alias {
    let weights = weights.iter();
    Alias {
        version: version.to_owned(),
        weights: weights
            .map(|(own, weight)| ((*own).to_owned(), *weight))
            .collect(),
    }
}

#[track_caller]
fn check(said: [Option<&str>; 2], alias: &Alias, expected: &str) {
    let [baseline, canary] = said.map(|version| version.map(str::to_owned));
    let own = LambdaAlias {
        function: "checkout".to_owned(),
        alias: "live".to_owned(),
        baseline,
        canary,
        region: None,
        role: None,
    };
    let given = match versions(&own, alias) {
        Ok((baseline, canary)) => format!("{baseline} -> {canary}"),
        Err(why) => why,
    };
    assert!(given.contains(expected), "{given}");
}

#[test]
fn the_version_with_a_weight_is_the_new_one() {
    check([None, None], &alias("7", &[("8", 0.1)]), "7 -> 8");
    check([None, None], &alias("9", &[("10", 0.9)]), "9 -> 10");
}

#[test]
fn one_version_that_is_written_leaves_the_other() {
    check([Some("8"), None], &alias("7", &[("8", 0.1)]), "8 -> 7");
    check([None, Some("8")], &alias("7", &[("8", 0.1)]), "7 -> 8");
    check([None, Some("7")], &alias("7", &[("8", 0.1)]), "8 -> 7");
}

#[test]
fn an_alias_that_divides_nothing_has_no_two_versions() {
    let mend = "sends everything to version 7";
    check([None, None], &alias("7", &[]), mend);
    check([None, None], &alias("7", &[("8", 0.0)]), mend);
    check([None, Some("8")], &alias("7", &[]), mend);
}

#[test]
fn what_cannot_be_told_apart_is_refused() {
    let [older, other] = ["which is older", "the settings name another"];
    check([None, None], &alias("8", &[("7", 0.1)]), older);
    check([None, None], &alias("$LATEST", &[("$LATEST", 0.1)]), older);
    check([Some("3"), None], &alias("7", &[("8", 0.1)]), other);
    check([None, Some("3")], &alias("7", &[("8", 0.1)]), other);
    let three = alias("7", &[("8", 0.1), ("9", 0.1)]);
    check([None, None], &three, "gives 2 versions a weight");
}

fn canary(baseline: &str, horizon: &str) -> Canary {
    let settings = json!({
        "namespace": "Shop",
        "horizon": horizon,
        "before_after": { "dimensions": { "Service": "shop" }, "baseline": baseline },
        "metrics": [{ "name": "errors", "count": "Errors", "of": "Requests" }],
    });
    match GateSettings::read_json("canary", &settings).expect("the settings are right") {
        GateSettings::Canary(canary) => canary,
        other => panic!("{other:?}"),
    }
}

fn at(text: &str) -> Timestamp {
    format!("2026-03-{text}Z").parse().expect("a time")
}

/// A deployment from 9:00:30, and a first period from 9:05.
#[track_caller]
fn check_from(baseline: &str, horizon: &str, expected: &str) {
    let settings = canary(baseline, horizon);
    let own = settings.before_after.as_ref().unwrap();
    let given = compared_from(&settings, own, at("10T09:05:00"), at("10T09:00:30"));
    let given = given.map_or_else(|why| why, |from| from.to_string());
    assert!(given.contains(expected), "{given}");
}

#[test]
fn the_time_that_is_compared_with_ends_before_the_deployment() {
    check_from("just_before", "30m", "2026-03-10T08:30:00Z");
    check_from("day_before", "30m", "2026-03-09T09:05:00Z");
    check_from("week_before", "22h", "2026-03-03T09:05:00Z");
    // Just before the same minute of the next day.
    check_from("day_before", "22h", "2026-03-09T09:05:00Z");
}

#[test]
fn a_deployment_that_took_long_leaves_too_little_of_the_day_before() {
    let settings = canary("day_before", "22h");
    let own = settings.before_after.as_ref().unwrap();
    let start = at("10T09:05:00");
    assert!(compared_from(&settings, own, start, at("10T07:05:00")).is_ok());
    let why = compared_from(&settings, own, start, at("10T07:04:59")).unwrap_err();
    assert!(why.contains("write a shorter `horizon`"), "{why}");
}

fn run(release: &str, stage: &str, began: Timestamp) -> ActionRun {
    ActionRun {
        id: String::new(),
        release: release.to_owned(),
        stage: stage.to_owned(),
        action: "deploy".to_owned(),
        deploys: true,
        began,
        failed: false,
        parameters: None,
    }
}

#[test]
fn other_releases_count_that_were_deployed_to_the_stage_in_that_time() {
    let settings = canary("just_before", "30m");
    let ask = Ask {
        settings: GateSettings::Canary(settings.clone()),
        pipeline: "checkout".to_owned(),
        release: "own".to_owned(),
        stage: "prod".to_owned(),
        service: None,
        release_checked: true,
        rollback: false,
        user_parameters: None,
        action: None,
        stage_checks: false,
        attempt: "a".to_owned(),
        now: at("10T09:05:00"),
        look_ends: at("10T09:07:00"),
        host_ends: None,
        last_chance: false,
    };
    let runs = [
        run("own", "prod", at("10T08:50:00")),
        run("other", "beta", at("10T08:45:00")),
        run("other", "prod", at("10T08:40:00")),
        run("other", "prod", at("10T08:35:00")),
        run("other", "prod", at("10T08:29:59")),
        run("other", "prod", at("10T09:01:00")),
    ];
    let other = |runs: &[ActionRun]| {
        let [from, deployed] = ["10T08:30:00", "10T09:00:30"].map(at);
        other_deployment(runs, &ask, &settings, from, deployed)
    };
    assert_eq!(other(&runs), Some(at("10T08:40:00")));
    assert_eq!(other(&runs[..2]), None);
    assert_eq!(other(&runs[4..]), None);
}
