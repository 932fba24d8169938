//! Notices told on every channel over HTTP, against a real server that checks
//! what vendors document, and how each message reads.

mod samples;
mod server;
mod snapshots;
mod told;
mod trouble;
mod vendors;
mod waiting;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sluice_aws::{Aws, Handler, Wire};
use sluice_core::address::{AddressRange, AddressRule};
use sluice_core::notices::{Channel, Notice, PagerDutyRegion, SecretRef, Templates};
use sluice_host::{Delivered, Messenger, Pace, Vendors};

use server::Server;

/// A part of every address, of which nothing may be said.
const HIDDEN: &str = "T00B00-xoxb-4711";
/// A routing key as PagerDuty gives them.
const ROUTING_KEY: &str = "0123456789abcdef0123456789abcdef";
const SIGNING_KEY: &[u8] = b"of our own webhook";

/// Secrets Manager with these secrets, and how often it was asked.
#[derive(Clone, Default)]
struct Secrets {
    texts: Arc<Mutex<BTreeMap<String, String>>>,
    asked: Arc<Mutex<u32>>,
}

impl Secrets {
    fn set(&self, name: &str, text: &str) {
        let mut texts = self.texts.lock().unwrap();
        texts.insert(name.to_owned(), text.to_owned());
    }

    fn remove(&self, name: &str) {
        self.texts.lock().unwrap().remove(name);
    }

    fn asked(&self) -> u32 {
        *self.asked.lock().unwrap()
    }

    fn answer(&self, body: &[u8]) -> (u16, Value) {
        *self.asked.lock().unwrap() += 1;
        let asked: Value = serde_json::from_slice(body).unwrap();
        let texts = self.texts.lock().unwrap();
        match texts.get(asked["SecretId"].as_str().unwrap()) {
            Some(text) if text == "UNWELL" => (500, json!({ "__type": "InternalServiceError" })),
            Some(text) => (200, json!({ "SecretString": text })),
            None => (
                400,
                json!({ "__type": "ResourceNotFoundException", "message": "no such" }),
            ),
        }
    }

    /// Answers in the place of AWS.
    fn handler(&self) -> Handler {
        let own = self.clone();
        Arc::new(move |request: http::Request<Vec<u8>>| {
            let (status, body) = own.answer(request.body());
            Box::pin(async move {
                let response = http::Response::builder().status(status);
                let response = response.header("content-type", "application/x-amz-json-1.1");
                Ok(response.body(body.to_string().into_bytes()).unwrap())
            })
        })
    }
}

/// A server in the place of all vendors, and who tells it.
struct Stand {
    server: Server,
    secrets: Secrets,
    aws: Aws,
    messenger: Messenger,
}

/// Little patience: what is waited for here is not what is tested.
fn pace() -> Pace {
    Pace {
        tries: 3,
        wait: SignedDuration::from_millis(5),
        try_max: SignedDuration::from_secs(20),
    }
}

fn loopback() -> AddressRule {
    let range = |text| AddressRange::read(text).unwrap();
    AddressRule {
        allowed: vec![range("127.0.0.0/8"), range("::1")],
    }
}

/// Vendors that are all at one port.
fn vendors_at(server: &Server) -> Vendors {
    let host = format!("localhost:{}", server.port);
    let enqueue = format!("https://{host}/pagerduty/v2/enqueue");
    Vendors {
        slack: vec![host.clone()],
        teams: vec![host],
        pagerduty: [enqueue.clone(), enqueue],
        addresses: loopback(),
        more_roots: vec![server.root.clone()],
    }
}

impl Stand {
    async fn start() -> Stand {
        Stand::with(Server::start().await, pace())
    }

    fn with(server: Server, pace: Pace) -> Stand {
        let secrets = Secrets::default();
        let base = format!("https://localhost:{}", server.port);
        secrets.set("slack", &format!("{base}/slack/services/{HIDDEN}\n"));
        secrets.set("teams", &format!("{base}/teams/workflows?sig={HIDDEN}"));
        secrets.set("pagerduty", &json!({ "key": ROUTING_KEY }).to_string());
        secrets.set("ours", std::str::from_utf8(SIGNING_KEY).unwrap());
        let wire = Wire::simulated(secrets.handler(), Timestamp::now);
        Stand {
            aws: Aws::simulated(wire, "us-east-1", "AKIATEST"),
            messenger: Messenger::with(vendors_at(&server), pace),
            server,
            secrets,
        }
    }

    /// The channels over HTTP, by the beginnings of their paths.
    fn channels(&self) -> [(&'static str, Channel); 4] {
        let url = format!("https://localhost:{}/ours", self.server.port);
        [
            ("slack", slack()),
            (
                "teams",
                Channel::Teams {
                    webhook: whole("teams"),
                },
            ),
            ("pagerduty", pagerduty()),
            (
                "ours",
                Channel::Webhook {
                    url,
                    signing_key: whole("ours"),
                },
            ),
        ]
    }

    async fn tell(&self, channel: &Channel, notice: &Notice) -> Delivered {
        self.tell_by(channel, notice, &Templates::default()).await
    }

    /// Whatever comes of it, no secret is in what is said.
    async fn tell_by(
        &self,
        channel: &Channel,
        notice: &Notice,
        templates: &Templates,
    ) -> Delivered {
        let until = self.aws.now() + SignedDuration::from_secs(60);
        let told = self
            .messenger
            .deliver(&self.aws, channel, notice, templates, until);
        let told = told.await;
        let shown = format!("{told:?} {:?}", self.messenger);
        for secret in [HIDDEN, ROUTING_KEY, "of our own webhook"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        told
    }
}

fn whole(name: &str) -> SecretRef {
    SecretRef {
        secret: name.to_owned(),
        key: None,
    }
}

fn slack() -> Channel {
    Channel::Slack {
        webhook: whole("slack"),
    }
}

fn pagerduty() -> Channel {
    Channel::Pagerduty {
        routing_key: SecretRef {
            secret: "pagerduty".to_owned(),
            key: Some("key".to_owned()),
        },
        region: PagerDutyRegion::Eu,
    }
}

fn told() -> Delivered {
    Delivered::Told {
        remarks: Vec::new(),
    }
}
