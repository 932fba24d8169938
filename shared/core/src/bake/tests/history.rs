//! When histories are read, and when they count.

use super::*;

const BETWEEN: &[(i64, &str)] = &[OK, (600, "INSUFFICIENT_DATA"), (700, "OK")];

/// The same look without its history, as it is before it is asked for.
fn unread(mut scene: Scene) -> Scene {
    scene.facts.alarms[0].history = None;
    scene
}

#[test]
fn an_alarm_that_did_not_move_needs_no_history_before_the_last_look() {
    assert_eq!(unread(Scene::new(json!({}), &[OK], 1000)).wanted(), 0);
    assert_eq!(unread(Scene::new(json!({}), &[OK], 2039)).wanted(), 0);
    assert_eq!(unread(Scene::new(json!({}), &[OK], 2040)).wanted(), 1);
}

#[test]
fn an_alarm_that_is_red_needs_no_history_where_any_firing_fails() {
    let red = &[OK, (600, "ALARM")];
    let scene = unread(Scene::new(json!({}), red, 1000));
    assert_eq!(scene.wanted(), 0);
    scene.check("fail Fired");
    let scene = unread(Scene::new(json!({ "recovered": "accept" }), red, 1000));
    assert_eq!(scene.wanted(), 1);
    scene.check("wait");
}

#[test]
fn what_an_earlier_look_judged_is_not_read_again_before_the_last_look() {
    let first = Scene::new(json!({}), BETWEEN, 1000);
    let mut later = unread(Scene::new(json!({}), BETWEEN, 1300));
    assert_eq!(later.wanted(), 1);
    later.memory = first.judge().memory;
    assert_eq!(later.wanted(), 0);
    later.check("wait");
    // Losing the digest costs a call and nothing else.
    later.memory = later.memory.shortened();
    assert_eq!(later.wanted(), 1);
    later.check("wait");
}

#[test]
fn what_moved_again_is_read_again() {
    let first = Scene::new(json!({}), BETWEEN, 1000);
    let states = [BETWEEN, &[(1100, "INSUFFICIENT_DATA"), (1150, "OK")]].concat();
    let mut later = unread(Scene::new(json!({}), &states, 1300));
    later.memory = first.judge().memory;
    assert_eq!(later.wanted(), 1);
}

#[test]
fn what_an_earlier_look_judged_is_never_enough_for_a_pass() {
    let mut last = unread(Scene::new(json!({}), BETWEEN, 3000));
    last.memory = Scene::new(json!({}), BETWEEN, 1000).judge().memory;
    last.check("wait");
    assert_eq!(last.wanted(), 1);
}

#[test]
fn the_last_look_reads_also_what_is_no_pass() {
    let gap = &[OK, (600, "INSUFFICIENT_DATA")];
    let mut last = unread(Scene::new(json!({}), gap, 7199));
    last.memory = Scene::new(json!({}), gap, 1000).judge().memory;
    assert_eq!(last.wanted(), 0);
    last.facts.now = at(7200);
    assert_eq!(last.wanted(), 1);
    last.facts.now = at(2000);
    last.facts.last_chance = true;
    assert_eq!(last.wanted(), 1);
}

/// The last look with some of its history missing.
#[track_caller]
fn without(dropped: &[usize], expected: &str) {
    let states = [
        OK,
        (600, "ALARM"),
        (700, "OK"),
        (800, "INSUFFICIENT_DATA"),
        (860, "OK"),
    ];
    let mut scene = Scene::new(json!({}), &states, 2400);
    let Some(History::Read(transitions)) = &mut scene.facts.alarms[0].history else {
        panic!("it was read");
    };
    let mut index = 0;
    transitions.retain(|_| {
        index += 1;
        !dropped.contains(&(index - 1))
    });
    scene.check(expected);
}

#[test]
fn a_history_counts_if_nothing_is_missing() {
    without(&[], "fail FiredAndRecovered");
}

#[test]
fn a_history_with_a_hole_does_not_count() {
    without(&[0], "wait");
    without(&[1], "wait");
    without(&[2], "wait");
    without(&[3], "wait");
    without(&[0, 1, 2, 3], "wait");
}

#[test]
fn the_same_moment_may_differ_by_two_seconds_in_the_two_answers() {
    let apart = |seconds: i64| {
        let mut scene = Scene::new(json!({}), BETWEEN, 2400);
        scene.facts.alarms[0].present.transitioned = Some(at(700 + seconds));
        scene
    };
    apart(2).check("pass Quiet");
    apart(3).check("wait");
}

#[test]
fn a_history_that_was_not_read_or_a_word_that_is_not_known_is_not_ok() {
    let mut scene = Scene::new(json!({}), &[OK], 2400);
    scene.facts.alarms[0].history = Some(History::Unread("throttled".to_owned()));
    scene.check("wait");
    scene.facts.now = at(7200);
    scene.check("inconclusive HistoryUnknown");
    check(
        json!({}),
        &[(-7200, "DEGRADED")],
        7200,
        "inconclusive HistoryUnknown",
    );
    let mut scene = Scene::new(json!({}), &[OK], 7200);
    scene.facts.alarms[0].present.transitioned = None;
    scene.check("inconclusive HistoryUnknown");
}
