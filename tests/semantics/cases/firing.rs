//! Alarms that fire in the bake.

use crate::semantics::{BAKE, NOBODY, group};

group! {
    "An alarm fires in the bake",
    "Any transition into ALARM at or after the beginning fails the bake at the next look, also when the alarm was \
     OK again by then: what no look saw, the history tells. The first reason is that of the first firing.";

    an_alarm_that_fires_and_stays_red_fails_at_the_next_look: BAKE {
        errors: &[("-2h", "OK"), ("prod + 12m", "ALARM")],
        happens: "fires at 12m", history: "not needed",
        expected: ("fail", "Fired", "stop"), after: "15m",
    }
    an_alarm_that_fires_and_recovers_between_two_looks_fails: BAKE {
        errors: &[("-2h", "OK"), ("prod + 11m", "ALARM"), ("prod + 14m", "OK")],
        happens: "fires at 11m, OK at 14m; OK at every look",
        expected: ("fail", "FiredAndRecovered", "stop"), after: "15m",
    }
    a_flapping_alarm_fails_at_the_first_look_after_it_began: BAKE {
        errors: &[
            ("-2h", "OK"), ("prod + 6m", "ALARM"), ("prod + 7m", "OK"), ("prod + 8m", "ALARM"), ("prod + 9m", "OK"),
            ("prod + 11m", "ALARM"), ("prod + 12m", "OK"), ("prod + 13m", "ALARM"), ("prod + 14m", "OK"),
        ],
        happens: "fires four times, OK at every look",
        expected: ("fail", "FiredAndRecovered", "stop"), after: "10m",
    }
    a_firing_out_of_insufficient_data_is_a_firing: BAKE {
        errors: &[("-2h", "OK"), ("prod + 6m", "INSUFFICIENT_DATA"), ("prod + 12m", "ALARM")],
        happens: "INSUFFICIENT_DATA at 6m, fires at 12m",
        expected: ("fail", "Fired", "stop"), after: "15m",
    }
    a_firing_without_traffic_is_a_firing: BAKE {
        errors: &[("-2h", "OK"), ("prod + 12m", "ALARM")], traffic: NOBODY,
        happens: "fires at 12m", history: "not needed",
        expected: ("fail", "Fired", "stop"), after: "15m",
    }
    one_of_three_alarms_is_enough_to_fail: BAKE {
        alarms: "[errors, latency, saturation]",
        others: &[
            "{ name: latency, states: [ { at: -2h, state: OK } ] }",
            "{ name: saturation, states: [ { at: -2h, state: OK }, { at: prod + 12m, state: ALARM } ] }",
        ],
        before: "all OK", happens: "one of three fires at 12m", history: "not needed",
        expected: ("fail", "Fired", "stop"), after: "15m",
    }
    the_same_name_in_another_region_is_another_alarm: BAKE {
        alarms: "[errors, { name: errors, region: eu-west-1 }]",
        others: &["{ name: errors, region: eu-west-1, states: [ { at: -2h, state: OK }, { at: prod + 11m, state: ALARM }, { at: prod + 14m, state: OK } ] }"],
        before: "both OK", happens: "the one in eu-west-1 fires at 11m, OK at 14m",
        expected: ("fail", "FiredAndRecovered", "stop"), after: "15m",
    }
    an_alarm_of_the_same_name_that_the_plan_does_not_name_is_not_judged: BAKE {
        others: &["{ name: errors, region: eu-west-1, states: [ { at: -2h, state: OK }, { at: prod + 12m, state: ALARM } ] }"],
        happens: "the one in eu-west-1 fires; the plan names the other",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    a_composite_alarm_fires_with_its_child: BAKE {
        alarms: "[health]",
        errors: &[("-2h", "OK"), ("prod + 11m", "ALARM"), ("prod + 14m", "OK")],
        others: &["{ name: health, rule: 'ALARM(errors)' }"],
        happens: "the child of the composite alarm fires at 11m, OK at 14m",
        expected: ("fail", "FiredAndRecovered", "stop"), after: "15m",
    }
    an_alarm_three_of_three_that_is_evaluated_fires_after_three_minutes: BAKE {
        errors: &[],
        metrics: &["errors: { namespace: Shop, name: Errors, values: [ constant: 1, spike: { at: prod + 10m, for: 3m, set: 50 } ] }"],
        others: &["{ name: errors, metric: errors, stat: Sum, above: 10, datapoints: 3 of 3 }"],
        happens: "errors above the threshold for three minutes; the alarm needs three",
        expected: ("fail", "FiredAndRecovered", "stop"), after: "15m",
    }
    an_alarm_three_of_three_that_is_evaluated_does_not_fire_after_two: BAKE {
        errors: &[],
        metrics: &["errors: { namespace: Shop, name: Errors, values: [ constant: 1, spike: { at: prod + 10m, for: 2m, set: 50 } ] }"],
        others: &["{ name: errors, metric: errors, stat: Sum, above: 10, datapoints: 3 of 3 }"],
        happens: "errors above the threshold for two minutes; the alarm needs three",
        expected: ("pass", "Quiet", "go"), after: "40m",
    }
}
