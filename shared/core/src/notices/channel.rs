//! Where people are told.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A secret of Secrets Manager, read when it is needed and never written down.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretRef {
    /// Its name or ARN.
    pub secret: String,
    /// The key under which the text stands, in a secret that is a JSON object;
    /// none: the whole secret is the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// Which of PagerDuty's service regions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PagerDutyRegion {
    /// `events.pagerduty.com`.
    #[default]
    Us,
    /// `events.eu.pagerduty.com`.
    Eu,
}

/// Where a notice is told.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Channel {
    /// A topic of SNS: text for who is subscribed by e-mail, JSON for others.
    Sns {
        /// The topic's ARN.
        topic: String,
    },
    /// A bus of EventBridge.
    Eventbridge {
        /// The bus's name or ARN.
        bus: String,
    },
    /// Slack's incoming webhook.
    Slack {
        /// The webhook's address, which is itself the secret.
        webhook: SecretRef,
    },
    /// A webhook of a Microsoft Teams workflow.
    Teams {
        /// The webhook's address, which is itself the secret.
        webhook: SecretRef,
    },
    /// PagerDuty's Events API, version 2.
    Pagerduty {
        /// The integration's routing key.
        routing_key: SecretRef,
        /// Which service region.
        #[serde(default)]
        region: PagerDutyRegion,
    },
    /// Any other server that takes the notice as JSON, signed.
    Webhook {
        /// Its address, `https`.
        url: String,
        /// The key that the body is signed with (HMAC-SHA256).
        signing_key: SecretRef,
    },
}

impl Channel {
    /// The word for the kind of channel, as it stands in settings.
    pub fn kind(&self) -> &'static str {
        match self {
            Channel::Sns { .. } => "sns",
            Channel::Eventbridge { .. } => "eventbridge",
            Channel::Slack { .. } => "slack",
            Channel::Teams { .. } => "teams",
            Channel::Pagerduty { .. } => "pagerduty",
            Channel::Webhook { .. } => "webhook",
        }
    }

    /// The secret that it needs.
    pub fn secret(&self) -> Option<&SecretRef> {
        match self {
            Channel::Sns { .. } | Channel::Eventbridge { .. } => None,
            Channel::Slack { webhook } | Channel::Teams { webhook } => Some(webhook),
            Channel::Pagerduty { routing_key, .. } => Some(routing_key),
            Channel::Webhook { signing_key, .. } => Some(signing_key),
        }
    }
}
