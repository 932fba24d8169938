//! Firings while the release is being deployed.

use crate::semantics::{BAKE, group};

group! {
    "Fired during the deployment",
    "Firings are watched from the start of the release's deploy action in the stage (`since: deployment`), here \
     three minutes before the first look, or from the first look (`since: gate`). `for` counts from the first look \
     either way.";

    a_firing_during_the_deployment_fails_though_it_recovered: BAKE {
        errors: &[("-2h", "OK"), ("1m", "ALARM"), ("2m", "OK")],
        happens: "fires during the deployment, OK before the first look",
        expected: ("fail", "FiredDuringDeployment", "stop"), after: "0m",
    }
    a_firing_during_the_first_of_two_deployments_fails_too: BAKE {
        errors: &[("-2h", "OK"), ("1m", "ALARM"), ("2m", "OK")], deployed_in_two_steps: true,
        happens: "two deploy actions of 3m; fires during the first, OK before the second",
        expected: ("fail", "FiredDuringDeployment", "stop"), after: "0m",
    }
    a_firing_during_the_deployment_is_nothing_to_a_gate_that_watches_since_itself: BAKE {
        errors: &[("-2h", "OK"), ("1m", "ALARM"), ("2m", "OK")], settings: "since: gate",
        happens: "fires during the deployment, OK before the first look",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    a_firing_during_the_deployment_that_stays_is_told_as_such: BAKE {
        errors: &[("-2h", "OK"), ("1m", "ALARM")],
        happens: "fires during the deployment, still red at the first look", history: "not needed",
        expected: ("fail", "FiredDuringDeployment", "stop"), after: "0m",
    }
    a_firing_during_the_deployment_that_stays_was_there_before_for_a_gate_that_watches_since_itself: BAKE {
        errors: &[("-2h", "OK"), ("1m", "ALARM")], settings: "since: gate",
        happens: "fires during the deployment, still red at the first look", history: "not needed",
        expected: ("fail", "AlreadyInAlarm", "stop"), after: "0m",
    }
    a_firing_within_the_guard_before_the_gate_counts_as_in_the_bake: BAKE {
        errors: &[("-2h", "OK"), ("2m 40s", "ALARM"), ("prod + 2m", "OK")], settings: "since: gate",
        happens: "fires 20s before the first look, OK at 2m", history: "not needed",
        expected: ("fail", "Fired", "stop"), after: "0m",
    }
    a_firing_before_the_deployment_is_not_the_releases: BAKE {
        errors: &[("-2h", "OK"), ("-10m", "ALARM"), ("-5m", "OK")],
        before: "OK, fired 10m before the deployment",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    a_firing_during_the_deployment_can_be_accepted: BAKE {
        errors: &[("-2h", "OK"), ("1m", "ALARM"), ("2m", "OK")], settings: "recovered: accept",
        happens: "fires during the deployment, OK before the first look",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    a_firing_during_the_deployment_and_one_in_the_bake_are_two: BAKE {
        errors: &[("-2h", "OK"), ("1m", "ALARM"), ("2m", "OK"), ("prod + 11m", "ALARM"), ("prod + 13m", "OK")],
        settings: "recovered: accept", happens: "fires during the deployment and at 11m",
        expected: ("fail", "FiredTwice", "stop"), after: "15m",
    }
    an_alarm_red_before_that_recovers_and_fires_during_the_deployment_fails: BAKE {
        errors: &[("-2h", "ALARM"), ("1m", "OK"), ("2m", "ALARM"), ("prod + 1m", "OK")],
        settings: "already_in_alarm: ignore", before: "ALARM",
        happens: "OK and red again during the deployment, OK at 1m",
        expected: ("fail", "FiredDuringDeployment", "stop"), after: "0m",
    }
    without_the_release_check_firings_are_watched_from_the_first_look: BAKE {
        errors: &[("-2h", "OK"), ("1m", "ALARM"), ("2m", "OK")], settings: "release_check: off",
        happens: "fires during the deployment, OK before the first look",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    a_deployment_that_may_not_be_listed_is_a_gate_error: BAKE {
        refusals: &["{ call: codepipeline:ListActionExecutions, error: AccessDenied }"],
        happens: "`ListActionExecutions` is denied",
        expected: ("gate error", "AccessDenied", "stop"), after: "0m",
    }
}
