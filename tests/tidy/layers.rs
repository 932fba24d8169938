//! Arrows between crates only point down, and only one layer names AWS.
//!
//! The rules are those of the design's layers. [`broken`] takes what
//! `cargo metadata` says, so that each rule is also seen red.

use std::process::Command;

use serde_json::{Value, json};

/// A crate, and the crates of ours that it may name.
const MAY_NAME: [(&str, &[&str]); 9] = [
    ("sluice-core", &[]),
    ("sluice-judge", &[]),
    ("sluice-report", &["sluice-core", "sluice-judge"]),
    ("sluice-aws", &["sluice-core"]),
    (
        "sluice-gates",
        &["sluice-aws", "sluice-core", "sluice-judge"],
    ),
    (
        "sluice-host",
        &["sluice-gates", "sluice-report", "sluice-aws", "sluice-core"],
    ),
    ("sluice-world", &[]),
    (
        "sluice",
        &[
            "sluice-host",
            "sluice-gates",
            "sluice-aws",
            "sluice-core",
            "sluice-judge",
            "sluice-report",
            "sluice-world",
        ],
    ),
    (
        "sluice-tests",
        &[
            "sluice",
            "sluice-host",
            "sluice-gates",
            "sluice-aws",
            "sluice-core",
            "sluice-judge",
            "sluice-report",
            "sluice-world",
        ],
    ),
];

/// What a function's own crate may name of ours.
const FUNCTION_MAY_NAME: [&str; 5] = [
    "sluice-host",
    "sluice-gates",
    "sluice-aws",
    "sluice-core",
    "sluice-report",
];

const PURE: [&str; 3] = ["sluice-core", "sluice-judge", "sluice-report"];

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or("")
}

/// Rules that the crates of a workspace break, in words. Dependencies of tests
/// and build scripts are held to them like all others.
fn broken(metadata: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let name = text(package, "name");
        let is_function = text(package, "manifest_path").contains("/functions/");
        let may_name = MAY_NAME
            .iter()
            .find(|(own, _)| *own == name)
            .map(|(_, may)| *may)
            .or(is_function.then_some(&FUNCTION_MAY_NAME[..]));
        let Some(may_name) = may_name else {
            found.push(format!("{name} has no place in the layers"));
            continue;
        };
        for dependency in package["dependencies"].as_array().unwrap() {
            let other = text(dependency, "name");
            let is_ours = other == "sluice" || other.starts_with("sluice-");
            if is_ours && !may_name.contains(&other) {
                found.push(format!("{name} may not name {other}"));
            }
            if other.starts_with("aws-sdk-") && name != "sluice-aws" {
                found.push(format!(
                    "only sluice-aws names AWS's SDK, not {name}: {other}"
                ));
            }
            let runs = other == "lambda_runtime" || other == "lambda-runtime";
            if runs && name != "sluice-host" && !is_function {
                found.push(format!(
                    "only sluice-host and functions name {other}, not {name}"
                ));
            }
            let is_impure = other.starts_with("aws-")
                || other.starts_with("aws_")
                || other == "tokio"
                || other.starts_with("tokio-");
            if is_impure && PURE.contains(&name) {
                found.push(format!("{name} is pure and may not name {other}"));
            }
        }
    }
    found
}

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_crates_keep_to_their_layers() {
    assert_eq!(broken(&metadata()), Vec::<String>::new());
}

#[test]
fn every_crate_that_is_there_is_looked_at() {
    let metadata = metadata();
    let names: Vec<&str> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| text(package, "name"))
        .collect();
    for name in [
        "sluice-core",
        "sluice-aws",
        "sluice-host",
        "sluice-world",
        "sluice",
    ] {
        assert!(names.contains(&name), "{names:?}");
    }
}

/// The real metadata with one more dependency, of any kind.
#[track_caller]
fn check_red(package: &str, dependency: &str, expected: &str) {
    for kind in [json!(null), json!("dev"), json!("build")] {
        let mut metadata = metadata();
        let packages = metadata["packages"].as_array_mut().unwrap();
        let own = packages.iter_mut().find(|own| own["name"] == package);
        own.unwrap()["dependencies"]
            .as_array_mut()
            .unwrap()
            .push(json!({ "name": dependency, "kind": kind, "optional": true }));
        let found = broken(&metadata);
        assert!(found.contains(&expected.to_owned()), "{found:?}");
    }
}

#[test]
fn an_arrow_that_points_up_or_aside_is_seen() {
    for (package, dependency) in [
        ("sluice-core", "sluice-judge"),
        ("sluice-core", "sluice-aws"),
        ("sluice-judge", "sluice-core"),
        ("sluice-aws", "sluice-gates"),
        ("sluice-gates", "sluice-host"),
        ("sluice-gates", "sluice-world"),
        ("sluice-host", "sluice-world"),
        ("sluice-host", "sluice"),
        ("sluice-world", "sluice-core"),
        ("sluice-world", "sluice-aws"),
        ("sluice", "sluice-tests"),
    ] {
        let expected = format!("{package} may not name {dependency}");
        check_red(package, dependency, &expected);
    }
}

#[test]
fn the_sdk_outside_its_layer_is_seen() {
    for package in [
        "sluice-gates",
        "sluice-host",
        "sluice-world",
        "sluice",
        "sluice-core",
        "sluice-tests",
    ] {
        let expected = format!("only sluice-aws names AWS's SDK, not {package}: aws-sdk-sqs");
        check_red(package, "aws-sdk-sqs", &expected);
    }
}

#[test]
fn lambdas_runtime_outside_hosts_and_functions_is_seen() {
    for package in [
        "sluice-gates",
        "sluice-aws",
        "sluice-world",
        "sluice",
        "sluice-core",
    ] {
        let expected = format!("only sluice-host and functions name lambda_runtime, not {package}");
        check_red(package, "lambda_runtime", &expected);
    }
}

#[test]
fn aws_and_tokio_in_a_pure_crate_are_seen() {
    for package in ["sluice-core", "sluice-judge"] {
        for dependency in [
            "aws-smithy-types",
            "aws_lambda_events",
            "tokio",
            "tokio-util",
        ] {
            let expected = format!("{package} is pure and may not name {dependency}");
            check_red(package, dependency, &expected);
        }
    }
}

#[test]
fn a_function_is_held_to_what_functions_may_name() {
    let package = |dependency: &str| {
        json!({ "packages": [ {
            "name": "sluice-bake",
            "manifest_path": "/sluice/functions/bake/Cargo.toml",
            "dependencies": [ { "name": dependency } ],
        } ] })
    };
    for allowed in ["lambda_runtime", "tokio", "sluice-host", "sluice-gates"] {
        assert_eq!(broken(&package(allowed)), Vec::<String>::new());
    }
    for refused in ["sluice-world", "sluice", "aws-sdk-s3"] {
        assert_eq!(broken(&package(refused)).len(), 1, "{refused}");
    }
}

#[test]
fn a_crate_without_a_place_is_seen() {
    let metadata = json!({ "packages": [ {
        "name": "sluice-extra", "manifest_path": "/sluice/shared/extra/Cargo.toml", "dependencies": [],
    } ] });
    assert_eq!(
        broken(&metadata),
        ["sluice-extra has no place in the layers"]
    );
}
