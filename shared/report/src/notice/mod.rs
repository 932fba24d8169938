//! A [`Notice`](sluice_core::notices::Notice) as each channel wants it.
//!
//! Pure: in goes a notice, out comes the body of a request or the text of a
//! message, within the limits that the vendor documents. Whatever is too long
//! is cut on a character's boundary, says so, and keeps what matters most.
//! What comes from commits, readings and templates is escaped, so that nobody
//! writes a link or calls a whole room through it.
//!
//! People read `text.rs`; programs read `json.rs`; the others are named after
//! their vendors. `parts.rs` says in which words and in which order all of them
//! tell it.

mod cut;
mod fit;
mod json;
mod pagerduty;
mod parts;
mod slack;
mod teams;
mod template;
mod text;
mod topic;
mod words;

#[cfg(test)]
mod tests;

pub use json::{NOTICE_BYTES_MAX, NOTICE_EVENT, event_detail, webhook_body};
pub use pagerduty::{DEDUP_KEY_MAX, PAGERDUTY_BYTES_MAX, dedup_key, pagerduty};
pub use slack::slack;
pub use teams::{TEAMS_BYTES_MAX, teams};
pub use template::TEMPLATE_BYTES_MAX;
pub use text::{TITLE_MAX, Texts, texts};
pub use topic::{TopicTexts, topic};

/// The body of a request, and what there is to say beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// JSON.
    pub body: String,
    /// For instance that a template is broken. The message says it as well.
    pub remarks: Vec<String>,
}
