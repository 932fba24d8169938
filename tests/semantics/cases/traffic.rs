//! How much traffic, and when.

use sluice_world::World;

use crate::semantics::{BAKE, Traffic, group};

fn switch(world: &World, change: impl FnOnce(&mut sluice_world::cloudwatch::CloudWatchSwitches)) {
    world.with_cloudwatch("111122223333", "us-east-1", |own| change(&mut own.switches));
}

group! {
    "How much traffic, and when",
    "Only whole minutes after the first look count. Fewer requests than `at_least` are no verdict either way. So \
     long as `quiet_for` without a request (default: a quarter of `for`) is part of life; what is longer stops \
     the clock. Requests that cannot be counted are unknown, not zero and not enough.";

    exactly_the_required_requests_are_enough: BAKE {
        traffic: Traffic::Measured { at_least: 100, text: "100 of 100",
            values: "constant: 0, spike: { at: prod + 5m, for: 1m, set: 100 }" },
        settings: "quiet_for: 30m",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    one_request_fewer_than_required_is_undecided: BAKE {
        traffic: Traffic::Measured { at_least: 100, text: "99 of 100",
            values: "constant: 0, spike: { at: prod + 5m, for: 1m, set: 99 }" },
        settings: "quiet_for: 30m, at_most: 1h", look_every: "10m",
        expected: ("inconclusive", "NotEnoughTraffic", "stop"), after: "1h",
    }
    requests_before_the_bake_do_not_count: BAKE {
        traffic: Traffic::Measured { at_least: 100, text: "1,000 a minute, until the first look",
            values: "constant: 0, spike: { at: -1h, for: 63m, set: 1000 }" },
        settings: "at_most: 1h", look_every: "10m",
        expected: ("inconclusive", "NotEnoughTraffic", "stop"), after: "1h",
    }
    traffic_that_comes_late_is_waited_for: BAKE {
        traffic: Traffic::Measured { at_least: 100, text: "none for 40m, then enough",
            values: "constant: 0, spike: { at: prod + 40m, for: 3h, set: 10 }" },
        settings: "quiet_for: 10m", look_every: "10m",
        // 10 minutes before the clock stands, and 20 after minute 40.
        expected: ("pass", "Quiet", "go"), after: "1h",
    }
    a_pause_of_quiet_for_does_not_stop_the_clock: BAKE {
        traffic: Traffic::Measured { at_least: 100, text: "none from 10m to 20m",
            values: "constant: 10, gap: { at: prod + 10m, for: 10m }" },
        settings: "quiet_for: 10m, at_most: 35m",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    a_pause_of_more_than_quiet_for_stops_the_clock_meanwhile: BAKE {
        traffic: Traffic::Measured { at_least: 100, text: "none from 10m to 26m",
            values: "constant: 10, gap: { at: prod + 10m, for: 16m }" },
        settings: "quiet_for: 10m",
        expected: ("pass", "Quiet", "go"), after: "40m",
    }
    a_pause_that_leaves_too_little_time_is_undecided: BAKE {
        traffic: Traffic::Measured { at_least: 100, text: "none from 10m to 26m",
            values: "constant: 10, gap: { at: prod + 10m, for: 16m }" },
        settings: "quiet_for: 10m, at_most: 35m",
        expected: ("inconclusive", "AlarmNotKnown", "stop"), after: "35m",
    }
    traffic_that_stops_for_good_stops_the_clock_for_good: BAKE {
        traffic: Traffic::Measured { at_least: 100, text: "enough, none from 15m on",
            values: "constant: 10, gap: { at: prod + 15m, for: 9h }" },
        settings: "at_most: 1h", look_every: "10m",
        expected: ("inconclusive", "AlarmNotKnown", "stop"), after: "1h",
    }
    datapoints_of_zero_are_no_traffic: BAKE {
        traffic: Traffic::Measured { at_least: 1, text: "zeros", values: "constant: 0" },
        settings: "at_most: 1h", look_every: "10m",
        expected: ("inconclusive", "NotEnoughTraffic", "stop"), after: "1h",
    }
    half_an_answer_about_traffic_is_unknown: BAKE {
        prepare: Some(|world| switch(world, |own| own.partial_data = true)),
        settings: "at_most: 1h", look_every: "10m",
        happens: "`GetMetricData` answers `PartialData` to the end",
        expected: ("inconclusive", "TrafficUnknown", "stop"), after: "1h",
    }
    traffic_that_may_not_be_read_in_part_is_unknown: BAKE {
        prepare: Some(|world| switch(world, |own| own.forbidden = true)),
        settings: "at_most: 1h", look_every: "10m",
        happens: "`GetMetricData` answers `Forbidden`",
        expected: ("inconclusive", "TrafficUnknown", "stop"), after: "1h",
    }
    traffic_unread_at_one_look_is_read_at_the_next: BAKE {
        refusals: &["{ call: cloudwatch:GetMetricData, error: InternalError, at: prod + 30m, for: 7m }"],
        happens: "`GetMetricData` fails at 35m",
        expected: ("pass", "Quiet", "go"), after: "40m",
    }
    traffic_throttled_to_the_end_is_unknown: BAKE {
        refusals: &["{ call: cloudwatch:GetMetricData, error: Throttling }"],
        settings: "at_most: 1h", look_every: "10m",
        happens: "`GetMetricData` is throttled to the end",
        expected: ("inconclusive", "TrafficUnknown", "stop"), after: "1h",
    }
    traffic_that_may_not_be_read_at_all_is_a_gate_error: BAKE {
        refusals: &["{ call: cloudwatch:GetMetricData, error: AccessDenied }"],
        happens: "`GetMetricData` is denied",
        expected: ("gate error", "AccessDenied", "stop"), after: "5m",
    }
    a_firing_fails_however_little_is_known_of_traffic: BAKE {
        refusals: &["{ call: cloudwatch:GetMetricData, error: Throttling }"],
        errors: &[("-2h", "OK"), ("prod + 12m", "ALARM")],
        happens: "fires at 12m; `GetMetricData` is throttled", history: "not needed",
        expected: ("fail", "Fired", "stop"), after: "15m",
    }
}
