//! EventBridge: `PutEvents`, whatever the bus. What was published is kept;
//! nobody is told of it here.

use std::sync::{Mutex, MutexGuard};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::caller::{Caller, uuid};
use crate::wire::{ApiError, Protocol};

/// Entries of a call.
const ENTRIES_MAX: usize = 10;
/// Bytes of all entries of a call together, counted as in EventBridge's user
/// guide, "Calculating PutEvents event entry size".
const BYTES_MAX: usize = 256 * 1024;

/// An event that was published.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// The bus, as it was named.
    pub bus: String,
    /// `source`
    pub source: String,
    /// `detail-type`
    pub detail_type: String,
    /// A JSON object.
    pub detail: Value,
    /// When it came.
    pub at: Timestamp,
}

/// Its buses, all in one.
#[derive(Default)]
pub(crate) struct EventBridge(Mutex<Vec<Published>>);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Put {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    #[serde(default)]
    source: String,
    #[serde(default)]
    detail_type: String,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    resources: Vec<String>,
    #[serde(default)]
    event_bus_name: Option<String>,
    #[serde(default)]
    time: Option<Value>,
}

impl Entry {
    fn bytes(&self) -> usize {
        let time = if self.time.is_some() { 14 } else { 0 };
        let resources: usize = self.resources.iter().map(String::len).sum();
        time + self.source.len() + self.detail_type.len() + self.detail.len() + resources
    }

    /// The detail, or why the entry is refused.
    fn checked(&self) -> Result<Value, Done> {
        for (name, text) in [
            ("Source", &self.source),
            ("DetailType", &self.detail_type),
            ("Detail", &self.detail),
        ] {
            if text.is_empty() {
                let reason = format!("{name} is a required argument.");
                let message = format!("Parameter {name} is not valid. Reason: {reason}");
                return Err(Done::refused("InvalidArgument", &message));
            }
        }
        if self.source.starts_with("aws.") {
            let message = "Not authorized for the source.";
            return Err(Done::refused("NotAuthorizedForSourceException", message));
        }
        match serde_json::from_str(&self.detail) {
            Ok(detail @ Value::Object(_)) => Ok(detail),
            _ => Err(Done::refused("MalformedDetail", "Detail is malformed.")),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    failed_entry_count: usize,
    entries: Vec<Done>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Done {
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<String>,
}

impl Done {
    fn refused(code: &str, message: &str) -> Done {
        Done {
            error_code: Some(code.to_owned()),
            error_message: Some(message.to_owned()),
            event_id: None,
        }
    }
}

impl EventBridge {
    /// All that was published so far, in order.
    pub(crate) fn published(&self) -> Vec<Published> {
        self.held().clone()
    }

    fn held(&self) -> MutexGuard<'_, Vec<Published>> {
        self.0
            .lock()
            .expect("nothing panics while it holds this lock")
    }

    pub(crate) fn call(
        &self,
        caller: &Caller<'_>,
        operation: &str,
        protocol: Protocol,
        body: &[u8],
    ) -> Result<Vec<u8>, ApiError> {
        match operation {
            "PutEvents" => protocol.run(body, |input| self.put(caller, input)),
            other => {
                let message = format!("this world's EventBridge has no operation {other}");
                Err(ApiError::client("UnknownOperationException", message))
            }
        }
    }

    fn put(&self, caller: &Caller<'_>, put: Put) -> Result<Answer, ApiError> {
        let refuse = |message: String| Err(ApiError::client("ValidationException", message));
        let count = put.entries.len();
        if !(1..=ENTRIES_MAX).contains(&count) {
            return refuse(format!(
                "1 validation error detected: Value at 'entries' failed to satisfy constraint: \
                 Member must have length between 1 and {ENTRIES_MAX}"
            ));
        }
        if put.entries.iter().map(Entry::bytes).sum::<usize>() > BYTES_MAX {
            let message = "Total size of the entries in the request is over the limit.";
            return refuse(message.to_owned());
        }
        let entries: Vec<Done> = put
            .entries
            .into_iter()
            .map(|entry| self.one(caller, entry))
            .collect();
        let refused = entries.iter().filter(|done| done.error_code.is_some());
        Ok(Answer {
            failed_entry_count: refused.count(),
            entries,
        })
    }

    fn one(&self, caller: &Caller<'_>, entry: Entry) -> Done {
        let detail = match entry.checked() {
            Ok(detail) => detail,
            Err(refused) => return refused,
        };
        let mut held = self.held();
        held.push(Published {
            bus: entry.event_bus_name.unwrap_or_else(|| "default".to_owned()),
            source: entry.source,
            detail_type: entry.detail_type,
            detail,
            at: caller.now,
        });
        Done {
            event_id: Some(uuid(0x800e, held.len() as u64)),
            ..Done::default()
        }
    }
}

#[cfg(test)]
mod tests;
