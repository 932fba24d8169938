//! The gate `canary` against the simulated CloudWatch: its verdict is that of
//! the data, not of when, how often or in which pages they were read.

mod late;

use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};
use sluice::rehearsal::{aws_of, in_virtual_time, rehearse};
use sluice_core::plan::{GateSettings, Plan};
use sluice_gates::{AnyGate, Ask, CanaryGate, Look};
use sluice_world::{Scenario, World};

/// Enough for the longest horizon below.
const LOOKS_MAX: usize = 2000;

/// A world: its seed, the errors of the new version from some minute on, and
/// how late points come, which is always within `closed_after`.
#[derive(Debug, Clone)]
struct Worlds {
    seed: u64,
    errors: u32,
    from_minute: u32,
    late_seconds: u32,
    requests: u32,
}

/// How it is looked at: gaps in seconds, one after the other, and the size of
/// pages.
#[derive(Debug, Clone)]
struct Looking {
    gaps: Vec<u32>,
    page: Option<usize>,
}

fn scenario(world: &Worlds) -> Scenario {
    let Worlds {
        seed,
        errors,
        from_minute,
        late_seconds,
        requests,
    } = world;
    let metric = |name: &str, version: &str, values: &str| {
        format!(
            "  {name}-{version}: {{ namespace: Shop, name: {name}, dimensions: {{ Version: {version} }}, \
             late: {late_seconds}s, samples: 30, floor: 0, values: [ {values} ] }}\n"
        )
    };
    let mut text = format!("about: a canary\nseed: {seed}\nmetrics:\n");
    let base = "{ constant: 1 }, { noise: { sd: 0.3 } }";
    let worse = format!("{base}, {{ spike: {{ at: {from_minute}m, for: 9h, add: {errors} }} }}");
    let many = format!("{{ constant: {requests} }}, {{ noise: {{ sd: 2 }} }}");
    for version in ["old", "new"] {
        text.push_str(&metric("Requests", version, &many));
        text.push_str(&metric(
            "Time",
            version,
            "{ constant: 0.2 }, { noise: { sd: 0.03 } }",
        ));
    }
    text.push_str(&metric("Errors", "old", base));
    text.push_str(&metric("Errors", "new", &worse));
    text.push_str("alarms: []\n");
    Scenario::parse(&text, Path::new(".")).unwrap()
}

fn settings() -> GateSettings {
    let json = json!({
        "namespace": "Shop",
        "horizon": "30m",
        "groups": {
            "baseline": { "dimensions": { "Version": "old" } },
            "canary": { "dimensions": { "Version": "new" } },
        },
        "metrics": [
            { "name": "errors", "count": "Errors", "of": "Requests" },
            { "name": "latency", "series": "Time", "stat": "p90" },
        ],
        "traffic": { "count": "Requests", "canary_share": "50%" },
    });
    GateSettings::read_json("canary", &json).unwrap()
}

fn ask(now: Timestamp) -> Ask {
    Ask {
        settings: settings(),
        pipeline: "checkout".to_owned(),
        release: "r".to_owned(),
        stage: "prod".to_owned(),
        service: None,
        release_checked: false,
        rollback: false,
        user_parameters: None,
        action: None,
        stage_checks: false,
        attempt: "a".to_owned(),
        now,
        look_ends: now,
        host_ends: None,
        last_chance: false,
    }
}

/// What is decided, in which period, and by which readings.
type Decided = (String, String, Value, Value);

async fn decided(world: &Worlds, looking: &Looking) -> Decided {
    let world = World::new(scenario(world));
    world.with_cloudwatch("111122223333", "us-east-1", |own| {
        own.switches.page_size_max = looking.page;
    });
    let (aws, clock, gate) = (aws_of(&world), world.clock(), CanaryGate);
    clock
        .sleep_until(clock.now() + SignedDuration::from_secs(77))
        .await;
    let begun = AnyGate::begin(&gate, &ask(clock.now()), &aws)
        .await
        .unwrap();
    let mut memory = Value::Null;
    let mut gaps = looking.gaps.iter().cycle();
    for _ in 0..LOOKS_MAX {
        let now = clock.now();
        match AnyGate::look(&gate, &ask(now), &begun, &memory, &aws)
            .await
            .unwrap()
        {
            Look::Reached(reached) => {
                let judgement = &reached.facts["judgement"];
                return (
                    reached.verdict.to_string(),
                    reached.reason.to_string(),
                    judgement["decided_at"].clone(),
                    judgement["metrics"].clone(),
                );
            }
            Look::Again { memory: next, .. } => memory = next,
        }
        let gap = gaps.next().copied().unwrap_or(60);
        clock
            .sleep_until(now + SignedDuration::from_secs(i64::from(gap)))
            .await;
    }
    panic!("no verdict after {LOOKS_MAX} looks");
}

prop_compose! {
    fn worlds()(
        seed in 0_u64..1000,
        errors in 0_u32..12,
        from_minute in 0_u32..30,
        late_seconds in 0_u32..=120,
        requests in 60_u32..2000,
    ) -> Worlds {
        Worlds { seed, errors, from_minute, late_seconds, requests }
    }
}

fn looking() -> impl Strategy<Value = Looking> {
    let gaps = proptest::collection::vec(5_u32..900, 1..5);
    let page = proptest::option::of(7_usize..80);
    (gaps, page).prop_map(|(gaps, page)| Looking { gaps, page })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_verdict_does_not_depend_on_when_how_often_or_in_which_pages_one_reads(
        world in worlds(), one in looking(), other in looking(),
    ) {
        let decided = in_virtual_time(async {
            (decided(&world, &one).await, decided(&world, &other).await)
        }).unwrap();
        prop_assert_eq!(decided.0, decided.1);
    }
}

#[test]
fn the_worlds_drawn_have_every_verdict() {
    let verdict = |errors, requests| {
        let world = Worlds {
            seed: 1,
            errors,
            from_minute: 5,
            late_seconds: 60,
            requests,
        };
        let looking = Looking {
            gaps: vec![60],
            page: None,
        };
        in_virtual_time(decided(&world, &looking)).unwrap().0
    };
    assert_eq!(verdict(0, 1900), "pass");
    assert_eq!(verdict(11, 1900), "fail");
    assert_eq!(verdict(1, 60), "inconclusive");
}

/// Looks at a world once a minute until `minutes` after the beginning, and
/// says how often CloudWatch was asked.
async fn calls_until(minutes: i64, gap: i64) -> u64 {
    let world = World::new(scenario(&Worlds {
        seed: 1,
        errors: 0,
        from_minute: 0,
        late_seconds: 60,
        requests: 60,
    }));
    let (aws, clock, gate) = (aws_of(&world), world.clock(), CanaryGate);
    let began = clock.now();
    let begun = AnyGate::begin(&gate, &ask(began), &aws).await.unwrap();
    let mut memory = Value::Null;
    while clock.now() < began + SignedDuration::from_mins(minutes) {
        let now = clock.now();
        let look = AnyGate::look(&gate, &ask(now), &begun, &memory, &aws)
            .await
            .unwrap();
        let Look::Again { memory: next, .. } = look else {
            panic!("too little traffic for a verdict")
        };
        memory = next;
        clock
            .sleep_until(now + SignedDuration::from_secs(gap))
            .await;
    }
    let calls = world.calls_by_operation();
    calls.get("cloudwatch:GetMetricData").copied().unwrap_or(0)
}

#[test]
fn a_look_before_the_next_period_has_closed_reads_nothing() {
    let calls = |minutes, gap| in_virtual_time(calls_until(minutes, gap)).unwrap();
    assert_eq!(calls(3, 5), 0);
    // Six periods have closed by then, and each is read once.
    assert_eq!(calls(9, 5), 6);
}

/// What comes of a release of the example in one of its scenarios.
fn example(scenario: &str) -> (String, Vec<String>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/canary");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let text = read("sluice.yaml");
    let scenario = Scenario::parse(&read(scenario), &folder).unwrap();
    let plan = Plan::read_yaml(&text).unwrap();
    let done = rehearse(&plan, &text, scenario, Arc::new(|_| {})).unwrap();
    let [end] = done.gates.as_slice() else {
        panic!("one gate ends, not {:?}", done.gates)
    };
    let culprits = end.evidence.facts["judgement"]["culprits"].as_array();
    let culprits = culprits.unwrap().iter();
    (
        end.evidence.verdict.unwrap().to_string(),
        culprits
            .map(|name| name.as_str().unwrap().to_owned())
            .collect(),
    )
}

#[test]
fn a_version_that_slows_down_after_twenty_minutes_fails_for_its_latency() {
    assert_eq!(
        example("slower.yaml"),
        ("fail".to_owned(), vec!["latency".to_owned()])
    );
}

#[test]
fn a_version_that_is_harmless_and_noisy_passes() {
    assert_eq!(example("noisy.yaml"), ("pass".to_owned(), Vec::new()));
}

#[test]
fn a_version_proven_good_early_passes_only_once_at_least_was_judged() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/canary");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let took = |least: &str| {
        let text = read("sluice.yaml").replace("at_least: 30m", &format!("at_least: {least}"));
        let plan = Plan::read_yaml(&text).unwrap();
        let scenario = Scenario::parse(&read("noisy.yaml"), &folder).unwrap();
        let done = rehearse(&plan, &text, scenario, Arc::new(|_| {})).unwrap();
        let end = &done.gates[0].evidence;
        assert_eq!(end.verdict.unwrap().to_string(), "pass");
        end.looked.1.duration_since(end.looked.0).as_mins()
    };
    assert!(took("5m") < 90, "{}", took("5m"));
    assert!(took("1h40m") >= 102);
}

#[test]
fn another_judge_is_another_rule_so_what_was_begun_under_it_starts_anew() {
    assert_eq!(AnyGate::rule(&CanaryGate), "canary/1+judge/2");
}
