//! Histories that cannot be trusted, and alarms that cannot be evaluated.

use sluice_world::World;
use sluice_world::cloudwatch::CloudWatchSwitches;

use crate::semantics::{BAKE, group};

fn switch(world: &World, change: impl FnOnce(&mut CloudWatchSwitches)) {
    world.with_cloudwatch("111122223333", "us-east-1", |own| change(&mut own.switches));
}

const BETWEEN_LOOKS: &[(&str, &str)] =
    &[("-2h", "OK"), ("prod + 11m", "ALARM"), ("prod + 14m", "OK")];

group! {
    "Blind looks and broken histories",
    "A history counts if it holds the transition that `DescribeAlarms` names, is unbroken, and reaches back far \
     enough; else it is unknown, and the gate looks again. Looks at which CloudWatch could not evaluate the alarm \
     count against its known time. What stays unknown to the end is undecided; what may not be read at all is a \
     gate error.";

    blind_until_the_last_look_is_no_pass: BAKE {
        errors_also: "evaluation_error: [ { at: prod, for: 34m, state: EVALUATION_ERROR } ]",
        settings: "at_most: 1h", happens: "EVALUATION_ERROR until 34m, well at 35m",
        expected: ("inconclusive", "AlarmNotKnown", "stop"), after: "1h",
    }
    blind_until_the_last_look_passes_after_as_long_again: BAKE {
        errors_also: "evaluation_error: [ { at: prod, for: 34m, state: EVALUATION_ERROR } ]",
        look_every: "10m", happens: "EVALUATION_ERROR until 34m, then well",
        expected: ("pass", "Quiet", "go"), after: "1h10m",
    }
    blind_at_one_look_costs_the_time_between_its_neighbours: BAKE {
        errors_also: "evaluation_error: [ { at: prod + 14m, for: 2m, state: EVALUATION_ERROR } ]",
        happens: "EVALUATION_ERROR at 15m only",
        expected: ("pass", "Quiet", "go"), after: "40m",
    }
    blind_at_the_last_look_is_undecided: BAKE {
        errors_also: "evaluation_error: [ { at: prod + 31m, for: 9h, state: EVALUATION_FAILURE } ]",
        settings: "at_most: 1h", look_every: "10m", happens: "EVALUATION_FAILURE from 31m on",
        expected: ("inconclusive", "EvaluationFailed", "stop"), after: "1h",
    }
    evaluated_on_a_part_of_the_data_is_not_known: BAKE {
        errors_also: "evaluation_error: [ { at: prod, for: 9h, state: PARTIAL_DATA } ]",
        settings: "at_most: 1h", look_every: "10m", happens: "PARTIAL_DATA to the end",
        expected: ("inconclusive", "EvaluationFailed", "stop"), after: "1h",
    }
    a_composite_alarm_whose_child_cannot_be_evaluated_is_not_known: BAKE {
        alarms: "[health]", others: &["{ name: health, rule: 'ALARM(errors)' }"],
        errors_also: "evaluation_error: [ { at: prod, for: 9h, state: EVALUATION_ERROR } ]",
        settings: "at_most: 1h", look_every: "10m",
        happens: "the composite alarm stays OK; its child is not evaluated from the first look on", history: "not read",
        expected: ("inconclusive", "EvaluationFailed", "stop"), after: "1h",
    }
    a_firing_that_a_blind_look_saw_fails: BAKE {
        errors: &[("-2h", "OK"), ("prod + 12m", "ALARM")],
        errors_also: "evaluation_error: [ { at: prod + 13m, for: 9h, state: EVALUATION_ERROR } ]",
        happens: "fires at 12m, EVALUATION_ERROR from 13m on", history: "not needed",
        expected: ("fail", "Fired", "stop"), after: "15m",
    }
    a_history_with_a_hole_is_unknown: BAKE {
        errors: BETWEEN_LOOKS, prepare: Some(|world| switch(world, |own| own.drop_history = vec![1])),
        settings: "at_most: 1h", look_every: "10m",
        happens: "fires at 11m, OK at 14m", history: "lacks the firing",
        expected: ("inconclusive", "HistoryUnknown", "stop"), after: "1h",
    }
    a_history_without_the_last_transition_is_unknown: BAKE {
        errors: BETWEEN_LOOKS, prepare: Some(|world| switch(world, |own| own.drop_history = vec![1, 2])),
        settings: "at_most: 1h", look_every: "10m",
        happens: "fires at 11m, OK at 14m", history: "lacks both",
        expected: ("inconclusive", "HistoryUnknown", "stop"), after: "1h",
    }
    a_late_history_fails_when_it_comes: BAKE {
        errors: BETWEEN_LOOKS,
        prepare: Some(|world| switch(world, |own| own.history_delay = jiff::SignedDuration::from_mins(8))),
        happens: "fires at 11m, OK at 14m", history: "8m late",
        expected: ("fail", "FiredAndRecovered", "stop"), after: "25m",
    }
    a_history_that_comes_too_late_is_unknown: BAKE {
        errors: BETWEEN_LOOKS,
        prepare: Some(|world| switch(world, |own| own.history_delay = jiff::SignedDuration::from_hours(2))),
        settings: "at_most: 1h", look_every: "10m",
        happens: "fires at 11m, OK at 14m", history: "2h late",
        expected: ("inconclusive", "HistoryUnknown", "stop"), after: "1h",
    }
    a_throttled_history_is_read_later: BAKE {
        errors: BETWEEN_LOOKS,
        refusals: &["{ call: cloudwatch:DescribeAlarmHistory, error: Throttling, at: prod + 13m, for: 6m }"],
        happens: "fires at 11m, OK at 14m", history: "throttled until 19m",
        expected: ("fail", "FiredAndRecovered", "stop"), after: "20m",
    }
    a_history_throttled_to_the_end_is_unknown: BAKE {
        errors: BETWEEN_LOOKS, refusals: &["{ call: cloudwatch:DescribeAlarmHistory, error: Throttling }"],
        settings: "at_most: 1h", look_every: "10m",
        happens: "fires at 11m, OK at 14m", history: "throttled",
        expected: ("inconclusive", "HistoryUnknown", "stop"), after: "1h",
    }
    quiet_alarms_pass_though_the_history_is_throttled: BAKE {
        refusals: &["{ call: cloudwatch:DescribeAlarmHistory, error: Throttling }"],
        happens: "stays OK: the last transition was before the deployment", history: "throttled",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    a_history_that_may_not_be_read_is_a_gate_error: BAKE {
        errors: BETWEEN_LOOKS, refusals: &["{ call: cloudwatch:DescribeAlarmHistory, error: AccessDenied }"],
        happens: "fires at 11m, OK at 14m", history: "denied",
        expected: ("gate error", "AccessDenied", "stop"), after: "15m",
    }
    a_red_alarm_needs_no_history: BAKE {
        errors: &[("-2h", "OK"), ("prod + 12m", "ALARM")],
        refusals: &["{ call: cloudwatch:DescribeAlarmHistory, error: AccessDenied }"],
        happens: "fires at 12m", history: "denied",
        expected: ("fail", "Fired", "stop"), after: "15m",
    }
    a_history_on_many_pages_is_read_whole: BAKE {
        errors: &[
            ("-2h", "OK"), ("prod + 6m", "INSUFFICIENT_DATA"), ("prod + 7m", "OK"), ("prod + 11m", "INSUFFICIENT_DATA"),
            ("prod + 12m", "OK"), ("prod + 13m", "ALARM"), ("prod + 14m", "OK"),
        ],
        prepare: Some(|world| switch(world, |own| own.page_size_max = Some(1))),
        happens: "fires at 13m, OK at 14m", history: "one record a page",
        expected: ("fail", "FiredAndRecovered", "stop"), after: "15m",
    }
    a_state_that_nobody_knows_is_not_ok: BAKE {
        prepare: Some(|world| switch(world, |own| own.later_state = Some("DEGRADED".to_owned()))),
        settings: "at_most: 1h", look_every: "10m",
        before: "`DEGRADED`", happens: "stays in a state that AWS does not have today",
        expected: ("inconclusive", "HistoryUnknown", "stop"), after: "1h",
    }
}
