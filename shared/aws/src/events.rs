//! Events, published on a bus of EventBridge.

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use sluice_core::reading::Place;

use crate::clients::Aws;
use crate::error::{AwsError, Refusal, sorted};

/// Bytes of an entry of `PutEvents`: source, detail type, detail and resources
/// together. Source: EventBridge's user guide, "Calculating PutEvents event
/// entry size".
pub const EVENT_BYTES_MAX: usize = 256 * 1024;

const OPERATION: &str = "events:PutEvents";

/// What is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event<'a> {
    /// The bus's name or ARN.
    pub bus: &'a str,
    /// Who says it.
    pub source: &'a str,
    /// What kind of event it is.
    pub detail_type: &'a str,
    /// A JSON object.
    pub detail: String,
}

impl Aws {
    /// Publishes one event. One that was taken and whose answer was lost is
    /// published twice.
    ///
    /// # Errors
    ///
    /// What AWS said, of the call or of the entry.
    pub async fn publish_event(&self, event: Event<'_>) -> Result<(), AwsError> {
        let place = place(event.bus);
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(event.bus)
            .source(event.source)
            .detail_type(event.detail_type)
            .detail(event.detail)
            .build();
        let answer = self.eventbridge(&place).put_events().entries(entry);
        let answer = answer.send().await;
        let answer = answer.map_err(|e| sorted(OPERATION, &place, e).about(event.bus))?;
        let entry = answer.entries.unwrap_or_default().into_iter().next();
        // A call that is taken may hold entries that are not.
        let (code, message) = match entry {
            Some(entry) if entry.event_id.is_some() => return Ok(()),
            Some(entry) => (entry.error_code, entry.error_message),
            None => (None, None),
        };
        Err(AwsError {
            operation: OPERATION.to_owned(),
            refusal: refusal(code.as_deref()),
            message: message.unwrap_or_else(|| "the event was not taken".to_owned()),
            place,
            resource: Some(event.bus.to_owned()),
        })
    }
}

/// Codes of entries, from the documentation of `PutEvents`.
fn refusal(code: Option<&str>) -> Refusal {
    match code {
        Some("ThrottlingException") => Refusal::Throttled,
        Some("NotAuthorizedForSourceException" | "AccessDeniedException") => Refusal::Denied,
        Some("InternalFailure" | "InternalException") | None => Refusal::Unavailable,
        Some(other) => Refusal::Code(other.to_owned()),
    }
}

/// The region of an ARN; of a name, the function's own.
pub fn place(name_or_arn: &str) -> Place {
    let region = name_or_arn
        .strip_prefix("arn:")
        .and_then(|rest| rest.split(':').nth(2))
        .filter(|region| !region.is_empty());
    Place {
        region: region.map(str::to_owned),
        role: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_called_in_its_region_and_a_name_in_the_functions_own() {
        let region = |name| place(name).region;
        let arn = "arn:aws:events:eu-west-1:111122223333:event-bus/ops";
        assert_eq!(region(arn), Some("eu-west-1".to_owned()));
        assert_eq!(region("ops"), None);
        assert_eq!(region("arn:aws:events::111122223333:event-bus/ops"), None);
    }
}
