//! When the last look comes, and what a bake may take.

use crate::semantics::{BAKE, group};

group! {
    "The last look, and the longest bake",
    "A pass needs a look after `for` and settling, for what an alarm says late; here that is the look at 35m. A \
     bake that cannot fit is refused when it begins. Without a pass it ends at `at_most` (default four times \
     `for`), or before CodePipeline ends a Lambda action after 24 h, less an hour.";

    an_alarm_that_fires_as_the_bake_begins_fails: BAKE {
        errors: &[("-2h", "OK"), ("prod", "ALARM"), ("prod + 2m", "OK")], happens: "fires at 0s, OK at 2m",
        history: "not needed",
        expected: ("fail", "Fired", "stop"), after: "0m",
    }
    an_alarm_that_fires_as_for_is_over_fails: BAKE {
        errors: &[("-2h", "OK"), ("prod + 30m", "ALARM"), ("prod + 32m", "OK")],
        happens: "fires at 30m, OK at 32m", look_every: "7m",
        expected: ("fail", "FiredAndRecovered", "stop"), after: "35m",
    }
    an_alarm_that_fires_while_it_settles_fails: BAKE {
        errors: &[("-2h", "OK"), ("prod + 32m", "ALARM"), ("prod + 33m", "OK")], happens: "fires at 32m, OK at 33m",
        expected: ("fail", "FiredAndRecovered", "stop"), after: "35m",
    }
    an_alarm_that_fires_after_settling_but_before_the_last_look_fails: BAKE {
        errors: &[("-2h", "OK"), ("prod + 34m 20s", "ALARM")], happens: "fires at 34m20s", history: "not needed",
        expected: ("fail", "Fired", "stop"), after: "35m",
    }
    an_alarm_that_fires_after_the_last_look_comes_too_late: BAKE {
        errors: &[("-2h", "OK"), ("prod + 36m", "ALARM")], happens: "fires at 36m",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    a_look_after_for_and_before_settling_is_no_last_look: BAKE {
        happens: "stays OK; looks at 0s, 11m, 22m, 33m", look_every: "11m",
        expected: ("pass", "Quiet", "go"), after: "44m",
    }
    settling_can_be_given: BAKE {
        settings: "settle: 10m", happens: "stays OK",
        expected: ("pass", "Quiet", "go"), after: "40m",
    }
    settling_follows_the_slowest_alarm: BAKE {
        errors_also: "period: 5m, datapoints: 3 of 3", happens: "stays OK; the alarm looks at 15m",
        expected: ("pass", "Quiet", "go"), after: "50m",
    }
    for_may_be_as_long_as_what_the_alarm_looks_at: BAKE {
        errors_also: "period: 10m, datapoints: 3 of 3", look_every: "10m",
        happens: "stays OK; the alarm looks at 30m",
        expected: ("pass", "Quiet", "go"), after: "1h10m",
    }
    for_shorter_than_what_the_alarm_looks_at_is_a_mistake: BAKE {
        errors_also: "period: 11m, datapoints: 3 of 3", happens: "nothing: the alarm looks at 33m",
        history: "not read",
        expected: ("gate error", "BakeTooShort", "stop"), after: "0m",
    }
    for_and_settling_longer_than_at_most_is_a_mistake: BAKE {
        settings: "at_most: 33m", happens: "nothing: 34m are needed", history: "not read",
        expected: ("gate error", "BakeTooLong", "stop"), after: "0m",
    }
    for_and_settling_longer_than_the_host_allows_is_a_mistake: BAKE {
        bake_for: "22h42m", happens: "nothing: CodePipeline ends the action before", history: "not read",
        expected: ("gate error", "BakeTooLong", "stop"), after: "0m",
    }
    a_bake_of_22_hours_passes_at_the_slowest_pace: BAKE {
        bake_for: "22h", happens: "stays OK", look_every: "15m",
        expected: ("pass", "Quiet", "go"), after: "22h15m",
    }
    a_bake_that_needs_more_than_the_host_allows_is_undecided_in_time: BAKE {
        bake_for: "22h", settings: "already_in_alarm: wait", look_every: "15m",
        errors: &[("-2h", "ALARM"), ("prod + 2h", "OK")], before: "ALARM", happens: "OK from 2h on",
        expected: ("inconclusive", "AlarmNotKnown", "stop"), after: "22h30m",
    }
}
