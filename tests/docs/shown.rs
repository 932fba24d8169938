//! What documents show: blocks of a language, and what the command says of them.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

/// The blocks of one language in a text.
pub(crate) fn blocks(text: &str, language: &str) -> Vec<String> {
    let opening = format!("```{language}\n");
    let found = text.split(&opening).skip(1);
    found
        .map(|rest| rest.split("```").next().unwrap_or_default().to_owned())
        .collect()
}

/// The command, which lies in the folder above that of tests and examples.
pub(crate) fn command() -> PathBuf {
    let own = std::env::current_exe().unwrap_or_default();
    let folder = own.parent().and_then(|deps| deps.parent());
    let name = format!("sluice{}", std::env::consts::EXE_SUFFIX);
    folder.map(|folder| folder.join(&name)).unwrap_or_default()
}

/// What a plan may be warned of that is no mistake: a gate's own action rolls
/// nothing back.
const REMARK: &str = ".on_fail.roll_back: done where the state machine";

/// What `sluice check` says of each gate of a plan without mistakes and without
/// warnings.
pub(crate) fn checked(plan: &str) -> String {
    let said = check(plan, &[]);
    let gates = said.lines().filter(|line| line.starts_with("  "));
    gates.map(|line| format!("{line}\n")).collect()
}

/// The gates of a plan, as `sluice check --json` has them.
pub(crate) fn gates(plan: &str) -> Vec<Value> {
    let document: Value = serde_json::from_str(&check(plan, &["--json"])).unwrap_or_default();
    let gates = document.pointer("/plans/0/gates").and_then(Value::as_array);
    gates.cloned().unwrap_or_default()
}

/// What `sluice check` prints of a plan, which has to be right.
fn check(plan: &str, arguments: &[&str]) -> String {
    let child = Command::new(command())
        .args(["check", "-"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = child.expect("`sluice` is built beside this");
    let mut input = child.stdin.take().expect("it is piped");
    input.write_all(plan.as_bytes()).expect("it is read");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{plan}\n{said}");
    let mut warnings = said.lines().filter(|line| line.contains(": warning: "));
    assert!(warnings.all(|line| line.contains(REMARK)), "{plan}\n{said}");
    said
}
