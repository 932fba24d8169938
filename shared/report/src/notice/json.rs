//! Notices for programs: the notice itself, within the bytes of a channel.

use sluice_core::notices::Notice;

use super::fit::fitted;

/// `detail-type` of a notice's event.
pub const NOTICE_EVENT: &str = "Sluice Notice";

/// Bytes of a notice as JSON. SNS and EventBridge take 256 KiB, with what
/// stands around it; a webhook is given no more.
pub const NOTICE_BYTES_MAX: usize = 240 * 1024;

/// The detail of a notice's event.
pub fn event_detail(notice: &Notice) -> String {
    within(notice, NOTICE_BYTES_MAX)
}

/// The body of a webhook.
pub fn webhook_body(notice: &Notice) -> String {
    within(notice, NOTICE_BYTES_MAX)
}

/// A notice as JSON of at most so many bytes.
pub(super) fn within(notice: &Notice, bytes_max: usize) -> String {
    let json = |notice: &Notice| serde_json::to_string(notice).expect("a notice is JSON");
    fitted(notice, json, |json| json.len() <= bytes_max)
}
