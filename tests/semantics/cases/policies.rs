//! From a verdict to an outcome.

use crate::semantics::{BAKE, NOBODY, group};

const RED: &[(&str, &str)] = &[("-2h", "OK"), ("prod + 12m", "ALARM")];

group! {
    "From a verdict to an outcome",
    "`go` without a pass needs an explicit line: `mode: watch_only`, which lets everything go and says so, or \
     `on_inconclusive: { proceed: true }`, which covers neither a fail nor a gate error, nor that nothing at all was known, nor a release that was replaced. \
     Neither changes a verdict.";

    a_gate_that_only_watches_fails_and_lets_go: BAKE {
        errors: RED, settings: "mode: watch_only", happens: "fires at 12m", history: "not needed",
        expected: ("fail", "Fired", "go"), after: "15m",
    }
    a_gate_that_only_watches_is_undecided_and_lets_go: BAKE {
        traffic: NOBODY, settings: "mode: watch_only, at_most: 1h", look_every: "10m",
        expected: ("inconclusive", "NotEnoughTraffic", "go"), after: "1h",
    }
    a_gate_that_only_watches_breaks_and_lets_go: BAKE {
        refusals: &["{ call: 'cloudwatch:*', error: AccessDenied }"], settings: "mode: watch_only",
        happens: "CloudWatch denies everything", history: "denied",
        expected: ("gate error", "AccessDenied", "go"), after: "0m",
    }
    a_gate_whose_plan_cannot_be_read_is_not_known_to_only_watch: BAKE {
        refusals: &["{ call: 's3:GetObject', error: AccessDenied }"], settings: "mode: watch_only",
        happens: "the artifact with the plan is denied", history: "not read",
        expected: ("gate error", "AccessDenied", "stop"), after: "0m",
    }
    proceeding_undecided_lets_go: BAKE {
        traffic: NOBODY, settings: "at_most: 1h", look_every: "10m",
        policies: "on_inconclusive: { proceed: true }",
        expected: ("inconclusive", "NotEnoughTraffic", "go"), after: "1h",
    }
    proceeding_undecided_does_not_cover_that_nothing_was_known: BAKE {
        errors: &[("-2h", "INSUFFICIENT_DATA")], before: "INSUFFICIENT_DATA", happens: "stays so",
        settings: "at_most: 1h", look_every: "10m", policies: "on_inconclusive: { proceed: true }",
        history: "not read",
        expected: ("inconclusive", "AlarmNotKnown", "stop"), after: "1h",
    }
    proceeding_undecided_does_not_cover_a_fail: BAKE {
        errors: RED, policies: "on_inconclusive: { proceed: true }", happens: "fires at 12m", history: "not needed",
        expected: ("fail", "Fired", "stop"), after: "15m",
    }
    proceeding_undecided_does_not_cover_a_gate_error: BAKE {
        refusals: &["{ call: 'cloudwatch:*', error: AccessDenied }"], policies: "on_inconclusive: { proceed: true }",
        happens: "CloudWatch denies everything", history: "denied",
        expected: ("gate error", "AccessDenied", "stop"), after: "0m",
    }
    proceeding_undecided_does_not_cover_a_release_that_was_replaced: BAKE {
        pipeline: "mode: PARALLEL, happenings: [ { at: prod + 12m, next_release: {} } ]",
        policies: "on_inconclusive: { proceed: true }",
        happens: "PARALLEL mode: the next release is deployed from 12m on", history: "not read",
        expected: ("inconclusive", "ReleaseReplaced", "stop"), after: "15m",
    }
}
