//! What answers, evidence and pages say of waivers, and what they cost.

use sluice_core::evidence::Evidence;
use sluice_core::replay::Finding;

use super::cases::GROUPS;
use super::run::{Gave, run};

fn gave(name: &str) -> Gave {
    let mut cases = GROUPS.iter().flat_map(|group| group.cases);
    run(cases.find(|case| case.name == name).expect("a case"))
}

fn evidence(name: &str) -> Evidence {
    gave(name).evidence.expect("the gate ended")
}

/// What has to be known of a waiver, wherever it is told.
const TOLD: [&str; 5] = [
    "arn:aws:iam::111122223333:user/alice",
    "2026-03-03T08:30:00Z",
    "2026-03-03T12:00:00Z",
    "prod/bake",
    "the alarm watches a host that is gone",
];

#[track_caller]
fn check_told(text: &str) {
    for told in TOLD {
        assert!(text.contains(told), "`{told}` is not in\n{text}");
    }
}

#[test]
fn an_answer_says_what_would_have_been_and_who_gave_the_waiver() {
    let message = gave("a_waiver_lets_a_fail_go").message;
    let first = message.lines().next().unwrap_or_default();
    let would = "gate `bake` of stage `prod`: fail (would have stopped the release; goes on: waived): alarm `errors`";
    assert!(first.starts_with(would), "{message}");
    check_told(&message);
}

#[test]
fn the_answer_of_a_gate_error_says_it_too() {
    let message = gave("a_waiver_that_says_so_covers_a_gate_error").message;
    check_told(&message);
    assert!(message.contains("gate errors too"), "{message}");
}

#[test]
fn evidence_keeps_the_verdict_and_the_waiver_and_is_computed_again() {
    let evidence = evidence("a_waiver_lets_a_fail_go");
    let json = serde_json::to_value(&evidence).expect("evidence is JSON");
    assert_eq!(json["verdict"], "fail");
    assert_eq!(json["decided_by"], "waiver");
    assert_eq!(json["waiver"]["covers_gate_errors"], false);
    check_told(&json["waiver"].to_string());
    assert_eq!(
        serde_json::from_value::<Evidence>(json).ok().as_ref(),
        Some(&evidence)
    );
    assert_eq!(sluice_gates::finding(&evidence), Ok(Finding::Agrees));
}

#[test]
fn evidence_that_lost_its_waiver_gives_another_outcome() {
    let mut evidence = evidence("a_waiver_lets_a_fail_go");
    evidence.waiver = None;
    let finding = sluice_gates::finding(&evidence);
    assert!(
        matches!(finding, Ok(Finding::Differs { .. })),
        "{finding:?}"
    );
}

#[test]
fn text_and_page_say_it() {
    let evidence = evidence("a_waiver_lets_a_fail_go");
    check_told(&sluice_report::text(&evidence));
    check_told(&sluice_host::page(&evidence));
}

#[test]
fn waivers_are_read_only_where_the_release_would_be_stopped() {
    for (name, reads) in [
        ("a_waiver_is_not_needed_for_a_pass", 0),
        ("a_waiver_changes_nothing_where_the_gate_only_watches", 0),
        ("a_waiver_lets_a_fail_go", 1),
        ("a_waiver_that_expired_does_nothing", 1),
    ] {
        let gave = gave(name);
        assert_eq!(gave.waivers_read, reads, "{name}");
        let waived = gave
            .evidence
            .is_some_and(|evidence| evidence.waiver.is_some());
        assert_eq!(waived, name == "a_waiver_lets_a_fail_go", "{name}");
    }
}

#[test]
fn a_waiver_that_does_nothing_says_why() {
    for (name, why) in [
        (
            "a_waiver_that_expired_does_nothing",
            "it expired at 2026-03-03T09:15:00Z",
        ),
        (
            "a_waiver_for_another_gate_does_nothing",
            "it is for `prod/canary`, not for `prod/bake`",
        ),
        (
            "a_waiver_for_another_stage_does_nothing",
            "it is for `beta/*`, not for `prod/bake`",
        ),
        (
            "a_waiver_for_longer_than_a_day_does_nothing",
            "more than 24 hours",
        ),
        (
            "a_waiver_does_not_cover_a_gate_error",
            "does not cover gate errors",
        ),
        (
            "a_waiver_that_cannot_be_read_does_nothing",
            "could not be read, so none holds",
        ),
        (
            "a_waiver_that_cannot_be_read_does_nothing",
            "dynamodb:Query",
        ),
        (
            "a_waiver_that_nobody_tells_in_time_does_nothing",
            "it took more than 3 s",
        ),
        (
            "a_waiver_does_not_cover_that_the_release_was_replaced",
            "it is for the release, and that is over",
        ),
    ] {
        let message = gave(name).message;
        assert!(message.contains(why), "`{why}` is not in\n{message}");
    }
}
