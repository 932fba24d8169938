//! Every channel takes every notice, as its vendor documents it.

use sluice_core::notices::{Channel, PagerDutyRegion, Templates};
use sluice_host::{Delivered, Messenger, Vendors};

use super::samples::{broken, huge, samples, strange};
use super::server::Server;
use super::{Stand, loopback, pace, pagerduty, told, vendors, whole};

#[tokio::test]
async fn every_channel_takes_every_notice() {
    let stand = Stand::start().await;
    for (name, notice) in samples() {
        for (path, channel) in stand.channels() {
            let came = stand.tell(&channel, &notice).await;
            let is_alert = !["went-on", "passed", "said"].contains(&name);
            if path == "pagerduty" && !is_alert {
                assert!(
                    matches!(came, Delivered::NotForIt { .. }),
                    "{name}: {came:?}"
                );
            } else {
                assert_eq!(came, told(), "{path}: {name}");
            }
        }
    }
    assert_eq!(stand.server.seen().len(), 12 * 4 - 3);
}

#[tokio::test]
async fn an_oversized_notice_is_cut_so_that_every_channel_takes_it() {
    let stand = Stand::start().await;
    for (path, channel) in stand.channels() {
        assert_eq!(stand.tell(&channel, &huge()).await, told(), "{path}");
        let body = stand.server.seen().pop().unwrap().body;
        assert!(body.contains("what matters most"), "{path}");
        assert!(body.contains("..."), "{path} does not say that it is cut");
    }
}

#[tokio::test]
async fn templates_are_taken_by_every_channel_that_people_read() {
    let stand = Stand::start().await;
    let templates = Templates {
        title: Some("{{ place }} & <b>".to_owned()),
        text: Some("{{ usual.text }}\n{{ usual.text }}".to_owned()),
    };
    for (path, channel) in stand.channels() {
        for notice in [strange(), huge()] {
            let came = stand.tell_by(&channel, &notice, &templates).await;
            assert_eq!(came, told(), "{path}");
        }
    }
}

#[tokio::test]
async fn a_broken_template_is_told_in_the_message_and_to_who_sends_it() {
    let stand = Stand::start().await;
    let templates = Templates {
        title: None,
        text: Some("{{ nobody }}".to_owned()),
    };
    let remark = "the template `text` is not used: line 1: undefined value";
    for (path, channel) in &stand.channels()[..3] {
        let came = stand.tell_by(channel, &broken(), &templates).await;
        let remarks = vec![remark.to_owned()];
        assert_eq!(came, Delivered::Told { remarks }, "{path}");
        let body = stand.server.seen().pop().unwrap().body;
        assert!(body.contains(remark), "{path}: {body}");
    }
}

#[tokio::test]
async fn a_receiver_sees_whether_a_body_was_changed_or_is_not_ours() {
    let stand = Stand::start().await;
    let [.., (_, channel)] = stand.channels();
    assert_eq!(stand.tell(&channel, &broken()).await, told());
    let mut request = stand.server.seen().remove(0);
    assert_eq!(request.header("sluice-notice"), Some(broken().id.as_str()));
    assert_eq!(vendors::problems("ours", &request), Vec::<String>::new());
    request.body.push(' ');
    let wrong = "the signature does not hold".to_owned();
    assert_eq!(vendors::problems("ours", &request), [wrong]);
    stand.secrets.set("other", "another key");
    let url = format!("https://localhost:{}/ours", stand.server.port);
    let signing_key = whole("other");
    let channel = Channel::Webhook { url, signing_key };
    let came = stand.tell(&channel, &broken()).await;
    let why = "`localhost` answers 400: `the signature does not hold`".to_owned();
    assert_eq!(came, Delivered::Never { why });
}

#[tokio::test]
async fn the_server_itself_refuses_what_vendors_refuse() {
    let stand = Stand::start().await;
    stand.secrets.set("pagerduty", r#"{"key":"too-short"}"#);
    let Delivered::Never { why } = stand.tell(&pagerduty(), &broken()).await else {
        panic!("it was taken");
    };
    assert!(
        why.starts_with("PagerDuty answers 400: `/routing_key: "),
        "{why}"
    );
}

#[tokio::test]
async fn what_is_sent_to_pagerduty_goes_to_its_region() {
    let server = Server::start().await;
    let address = |path| format!("https://localhost:{}/pagerduty/{path}", server.port);
    let vendors = Vendors {
        pagerduty: [address("us"), address("eu")],
        ..super::vendors_at(&server)
    };
    let mut stand = Stand::with(server, pace());
    stand.messenger = Messenger::with(vendors, pace());
    let Channel::Pagerduty { routing_key, .. } = pagerduty() else {
        unreachable!("it is one");
    };
    for (region, path) in [(PagerDutyRegion::Us, "us"), (PagerDutyRegion::Eu, "eu")] {
        let routing_key = routing_key.clone();
        let channel = Channel::Pagerduty {
            routing_key,
            region,
        };
        assert_eq!(stand.tell(&channel, &broken()).await, told());
        let request = stand.server.seen().pop().unwrap();
        assert_eq!(request.path, format!("/pagerduty/{path}"));
    }
}

#[tokio::test]
async fn loopback_is_reached_without_tls_only_under_a_rule_that_allows_it() {
    let mut stand = Stand::with(Server::plain().await, pace());
    let channel = Channel::Webhook {
        url: format!("http://127.0.0.1:{}/ours", stand.server.port),
        signing_key: whole("ours"),
    };
    // A root that nobody needs: with one, it is the network.
    let more_roots = vec![Server::start().await.root];
    let vendors = Vendors {
        more_roots,
        ..Vendors::default()
    };
    stand.messenger = Messenger::with(vendors.clone(), pace());
    let why = "the webhook's address cannot be used: it does not begin with `https://`".to_owned();
    assert_eq!(
        stand.tell(&channel, &broken()).await,
        Delivered::Never { why }
    );
    assert_eq!(stand.server.seen().len(), 0);
    let addresses = loopback();
    stand.messenger = Messenger::with(
        Vendors {
            addresses,
            ..vendors
        },
        pace(),
    );
    assert_eq!(stand.tell(&channel, &broken()).await, told());
}

#[tokio::test]
async fn an_address_of_the_machine_itself_is_not_reached_by_a_name_either() {
    let mut stand = Stand::start().await;
    let vendors = Vendors {
        addresses: Default::default(),
        ..super::vendors_at(&stand.server)
    };
    stand.messenger = Messenger::with(vendors, pace());
    for (path, channel) in stand.channels() {
        let Delivered::Never { why } = stand.tell(&channel, &broken()).await else {
            panic!("{path}: it was reached");
        };
        assert!(
            why.contains("which may not be reached: loopback"),
            "{path}: {why}"
        );
    }
    assert_eq!(stand.server.seen().len(), 0);
}
