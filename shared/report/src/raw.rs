//! The whole evidence inside the page, as JSON that can be copied out of it.

use maud::{Markup, html};
use serde_json::Value;

/// A block that opens on a click, or without one when printed.
pub(crate) fn raw(summary: &str, evidence: &Value) -> Markup {
    html! {
        details {
            summary { (summary) }
            pre #evidence tabindex="0" aria-label="Evidence as JSON" { (safe(evidence)) }
        }
    }
}

/// JSON without any character that a page, or a script that it is pasted into,
/// could take for its own. It reads back as the same values.
pub(crate) fn safe(value: &Value) -> String {
    let mut text = String::new();
    for letter in format!("{value:#}").chars() {
        match letter {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                text.push_str(&format!("\\u{:04x}", u32::from(letter)));
            }
            other => text.push(other),
        }
    }
    text
}
