//! Every expectation, once met and once not, with the message.

use super::server::Server;
use super::{fails, is_unknown, outcome, passes};

#[tokio::test]
async fn a_status_is_expected_by_number_and_by_class() {
    let server = Server::plain().await;
    passes(&server, "{ get: BASE/health }").await;
    passes(
        &server,
        "{ get: BASE/down, expect: { status: [200, 5xx] } }",
    )
    .await;
    fails(
        &server,
        "{ get: BASE/down }",
        "status: got 503 with the body `no database`, wanted 2xx",
    )
    .await;
    fails(
        &server,
        "{ get: BASE/empty, expect: { status: [200, 404] } }",
        "status: got 204, wanted 200 or 404",
    )
    .await;
    fails(
        &server,
        "{ get: BASE/redirect }",
        "status: got 302, a redirect to BASE/health, wanted 2xx",
    )
    .await;
}

#[tokio::test]
async fn the_time_of_one_request_is_expected() {
    let server = Server::plain().await;
    passes(&server, "{ get: BASE/slow, expect: { within: 10s } }").await;
    let result = outcome(&server, "{ get: BASE/slow, expect: { within: 1ms } }").await;
    let failed = result.unmet[0].clone();
    assert!(failed.what.ends_with(": time"));
    assert_eq!(failed.wanted, "at most 1ms");
    assert!(failed.got.ends_with('s'), "{}", failed.got);
}

#[tokio::test]
async fn headers_are_expected_by_text_part_and_pattern() {
    let server = Server::plain().await;
    for expected in [
        "{ x-version: v12 }",
        "{ X-Version: { contains: v1 } }",
        "{ x-version: { matches: \"^v[0-9]+$\" } }",
        "{ x-version: { exists: true }, x-other: { exists: false } }",
    ] {
        passes(
            &server,
            &format!("{{ get: BASE/text, expect: {{ headers: {expected} }} }}"),
        )
        .await;
    }
    for (expected, said) in [
        ("{ x-version: v13 }", "got `v12`, wanted `v13`"),
        (
            "{ x-version: { contains: x } }",
            "got `v12`, wanted `x` in it",
        ),
        (
            "{ x-version: { matches: ^x } }",
            "got `v12`, wanted a match of `^x`",
        ),
        (
            "{ x-version: { exists: false } }",
            "got `v12`, wanted nothing",
        ),
    ] {
        fails(
            &server,
            &format!("{{ get: BASE/text, expect: {{ headers: {expected} }} }}"),
            &format!("header `x-version`: {said}"),
        )
        .await;
    }
    fails(
        &server,
        "{ get: BASE/text, expect: { headers: { x-other: a } } }",
        "header `x-other`: got nothing, wanted `a`",
    )
    .await;
}

#[tokio::test]
async fn the_body_is_expected_as_text() {
    let server = Server::plain().await;
    passes(&server, "{ get: BASE/text, expect: { body: hello world } }").await;
    passes(
        &server,
        "{ get: BASE/text, expect: { body: { contains: hello, matches: \"w.rld\" } } }",
    )
    .await;
    fails(
        &server,
        "{ get: BASE/text, expect: { body: { matches: \"^bye\" } } }",
        "body: got `hello world`, wanted a match of `^bye`",
    )
    .await;
}

#[tokio::test]
async fn json_is_expected_at_paths() {
    let server = Server::plain().await;
    for expected in [
        "{ path: $.status, equals: ok }",
        "{ path: $.load, equals: 0.50, at_most: 1, at_least: 0.5 }",
        "{ path: \"$.items[*].id\", count: 2, at_least: 1 }",
        "{ path: \"$.items[?@.id == 2].id\", equals: 2.0 }",
        "{ path: $.version, matches: \"^v\", exists: true }",
        "{ path: $.error, exists: false }",
    ] {
        passes(
            &server,
            &format!("{{ get: BASE/health, expect: {{ json: [{expected}] }} }}"),
        )
        .await;
    }
    for (expected, said) in [
        (
            "{ path: $.status, equals: up }",
            "`$.status`: got `\"ok\"`, wanted `\"up\"`",
        ),
        (
            "{ path: $.error, exists: true }",
            "`$.error`: got nothing, wanted anything",
        ),
        (
            "{ path: $.status, exists: false }",
            "`$.status`: got `\"ok\"`, wanted nothing",
        ),
        (
            "{ path: \"$.items[*].id\", count: 3 }",
            "`$.items[*].id`: got `1`, `2`, wanted 3 values",
        ),
        (
            "{ path: \"$.items[*].id\", at_least: 2 }",
            "`$.items[*].id`: got `1`, `2`, wanted at least 2",
        ),
        (
            "{ path: $.status, at_most: 2 }",
            "`$.status`: got `\"ok\"`, wanted at most 2",
        ),
        (
            "{ path: $.load, matches: \"0\" }",
            "`$.load`: got `0.5`, wanted a match of `0`",
        ),
    ] {
        fails(
            &server,
            &format!("{{ get: BASE/health, expect: {{ json: [{expected}] }} }}"),
            said,
        )
        .await;
    }
    fails(
        &server,
        "{ get: BASE/text, expect: { json: [{ path: $.a, exists: false }] } }",
        "body: got `hello world`, which is not JSON: expected value at line 1 column 1, wanted JSON",
    )
    .await;
}

#[tokio::test]
async fn a_schema_is_expected() {
    let server = Server::plain().await;
    passes(
        &server,
        "{ get: BASE/health, expect: { schema: { required: [status], properties: { load: { type: number } } } } }",
    )
    .await;
    fails(
        &server,
        "{ get: BASE/health, expect: { schema: { properties: { load: { type: string } } } } }",
        "schema: got `/load`: 0.5 is not of type \"string\", wanted what fits the schema",
    )
    .await;
}

#[tokio::test]
async fn the_size_is_expected() {
    let server = Server::plain().await;
    passes(
        &server,
        "{ get: BASE/text, expect: { size: { at_least: 11, at_most: 11 } } }",
    )
    .await;
    fails(
        &server,
        "{ get: BASE/text, expect: { size: { at_most: 10 } } }",
        "size: got 11 bytes, wanted at most 10 bytes",
    )
    .await;
    fails(
        &server,
        "{ get: BASE/text, expect: { size: { at_least: 12 } } }",
        "size: got 11 bytes, wanted at least 12 bytes",
    )
    .await;
}

#[tokio::test]
async fn five_gigabytes_are_cut_at_the_limit_and_it_is_said() {
    let server = Server::plain().await;
    is_unknown(
        &server,
        "{ get: BASE/huge }",
        "the body has more than 2097152 bytes, the most that is read",
    )
    .await;
    fails(
        &server,
        "{ get: BASE/huge, expect: { size: { at_most: 1000 } } }",
        "size: got more than 2097152 bytes, wanted at most 1000 bytes",
    )
    .await;
    assert!(server.written() < 200 << 20, "{}", server.written());
}

#[tokio::test]
async fn a_redirect_is_seen_and_followed_only_where_that_is_asked_for() {
    let server = Server::plain().await;
    passes(
        &server,
        "{ get: BASE/redirect, expect: { redirect: BASE/health } }",
    )
    .await;
    passes(&server, "{ get: BASE/redirect, follow_redirects: 1 }").await;
    fails(
        &server,
        "{ get: BASE/redirect, expect: { redirect: BASE/login } }",
        "redirect: got `BASE/health`, wanted `BASE/login`",
    )
    .await;
    fails(
        &server,
        "{ get: BASE/again, follow_redirects: 3 }",
        "answer: got 3 redirects, and one more to BASE/again, wanted one within 10s",
    )
    .await;
}

#[tokio::test]
async fn a_certificate_is_expected_to_be_valid_for_a_while() {
    let server = Server::with_tls(40).await;
    passes(
        &server,
        "{ get: BASE/health, expect: { certificate_days: 30 } }",
    )
    .await;
    let result = outcome(
        &server,
        "{ get: BASE/health, expect: { certificate_days: 60 } }",
    )
    .await;
    let failed = result.unmet[0].clone();
    assert!(failed.what.ends_with(": certificate"));
    assert!(failed.got.starts_with("valid for "), "{}", failed.got);
    assert_eq!(failed.wanted, "at least 60 days");
    let plain = Server::plain().await;
    fails(
        &plain,
        "{ get: BASE/health, expect: { certificate_days: 1 } }",
        "certificate: got no certificate, wanted at least 1 days",
    )
    .await;
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_fails() {
    let mut server = Server::with_tls(40).await;
    server.root = Some(Vec::new());
    let result = outcome(&server, "{ get: BASE/health }").await;
    let got = result.unmet[0].got.clone();
    assert!(got.contains("no TLS connection"), "{got}");
    assert!(got.contains("UnknownIssuer"), "{got}");
}

#[tokio::test]
async fn no_answer_is_a_failure_with_its_cause() {
    let server = Server::plain().await;
    for (path, said) in [
        ("broken", "the connection broke"),
        ("garbage", "the answer is not HTTP"),
    ] {
        let result = outcome(&server, &format!("{{ get: BASE/{path} }}")).await;
        let got = result.unmet[0].got.clone();
        assert!(got.contains(said), "{got}");
    }
    fails(
        &server,
        "{ get: BASE/hang, timeout: 50ms }",
        "answer: got none within 50ms, wanted one within 50ms",
    )
    .await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    let test = format!("{{ get: \"http://127.0.0.1:{port}/\" }}");
    let got = outcome(&server, &test).await.unmet[0].got.clone();
    assert!(got.contains("no connection: Connection refused"), "{got}");
}

#[tokio::test]
async fn a_name_that_leads_nowhere_says_nothing_about_the_release() {
    let server = Server::plain().await;
    is_unknown(
        &server,
        "{ get: \"http://nowhere.invalid/\", timeout: 60s }",
        "the host's name cannot be resolved",
    )
    .await;
}
