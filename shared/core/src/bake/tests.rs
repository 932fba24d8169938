//! The rule at its boundaries, beside each other. Times are seconds from the
//! first look; the bake is `for: 30m` with 4m of settling, deployed from three
//! minutes before.

mod history;
mod property;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::*;
use crate::plan::GateSettings;
use crate::reading::{Alarm, AlarmKind, AlarmState, Count, Place, Transition};
use crate::settings::Bake;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("in range")
}

/// The settings of most tests, and these.
fn settings(others: serde_json::Value) -> Bake {
    let mut bake = json!({ "alarms": ["errors"], "for": "30m", "traffic": "not_measured" });
    for (name, value) in others.as_object().expect("an object") {
        bake[name] = value.clone();
    }
    match GateSettings::from_json(&json!({ "bake": bake })) {
        Ok(GateSettings::Bake(bake)) => bake,
        other => panic!("{other:?}"),
    }
}

fn alarm(state: AlarmState, since: i64) -> Alarm {
    Alarm {
        name: "errors".to_owned(),
        arn: "errors".to_owned(),
        kind: AlarmKind::Metric,
        state,
        transitioned: Some(at(since)),
        configured: Some(at(-90_000)),
        evaluation: None,
        period_seconds: Some(60),
        evaluation_periods: Some(1),
        datapoints_to_alarm: Some(1),
        missing_data: None,
    }
}

/// An alarm's states as (from when, state), the first from long before on:
/// the alarm at the first look, now, and its transitions.
fn lived(states: &[(i64, &str)]) -> (Alarm, Alarm, Vec<Transition>) {
    let state = |word: &str| AlarmState::from_word(word);
    let (then, was) = states.iter().rfind(|(from, _)| *from <= 0).expect("one");
    let (since, is) = states.last().expect("one");
    let transitions = states
        .windows(2)
        .map(|pair| Transition {
            at: at(pair[1].0),
            old: state(pair[0].1),
            new: state(pair[1].1),
        })
        .collect();
    (
        alarm(state(was), *then),
        alarm(state(is), *since),
        transitions,
    )
}

/// All that the rule is given.
#[derive(Debug)]
struct Scene {
    begun: Begun,
    settings: Bake,
    facts: Facts,
    memory: Memory,
}

impl Scene {
    /// An alarm with these states, whose history was read.
    fn new(others: serde_json::Value, states: &[(i64, &str)], now: i64) -> Scene {
        let settings = settings(others);
        let (then, present, transitions) = lived(states);
        let from = match settings.since {
            crate::settings::Since::Gate => 0,
            crate::settings::Since::Deployment => -180,
        };
        let seen = transitions.into_iter().filter(|t| t.at >= at(from) - GUARD);
        Scene {
            begun: Begun {
                rule: RULE_VERSION,
                began: at(0),
                watched_from: WatchedFrom {
                    at: at(from),
                    action: None,
                },
                settle: crate::Duration::from_minutes(4),
                recovering: false,
                alarms: vec![BegunAlarm {
                    children: Vec::new(),
                    place: Place::default(),
                    alarm: then,
                }],
            },
            settings,
            facts: Facts {
                now: at(now),
                last_chance: false,
                alarms: vec![AlarmFacts {
                    present,
                    history: Some(History::Read(seen.collect())),
                }],
                traffic: TrafficFacts::NotMeasured,
            },
            memory: Memory::default(),
        }
    }

    fn judge(&self) -> Judged {
        judge(&self.begun, &self.settings, &self.facts, &self.memory)
    }

    fn wanted(&self) -> usize {
        history_wanted(&self.begun, &self.settings, &self.facts, &self.memory).len()
    }

    #[track_caller]
    fn check(&self, expected: &str) {
        let judged = self.judge();
        assert_eq!(word(&judged), expected, "{judged:?}");
    }
}

fn word(judged: &Judged) -> String {
    match &judged.ruling {
        Ruling::Reached {
            verdict, reason, ..
        } => format!("{verdict} {}", reason.code),
        Ruling::Wait { .. } => "wait".to_owned(),
    }
}

#[track_caller]
fn check(others: serde_json::Value, states: &[(i64, &str)], now: i64, expected: &str) {
    Scene::new(others, states, now).check(expected);
}

const OK: (i64, &str) = (-7200, "OK");

#[test]
fn a_pass_needs_a_look_after_for_and_settling() {
    check(json!({}), &[OK], 2039, "wait");
    check(json!({}), &[OK], 2040, "pass Quiet");
}

#[test]
fn a_transition_inside_the_guard_counts_as_in_the_bake() {
    let gate = || json!({ "since": "gate" });
    check(
        gate(),
        &[OK, (-30, "ALARM"), (-5, "OK")],
        0,
        "fail FiredAndRecovered",
    );
    check(
        gate(),
        &[OK, (-31, "ALARM"), (-5, "OK")],
        0,
        "fail AlreadyInAlarm",
    );
    check(
        gate(),
        &[OK, (-60, "ALARM"), (-30, "OK")],
        0,
        "fail AlreadyInAlarm",
    );
    check(gate(), &[OK, (-60, "ALARM"), (-31, "OK")], 0, "wait");
}

#[test]
fn firings_are_watched_from_the_deployment_less_the_guard() {
    check(
        json!({}),
        &[OK, (-210, "ALARM"), (-200, "OK")],
        0,
        "fail FiredDuringDeployment",
    );
    check(json!({}), &[OK, (-211, "ALARM"), (-209, "OK")], 0, "wait");
    check(
        json!({}),
        &[OK, (-31, "ALARM"), (-1, "OK")],
        0,
        "fail FiredDuringDeployment",
    );
}

#[test]
fn only_awss_own_clock_says_that_a_rollback_came_after_the_firing() {
    let mut scene = Scene::new(json!({}), &[OK, (-190, "ALARM"), (-181, "OK")], 2040);
    scene.begun.recovering = true;
    scene.check("fail RollbackDidNotCure");
    scene.begun.watched_from.action = Some("prod/Deploy".to_owned());
    scene.check("pass Quiet");
}

#[test]
fn known_time_of_exactly_for_is_enough() {
    let gap = |to| [OK, (0, "INSUFFICIENT_DATA"), (to, "OK")];
    check(json!({}), &gap(240), 2040, "pass Quiet");
    check(json!({}), &gap(241), 2040, "wait");
    check(json!({}), &gap(241), 2041, "pass Quiet");
}

#[test]
fn a_recovered_alarm_is_ok_for_exactly_quiet_after() {
    let accept = || json!({ "recovered": "accept", "quiet_after": "15m" });
    let states = [OK, (1000, "ALARM"), (1200, "OK")];
    check(accept(), &states, 2099, "wait");
    check(accept(), &states, 2100, "pass Quiet");
}

#[test]
fn what_is_not_recovered_at_the_end_fails_and_is_not_undecided() {
    let accept = || json!({ "recovered": "accept", "at_most": "1h" });
    check(accept(), &[OK, (1000, "ALARM")], 3599, "wait");
    check(accept(), &[OK, (1000, "ALARM")], 3600, "fail NotRecovered");
    let mut scene = Scene::new(accept(), &[OK, (1000, "ALARM")], 2000);
    scene.facts.last_chance = true;
    scene.check("fail NotRecovered");
}

#[test]
fn a_rollback_may_recover_at_the_last_moment() {
    let recovering = |states: &[(i64, &str)], now| {
        let mut scene = Scene::new(json!({}), states, now);
        scene.begun.recovering = true;
        scene
    };
    let red = (-7200, "ALARM");
    recovering(&[red], 900).check("wait");
    recovering(&[red], 901).check("fail RollbackDidNotCure");
    recovering(&[red, (900, "OK")], 1000).check("wait");
    recovering(&[red, (901, "OK")], 1000).check("fail RollbackDidNotCure");
    recovering(&[red, (900, "OK")], 2700).check("pass Quiet");
}

#[test]
fn a_pause_of_exactly_quiet_for_does_not_stop_the_clock() {
    let measured = json!({ "quiet_for": "10m", "traffic": {
        "metric": { "namespace": "Shop", "name": "Requests" }, "at_least": 1 } });
    let paused = |periods: i64| {
        let mut scene = Scene::new(measured.clone(), &[OK], 2040);
        let busy = (0..34).filter(|minute| !(5..5 + periods).contains(minute));
        scene.facts.traffic = TrafficFacts::Counted {
            period_seconds: 60,
            counts: busy
                .map(|minute| Count {
                    at: at(minute * 60),
                    count: 1.0,
                })
                .collect(),
        };
        scene
    };
    paused(10).check("pass Quiet");
    // 14 minutes of pause stop the clock for four, which is all there is to spare.
    paused(14).check("pass Quiet");
    paused(15).check("wait");
    let stopped = |periods| {
        let scene = paused(periods);
        let quiet_for = scene.settings.quiet_for();
        super::clock::standstills(&scene.facts.traffic, quiet_for, at(0), at(2040))
    };
    assert_eq!(stopped(10), []);
    assert_eq!(stopped(11), [(at(900), at(960))]);
}

#[test]
fn blind_time_is_rounded_up_and_taken_from_known_time() {
    let mut scene = Scene::new(json!({}), &[OK], 2040);
    scene.memory.blind.insert(0, 240);
    scene.check("pass Quiet");
    scene.memory.blind.insert(0, 241);
    scene.check("wait");
    scene.facts.alarms[0].present.evaluation = Some("EVALUATION_ERROR".to_owned());
    scene.facts.now = at(100) + SignedDuration::from_millis(1);
    scene.memory = Memory::default();
    assert_eq!(scene.judge().memory.blind.get(&0), Some(&101));
}

#[test]
fn a_blind_last_look_is_no_pass_however_long_the_alarm_was_known() {
    let mut scene = Scene::new(json!({}), &[OK], 2400);
    scene.memory.last_read = Some(at(2395));
    scene.check("pass Quiet");
    scene.facts.alarms[0].present.evaluation = Some("EVALUATION_ERROR".to_owned());
    scene.check("wait");
    scene.facts.last_chance = true;
    scene.check("inconclusive EvaluationFailed");
}

#[test]
fn a_changed_configuration_starts_the_clock_anew() {
    let changed = |second| {
        let mut scene = Scene::new(json!({}), &[OK], 2040);
        scene.facts.alarms[0].present.configured = Some(at(second));
        scene
    };
    changed(240).check("pass Quiet");
    changed(241).check("wait");
}

#[test]
fn a_state_that_is_not_known_at_the_last_read_is_no_pass() {
    // The history was read after the state, and shows one more transition.
    let mut scene = Scene::new(json!({}), &[OK], 3000);
    let later = Transition {
        at: at(3001),
        old: AlarmState::Ok,
        new: AlarmState::from_word("PURPLE"),
    };
    scene.facts.alarms[0].history = Some(History::Read(vec![later]));
    scene.check("wait");
}

#[test]
fn a_shortened_memory_keeps_the_longest_blind_time_for_all() {
    let mut memory = Memory::default();
    memory.blind.extend((0..100).map(|index| (index, 200)));
    memory.blind.insert(7, 240);
    let short = memory.shortened();
    assert_eq!((short.blind.len(), short.blind_for_all), (0, 240));
    let mut scene = Scene::new(json!({}), &[OK], 2040);
    scene.memory = short;
    scene.check("pass Quiet");
    scene.memory.blind.insert(0, 1);
    scene.check("wait");
}
