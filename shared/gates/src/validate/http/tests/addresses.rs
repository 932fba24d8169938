//! What a test may not reach is not reached, however it is written.

use sluice_aws::Outside;
use sluice_core::validate::TestState;

use super::server::Server;
use super::{outcome, run, run_of, settings};

/// Runs a test without leave to reach loopback, and says what came of it.
async fn refused(server: &Server, url: &str) -> String {
    let port = server.address.port();
    let address = url.replace("PORT", &port.to_string());
    let lines = format!("vars: {{ url: \"{address}\" }}\nhttp: [{{ get: \"${{url}}\" }}]");
    let settings = settings(&lines);
    let outside = Outside::network(settings.addresses(), &[]);
    let results = run(&settings, &[], &run_of(&settings, outside), &|_| ()).await;
    assert_eq!(results[0].state, TestState::Unknown, "{url}");
    results[0].said()
}

#[tokio::test]
async fn loopback_is_refused_in_every_form_and_as_a_name() {
    let server = Server::plain().await;
    for url in [
        "http://127.0.0.1:PORT/health",
        "http://localhost:PORT/health",
        "http://[::1]:PORT/health",
        "http://[::ffff:127.0.0.1]:PORT/health",
        "http://2130706433:PORT/health",
        "http://0x7f.1:PORT/health",
        "http://0177.0.0.1:PORT/health",
        "http://127.1:PORT/health",
        "http://0.0.0.0:PORT/health",
        "http://169.254.169.254:PORT/latest/meta-data",
        "http://[fd00:ec2::254]:PORT/",
    ] {
        let detail = refused(&server, url).await;
        assert!(detail.contains("may not be reached"), "{url}: {detail}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_redirect_leads_nowhere_that_the_plan_does_not_allow() {
    let server = Server::plain().await;
    for target in [
        "http://169.254.169.254/latest/meta-data",
        "http://[fd00:ec2::254]/",
    ] {
        let to: String = url::form_urlencoded::byte_serialize(target.as_bytes()).collect();
        let test = format!("{{ get: \"BASE/to?to={to}\", follow_redirects: 3 }}");
        let result = outcome(&server, &test).await;
        assert_eq!(result.state, TestState::Unknown);
        let detail = result.said();
        assert!(detail.contains("may not be reached"), "{detail}");
    }
    let test = "{ get: \"BASE/to?to=file:///etc/passwd\", follow_redirects: 3 }";
    let detail = outcome(&server, test).await.said();
    assert!(detail.contains("neither `http` nor `https`"), "{detail}");
}
