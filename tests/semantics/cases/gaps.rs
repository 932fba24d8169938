//! Alarms with too little data.

use crate::semantics::{BAKE, NOBODY, Traffic, group};

group! {
    "Too little data",
    "A pass needs each alarm known (OK or ALARM) for at least `for`. INSUFFICIENT_DATA stops that alarm's clock \
     (`wait`), fails (`fail`) or is accepted (`accept`), which needs measured traffic, is shown in the verdict \
     line, and is no pass where nothing at all was known.";

    a_gap_that_leaves_enough_known_time_changes_nothing: BAKE {
        errors: &[("-2h", "OK"), ("prod + 6m", "INSUFFICIENT_DATA"), ("prod + 9m", "OK")],
        happens: "INSUFFICIENT_DATA from 6m to 9m",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    a_gap_stops_the_clock: BAKE {
        errors: &[("-2h", "OK"), ("prod + 6m", "INSUFFICIENT_DATA"), ("prod + 16m", "OK")],
        happens: "INSUFFICIENT_DATA from 6m to 16m",
        expected: ("pass", "Quiet", "go"), after: "40m",
    }
    a_gap_to_the_end_is_undecided: BAKE {
        errors: &[("-2h", "OK"), ("prod + 16m", "INSUFFICIENT_DATA")],
        settings: "at_most: 1h", look_every: "10m", happens: "INSUFFICIENT_DATA from 16m on",
        expected: ("inconclusive", "AlarmNotKnown", "stop"), after: "1h",
    }
    a_gap_at_the_last_read_alone_is_waited_out: BAKE {
        errors: &[("-2h", "OK"), ("prod + 34m", "INSUFFICIENT_DATA"), ("prod + 36m", "OK")],
        happens: "INSUFFICIENT_DATA from 34m to 36m",
        expected: ("pass", "Quiet", "go"), after: "40m",
    }
    a_gap_fails_if_the_plan_says_so: BAKE {
        gaps: "fail",
        errors: &[("-2h", "OK"), ("prod + 6m", "INSUFFICIENT_DATA"), ("prod + 9m", "OK")],
        happens: "INSUFFICIENT_DATA from 6m to 9m, OK at every look",
        expected: ("fail", "InsufficientData", "stop"), after: "10m",
    }
    a_gap_before_the_bake_does_not_fail: BAKE {
        gaps: "fail",
        errors: &[("-2h", "INSUFFICIENT_DATA"), ("2m", "OK")],
        before: "INSUFFICIENT_DATA until a minute before", happens: "stays OK",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    a_gap_when_the_bake_begins_fails_if_the_plan_says_so: BAKE {
        gaps: "fail", errors: &[("prod + 6m", "OK")],
        before: "INSUFFICIENT_DATA", happens: "OK from 6m on",
        expected: ("fail", "InsufficientData", "stop"), after: "0m",
    }
    a_gap_can_be_accepted: BAKE {
        gaps: "accept",
        errors: &[("-2h", "OK"), ("prod + 6m", "INSUFFICIENT_DATA"), ("prod + 26m", "OK")],
        happens: "INSUFFICIENT_DATA from 6m to 26m; the answer says so",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    a_gap_to_the_end_can_be_accepted: BAKE {
        gaps: "accept", errors: &[("-2h", "OK"), ("prod + 6m", "INSUFFICIENT_DATA")],
        happens: "INSUFFICIENT_DATA from 6m on; the answer says so",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    accepting_covers_an_alarm_never_known_beside_one_that_was: BAKE {
        gaps: "accept", alarms: "[errors, latency]",
        others: &["{ name: latency, states: [ { at: -2h, state: INSUFFICIENT_DATA } ] }"],
        before: "one OK, one INSUFFICIENT_DATA", happens: "both stay so; the answer says so",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    accepting_is_no_pass_where_nothing_was_known: BAKE {
        gaps: "accept", errors: &[("-2h", "INSUFFICIENT_DATA")],
        settings: "at_most: 1h", look_every: "10m",
        before: "INSUFFICIENT_DATA", happens: "stays so",
        expected: ("inconclusive", "NothingKnown", "stop"), after: "1h",
    }
    accepting_is_no_pass_without_requests: BAKE {
        gaps: "accept", traffic: NOBODY,
        errors: &[("-2h", "OK"), ("prod + 6m", "INSUFFICIENT_DATA")],
        settings: "at_most: 1h", look_every: "10m", happens: "INSUFFICIENT_DATA from 6m on",
        expected: ("inconclusive", "NotEnoughTraffic", "stop"), after: "1h",
    }
    accepting_without_measured_traffic_is_a_mistake: BAKE {
        gaps: "accept", traffic: Traffic::NotMeasured,
        happens: "nothing: the settings are refused", history: "not read",
        expected: ("gate error", "SettingsInvalid", "stop"), after: "0m",
    }
    a_firing_after_an_accepted_gap_fails: BAKE {
        gaps: "accept",
        errors: &[("-2h", "OK"), ("prod + 6m", "INSUFFICIENT_DATA"), ("prod + 11m", "ALARM"), ("prod + 13m", "OK")],
        happens: "INSUFFICIENT_DATA at 6m, fires at 11m, OK at 13m",
        expected: ("fail", "FiredAndRecovered", "stop"), after: "15m",
    }
    a_quiet_night_of_nothing_known_is_undecided: BAKE {
        traffic: NOBODY, errors: &[("-2h", "INSUFFICIENT_DATA")],
        settings: "at_most: 1h", look_every: "10m",
        before: "INSUFFICIENT_DATA", happens: "stays so",
        expected: ("inconclusive", "NotEnoughTraffic", "stop"), after: "1h",
    }
}
