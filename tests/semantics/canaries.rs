//! What the evidence of a canary says of where its groups came from.

use serde_json::json;
use sluice::replay::replayed;
use sluice_core::evidence::Evidence;

use super::replayed::{changed, row};

const PRESET: &str = "an_alb_preset_compares_two_target_groups";
const ALIAS: &str = "the_versions_of_the_first_look_hold_when_the_alias_has_moved_on";
const BEFORE: &str = "what_is_as_before_the_deployment_passes";

#[track_caller]
fn check(evidence: &Evidence, expected: &str) {
    let replayed = replayed(evidence);
    assert!(replayed.text.contains(expected), "{}", replayed.text);
}

#[test]
fn the_groups_that_an_alias_gave_are_in_the_evidence() {
    let alias = row(ALIAS);
    let version =
        |group: &str| alias.begun["groups"][group]["dimensions"]["ExecutedVersion"].clone();
    assert_eq!([version("baseline"), version("canary")], ["7", "8"]);
    assert_eq!(
        alias.begun["alias"],
        json!({ "version": "7", "weights": { "8": 0.1 } })
    );
    assert_eq!(alias.sources.len(), 1);
}

#[test]
fn other_groups_than_those_of_the_preset_are_noticed() {
    let place = "/begun/groups/canary/dimensions/TargetGroup";
    let other = changed(&row(PRESET), |own| {
        *own.pointer_mut(place).unwrap() = json!("targetgroup/other/3");
    });
    check(&other, "its groups are not those of its settings");
}

#[test]
fn a_comparison_of_two_times_says_so_and_which() {
    let before = row(BEFORE);
    assert!(
        before
            .remarks
            .iter()
            .any(|remark| remark.starts_with("`before_after`"))
    );
    // The deployment began three minutes before the first look.
    let earlier = &before.begun["earlier"];
    assert_eq!(earlier["deployed"], "2026-03-03T09:00:00Z");
    assert_eq!(earlier["from"], "2026-03-03T08:30:00Z");
    let untold = changed(&before, |own| {
        own["begun"].as_object_mut().unwrap().remove("earlier");
    });
    check(
        &untold,
        "it does not say which time was compared with which",
    );
}
