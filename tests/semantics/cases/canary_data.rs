//! Canaries without the data that a comparison needs.

use crate::semantics::{CANARY, group};

const OLD: &str = "old: { namespace: Shop, name: Requests, dimensions: { Version: old }, values: [ { constant: 900 } ] }";
const NEW: &str = "new: { namespace: Shop, name: Requests, dimensions: { Version: new }, values: [ { constant: 100 } ] }";
const NEW_MANY: &str = "new: { namespace: Shop, name: Requests, dimensions: { Version: new }, values: [ { constant: 1000 } ] }";
const NEW_LATE: &str = "new: { namespace: Shop, name: Requests, dimensions: { Version: new }, late: 4m, values: [ { constant: 100 } ] }";
const OLD_ERRORS: &str = "old-errors: { namespace: Shop, name: Errors, dimensions: { Version: old }, values: [ { constant: 9 } ] }";
const NEW_ERRORS: &str = "new-errors: { namespace: Shop, name: Errors, dimensions: { Version: new }, values: [ { constant: 1 } ] }";
const NEW_STOPS: &str = "new: { namespace: Shop, name: Requests, dimensions: { Version: new }, values: [ { constant: 20 }, \
     { gap: { at: prod + 5m, for: 48h } } ] }";
const OLD_SLOW: &str = "old-time: { namespace: Shop, name: Time, dimensions: { Version: old }, samples: 5, values: [ { constant: 0.2 } ] }";
const NEW_SLOW: &str = "new-time: { namespace: Shop, name: Time, dimensions: { Version: new }, samples: 5, values: [ { constant: 0.2 } ] }";

const GOOD: &[&str] = &[OLD, NEW, OLD_ERRORS, NEW_ERRORS];

fn switch(
    world: &sluice_world::World,
    change: impl FnOnce(&mut sluice_world::cloudwatch::CloudWatchSwitches),
) {
    world.with_cloudwatch("111122223333", "us-east-1", |own| change(&mut own.switches));
}

fn in_parts(world: &sluice_world::World) {
    switch(world, |own| own.partial_data = true);
}

fn forbidden(world: &sluice_world::World) {
    switch(world, |own| own.forbidden = true);
}

fn in_small_pages(world: &sluice_world::World) {
    switch(world, |own| own.page_size_max = Some(3));
}

group! {
    "Canaries without data",
    "CloudWatch does not report a zero: a period with requests and without errors had none, a period without requests \
     is no data. A metric that decides needs data of both versions in half of the periods; percentiles need 20 samples \
     in a period. What one version never reported is accepted by no line of a plan. Readings that are not whole are \
     not judged.";

    versions_without_any_error_are_equal: CANARY {
        metrics: &[OLD, NEW_MANY], happens: "1000 requests of the new version a minute, and no errors",
        expected: ("pass", "CanarySafe", "go"), after: "15m",
    }
    a_new_version_that_never_reports_is_undecided: CANARY {
        metrics: &[OLD, OLD_ERRORS], happens: "no requests of the new version",
        expected: ("inconclusive", "NoCanaryData", "stop"), after: "35m",
    }
    an_old_version_that_never_reports_is_undecided: CANARY {
        metrics: &[NEW, NEW_ERRORS], happens: "no requests of the old version",
        expected: ("inconclusive", "NoBaselineData", "stop"), after: "35m",
    }
    nothing_from_either_version_is_undecided: CANARY {
        metrics: &[], happens: "no requests at all",
        expected: ("inconclusive", "NothingReported", "stop"), after: "35m",
    }
    no_data_is_not_accepted_as_undecided: CANARY {
        metrics: &[OLD, OLD_ERRORS], settings: "when_undecided: accept, accept_at_most: 100x",
        happens: "no requests of the new version",
        expected: ("inconclusive", "NoCanaryData", "stop"), after: "35m",
    }
    no_data_does_not_proceed: CANARY {
        metrics: &[], policies: "on_inconclusive: { proceed: true }", happens: "no requests at all",
        expected: ("inconclusive", "NothingReported", "stop"), after: "35m",
    }
    a_new_version_that_stops_reporting_is_undecided: CANARY {
        metrics: &[OLD, OLD_ERRORS, NEW_STOPS], happens: "no requests of the new version from 5m on",
        expected: ("inconclusive", "TooLittleData", "stop"), after: "35m",
    }
    a_new_version_that_stops_what_it_must_report_fails: CANARY {
        metrics: &[OLD, OLD_ERRORS, NEW_STOPS],
        settings: "metrics: [ { name: errors, count: Errors, of: Requests, must_have_data: true } ]",
        happens: "no requests of the new version from 5m on",
        expected: ("fail", "CanarySilent", "stop"), after: "15m",
    }
    a_percentile_of_few_samples_says_nothing: CANARY {
        metrics: &[OLD_SLOW, NEW_SLOW], settings: "metrics: [ { name: latency, series: Time, stat: p99 } ]",
        happens: "five requests a minute",
        expected: ("inconclusive", "TooFewSamples", "stop"), after: "35m",
    }
    an_average_of_few_samples_is_compared: CANARY {
        metrics: &[OLD_SLOW, NEW_SLOW], settings: "metrics: [ { name: latency, series: Time, stat: Average } ]",
        happens: "five requests a minute",
        expected: ("pass", "CanarySafe", "go"), after: "10m",
    }
    points_that_come_late_are_judged_when_they_are_there: CANARY {
        metrics: &[OLD, NEW_LATE, OLD_ERRORS, NEW_ERRORS], happens: "the new version's points come 4m late",
        expected: ("pass", "CanarySafe", "go"), after: "20m",
    }
    metrics_on_many_pages_are_read_to_the_last: CANARY {
        metrics: GOOD, prepare: Some(in_small_pages), happens: "CloudWatch answers three points at a time",
        expected: ("pass", "CanarySafe", "go"), after: "20m",
    }
    metrics_that_fail_at_one_look_are_read_at_the_next: CANARY {
        metrics: GOOD, refusals: &["{ call: 'cloudwatch:*', error: InternalError, at: prod, for: 13m }"],
        happens: "CloudWatch fails until 13m",
        expected: ("pass", "CanarySafe", "go"), after: "20m",
    }
    metrics_that_fail_to_the_end_are_a_gate_error: CANARY {
        metrics: GOOD, refusals: &["{ call: 'cloudwatch:*', error: InternalError }"],
        happens: "CloudWatch fails",
        expected: ("gate error", "ServiceUnavailable", "stop"), after: "50m",
    }
    metrics_in_parts_are_not_judged: CANARY {
        metrics: GOOD, prepare: Some(in_parts), happens: "CloudWatch answers in parts",
        expected: ("inconclusive", "MetricsUnknown", "stop"), after: "50m",
    }
    metrics_that_may_not_be_seen_are_not_judged: CANARY {
        metrics: GOOD, prepare: Some(forbidden), happens: "CloudWatch answers `Forbidden`",
        expected: ("inconclusive", "MetricsUnknown", "stop"), after: "50m",
    }
    metrics_that_may_not_be_read_are_a_gate_error: CANARY {
        metrics: GOOD, refusals: &["{ call: cloudwatch:GetMetricData, error: AccessDenied }"],
        happens: "no permission for the metrics",
        expected: ("gate error", "AccessDenied", "stop"), after: "5m",
    }
}
