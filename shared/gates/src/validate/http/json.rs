//! What is expected of a JSON document. Pure.

use serde_json::Value as Json;
use sluice_core::settings::{JsonExpectation, ResultExpectation};
use sluice_core::validate;

use super::check::{Mismatch, Unmet, mismatch};
use crate::validate::Variables;
use crate::validate::expressions::{json_path, json_schema, regex};

/// Values that are shown of those that a path finds.
const VALUES_SHOWN_MAX: usize = 5;

/// A body as JSON.
pub(super) fn parsed(body: &[u8]) -> Result<Json, Unmet> {
    serde_json::from_slice(body).map_err(|error| {
        let text = String::from_utf8_lossy(body);
        let got = format!("`{}`, which is not JSON: {error}", text.trim());
        mismatch("body", got, "JSON")
    })
}

/// What a function's result does not meet, if anything; an error where that
/// cannot be told.
pub(in crate::validate) fn unmet_by(
    expected: &ResultExpectation,
    result: &Json,
    variables: &Variables,
) -> Result<Vec<validate::Unmet>, String> {
    let at_places = expected.json.iter();
    let at_places = at_places.map(|own| check_json(own, result, variables));
    let as_a_whole = expected.schema.iter().map(|own| check_schema(own, result));
    let mut unmet = Vec::new();
    for held in at_places.chain(as_a_whole) {
        match held {
            Ok(()) => {}
            Err(Unmet::Unknown(why)) => return Err(why),
            Err(Unmet::Mismatch(Mismatch {
                expectation,
                got,
                wanted,
            })) => unmet.push(validate::Unmet {
                what: expectation,
                wanted,
                got,
            }),
        }
    }
    Ok(unmet)
}

/// Holds what is at a path to what has to be there.
pub(super) fn check_json(
    expected: &JsonExpectation,
    document: &Json,
    variables: &Variables,
) -> Result<(), Unmet> {
    let path = json_path(&expected.path).map_err(Unmet::Unknown)?;
    let found: Vec<&Json> = path.query(document).all();
    let unmet = |wanted: String| {
        let what = format!("`{}`", expected.path);
        Err(mismatch(what, shown(&found), wanted))
    };
    if let Some(exists) = expected.exists
        && exists == found.is_empty()
    {
        return unmet(if exists { "anything" } else { "nothing" }.to_owned());
    }
    if let Some(count) = expected.count
        && found.len() as u64 != count
    {
        return unmet(format!("{count} values"));
    }
    if let Some(wanted) = &expected.equals {
        let wanted = variables.fill_json(wanted, &mut Vec::new());
        let wanted = wanted.map_err(|error| Unmet::Unknown(error.to_string()))?;
        if !matches!(found.as_slice(), [only] if same(only, &wanted)) {
            return unmet(format!("`{wanted}`"));
        }
    }
    if let Some(pattern) = &expected.matches {
        let regex = regex(pattern).map_err(Unmet::Unknown)?;
        let fits = |value: &&Json| value.as_str().is_some_and(|text| regex.is_match(text));
        if found.is_empty() || !found.iter().all(fits) {
            return unmet(format!("a match of `{pattern}`"));
        }
    }
    let bounds = [(&expected.at_least, true), (&expected.at_most, false)];
    for (bound, is_least) in bounds {
        let Some(bound) = bound.as_ref().and_then(serde_json::Number::as_f64) else {
            continue;
        };
        let fits = |value: &&Json| {
            let number = value.as_f64();
            number.is_some_and(|own| if is_least { own >= bound } else { own <= bound })
        };
        if found.is_empty() || !found.iter().all(fits) {
            let words = if is_least { "at least" } else { "at most" };
            return unmet(format!("{words} {bound}"));
        }
    }
    Ok(())
}

/// Equal as JSON, where `1` and `1.0` are the same number.
fn same(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(one), Json::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Json::Object(one), Json::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(name, one)| other.get(name).is_some_and(|other| same(one, other)))
        }
        _ => one == other,
    }
}

fn shown(found: &[&Json]) -> String {
    if found.is_empty() {
        return "nothing".to_owned();
    }
    let shown = found.iter().take(VALUES_SHOWN_MAX);
    let texts: Vec<String> = shown.map(|value| format!("`{value}`")).collect();
    match found.len().saturating_sub(VALUES_SHOWN_MAX) {
        0 => texts.join(", "),
        more => format!("{} and {more} more", texts.join(", ")),
    }
}

/// Holds a document to a JSON Schema.
pub(super) fn check_schema(schema: &Json, document: &Json) -> Result<(), Unmet> {
    let schema = json_schema(schema).map_err(Unmet::Unknown)?;
    let Some(error) = schema.iter_errors(document).next() else {
        return Ok(());
    };
    let place = error.instance_path().to_string();
    let place = if place.is_empty() {
        "the body".to_owned()
    } else {
        format!("`{place}`")
    };
    Err(mismatch(
        "schema",
        format!("{place}: {error}"),
        "what fits the schema",
    ))
}
