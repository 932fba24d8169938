//! AWS says no, or nothing.

use crate::semantics::{BAKE, group};

group! {
    "AWS is unwell, or says no",
    "What is denied is a gate error at once. What fails and may pass is asked again at the next look, and is a gate \
     error when the time is over: an outage of CloudWatch fails no release and lets none go.";

    cloudwatch_denied_is_a_gate_error: BAKE {
        refusals: &["{ call: 'cloudwatch:*', error: AccessDenied }"],
        happens: "CloudWatch denies everything", history: "denied",
        expected: ("gate error", "AccessDenied", "stop"), after: "0m",
    }
    cloudwatch_denied_in_the_middle_is_a_gate_error: BAKE {
        refusals: &["{ call: 'cloudwatch:DescribeAlarms', error: AccessDenied, at: prod + 12m }"],
        happens: "`DescribeAlarms` is denied from 12m on",
        expected: ("gate error", "AccessDenied", "stop"), after: "15m",
    }
    cloudwatch_unavailable_at_one_look_is_made_up_for: BAKE {
        refusals: &["{ call: 'cloudwatch:*', error: InternalError, at: prod + 14m, for: 3m }"],
        happens: "CloudWatch fails at 15m",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    a_firing_while_cloudwatch_is_unavailable_is_seen_later: BAKE {
        errors: &[("-2h", "OK"), ("prod + 14m", "ALARM"), ("prod + 16m", "OK")],
        refusals: &["{ call: 'cloudwatch:*', error: InternalError, at: prod + 13m, for: 4m }"],
        happens: "CloudWatch fails at 15m; fires at 14m, OK at 16m",
        expected: ("fail", "FiredAndRecovered", "stop"), after: "20m",
    }
    cloudwatch_unavailable_at_the_last_look_is_waited_for: BAKE {
        refusals: &["{ call: 'cloudwatch:*', error: InternalError, at: prod + 34m, for: 9m }"],
        happens: "CloudWatch fails from 34m to 43m",
        expected: ("pass", "Quiet", "go"), after: "45m",
    }
    cloudwatch_unavailable_to_the_end_is_a_gate_error: BAKE {
        refusals: &["{ call: 'cloudwatch:*', error: InternalError, at: prod + 14m }"],
        settings: "at_most: 1h", look_every: "10m", happens: "CloudWatch fails from 14m on",
        expected: ("gate error", "ServiceUnavailable", "stop"), after: "1h",
    }
    cloudwatch_silent_to_the_end_is_a_gate_error: BAKE {
        refusals: &["{ call: 'cloudwatch:*', error: Timeout, at: prod + 14m }"],
        settings: "at_most: 1h", look_every: "10m", happens: "CloudWatch gives no answer from 14m on",
        expected: ("gate error", "ServiceUnavailable", "stop"), after: "1h1m",
    }
    cloudwatch_throttling_to_the_end_is_a_gate_error: BAKE {
        refusals: &["{ call: 'cloudwatch:*', error: Throttling, at: prod + 14m }"],
        settings: "at_most: 1h", look_every: "10m", happens: "CloudWatch throttles everything from 14m on",
        expected: ("gate error", "ServiceUnavailable", "stop"), after: "1h",
    }
    a_gate_that_cannot_begin_tries_again: BAKE {
        refusals: &["{ call: 'cloudwatch:*', error: InternalError, at: prod, for: 8m }"],
        happens: "CloudWatch fails until 8m: the bake begins at 10m",
        expected: ("pass", "Quiet", "go"), after: "45m",
    }
    a_gate_that_cannot_begin_for_a_quarter_of_an_hour_is_a_gate_error: BAKE {
        refusals: &["{ call: 'cloudwatch:*', error: InternalError, at: prod }"],
        happens: "CloudWatch fails from the first look on", history: "not read",
        expected: ("gate error", "ServiceUnavailable", "stop"), after: "15m",
    }
    a_plan_that_cannot_be_read_is_a_gate_error: BAKE {
        refusals: &["{ call: 's3:GetObject', error: AccessDenied }"],
        happens: "the artifact with the plan is denied", history: "not read",
        expected: ("gate error", "AccessDenied", "stop"), after: "0m",
    }
    a_record_that_cannot_be_written_goes_into_the_token: BAKE {
        refusals: &["{ call: 's3:PutObject', error: AccessDenied }"],
        happens: "the evidence bucket refuses everything; the answer says so",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
}
