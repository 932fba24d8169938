//! One feature set for the whole tree: whoever builds one function after the
//! whole workspace does not build AWS's SDK again.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Builds a package, and gives the crates that had to be compiled for it.
fn compiled_for(package: &str) -> BTreeSet<String> {
    let mut cargo = Command::new(env!("CARGO"));
    // What cargo tells a test would make build scripts run again.
    for (name, _) in std::env::vars() {
        let told = ["CARGO_MANIFEST_", "CARGO_PKG_"];
        if told.iter().any(|beginning| name.starts_with(beginning)) {
            cargo.env_remove(name);
        }
    }
    let output = cargo
        .args(["build", "--offline", "--locked", "--message-format", "json"])
        .args(["-p", package])
        .current_dir(ROOT)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{package}: {said}");
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|message| message["reason"] == "compiler-artifact" && message["fresh"] == false)
        .map(|message| message["target"]["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn building_one_function_after_the_workspace_builds_no_sdk_again() {
    for package in ["sluice-bake", "sluice-reaper", "sluice"] {
        let compiled = compiled_for(package);
        let again: Vec<_> = compiled
            .iter()
            .filter(|name| name.starts_with("aws_"))
            .collect();
        assert!(again.is_empty(), "{package}: {again:?}");
    }
}
