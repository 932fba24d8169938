//! Whole plans: what is accepted, what is refused, and what is found in them.

use proptest::prelude::*;

use super::{GateSettings, Plan, RollBack};
use crate::settings::{Mode, ReleaseCheck};

mod canaries;
mod round_trip;
mod ten_mistakes;

const EXAMPLE: &str = r#"
service: checkout
stages:
  prod-one-box:
    gates:
      - clear: { alarms: [checkout-5xx], within: 15m }
      - bake:
          for: 1h
          traffic: { metric: { namespace: AWS/ApplicationELB, name: RequestCount, stat: Sum, dimensions: { LoadBalancer: app/checkout/1, TargetGroup: targetgroup/one-box/2 } }, at_least: 100 }
          at_most: 4h
          alarms: [checkout-5xx, checkout-p99, { name: payments-5xx, region: eu-west-1, role: "arn:aws:iam::111122223333:role/sluice/read" }]
    on_fail: { roll_back: stage, notify: [team] }
    on_inconclusive: { proceed: true, notify: [team] }
  prod:
    gates:
      - bake: { for: 12h, alarms: [{ prefix: checkout- }], traffic: not_measured, release_check: off, mode: watch_only }
    on_fail: { roll_back: no }
"#;

#[track_caller]
fn check(text: &str, expected: &str) {
    let said = match Plan::read_yaml(text) {
        Ok(_) => "accepted\n".to_owned(),
        Err(problems) => problems.render("sluice.yaml", None),
    };
    assert_eq!(said.trim_end(), expected, "{text}");
}

/// One stage with what is given in it.
#[track_caller]
fn check_stage(stage: &str, expected: &str) {
    check(
        &format!("service: checkout\nstages:\n  prod:\n{stage}"),
        expected,
    );
}

#[test]
fn problems_serialize_with_their_places() {
    let problems = Plan::read_yaml("service: a b\nstages: {p: {gates: []}}").unwrap_err();
    assert_eq!(
        serde_json::to_value(&problems).unwrap()[0],
        serde_json::json!({
            "severity": "error",
            "at": {"line": 1, "column": 10},
            "path": "service",
            "message": "`a b` is not a name",
            "hint": "1 to 100 letters, digits, `.`, `@`, `_` and `-`, as CodePipeline allows",
        })
    );
}

#[test]
fn a_plan_is_read_as_it_is_written() {
    let plan = Plan::read_yaml(EXAMPLE).unwrap();
    let names: Vec<&str> = plan
        .stages
        .iter()
        .map(|stage| stage.name.as_str())
        .collect();
    assert_eq!(names, ["prod-one-box", "prod"]);
    let (stage, gate) = plan.find("prod-one-box", "bake").unwrap();
    assert_eq!(stage.policies.on_fail.roll_back, RollBack::Stage);
    assert!(stage.policies.on_inconclusive.proceed);
    assert_eq!(stage.policies.on_error, super::Policy::default());
    assert_eq!(gate.settings.kind(), "bake");
    let (stage, gate) = plan.find("prod", "bake").unwrap();
    assert_eq!(stage.policies.on_fail.roll_back, RollBack::No);
    assert_eq!(gate.settings.mode(), Mode::WatchOnly);
    assert_eq!(gate.settings.release_check(), ReleaseCheck::Off);
}

#[test]
fn what_is_not_in_the_plan_is_answered_with_what_is() {
    let plan = Plan::read_yaml(EXAMPLE).unwrap();
    let error = plan.find("Prod", "bake").unwrap_err();
    assert_eq!(
        format!("{error}; {}", error.hint()),
        "the plan of service `checkout` has no stage `Prod`; \
         did you mean `prod`? its stages are `prod-one-box` and `prod`"
    );
    let error = plan.find("prod", "canary").unwrap_err();
    assert_eq!(
        format!("{error}; {}", error.hint()),
        "stage `prod` has no gate `canary` in the plan of service `checkout`; its gates are `bake`"
    );
}

#[test]
fn a_plan_that_would_pass_everything_is_refused() {
    for (text, expected) in [
        (
            "",
            "sluice.yaml:1:1: the document is empty, and an empty plan would pass every release\n  \
             hint: write `service: NAME` and `stages:` with at least one gate",
        ),
        (
            "service: checkout",
            "sluice.yaml:1:1: `stages` is missing\n  \
             hint: a plan without stages would pass every release: \
             write `stages: { NAME: { gates: [...] } }`",
        ),
        (
            "service: checkout\nstages: {}",
            "sluice.yaml:2:9: stages: names no stage, and an empty plan would pass every release",
        ),
        (
            "service: checkout\nstages:\n",
            "sluice.yaml:2:1: stages: is empty, and a map is wanted",
        ),
    ] {
        check(text, expected);
    }
    let hint =
        "\n  hint: write `- bake: { for: 1h, alarms: [checkout-5xx], traffic: not_measured }`";
    check_stage(
        "    {}",
        &format!("sluice.yaml:3:3: stages.prod: `gates` is missing{hint}"),
    );
    check_stage(
        "    gates: []",
        &format!(
            "sluice.yaml:4:12: stages.prod.gates: has no gate, so it would pass every release{hint}"
        ),
    );
}

#[test]
fn an_unknown_kind_of_gate_is_guessed() {
    check_stage(
        "    gates: [{ bakee: {} }]",
        "sluice.yaml:4:13: stages.prod.gates[0]: `bakee` is not a kind of gate\n  \
         hint: did you mean `bake`? known are `bake`, `canary`, `clear` and `validate`",
    );
}

#[test]
fn a_gate_is_one_kind_with_its_settings_below_it() {
    let hint =
        "\n  hint: write `- bake: { for: 1h, alarms: [checkout-5xx], traffic: not_measured }`";
    check_stage(
        "    gates:\n      - bake:\n        for: 1h\n",
        "sluice.yaml:5:9: stages.prod.gates[0]: the settings of `bake` stand beside it\n  \
         hint: indent the settings by two spaces more than `bake:`",
    );
    check_stage(
        "    gates: [bake]",
        &format!(
            "sluice.yaml:4:13: stages.prod.gates[0]: text where a gate with its settings is wanted{hint}"
        ),
    );
    check_stage(
        "    gates: [{ clear: { alarms: [a] }, bake: {} }]",
        &format!(
            "sluice.yaml:4:13: stages.prod.gates[0]: 2 keys where one kind of gate is wanted{hint}"
        ),
    );
}

#[test]
fn two_gates_of_one_name_in_a_stage_are_refused() {
    check_stage(
        "    gates:\n      - clear: { alarms: [a] }\n      - clear: { alarms: [b] }\n",
        "sluice.yaml:6:9: stages.prod.gates[1]: a second gate of this stage has the name `clear`\n  \
         hint: give one of them another: `name: clear-2`",
    );
    check_stage(
        "    gates:\n      - clear: { alarms: [a] }\n      - clear: { name: more, alarms: [b] }\n",
        "accepted",
    );
}

#[test]
fn only_on_fail_rolls_back_and_only_on_inconclusive_proceeds() {
    let gates = "    gates: [{ clear: { alarms: [a] } }]\n";
    for accepted in [
        "on_fail: { roll_back: native }",
        "on_fail: { roll_back: codedeploy }",
        "on_inconclusive: { roll_back: no, proceed: true }",
        "on_error: { roll_back: no, proceed: false }",
    ] {
        check_stage(&format!("{gates}    {accepted}"), "accepted");
    }
    for policy in ["on_inconclusive", "on_error"] {
        check_stage(
            &format!("{gates}    {policy}: {{ roll_back: native }}"),
            &format!(
                "sluice.yaml:5:{}: stages.prod.{policy}.roll_back: only `on_fail` rolls back: an \
                 outage of what the gate reads would roll back good releases\n  hint: write \
                 `roll_back: no`, or leave it out: the release is held until somebody decides",
                policy.len() + 20
            ),
        );
    }
    for policy in ["on_fail", "on_error"] {
        check_stage(
            &format!("{gates}    {policy}: {{ proceed: true }}"),
            &format!(
                "sluice.yaml:5:{}: stages.prod.{policy}.proceed: only `on_inconclusive` takes \
                 `proceed`\n  hint: to let releases go on whatever a gate says, write \
                 `mode: watch_only` in its settings",
                policy.len() + 18
            ),
        );
    }
    check_stage(
        &format!("{gates}    on_fail: {{ roll_back: false }}"),
        "sluice.yaml:5:27: stages.prod.on_fail.roll_back: `true` or `false` where a word is \
         wanted\n  hint: allowed are `no`, `native`, `stage` and `codedeploy`",
    );
}

#[test]
fn names_that_are_no_names_are_refused_where_they_stand() {
    check(
        "service: checkout\nstages:\n  two words: { gates: [{ clear: { alarms: [a] } }] }\n",
        "sluice.yaml:3:3: stages[`two words`]: `two words` is not a name\n  \
         hint: 1 to 100 letters, digits, `.`, `@`, `_` and `-`, as CodePipeline allows",
    );
}

#[test]
fn what_is_allowed_and_worth_a_look_is_warned_of() {
    let (_, warnings) = Plan::read_yaml_with_warnings(EXAMPLE).unwrap();
    assert!(!warnings.has_errors());
    assert_eq!(
        warnings.lines("sluice.yaml"),
        "\
sluice.yaml:12:27: warning: stages.prod-one-box.on_fail.roll_back: done where the state machine `stage-checks` runs the stage's gates; a gate's own action only fails
sluice.yaml:13:33: warning: stages.prod-one-box.on_inconclusive.proceed: releases go on when a gate could not tell
sluice.yaml:16:69: warning: stages.prod.gates[0].bake.traffic: OK may mean that nobody came
sluice.yaml:16:98: warning: stages.prod.gates[0].bake.release_check: a release that was replaced or stopped is judged all the same
sluice.yaml:16:109: warning: stages.prod.gates[0].bake.mode: the gate judges, and stops no release
"
    );
}

#[test]
fn a_whole_load_balancer_beside_a_first_step_is_warned_of() {
    let with = |stage: &str, dimensions: &str| {
        let text = format!(
            "service: s\nstages: {{ {stage}: {{ gates: [{{ bake: {{ for: 1h, alarms: [a], traffic: \
             {{ metric: {{ namespace: N, name: R, dimensions: {{ {dimensions} }} }}, at_least: 1 }} \
             }} }}] }} }}"
        );
        Plan::read_yaml(&text).unwrap().warnings().len()
    };
    for stage in ["prod-one-box", "OneBox", "prod_canary"] {
        assert_eq!(with(stage, "LoadBalancer: app/x/1"), 1, "{stage}");
        assert_eq!(with(stage, "LoadBalancer: app/x/1, TargetGroup: t/1"), 0);
    }
    assert_eq!(with("prod", "LoadBalancer: app/x/1"), 0);
}

#[test]
fn an_unknown_kind_inline_is_refused() {
    let problems = GateSettings::read_json("baek", &serde_json::json!({})).unwrap_err();
    assert_eq!(
        problems.lines("job"),
        "job: settings: `baek` is not a kind of gate\n"
    );
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in ".{0,200}") {
        let _ = Plan::read_yaml(&text);
    }

    /// Lines of plans in any order and any indentation.
    #[test]
    fn no_soup_of_lines_makes_the_reader_panic(
        lines in proptest::collection::vec(
            (0_usize..8, proptest::sample::select(EXAMPLE.lines().collect::<Vec<_>>())),
            0..20,
        ),
    ) {
        let text: String = lines
            .iter()
            .map(|(indent, line)| format!("{}{}\n", "  ".repeat(*indent), line.trim_start()))
            .collect();
        let _ = Plan::read_yaml(&text);
    }
}
