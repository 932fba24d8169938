//! Numbers and paragraphs as people read them.

pub(super) use sluice_report::numbers::{count, percent, short, times};

use crate::lines::folded;

/// A text in lines of its own.
pub(super) fn paragraph(text: &str) -> String {
    folded(text, "", "") + "\n"
}
