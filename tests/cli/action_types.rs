//! `sluice schema action-types`, and the template that has what it prints.

use serde_json::Value as Json;
use sluice_core::actions::{PROPERTIES_MAX, action_types};

use super::sluice;

#[test]
fn all_are_printed_or_one_alone() {
    let ran = sluice(&["schema", "action-types"]);
    assert_eq!(ran.code, 0, "{}", ran.errors);
    let all: Vec<Json> = serde_json::from_str(&ran.output).unwrap();
    assert_eq!(all.len(), action_types().len());
    let one = sluice(&["schema", "action-types", "--provider", "SluiceCanary"]);
    let one: Json = serde_json::from_str(&one.output).unwrap();
    assert!(all.contains(&one) && one["provider"] == "SluiceCanary");
    let properties = one["configurationProperties"].as_array().unwrap();
    assert_eq!(properties.len(), PROPERTIES_MAX);
}

#[test]
fn links_lead_to_the_installation() {
    let ran = sluice(&[
        "schema",
        "action-types",
        "--provider",
        "SluiceBake",
        "--region",
        "cn-north-1",
        "--evidence-bucket",
        "evidence-1",
        "--plans-table",
        "plans-1",
    ]);
    let one: Json = serde_json::from_str(&ran.output).unwrap();
    let settings = one["settings"].to_string();
    assert!(!settings.contains("${"), "{settings}");
    for part in [
        "console.amazonaws.cn",
        "region=cn-north-1",
        "evidence-1",
        "plans-1",
    ] {
        assert!(settings.contains(part), "{settings}");
    }
}

#[test]
fn what_does_not_fit_together_is_wrong_usage() {
    let check = |arguments: &[&str], said: &str| {
        let ran = sluice(arguments);
        assert_eq!(ran.code, 64, "{arguments:?}");
        assert!(ran.errors.contains(said), "{}", ran.errors);
    };
    check(
        &["schema", "action-types", "--provider", "SluiceBeak"],
        "known are SluiceBake",
    );
    check(
        &["schema", "evidence", "--region", "eu-west-1"],
        "only `sluice schema action-types`",
    );
    check(
        &[
            "schema",
            "action-types",
            "--cloudformation",
            "--region",
            "eu-west-1",
        ],
        "cannot be used with",
    );
}

const TEMPLATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/template.yaml");
const BEGIN: &str =
    "  # From here on as `sluice schema action-types --cloudformation` prints it.\n";
const END: &str = "\nOutputs:\n";

/// What the template has between the marks.
fn generated(template: &str) -> &str {
    let (_, rest) = template
        .split_once(BEGIN)
        .expect("the template has the mark");
    rest.split_once(END).expect("outputs follow").0
}

/// The first lines that differ, in words.
fn difference(template: &str, printed: &str) -> Option<String> {
    let (own, printed) = (generated(template).trim_end(), printed.trim_end());
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (own, printed) = (lines(own), lines(printed));
    let most = own.len().max(printed.len());
    let at = (0..most).find(|at| own.get(*at) != printed.get(*at))?;
    let none = String::new();
    Some(format!(
        "infra/template.yaml has\n{}\nwhere `sluice schema action-types --cloudformation` prints\n{}",
        own.get(at).unwrap_or(&none),
        printed.get(at).unwrap_or(&none)
    ))
}

#[test]
fn the_template_has_the_action_types_as_they_are_printed() {
    let template = std::fs::read_to_string(TEMPLATE).unwrap();
    let printed = sluice(&["schema", "action-types", "--cloudformation"]).output;
    assert_eq!(difference(&template, &printed), None);
}

#[test]
fn a_template_that_differs_is_seen() {
    let template = std::fs::read_to_string(TEMPLATE).unwrap();
    let printed = sluice(&["schema", "action-types", "--cloudformation"]).output;
    let doctored = template.replace("Provider: SluiceCanary\n", "Provider: Canary\n");
    let said = difference(&doctored, &printed).unwrap();
    assert!(
        said.contains("Provider: Canary\n") && said.contains("Provider: SluiceCanary"),
        "{said}"
    );
    let longer = format!("{printed}  More:\n");
    assert!(difference(&template, &longer).unwrap().ends_with("More:"));
}
