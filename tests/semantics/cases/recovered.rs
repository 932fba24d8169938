//! `recovered: accept`.

use crate::semantics::{BAKE, group};

group! {
    "A firing that recovers and is accepted",
    "`recovered: accept` accepts one firing whose alarm is OK for `quiet_after` at the last read (default: half of \
     `for`, at least 10m). A second firing fails at once; one that is not recovered when the time is over fails \
     then, and does not end undecided. ALARM to INSUFFICIENT_DATA is not recovered.";

    a_firing_that_recovered_long_ago_is_accepted: BAKE {
        errors: &[("-2h", "OK"), ("prod + 11m", "ALARM"), ("prod + 14m", "OK")],
        settings: "recovered: accept", happens: "fires at 11m, OK from 14m on",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    a_firing_that_recovered_lately_is_waited_for: BAKE {
        errors: &[("-2h", "OK"), ("prod + 21m", "ALARM"), ("prod + 24m", "OK")],
        settings: "recovered: accept", happens: "fires at 21m, OK from 24m on",
        expected: ("pass", "Quiet", "go"), after: "40m",
    }
    a_firing_quiet_for_less_than_quiet_after_at_the_end_fails: BAKE {
        errors: &[("-2h", "OK"), ("prod + 31m", "ALARM"), ("prod + 34m", "OK")],
        settings: "recovered: accept, at_most: 45m", happens: "fires at 31m, OK from 34m on",
        expected: ("fail", "NotRecovered", "stop"), after: "45m",
    }
    quiet_after_can_be_shorter: BAKE {
        errors: &[("-2h", "OK"), ("prod + 26m", "ALARM"), ("prod + 29m", "OK")],
        settings: "recovered: accept, quiet_after: 5m", happens: "fires at 26m, OK from 29m on",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    a_second_firing_fails: BAKE {
        errors: &[
            ("-2h", "OK"), ("prod + 6m", "ALARM"), ("prod + 8m", "OK"), ("prod + 21m", "ALARM"), ("prod + 23m", "OK"),
        ],
        settings: "recovered: accept", happens: "fires at 6m and 21m, OK at every look",
        expected: ("fail", "FiredTwice", "stop"), after: "25m",
    }
    insufficient_data_after_alarm_is_not_recovered: BAKE {
        errors: &[("-2h", "OK"), ("prod + 6m", "ALARM"), ("prod + 8m", "INSUFFICIENT_DATA")],
        settings: "recovered: accept, at_most: 1h", look_every: "10m",
        happens: "fires at 6m, INSUFFICIENT_DATA from 8m on",
        expected: ("fail", "NotRecovered", "stop"), after: "1h",
    }
    ok_after_insufficient_data_after_alarm_is_recovered: BAKE {
        errors: &[("-2h", "OK"), ("prod + 6m", "ALARM"), ("prod + 8m", "INSUFFICIENT_DATA"), ("prod + 10m", "OK")],
        settings: "recovered: accept", happens: "fires at 6m, INSUFFICIENT_DATA at 8m, OK from 10m on",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    a_firing_that_never_recovers_fails_when_the_time_is_over: BAKE {
        errors: &[("-2h", "OK"), ("prod + 6m", "ALARM")],
        settings: "recovered: accept, at_most: 1h", look_every: "10m", happens: "fires at 6m and stays red",
        expected: ("fail", "NotRecovered", "stop"), after: "1h",
    }
    two_alarms_may_fire_once_each: BAKE {
        alarms: "[errors, latency]",
        errors: &[("-2h", "OK"), ("prod + 6m", "ALARM"), ("prod + 8m", "OK")],
        others: &["{ name: latency, states: [ { at: -2h, state: OK }, { at: prod + 11m, state: ALARM }, { at: prod + 13m, state: OK } ] }"],
        settings: "recovered: accept", before: "both OK", happens: "each fires once and recovers",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
}
