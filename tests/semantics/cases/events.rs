//! Events that come twice or never.

use crate::semantics::{BAKE, group};

const BETWEEN_LOOKS: &[(&str, &str)] =
    &[("-2h", "OK"), ("prod + 11m", "ALARM"), ("prod + 14m", "OK")];

group! {
    "Events that come twice, or never",
    "Lambda runs an event at least once, and AWS may lose one. A second run of the same look changes nothing; a \
     lost event ends after CodePipeline's 20 minutes without an answer, and never as a success.";

    a_first_event_that_comes_twice_begins_one_bake: BAKE {
        pipeline: "duplicate_events: [0]", happens: "the first event comes twice",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    every_event_may_come_twice: BAKE {
        pipeline: "duplicate_events: [0, 1, 2, 3, 4, 5, 6, 7]", errors: BETWEEN_LOOKS,
        happens: "every event comes twice; fires at 11m, OK at 14m",
        expected: ("fail", "FiredAndRecovered", "stop"), after: "15m",
    }
    a_last_event_that_comes_twice_is_answered_once: BAKE {
        pipeline: "duplicate_events: [7]", happens: "the last event comes twice",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    a_first_event_that_is_lost_ends_without_an_answer: BAKE {
        pipeline: "lose_events: [0]", happens: "the first event is lost", history: "not read",
        expected: ("no answer", "Failed", "stop"), after: "20m",
    }
    a_later_event_that_is_lost_ends_without_an_answer: BAKE {
        pipeline: "lose_events: [3]", happens: "the event at 15m is lost",
        expected: ("no answer", "Failed", "stop"), after: "30m",
    }
    looks_that_come_every_few_seconds_are_mostly_free: BAKE {
        bake_for: "1m", look_every: "8s", errors_also: "period: 10s",
        happens: "stays OK; looks every 8s", settings: "settle: 10s",
        traffic: crate::semantics::Traffic::NotMeasured,
        expected: ("pass", "Quiet", "go"), after: "1m",
    }
}
