//! Plans with mistakes, and plans of something else.

use super::bench::{Case, PLAN, parameters};

const MISTAKE: &str = "ConfigurationError";

/// A plan whose one gate has these settings.
fn bake(settings: &str) -> Case {
    Case::plan(&format!(
        "service: checkout\nstages:\n  prod:\n    gates:\n      - bake: {settings}\n"
    ))
}

#[test]
fn broken_yaml_is_refused_with_its_place() {
    let done = Case::plan("service: checkout\nstages: [\n").check_refused(
        MISTAKE,
        &["SettingsInvalid", "sluice.yaml:", "sluice check"],
    );
    assert!(done.execution.stages[1].actions[1].jobs.len() == 1);
}

#[test]
fn a_plan_that_is_empty_or_no_mapping_is_refused() {
    for text in ["", "# nothing\n", "- a\n", "42\n", "null\n", "\u{0}"] {
        Case::plan(text).check_refused(MISTAKE, &["SettingsInvalid", "sluice.yaml"]);
    }
}

#[test]
fn a_plan_that_refers_to_itself_without_end_is_refused() {
    let mut text = "a0: &a0 [x]\n".to_owned();
    for level in 1..30 {
        let inner = format!("*a{},", level - 1).repeat(10);
        text.push_str(&format!("a{level}: &a{level} [{inner}]\n"));
    }
    Case::plan(&text).check_refused(MISTAKE, &["SettingsInvalid", "sluice.yaml"]);
}

#[test]
fn ten_mistakes_are_all_named_in_one_answer() {
    let text = "
service: check out
colour: blue
stages:
  prod:
    gates:
      - bake:
          for: 0s
          trafic: not_measured
          alarms: []
          quiet_after: -5m
          recovered: perhaps
          mode: watch
      - bake: { name: second, for: soon, traffic: { metric: { namespace: A, name: B }, at_least: 0 }, alarms: [a, a] }
    on_fail: { roll_back: sideways }
";
    let done = Case::plan(text).check_refused(
        MISTAKE,
        &[
            "colour",
            "service",
            "gates[0].bake.for",
            "trafic",
            "gates[0].bake.alarms",
            "quiet_after",
            "perhaps",
            "mode",
            "gates[1].bake.for",
            "at_least",
            "gates[1].bake.alarms",
            "sideways",
        ],
    );
    let (_, message) = done.failure();
    let lines = message
        .lines()
        .filter(|line| line.starts_with("sluice.yaml:"));
    assert!(lines.count() >= 10, "{message}");
}

#[test]
fn a_bake_without_alarms_is_refused() {
    bake("{ for: 30m, traffic: not_measured, alarms: [] }").check_refused(MISTAKE, &["alarms"]);
    bake("{ for: 30m, traffic: not_measured }").check_refused(MISTAKE, &["alarms"]);
}

#[test]
fn a_bake_that_says_nothing_of_traffic_is_refused() {
    let expected = ["traffic", "not_measured"];
    bake("{ for: 30m, alarms: [errors] }").check_refused(MISTAKE, &expected);
}

#[test]
fn lengths_that_are_none_or_no_lengths_are_refused() {
    for length in [
        "0s",
        "0",
        "24h",
        "-5m",
        "-1",
        "999999999999h",
        "1e9",
        "soon",
        "30",
        "~",
        "[30m]",
        "100000d",
        "30 m 5",
        ".inf",
        "\"\"",
    ] {
        let settings = format!("{{ for: {length}, traffic: not_measured, alarms: [errors] }}");
        let done = bake(&settings).check_refused(MISTAKE, &["SettingsInvalid", "bake.for"]);
        assert_eq!(done.gate().jobs.len(), 1, "{length}");
    }
}

#[test]
fn an_alarm_that_does_not_exist_is_named() {
    bake("{ for: 30m, traffic: not_measured, alarms: [errors, erors] }")
        .check_refused(MISTAKE, &["AlarmNotFound", "`erors`", "describe-alarms"]);
    bake("{ for: 30m, traffic: not_measured, alarms: [ { prefix: payments- } ] }")
        .check_refused(MISTAKE, &["AlarmNotFound", "payments-"]);
}

#[test]
fn a_plan_of_another_service_is_refused() {
    let mut of = parameters();
    of["service"] = "payments".into();
    Case::parameters(of).check_refused(MISTAKE, &["GateNotInPlan", "`checkout`", "`payments`"]);
}

#[test]
fn a_stage_and_a_gate_that_the_plan_does_not_have_are_told_with_those_it_has() {
    let plan = PLAN.replace("  prod:", "  production:");
    let expected = ["GateNotInPlan", "`prod`", "`production`"];
    Case::plan(&plan).check_refused(MISTAKE, &expected);
    let mut of = parameters();
    of["gate"] = "smoke".into();
    let expected = ["GateNotInPlan", "`smoke`", "`bake`"];
    Case::parameters(of).check_refused(MISTAKE, &expected);
}
