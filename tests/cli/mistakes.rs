//! `sluice check` on what is wrong: everything is named, with the mend.

use std::fs;

use serde_json::{Value, json};

use super::{sluice, sluice_with};

const TEN_MISTAKES: &str = "\
service: checkout
stages:
  beta:
    gates:
      - bake:
          for: 0s
          alarms: []
          traffic: { metric: { namespace: N, name: R }, at_least: 0 }
      - clear: { alarms: [a, a], quite: 10m }
  prod-one-box:
    gates:
      - bake:
          for: 24h
          alarms: [checkout-5xx]
      - bkae: { for: 1h, alarms: [checkout-5xx], traffic: not_measured }
  prod:
    gates:
      - bake: { for: 30, alarms: [checkout-5xx], traffic: not_measured }
    on_inconclusive: { roll_back: stage }
";

#[test]
fn ten_mistakes_in_several_gates_are_named_in_one_run() {
    let ran = sluice_with(TEN_MISTAKES.as_bytes(), &["check", "-"]);
    assert_eq!(
        ran.output,
        "\
<stdin>:6:16: stages.beta.gates[0].bake.for: a bake of `0s` sees nothing, so it would pass every release
  |           for: 0s
  |                ^
  hint: write `1h`
<stdin>:7:19: stages.beta.gates[0].bake.alarms: names no alarm, so it would pass every release
  |           alarms: []
  |                   ^
  hint: name 1 to 100 alarms, or put several into one composite alarm
<stdin>:8:67: stages.beta.gates[0].bake.traffic.at_least: `0` is less than 1
  |           traffic: { metric: { namespace: N, name: R }, at_least: 0 }
  |                                                                   ^
  hint: write a whole number of at least 1, such as `100`
<stdin>:9:30: stages.beta.gates[1].clear.alarms[1]: alarm `a` is listed twice
  |       - clear: { alarms: [a, a], quite: 10m }
  |                              ^
  hint: remove one of the two
<stdin>:9:34: stages.beta.gates[1].clear: `quite` is not a field of `clear`
  |       - clear: { alarms: [a, a], quite: 10m }
  |                                  ^
  hint: did you mean `quiet`?
        known are `name`, `alarms`, `quiet`, `within`, `release_check` and `mode`
<stdin>:12:9: stages.prod-one-box.gates[0].bake: `traffic` is missing
  |       - bake:
  |         ^
  hint: OK may mean that nobody came, so say what counts the requests:
        `traffic: { metric: { namespace: AWS/ApplicationELB, name: RequestCount, dimensions: { LoadBalancer: app/..., TargetGroup: targetgroup/... } }, at_least: 100 }`
        or, if nothing can: `traffic: not_measured`
<stdin>:13:16: stages.prod-one-box.gates[0].bake.for: `for` takes `24h`, more than `22h45m`, the longest possible
  |           for: 24h
  |                ^
  hint: CodePipeline ends a Lambda action after 24 h; for a longer bake run the gate through CodePipeline's own Step Functions action, which may take 7 days
<stdin>:15:9: stages.prod-one-box.gates[1]: `bkae` is not a kind of gate
  |       - bkae: { for: 1h, alarms: [checkout-5xx], traffic: not_measured }
  |         ^
  hint: did you mean `bake`? known are `bake`, `canary`, `clear` and `validate`
<stdin>:18:22: stages.prod.gates[0].bake.for: `30` has no unit
  |       - bake: { for: 30, alarms: [checkout-5xx], traffic: not_measured }
  |                      ^
  hint: write `30s`, `30m` or `30h`
<stdin>:19:35: stages.prod.on_inconclusive.roll_back: only `on_fail` rolls back: an outage of what the gate reads would roll back good releases
  |     on_inconclusive: { roll_back: stage }
  |                                   ^
  hint: write `roll_back: no`, or leave it out: the release is held until somebody decides
<stdin>: 10 mistakes
"
    );
    assert_eq!((ran.code, ran.errors.as_str()), (3, ""));
}

#[test]
fn broken_yaml_is_named_with_its_place() {
    let ran = sluice_with(b"service: checkout\nstages: [\n", &["check", "-"]);
    assert_eq!(
        ran.output,
        "\
<stdin>:2:9: this is not YAML: unclosed bracket '['
  | stages: [
  |         ^
<stdin>: 1 mistake
"
    );
    assert_eq!(ran.code, 3);
}

#[test]
fn an_empty_document_is_a_mistake() {
    let ran = sluice_with(b"", &["check", "-"]);
    assert_eq!(
        ran.output,
        "\
<stdin>:1:1: the document is empty, and an empty plan would pass every release
  hint: write `service: NAME` and `stages:` with at least one gate
<stdin>: 1 mistake
"
    );
    assert_eq!(ran.code, 3);
}

/// What is said about a path in an empty folder, with the folder cut out.
#[track_caller]
fn check_file(name: &str, content: Option<&[u8]>, expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    if let Some(content) = content {
        fs::write(&path, content).unwrap();
    }
    let ran = sluice(&["check", path.to_str().unwrap()]);
    let root = format!("{}/", folder.path().display());
    assert_eq!(ran.output.replace(&root, ""), expected);
    assert_eq!((ran.code, ran.errors.as_str()), (3, ""));
}

#[test]
fn a_file_that_cannot_be_used_says_why() {
    check_file(
        "sluice.yaml",
        None,
        "\
sluice.yaml: there is no such file
  hint: name the plan's path, usually `sluice.yaml` beside the service's code
",
    );
    check_file(
        "",
        None,
        "\
: is a directory
  hint: name the plan in it: `sluice.yaml`
",
    );
    check_file(
        "sluice.yaml",
        Some(b"service: checkout\n# f\xfcr alle\n"),
        "\
sluice.yaml: is not UTF-8: byte 0xfc in line 2 begins no character
  hint: save it as UTF-8
",
    );
    let large = "# much too long\n".repeat(16 * 1024 + 1);
    check_file(
        "sluice.yaml",
        Some(large.as_bytes()),
        "\
sluice.yaml: is larger than 256 KiB, the most that is read
  hint: check that it is a plan; a large one has a tenth of that
",
    );
}

#[test]
fn one_bad_plan_of_two_decides_and_both_are_told() {
    let ran = sluice(&["check", "no-such-file", "examples/checkout/sluice.yaml"]);
    assert!(
        ran.output
            .starts_with("no-such-file: there is no such file\n")
    );
    assert!(ran.output.contains("\nexamples/checkout/sluice.yaml: ok: "));
    assert_eq!(ran.code, 3);
}

#[test]
fn as_json_every_mistake_comes_with_place_path_and_mend() {
    let ran = sluice_with(TEN_MISTAKES.as_bytes(), &["check", "--json", "-"]);
    assert_eq!(ran.code, 3);
    let document: Value = serde_json::from_str(&ran.output).unwrap();
    let plan = &document["plans"][0];
    assert_eq!(plan["status"], "mistakes");
    assert_eq!(plan["problems"].as_array().unwrap().len(), 10);
    assert_eq!(
        plan["problems"][0],
        json!({
            "severity": "error",
            "at": { "line": 6, "column": 16 },
            "path": "stages.beta.gates[0].bake.for",
            "message": "a bake of `0s` sees nothing, so it would pass every release",
            "hint": "write `1h`",
        })
    );
}

#[test]
fn as_json_a_file_that_is_not_there_is_unreadable() {
    let ran = sluice(&["check", "--json", "no-such-file"]);
    assert_eq!(ran.code, 3);
    let document: Value = serde_json::from_str(&ran.output).unwrap();
    assert_eq!(document["plans"][0]["status"], "unreadable");
    let message = &document["plans"][0]["problems"][0]["message"];
    assert_eq!(message, "there is no such file");
}
