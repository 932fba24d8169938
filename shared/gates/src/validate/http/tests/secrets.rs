//! Secrets planted wherever one could leak from: none is in what comes out.

use sluice_aws::Outside;
use sluice_core::validate::TestState;

use super::server::Server;
use super::{run, run_of, settings};

const SECRET: &str = "s3cr3t-Val/ue+1";
/// What `/login` gives.
const CAPTURED: &str = "captured-9876";

const VARS: &str = "allow_addresses: [127.0.0.0/8]\nvars: { token: { secret: \"arn:aws:secretsmanager:us-east-1:111122223333:secret:a-AbCdEf\", hosts: [HOST] } }\n";

/// Everything that comes out of running tests with the secret, as one text.
async fn said(server: &Server, tests: &str, hosts: &str) -> (String, Vec<TestState>) {
    let lines = format!("{VARS}{tests}")
        .replace("HOST", hosts)
        .replace("BASE", &server.base());
    let settings = settings(&lines);
    let outside = Outside::network(settings.addresses(), &[]);
    let mut run_of = run_of(&settings, outside);
    let hosts = [hosts.to_owned()];
    run_of.variables.set_secret("token", SECRET, &hosts);
    let events = std::sync::Mutex::new(String::new());
    let results = run(&settings, &[], &run_of, &|event| {
        events.lock().unwrap().push_str(&format!("{event:?}\n"));
    })
    .await;
    let outcomes = results.iter().map(|result| result.state).collect();
    let json = serde_json::to_string(&results).unwrap();
    let events = events.into_inner().unwrap();
    (format!("{json}\n{events}\n{run_of:?}"), outcomes)
}

#[tokio::test]
async fn no_secret_comes_out_wherever_it_was_planted() {
    let server = Server::plain().await;
    let tests = "http:
  - { get: \"BASE/echo?t=${token}\" }
  - { get: BASE/echo, query: { t: \"${token}\" } }
  - { get: BASE/echo, headers: { authorization: \"Bearer ${token}\" } }
  - { post: BASE/echo, body: { json: { t: \"${token}\" } } }
  - { post: BASE/echo, body: { form: { t: \"${token}\" } } }
  - { post: BASE/echo, body: { text: \"${token}\" }, expect: { status: 5xx, body: nothing } }
  - { get: \"BASE/${token}\" }
  - { get: \"BASE/text\", expect: { body: \"${token}\" } }
  - { get: \"BASE/to?to=/x${token}\" }
  - { get: \"BASE/to?to=http://127.0.0.9/${token}\", follow_redirects: 2 }
  - { get: \"${token}://a.example/\" }
  - { get: \"http://x.${token}/\" }
  - { get: BASE/hang, query: { t: \"${token}\" }, timeout: 20ms }
  - { get: BASE/broken, query: { t: \"${token}\" } }
  - { get: BASE/echo, query: { t: \"${token}\" }, repeat: 2 }
  - steps:
      - { get: BASE/login, capture: { session: { json: $.token, secret: true } } }
      - { get: BASE/echo, query: { t: \"${session}\" } }
  - steps:
      - { get: BASE/login, capture: { session: { json: $.token, secret: true } } }
      - { get: BASE/login, expect: { json: [{ path: $.token, equals: x }] } }";
    let (said, outcomes) = said(&server, tests, "127.0.0.1").await;
    for outcome in outcomes {
        assert_ne!(outcome, TestState::Passed, "{said}");
    }
    let encoded: String = url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
    for secret in [SECRET, &encoded, "s3cr3t", "Val", CAPTURED] {
        assert!(!said.contains(secret), "{secret}: {said}");
    }
    assert!(said.contains("[secret]"), "{said}");
    // They were sent, so that there was something to hide.
    let sent = server.seen.requests.lock().unwrap().join("\n");
    assert!(sent.contains(SECRET) && sent.contains(&encoded) && sent.contains(CAPTURED));
}

#[tokio::test]
async fn a_secret_is_not_sent_to_a_host_that_is_not_named_beside_it() {
    let server = Server::plain().await;
    let tests = "http:
  - { get: BASE/health, headers: { authorization: \"${token}\" } }
  - { get: BASE/health, query: { t: \"${token}\" } }
  - { post: BASE/health, body: { json: [\"${token}\"] } }";
    let (said, outcomes) = said(&server, tests, "api.checkout.example").await;
    assert_eq!(outcomes, [TestState::Unknown; 3], "{said}");
    assert!(said.contains("secret `token` is sent to api.checkout.example only"));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_redirect_takes_no_secret_to_another_host() {
    let server = Server::plain().await;
    let other = Server::plain().await;
    let target = format!("http://127.0.0.2:{}/health", other.address.port());
    let tests = format!(
        "http:
  - {{ get: \"BASE/to?to={target}\", headers: {{ x-key: \"${{token}}\" }}, follow_redirects: 2 }}
  - {{ get: \"BASE/to?to={target}?t=${{token}}\", follow_redirects: 2 }}
  - steps:
      - {{ get: BASE/login, capture: {{ session: {{ json: $.token, secret: true }} }} }}
      - {{ get: \"BASE/to?to={target}\", headers: {{ x-key: \"${{session}}\" }}, follow_redirects: 2 }}"
    );
    let (said, outcomes) = said(&server, &tests, "127.0.0.1").await;
    assert_eq!(outcomes, [TestState::Unknown; 3], "{said}");
    assert!(!said.contains(SECRET) && !said.contains(CAPTURED), "{said}");
    assert!(
        said.contains("secret `token` is sent to 127.0.0.1 only"),
        "{said}"
    );
    assert!(said.contains("would take a secret along"), "{said}");
    assert_eq!(other.connections(), 0);
}
