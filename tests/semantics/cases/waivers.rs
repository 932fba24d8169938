//! Waivers that people gave.

use std::sync::Arc;

use jiff::SignedDuration;
use sluice_world::World;
use sluice_world::world::Fault;

use crate::semantics::{BAKE, NOBODY, group};

const RED: &[(&str, &str)] = &[("-2h", "OK"), ("prod + 12m", "ALARM")];

const DENIED: &[&str] = &["{ call: 'cloudwatch:*', error: AccessDenied }"];

/// The table of waivers with one in it; that of the release unless another is
/// named.
macro_rules! waiver {
    ($scope:literal, until $until:literal, errors $errors:literal) => {
        waiver!("2026-03-03T08:30:00Z", $scope, until $until, errors $errors)
    };
    ($from:literal, $scope:literal, until $until:literal, errors $errors:literal) => {
        waiver!("910a2dec-8902-4cc1-beeb-8da1658eec67", $from, $scope, until $until, errors $errors)
    };
    ($release:literal, $from:literal, $scope:literal, until $until:literal, errors $errors:literal) => {
        &[concat!(
            "tables: { sluice-waivers: { key: release, sort: gate, items: [ { release: { S: 'checkout/",
            $release,
            "' }, gate: { S: '",
            $scope,
            "' }, by: { S: 'arn:aws:iam::111122223333:user/alice' }, at: { S: '",
            $from,
            "' }, expires_at: { S: '2026-03-03T",
            $until,
            "Z' }, expires: { N: '1775000000' }, reason: { S: the alarm watches a host that is gone }, \
             covers_gate_errors: { BOOL: ",
            $errors,
            " } } ] } }"
        )]
    };
}

fn in_an_hour(world: &World) {
    world.set_faults(Arc::new(|call| {
        (call.operation == "Query").then(|| Fault::Slow(SignedDuration::from_hours(1)))
    }));
}

group! {
    "Waivers",
    "A waiver is a person's leave for one release to pass one gate, or all gates of a stage; `sluice override` gives it. \
     The gate judges all the same, and its verdict stays. A waiver that expired, or is for something else, does nothing, \
     and the answer says so; if waivers cannot be read, none holds.";

    a_waiver_lets_a_fail_go: BAKE {
        errors: RED, tested: waiver!("prod/bake", until "12:00:00", errors false),
        happens: "fires at 12m; a waiver for the gate", history: "not needed",
        expected: ("fail", "Fired", "go"), after: "15m",
    }
    a_waiver_for_the_stage_lets_a_fail_go: BAKE {
        errors: RED, tested: waiver!("prod/*", until "12:00:00", errors false),
        happens: "fires at 12m; a waiver for all gates of the stage", history: "not needed",
        expected: ("fail", "Fired", "go"), after: "15m",
    }
    a_waiver_lets_the_undecided_go: BAKE {
        traffic: NOBODY, settings: "at_most: 1h", look_every: "10m",
        tested: waiver!("prod/bake", until "12:00:00", errors false),
        happens: "stays OK; a waiver for the gate",
        expected: ("inconclusive", "NotEnoughTraffic", "go"), after: "1h",
    }
    a_waiver_that_expired_does_nothing: BAKE {
        errors: RED, tested: waiver!("prod/bake", until "09:15:00", errors false),
        happens: "fires at 12m; the waiver ended before the gate did", history: "not needed",
        expected: ("fail", "Fired", "stop"), after: "15m",
    }
    a_waiver_for_another_gate_does_nothing: BAKE {
        errors: RED, tested: waiver!("prod/canary", until "12:00:00", errors true),
        happens: "fires at 12m; a waiver for another gate", history: "not needed",
        expected: ("fail", "Fired", "stop"), after: "15m",
    }
    a_waiver_for_another_stage_does_nothing: BAKE {
        errors: RED, tested: waiver!("beta/*", until "12:00:00", errors true),
        happens: "fires at 12m; a waiver for another stage", history: "not needed",
        expected: ("fail", "Fired", "stop"), after: "15m",
    }
    a_waiver_for_another_release_does_nothing: BAKE {
        errors: RED, tested: waiver!("00000000-0000-4000-8000-000000000000", "2026-03-03T08:30:00Z", "prod/bake", until "12:00:00", errors true),
        happens: "fires at 12m; a waiver for another release", history: "not needed",
        expected: ("fail", "Fired", "stop"), after: "15m",
    }
    a_waiver_for_longer_than_a_day_does_nothing: BAKE {
        errors: RED, tested: waiver!("2026-03-02T11:00:00Z", "prod/bake", until "12:00:00", errors true),
        happens: "fires at 12m; a waiver that no function of ours wrote", history: "not needed",
        expected: ("fail", "Fired", "stop"), after: "15m",
    }
    a_waiver_does_not_cover_a_gate_error: BAKE {
        refusals: DENIED, tested: waiver!("prod/bake", until "12:00:00", errors false),
        happens: "CloudWatch denies everything; a waiver for the gate", history: "denied",
        expected: ("gate error", "AccessDenied", "stop"), after: "0m",
    }
    a_waiver_that_says_so_covers_a_gate_error: BAKE {
        refusals: DENIED, tested: waiver!("prod/bake", until "12:00:00", errors true),
        happens: "CloudWatch denies everything; a waiver for the gate and its errors", history: "denied",
        expected: ("gate error", "AccessDenied", "go"), after: "0m",
    }
    a_waiver_that_cannot_be_read_does_nothing: BAKE {
        errors: RED, tested: waiver!("prod/bake", until "12:00:00", errors true),
        refusals: &["{ call: 'dynamodb:Query', error: AccessDenied }"],
        happens: "fires at 12m; the table of waivers denies reading", history: "not needed",
        expected: ("fail", "Fired", "stop"), after: "15m",
    }
    a_waiver_that_nobody_tells_in_time_does_nothing: BAKE {
        errors: RED, tested: waiver!("prod/bake", until "12:00:00", errors true), prepare: Some(in_an_hour),
        happens: "fires at 12m; the table of waivers answers an hour later", history: "not needed",
        expected: ("fail", "Fired", "stop"), after: "15m",
    }
    a_waiver_does_not_cover_that_the_release_was_replaced: BAKE {
        pipeline: "mode: PARALLEL, happenings: [ { at: prod + 12m, next_release: {} } ]",
        tested: waiver!("prod/bake", until "12:00:00", errors true),
        happens: "PARALLEL mode: the next release is deployed from 12m on; a waiver for the gate", history: "not read",
        expected: ("inconclusive", "ReleaseReplaced", "stop"), after: "15m",
    }
    a_waiver_is_not_needed_for_a_pass: BAKE {
        tested: waiver!("prod/bake", until "12:00:00", errors true), happens: "stays OK; a waiver for the gate",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    a_waiver_changes_nothing_where_the_gate_only_watches: BAKE {
        errors: RED, settings: "mode: watch_only", tested: waiver!("prod/bake", until "12:00:00", errors true),
        happens: "fires at 12m; a waiver for the gate", history: "not needed",
        expected: ("fail", "Fired", "go"), after: "15m",
    }
}
