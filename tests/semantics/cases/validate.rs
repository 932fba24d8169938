//! Tests that send requests, and what follows from tests of all kinds.

use crate::semantics::{VALIDATE, group};

const HEALTH: &str = "http: [ { get: \"https://shop.example/health\" } ]";
const WAITS: &str = "http: [ { get: \"https://shop.example/health\", retry: { for: 50s } } ]";
const PATIENT: &str =
    "http: [ { get: \"https://shop.example/health\", retry: { for: 5m }, at_most: 5m } ]";
const SHARE: &str =
    "http: [ { get: \"https://shop.example/health\", repeat: 100, at_least: 99% } ]";
const TWO: &str =
    "http: [ { get: \"https://shop.example/health\" }, { get: \"https://other.example/\" } ]";
const REPORTED: &str = "http: [ { get: \"https://shop.example/health\" }, \
     { get: \"https://other.example/\", required: false } ]";
const METADATA: &str = "vars: { host: 169.254.169.254 }, http: [ { get: \"http://${host}/\" } ]";
const SECRET: &str = "vars: { token: { secret: \"arn:aws:secretsmanager:us-east-1:111122223333:secret:shop-AbCdEf\", \
     hosts: [shop.example] } }, http: [ { get: \"https://shop.example/health\", headers: { authorization: \"${token}\" } } ]";
const SECRET_ELSEWHERE: &str = "vars: { token: { secret: \"arn:aws:secretsmanager:us-east-1:111122223333:secret:shop-AbCdEf\", \
     hosts: [shop.example] } }, http: [ { get: \"https://other.example/\", headers: { authorization: \"${token}\" } } ]";

const WELL: &str = "hosts: { shop.example: [ {} ], other.example: [ { status: 500 } ] }";
const ILL: &str = "hosts: { shop.example: [ { status: 503 } ] }";
const FLAKY: &str = "hosts: { shop.example: [ { status: 503, times: 3 }, {} ] }";
const TWICE_ILL: &str = "hosts: { shop.example: [ { status: 503, times: 2 }, {} ] }";
const ONCE_ILL: &str = "hosts: { shop.example: [ { status: 503, times: 1 }, {} ] }";
const COMES_LATE: &str = "hosts: { shop.example: [ { status: 503, times: 12 }, {} ] }";
const DOWN: &str = "hosts: { shop.example: [ { down: true } ] }";
const HANGS: &str = "hosts: { shop.example: [ { delay: 1h } ] }";
const ONE_UNKNOWN: &str = "hosts: { shop.example: [ {} ] }";
const KEPT: &str = "secrets: { shop: { value: not-a-real-one } }";

group! {
    "Tests that send requests",
    "A test fails if what was deployed answered otherwise than expected, refused the connection or did not answer in time. \
     Where nothing was learnt about what was deployed the test could not be told, and a gate with such a test never passes \
     behind the others. Tests with `required: false` are only reported. The gate looks every minute here.";

    what_answers_as_expected_passes: VALIDATE {
        settings: HEALTH, tested: &[WELL], happens: "200",
        expected: ("pass", "TestsPassed", "go"), after: "0m",
    }
    what_answers_otherwise_fails: VALIDATE {
        settings: HEALTH, tested: &[ILL], happens: "503",
        expected: ("fail", "TestFailed", "stop"), after: "0m",
    }
    a_service_that_needs_a_moment_passes_with_retries: VALIDATE {
        settings: WAITS, tested: &[FLAKY], happens: "503 three times, then 200",
        expected: ("pass", "TestsPassed", "go"), after: "0m",
    }
    a_service_that_needs_a_moment_fails_without: VALIDATE {
        settings: HEALTH, tested: &[FLAKY], happens: "503 three times, then 200",
        expected: ("fail", "TestFailed", "stop"), after: "0m",
    }
    a_test_longer_than_a_look_goes_on_at_the_next: VALIDATE {
        settings: PATIENT, tested: &[COMES_LATE], happens: "503 for more than two minutes, then 200",
        expected: ("pass", "TestsPassed", "go"), after: "2m",
    }
    a_share_of_requests_may_fail_if_the_plan_says_so: VALIDATE {
        settings: SHARE, tested: &[ONCE_ILL], happens: "one of a hundred requests gets 503",
        expected: ("pass", "TestsPassed", "go"), after: "0m",
    }
    no_more_than_that_share_may_fail: VALIDATE {
        settings: SHARE, tested: &[TWICE_ILL], happens: "two of a hundred requests get 503",
        expected: ("fail", "TestFailed", "stop"), after: "0m",
    }
    a_refused_connection_fails: VALIDATE {
        settings: HEALTH, tested: &[DOWN], happens: "nobody listens",
        expected: ("fail", "TestFailed", "stop"), after: "0m",
    }
    a_service_that_hangs_fails: VALIDATE {
        settings: HEALTH, tested: &[HANGS], happens: "no answer",
        expected: ("fail", "TestFailed", "stop"), after: "0m",
    }
    one_failed_test_of_two_fails: VALIDATE {
        settings: TWO, tested: &[WELL], happens: "200, and 500 of the other host",
        expected: ("fail", "TestFailed", "stop"), after: "0m",
    }
    what_is_only_reported_decides_nothing: VALIDATE {
        settings: REPORTED, tested: &[WELL], happens: "200, and 500 of the other host",
        expected: ("pass", "TestsPassed", "go"), after: "0m",
    }
    a_host_that_is_not_there_does_not_hide_behind_one_that_passes: VALIDATE {
        settings: TWO, tested: &[ONE_UNKNOWN], happens: "200, and the other name leads nowhere",
        expected: ("inconclusive", "TestUnknown", "stop"), after: "0m",
    }
    an_address_that_no_test_may_reach_is_not_reached: VALIDATE {
        settings: METADATA, happens: "the address is that of the machine's metadata",
        expected: ("inconclusive", "NothingTested", "stop"), after: "0m",
    }
    a_secret_is_sent_to_its_host: VALIDATE {
        settings: SECRET, tested: &[WELL, KEPT], happens: "200",
        expected: ("pass", "TestsPassed", "go"), after: "0m",
    }
    a_secret_is_sent_to_no_other_host: VALIDATE {
        settings: SECRET_ELSEWHERE, tested: &[WELL, KEPT], happens: "the request is not sent",
        expected: ("inconclusive", "NothingTested", "stop"), after: "0m",
    }
    a_secret_that_is_not_there_leaves_its_test_undecided: VALIDATE {
        settings: SECRET, tested: &[WELL], happens: "there is no such secret",
        expected: ("inconclusive", "NothingTested", "stop"), after: "0m",
    }
    a_secret_that_may_not_be_read_leaves_its_test_undecided: VALIDATE {
        settings: SECRET, tested: &[WELL, KEPT],
        refusals: &["{ call: secretsmanager:GetSecretValue, error: AccessDenied }"], happens: "no permission for the secret",
        expected: ("inconclusive", "NothingTested", "stop"), after: "0m",
    }
    a_secret_that_cannot_be_read_at_a_look_is_read_at_the_next: VALIDATE {
        settings: SECRET, tested: &[WELL, KEPT],
        refusals: &["{ call: secretsmanager:GetSecretValue, error: Throttling, at: prod, for: 30s }"], happens: "throttled at first",
        expected: ("pass", "TestsPassed", "go"), after: "1m",
    }
}
