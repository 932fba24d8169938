//! Layers, drawn: no order, no words and no artifact loosen what is locked.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value as Json, json};

use super::{ASKED, layer};
use crate::Duration;
use crate::layers::{Asked, Layer, resolve, values};
use crate::plan::{GateSettings, ResolvedPlan};
use crate::settings::{Bake, InsufficientData, Mode, Recovered, ReleaseCheck};

fn length(minutes: std::ops::Range<u32>) -> impl Strategy<Value = Json> {
    minutes.prop_map(|minutes| json!(format!("{minutes}m")))
}

/// Some of the settings of a bake, some of them weak.
fn bake() -> impl Strategy<Value = Json> {
    let alarms = subsequence(vec!["a", "b", "c", "d"], 1..4).prop_map(|names| json!(names));
    let fields: Vec<(&str, BoxedStrategy<Json>)> = vec![
        ("for", length(30..120).boxed()),
        ("alarms", alarms.boxed()),
        (
            "recovered",
            select(vec![json!("fail"), json!("accept")]).boxed(),
        ),
        (
            "insufficient_data",
            select(vec![json!("fail"), json!("wait"), json!("accept")]).boxed(),
        ),
        (
            "release_check",
            select(vec![json!("on"), json!("off")]).boxed(),
        ),
        (
            "mode",
            select(vec![json!("enforce"), json!("watch_only")]).boxed(),
        ),
        ("quiet_for", length(1..30).boxed()),
        ("at_most", length(100..400).boxed()),
    ];
    let drawn: Vec<_> = fields
        .into_iter()
        .map(|(name, value)| {
            proptest::option::weighted(0.3, value).prop_map(move |value| Some((name, value?)))
        })
        .collect();
    drawn.prop_map(|fields| {
        let fields = fields.into_iter().flatten();
        Json::Object(
            fields
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        )
    })
}

fn policies() -> impl Strategy<Value = Json> {
    let roll_back = select(vec![
        json!({}),
        json!({ "roll_back": "native" }),
        json!({ "roll_back": "no" }),
    ]);
    (roll_back, any::<bool>(), any::<bool>()).prop_map(|(on_fail, proceed, stop_others)| {
        json!({ "on_fail": on_fail, "on_inconclusive": { "proceed": proceed }, "stop_others": stop_others })
    })
}

/// A stage of a layer, and what it lets later ones loosen.
fn stage(loosenable: bool) -> impl Strategy<Value = Json> {
    let words = vec![
        "bake",
        "bake.for",
        "bake.alarms",
        "bake.mode",
        "on_inconclusive",
    ];
    let open =
        subsequence(words, 0..3).prop_map(move |words| if loosenable { words } else { Vec::new() });
    (
        bake(),
        proptest::option::of(policies()),
        open,
        any::<bool>(),
    )
        .prop_map(|(bake, own, open, more)| {
            let mut stage = own.unwrap_or(json!({}));
            let mut gates = vec![json!({ "bake": bake })];
            if more {
                gates.push(json!({ "clear": { "alarms": ["z"] } }));
            }
            stage["gates"] = gates.into();
            if !open.is_empty() {
                stage["loosenable"] = json!(open);
            }
            stage
        })
}

/// What every company would have: complete, and strict.
fn base() -> Json {
    json!({
        "gates": [{ "bake": {
            "for": "1h", "alarms": ["a"],
            "traffic": { "metric": { "namespace": "N", "name": "R" }, "at_least": 10 },
        } }],
        "on_fail": { "roll_back": "native" },
    })
}

fn written(scope: &str, pattern: &str, stage: &Json) -> Layer {
    layer(
        scope,
        1,
        &json!({ "stages": { pattern: stage } }).to_string(),
    )
}

fn artifact(stage: &Json) -> Layer {
    let plan = json!({ "service": "checkout", "stages": { "prod": stage } });
    Layer::artifact(&plan).unwrap()
}

fn the_bake(plan: &ResolvedPlan) -> &Bake {
    match &plan.find("bake").unwrap().settings {
        GateSettings::Bake(bake) => bake,
        _ => panic!("another kind"),
    }
}

/// How strict a plan is, each number the greater the stricter.
fn strictness(plan: &ResolvedPlan) -> Vec<i64> {
    let bake = the_bake(plan);
    let rank = |words: &[bool]| i64::try_from(words.iter().filter(|is| **is).count()).unwrap();
    let seconds = |length: Duration| i64::from(length.as_seconds());
    vec![
        seconds(bake.bake_for),
        i64::from(bake.mode == Mode::Enforce),
        i64::from(bake.release_check == ReleaseCheck::On),
        i64::from(bake.recovered == Recovered::Fail),
        rank(&[
            bake.insufficient_data != InsufficientData::Accept,
            bake.insufficient_data == InsufficientData::Fail,
        ]),
        rank(&["a", "b", "c", "d"].map(|name| {
            serde_json::to_string(&bake.alarms)
                .unwrap()
                .contains(&format!("\"{name}\""))
        })),
        i64::from(!plan.plan.policies.on_inconclusive.proceed),
        i64::from(plan.plan.policies.on_fail.roll_back != crate::plan::RollBack::No),
        i64::from(plan.plan.stop_others),
        i64::try_from(plan.plan.gates.len()).unwrap(),
    ]
}

fn is_no_looser(plan: &ResolvedPlan, than: &ResolvedPlan) -> bool {
    let mut pairs = strictness(plan).into_iter().zip(strictness(than));
    // What nobody wrote goes with `for`: a longer bake has a longer quarter.
    let unwritten = the_bake(plan).bake_for.as_seconds() / 4;
    let quiet = |plan: &ResolvedPlan| the_bake(plan).quiet_for().as_seconds();
    quiet(plan) <= quiet(than).max(unwritten) && pairs.all(|(new, old)| new >= old)
}

proptest! {
    #[test]
    fn what_is_locked_is_loosened_by_no_layer(stages in proptest::collection::vec(stage(false), 1..4)) {
        let scopes = [("stage:*", "*"), ("stage:prod", "prod"), ("service:checkout", "prod")];
        let mut layers = vec![written("organisation", "prod", &base())];
        let mut before = resolve(&ASKED, &layers).unwrap();
        for (stage, (scope, pattern)) in stages.iter().zip(scopes) {
            layers.push(written(scope, pattern, stage));
            match resolve(&ASKED, &layers) {
                Ok(after) => {
                    prop_assert!(is_no_looser(&after, &before), "{}\n{:?}\n{:?}", stage, strictness(&before), strictness(&after));
                    before = after;
                }
                Err(_) => { layers.pop(); }
            }
        }
    }

    #[test]
    fn an_artifact_loosens_nothing_whatever_is_loosenable(service in stage(true), own in stage(false)) {
        let mut open = base();
        open["loosenable"] = json!(["bake", "on_inconclusive", "on_fail", "stop_others"]);
        let layers = vec![written("organisation", "prod", &open), written("service:checkout", "prod", &service)];
        let Ok(before) = resolve(&ASKED, &layers) else { return Ok(()) };
        let mut with = layers;
        with.push(artifact(&own));
        if let Ok(after) = resolve(&ASKED, &with) {
            prop_assert!(is_no_looser(&after, &before), "{}\n{:?}\n{:?}", own, strictness(&before), strictness(&after));
        }
    }

    /// The base is the floor, however the layers above let each other loosen.
    #[test]
    fn what_a_layer_between_lets_loose_stays_above_what_is_locked_below(
        middle in stage(true), above in stage(true),
    ) {
        let base = written("organisation", "prod", &base());
        let floor = resolve(&ASKED, std::slice::from_ref(&base)).unwrap();
        let layers = [base, written("stage:prod", "prod", &middle), written("service:checkout", "prod", &above)];
        if let Ok(plan) = resolve(&ASKED, &layers) {
            prop_assert!(is_no_looser(&plan, &floor), "{:?}\n{:?}", strictness(&floor), strictness(&plan));
        }
    }

    #[test]
    fn the_order_in_which_layers_come_does_not_matter(
        (one, two, three) in (stage(true), stage(true), stage(true)), shuffled in Just(vec![0_usize, 1, 2, 3]).prop_shuffle(),
    ) {
        let layers = [
            written("organisation", "prod", &one),
            written("stage:*", "*", &two),
            written("service:checkout", "prod", &three),
            artifact(&base()),
        ];
        let other: Vec<Layer> = shuffled.iter().map(|index| layers[*index].clone()).collect();
        prop_assert_eq!(resolve(&ASKED, &layers), resolve(&ASKED, &other));
    }

    #[test]
    fn a_resolved_plan_resolves_to_itself_and_every_value_has_a_source(one in stage(true), two in stage(true)) {
        let mut layers = vec![
            written("organisation", "prod", &base()),
            written("stage:*", "*", &one),
            written("service:checkout", "prod", &two),
        ];
        layers.retain(|layer| resolve(&ASKED, std::slice::from_ref(layer)).is_ok() || layer.label.starts_with("organ"));
        let Ok(plan) = resolve(&ASKED, &layers) else { return Ok(()) };
        let paths: Vec<String> = values(&plan.plan).into_iter().map(|(path, _)| path).collect();
        let mut sorted = paths.clone();
        sorted.sort();
        let named: Vec<String> = plan.sources.keys().cloned().collect();
        prop_assert_eq!(sorted, named);
        let own = serde_json::to_value(&plan.plan).unwrap();
        let again = resolve(&ASKED, &[written("organisation", "prod", &own)]).unwrap();
        prop_assert_eq!(&again.plan, &plan.plan);
        // Also as the artifact over the layers that it came from.
        layers.push(artifact(&own));
        let again = resolve(&ASKED, &layers);
        prop_assert_eq!(again.map(|again| again.plan), Ok(plan.plan));
    }

    #[test]
    fn no_stage_of_other_names_is_touched(stage in stage(true)) {
        let other = Asked { stage: "beta", ..ASKED };
        let error = resolve(&other, &[written("organisation", "prod*", &stage)]).unwrap_err();
        prop_assert_eq!(error.name(), "PlanEmpty");
    }
}

#[test]
fn enough_of_the_layers_drawn_are_accepted_and_refused_to_mean_something() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut names: Vec<&str> = Vec::new();
    for _ in 0..200 {
        let drawn = stage(false).new_tree(&mut runner).unwrap().current();
        let layers = [
            written("organisation", "prod", &base()),
            written("service:checkout", "prod", &drawn),
        ];
        names.push(resolve(&ASKED, &layers).map_or_else(|error| error.name(), |_| "accepted"));
    }
    for (name, least) in [("accepted", 10), ("PlanLocked", 50)] {
        let count = names.iter().filter(|own| **own == name).count();
        assert!(count >= least, "{name}: {count} of {}", names.len());
    }
}
