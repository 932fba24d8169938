//! Servers that refuse, hang, break, redirect, or do not know a secret.

use sluice_core::notices::Channel;
use sluice_host::{Delivered, Messenger, Pace, Vendors};

use super::samples::broken;
use super::server::{Act, Server};
use super::{HIDDEN, Stand, pace, slack, told, vendors_at, whole};

/// What comes of telling Slack, where the server does this first.
async fn slack_after(acts: &[Act]) -> (Delivered, Stand) {
    let stand = Stand::with(Server::doing(acts).await, pace());
    let came = stand.tell(&slack(), &broken()).await;
    (came, stand)
}

/// One try of a moment, where nothing comes.
fn hasty() -> Pace {
    Pace {
        tries: 1,
        try_max: jiff::SignedDuration::from_millis(200),
        ..pace()
    }
}

const UNAVAILABLE: Act = Act::Says(503, &[], "");

/// It is taken in the end, after so many requests.
async fn is_taken_after(acts: &[Act]) {
    let (came, stand) = slack_after(acts).await;
    assert_eq!(came, told(), "{acts:?}");
    assert_eq!(stand.server.seen().len(), acts.len() + 1, "{acts:?}");
}

/// It is tried three times, and to be tried later.
async fn is_put_off(act: Act, expected: &str) {
    let acts = vec![act; 3];
    let (came, stand) = slack_after(&acts).await;
    let Delivered::Later { why, not_before } = came else {
        panic!("{acts:?}: {came:?}");
    };
    assert!(why.starts_with(expected), "{acts:?}: {why}");
    assert!(not_before > broken().at);
    assert_eq!(stand.server.seen().len(), 3);
}

/// It is tried once and never again.
async fn is_given_up(act: Act, expected: &str) {
    let (came, stand) = slack_after(&[act]).await;
    let why = expected.to_owned();
    assert_eq!(came, Delivered::Never { why });
    assert_eq!(stand.server.seen().len(), 1, "{expected}");
}

#[tokio::test]
async fn what_may_pass_is_tried_again_in_place() {
    is_taken_after(&[UNAVAILABLE]).await;
    is_taken_after(&[Act::Says(500, &[], "rollup_error"), UNAVAILABLE]).await;
    is_taken_after(&[Act::Says(429, &[("Retry-After", "0")], "rate_limited")]).await;
    is_taken_after(&[Act::Closes]).await;
    is_taken_after(&[Act::Babbles]).await;
}

#[tokio::test]
async fn what_does_not_pass_in_place_is_put_off() {
    is_put_off(
        Act::Says(500, &[], "rollup_error"),
        "Slack answers 500: `rollup_error`",
    )
    .await;
    is_put_off(Act::Says(429, &[], ""), "Slack answers 429").await;
    is_put_off(Act::Closes, "Slack cannot be told: the connection broke").await;
    is_put_off(Act::Babbles, "Slack cannot be told: the answer is not HTTP").await;
}

#[tokio::test]
async fn a_server_that_wants_to_be_left_alone_for_long_is_told_later() {
    let act = Act::Says(429, &[("Retry-After", "3600")], "");
    let (came, stand) = slack_after(&[act]).await;
    let Delivered::Later { not_before, .. } = came else {
        panic!("{came:?}");
    };
    let wait = not_before.duration_since(stand.aws.now());
    assert!((3_500..=3_600).contains(&wait.as_secs()), "{wait}");
    assert_eq!(stand.server.seen().len(), 1, "it is left alone");
}

#[tokio::test]
async fn a_server_that_hangs_is_put_off() {
    let stand = Stand::with(Server::doing(&[Act::Hangs]).await, hasty());
    let came = stand.tell(&slack(), &broken()).await;
    let Delivered::Later { why, .. } = came else {
        panic!("{came:?}");
    };
    assert_eq!(why, "Slack gives no answer in time");
}

#[tokio::test]
async fn what_is_refused_for_good_is_given_up_with_the_servers_word_for_it() {
    let says = |status, body| Act::Says(status, &[], body);
    is_given_up(
        says(400, "invalid_payload"),
        "Slack answers 400: `invalid_payload`",
    )
    .await;
    is_given_up(
        says(403, "action_prohibited"),
        "Slack answers 403: `action_prohibited`",
    )
    .await;
    is_given_up(says(404, "no_service"), "Slack answers 404: `no_service`").await;
    is_given_up(
        says(410, "channel_is_archived"),
        "Slack answers 410: `channel_is_archived`",
    )
    .await;
    is_given_up(says(413, ""), "Slack answers 413").await;
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_only_its_host_is_told() {
    let to = "https://evil.example/T00B00-xoxb-4711?a=1";
    assert!(to.contains(HIDDEN));
    let redirect = Act::Says(
        307,
        &[("Location", "https://evil.example/T00B00-xoxb-4711?a=1")],
        "",
    );
    is_given_up(
        redirect,
        "Slack answers 307, a redirect to host `evil.example`, and no redirect is followed",
    )
    .await;
    is_given_up(
        Act::Says(302, &[("Location", "/login")], ""),
        "Slack answers 302, a redirect, and no redirect is followed",
    )
    .await;
}

#[tokio::test]
async fn a_server_that_repeats_what_it_was_asked_gives_no_secret_away() {
    let stand = Stand::with(
        Server::doing(&[Act::Echoes(400), Act::Echoes(413)]).await,
        pace(),
    );
    // `tell` looks for every secret in what is said.
    for (_, channel) in &stand.channels()[..2] {
        let came = stand.tell(channel, &broken()).await;
        assert!(matches!(came, Delivered::Never { .. }), "{came:?}");
        assert!(format!("{came:?}").contains("answers 4"), "{came:?}");
    }
}

#[tokio::test]
async fn a_certificate_of_nobody_we_know_is_not_spoken_to() {
    let mut stand = Stand::start().await;
    let stranger = Server::start().await;
    let vendors = Vendors {
        more_roots: vec![stranger.root],
        ..vendors_at(&stand.server)
    };
    stand.messenger = Messenger::with(vendors, pace());
    let came = stand.tell(&slack(), &broken()).await;
    let Delivered::Later { why, .. } = came else {
        panic!("{came:?}");
    };
    assert!(
        why.starts_with("Slack cannot be told: no TLS connection"),
        "{why}"
    );
    assert_eq!(stand.server.seen().len(), 0);
}

#[tokio::test]
async fn a_server_without_tls_gets_nothing() {
    let server = Server::plain().await;
    let port = server.port;
    let mut stand = Stand::with(server, hasty());
    let vendors = Vendors {
        more_roots: vec![Server::start().await.root],
        ..vendors_at(&stand.server)
    };
    stand.messenger = Messenger::with(vendors, hasty());
    let came = stand.tell(&slack(), &broken()).await;
    assert!(matches!(came, Delivered::Later { .. }), "{came:?}");
    let plain = format!("http://localhost:{port}/slack/{HIDDEN}");
    stand.secrets.set("plain", &plain);
    let webhook = whole("plain");
    let came = stand.tell(&Channel::Slack { webhook }, &broken()).await;
    let why = "secret `plain` is no webhook of Slack: it does not begin with `https://`".to_owned();
    assert_eq!(came, Delivered::Never { why });
    assert_eq!(stand.server.seen().len(), 0);
}

#[tokio::test]
async fn a_secret_that_is_no_address_of_the_vendor_is_sent_nowhere() {
    let stand = Stand::start().await;
    for (name, text) in [
        ("password", "hunter2"),
        ("other", "https://evil.example/T00B00-xoxb-4711"),
        (
            "elsewhere",
            "https://hooks.slack.com/services/T00B00-xoxb-4711",
        ),
    ] {
        stand.secrets.set(name, text);
        let webhook = whole(name);
        let came = stand.tell(&Channel::Slack { webhook }, &broken()).await;
        let Delivered::Never { why } = came else {
            panic!("{came:?}");
        };
        let beginning = format!("secret `{name}` is no webhook of Slack: ");
        assert!(why.starts_with(&beginning), "{why}");
        assert!(!why.contains("hunter2") && !why.contains("evil"), "{why}");
    }
    assert_eq!(stand.server.seen().len(), 0);
}
