//! Gates of a release that is a rollback.

use crate::semantics::{BAKE, group};

group! {
    "A rollback",
    "An execution of type ROLLBACK runs the stage's gates again, while the alarm that caused it is still red. With \
     `on_rollback: wait` (the default) alarms that are in ALARM get `recover_within` (default 15m), and the bake \
     counts from then; `watch` judges and lets go; `full` judges as ever.";

    a_rollback_that_cures_passes_from_the_recovery_on: BAKE {
        pipeline: "rollback: true", errors: &[("-2h", "ALARM"), ("prod + 10m", "OK")],
        before: "ALARM", happens: "OK from 10m on",
        expected: ("pass", "Quiet", "go"), after: "40m",
    }
    a_rollback_that_cures_in_the_last_moment_passes: BAKE {
        pipeline: "rollback: true", errors: &[("-2h", "ALARM"), ("prod + 15m", "OK")],
        before: "ALARM", happens: "OK from 15m on",
        expected: ("pass", "Quiet", "go"), after: "45m",
    }
    a_rollback_a_moment_after_the_alarm_fired_may_cure_it: BAKE {
        pipeline: "rollback: true", errors: &[("-2h", "OK"), ("-15s", "ALARM"), ("prod + 10m", "OK")],
        before: "ALARM since 15s before the deployment", happens: "OK from 10m on",
        expected: ("pass", "Quiet", "go"), after: "40m",
    }
    a_rollback_that_does_not_cure_fails: BAKE {
        pipeline: "rollback: true", errors: &[("-2h", "ALARM")],
        before: "ALARM", happens: "stays red",
        expected: ("fail", "RollbackDidNotCure", "stop"), after: "20m",
    }
    a_rollback_that_cures_too_late_fails: BAKE {
        pipeline: "rollback: true", errors: &[("-2h", "ALARM"), ("prod + 8m", "OK")], settings: "recover_within: 5m",
        before: "ALARM", happens: "OK from 8m on",
        expected: ("fail", "RollbackDidNotCure", "stop"), after: "10m",
    }
    a_rollback_after_which_the_alarm_fires_again_fails: BAKE {
        pipeline: "rollback: true", errors: &[("-2h", "ALARM"), ("prod + 6m", "OK"), ("prod + 16m", "ALARM")],
        before: "ALARM", happens: "OK at 6m, fires at 16m",
        expected: ("fail", "RollbackDidNotCure", "stop"), after: "20m",
    }
    a_rollback_under_quiet_alarms_passes: BAKE {
        pipeline: "rollback: true", happens: "stays OK",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    a_rollback_under_which_another_alarm_fires_fails: BAKE {
        pipeline: "rollback: true", errors: &[("-2h", "OK"), ("prod + 11m", "ALARM"), ("prod + 13m", "OK")],
        happens: "fires at 11m, OK at 13m",
        expected: ("fail", "RollbackDidNotCure", "stop"), after: "15m",
    }
    a_rollback_during_whose_deployment_an_alarm_fires_fails: BAKE {
        pipeline: "rollback: true", errors: &[("-2h", "OK"), ("1m", "ALARM"), ("prod + 4m", "OK")],
        happens: "fires while the rollback is deployed, OK at 4m",
        expected: ("fail", "RollbackDidNotCure", "stop"), after: "0m",
    }
    a_rollback_may_also_wait_for_as_long_as_the_plan_ignores: BAKE {
        pipeline: "rollback: true", alarms: "[errors, latency]", errors: &[("-2h", "ALARM")],
        others: &["{ name: latency, states: [ { at: -2h, state: OK } ] }"],
        settings: "already_in_alarm: ignore", before: "one ALARM, one OK", happens: "both stay so",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    watching_a_rollback_fails_and_lets_go: BAKE {
        pipeline: "rollback: true", errors: &[("-2h", "ALARM")], settings: "on_rollback: watch",
        before: "ALARM", happens: "stays red", history: "not needed",
        expected: ("fail", "AlreadyInAlarm", "go"), after: "0m",
    }
    judging_a_rollback_in_full_fails_under_a_red_alarm: BAKE {
        pipeline: "rollback: true", errors: &[("-2h", "ALARM"), ("prod + 10m", "OK")], settings: "on_rollback: full",
        before: "ALARM", happens: "OK from 10m on", history: "not needed",
        expected: ("fail", "AlreadyInAlarm", "stop"), after: "0m",
    }
    what_holds_for_rollbacks_does_not_hold_for_other_releases: BAKE {
        errors: &[("-2h", "ALARM"), ("prod + 10m", "OK")], settings: "on_rollback: wait, recover_within: 15m",
        before: "ALARM", happens: "no rollback; OK from 10m on", history: "not needed",
        expected: ("fail", "AlreadyInAlarm", "stop"), after: "0m",
    }
}
