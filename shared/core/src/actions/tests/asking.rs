//! What an action's configuration comes to, and what is refused.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::super::table::{self, Row, Stands, Table};
use super::super::*;
use crate::GateError;
use crate::plan::{GateSettings, Plan};

fn configuration(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(own).collect()
}

/// What has to stand beside a property for its example to mean something.
fn beside(provider: &str, name: &str) -> Vec<(&'static str, &'static str)> {
    let bake = [
        ("For", "1h"),
        ("Alarms", "checkout-5xx"),
        ("Traffic", "not_measured"),
    ];
    let preset = (
        "Preset",
        "{ lambda_alias: { function: checkout, alias: live } }",
    );
    let all = match (provider, name) {
        ("SluiceBake", _) => bake.to_vec(),
        ("SluiceCanary", "Groups") => vec![
            ("Metrics", "{ name: errors, count: Errors, of: Requests }"),
            ("Settings", "{ namespace: Shop }"),
        ],
        ("SluiceCanary", _) => vec![preset],
        ("SluiceValidate", "Lambda") => vec![],
        _ => vec![("Lambda", "{ function: smoke }")],
    };
    all.into_iter().filter(|(own, _)| *own != name).collect()
}

/// All examples, with what they need.
fn examples() -> Vec<(&'static Table, &'static Row, BTreeMap<String, String>)> {
    let of = |table: &'static Table| {
        table.rows.iter().map(move |row| {
            let mut pairs = match row.stands {
                Stands::Plan | Stands::Service => vec![],
                _ => beside(table.provider, row.name),
            };
            pairs.push((row.name, row.example));
            (table, row, configuration(&pairs))
        })
    };
    table::TABLES.iter().flat_map(of).collect()
}

/// The settings that a plan in YAML has, with the same values in it.
fn in_a_plan(table: &Table, given: &BTreeMap<String, String>) -> GateSettings {
    let kind = table.kind.unwrap();
    let mut yaml = format!("service: a\nstages:\n  prod:\n    gates:\n      - {kind}:\n");
    for (name, value) in given {
        let row = table.row(name).unwrap();
        let line = match row.stands {
            Stands::Gate => format!("name: {value}"),
            Stands::List(setting) => format!("{setting}: [{value}]"),
            Stands::Setting(setting) => format!("{setting}: {value}"),
            // All on one line: the fields of a map without its braces.
            Stands::Others => {
                let fields = value.trim_matches(['{', '}', ' ']).split(", ");
                fields.collect::<Vec<_>>().join("\n          ")
            }
            Stands::Service | Stands::Plan => continue,
        };
        yaml += &format!("          {line}\n");
    }
    let plan = Plan::read_yaml(&yaml).unwrap_or_else(|problems| panic!("{yaml}{problems}"));
    plan.stages[0].gates[0].settings.clone()
}

#[test]
fn every_property_says_what_the_setting_in_a_plan_says() {
    let mut compared = BTreeSet::new();
    for (table, row, given) in examples() {
        let read = asked(table.provider, &given).unwrap_or_else(|mistake| panic!("{mistake}"));
        let Some(settings) = read.settings else {
            continue;
        };
        let kind = read.gate.unwrap();
        let settings = GateSettings::read_json(&kind, &settings).unwrap();
        assert_eq!(settings, in_a_plan(table, &given), "{}", row.name);
        compared.insert((table.provider, row.name));
    }
    let is_compared = |row: &&Row| !matches!(row.stands, Stands::Service | Stands::Plan);
    let settings = |table: &Table| table.rows.iter().filter(is_compared).count();
    assert_eq!(
        compared.len(),
        table::TABLES.iter().map(settings).sum::<usize>()
    );
}

#[test]
fn an_example_changes_what_is_asked_for() {
    for (table, row, given) in examples() {
        let mut without = given.clone();
        without.remove(row.name);
        let read = asked(table.provider, &given);
        assert_ne!(
            read,
            asked(table.provider, &without),
            "{} {}",
            table.provider,
            row.name
        );
    }
}

#[test]
fn without_settings_the_gate_is_one_of_the_plan() {
    let given = configuration(&[("Service", "checkout"), ("Plan", "a/sluice.yaml")]);
    let expected = AskedOfAction {
        service: Some("checkout".to_owned()),
        gate: Some("canary".to_owned()),
        settings: None,
        path: Some("a/sluice.yaml".to_owned()),
    };
    assert_eq!(asked("SluiceCanary", &given), Ok(expected.clone()));
    let of_all = AskedOfAction {
        gate: None,
        ..expected
    };
    assert_eq!(asked("SluiceStageChecks", &given), Ok(of_all));
    let clear = asked("SluiceBake", &configuration(&[("Gate", "clear")]));
    assert_eq!(clear.unwrap().gate.as_deref(), Some("clear"));
}

#[test]
fn lists_are_written_with_and_without_brackets() {
    let alarms = |text: &str| {
        let given = configuration(&[("For", "1h"), ("Traffic", "not_measured"), ("Alarms", text)]);
        asked("SluiceBake", &given).unwrap().settings.unwrap()["alarms"].clone()
    };
    assert_eq!(alarms("a"), json!(["a"]));
    assert_eq!(alarms("a, b"), json!(["a", "b"]));
    assert_eq!(alarms("a,\nb"), json!(["a", "b"]));
    assert_eq!(alarms("- a"), json!(["a"]));
    assert_eq!(alarms("[a, b]"), json!(["a", "b"]));
    assert_eq!(alarms("- a\n- b"), json!(["a", "b"]));
    assert_eq!(alarms("\"a, b\""), json!(["a, b"]));
    assert_eq!(alarms("{ prefix: a }"), json!([{ "prefix": "a" }]));
    assert_eq!(alarms("a, { prefix: b }"), json!(["a", { "prefix": "b" }]));
    let two = "{ prefix: a }, { prefix: b }";
    assert_eq!(alarms(two), json!([{ "prefix": "a" }, { "prefix": "b" }]));
}

/// A bake that has everything, with some of it changed.
#[track_caller]
fn check_refused(provider: &str, changed: &[(&str, &str)], expected: &[&str]) {
    let mut given = configuration(&beside(provider, ""));
    given.extend(configuration(changed));
    let mistake = asked(provider, &given).expect_err("should be refused");
    let text = GateError::from(mistake).to_string();
    for expected in expected {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
}

#[test]
fn a_mistake_names_the_property_and_the_mend() {
    let bake = |name, value, expected: &[&str]| {
        check_refused("SluiceBake", &[(name, value)], expected);
    };
    bake(
        "For",
        "soon",
        &["the property For: `soon`", "such as `90s`"],
    );
    bake("For", "{", &["the property For: ", "write `1h`"]);
    bake("For", " ", &["the property For: is empty", "write `1h`"]);
    bake("For", "0s", &["the property For: ", "write `1h`"]);
    bake("Alarms", "a, 7", &["the property Alarms[1]: a number"]);
    bake("Alarms", "[]", &["the property Alarms: names no alarm"]);
    bake(
        "Traffic",
        "{ metric: { namespace: A, name: B } }",
        &[
            "the property Traffic: `at_least` is missing",
            "at_least: 100",
        ],
    );
    bake(
        "Traffic",
        "measured",
        &[
            "the property Traffic: ",
            "or, if nothing can: `not_measured`",
        ],
    );
    bake("Mode", "watch", &["the property Mode: ", "`watch_only`"]);
    bake("AtMost", "1m", &["the property AtMost: `1m` is too short"]);
    bake("Gate", "a b", &["the property Gate: `a b` is not a name"]);
    bake("Service", "", &["the property Service: is empty"]);
    bake("Allarms", "a", &["`Allarms` is no property", "`Alarms`?"]);
    bake("alarms", "a", &["`alarms` is no property", "`Alarms`?"]);
    bake("Plan", "a.yaml", &["the property Plan: has no effect"]);
    bake("Gate", "clear", &["the property Gate: `clear` is another"]);
}

#[test]
fn a_mistake_in_other_settings_names_the_setting() {
    let bake = |value, expected: &[&str]| {
        check_refused("SluiceBake", &[("Settings", value)], expected);
    };
    bake("recovered", &["the property Settings: text where a map"]);
    bake("{ since: dawn }", &["the property Settings.since: "]);
    bake(
        "{ sins: gate }",
        &["the property Settings: `sins` is not a"],
    );
    bake(
        "{ for: 1h }",
        &["the property For: `for` stands in Settings"],
    );
    check_refused(
        "SluiceBake",
        &[("Gate", "a"), ("Settings", "{ name: b }")],
        &["the property Gate: Settings have a `name`"],
    );
}

#[test]
fn a_property_that_is_missing_is_named_as_such() {
    let given = configuration(&[("Mode", "watch_only")]);
    let text = asked("SluiceBake", &given).unwrap_err().to_string();
    for name in ["For", "Alarms", "Traffic"] {
        let expected = format!("the property {name}: is missing");
        assert!(text.contains(&expected), "{text}");
    }
    assert!(text.contains("reads no plan"), "{text}");
    let text = asked("SluiceCanary", &given).unwrap_err().to_string();
    assert!(
        text.contains("the property Groups: is missing") && text.contains("`preset: "),
        "{text}"
    );
    let text = asked("SluiceValidate", &given).unwrap_err().to_string();
    assert!(text.contains("the action's configuration: "), "{text}");
}

#[test]
fn a_variable_that_was_not_filled_in_is_not_taken_for_a_comment() {
    for name in ["Service", "For", "Alarms", "Settings"] {
        let expected = format!("the property {name}: `#{{variables.x}}` was not filled in");
        check_refused("SluiceBake", &[(name, "#{variables.x}")], &[&expected]);
    }
}

#[test]
fn another_provider_is_refused_by_name() {
    let text = asked("SluiceBeak", &BTreeMap::new())
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("`SluiceBeak`") && text.contains("`SluiceBake`"),
        "{text}"
    );
}
