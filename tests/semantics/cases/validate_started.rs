//! Tests that start something in the account, or read what runs there.

use crate::semantics::{VALIDATE, group};

const BUILD: &str = "codebuild: [ { project: smoke } ]";
const SHORT_BUILD: &str = "codebuild: [ { project: smoke, at_most: 5m } ]";
const SHORT_BUILD_BESIDE_A_WAIT: &str = "codebuild: [ { project: smoke, at_most: 5m } ], \
     http: [ { get: \"https://shop.example/\", retry: { for: 4m }, at_most: 4m, required: false } ]";
const MACHINE: &str =
    "state_machine: [ { machine: \"arn:aws:states:us-east-1:111122223333:stateMachine:smoke\" } ]";
const FUNCTION: &str = "lambda: [ { function: smoke } ]";
const RESULT: &str =
    "lambda: [ { function: smoke, expect: { json: [ { path: $.ok, equals: true } ] } } ]";
const RUNS: &str = "synthetics: [ { canary: page, runs: 2 } ]";
const BOTH: &str = "codebuild: [ { project: smoke } ], lambda: [ { function: smoke } ]";
const QUEUED: &str = "at_once: 1, codebuild: [ { project: smoke }, { project: smoke } ]";
const SECRET_IN_PAYLOAD: &str = "vars: { token: { secret: \"arn:aws:secretsmanager:us-east-1:111122223333:secret:shop-AbCdEf\", \
     hosts: [shop.example] } }, lambda: [ { function: smoke, payload: { token: \"${token}\" } } ]";

const GOOD_BUILD: &str = "projects: { smoke: { phases: { BUILD: 2m } } }";
const LONG_BUILD: &str = "projects: { smoke: { phases: { BUILD: 2h } } }";
const BAD_BUILD: &str = "projects: { smoke: { phases: { BUILD: 2m }, fails: { phase: BUILD, message: exit status 2 } } }";
const NO_SOURCE: &str =
    "projects: { smoke: { fails: { phase: DOWNLOAD_SOURCE, message: no such commit } } }";
const FAULT: &str =
    "projects: { smoke: { fails: { phase: BUILD, status: FAULT, message: internal } } }";
const GOOD_MACHINE: &str = "machines: { smoke: { takes: 3m } }";
const BAD_MACHINE: &str =
    "machines: { smoke: { takes: 1m, fails: { error: OrderLost, cause: order 7 never came } } }";
const EXPRESS: &str = "machines: { smoke: { takes: 1m, express: true } }";
const GOOD_FUNCTION: &str = "functions: { smoke: { takes: 2s, returns: { ok: true } } }";
const OTHER_RESULT: &str = "functions: { smoke: { takes: 2s, returns: { ok: false } } }";
const BAD_FUNCTION: &str = "functions: { smoke: { fails: { type: KeyError, message: no order } } }";
const SLOW_FUNCTION: &str = "functions: { smoke: { takes: 5m } }";
const GOOD_CANARY: &str = "canaries: { page: { every: 5m, takes: 20s } }";
const BAD_CANARY: &str = "canaries: { page: { every: 5m, takes: 20s, failures: [ { at: prod, for: 1h, reason: no button } ] } }";
const STOPPED_CANARY: &str =
    "canaries: { page: { every: 5m, takes: 20s, stopped: [ { at: 0m } ] } }";
const SLOW_CANARY: &str = "canaries: { page: { every: 20m, takes: 20s } }";
const ILL: &str = "hosts: { shop.example: [ { status: 503 } ] }";
const KEPT: &str = "secrets: { shop: { value: not-a-real-one } }";

group! {
    "Tests that start something, or read what runs",
    "A build, an execution and an invocation are started once for each attempt, however often the gate looks. What ended \
     before it tested anything says nothing about the release: a build without its source, an execution that somebody \
     stopped, a canary that does not run.";

    a_build_that_succeeds_passes: VALIDATE {
        settings: BUILD, tested: &[GOOD_BUILD], happens: "it takes 2m",
        expected: ("pass", "TestsPassed", "go"), after: "2m",
    }
    a_build_whose_commands_fail_fails: VALIDATE {
        settings: BUILD, tested: &[BAD_BUILD], happens: "exit status 2 after 2m",
        expected: ("fail", "TestFailed", "stop"), after: "2m",
    }
    a_build_that_never_came_to_its_commands_tested_nothing: VALIDATE {
        settings: BUILD, tested: &[NO_SOURCE], happens: "its source cannot be read",
        expected: ("inconclusive", "NothingTested", "stop"), after: "0m",
    }
    a_fault_of_codebuild_is_none_of_the_release: VALIDATE {
        settings: BUILD, tested: &[FAULT], happens: "CodeBuild itself fails",
        expected: ("inconclusive", "NothingTested", "stop"), after: "0m",
    }
    a_build_that_takes_too_long_fails: VALIDATE {
        settings: SHORT_BUILD, tested: &[LONG_BUILD], happens: "it takes 2h",
        expected: ("fail", "TestFailed", "stop"), after: "5m",
    }
    its_time_counts_on_while_requests_take_theirs: VALIDATE {
        settings: SHORT_BUILD_BESIDE_A_WAIT, tested: &[LONG_BUILD, ILL], happens: "the same, beside a request that is tried again for 4m",
        expected: ("fail", "TestFailed", "stop"), after: "5m",
    }
    a_project_that_is_not_there_leaves_its_test_undecided: VALIDATE {
        settings: BUILD, happens: "there is no such project",
        expected: ("inconclusive", "NothingTested", "stop"), after: "0m",
    }
    a_build_that_may_not_be_started_leaves_its_test_undecided: VALIDATE {
        settings: BUILD, tested: &[GOOD_BUILD],
        refusals: &["{ call: codebuild:StartBuild, error: AccessDenied }"], happens: "no permission for the project",
        expected: ("inconclusive", "NothingTested", "stop"), after: "0m",
    }
    a_start_that_is_throttled_comes_at_a_later_look: VALIDATE {
        settings: BUILD, tested: &[GOOD_BUILD],
        refusals: &["{ call: codebuild:StartBuild, error: Throttling, at: prod, for: 30s }"], happens: "throttled at first, started when nobody else can be at it any more, then it takes 2m",
        expected: ("pass", "TestsPassed", "go"), after: "5m",
    }
    builds_wait_for_their_turn: VALIDATE {
        settings: QUEUED, tested: &[GOOD_BUILD], happens: "two builds of 2m, one at a time; the second begins at the look after the first one's end",
        expected: ("pass", "TestsPassed", "go"), after: "5m",
    }
    an_execution_that_succeeds_passes: VALIDATE {
        settings: MACHINE, tested: &[GOOD_MACHINE], happens: "it takes 3m",
        expected: ("pass", "TestsPassed", "go"), after: "3m",
    }
    an_execution_that_fails_fails: VALIDATE {
        settings: MACHINE, tested: &[BAD_MACHINE], happens: "`OrderLost` after 1m",
        expected: ("fail", "TestFailed", "stop"), after: "1m",
    }
    an_express_machine_cannot_be_followed: VALIDATE {
        settings: MACHINE, tested: &[EXPRESS], happens: "the machine is an Express one",
        expected: ("inconclusive", "NothingTested", "stop"), after: "0m",
    }
    a_function_that_returns_passes: VALIDATE {
        settings: FUNCTION, tested: &[GOOD_FUNCTION], happens: "it returns",
        expected: ("pass", "TestsPassed", "go"), after: "0m",
    }
    a_result_that_was_not_expected_fails: VALIDATE {
        settings: RESULT, tested: &[OTHER_RESULT], happens: "it returns `{ ok: false }`",
        expected: ("fail", "TestFailed", "stop"), after: "0m",
    }
    a_function_that_ends_with_an_error_fails: VALIDATE {
        settings: FUNCTION, tested: &[BAD_FUNCTION], happens: "`KeyError`",
        expected: ("fail", "TestFailed", "stop"), after: "0m",
    }
    a_function_that_does_not_return_in_time_fails: VALIDATE {
        settings: FUNCTION, tested: &[SLOW_FUNCTION], happens: "it takes 5m",
        expected: ("fail", "TestFailed", "stop"), after: "0m",
    }
    a_function_that_is_not_there_leaves_its_test_undecided: VALIDATE {
        settings: FUNCTION, happens: "there is no such function",
        expected: ("inconclusive", "NothingTested", "stop"), after: "0m",
    }
    a_failed_test_does_not_wait_for_the_others: VALIDATE {
        settings: BOTH, tested: &[LONG_BUILD, BAD_FUNCTION], happens: "`KeyError`, and a build that takes 2h",
        expected: ("fail", "TestFailed", "stop"), after: "0m",
    }
    what_is_started_gets_no_secret: VALIDATE {
        settings: SECRET_IN_PAYLOAD, tested: &[GOOD_FUNCTION, KEPT], happens: "the function is not invoked",
        expected: ("inconclusive", "NothingTested", "stop"), after: "0m",
    }
    runs_since_the_deployment_pass: VALIDATE {
        settings: RUNS, tested: &[GOOD_CANARY], happens: "a run every 5m passes",
        expected: ("pass", "TestsPassed", "go"), after: "8m",
    }
    a_run_that_fails_fails: VALIDATE {
        settings: RUNS, tested: &[BAD_CANARY], happens: "a run fails",
        expected: ("fail", "TestFailed", "stop"), after: "3m",
    }
    a_canary_that_is_stopped_says_nothing: VALIDATE {
        settings: RUNS, tested: &[STOPPED_CANARY], happens: "the canary is stopped",
        expected: ("inconclusive", "NothingTested", "stop"), after: "0m",
    }
    too_few_runs_say_nothing: VALIDATE {
        settings: RUNS, tested: &[SLOW_CANARY], happens: "a run every 20m",
        expected: ("inconclusive", "NothingTested", "stop"), after: "30m",
    }
}
