//! Moments in UTC, with the time from the beginning.

use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use sluice_core::Duration;

/// Tells moments from one beginning.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    pub(crate) began: Timestamp,
}

impl Clock {
    /// `2026-03-03 10:11:00 UTC (+24m59s)`.
    pub(crate) fn moment(self, at: Timestamp) -> Markup {
        html! {
            time datetime=(at) { (utc(at)) }
            " "
            span.offset { "(" (self.offset(at)) ")" }
        }
    }

    /// `+24m59s`, or `-3m` for what came before.
    pub(crate) fn offset(self, at: Timestamp) -> String {
        let length = at.duration_since(self.began);
        let sign = if length < SignedDuration::ZERO {
            "-"
        } else {
            "+"
        };
        format!("{sign}{}", Duration::from_signed(length.abs()))
    }
}

/// `2026-03-03 10:11:00 UTC`, with fractions of a second where there are any.
pub(crate) fn utc(at: Timestamp) -> String {
    at.to_string()
        .replacen('T', " ", 1)
        .replacen('Z', " UTC", 1)
}
