//! `sluice rehearse --faults`.

use super::sluice;

#[test]
fn a_seed_replays_its_release_with_the_timeline_and_says_what_is_broken() {
    let replay = || sluice(&["rehearse", "--seed", "7", "--faults"]);
    let ran = replay();
    assert_eq!(ran.code, 0, "{}{}", ran.output, ran.errors);
    for text in ["faults: {", "release begins", "nothing is broken"] {
        assert!(ran.output.contains(text), "no `{text}` in: {}", ran.output);
    }
    assert_eq!(replay().output, ran.output);
}

#[test]
fn faults_are_drawn_over_a_plan_and_a_scenario_that_are_given() {
    let ran = sluice(&[
        "rehearse",
        "examples/checkout/sluice.yaml",
        "--scenario",
        "examples/checkout/good.yaml",
        "--seed",
        "2",
        "--faults",
    ]);
    assert_eq!(ran.code, 0, "{}{}", ran.output, ran.errors);
    assert!(ran.output.contains("service: checkout"), "{}", ran.output);
}

#[test]
fn without_faults_a_plan_and_a_scenario_are_needed() {
    assert_eq!(sluice(&["rehearse", "--seed", "7"]).code, 64);
    let plan = "examples/checkout/sluice.yaml";
    assert_eq!(sluice(&["rehearse", plan]).code, 64);
    assert_eq!(sluice(&["rehearse", "--faults", "--json"]).code, 64);
}
