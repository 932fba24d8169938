//! Takes values for later steps out of an answer. Pure.

use serde_json::Value as Json;
use sluice_core::settings::{Capture, HttpStep};

use super::check::{Unmet, mismatch, text};
use super::exchange::Seen;
use super::json::parsed;
use crate::validate::expressions::{json_path, regex};

/// A value for later steps. It may be a secret, so it is not printed.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Captured {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) secret: bool,
}

impl std::fmt::Debug for Captured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Captured")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// All that a step captures.
pub(super) fn captured(step: &HttpStep, seen: &Seen) -> Result<Vec<Captured>, Unmet> {
    let one = |(name, capture): (&String, &Capture)| {
        let value = value(name, capture, seen)?;
        Ok(Captured {
            name: name.clone(),
            value,
            secret: capture.secret,
        })
    };
    step.capture.iter().map(one).collect()
}

fn value(name: &str, capture: &Capture, seen: &Seen) -> Result<String, Unmet> {
    let what = format!("capture `{name}`");
    if let Some(path) = &capture.json {
        return json_value(&what, path, seen);
    }
    if let Some(header) = &capture.header {
        let value = seen.answer.headers.get(header);
        let value = value.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        return value.ok_or_else(|| mismatch(what, "nothing", format!("header `{header}`")));
    }
    let pattern = capture.matches.as_deref().unwrap_or_default();
    let regex = regex(pattern).map_err(Unmet::Unknown)?;
    let body = text(seen);
    let found = regex.captures(&body);
    let part = found.and_then(|found| found.get(1).or(found.get(0)));
    match part {
        Some(part) => Ok(part.as_str().to_owned()),
        None => Err(mismatch(what, "nothing", format!("a match of `{pattern}`"))),
    }
}

fn json_value(what: &str, path: &str, seen: &Seen) -> Result<String, Unmet> {
    let document = parsed(&seen.answer.body)?;
    let query = json_path(path).map_err(Unmet::Unknown)?;
    let found = query.query(&document).all();
    match found.as_slice() {
        [Json::String(text)] => Ok(text.clone()),
        [Json::Number(number)] => Ok(number.to_string()),
        [Json::Bool(flag)] => Ok(flag.to_string()),
        // What is there may be secret, so it is not said.
        other => {
            let got = match other.len() {
                1 => "no text, number or flag".to_owned(),
                count => format!("{count} values"),
            };
            Err(mismatch(what, got, format!("one value at `{path}`")))
        }
    }
}
