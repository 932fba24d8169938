//! The gate `clear`, before a deployment.

use crate::semantics::{CLEAR, group};

group! {
    "The gate `clear`, before a deployment",
    "All alarms are OK now, and have been for `quiet` (default 10m) by both clocks, which may be 30 s apart. It \
     answers at once, or when they are, `within` a time. Here times count from the beginning of the release.";

    alarms_ok_for_long_are_clear: CLEAR {
        before: "OK for 2h",
        expected: ("pass", "Clear", "go"), after: "0m",
    }
    alarms_ok_for_quiet_and_the_guard_are_clear: CLEAR {
        errors: &[("-2h", "ALARM"), ("-10m 30s", "OK")], before: "OK for 10m30s",
        expected: ("pass", "Clear", "go"), after: "0m",
    }
    alarms_ok_for_quiet_without_the_guard_are_not_clear: CLEAR {
        errors: &[("-2h", "ALARM"), ("-10m 29s", "OK")], before: "OK for 10m29s",
        expected: ("fail", "NotQuietYet", "stop"), after: "0m",
    }
    quiet_can_be_longer: CLEAR {
        errors: &[("-2h", "ALARM"), ("-20m", "OK")], settings: "quiet: 30m", before: "OK for 20m",
        expected: ("fail", "NotQuietYet", "stop"), after: "0m",
    }
    a_red_alarm_is_not_clear: CLEAR {
        errors: &[("-2h", "ALARM")], before: "ALARM", happens: "stays red",
        expected: ("fail", "InAlarm", "stop"), after: "0m",
    }
    a_red_alarm_that_recovers_within_the_time_is_clear_after_quiet: CLEAR {
        errors: &[("-2h", "ALARM"), ("2m", "OK")], settings: "within: 15m",
        before: "ALARM", happens: "OK from 2m on",
        expected: ("pass", "Clear", "go"), after: "15m",
    }
    a_red_alarm_that_stays_red_within_the_time_is_not_clear: CLEAR {
        errors: &[("-2h", "ALARM")], settings: "within: 15m", before: "ALARM", happens: "stays red",
        expected: ("fail", "InAlarm", "stop"), after: "15m",
    }
    an_alarm_that_recovers_too_late_is_not_clear: CLEAR {
        errors: &[("-2h", "ALARM"), ("8m", "OK")], settings: "within: 15m",
        before: "ALARM", happens: "OK from 8m on",
        expected: ("fail", "NotQuietYet", "stop"), after: "15m",
    }
    an_alarm_with_too_little_data_is_undecided: CLEAR {
        errors: &[("-2h", "INSUFFICIENT_DATA")], before: "INSUFFICIENT_DATA", happens: "stays so",
        expected: ("inconclusive", "AlarmNotKnown", "stop"), after: "0m",
    }
    an_alarm_that_is_not_evaluated_is_undecided: CLEAR {
        errors_also: "evaluation_error: [ { at: -5m, for: 1h, state: EVALUATION_ERROR } ]",
        before: "OK, EVALUATION_ERROR", happens: "stays so",
        expected: ("inconclusive", "AlarmNotKnown", "stop"), after: "0m",
    }
    a_red_alarm_beside_an_unknown_one_fails: CLEAR {
        alarms: "[errors, latency]", errors: &[("-2h", "INSUFFICIENT_DATA")],
        others: &["{ name: latency, states: [ { at: -2h, state: ALARM } ] }"],
        before: "one INSUFFICIENT_DATA, one ALARM", happens: "both stay so",
        expected: ("fail", "InAlarm", "stop"), after: "0m",
    }
    an_alarm_that_is_not_there_is_a_gate_error_before_a_deployment: CLEAR {
        alarms: "[latency]", before: "not there", happens: "nothing",
        expected: ("gate error", "AlarmNotFound", "stop"), after: "0m",
    }
    cloudwatch_denied_before_a_deployment_is_a_gate_error: CLEAR {
        refusals: &["{ call: 'cloudwatch:*', error: AccessDenied }"],
        before: "not known", happens: "CloudWatch denies everything",
        expected: ("gate error", "AccessDenied", "stop"), after: "0m",
    }
    cloudwatch_unavailable_to_the_end_of_the_time_is_a_gate_error: CLEAR {
        errors: &[("-2h", "ALARM"), ("-5m", "OK")], settings: "within: 15m",
        refusals: &["{ call: 'cloudwatch:*', error: InternalError, at: 4m }"],
        before: "OK for 5m", happens: "CloudWatch fails from 4m on",
        expected: ("gate error", "ServiceUnavailable", "stop"), after: "15m",
    }
    cloudwatch_unavailable_for_a_while_is_waited_for_within_the_time: CLEAR {
        errors: &[("-2h", "ALARM"), ("-5m", "OK")], settings: "within: 15m",
        refusals: &["{ call: 'cloudwatch:*', error: InternalError, at: 4m, for: 3m }"],
        before: "OK for 5m", happens: "CloudWatch fails from 4m to 7m",
        look_every: "1m",
        expected: ("pass", "Clear", "go"), after: "7m",
    }
}
