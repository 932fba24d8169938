//! The rule by itself: what readings give, at and around its borders.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sluice_core::bake::Ruling;
use sluice_core::plan::GateSettings;
use sluice_core::settings::Canary;
use sluice_core::{ReasonCode, Verdict};

use super::{Begun, Both, Earlier, Facts, Memory, MetricFacts, RULE_VERSION, Series, judge};

const HORIZON: u32 = 30;

fn settings(changes: serde_json::Value) -> Canary {
    let mut settings = json!({
        "namespace": "Shop",
        "horizon": "30m",
        "groups": {
            "baseline": { "dimensions": { "Version": "1" } },
            "canary": { "dimensions": { "Version": "2" } },
        },
        "metrics": [{ "name": "errors", "count": "Errors", "of": "Requests" }],
    });
    for (name, value) in changes.as_object().expect("a map") {
        settings[name] = value.clone();
    }
    match GateSettings::read_json("canary", &settings).expect("the settings are right") {
        GateSettings::Canary(canary) => canary,
        other => panic!("{other:?}"),
    }
}

fn began() -> Timestamp {
    Timestamp::from_second(1_800_000_017).expect("in range")
}

fn begun(settings: &Canary) -> Begun {
    Begun {
        rule: RULE_VERSION,
        judge: sluice_judge::VERSION,
        began: began(),
        start: Begun::start(began(), settings),
        groups: settings.known_groups(),
        alias: None,
        earlier: None,
    }
}

/// The same value in each period.
fn all(periods: u32, value: f64) -> Series {
    vec![Some(value); periods as usize]
}

fn none(periods: u32) -> Series {
    vec![None; periods as usize]
}

fn counts(events: [Series; 2], requests: [Series; 2]) -> MetricFacts {
    let both = |[baseline, canary]: [Series; 2]| Both { baseline, canary };
    MetricFacts::Count {
        count: both(events),
        of: both(requests),
    }
}

/// Requests enough for a verdict in minutes: one in a hundred fails.
fn good(periods: u32) -> MetricFacts {
    counts(
        [all(periods, 90.0), all(periods, 10.0)],
        [all(periods, 9000.0), all(periods, 1000.0)],
    )
}

fn facts(settings: &Canary, periods: u32, metrics: Vec<MetricFacts>) -> Facts {
    Facts {
        now: begun(settings).closes(settings, periods),
        last_chance: false,
        periods,
        metrics,
        traffic: None,
        incomplete: None,
    }
}

fn said(settings: &Canary, facts: &Facts) -> String {
    let judged = judge(&begun(settings), settings, facts, &Memory::default());
    match judged.expect("the settings are right").ruling {
        Ruling::Reached {
            verdict, reason, ..
        } => format!("{verdict} {}", reason.code),
        Ruling::Wait { .. } => "wait".to_owned(),
    }
}

#[track_caller]
fn check(periods: u32, metric: MetricFacts, expected: &str) {
    let settings = settings(json!({}));
    assert_eq!(
        said(&settings, &facts(&settings, periods, vec![metric])),
        expected
    );
}

#[test]
fn nothing_passes_before_the_least_time_is_judged() {
    let many = |periods| {
        counts(
            [all(periods, 900.0), all(periods, 900.0)],
            [all(periods, 90_000.0), all(periods, 90_000.0)],
        )
    };
    check(4, many(4), "wait");
    check(5, many(5), "pass CanarySafe");
}

#[test]
fn harm_ends_it_before_the_least_time_is_judged() {
    let bad = counts(
        [all(4, 9.0), all(4, 60.0)],
        [all(4, 9000.0), all(4, 1000.0)],
    );
    check(4, bad, "fail CanaryWorse");
}

#[test]
fn no_events_beside_requests_are_zero_events() {
    let silent = [none(15), none(15)];
    check(
        15,
        counts(silent, [all(15, 9000.0), all(15, 1000.0)]),
        "pass CanarySafe",
    );
}

#[test]
fn events_without_requests_are_no_data() {
    let events = [all(HORIZON, 90.0), all(HORIZON, 500.0)];
    let unknown = counts(events, [none(HORIZON), none(HORIZON)]);
    check(HORIZON, unknown, "inconclusive NothingReported");
}

#[test]
fn requests_of_none_are_none() {
    let metric = counts(
        [none(HORIZON), none(HORIZON)],
        [all(HORIZON, 900.0), all(HORIZON, 0.0)],
    );
    check(HORIZON, metric, "inconclusive NoCanaryData");
}

#[test]
fn half_of_the_periods_are_enough_and_fewer_are_not() {
    let with = |known: u32| {
        let mut requests = all(HORIZON, 20.0);
        requests[known as usize..].fill(None);
        counts(
            [all(HORIZON, 1.0), all(HORIZON, 1.0)],
            [all(HORIZON, 20.0), requests],
        )
    };
    check(HORIZON, with(15), "inconclusive Undecided");
    check(HORIZON, with(14), "inconclusive TooLittleData");
}

#[test]
fn the_last_chance_ends_it_without_a_pass() {
    let settings = settings(json!({}));
    let last = Facts {
        last_chance: true,
        ..facts(&settings, 4, vec![good(4)])
    };
    assert_eq!(said(&settings, &last), "inconclusive TimeOver");
    let nothing = Facts {
        last_chance: true,
        ..facts(&settings, 0, vec![good(0)])
    };
    assert_eq!(said(&settings, &nothing), "inconclusive NothingKnown");
}

#[test]
fn readings_that_are_not_whole_are_waited_for_and_never_judged() {
    let settings = settings(json!({}));
    let part = Facts {
        incomplete: Some("CloudWatch answered `PartialData`".to_owned()),
        ..facts(&settings, HORIZON, vec![good(HORIZON)])
    };
    assert_eq!(said(&settings, &part), "wait");
    let over = Facts {
        now: begun(&settings).ends(&settings),
        ..part
    };
    assert_eq!(said(&settings, &over), "inconclusive MetricsUnknown");
}

#[test]
fn a_percentile_of_nineteen_samples_is_skipped_and_one_of_twenty_is_not() {
    let settings =
        settings(json!({"metrics": [{"name": "latency", "series": "Time", "stat": "p99"}]}));
    let with = |samples: Option<f64>| {
        let both = |value: Series| Both {
            baseline: value.clone(),
            canary: value,
        };
        let metric = MetricFacts::Series {
            value: both(all(HORIZON, 0.2)),
            samples: Some(both(vec![samples; HORIZON as usize])),
        };
        said(&settings, &facts(&settings, HORIZON, vec![metric]))
    };
    assert_eq!(with(Some(19.0)), "inconclusive TooFewSamples");
    assert_eq!(with(None), "inconclusive TooFewSamples");
    assert_eq!(with(Some(20.0)), "pass CanarySafe");
}

#[test]
fn a_version_that_gets_no_requests_of_its_share_is_a_split_that_is_off() {
    let settings = settings(json!({"traffic": {"count": "Requests", "canary_share": "10%"}}));
    let split = Facts {
        traffic: Some(Both {
            baseline: all(10, 1000.0),
            canary: none(10),
        }),
        ..facts(&settings, 10, vec![good(10)])
    };
    assert_eq!(said(&settings, &split), "inconclusive TrafficSplitOff");
}

#[test]
fn what_one_version_lacks_is_worse_than_what_another_metric_proves() {
    let settings = settings(json!({"metrics": [
        {"name": "errors", "count": "Errors", "of": "Requests"},
        {"name": "latency", "series": "Time", "stat": "Average"},
    ]}));
    let missing = MetricFacts::Series {
        value: Both {
            baseline: all(HORIZON, 0.2),
            canary: none(HORIZON),
        },
        samples: None,
    };
    let facts = facts(&settings, HORIZON, vec![good(HORIZON), missing]);
    assert_eq!(said(&settings, &facts), "inconclusive NoCanaryData");
}

#[test]
fn no_word_for_knowing_nothing_is_one_that_settings_accept() {
    for code in [
        ReasonCode::NothingKnown,
        ReasonCode::NothingReported,
        ReasonCode::NoCanaryData,
        ReasonCode::NoBaselineData,
        ReasonCode::MetricsUnknown,
    ] {
        assert!(code.knows_nothing() && !code.is_accepted(), "{code}");
    }
}

#[test]
fn periods_that_change_after_they_were_judged_are_counted_and_judged_anew() {
    let settings = settings(json!({}));
    let begun = begun(&settings);
    let mut late = good(4);
    let MetricFacts::Count { of, .. } = &mut late else {
        panic!("it counts")
    };
    of.canary[1] = None;
    of.canary[3] = None;
    let look = |facts: &Facts, memory: &Memory| {
        judge(&begun, &settings, facts, memory).expect("the settings are right")
    };
    let first = look(&facts(&settings, 4, vec![late]), &Memory::default());
    let now = facts(&settings, 12, vec![good(12)]);
    let then = look(&now, &first.memory);
    let fresh = look(&now, &Memory::default());
    assert_eq!((first.memory.revised, then.memory.revised), (0, 2));
    assert_eq!(then.judgement, fresh.judgement);
    let Ruling::Reached {
        verdict, reason, ..
    } = then.ruling
    else {
        panic!("it is over")
    };
    assert_eq!(verdict, Verdict::Pass);
    assert!(
        reason.seen.contains("2 periods had other values"),
        "{reason}"
    );
}

#[test]
fn judging_begins_with_the_first_whole_period_and_waits_until_it_is_closed() {
    let settings = settings(json!({}));
    let begun = begun(&settings);
    assert_eq!(begun.start.to_string(), "2027-01-15T08:01:00Z");
    let at = |seconds: i64| begun.start + SignedDuration::from_secs(seconds);
    assert_eq!(begun.closed(&settings, at(179)), 0);
    assert_eq!(begun.closed(&settings, at(180)), 1);
    assert_eq!(begun.closed(&settings, began()), 0);
    assert_eq!(begun.closed(&settings, at(1_000_000)), HORIZON);
    assert_eq!(begun.closes(&settings, 1), at(180));
    // A look exactly on the minute begins there.
    assert_eq!(Begun::start(begun.start, &settings), begun.start);
}

#[test]
fn another_release_in_the_time_that_is_compared_with_is_said() {
    let settings = settings(json!({}));
    let mut begun = begun(&settings);
    let seen = |begun: &Begun| {
        let facts = facts(&settings, HORIZON, vec![good(HORIZON)]);
        let judged = judge(begun, &settings, &facts, &Memory::default()).unwrap();
        match judged.ruling {
            Ruling::Reached { reason, .. } => reason.seen,
            other => panic!("{other:?}"),
        }
    };
    assert!(!seen(&begun).contains("another release"));
    begun.earlier = Some(Earlier {
        from: began(),
        deployed: began(),
        action: None,
        also_deployed: Some(began()),
    });
    assert!(seen(&begun).contains("another release was deployed at 2027-01-15T08:00:17Z"));
}
