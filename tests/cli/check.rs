//! `sluice check` on plans without mistakes.

use serde_json::{Value, json};

use super::{sluice, sluice_with};

const GOOD: &str = "\
service: checkout
stages:
  beta:
    gates:
      - clear: { alarms: [a, { prefix: checkout-, region: eu-west-1 }], within: 15m }
      - clear: { name: now, alarms: [a], release_check: off }
  prod:
    gates:
      - bake:
          for: 1h
          settle: 5m
          alarms: [a, { name: a, region: eu-west-1 }]
          traffic: { metric: { namespace: N, name: Requests }, at_least: 100 }
          deployed_by: [prod/deploy]
      - bake: { name: short, for: 2m, settle: 0s, mode: watch_only, alarms: [a], traffic: not_measured }
";

const GOOD_SAYS: &str = "\
<stdin>:6:57: warning: stages.beta.gates[1].clear.release_check: a release that was replaced or stopped is judged all the same
  |       - clear: { name: now, alarms: [a], release_check: off }
  |                                                         ^
  hint: remove it, and give the action `pipeline` and `release`
<stdin>:15:57: warning: stages.prod.gates[1].bake.mode: the gate judges, and stops no release
  |       - bake: { name: short, for: 2m, settle: 0s, mode: watch_only, alarms: [a], traffic: not_measured }
  |                                                         ^
  hint: remove `watch_only` once its verdicts are trusted
<stdin>:15:91: warning: stages.prod.gates[1].bake.traffic: OK may mean that nobody came
  |       - bake: { name: short, for: 2m, settle: 0s, mode: watch_only, alarms: [a], traffic: not_measured }
  |                                                                                           ^
  hint: name the metric that counts the requests: `traffic: { metric: {...}, at_least: 100 }`
<stdin>: ok: service checkout, 2 stages, 4 gates; 3 warnings
  beta/clear: 1 alarm and all that begin with checkout- OK for 10m
    can pass at its first look; ends without a pass after 15m
    looks every 30s: 31 until 15m; 5 AWS calls each
    costs about $0.0008 a release
  beta/now: 1 alarm OK for 10m
    answers at its first look
    costs less than $0.0001 a release
    judges a replaced or stopped release all the same
  prod/bake: 2 alarms for 1h + 5m to settle
    traffic: at least 100 of Requests in the whole bake
    can pass 1h5m after its first look; ends undecided after 4h
    looks every 30s: 131 until it can pass, 481 until 4h; 7 AWS calls each
    costs about $0.0045 a release until it can pass, about $0.017 until 4h
  prod/short: 1 alarm for 2m
    traffic: not measured, OK may mean that nobody came
    can pass 2m after its first look; ends undecided after 8m
    looks every 6s: 21 until it can pass, 81 until 8m; 4 AWS calls each
    costs about $0.0003 a release until it can pass, about $0.0012 until 8m
    only watches: it stops no release
Looks are counted at the densest; CodePipeline may ask less often. Calls are
those of a look while no alarm moves; the first and the last make a few more.
Prices are list prices of us-east-1, before free tiers: $0.01 for a thousand
requests of CloudWatch or metrics read, and Lambda for a second each look.
";

#[test]
fn the_example_is_right_and_what_it_will_do_is_said() {
    let ran = sluice(&["check", "examples/checkout/sluice.yaml"]);
    assert_eq!(
        ran.output,
        "\
examples/checkout/sluice.yaml: ok: service checkout, 3 stages, 3 gates
  beta/bake: 1 alarm for 30m + time to settle
    traffic: at least 50 of RequestCount in the whole bake
    can pass more than 33m after its first look; ends undecided after 2h
    looks every 30s: 67 until it can pass, 241 until 2h; 5 AWS calls each
    costs about $0.0016 a release until it can pass, about $0.0059 until 2h
  prod-one-box/bake: 2 alarms for 1h + time to settle
    traffic: at least 100 of RequestCount in the whole bake
    can pass more than 1h3m after its first look; ends undecided after 4h
    looks every 30s: 127 until it can pass, 481 until 4h; 5 AWS calls each
    costs about $0.0031 a release until it can pass, about $0.012 until 4h
  prod/bake: 3 alarms for 12h + time to settle
    traffic: at least 10000 of RequestCount in the whole bake
    can pass more than 12h3m after its first look; ends undecided after 22h45m
    looks every 30s: 1447 until it can pass, 2731 until 22h45m; 5 AWS calls each
    costs about $0.035 a release until it can pass, about $0.067 until 22h45m
Looks are counted at the densest; CodePipeline may ask less often. Calls are
those of a look while no alarm moves; the first and the last make a few more.
Prices are list prices of us-east-1, before free tiers: $0.01 for a thousand
requests of CloudWatch or metrics read, and Lambda for a second each look.
"
    );
    assert_eq!((ran.code, ran.errors.as_str()), (0, ""));
}

#[test]
fn warnings_are_shown_and_do_not_fail() {
    let ran = sluice_with(GOOD.as_bytes(), &["check", "-"]);
    assert_eq!(ran.output, GOOD_SAYS);
    assert_eq!((ran.code, ran.errors.as_str()), (0, ""));
}

#[test]
fn quiet_says_nothing_of_a_right_plan() {
    let ran = sluice(&["check", "--quiet", "examples/checkout/sluice.yaml"]);
    assert_eq!((ran.code, ran.output.as_str()), (0, ""));
}

#[test]
fn what_is_printed_to_a_pipe_has_no_colours() {
    let ran = sluice_with(GOOD.as_bytes(), &["check", "-", "no-such-file"]);
    assert!(!ran.output.contains('\u{1b}'), "{}", ran.output);
}

#[test]
fn no_line_about_a_right_plan_is_wider_than_a_terminal() {
    let ran = sluice(&["check", "examples/checkout/sluice.yaml"]);
    check_width(&ran.output);
}

#[track_caller]
pub(super) fn check_width(text: &str) {
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn as_json_every_gate_comes_with_its_settings_and_what_it_will_do() {
    let ran = sluice(&["check", "--json", "examples/checkout/sluice.yaml"]);
    assert_eq!(ran.code, 0);
    let document: Value = serde_json::from_str(&ran.output).unwrap();
    let plan = &document["plans"][0];
    assert_eq!(plan["file"], "examples/checkout/sluice.yaml");
    assert_eq!(plan["status"], "ok");
    assert_eq!(plan["service"], "checkout");
    assert_eq!(plan["problems"], json!([]));
    let gate = &plan["gates"][1];
    assert_eq!(gate["settings"]["bake"]["for"], "1h");
    let mut gate = gate.clone();
    gate.as_object_mut().unwrap().remove("settings");
    assert_eq!(
        gate,
        json!({
            "stage": "prod-one-box",
            "gate": "bake",
            "passes_after": "1h3m",
            "at_most": "4h",
            "looks_every": "30s",
            "looks_until_pass_max": 127,
            "looks_max": 481,
            "metrics_each_look": 1,
            "dollars_until_pass": gate["dollars_until_pass"],
            "dollars_until_at_most": gate["dollars_until_at_most"],
            "calls_each_look_between": {
                "cloudwatch:DescribeAlarms": 1,
                "cloudwatch:GetMetricData": 1,
                "codepipeline:GetPipelineExecution": 1,
                "codepipeline:GetPipelineState": 1,
                "codepipeline:PutJobSuccessResult": 1,
            },
        })
    );
}
