//! What the gate `canary` says of a new version beside the old one.

use crate::semantics::{CANARY, group};

const OLD: &str = "old: { namespace: Shop, name: Requests, dimensions: { Version: old }, values: [ { constant: 900 } ] }";
const NEW: &str = "new: { namespace: Shop, name: Requests, dimensions: { Version: new }, values: [ { constant: 100 } ] }";
const OLD_ERRORS: &str = "old-errors: { namespace: Shop, name: Errors, dimensions: { Version: old }, values: [ { constant: 9 } ] }";
const NEW_ERRORS: &str = "new-errors: { namespace: Shop, name: Errors, dimensions: { Version: new }, values: [ { constant: 1 } ] }";
const WORSE_LATER: &str = "new-errors: { namespace: Shop, name: Errors, dimensions: { Version: new }, values: [ { constant: 1 }, \
     { spike: { at: prod + 5m, for: 48h, add: 9 } } ] }";

const NEW_ELSEWHERE: &str = "new: { namespace: Shop, name: Requests, dimensions: { Version: new }, region: eu-west-1, \
     values: [ { constant: 100 } ] }";
const WORSE_ELSEWHERE: &str = "new-errors: { namespace: Shop, name: Errors, dimensions: { Version: new }, \
     region: eu-west-1, values: [ { constant: 10 } ] }";
const ELSEWHERE: &str = "groups: { baseline: { dimensions: { Version: old } }, \
     canary: { dimensions: { Version: new }, region: eu-west-1 } }";

const GOOD: &[&str] = &[OLD, NEW, OLD_ERRORS, NEW_ERRORS];
const BAD: &[&str] = &[OLD, NEW, OLD_ERRORS, WORSE_LATER];

const SMALL: &[&str] = &[
    "old: { namespace: Shop, name: Requests, dimensions: { Version: old }, values: [ { constant: 90 } ] }",
    "new: { namespace: Shop, name: Requests, dimensions: { Version: new }, values: [ { constant: 90 } ] }",
    "old-errors: { namespace: Shop, name: Errors, dimensions: { Version: old }, values: [ { constant: 3 } ] }",
    "new-errors: { namespace: Shop, name: Errors, dimensions: { Version: new }, values: [ { constant: 3 } ] }",
];
const NARROW: &str = "metrics: [ { name: errors, count: Errors, of: Requests, tolerance: 10% } ]";
const NARROW_ACCEPTED: &str = "metrics: [ { name: errors, count: Errors, of: Requests, tolerance: 10% } ], \
     when_undecided: accept, accept_at_most: 3x";
const NARROW_NOT_ACCEPTED: &str = "metrics: [ { name: errors, count: Errors, of: Requests, tolerance: 10% } ], \
     when_undecided: accept, accept_at_most: 1.2x";

group! {
    "The gate `canary`",
    "An old and a new version side by side, here with 900 and 100 requests a minute of which one in a hundred fails: \
     the errors may at most double (`tolerance: 100%`), proven by a judge that may look at any time. Harm ends the \
     gate at once; what is proven neither way in `horizon` (here 30m) is undecided. A period is judged 2 minutes after \
     its end. A rollback is not judged.";

    a_new_version_that_is_as_good_passes: CANARY {
        metrics: GOOD, happens: "as many errors as the old version",
        expected: ("pass", "CanarySafe", "go"), after: "20m",
    }
    a_new_version_that_turns_bad_fails: CANARY {
        metrics: BAD, happens: "ten times the errors from 5m on",
        expected: ("fail", "CanaryWorse", "stop"), after: "15m",
    }
    too_little_traffic_proves_nothing: CANARY {
        metrics: SMALL, settings: NARROW, happens: "as many errors as the old version, few requests",
        expected: ("inconclusive", "Undecided", "stop"), after: "35m",
    }
    what_is_undecided_is_accepted_below_the_limit: CANARY {
        metrics: SMALL, settings: NARROW_ACCEPTED, happens: "the same",
        expected: ("inconclusive", "AcceptedNotProven", "go"), after: "35m",
    }
    what_is_undecided_is_not_accepted_above_the_limit: CANARY {
        metrics: SMALL, settings: NARROW_NOT_ACCEPTED, happens: "the same",
        expected: ("inconclusive", "Undecided", "stop"), after: "35m",
    }
    requests_that_do_not_reach_the_versions_as_configured_are_undecided: CANARY {
        metrics: GOOD, settings: "traffic: { count: Requests, canary_share: 50% }",
        happens: "as many errors, a tenth of the requests",
        expected: ("inconclusive", "TrafficSplitOff", "stop"), after: "5m",
    }
    requests_that_reach_the_versions_as_configured_do_not_hold_it_up: CANARY {
        metrics: GOOD, settings: "traffic: { count: Requests, canary_share: 10% }",
        happens: "as many errors, a tenth of the requests",
        expected: ("pass", "CanarySafe", "go"), after: "20m",
    }
    versions_in_two_regions_are_compared: CANARY {
        metrics: &[OLD, OLD_ERRORS, NEW_ELSEWHERE, WORSE_ELSEWHERE], settings: ELSEWHERE,
        happens: "ten times the errors, in another region",
        expected: ("fail", "CanaryWorse", "stop"), after: "5m",
    }
    watching_a_canary_stops_nothing: CANARY {
        metrics: BAD, settings: "mode: watch_only", happens: "ten times the errors from 5m on",
        expected: ("fail", "CanaryWorse", "go"), after: "15m",
    }
    a_rollback_is_no_canary: CANARY {
        metrics: BAD, pipeline: "rollback: true", happens: "the release is a rollback",
        expected: ("inconclusive", "SkippedRollback", "go"), after: "0m",
    }
    a_rollback_is_judged_in_full_where_that_is_said: CANARY {
        metrics: BAD, pipeline: "rollback: true", settings: "on_rollback: full",
        happens: "a rollback, ten times the errors from 5m on",
        expected: ("fail", "CanaryWorse", "stop"), after: "15m",
    }
    a_rollback_is_watched_where_that_is_said: CANARY {
        metrics: BAD, pipeline: "rollback: true", settings: "on_rollback: watch",
        happens: "a rollback, ten times the errors from 5m on",
        expected: ("fail", "CanaryWorse", "go"), after: "15m",
    }
}
