//! Layers put on each other: what comes out, what is refused, and who may.

use jiff::Timestamp;
use serde_json::json;

use super::{Asked, Layer, Scope, resolve, values};
use crate::GateError;
use crate::plan::ResolvedPlan;

mod documents;
mod property;
mod tighter;

const COMPANY: &str = r#"
stages:
  "*":
    on_inconclusive: { notify: [release-desk] }
  prod*:
    gates:
      - bake: { for: 1h, traffic: { at_least: 100 } }
    on_fail: { roll_back: stage, notify: [release-desk] }
    loosenable: [bake.traffic.at_least]
"#;

const CHECKOUT: &str = r#"
pipelines: [checkout]
stages:
  prod:
    gates:
      - bake:
          for: 2h
          traffic: { metric: { namespace: AWS/ApplicationELB, name: RequestCount }, at_least: 20 }
          alarms: [checkout-5xx]
      - clear: { alarms: [checkout-5xx] }
    on_fail: { notify: [checkout] }
"#;

const ASKED: Asked<'static> = Asked {
    pipeline: Some("checkout"),
    release: "r-1",
    stage: "prod",
    service: "checkout",
    at: Timestamp::UNIX_EPOCH,
};

fn layer(scope: &str, version: u32, text: &str) -> Layer {
    let scope: Scope = scope.parse().unwrap();
    let read = Layer::read(&scope, &format!("{scope}@{version}"), text, |_| Ok(()));
    read.unwrap_or_else(|problems| panic!("{}", problems.render("layer", Some(text))))
}

fn example() -> Vec<Layer> {
    vec![
        layer("organisation", 3, COMPANY),
        layer("service:checkout", 5, CHECKOUT),
    ]
}

/// What comes of an organisation's and a service's stage `prod`.
fn both(organisation: &str, service: &str) -> Result<ResolvedPlan, GateError> {
    let stage = |own: &str| format!("stages: {{ prod: {own} }}");
    let layers = [
        layer("organisation", 1, &stage(organisation)),
        layer("service:checkout", 1, &stage(service)),
    ];
    resolve(&ASKED, &layers)
}

const BAKE: &str = "{ gates: [{ bake: { for: 1h, alarms: [a], traffic: not_measured } }] }";

#[track_caller]
fn check_locked(organisation: &str, service: &str, expected: &str) {
    let error = both(organisation, service).expect_err("it loosens");
    assert_eq!(error.name(), "PlanLocked", "{error}");
    assert_eq!(error.to_string(), expected);
}

#[track_caller]
fn check_allowed(organisation: &str, service: &str) -> ResolvedPlan {
    both(organisation, service).unwrap_or_else(|error| panic!("{error}"))
}

#[track_caller]
fn check_value(plan: &ResolvedPlan, path: &str, expected: serde_json::Value, from: &str) {
    let values = values(&plan.plan);
    let (_, value) = values
        .iter()
        .find(|(own, _)| own == path)
        .unwrap_or_else(|| {
            panic!("no {path} in {values:?}");
        });
    assert_eq!(
        (value, plan.sources[path].as_str()),
        (&expected, from),
        "{path}"
    );
}

#[test]
fn layers_complete_each_other_and_every_value_says_where_it_comes_from() {
    let plan = resolve(&ASKED, &example()).unwrap();
    assert_eq!(plan.from, ["organisation@3", "service:checkout@5"]);
    let names: Vec<&str> = plan
        .plan
        .gates
        .iter()
        .map(|gate| gate.name.as_str())
        .collect();
    assert_eq!(names, ["bake", "clear"]);
    check_value(&plan, "bake.for", json!("2h"), "service:checkout@5");
    check_value(
        &plan,
        "bake.traffic.at_least",
        json!(20),
        "service:checkout@5",
    );
    check_value(
        &plan,
        "bake.alarms[0]",
        json!("checkout-5xx"),
        "service:checkout@5",
    );
    check_value(&plan, "bake.mode", json!("enforce"), "default");
    check_value(&plan, "on_fail.roll_back", json!("stage"), "organisation@3");
    check_value(
        &plan,
        "on_fail.notify[0]",
        json!("release-desk"),
        "organisation@3",
    );
    check_value(
        &plan,
        "on_fail.notify[1]",
        json!("checkout"),
        "service:checkout@5",
    );
    check_value(&plan, "on_error.roll_back", json!("no"), "default");
    assert_eq!(plan.sources.len(), values(&plan.plan).len());
}

#[test]
fn a_shorter_bake_is_refused_and_says_who_may_allow_it() {
    let service = "{ gates: [{ bake: { for: 10m } }] }";
    check_locked(
        BAKE,
        service,
        "`service:checkout@1` loosens `bake.for` of stage `prod` from `1h`, which `organisation@1` locks, to `10m`",
    );
    let hint = both(BAKE, service).unwrap_err().hint();
    assert!(hint.contains("whoever may push `organisation`"), "{hint}");
    assert!(hint.contains("loosenable: [bake.for]"), "{hint}");
}

#[test]
fn what_makes_a_gate_weaker_is_refused_one_by_one() {
    for setting in [
        "mode: watch_only",
        "release_check: off",
        "already_in_alarm: ignore",
        "recovered: accept",
        "quiet_for: 30m",
        "settle: 1m",
        "since: gate",
        "on_rollback: watch",
        "recover_within: 2h",
        "at_most: 20h",
    ] {
        let service = format!("{{ gates: [{{ bake: {{ {setting} }} }}] }}");
        let error = both(BAKE, &service).unwrap_err();
        assert_eq!(error.name(), "PlanLocked", "{setting}: {error}");
    }
    for policy in [
        "on_inconclusive: { proceed: true }",
        "stop_others: false, on_fail: { roll_back: no }",
    ] {
        let organisation = BAKE.replace(
            "] }",
            "], stop_others: true, on_fail: { roll_back: native } }",
        );
        let organisation = organisation.replace(
            "[a], stop_others: true, on_fail: { roll_back: native } }",
            "[a]",
        );
        let error = both(&organisation, &format!("{{ {policy} }}")).unwrap_err();
        assert_eq!(error.name(), "PlanLocked", "{policy}: {error}");
    }
}

#[test]
fn measured_traffic_is_tighter_than_none_and_not_the_other_way() {
    let measured =
        "{ gates: [{ bake: { traffic: { metric: { namespace: N, name: R }, at_least: 1 } } }] }";
    check_allowed(BAKE, measured);
    let organisation = "{ gates: [{ bake: { for: 1h, alarms: [a], traffic: { metric: { namespace: N, name: R }, at_least: 1 } } }] }";
    let not = "{ gates: [{ bake: { traffic: not_measured } }] }";
    assert_eq!(both(organisation, not).unwrap_err().name(), "PlanLocked");
    let partly = "{ gates: [{ bake: { for: 1h, alarms: [a] } }] }";
    assert_eq!(both(partly, not).unwrap_err().name(), "PlanLocked");
    let other = "{ gates: [{ bake: { traffic: { metric: { name: Other } } } }] }";
    assert_eq!(both(organisation, other).unwrap_err().name(), "PlanLocked");
}

#[test]
fn a_list_is_added_to_what_is_locked_and_replaces_what_is_loosenable() {
    let service = "{ gates: [{ bake: { alarms: [b] } }] }";
    let plan = check_allowed(BAKE, service);
    check_value(&plan, "bake.alarms[0]", json!("a"), "organisation@1");
    check_value(&plan, "bake.alarms[1]", json!("b"), "service:checkout@1");
    let open = BAKE.replace("}] }", "}], loosenable: [bake.alarms] }");
    let plan = check_allowed(&open, service);
    check_value(&plan, "bake.alarms[0]", json!("b"), "service:checkout@1");
    assert!(!plan.sources.contains_key("bake.alarms[1]"));
}

#[test]
fn a_layer_can_unlock_only_what_it_wrote() {
    let mut layers = vec![layer(
        "organisation",
        1,
        &format!("stages: {{ prod: {BAKE} }}"),
    )];
    let stage = "stages: { prod: { gates: [{ bake: { for: 2h } }], loosenable: [bake] } }";
    layers.push(layer("stage:prod", 1, stage));
    let service = |length: &str| {
        let text = format!("stages: {{ prod: {{ gates: [{{ bake: {{ for: {length} }} }}] }} }}");
        layer("service:checkout", 1, &text)
    };
    let with = |length: &str| {
        let mut all = layers.clone();
        all.push(service(length));
        resolve(&ASKED, &all)
    };
    check_value(
        &with("90m").unwrap(),
        "bake.for",
        json!("1h30m"),
        "service:checkout@1",
    );
    let error = with("59m").unwrap_err().to_string();
    assert!(
        error.contains("from `1h`, which `organisation@1` locks, to `59m`"),
        "{error}"
    );
}

#[test]
fn a_default_stays_locked_when_a_layer_between_lets_its_own_value_be_loosened() {
    let layers = [
        layer(
            "organisation",
            1,
            &format!(
                "stages: {{ prod: {} }}",
                BAKE.replace(
                    "not_measured",
                    "{ metric: { namespace: N, name: R }, at_least: 1 }"
                )
            ),
        ),
        layer(
            "stage:prod",
            1,
            "stages: { prod: { gates: [{ bake: { quiet_for: 5m } }], loosenable: [bake.quiet_for] } }",
        ),
        layer(
            "service:checkout",
            1,
            "stages: { prod: { gates: [{ bake: { quiet_for: 16m } }] } }",
        ),
    ];
    assert_eq!(resolve(&ASKED, &layers).unwrap_err().name(), "PlanLocked");
}

#[test]
fn an_artifact_adds_and_tightens_and_never_loosens_even_what_is_loosenable() {
    let open = BAKE.replace("}] }", "}], loosenable: [bake, on_inconclusive] }");
    let organisation = layer("organisation", 1, &format!("stages: {{ prod: {open} }}"));
    let artifact = |stage: serde_json::Value| {
        let plan = json!({ "service": "checkout", "stages": { "prod": stage } });
        resolve(
            &ASKED,
            &[organisation.clone(), Layer::artifact(&plan).unwrap()],
        )
    };
    let plan = artifact(
        json!({ "gates": [{ "bake": { "for": "2h" } }, { "clear": { "alarms": ["z"] } }] }),
    )
    .unwrap();
    check_value(&plan, "bake.for", json!("2h"), "artifact");
    check_value(&plan, "clear.alarms[0]", json!("z"), "artifact");
    for stage in [
        json!({ "gates": [{ "bake": { "for": "10m" } }] }),
        json!({ "gates": [{ "bake": { "mode": "watch_only" } }] }),
        json!({ "on_inconclusive": { "proceed": true } }),
    ] {
        let error = artifact(stage.clone()).unwrap_err();
        assert_eq!(error.name(), "PlanLocked", "{stage}: {error}");
        assert!(error.hint().contains("can only add and tighten"));
    }
    let plan = artifact(json!({ "gates": [{ "bake": { "alarms": ["b"] } }] })).unwrap();
    check_value(&plan, "bake.alarms[0]", json!("a"), "organisation@1");
}

#[test]
fn a_gate_of_another_kind_under_the_same_name_is_refused() {
    check_locked(
        BAKE,
        "{ gates: [{ clear: { name: bake, alarms: [a] } }] }",
        "`service:checkout@1` loosens `bake` of stage `prod` from `bake`, which `organisation@1` locks, to `clear`",
    );
}

#[test]
fn a_plan_without_a_gate_is_an_error_and_so_is_one_with_too_many() {
    let error = resolve(&ASKED, &[]).unwrap_err();
    assert_eq!(error.name(), "PlanEmpty");
    let none = layer(
        "organisation",
        1,
        "stages: { prod: { on_fail: { roll_back: native } } }",
    );
    assert_eq!(resolve(&ASKED, &[none]).unwrap_err().name(), "PlanEmpty");
    let gate = |index: usize| format!("{{ clear: {{ name: c-{index}, alarms: [a] }} }}");
    let gates: Vec<String> = (0..21).map(gate).collect();
    let many = |count: usize| {
        let text = format!(
            "stages: {{ prod: {{ gates: [{}] }} }}",
            gates[..count].join(", ")
        );
        resolve(&ASKED, &[layer("organisation", 1, &text)])
    };
    assert_eq!(many(20).unwrap().plan.gates.len(), 20);
    let error = many(21).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("it has 21 gates, and at most 20"),
        "{error}"
    );
}

#[test]
fn what_is_missing_after_all_layers_is_named_with_the_layers() {
    let error = both(
        "{ gates: [{ bake: { for: 1h } }] }",
        "{ gates: [{ clear: { alarms: [a] } }] }",
    )
    .unwrap_err();
    assert_eq!(error.name(), "SettingsInvalid");
    let text = error.to_string();
    assert!(
        text.contains("(from organisation@1, service:checkout@1)"),
        "{text}"
    );
    assert!(text.contains("`alarms` is missing"), "{text}");
}

#[test]
fn another_pipeline_or_service_is_an_error() {
    let other = Asked {
        pipeline: Some("payments"),
        ..ASKED
    };
    let error = resolve(&other, &example()).unwrap_err();
    assert_eq!(error.name(), "ReleaseMismatch");
    assert!(
        error
            .to_string()
            .contains("bound to `checkout` by `service:checkout@5`"),
        "{error}"
    );
    let plan = json!({ "service": "payments", "stages": { "prod": { "gates": [{ "clear": { "alarms": ["a"] } }] } } });
    let error = resolve(&ASKED, &[Layer::artifact(&plan).unwrap()]).unwrap_err();
    assert_eq!(error.name(), "ReleaseMismatch");
}
