//! Each name of a gate error has its page, and each page its name.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use sluice_aws::FailureType;
use sluice_core::error::Death;
use sluice_core::{Duration, GateError};

const HEADINGS: [&str; 3] = ["## What happened", "## What the gate did", "## What to do"];

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/errors"))
}

fn page(name: &str) -> String {
    let path = folder().join(format!("{name}.md"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_gate_error_has_a_page_and_every_page_a_gate_error() {
    let pages: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "README.md")
        .collect();
    let names: BTreeSet<String> = GateError::NAMES
        .iter()
        .map(|name| format!("{name}.md"))
        .collect();
    assert_eq!(pages, names);
}

#[test]
fn every_page_says_what_happened_what_the_gate_did_and_what_to_do() {
    for name in GateError::NAMES {
        let text = page(name);
        assert!(text.starts_with(&format!("# {name}\n")), "{name}: title");
        let found: Vec<&str> = text.lines().filter(|l| l.starts_with("## ")).collect();
        assert_eq!(found, HEADINGS, "{name}: headings");
        for (index, part) in text.split("\n## ").enumerate() {
            let body = part.split_once('\n').map_or("", |(_, body)| body.trim());
            assert!(body.len() > 40, "{name}: part {index} says nothing");
        }
    }
}

#[test]
fn every_page_shows_a_message_as_the_code_prints_it() {
    for error in examples() {
        let name = error.name();
        let text = page(name);
        let message = text.split("```").nth(1).unwrap_or_default();
        let expected = message_of(&error);
        assert_eq!(message, expected, "the example of {name}");
    }
}

#[test]
fn there_is_an_example_of_every_gate_error() {
    let names: Vec<&str> = examples().iter().map(GateError::name).collect();
    assert_eq!(names, GateError::NAMES);
}

#[test]
fn the_list_of_pages_has_them_all_in_the_order_of_the_code() {
    let text = page("README");
    let listed: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| ["))
        .filter_map(|line| line.split(']').next())
        .collect();
    assert_eq!(listed, GateError::NAMES);
    for error in examples() {
        let row = format!("| [{}]({}.md) |", error.name(), error.name());
        let kind = format!("`{:?}`", FailureType::from(error.fault()));
        let line = text.lines().find(|line| line.starts_with(&row)).unwrap();
        assert!(line.contains(&kind), "{line}: should name {kind}");
    }
}

/// A message as `sluice_host` puts it together, fenced as text.
fn message_of(error: &GateError) -> String {
    let name = error.name();
    // What died wrote nothing down.
    let evidence = match error {
        GateError::FunctionDied { .. } => "none",
        _ => "s3://evidence/evidence/checkout/0f1e2d3c/prod/bake/4b5a6978.json",
    };
    format!(
        "text\ngate `bake` of stage `prod` could not answer ({name}): {error}\n\n\
         hint: {}; more: docs/errors/{name}.md\n\
         evidence: {evidence}\n",
        error.hint()
    )
}

fn examples() -> Vec<GateError> {
    let text = str::to_owned;
    vec![
        GateError::ParametersInvalid {
            detail: text("`#{build.Version}` was not filled in by CodePipeline"),
            mend: text(
                "the action that sets it needs a `namespace` and has to run earlier; without \
                 `#{...}` support (pipeline type V1) write the value itself",
            ),
        },
        GateError::SettingsInvalid {
            place: text("`sluice.yaml`"),
            problems: text(
                "sluice.yaml:6:16: stages.prod.gates[0].bake.for: `30` has no unit\n  \
                 hint: write `30s`, `30m` or `30h`\n",
            ),
        },
        GateError::PlanUnreadable {
            detail: text("input artifact `Source` has no file `sluice.yaml`"),
            mend: text(
                "add it to the repository's root, or name it with `path` in the action's `UserParameters`",
            ),
        },
        GateError::GateNotInPlan {
            detail: text(
                "the plan of service `checkout` has no stage `production`; its stages are `beta` and `prod`",
            ),
        },
        GateError::AlarmNotFound {
            names: vec![text("checkout-5xx")],
            place: text("eu-west-1"),
            were_there: false,
        },
        GateError::BakeTooShort {
            alarm: text("checkout-p99"),
            range: Duration::from_minutes(15),
            bake_for: Duration::from_minutes(10),
        },
        GateError::BakeTooLong {
            needed: Duration::from_minutes(68),
            limit: text("`at_most` is 1h"),
        },
        GateError::ReleaseMismatch {
            detail: text("there is no pipeline `chekcout` in this account and region"),
            mend: text(
                "let `pipeline`, `release` and `stage` in the action's `UserParameters` be those of the \
                 action itself; `\"release_check\":\"off\"` does without, and every answer then says so",
            ),
        },
        GateError::TokenInvalid {
            detail: text("it has form 2, and this function reads form 1"),
        },
        GateError::RecordInvalid {
            detail: text(
                "it is in an evidence bucket, and `SLUICE_EVIDENCE_BUCKET` is no longer set",
            ),
        },
        GateError::AccessDenied {
            operation: text("cloudwatch:DescribeAlarms"),
            scope: text("in eu-west-1 with role `arn:aws:iam::111122223333:role/sluice/read`"),
        },
        GateError::ServiceUnavailable {
            operation: text("cloudwatch:DescribeAlarms"),
            detail: text("InternalFailure: without a message"),
        },
        GateError::CallRefused {
            operation: text("cloudwatch:GetMetricData"),
            detail: text("ValidationError: The parameter StartTime must be before EndTime."),
        },
        GateError::ClockWrong {
            apart: Duration::from_minutes(5),
            ahead: true,
            allowed: Duration::from_seconds(30),
        },
        GateError::OutOfTime {
            left: Duration::from_seconds(25),
        },
        GateError::Crashed {
            detail: text("index out of bounds: the len is 3 but the index is 3"),
        },
        GateError::FunctionDied {
            death: Death::OutOfMemory,
            function: text("sluice-bake"),
            request: text("7c1f0f3e-5d3c-4a55-9d0e-0c5f5f0e6a11"),
            attempts: 2,
        },
        GateError::PlanEmpty {
            service: text("checkout"),
            stage: text("prod"),
        },
        GateError::PlanLocked {
            layer: text("service:checkout@5"),
            stage: text("prod"),
            field: text("bake.for"),
            held: text("1h"),
            by: text("organisation@3"),
            written: text("10m"),
        },
    ]
}
