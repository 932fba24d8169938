//! `sluice init` without a terminal: with flags only, and in a pipe. In a
//! terminal it is driven by tests/infra/test_init.py, which also holds what it
//! writes to cfn-lint.

use std::path::Path;
use std::process::{Command, Stdio};

use super::check::check_width;
use super::world::path;
use super::{Ran, binary, sluice, sluice_with};

const BAKE: [&str; 8] = [
    "--yes",
    "--service",
    "checkout",
    "--alarm",
    "checkout-5xx",
    "--traffic",
    "not-measured",
    "--account=none",
];

/// Runs it in a folder.
fn init(folder: &Path, arguments: &[&str]) -> Ran {
    let folder = folder.to_str().unwrap();
    sluice(&[&["init", "--folder", folder], arguments].concat())
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let all = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = all
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn flags_alone_write_a_plan_that_is_right_and_only_watches() {
    let alb = "app/checkout/9f8e7d6c5b4a3f2e";
    for more in [
        &["--gate=bake", "--traffic=alb", "--load-balancer", alb][..],
        &[
            "--gate=bake",
            "--traffic=api-gateway",
            "--api",
            "check: out",
        ],
        &["--gate=bake", "--traffic=lambda", "--function=checkout"],
        &["--gate=bake", "--traffic=not-measured"],
        &[
            "--gate=validate",
            "--health-url",
            "https://checkout.example/health?a=b",
        ],
        &[
            "--gate=canary",
            "--canary=lambda-alias",
            "--function=checkout",
        ],
        &["--gate=canary", "--canary=api-gateway", "--api=checkout"],
        &[
            "--gate=canary",
            "--canary=alb",
            "--load-balancer",
            alb,
            "--baseline-target-group=targetgroup/old/0a",
            "--canary-target-group=targetgroup/new/1b",
        ],
    ] {
        let folder = tempfile::tempdir().unwrap();
        let common = [
            "--yes",
            "--service=checkout",
            "--alarm=checkout: 5xx, all",
            "--account=111122223333",
        ];
        let ran = init(folder.path(), &[&common[..], more].concat());
        assert_eq!((ran.code, ran.errors.as_str()), (0, ""), "{more:?}");
        let plan = path(folder.path(), "sluice.yaml");
        let checked = sluice(&["check", &plan]);
        assert_eq!(checked.code, 0, "{}", checked.output);
        assert!(
            checked.output.contains("only watches"),
            "{}",
            checked.output
        );
        assert!(read(folder.path(), "sluice.yaml").contains("mode: watch_only"));
    }
}

#[test]
fn it_says_what_to_do_next_in_80_columns() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(binary())
        .arg("init")
        .args(&BAKE[..7])
        .arg("--account=111122223333")
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    check_width(&said);
    let steps = [
        "wrote sluice.yaml\nwrote sluice-pipeline.yaml\nwrote sluice-role.yaml\n",
        "sluice check sluice.yaml\n",
        "sam deploy",
        "aws cloudformation deploy --template-file sluice-role.yaml",
        "sluice-pipeline.yaml below the `Actions:` of the stage",
        "sluice doctor --pipeline checkout --plan sluice.yaml",
        "--as-myself\n",
        "sluice explain",
        "take `mode: watch_only` away",
    ];
    let mut rest = said.as_str();
    for step in steps {
        let Some((_, after)) = rest.split_once(step) else {
            panic!("no `{step}` in its place:\n{said}");
        };
        rest = after;
    }
}

#[test]
fn the_role_may_what_the_chosen_gates_call_and_nothing_else() {
    let alias = [
        "--gate=canary",
        "--canary=lambda-alias",
        "--function=checkout",
    ];
    let lambda = [
        "--gate=bake",
        "--alarm=a",
        "--traffic=lambda",
        "--function=f",
    ];
    let alarms = ["DescribeAlarms", "DescribeAlarmHistory"];
    for (flags, expected, trusted) in [
        (
            &["--gate=bake", "--alarm=a", "--traffic=not-measured"][..],
            &alarms[..],
            "Bake",
        ),
        (&lambda, &[alarms[0], alarms[1], "GetMetricData"], "Bake"),
        (&alias, &["GetMetricData", "GetAlias"], "Canary"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let all = [&["--yes", "--service=a", "--account=111122223333"], flags].concat();
        assert_eq!(init(folder.path(), &all).code, 0);
        let role = read(folder.path(), "sluice-role.yaml");
        for action in [
            "DescribeAlarms",
            "DescribeAlarmHistory",
            "GetMetricData",
            "GetAlias",
        ] {
            let there = role.contains(&format!(":{action}\n"));
            assert_eq!(there, expected.contains(&action), "{action}:\n{role}");
        }
        for gate in ["Bake", "Canary"] {
            assert_eq!(role.contains(&format!("-{gate}Role-*")), gate == trusted);
        }
    }
}

#[test]
fn without_a_role_nothing_names_one() {
    for more in [
        &["--account=none"][..],
        &["--gate=validate", "--health-url=http://a/"],
    ] {
        let folder = tempfile::tempdir().unwrap();
        let ran = init(folder.path(), &[&BAKE[..7], more].concat());
        assert_eq!(ran.code, 0, "{}", ran.errors);
        assert_eq!(
            names(folder.path()),
            ["sluice-pipeline.yaml", "sluice.yaml"]
        );
        assert!(!read(folder.path(), "sluice.yaml").contains("role"));
    }
}

/// The input stays open: whoever waited for it would wait for ever.
#[test]
fn in_a_pipe_it_names_all_missing_flags_and_waits_for_nothing() {
    let mut child = Command::new(binary())
        .arg("init")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let input = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    drop(input);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(64), "{said}");
    let flags = [
        "--service",
        "--pipeline",
        "--for",
        "--gate",
        "--alarm",
        "--traffic",
        "--account",
    ];
    for flag in flags {
        assert!(
            said.contains(&format!("\n  {flag}: ")),
            "no {flag}:\n{said}"
        );
    }
    check_width(&said);
}

#[test]
fn with_yes_only_what_has_no_default_is_missing() {
    let ran = sluice_with(b"a\nb\n", &["init", "--yes", "--dry-run", "--service=a"]);
    assert_eq!(ran.code, 64);
    for (flag, missing) in [("--alarm", true), ("--traffic", true), ("--stage", false)] {
        assert_eq!(ran.errors.contains(flag), missing, "{flag}: {}", ran.errors);
    }
}

#[test]
fn an_answer_that_is_none_is_wrong_usage() {
    for wrong in [
        "--service=a b",
        "--alarm=",
        "--bake-for=soon",
        "--account=1234",
        "--run-order=0",
        "--for=pulumi",
        "--sluice-stack=my_stack",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let kept = BAKE.iter().filter(|own| !own.starts_with("--account"));
        let mut all: Vec<&str> = kept.copied().collect();
        if wrong.starts_with("--service") {
            all = vec!["--yes", "--alarm=a", "--traffic=not-measured"];
        }
        if !wrong.starts_with("--account") {
            all.push("--account=none");
        }
        let ran = init(folder.path(), &[&all[..], &[wrong]].concat());
        assert_eq!((ran.code, ran.output.as_str()), (64, ""), "{wrong}");
        let (flag, _) = wrong.split_once('=').unwrap();
        assert!(ran.errors.contains(flag), "{}", ran.errors);
        assert_eq!(names(folder.path()), Vec::<String>::new());
    }
}

#[test]
fn a_file_that_is_there_is_named_and_kept_unless_forced() {
    for name in ["sluice.yaml", "sluice-pipeline.yaml"] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        std::fs::write(&file, "mine\n").unwrap();
        let ran = init(folder.path(), &BAKE);
        assert_eq!((ran.code, ran.output.as_str()), (3, ""));
        assert!(ran.errors.contains(&format!("{name}`")), "{}", ran.errors);
        assert_eq!(read(folder.path(), name), "mine\n");
        assert_eq!(names(folder.path()), [name]);
        let forced = init(folder.path(), &[&BAKE[..], &["--force"]].concat());
        assert_eq!(forced.code, 0, "{}", forced.errors);
        assert_ne!(read(folder.path(), name), "mine\n");
        assert_eq!(
            names(folder.path()),
            ["sluice-pipeline.yaml", "sluice.yaml"]
        );
    }
}

#[test]
fn a_dry_run_prints_the_files_and_writes_none() {
    let folder = tempfile::tempdir().unwrap();
    let ran = init(folder.path(), &[&BAKE[..], &["--dry-run"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.errors);
    assert!(ran.output.starts_with("==> sluice.yaml <==\n"));
    assert!(ran.output.contains("\n==> sluice-pipeline.yaml <==\n"));
    assert_eq!(names(folder.path()), Vec::<String>::new());
}

#[test]
fn what_cannot_all_be_written_is_not_written_in_part() {
    let folder = tempfile::tempdir().unwrap();
    // No file can take this draft's place.
    std::fs::create_dir(folder.path().join(".sluice-pipeline.yaml.part")).unwrap();
    let ran = init(folder.path(), &BAKE);
    assert_eq!((ran.code, ran.output.as_str()), (3, ""));
    assert_eq!(names(folder.path()), [".sluice-pipeline.yaml.part"]);
    let gone = init(&folder.path().join("no/such"), &BAKE);
    assert_eq!(gone.code, 3);
    assert!(gone.errors.contains("cannot be written"), "{}", gone.errors);
}
