//! Tells one notice on one channel.
//!
//! [`Messenger`] is kept for the life of a function: with it its secrets, for
//! five minutes each, and its connections. What it says of a failure names the
//! host at most: addresses of webhooks are secrets, and so is a request's body.
//! A secret is sent to the vendor's own hosts and nowhere else, over TLS, and
//! no redirect is followed.
//!
//! The same notice may be delivered again: it carries an id by which a receiver
//! knows it. What is told once and what is tried later is the caller's matter.

mod attempts;
mod prepared;
mod secrets;
mod signature;
mod vendors;

use std::sync::OnceLock;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sluice_aws::{Aws, AwsError, Event, Outside, SecretText, TopicMessage};
use sluice_core::GateError;
use sluice_core::notices::{Channel, Notice, SOURCE, SecretRef, Templates};
use sluice_report::notice::{NOTICE_EVENT, event_detail, topic};

use attempts::Sent;
use prepared::{Prepared, prepared};
use secrets::{KeptSecrets, NoSecret};

pub use attempts::Pace;
pub use signature::signature;
pub use vendors::Vendors;

/// When AWS is asked again that could not answer.
const AWS_AGAIN: SignedDuration = SignedDuration::from_mins(1);

/// What came of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivered {
    /// It was taken.
    Told {
        /// For instance that a template is broken. The message says it as well.
        remarks: Vec<String>,
    },
    /// The channel has no way to say this: nothing was sent, and nothing is
    /// missing.
    NotForIt {
        /// In words.
        why: String,
    },
    /// It was not taken, but may be later.
    Later {
        /// What happened, without secrets.
        why: String,
        /// When to try again: not earlier.
        not_before: Timestamp,
    },
    /// It was not taken, and the same will not be.
    Never {
        /// What happened, without secrets.
        why: String,
    },
}

/// Tells notices on channels.
#[derive(Debug, Default)]
pub struct Messenger {
    vendors: Vendors,
    pace: Pace,
    secrets: KeptSecrets,
    outside: OnceLock<Outside>,
}

/// One notice for one channel, and the end of the time for it.
struct Delivery<'a> {
    aws: &'a Aws,
    channel: &'a Channel,
    notice: &'a Notice,
    templates: &'a Templates,
    until: Timestamp,
}

impl Messenger {
    /// One that tells the vendors.
    pub fn new() -> Messenger {
        Messenger::default()
    }

    /// One that knows vendors elsewhere, or has another patience: for tests.
    pub fn with(vendors: Vendors, pace: Pace) -> Messenger {
        Messenger {
            vendors,
            pace,
            ..Messenger::default()
        }
    }

    /// Tells a notice on a channel, with a few tries as long as there is time:
    /// it has answered by `until`.
    pub async fn deliver(
        &self,
        aws: &Aws,
        channel: &Channel,
        notice: &Notice,
        templates: &Templates,
        until: Timestamp,
    ) -> Delivered {
        let delivery = Delivery {
            aws,
            channel,
            notice,
            templates,
            until,
        };
        let left = positive(until.duration_since(aws.now()));
        let no_time = || Delivered::Later {
            why: "there was no time left to tell it".to_owned(),
            not_before: aws.now(),
        };
        if left.is_zero() {
            return no_time();
        }
        let told = tokio::time::timeout(left, self.tell(&delivery)).await;
        told.unwrap_or_else(|_| no_time())
    }

    async fn tell(&self, delivery: &Delivery<'_>) -> Delivered {
        match delivery.channel {
            Channel::Sns { topic } => publish(delivery, topic).await,
            Channel::Eventbridge { bus } => put(delivery, bus).await,
            Channel::Slack { webhook: secret }
            | Channel::Teams { webhook: secret }
            | Channel::Pagerduty {
                routing_key: secret,
                ..
            }
            | Channel::Webhook {
                signing_key: secret,
                ..
            } => self.post(delivery, secret).await,
        }
    }

    /// Over HTTP. One that does not know the secret any more may have another
    /// by now.
    async fn post(&self, delivery: &Delivery<'_>, secret: &SecretRef) -> Delivered {
        let aws = delivery.aws;
        let text = match self.secrets.of(aws, secret).await {
            Ok(text) => text,
            Err(error) => return without_secret(&error, aws),
        };
        let first = match self.prepare(delivery, &text) {
            Ok(prepared) => prepared,
            Err(delivered) => return delivered,
        };
        let sent = self.send(delivery, &first).await;
        let Sent::Unknown { why } = sent else {
            return delivered(sent, first);
        };
        let renewed = match self.secrets.anew(aws, secret).await {
            Ok(renewed) if renewed != text => renewed,
            Err(error) if error.may_pass() => return without_secret(&error, aws),
            _ => return Delivered::Never { why },
        };
        match self.prepare(delivery, &renewed) {
            Ok(second) => delivered(self.send(delivery, &second).await, second),
            Err(delivered) => delivered,
        }
    }

    fn prepare(&self, delivery: &Delivery<'_>, secret: &SecretText) -> Result<Prepared, Delivered> {
        let Delivery {
            channel,
            notice,
            templates,
            ..
        } = delivery;
        prepared(channel, notice, templates, secret, &self.vendors)
    }

    async fn send(&self, delivery: &Delivery<'_>, prepared: &Prepared) -> Sent {
        let outside = self.outside.get_or_init(|| self.vendors.way(delivery.aws));
        attempts::send(delivery.aws, outside, prepared, &self.pace, delivery.until).await
    }
}

fn delivered(sent: Sent, prepared: Prepared) -> Delivered {
    match sent {
        Sent::Taken => Delivered::Told {
            remarks: prepared.remarks,
        },
        Sent::Later { why, not_before } => Delivered::Later { why, not_before },
        Sent::Unknown { why } | Sent::Never { why } => Delivered::Never { why },
    }
}

fn without_secret(error: &NoSecret, aws: &Aws) -> Delivered {
    let why = error.to_string();
    if error.may_pass() {
        let not_before = later(aws.now(), AWS_AGAIN);
        return Delivered::Later { why, not_before };
    }
    Delivered::Never { why }
}

async fn publish(delivery: &Delivery<'_>, to: &str) -> Delivered {
    let made = topic(delivery.notice, delivery.templates);
    let message = TopicMessage {
        subject: made.subject,
        by_protocol: made.by_protocol,
        attributes: made.attributes,
    };
    let published = delivery.aws.publish_message(to, message).await;
    by_aws(published, made.remarks, delivery.aws)
}

async fn put(delivery: &Delivery<'_>, bus: &str) -> Delivered {
    let event = Event {
        bus,
        source: SOURCE,
        detail_type: NOTICE_EVENT,
        detail: event_detail(delivery.notice),
    };
    let published = delivery.aws.publish_event(event).await;
    by_aws(published, Vec::new(), delivery.aws)
}

fn by_aws(answer: Result<(), AwsError>, remarks: Vec<String>, aws: &Aws) -> Delivered {
    let Err(error) = answer else {
        return Delivered::Told { remarks };
    };
    let may_pass = error.is_passing();
    let why = GateError::from(error).to_string();
    if may_pass {
        let not_before = later(aws.now(), AWS_AGAIN);
        return Delivered::Later { why, not_before };
    }
    Delivered::Never { why }
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// A length as tokio has it; nothing for a negative one.
fn positive(length: SignedDuration) -> Duration {
    Duration::try_from(length).unwrap_or_default()
}
