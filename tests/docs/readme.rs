//! The README's commands are run, its plan is read, and the plans and
//! scenarios of other pages as well.

use std::process::Command;

use sluice_core::plan::Plan;
use sluice_core::settings::Mode;
use sluice_world::Scenario;

use crate::cli::{binary, root};

/// The blocks of one language in a document.
fn blocks(document: &str, language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(document)).unwrap();
    let opening = format!("```{language}\n");
    let found: Vec<String> = text
        .split(&opening)
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap().to_owned())
        .collect();
    assert!(!found.is_empty(), "{document} has no {language}");
    found
}

/// A command line, and the exit code behind `# exit`.
fn command(line: &str) -> (Vec<&str>, i32) {
    let (command, comment) = line.split_once('#').unwrap_or((line, ""));
    let code = comment.trim().strip_prefix("exit ");
    let words = command.split_whitespace().collect();
    (words, code.map_or(0, |code| code.parse().unwrap()))
}

#[test]
fn the_commands_of_the_readme_run_and_end_as_it_says() {
    run_commands("README.md");
}

#[test]
fn the_commands_of_the_canary_page_run_and_end_as_it_says() {
    run_commands("docs/canary.md");
}

#[test]
fn the_commands_of_the_metrics_page_run_and_end_as_it_says() {
    run_commands("docs/metrics.md");
}

#[test]
fn the_gates_of_the_canary_page_are_accepted_without_warnings() {
    for block in blocks("docs/canary.md", "yaml") {
        let gate = block.replace('\n', "\n      ");
        let plan = match block.starts_with("service:") {
            true => block,
            false => format!("service: a\nstages:\n  prod:\n    gates:\n      {gate}\n"),
        };
        let (_, warnings) = Plan::read_yaml_with_warnings(&plan).unwrap();
        assert!(warnings.is_empty(), "{warnings}");
    }
}

fn run_commands(document: &str) {
    for block in blocks(document, "sh") {
        for line in block.lines() {
            let (words, expected) = command(line);
            // `tests/readme` runs these, in a fresh clone.
            if ["aws", "make", "sam"].contains(&words[0]) {
                continue;
            }
            assert_eq!(words[0], "sluice", "{line}");
            let done = Command::new(binary())
                .args(&words[1..])
                .current_dir(root())
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&done.stderr);
            assert_eq!(done.status.code(), Some(expected), "{line}\n{said}");
            assert!(!done.stdout.is_empty(), "{line} prints nothing");
        }
    }
}

#[test]
fn the_plan_of_the_readme_is_accepted_without_warnings() {
    for block in blocks("README.md", "yaml") {
        let (_, warnings) = Plan::read_yaml_with_warnings(&block).unwrap();
        assert!(warnings.is_empty(), "{warnings}");
    }
}

#[test]
fn the_plan_of_the_deploy_page_is_accepted_and_only_watches() {
    for block in blocks("docs/deploy.md", "yaml") {
        let plan = Plan::read_yaml(&block).unwrap();
        let stage = &plan.stages[0];
        assert_eq!(stage.gates[0].settings.mode(), Mode::WatchOnly);
    }
}

#[test]
fn the_scenario_of_the_page_is_accepted() {
    for block in blocks("docs/scenarios.md", "yaml") {
        Scenario::parse(&block, &root()).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn the_output_shown_in_the_readme_is_what_the_command_prints() {
    let text = std::fs::read_to_string(root().join("README.md")).unwrap();
    let shown = text.split("```text\n").nth(1).unwrap();
    let shown = shown.split("```").next().unwrap();
    let done = Command::new(binary())
        .args(["rehearse", "examples/checkout/sluice.yaml", "--scenario"])
        .arg("examples/checkout/between-looks.yaml")
        .current_dir(root())
        .output()
        .unwrap();
    let printed = String::from_utf8(done.stdout).unwrap();
    assert!(printed.contains(shown), "{printed}");
}
