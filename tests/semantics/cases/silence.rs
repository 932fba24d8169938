//! Alarms that are quiet because nothing happens.

use crate::semantics::{BAKE, BUSY, NOBODY, Traffic, group};

const SILENT: &[&str] = &[
    "silent: { namespace: Shop, name: Errors, values: [ constant: 0, gap: { at: -3h, for: 48h } ] }",
];
const NOT_BREACHING: &[&str] =
    &["{ name: errors, metric: silent, stat: Sum, above: 0, missing: notBreaching }"];

group! {
    "Quiet, or nobody there",
    "An alarm that treats missing data as `notBreaching` is OK with no data at all. So OK alone is never a pass: \
     the requests of the release have to be counted too, or the plan says that nobody counts them, and every \
     summary then says so.";

    an_alarm_that_stays_ok_under_traffic_passes: BAKE {
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    an_alarm_that_stays_ok_passes_without_traffic_only_if_the_plan_says_so: BAKE {
        traffic: Traffic::NotMeasured,
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    alarms_not_breaching_and_silent_are_undecided_while_nobody_comes: BAKE {
        errors: &[], others: NOT_BREACHING, metrics: SILENT, traffic: NOBODY,
        settings: "at_most: 1h", look_every: "10m",
        before: "OK, without any data", happens: "no data of any kind",
        expected: ("inconclusive", "NotEnoughTraffic", "stop"), after: "1h",
    }
    alarms_not_breaching_and_silent_pass_while_people_come: BAKE {
        errors: &[], others: NOT_BREACHING, metrics: SILENT, traffic: BUSY,
        before: "OK, without any data", happens: "requests, and none of them an error",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    alarms_not_breaching_and_silent_pass_unmeasured_with_the_risk_said: BAKE {
        errors: &[], others: NOT_BREACHING, metrics: SILENT, traffic: Traffic::NotMeasured,
        before: "OK, without any data", happens: "no data; the answer says that nobody may have come",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    a_silent_alarm_that_misses_its_data_is_never_known: BAKE {
        errors: &[], metrics: SILENT,
        others: &["{ name: errors, metric: silent, stat: Sum, above: 0, missing: missing }"],
        settings: "at_most: 1h", look_every: "10m",
        before: "INSUFFICIENT_DATA", happens: "no data of the alarm's metric",
        expected: ("inconclusive", "AlarmNotKnown", "stop"), after: "1h",
    }
    a_silent_alarm_that_breaches_on_missing_data_is_in_alarm_before: BAKE {
        errors: &[], metrics: SILENT,
        others: &["{ name: errors, metric: silent, stat: Sum, above: 0, missing: breaching }"],
        before: "ALARM, without any data", happens: "no data of the alarm's metric",
        expected: ("fail", "AlreadyInAlarm", "stop"), after: "0m",
    }
}
