//! docs/custom-actions.md has the properties of each action type, as they are
//! defined.

use std::collections::BTreeMap;

use serde_json::json;
use sluice_core::actions::{ActionType, Property, action_types, asked};
use sluice_core::tree::Node;

fn row(own: &Property) -> String {
    // A pipe ends a cell.
    let text = own.description.replace('|', "\\|");
    format!("| `{}` | {text} |\n", own.name)
}

fn section(own: &ActionType) -> String {
    let rows: String = own.properties.iter().map(row).collect();
    let (provider, version) = (own.provider, &own.version);
    format!(
        "### {provider}\n\nProvider `{provider}`, version `{version}`; answered by the function `{}`.\n\n\
         | property | what the console says of it |\n| --- | --- |\n{rows}",
        own.function
    )
}

/// What a text lacks.
fn missing(text: &str) -> Vec<String> {
    let sections = action_types();
    let sections = sections.iter().map(section);
    sections.filter(|own| !text.contains(own)).collect()
}

fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/custom-actions.md");
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn the_page_has_the_properties_of_every_action_type() {
    let missing = missing(&page());
    assert!(
        missing.is_empty(),
        "the page should have:\n{}",
        missing.join("\n")
    );
}

#[test]
fn a_property_that_the_page_lacks_is_seen() {
    let page = page().replace("| `AlreadyInAlarm` |", "| `Already` |");
    let missing = missing(&page);
    assert_eq!(missing.len(), 1);
    assert!(missing[0].contains("### SluiceBake"));
}

#[test]
fn the_action_that_the_page_shows_can_be_read() {
    let page = page();
    let (_, rest) = page.split_once("```yaml\n").unwrap();
    let (text, _) = rest.split_once("```").unwrap();
    let action = Node::from_yaml(text).unwrap().to_json();
    let configuration: BTreeMap<String, String> =
        serde_json::from_value(action[0]["Configuration"].clone()).unwrap();
    let provider = action[0]["ActionTypeId"]["Provider"].as_str().unwrap();
    let asked = asked(provider, &configuration).unwrap();
    assert_eq!(asked.service.as_deref(), Some("checkout"));
    let settings = asked.settings.unwrap();
    assert_eq!(
        settings["alarms"],
        json!(["checkout-5xx", { "prefix": "payments-" }])
    );
    assert_eq!(settings["recovered"], "accept");
}
