//! `sluice explain` against a served world.

use serde_json::{Value, json};

use super::check::check_width;
use super::metrics::with_environment;
use super::world::{Served, folder, path, url_of};
use super::{Ran, sluice};

const SCENARIO: &str = "\
about: a service at night
metrics:
  requests: { namespace: N, name: Requests, dimensions: { A: b }, values: [ { constant: 10 } ] }
alarms:
  - { name: busy, metric: requests, stat: Sum, above: 100, datapoints: 1 of 1 }
  - { name: red, states: [ { at: -2h, state: OK }, { at: -20m, state: ALARM } ] }
aliases:
  - { function: checkout, name: live, version: \"7\" }
";

fn plan(gates: &str) -> String {
    format!("service: checkout\nstages: {{ prod: {{ gates: [ {gates} ] }} }}\n")
}

const BAKE: &str =
    "traffic: { metric: { namespace: N, name: Requests, dimensions: { A: b } }, at_least: 100 }";

/// A world, and what the command says of plans in it.
struct Account {
    folder: tempfile::TempDir,
    served: Served,
    url: String,
}

impl Account {
    fn new() -> Account {
        let folder = folder();
        let scenario = path(folder.path(), "s.yaml");
        std::fs::write(&scenario, SCENARIO).unwrap();
        let mut served = Served::start(&["--json", "--scenario", &scenario]);
        let url = url_of(&mut served);
        Account {
            folder,
            served,
            url,
        }
    }

    fn explain(&self, gates: &str, more: &[&str]) -> Ran {
        let file = path(self.folder.path(), "p.yaml");
        std::fs::write(&file, plan(gates)).unwrap();
        let settings = [
            ("AWS_ENDPOINT_URL", self.url.as_str()),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "AKIAFUNCTION0000000"),
            ("AWS_SECRET_ACCESS_KEY", "simulated"),
        ];
        with_environment(&settings, &[&["explain", &file], more].concat())
    }

    fn told(&self, gates: &str, more: &[&str], code: i32) -> Value {
        let ran = self.explain(gates, &[&["--json"], more].concat());
        assert_eq!(ran.code, code, "{}{}", ran.output, ran.errors);
        let document: Value = serde_json::from_str(&ran.output).unwrap();
        assert_eq!(document["format"], "sluice-explain/1");
        document["gates"][0].clone()
    }
}

#[test]
fn a_quiet_bake_with_people_would_pass_and_one_that_began_just_now_looks_on() {
    let account = Account::new();
    let gate = format!("{{ bake: {{ for: 30m, alarms: [busy], {BAKE} }} }}");
    let told = account.told(&gate, &[], 0);
    assert_eq!(told["had_begun"]["answer"], "pass", "{told}");
    assert_eq!(told["begins_now"]["answer"], "looks on");
    assert_eq!(told["kept_from_a_pass_by"], json!([]));
    assert_eq!(told["seen"]["alarms"][0]["state"], "OK");
    let count = told["seen"]["requests"]["count"].as_f64().unwrap();
    assert!((300.0..=340.0).contains(&count), "{count}");

    let told = account.told(&gate, &["--began", "5m ago"], 2);
    assert_eq!(told["had_begun"]["seconds_ago"], 300);
    assert_eq!(told["had_begun"]["answer"], "looks on");
    assert_eq!(
        told["kept_from_a_pass_by"][0]["code"], "NotEnoughTraffic",
        "{told}"
    );
}

#[test]
fn an_alarm_that_fired_in_that_time_fails_it_and_is_shown() {
    let account = Account::new();
    let gate = "{ bake: { for: 30m, alarms: [red], traffic: not_measured } }";
    let told = account.told(gate, &[], 1);
    assert_eq!(told["had_begun"]["reason"]["code"], "Fired", "{told}");
    assert_eq!(told["begins_now"]["reason"]["code"], "AlreadyInAlarm");
    assert_eq!(told["seen"]["alarms"][0]["state"], "ALARM");

    let told = account.told("{ clear: { alarms: [busy, red] } }", &[], 1);
    assert_eq!(told["begins_now"]["answer"], "fail");
    assert_eq!(told["kept_from_a_pass_by"][0]["code"], "InAlarm");
    assert_eq!(told["had_begun"], Value::Null);
}

#[test]
fn what_gates_cannot_answer_is_a_gate_error_with_its_mend() {
    let account = Account::new();
    let told = account.told("{ clear: { alarms: [nobody] } }", &[], 3);
    assert_eq!(
        told["begins_now"]["error"]["name"], "AlarmNotFound",
        "{told}"
    );
    let alias = "{ canary: { preset: { lambda_alias: { function: checkout, alias: live } } } }";
    let ran = account.explain(alias, &[]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.output.contains("sends everything to version 7"),
        "{}",
        ran.output
    );
    let role = "arn:aws:iam::111122223333:role/sluice/checkout";
    let gate = format!("{{ clear: {{ alarms: [{{ name: busy, role: \"{role}\" }}] }} }}");
    let ran = account.explain(&gate, &[]);
    assert_eq!(ran.code, 3);
    assert!(ran.output.contains("`--as-myself`"), "{}", ran.output);
    assert_eq!(
        account.told(&gate, &["--as-myself"], 0)["begins_now"]["answer"],
        "pass"
    );
}

#[test]
fn tests_are_named_and_started_by_nobody() {
    let mut account = Account::new();
    let gate = "{ validate: { lambda: [ { name: smoke, function: smoke } ] } }";
    let told = account.told(gate, &[], 0);
    assert_eq!(told["begins_now"], Value::Null);
    assert_eq!(told["seen"]["tests"], json!(["smoke: a function"]));
    let (code, rest) = account.served.interrupt();
    let last: Value = serde_json::from_str(rest.lines().last().unwrap()).unwrap();
    assert_eq!((code, &last["calls"]), (0, &json!({})));
}

#[test]
fn it_only_reads_and_its_text_fits_80_columns() {
    let mut account = Account::new();
    let gates = format!(
        "{{ bake: {{ for: 30m, alarms: [busy, red], mode: watch_only, {BAKE} }} }}, \
         {{ canary: {{ namespace: N, groups: {{ baseline: {{ dimensions: {{ A: b }} }}, \
         canary: {{ dimensions: {{ A: c }} }} }}, \
         metrics: [ {{ name: e, count: Errors, of: Requests }} ] }} }}"
    );
    let ran = account.explain(&gates, &[]);
    assert_eq!(ran.code, 1, "{}{}", ran.output, ran.errors);
    check_width(&ran.output);
    let words: Vec<&str> = ran.output.split_whitespace().collect();
    let said = words.join(" ");
    for part in [
        "only watches",
        "new version: A=c",
        "new version 0 of 60 periods",
        "keeps it from",
    ] {
        assert!(said.contains(part), "no `{part}`:\n{}", ran.output);
    }
    let (_, rest) = account.served.interrupt();
    let last: Value = serde_json::from_str(rest.lines().last().unwrap()).unwrap();
    for call in last["calls"].as_object().unwrap().keys() {
        let (_, name) = call.split_once(':').unwrap();
        assert!(
            name.starts_with("Describe") || name.starts_with("Get"),
            "{call}"
        );
    }
}

#[test]
fn a_gate_that_the_plan_does_not_have_is_named_with_those_it_has() {
    let ran = sluice(&["explain", "examples/checkout/sluice.yaml", "--gate", "cake"]);
    assert_eq!((ran.code, ran.output.as_str()), (3, ""));
    assert!(ran.errors.contains("prod-one-box/bake"), "{}", ran.errors);
    let ran = sluice(&[
        "explain",
        "examples/checkout/sluice.yaml",
        "--began",
        "soon",
    ]);
    assert_eq!(ran.code, 64);
}
