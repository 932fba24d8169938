//! `sluice plan` on layers in a folder; with a table it is in `tests/emulated`.

use std::fs;

use super::{root, sluice};

const COLUMNS: usize = 80;

#[track_caller]
fn check_refused(arguments: &[&str], code: i32, expected: &str) {
    let ran = sluice(arguments);
    assert_eq!(ran.code, code, "{}{}", ran.output, ran.errors);
    assert!(ran.errors.contains(expected), "{}", ran.errors);
    assert_eq!(ran.output, "");
}

/// The commands of docs/plans.md with what they print there.
fn documented() -> Vec<(String, String)> {
    let text = fs::read_to_string(root().join("docs/plans.md")).unwrap();
    let blocks = text.split("```console\n").skip(1);
    let blocks = blocks.filter_map(|rest| rest.split("```").next());
    let command = |block: &str| {
        let (line, output) = block.split_once('\n')?;
        let command = line.strip_prefix("$ sluice ")?;
        Some((command.to_owned(), output.to_owned()))
    };
    blocks.filter_map(command).collect()
}

#[test]
fn the_documented_commands_print_what_the_page_shows() {
    let documented = documented();
    assert!(documented.len() >= 4, "{documented:?}");
    for (command, expected) in documented {
        let arguments: Vec<&str> = command.split(' ').collect();
        let ran = sluice(&arguments);
        assert_eq!(
            format!("{}{}", ran.output, ran.errors),
            expected,
            "sluice {command}"
        );
        let too_long = expected.lines().find(|line| line.chars().count() > COLUMNS);
        assert_eq!(too_long, None, "sluice {command}");
    }
}

#[test]
fn what_is_shown_can_be_pushed_again_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap();
    let shown = sluice(&[
        "plan",
        "show",
        "checkout",
        "prod",
        "--layers",
        "examples/plans",
    ]);
    let indented: String = shown
        .output
        .lines()
        .map(|line| format!("    {line}\n"))
        .collect();
    let file = folder.path().join("new.yaml");
    fs::write(&file, format!("stages:\n  prod:\n{indented}")).unwrap();
    let file = file.to_str().unwrap();
    let ran = sluice(&[
        "plan",
        "push",
        "organisation",
        file,
        "--why",
        "a test",
        "--layers",
        place,
    ]);
    assert_eq!(ran.code, 0, "{}", ran.errors);
    let again = sluice(&["plan", "show", "checkout", "prod", "--layers", place]);
    let body = |text: &str| text.split_once("gates:").unwrap().1.to_owned();
    assert_eq!(body(&again.output), body(&shown.output));
    let diff = sluice(&["plan", "diff", "organisation", file, "--layers", place]);
    assert!(
        diff.output.contains("# no value changes"),
        "{}",
        diff.output
    );
}

#[test]
fn every_value_as_json_has_the_layer_it_comes_from() {
    let ran = sluice(&[
        "plan",
        "why",
        "checkout",
        "prod",
        "--json",
        "--layers",
        "examples/plans",
    ]);
    let document: serde_json::Value = serde_json::from_str(&ran.output).unwrap();
    let values = document["values"].as_array().unwrap();
    let of = |path: &str| values.iter().find(|value| value["path"] == path).unwrap();
    assert_eq!(of("bake.for")["from"], "service:checkout");
    assert_eq!(of("on_fail.roll_back")["from"], "organisation");
    assert_eq!(of("bake.mode")["from"], "default");
    assert!(values.iter().all(|value| value["from"].is_string()));
}

#[test]
fn a_push_that_loosens_what_is_locked_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap();
    for name in ["organisation.yaml", "service-checkout.yaml"] {
        fs::copy(
            root().join("examples/plans").join(name),
            folder.path().join(name),
        )
        .unwrap();
    }
    let push = |file: &str| {
        sluice(&[
            "plan",
            "push",
            "service:checkout",
            file,
            "--why",
            "faster",
            "--layers",
            place,
        ])
    };
    let ran = push("examples/plans/shorter.yaml");
    assert_eq!(ran.code, 3);
    assert!(
        ran.errors.contains("which `organisation` locks"),
        "{}",
        ran.errors
    );
    let before = fs::read(root().join("examples/plans/service-checkout.yaml")).unwrap();
    assert_eq!(
        fs::read(folder.path().join("service-checkout.yaml")).unwrap(),
        before
    );
}

#[test]
fn a_push_that_changes_somebody_elses_channel_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap();
    let push = |scope: &str, text: &str| {
        let file = folder.path().join("pushed.txt");
        fs::write(&file, text).unwrap();
        let file = file.to_str().unwrap();
        sluice(&[
            "plan", "push", scope, file, "--why", "a test", "--layers", place,
        ])
    };
    let section = |bus: &str, to: &str| {
        format!(
            "notifications:\n  channels: {{ team: {{ eventbridge: {{ bus: {bus} }} }} }}\n  routes: [{{ to: [{to}] }}]\n"
        )
    };
    let ran = push("organisation", &section("one", "team"));
    assert_eq!(ran.code, 0, "{}", ran.errors);
    let ran = push("service:checkout", &section("other", "team"));
    assert_eq!(ran.code, 3);
    assert!(
        ran.errors.contains("changes `notifications.channels.team`"),
        "{}",
        ran.errors
    );
    assert!(!folder.path().join("service-checkout.yaml").exists());
    let ran = push(
        "service:checkout",
        "notifications: { routes: [{ to: [teem] }] }\n",
    );
    assert!(
        ran.errors.contains("did you mean `team`?"),
        "{}",
        ran.errors
    );
    let ran = push(
        "service:checkout",
        "notifications: { routes: [{ to: [team] }] }\n",
    );
    assert_eq!(ran.code, 0, "{}", ran.errors);
}

#[test]
fn mistakes_are_shown_with_line_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bad.yaml");
    fs::write(
        &file,
        "stages:\n  prod:\n    gates: [{ bake: { for: 30 } }]\n",
    )
    .unwrap();
    let file = file.to_str().unwrap();
    let expected = format!("{file}:3:28: stages.prod.gates[0].bake.for: `30` has no unit");
    let arguments = [
        "plan",
        "diff",
        "organisation",
        file,
        "--layers",
        "examples/plans",
    ];
    check_refused(&arguments, 3, &expected);
}

#[test]
fn what_cannot_be_answered_is_refused_with_what_to_do() {
    let with = |more: &[&'static str]| [&["plan"], more, &["--layers", "examples/plans"]].concat();
    check_refused(&with(&["show", "checkout", "beta"]), 3, "PlanEmpty");
    check_refused(&with(&["show", "search", "prod"]), 3, "`alarms` is missing");
    check_refused(
        &with(&["show", "checkout", "prod", "--pipeline", "other"]),
        3,
        "ReleaseMismatch",
    );
    check_refused(
        &with(&["history", "organisation"]),
        3,
        "a folder keeps no history",
    );
    check_refused(
        &["plan", "show", "checkout", "prod", "--layers", "nowhere"],
        3,
        "nowhere",
    );
    check_refused(
        &["plan", "show", "checkout", "prod"],
        64,
        "nothing says where the layers are",
    );
    check_refused(&with(&["history", "org"]), 64, "`org` is not a scope");
    check_refused(&with(&["push", "organisation", "x.yaml"]), 64, "--why");
}
