//! Alarms that are changed, renamed or deleted, or not there.

use crate::semantics::{BAKE, group};

const ERRORS: &[&str] = &["errors: { namespace: Shop, name: Errors, values: [ constant: 1 ] }"];
const FIRING: &[&str] = &[
    "errors: { namespace: Shop, name: Errors, values: [ constant: 1, spike: { at: prod + 5m, for: 1m, set: 20 } ] }",
];
const RAISED: &[&str] = &[
    "{ name: errors, metric: errors, stat: Sum, above: 10, changes: [ { at: prod + 10m, above: 50 } ] }",
];

group! {
    "Alarms that change, or are not there",
    "The alarms are resolved once, at the first look. One that is gone later is a gate error, under whatever name \
     it lives on; one whose configuration changes is known from then on only, and what it did before still counts. \
     Another one under its name has another history, and where the two do not meet nothing is known.";

    a_raised_threshold_starts_the_clock_anew: BAKE {
        errors: &[], metrics: ERRORS, others: RAISED, happens: "the threshold is raised at 10m",
        expected: ("pass", "Quiet", "go"), after: "40m",
    }
    a_raised_threshold_that_leaves_too_little_time_is_undecided: BAKE {
        errors: &[], metrics: ERRORS, others: RAISED, settings: "at_most: 35m",
        happens: "the threshold is raised at 10m",
        expected: ("inconclusive", "AlarmNotKnown", "stop"), after: "35m",
    }
    a_raised_threshold_does_not_undo_a_firing: BAKE {
        errors: &[], metrics: FIRING, others: RAISED,
        happens: "fires at 7m, the threshold is raised at 10m", look_every: "15m",
        expected: ("fail", "FiredAndRecovered", "stop"), after: "15m",
    }
    a_renamed_alarm_is_gone: BAKE {
        errors_also: "changes: [ { at: prod + 12m, rename: errors-v2 } ]", happens: "renamed at 12m",
        expected: ("gate error", "AlarmNotFound", "stop"), after: "15m",
    }
    a_renamed_alarm_is_gone_for_a_prefix_too: BAKE {
        alarms: "[{ prefix: err }]",
        errors_also: "changes: [ { at: prod + 12m, rename: errors-v2 } ]", happens: "renamed at 12m",
        expected: ("gate error", "AlarmNotFound", "stop"), after: "15m",
    }
    a_deleted_alarm_is_gone: BAKE {
        errors_also: "changes: [ { at: prod + 12m, delete: true } ]", happens: "deleted at 12m",
        expected: ("gate error", "AlarmNotFound", "stop"), after: "15m",
    }
    an_alarm_deleted_and_made_anew_between_two_looks_is_not_known: BAKE {
        errors_also: "changes: [ { at: prod + 11m, delete: true } ]",
        others: &["{ name: spare, states: [ { at: -2h, state: OK }, { at: prod + 14m, state: OK } ], changes: [ { at: prod + 12m, rename: errors } ] }"],
        happens: "deleted at 11m, another takes its name at 12m, OK from 14m on",
        settings: "at_most: 1h", look_every: "15m", history: "that of two alarms, with a break",
        expected: ("inconclusive", "HistoryUnknown", "stop"), after: "1h",
    }
    an_alarm_deleted_while_another_fires_is_still_a_gate_error: BAKE {
        alarms: "[errors, latency]",
        errors_also: "changes: [ { at: prod + 11m, delete: true } ]",
        others: &["{ name: latency, states: [ { at: -2h, state: OK }, { at: prod + 12m, state: ALARM } ] }"],
        before: "both OK", happens: "one is deleted at 11m, the other fires at 12m",
        expected: ("gate error", "AlarmNotFound", "stop"), after: "15m",
    }
    an_alarm_that_does_not_exist_is_a_gate_error: BAKE {
        alarms: "[errors, latency]", before: "one OK, one not there", happens: "nothing", history: "not read",
        expected: ("gate error", "AlarmNotFound", "stop"), after: "0m",
    }
    a_prefix_that_nothing_begins_with_is_a_gate_error: BAKE {
        alarms: "[{ prefix: shop- }]", before: "not there", happens: "nothing", history: "not read",
        expected: ("gate error", "AlarmNotFound", "stop"), after: "0m",
    }
    an_alarm_that_comes_later_under_a_prefix_is_not_judged: BAKE {
        alarms: "[{ prefix: err }]",
        others: &["{ name: latency, states: [ { at: -2h, state: ALARM } ], changes: [ { at: prod + 12m, rename: errors-late } ] }"],
        happens: "an alarm in ALARM is renamed into the prefix at 12m",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    an_alarm_of_another_account_is_read_with_its_role: BAKE {
        alarms: "[{ name: errors, role: 'arn:aws:iam::444455556666:role/sluice-read' }]",
        errors_also: "account: '444455556666'",
        prepare: Some(|world| world.sts().allow("arn:aws:iam::444455556666:role/sluice-read", None)),
        happens: "stays OK, in another account",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    a_role_that_asks_for_this_service_is_assumed: BAKE {
        alarms: "[{ name: errors, role: 'arn:aws:iam::444455556666:role/sluice/checkout' }]",
        errors_also: "account: '444455556666'",
        prepare: Some(|world| world.sts().allow("arn:aws:iam::444455556666:role/sluice/checkout", Some("sluice:checkout"))),
        happens: "stays OK, in another account; the role's trust policy asks for `sts:ExternalId` `sluice:checkout`",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    a_role_of_another_service_is_a_gate_error: BAKE {
        alarms: "[{ name: errors, role: 'arn:aws:iam::444455556666:role/sluice/payments' }]",
        errors_also: "account: '444455556666'",
        prepare: Some(|world| world.sts().allow("arn:aws:iam::444455556666:role/sluice/payments", Some("sluice:payments"))),
        happens: "the role's trust policy asks for `sts:ExternalId` `sluice:payments`", history: "not read",
        expected: ("gate error", "AccessDenied", "stop"), after: "0m",
    }
    a_role_that_may_not_be_assumed_is_a_gate_error: BAKE {
        alarms: "[{ name: errors, role: 'arn:aws:iam::444455556666:role/sluice-read' }]",
        errors_also: "account: '444455556666'",
        happens: "`AssumeRole` is refused", history: "not read",
        expected: ("gate error", "AccessDenied", "stop"), after: "0m",
    }
}
