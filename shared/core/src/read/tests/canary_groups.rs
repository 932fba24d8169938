//! Mistakes in where the groups of a canary come from, and what presets bring.

use serde_json::{Value, json};

use crate::plan::{GateSettings, Plan};
use crate::settings::Canary;

const METRICS: &str =
    r#", "namespace": "Shop", "metrics": [{"name": "errors", "count": "E", "of": "R"}]"#;

fn read(settings: &str) -> Result<Canary, String> {
    let settings: Value = serde_json::from_str(settings).unwrap();
    match GateSettings::read_json("canary", &settings) {
        Ok(GateSettings::Canary(canary)) => Ok(canary),
        Ok(other) => panic!("{other:?}"),
        Err(problems) => Err(problems.lines("job")),
    }
}

#[track_caller]
fn check(settings: &str, expected: &str) {
    let said = match read(settings) {
        Ok(_) => "accepted".to_owned(),
        Err(said) => {
            let lines = said.lines();
            let lines = lines.map(|line| line.trim_start_matches("job: "));
            lines.collect::<Vec<_>>().join("\n")
        }
    };
    assert_eq!(said, expected, "{settings}");
}

fn preset(preset: &str) -> String {
    format!(r#"{{"preset": {preset}}}"#)
}

fn dimensions(canary: &Canary) -> Value {
    let groups = canary.known_groups().unwrap();
    json!([groups.baseline.dimensions, groups.canary.dimensions])
}

const ALB: &str = r#"{"alb": {"load_balancer": "app/a/1", "baseline": "targetgroup/a/1", "canary": "targetgroup/b/2"}}"#;

#[test]
fn exactly_one_says_where_the_groups_come_from() {
    let one = r#""before_after": {"dimensions": {"V": "1"}}"#;
    check(&format!("{{{one}{METRICS}}}"), "accepted");
    check(
        &format!(r#"{{"preset": {ALB}, {one}}}"#),
        "settings.before_after: stands beside `preset`, and only one of them can hold",
    );
    let none = &METRICS[2..];
    check(&format!("{{{none}}}"), "settings: `groups` is missing");
    check(
        &format!(r#"{{"group": {{}}, {none}}}"#),
        "settings: `group` is not a field of `canary`",
    );
}

#[test]
fn metrics_may_be_left_out_beside_a_preset_only() {
    check(&preset(ALB), "accepted");
    check(
        r#"{"before_after": {"dimensions": {"V": "1"}}}"#,
        "settings: `metrics` is missing",
    );
    check(
        &format!(r#"{{"preset": {ALB}, "metrics": []}}"#),
        "settings.metrics: names no metric, so nothing could be judged",
    );
}

#[test]
fn a_presets_metrics_and_namespace_give_way_to_written_ones() {
    let brought = read(&preset(ALB)).unwrap();
    assert_eq!(brought.namespace.as_deref(), Some("AWS/ApplicationELB"));
    let names: Vec<&str> = brought.metrics.iter().map(|metric| metric.name()).collect();
    assert_eq!(names, ["errors", "connection-errors", "latency"]);
    let own = read(&format!(r#"{{"preset": {ALB}{METRICS}}}"#)).unwrap();
    assert_eq!(own.namespace.as_deref(), Some("Shop"));
    assert_eq!(own.metrics.len(), 1);
}

#[test]
fn a_preset_says_what_counts_the_requests() {
    let split = r#""traffic": {"canary_share": "10%"}"#;
    check(&format!(r#"{{"preset": {ALB}, {split}}}"#), "accepted");
    check(
        &format!(
            r#"{{"groups": {{"baseline": {{"dimensions": {{"V": "1"}}}}, "canary": {{"dimensions": {{"V": "2"}}}}}}, {split}{METRICS}}}"#
        ),
        "settings.traffic: `count` is missing",
    );
}

#[test]
fn presets_give_complete_sets_of_dimensions() {
    let alb = read(&preset(ALB)).unwrap();
    assert_eq!(
        dimensions(&alb),
        json!([
            { "LoadBalancer": "app/a/1", "TargetGroup": "targetgroup/a/1" },
            { "LoadBalancer": "app/a/1", "TargetGroup": "targetgroup/b/2" },
        ])
    );
    let alias =
        r#"{"lambda_alias": {"function": "f", "alias": "live", "baseline": 7, "canary": "8"}}"#;
    assert_eq!(
        dimensions(&read(&preset(alias)).unwrap()),
        json!([
            { "FunctionName": "f", "Resource": "f:live", "ExecutedVersion": "7" },
            { "FunctionName": "f", "Resource": "f:live", "ExecutedVersion": "8" },
        ])
    );
    let stage = r#"{"api_gateway": {"api": "a", "stage": "prod"}}"#;
    assert_eq!(
        dimensions(&read(&preset(stage)).unwrap()),
        json!([
            { "ApiName": "a", "Stage": "prod" },
            { "ApiName": "a", "Stage": "prod/Canary" },
        ])
    );
    let unknown = r#"{"lambda_alias": {"function": "f", "alias": "live", "canary": 8}}"#;
    assert_eq!(read(&preset(unknown)).unwrap().known_groups(), None);
}

#[test]
fn a_preset_is_one_of_three() {
    check(
        &preset("{}"),
        "settings.preset: names not exactly one preset",
    );
    check(
        &preset(r#"{"alias": {}}"#),
        "settings.preset: `alias` is not a preset",
    );
}

#[test]
fn target_groups_are_two_and_written_as_dimensions_hold_them() {
    let alb = |balancer: &str, old: &str, new: &str| {
        preset(&format!(
            r#"{{"alb": {{"load_balancer": "{balancer}", "baseline": "{old}", "canary": "{new}"}}}}"#
        ))
    };
    let [a, b] = ["targetgroup/a/1", "targetgroup/b/2"];
    check(
        &alb("app/a/1", a, a),
        "settings.preset.alb.canary: is the same as `baseline`, so nothing is compared",
    );
    check(
        &alb("arn:aws:elb:eu-west-1:1:loadbalancer/app/a/1", a, b),
        "settings.preset.alb.load_balancer: \
         `arn:aws:elb:eu-west-1:1:loadbalancer/app/a/1` is not of the \
         form `app/NAME/ID`",
    );
    check(
        &alb("net/a/1", a, b),
        "settings.preset.alb.load_balancer: `net/a/1` is not of the form `app/NAME/ID`",
    );
    check(
        &alb("app/a/1", "stable", b),
        "settings.preset.alb.baseline: `stable` is not of the form `targetgroup/NAME/ID`",
    );
}

#[test]
fn an_alias_is_one_of_a_functions_name_and_versions_are_numbers() {
    let alias = |fields: &str| preset(&format!(r#"{{"lambda_alias": {{{fields}}}}}"#));
    check(&alias(r#""function": "f", "alias": "live""#), "accepted");
    check(
        &alias(r#""function": "f", "alias": "7""#),
        "settings.preset.lambda_alias.alias: is a version, and a version divides nothing",
    );
    check(
        &alias(r#""function": "f:live", "alias": "live""#),
        "settings.preset.lambda_alias.function: `f:live` is not a name of letters, digits, `-` and `_`",
    );
    check(
        &alias(r#""function": "f", "alias": "live", "canary": "$LATEST""#),
        "settings.preset.lambda_alias.canary: is not a published version",
    );
    check(
        &alias(r#""function": "f", "alias": "live", "baseline": 7, "canary": 7"#),
        "settings.preset.lambda_alias.canary: is the same as `baseline`, so nothing is compared",
    );
}

#[test]
fn before_and_after_divide_no_requests_and_need_whole_minutes() {
    let with = |more: &str| {
        format!(r#"{{"before_after": {{"dimensions": {{"V": "1"}}}}{METRICS}, {more}}}"#)
    };
    check(
        &with(r#""traffic": {"count": "R", "canary_share": "10%"}"#),
        "settings.traffic: has no effect with `before_after`: nothing divides the requests",
    );
    check(
        &with(r#""period": "10s""#),
        "settings.period: CloudWatch keeps periods of less than a minute for three hours, and \
         `before_after` looks further back",
    );
    check(
        &format!(r#"{{"before_after": {{"dimensions": {{}}}}{METRICS}}}"#),
        "settings.before_after.dimensions: names no dimension",
    );
}

#[test]
fn mistakes_in_presets_show_their_place_and_mend() {
    let plan = "\
service: checkout
stages:
  prod:
    gates:
      - canary:
          preset: { alb: { load_balancer: net/a/1, baseline: targetgroup/a/1, canry: targetgroup/b/2 } }
";
    let said = Plan::read_yaml(plan).unwrap_err();
    assert_eq!(said.render("sluice.yaml", Some(plan)), "\
sluice.yaml:6:43: stages.prod.gates[0].canary.preset.alb.load_balancer: `net/a/1` is not of the form `app/NAME/ID`
  |           preset: { alb: { load_balancer: net/a/1, baseline: targetgroup/a/1, canry: targetgroup/b/2 } }
  |                                           ^
  hint: write the end of its ARN: `load_balancer: app/checkout/9f8e7d6c5b4a3f2e`
sluice.yaml:6:79: stages.prod.gates[0].canary.preset.alb: `canry` is not a field of `alb`
  |           preset: { alb: { load_balancer: net/a/1, baseline: targetgroup/a/1, canry: targetgroup/b/2 } }
  |                                                                               ^
  hint: did you mean `canary`?
        known are `load_balancer`, `baseline`, `canary`, `region` and `role`
");
}
