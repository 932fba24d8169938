//! `sluice probe` before anything is made, and the file where it is loaded.

use serde_json::{Value, json};

use super::world::path;
use super::{Ran, sluice};

const PLAN: &str = "examples/checkout/sluice.yaml";
const SCENARIO: &str = "examples/checkout/good.yaml";

fn file(against: &str, world: &Value) -> Value {
    let moment = "2026-03-03T09:00:00Z";
    json!({
        "format": "sluice-probe/1", "sluice": "0.1.0", "against": against, "region": "eu-west-1",
        "began": moment, "ended": moment, "measures": [], "world": world,
    })
}

/// A rehearsal in a world that behaves as this file says.
fn rehearsed(file: &Value) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let assumptions = path(folder.path(), "measured.json");
    std::fs::write(&assumptions, file.to_string()).unwrap();
    sluice(&[
        "rehearse",
        PLAN,
        "--scenario",
        SCENARIO,
        "--json",
        "--assumptions",
        &assumptions,
    ])
}

/// Looks of all gates, where a look follows after so many seconds.
fn looks(seconds: u64) -> u64 {
    let milliseconds = seconds * 1000;
    let every = json!({ "from_milliseconds": milliseconds, "to_milliseconds": milliseconds });
    let ran = rehearsed(&file("aws", &json!({ "look_every": every })));
    assert_eq!(ran.code, 0, "{}", ran.errors);
    let document: Value = serde_json::from_str(&ran.output).unwrap();
    let gates = document["gates"].as_array().unwrap();
    gates
        .iter()
        .map(|gate| gate["looks"].as_u64().unwrap())
        .sum()
}

#[test]
fn what_was_measured_changes_how_often_gates_look() {
    let (seldom, often) = (looks(300), looks(30));
    assert!(often > 5 * seldom, "{often} and {seldom}");
}

#[test]
fn a_rehearsal_says_where_its_assumptions_were_measured() {
    let of_aws = rehearsed(&file("aws", &json!({}))).errors;
    let of_aws = of_aws.replace("\n  ", " ");
    assert!(of_aws.contains("measured on AWS in eu-west-1"), "{of_aws}");
    let simulated = rehearsed(&file("simulation", &json!({}))).errors;
    let simulated = simulated.replace("\n  ", " ");
    assert!(
        simulated.contains("it says nothing about AWS"),
        "{simulated}"
    );
}

#[test]
fn assumptions_that_are_none_end_with_what_is_wrong() {
    let mut other = file("aws", &json!({}));
    other["format"] = json!("sluice-probe/9");
    let ran = rehearsed(&other);
    assert_eq!(ran.code, 3);
    assert!(ran.errors.contains("its format is `sluice-probe/9`"));
    let ran = rehearsed(&file("aws", &json!({ "look_evry": 1 })));
    assert_eq!(ran.code, 3);
    assert!(ran.errors.contains("unknown field `look_evry`"));
    let world = ["world", "--scenario", SCENARIO, "--assumptions", "no-such"];
    let ran = sluice(&world);
    assert_eq!(ran.code, 3);
    assert!(
        ran.errors.contains("cannot read `no-such`"),
        "{}",
        ran.errors
    );
}

#[test]
fn without_yes_it_names_every_measure_and_what_it_would_make() {
    let ran = sluice(&["probe"]);
    assert_eq!(ran.code, 0, "{}", ran.errors);
    for said in [
        "look-every",
        "metrics",
        "CloudFormation stack",
        "Nothing was done.",
    ] {
        assert!(ran.output.contains(said), "{said}: {}", ran.output);
    }
}

#[test]
fn the_template_is_printed_as_it_is_deployed() {
    let ran = sluice(&["probe", "--template"]);
    assert_eq!(ran.code, 0);
    assert_eq!(ran.output, include_str!("../../infra/probe.yaml"));
}

#[test]
fn a_file_that_cannot_be_written_is_known_before_anything_is_made() {
    let ran = sluice(&["probe", "--yes", "--out", "no-such-folder/measured.json"]);
    assert_eq!(ran.code, 3);
    assert!(ran.errors.contains("cannot be written"), "{}", ran.errors);
}

#[test]
fn flags_that_need_a_yes_are_refused_without_it() {
    for flag in ["--keep", "--json"] {
        assert_eq!(sluice(&["probe", flag]).code, 64, "{flag}");
    }
    assert_eq!(sluice(&["probe", "--yes", "--only", "weather"]).code, 64);
}
