//! What `sluice probe` measures and writes is documented as it is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sluice::probe::conclude::{Measure, Name};
use sluice::probe::file::{ProbeFile, schema};

use super::assumptions;
use crate::cli::root;

fn page() -> String {
    std::fs::read_to_string(root().join("docs/probe.md")).unwrap()
}

/// The file that the page shows.
fn example() -> Value {
    let page = page();
    let (_, rest) = page.split_once("```json\n").unwrap();
    serde_json::from_str(rest.split("```").next().unwrap()).unwrap()
}

/// The names of all measures, as they are written.
fn names() -> BTreeSet<String> {
    let all = Name::all().iter();
    all.map(|name| serde_json::to_value(name).unwrap())
        .map(|name| name.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_schema_of_what_a_probe_writes_is_documented_as_it_is() {
    let path = root().join("docs/probe.schema.json");
    let written = std::fs::read_to_string(path).unwrap_or_default();
    let expected = format!("{:#}\n", schema());
    assert!(
        written == expected,
        "probe.schema.json has to be:\n{expected}"
    );
}

#[test]
fn the_example_of_the_page_fits_the_schema_and_is_read() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    assert!(validator.is_valid(&example()));
    let file: ProbeFile = serde_json::from_value(example()).unwrap();
    assert_eq!(file.world.job_details, Some(false));
    for (place, wrong) in [
        ("/format", "sluice-probe/2"),
        ("/against", "somewhere"),
        ("/measures/0/name", "weather"),
    ] {
        let mut other = example();
        *other.pointer_mut(place).unwrap() = wrong.into();
        assert!(!validator.is_valid(&other), "{place}");
    }
}

#[test]
fn the_page_has_a_row_for_every_measure_and_no_other() {
    let page = page();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let rows: BTreeSet<String> = rows
        .map(|row| row.split('`').next().unwrap().to_owned())
        .collect();
    assert_eq!(rows, names());
}

#[test]
fn the_assumptions_that_are_measured_say_so_and_no_others() {
    let page = assumptions::page();
    let mut said = BTreeMap::new();
    for (title, parts) in assumptions::entries(&page) {
        let switch = parts.iter().find(|(name, _)| *name == "Switch").unwrap().1;
        if let Some((_, name)) = switch.split_once("`sluice probe` measures it as `") {
            said.insert(name.split('`').next().unwrap().to_owned(), title.to_owned());
        }
    }
    let measured = Name::all().iter().map(|name| {
        let word = serde_json::to_value(name).unwrap();
        (
            word.as_str().unwrap().to_owned(),
            name.assumption().to_owned(),
        )
    });
    assert_eq!(said, measured.collect());
}

#[test]
fn a_measure_that_the_page_shows_names_its_assumption() {
    let measures: Vec<Measure> = serde_json::from_value(example()["measures"].clone()).unwrap();
    for measure in measures {
        assert_eq!(measure.assumption, measure.name.assumption());
    }
}
