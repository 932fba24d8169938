//! Whatever is read, a pass has all that a pass needs.

use proptest::prelude::*;
use proptest::strategy::ValueTree;

use super::*;
use crate::settings::{AlreadyInAlarm, InsufficientData, Recovered, Traffic};

const STATES: [&str; 4] = ["OK", "ALARM", "INSUFFICIENT_DATA", "DEGRADED"];

/// An alarm's states; mostly quiet, so that some bakes pass.
fn states() -> impl Strategy<Value = Vec<(i64, &'static str)>> {
    let state = prop_oneof![6 => Just(0), 2 => Just(1), 2 => Just(2), 1 => Just(3)];
    let moves = prop::collection::btree_map(-400_i64..4000, state, 0..5);
    let first = prop_oneof![8 => Just("OK"), 1 => Just("ALARM"), 1 => Just("INSUFFICIENT_DATA")];
    (first, moves).prop_map(|(first, moves)| {
        let mut states = vec![(-7200, first)];
        for (from, index) in moves {
            if states
                .last()
                .is_some_and(|(_, word)| *word != STATES[index])
            {
                states.push((from, STATES[index]));
            }
        }
        states
    })
}

/// What is known of the history: all of it, a part, or nothing.
#[derive(Debug, Clone)]
enum Told {
    Whole,
    Without(usize),
    Unread,
    NotAsked,
}

fn told() -> impl Strategy<Value = Told> {
    prop_oneof![
        6 => Just(Told::Whole),
        1 => (0_usize..5).prop_map(Told::Without),
        1 => Just(Told::Unread),
        2 => Just(Told::NotAsked),
    ]
}

fn policies() -> impl Strategy<Value = serde_json::Value> {
    let word = |words: &'static [&'static str]| prop::sample::select(words);
    (
        word(&["fail", "wait", "ignore"]),
        word(&["fail", "accept"]),
        word(&["wait", "fail", "accept"]),
        word(&["deployment", "gate"]),
    )
        .prop_map(|(already, recovered, gaps, since)| {
            json!({
                "already_in_alarm": already, "recovered": recovered, "insufficient_data": gaps, "since": since,
                "traffic": { "metric": { "namespace": "Shop", "name": "Requests" }, "at_least": 100 },
            })
        })
}

prop_compose! {
    fn scene()(
        policies in policies(),
        alarms in prop::collection::vec((states(), told(), prop::bool::weighted(0.1)), 1..3),
        now in prop_oneof![0_i64..8000, Just(2039), Just(2040), Just(7200)],
        requests in prop_oneof![4 => Just(10.0), 1 => Just(2.9), 1 => Just(0.0)],
        uncounted in prop::bool::weighted(0.1),
        last_chance in any::<bool>(),
        recovering in prop::bool::weighted(0.2),
        by_an_action in any::<bool>(),
        blind in 0_u32..300,
        remembers in any::<bool>(),
    ) -> Scene {
        let mut scene = Scene::new(policies, &[OK], now);
        scene.begun.recovering = recovering;
        scene.begun.watched_from.action = by_an_action.then(|| "prod/Deploy".to_owned());
        let from = scene.begun.watched_from.at - guard(&scene);
        scene.begun.alarms.clear();
        scene.facts.alarms.clear();
        scene.memory.last_read = remembers.then(|| at((now - 30).max(0)));
        scene.facts.last_chance = last_chance;
        for (index, (mut states, told, dark)) in alarms.into_iter().enumerate() {
            states.retain(|(from, _)| *from <= now);
            let (then, mut present, mut transitions) = lived(&states);
            transitions.retain(|t| t.at >= from);
            present.evaluation = dark.then(|| "EVALUATION_ERROR".to_owned());
            if remembers && let Some(last) = transitions.last() {
                let milliseconds = last.at.duration_since(at(0)).as_millis();
                let offset = i64::try_from(milliseconds).expect("short");
                scene.memory.accounted.insert(index, offset);
                scene.memory.blind.insert(index, blind);
            }
            let history = match told {
                Told::Whole => Some(History::Read(transitions)),
                Told::Without(index) => {
                    if index < transitions.len() {
                        transitions.remove(index);
                    }
                    Some(History::Read(transitions))
                }
                Told::Unread => Some(History::Unread("throttled".to_owned())),
                Told::NotAsked => None,
            };
            scene.begun.alarms.push(BegunAlarm { place: Place::default(), alarm: then, children: Vec::new() });
            scene.facts.alarms.push(AlarmFacts { present, history });
        }
        let counts = (0..now / 60).map(|minute| Count { at: at(minute * 60), count: requests }).collect();
        scene.facts.traffic = if uncounted {
            TrafficFacts::Unknown("throttled".to_owned())
        } else {
            TrafficFacts::Counted { period_seconds: 60, counts }
        };
        scene
    }
}

/// How far before the beginning a firing counts: what a rollback is to cure
/// does not, where AWS's own clock says that it came before.
fn guard(scene: &Scene) -> jiff::SignedDuration {
    let begun = &scene.begun;
    match (begun.recovering, &begun.watched_from.action) {
        (true, Some(_)) => jiff::SignedDuration::ZERO,
        _ => GUARD,
    }
}

/// Whether an alarm speaks against a pass, said without the rule's own words.
fn speaks_against(scene: &Scene, index: usize) -> Option<&'static str> {
    let (settings, AlarmFacts { present, history }) = (&scene.settings, &scene.facts.alarms[index]);
    let transitions = match history {
        Some(History::Read(transitions)) => transitions.as_slice(),
        Some(History::Unread(_)) => return Some("its history was not read"),
        None if present.transitioned < Some(scene.begun.watched_from.at - guard(scene)) => &[],
        None => return Some("it moved, and its history was not asked for"),
    };
    let begins = scene.begun.began - guard(scene);
    let was = transitions.iter().rfind(|t| t.at < begins).map(|t| &t.new);
    let was = was
        .or(transitions.first().map(|t| &t.old))
        .unwrap_or(&present.state);
    let ok_at = transitions
        .iter()
        .find(|t| t.at >= begins && t.new == AlarmState::Ok);
    let never_ok = was == &AlarmState::Alarm && ok_at.is_none();
    if settings.already_in_alarm == AlreadyInAlarm::Ignore && never_ok {
        return None;
    }
    if present.evaluation.is_some() {
        return Some("it could not be evaluated");
    }
    match transitions.last().map_or(&present.state, |t| &t.new) {
        AlarmState::Ok => {}
        AlarmState::InsufficientData if settings.insufficient_data == InsufficientData::Accept => {}
        _ => return Some("it is not OK at the last read"),
    }
    let judged_from = match (settings.already_in_alarm, was, ok_at) {
        (AlreadyInAlarm::Wait | AlreadyInAlarm::Ignore, AlarmState::Alarm, Some(ok)) => ok.at,
        _ => begins,
    };
    let fired = |t: &&Transition| t.new == AlarmState::Alarm && t.at >= judged_from;
    match (settings.recovered, transitions.iter().filter(fired).count()) {
        (_, 0) | (Recovered::Accept, 1) => None,
        _ => Some("it fired"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn a_pass_has_all_that_a_pass_needs(scene in scene()) {
        let judged = scene.judge();
        prop_assert_eq!(&judged, &scene.judge(), "judging twice gives the same");
        if word(&judged) == "pass Quiet" {
            for index in 0..scene.begun.alarms.len() {
                prop_assert_eq!(speaks_against(&scene, index), None, "alarm {} of {:?}", index, scene.facts);
            }
            prop_assert!(scene.facts.now >= at(2040));
            let TrafficFacts::Counted { counts, .. } = &scene.facts.traffic else {
                return Err(TestCaseError::fail("a pass without counted traffic"));
            };
            let Traffic::Measured(measured) = &scene.settings.traffic else {
                return Err(TestCaseError::fail("traffic is measured"));
            };
            let seen: f64 = counts.iter().map(|count| count.count).sum();
            prop_assert!(seen >= measured.at_least as f64);
        } else {
            prop_assert!(!word(&judged).starts_with("pass"));
        }
    }
}

#[test]
fn some_of_the_scenes_pass_and_some_fail() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut words = std::collections::BTreeMap::<String, u32>::new();
    for _ in 0..1000 {
        let tree = scene().new_tree(&mut runner).expect("it can be drawn");
        *words.entry(word(&tree.current().judge())).or_default() += 1;
    }
    for expected in [
        "pass Quiet",
        "fail Fired",
        "wait",
        "inconclusive NotEnoughTraffic",
    ] {
        assert!(words.get(expected).is_some_and(|n| *n >= 10), "{words:?}");
    }
}
