//! Messages, published to a topic of SNS.

use std::collections::BTreeMap;

use aws_sdk_sns::types::MessageAttributeValue;

use crate::clients::Aws;
use crate::error::{AwsError, sorted};
use crate::events::place;

/// Bytes of a message with its attributes. Source: SNS's API reference,
/// `Publish`.
pub const TOPIC_BYTES_MAX: usize = 256 * 1024;

const OPERATION: &str = "sns:Publish";

/// What is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicMessage {
    /// The subject of an e-mail: ASCII without line breaks, below 100
    /// characters, not beginning with white space.
    pub subject: String,
    /// What is said, by protocol (`email`, `sqs`, ...); `default` for all that
    /// are not named, and it must be there.
    pub by_protocol: BTreeMap<&'static str, String>,
    /// What subscriptions filter by.
    pub attributes: BTreeMap<&'static str, String>,
}

impl Aws {
    /// Publishes a message. One that was taken and whose answer was lost is
    /// published twice.
    ///
    /// # Errors
    ///
    /// What AWS said.
    pub async fn publish_message(
        &self,
        topic: &str,
        message: TopicMessage,
    ) -> Result<(), AwsError> {
        let place = place(topic);
        let by_protocol = serde_json::to_string(&message.by_protocol).expect("texts are JSON");
        let attributes = message.attributes.into_iter().map(|(name, value)| {
            let value = MessageAttributeValue::builder()
                .data_type("String")
                .string_value(value)
                .build()
                .expect("it has a type");
            (name.to_owned(), value)
        });
        let call = self
            .sns(&place)
            .publish()
            .topic_arn(topic)
            .subject(message.subject)
            .message_structure("json")
            .message(by_protocol)
            .set_message_attributes(Some(attributes.collect()));
        let answer = call.send().await;
        answer.map_err(|error| sorted(OPERATION, &place, error).about(topic))?;
        Ok(())
    }
}
