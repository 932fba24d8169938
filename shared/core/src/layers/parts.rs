//! Settings and what they are made of: which of them layers can add to, which
//! say the same, and how they are shown.

use serde_json::{Map, Value as Json};

use super::leaves::{Parts, Path, Step};
use super::tighter::{Rule, length, row_of};

/// Which lists and maps are taken apart: those that layers can add to.
pub(super) fn parts(kind: &str, path: &Path, json: &Json) -> Parts {
    let pattern = path.pattern();
    if matches!(row_of(kind, &pattern), Some(row) if row.rule == Rule::RollBack) {
        return Parts::Whole;
    }
    let adds = |pattern: &str| row_of(kind, &format!("{pattern}[]")).is_some();
    if json.is_array() {
        return match pattern.as_str() {
            _ if !adds(&pattern) => Parts::Whole,
            "alarms" => Parts::Each,
            _ => Parts::Named,
        };
    }
    match path.0.last() {
        // An alarm or an unnamed test is one thing, and so is a variable.
        Some(Step::Item(_)) if pattern == "alarms[]" || json.get("name").is_none() => Parts::Whole,
        Some(Step::Key(_)) if adds(&path.parent().pattern()) => Parts::Whole,
        _ => Parts::Each,
    }
}

/// Whether there is nothing in it that could be loosened.
pub(super) fn is_bare(json: &Json) -> bool {
    json.as_array().is_some_and(Vec::is_empty) || json.as_object().is_some_and(Map::is_empty)
}

/// Whether two values say the same, also in other units.
pub(super) fn is_same(one: &Json, other: &Json) -> bool {
    one == other || length(one).is_some_and(|one| length(other) == Some(one))
}

/// A value as people write it, cut to what fits a message.
pub(super) fn shown(json: &Json) -> String {
    const CHARACTERS_MAX: usize = 100;
    let text = json
        .as_str()
        .map_or_else(|| json.to_string(), str::to_owned);
    if text.chars().count() <= CHARACTERS_MAX {
        return text;
    }
    let cut: String = text.chars().take(CHARACTERS_MAX).collect();
    format!("{cut}...")
}
