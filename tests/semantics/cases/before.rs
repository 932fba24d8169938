//! Alarms that are in ALARM when the bake begins.

use crate::semantics::{BAKE, group};

const OTHER: &str = "{ name: latency, states: [ { at: -2h, state: OK } ] }";

group! {
    "In ALARM when the bake begins",
    "The state when the bake began is the old state of the first transition after it, else the present one; what \
     happened within 30 s before it counts as in the bake. `already_in_alarm: fail` fails then and there; `wait` \
     starts that alarm's clock when it is OK; `ignore` does not judge it until it was OK once, and then like any \
     other. Where nothing else was known, ignoring is no pass.";

    an_alarm_red_before_fails_at_the_first_look: BAKE {
        errors: &[("-2h", "ALARM")], before: "ALARM", happens: "stays red", history: "not needed",
        expected: ("fail", "AlreadyInAlarm", "stop"), after: "0m",
    }
    an_alarm_ok_since_less_than_the_guard_was_red_when_the_bake_began: BAKE {
        errors: &[("-2h", "ALARM"), ("2m 40s", "OK")],
        before: "ALARM until 20s before", happens: "stays OK",
        expected: ("fail", "AlreadyInAlarm", "stop"), after: "0m",
    }
    an_alarm_ok_since_more_than_the_guard_was_ok_when_the_bake_began: BAKE {
        errors: &[("-2h", "ALARM"), ("2m 20s", "OK")],
        before: "ALARM until 40s before", happens: "stays OK",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    waiting_starts_the_clock_when_the_alarm_is_ok: BAKE {
        errors: &[("-2h", "ALARM"), ("prod + 10m", "OK")],
        settings: "already_in_alarm: wait", before: "ALARM", happens: "OK from 10m on",
        expected: ("pass", "Quiet", "go"), after: "40m",
    }
    waiting_for_an_alarm_that_stays_red_is_undecided: BAKE {
        errors: &[("-2h", "ALARM")],
        settings: "already_in_alarm: wait, at_most: 1h", look_every: "10m",
        before: "ALARM", happens: "stays red",
        expected: ("inconclusive", "StillInAlarm", "stop"), after: "1h",
    }
    an_alarm_waited_for_that_fires_again_fails: BAKE {
        errors: &[("-2h", "ALARM"), ("prod + 6m", "OK"), ("prod + 16m", "ALARM"), ("prod + 18m", "OK")],
        settings: "already_in_alarm: wait", before: "ALARM", happens: "OK at 6m, fires at 16m, OK at 18m",
        expected: ("fail", "FiredAndRecovered", "stop"), after: "20m",
    }
    an_alarm_waited_for_that_loses_its_data_has_not_been_ok: BAKE {
        errors: &[("-2h", "ALARM"), ("prod + 6m", "INSUFFICIENT_DATA")],
        settings: "already_in_alarm: wait, at_most: 1h", look_every: "10m",
        before: "ALARM", happens: "INSUFFICIENT_DATA from 6m on",
        expected: ("inconclusive", "StillInAlarm", "stop"), after: "1h",
    }
    an_ignored_alarm_that_stays_red_does_not_hold_up_others: BAKE {
        alarms: "[errors, latency]", errors: &[("-2h", "ALARM")], others: &[OTHER],
        settings: "already_in_alarm: ignore", before: "one ALARM, one OK", happens: "both stay so",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    ignoring_the_only_alarm_is_no_pass: BAKE {
        errors: &[("-2h", "ALARM")],
        settings: "already_in_alarm: ignore, at_most: 1h", look_every: "10m",
        before: "ALARM", happens: "stays red",
        expected: ("inconclusive", "NothingKnown", "stop"), after: "1h",
    }
    an_ignored_alarm_that_was_ok_once_fails_when_it_fires: BAKE {
        alarms: "[errors, latency]", others: &[OTHER],
        errors: &[("-2h", "ALARM"), ("prod + 6m", "OK"), ("prod + 16m", "ALARM")],
        settings: "already_in_alarm: ignore", before: "one ALARM, one OK", happens: "OK at 6m, fires at 16m",
        expected: ("fail", "Fired", "stop"), after: "20m",
    }
    an_ignored_alarm_that_was_ok_once_has_to_be_known_from_then: BAKE {
        alarms: "[errors, latency]", others: &[OTHER],
        errors: &[("-2h", "ALARM"), ("prod + 10m", "OK")],
        settings: "already_in_alarm: ignore", before: "one ALARM, one OK", happens: "OK from 10m on",
        expected: ("pass", "Quiet", "go"), after: "40m",
    }
    an_alarm_without_a_state_yet_is_waited_for: BAKE {
        errors: &[("prod + 10m", "OK")],
        before: "INSUFFICIENT_DATA", happens: "OK from 10m on",
        expected: ("pass", "Quiet", "go"), after: "40m",
    }
}
