//! docs/migration.md: what stands there as "after" is right, and comes to what
//! "before" asked for.

use std::fs;

use serde_json::{Value, json};

use super::shown::{blocks, checked, gates};
use crate::cli::root;

fn page() -> String {
    fs::read_to_string(root().join("docs/migration.md")).unwrap()
}

/// The part of the page below a heading.
fn part<'a>(page: &'a str, heading: &str) -> &'a str {
    let rest = page.split_once(&format!("\n## {heading}\n"));
    let (_, rest) = rest.unwrap_or_else(|| panic!("there is no {heading}"));
    rest.split("\n## ").next().unwrap_or(rest)
}

/// The settings of all gates of a part's plan.
fn settings(page: &str, heading: &str) -> Vec<Value> {
    let plan = &blocks(part(page, heading), "yaml")[0];
    let gates = gates(plan);
    assert!(!gates.is_empty(), "{plan}");
    gates.iter().map(|gate| gate["settings"].clone()).collect()
}

/// What a part of the page begins with: the settings elsewhere.
fn before(page: &str, heading: &str) -> Value {
    let before = &blocks(part(page, heading), "json")[0];
    serde_json::from_str(before).unwrap()
}

#[test]
fn every_plan_on_the_page_is_right_and_without_warnings() {
    let page = page();
    let plans = blocks(&page, "yaml");
    assert_eq!(plans.len(), page.matches("```yaml").count());
    for plan in plans {
        assert!(!checked(&plan).is_empty());
    }
}

#[test]
fn the_alarm_rules_of_a_stage_become_a_clear_and_a_bake_over_the_same_alarms() {
    let page = page();
    let heading = "From the rule `CloudWatchAlarm`";
    let before = before(&page, heading);
    let after = settings(&page, heading);
    let rule = |of: &str| {
        before
            .pointer(&format!("/{of}/conditions/0/rules/0/configuration"))
            .cloned()
    };
    let entry = rule("beforeEntry").unwrap();
    let success = rule("onSuccess").unwrap();
    assert_eq!(after[0]["clear"]["alarms"], json!([entry["AlarmName"]]));
    assert_eq!(
        after[0]["clear"]["within"],
        json!(format!("{}m", entry["WaitTime"].as_str().unwrap()))
    );
    assert_eq!(after[1]["bake"]["alarms"], json!([success["AlarmName"]]));
    assert_eq!(success["WaitTime"], "60");
    assert_eq!(after[1]["bake"]["for"], "1h");
}

#[test]
fn the_alarms_of_a_deployment_group_become_a_bake_over_the_same_alarms() {
    let page = page();
    let heading = "From alarms of CodeDeploy";
    let before = before(&page, heading);
    let alarms = before["alarmConfiguration"]["alarms"].as_array().unwrap();
    let names: Vec<&Value> = alarms.iter().map(|alarm| &alarm["name"]).collect();
    assert_eq!(settings(&page, heading)[0]["bake"]["alarms"], json!(names));
}

#[test]
fn the_metrics_of_a_kayenta_configuration_become_those_of_a_canary() {
    let page = page();
    let heading = "From Kayenta";
    let before = before(&page, heading);
    let after = settings(&page, heading);
    let metrics = after[0]["canary"]["metrics"].as_array().unwrap();
    for (own, metric) in before["metrics"].as_array().unwrap().iter().zip(metrics) {
        assert_eq!(own["name"], metric["name"]);
        let allowed = &own["analysisConfigurations"]["canary"]["effectSize"]["allowedIncrease"];
        let percent = (allowed.as_f64().unwrap() - 1.0) * 100.0;
        assert_eq!(metric["tolerance"], json!(format!("{percent:.0}%")));
    }
    assert_eq!(before["metrics"].as_array().unwrap().len(), metrics.len());
}
