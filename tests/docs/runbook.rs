//! docs/runbook.md has a way on for each reason and for each gate error.

use std::fs;
use std::process::Command;

use sluice_core::GateError;

use super::shown::{blocks, command};
use crate::cli::root;

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// The fixed words for reasons, as they stand in the source.
fn reasons() -> Vec<String> {
    let source = read("shared/core/src/reason.rs");
    let (_, rest) = source.split_once("pub enum ReasonCode {\n").unwrap();
    let body = rest.split("\n}").next().unwrap();
    let lines = body.lines().map(str::trim);
    let words = lines.filter(|line| line.starts_with(char::is_uppercase));
    words
        .map(|line| line.trim_end_matches(',').to_owned())
        .collect()
}

fn missing<'a>(page: &str, words: &'a [String]) -> Vec<&'a String> {
    let absent = |word: &&String| !page.contains(&format!("`{word}`"));
    words.iter().filter(absent).collect()
}

#[test]
fn every_reason_and_every_gate_error_has_its_line() {
    let page = read("docs/runbook.md");
    let reasons = reasons();
    assert!(reasons.len() > 40, "{reasons:?}");
    assert_eq!(missing(&page, &reasons), Vec::<&String>::new());
    for name in GateError::NAMES {
        assert!(
            page.contains(&format!("[{name}](errors/{name}.md)")),
            "{name}"
        );
    }
}

#[test]
fn a_reason_that_the_page_lacks_is_seen() {
    let page = read("docs/runbook.md").replace("`TrafficSplitOff`", "`TrafficSplit`");
    assert_eq!(missing(&page, &reasons()), ["TrafficSplitOff"]);
}

#[test]
fn the_messages_on_top_are_those_that_rehearsals_give() {
    let shown = &blocks(&read("docs/runbook.md"), "text")[0];
    let scenarios = ["between-looks", "quiet-night", "denied"];
    assert_eq!(shown.lines().count(), scenarios.len());
    for (line, scenario) in shown.lines().zip(scenarios) {
        let message = line.trim_end_matches(" ...");
        let said = rehearsed(scenario);
        assert!(said.contains(message), "{message}\n{said}");
    }
}

fn rehearsed(scenario: &str) -> String {
    let output = Command::new(command())
        .args(["rehearse", "examples/checkout/sluice.yaml", "--scenario"])
        .arg(format!("examples/checkout/{scenario}.yaml"))
        .current_dir(root())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}
