//! Whether the release is still the one deployed.

use crate::semantics::{BAKE, group};

group! {
    "Is it still this release?",
    "Each look asks whether the execution is in progress, whether the stage still runs it, and, in PARALLEL mode or \
     with `deployed_by`, whether another release's deployment began since. If not there is nothing to judge: \
     undecided, and no failure branch. A gate in a stage of its own does not hold up the next deployment, and \
     without `deployed_by` does not notice it.";

    the_next_release_in_parallel_mode_replaces_this_one: BAKE {
        pipeline: "mode: PARALLEL, happenings: [ { at: prod + 12m, next_release: {} } ]",
        happens: "PARALLEL mode: the next release is deployed from 12m on", history: "not read",
        expected: ("inconclusive", "ReleaseReplaced", "stop"), after: "15m",
    }
    a_red_alarm_of_a_replaced_release_fails_nobody: BAKE {
        errors: &[("-2h", "OK"), ("prod + 13m", "ALARM")],
        pipeline: "mode: PARALLEL, happenings: [ { at: prod + 12m, next_release: {} } ]",
        happens: "PARALLEL mode: the next release is deployed from 12m on, fires at 13m", history: "not read",
        expected: ("inconclusive", "ReleaseReplaced", "stop"), after: "15m",
    }
    a_release_that_waits_for_the_stage_replaces_nothing: BAKE {
        pipeline: "happenings: [ { at: prod + 12m, next_release: {} } ]",
        happens: "the next release waits for the stage from 12m on",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    a_gate_in_a_later_stage_notices_the_next_deployment_with_deployed_by: BAKE {
        stage: "verify", deployed_a_stage_earlier: true, settings: "deployed_by: [prod/deploy]",
        pipeline: "happenings: [ { at: prod + 12m, next_release: {} } ]",
        happens: "the gate is in a later stage; the next release is deployed from 12m on", history: "not read",
        expected: ("inconclusive", "ReleaseReplaced", "stop"), after: "15m",
    }
    a_gate_in_a_later_stage_does_not_notice_without: BAKE {
        stage: "verify", deployed_a_stage_earlier: true,
        pipeline: "happenings: [ { at: prod + 12m, next_release: {} } ]",
        happens: "the gate is in a later stage; the next release is deployed from 12m on",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    a_gate_in_a_later_stage_watches_from_the_deployment_with_deployed_by: BAKE {
        stage: "verify", deployed_a_stage_earlier: true, settings: "deployed_by: [prod/deploy]",
        errors: &[("-2h", "OK"), ("1m", "ALARM"), ("2m", "OK")],
        happens: "the gate is in a later stage; fires during the deployment",
        expected: ("fail", "FiredDuringDeployment", "stop"), after: "0m",
    }
    a_release_that_is_being_stopped_is_not_judged: BAKE {
        pipeline: "happenings: [ { at: prod + 12m, stop: {} } ]", history: "not read",
        happens: "stopped at 12m, waiting for its actions",
        expected: ("inconclusive", "ReleaseStopping", "stop"), after: "15m",
    }
    a_release_that_is_abandoned_is_not_answered: BAKE {
        pipeline: "happenings: [ { at: prod + 12m, stop: { abandon: true } } ]", history: "not read",
        happens: "stopped and abandoned at 12m: CodePipeline ends the action",
        expected: ("no answer", "Abandoned", "stop"), after: "12m",
    }
    a_release_whose_state_cannot_be_read_once_is_asked_again: BAKE {
        refusals: &["{ call: codepipeline:GetPipelineExecution, error: InternalError, at: prod + 14m, for: 3m }"],
        happens: "`GetPipelineExecution` fails at 15m",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    a_release_whose_state_cannot_be_read_to_the_end_is_a_gate_error: BAKE {
        refusals: &["{ call: codepipeline:GetPipelineExecution, error: InternalError, at: prod + 14m }"],
        settings: "at_most: 1h", look_every: "10m", happens: "`GetPipelineExecution` fails from 14m on",
        history: "not read",
        expected: ("gate error", "ServiceUnavailable", "stop"), after: "1h",
    }
    a_release_whose_state_may_not_be_read_is_a_gate_error: BAKE {
        refusals: &["{ call: codepipeline:GetPipelineExecution, error: AccessDenied }"],
        happens: "`GetPipelineExecution` is denied", history: "not read",
        expected: ("gate error", "AccessDenied", "stop"), after: "0m",
    }
    without_the_release_check_nothing_is_asked: BAKE {
        refusals: &["{ call: 'codepipeline:GetPipelineExecution', error: AccessDenied }"],
        settings: "release_check: off", happens: "`GetPipelineExecution` is denied; every answer says that nobody asked",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
    without_the_release_check_a_replaced_release_is_judged: BAKE {
        pipeline: "mode: PARALLEL, happenings: [ { at: prod + 12m, next_release: {} } ]",
        settings: "release_check: off", happens: "PARALLEL mode: the next release is deployed from 12m on",
        expected: ("pass", "Quiet", "go"), after: "35m",
    }
}
