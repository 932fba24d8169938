//! Requests that are repeated and tried again, and steps after each other.

use super::server::Server;
use super::{fails, outcome, passes};

#[tokio::test]
async fn a_share_of_repeated_requests_is_expected() {
    let server = Server::plain().await;
    passes(&server, "{ get: BASE/flaky, repeat: 9, at_least: 33% }").await;
    fails(
        &server,
        "{ get: BASE/flaky, repeat: 9, at_least: 50% }",
        "answers as expected: got 3 of 9; the first other one: status: got 503 with the body \
         `starting`, wanted 2xx, wanted at least 50% of 9",
    )
    .await;
    fails(
        &server,
        "{ get: BASE/flaky, repeat: 3 }",
        "answers as expected: got 1 of 3; the first other one: status: got 503 with the body \
         `starting`, wanted 2xx, wanted at least 100% of 3",
    )
    .await;
}

#[tokio::test]
async fn repeated_requests_go_over_one_kept_connection_and_have_percentiles() {
    let server = Server::plain().await;
    passes(
        &server,
        "{ get: BASE/health, repeat: 50, expect: { percentile: { p50: 10s, p99.9: 10s } } }",
    )
    .await;
    assert_eq!(server.connections(), 1);
    let result = outcome(
        &server,
        "{ get: BASE/slow, repeat: 3, expect: { percentile: { p95: 1ms } } }",
    )
    .await;
    let failed = result.unmet[0].clone();
    assert!(failed.what.ends_with(": time of p95"));
    assert_eq!(failed.wanted, "at most 1ms");
}

#[tokio::test]
async fn a_flaky_service_passes_with_retries_and_fails_without() {
    let server = Server::plain().await;
    fails(
        &server,
        "{ get: BASE/flaky }",
        "status: got 503 with the body `starting`, wanted 2xx",
    )
    .await;
    let result = outcome(
        &server,
        "{ get: BASE/flaky, retry: { for: 30s, every: 1ms } }",
    )
    .await;
    assert!(result.unmet.is_empty());
    assert_eq!(result.attempts, 2);
}

#[tokio::test]
async fn what_a_step_captures_the_steps_after_it_send() {
    let server = Server::plain().await;
    let test = r#"steps:
        - { get: BASE/health, capture: { version: { json: $.version }, first: { matches: '"id":(\d)' } } }
        - { get: BASE/text, capture: { same: { header: x-version } } }
        - post: BASE/text
          headers: { x-a: "${version}" }
          query: { q: "a b&${first}" }
          body: { form: { v: "${same}" } }
        - { post: BASE/text, body: { json: { v: ["${first}"] } } }"#;
    passes(&server, test).await;
    let requests = server.seen.requests.lock().unwrap().join("\n");
    for part in [
        "POST /text?q=a+b%261 HTTP/1.1",
        "x-a: v12",
        "v=v12",
        "content-type: application/x-www-form-urlencoded",
        r#"{"v":["1"]}"#,
        "content-type: application/json",
    ] {
        assert!(requests.contains(part), "{part}: {requests}");
    }
    fails(
        &server,
        "{ get: BASE/health, capture: { id: { json: $.id } } }",
        "capture `id`: got 0 values, wanted one value at `$.id`",
    )
    .await;
}

#[tokio::test]
async fn a_step_that_fails_ends_its_test() {
    let server = Server::plain().await;
    fails(
        &server,
        "steps: [{ get: BASE/down }, { get: BASE/health }]",
        "status: got 503 with the body `no database`, wanted 2xx",
    )
    .await;
    assert_eq!(server.seen.requests.lock().unwrap().len(), 1);
}
