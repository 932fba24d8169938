//! Values of tests: texts with variables in them, JSON, numbers, expressions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Number, Value as Json};

use super::scalars::text;
use super::validate::{VARIABLE_HINT, is_variable};
use crate::address::{AddressRange, AddressRule};
use crate::expression::Expression;
use crate::fields::Place;
use crate::milliseconds::Milliseconds;
use crate::problems::Problems;
use crate::template::{self, Piece};
use crate::tree::Value;
use crate::words::{closest, quote, quote_all};

/// The longest text in a test: an address, a header, a body.
const TEXT_CHARACTERS_MAX: usize = 50_000;

/// What is known of the release as a variable, whatever the plan says.
pub(super) const RELEASE_VARIABLES: [&str; 4] = [
    "release.pipeline",
    "release.id",
    "release.service",
    "release.stage",
];

/// The variables that a text may use at its place, and what it may reach.
#[derive(Debug, Clone)]
pub(super) struct Known {
    names: BTreeSet<String>,
    pub(super) addresses: AddressRule,
}

impl Known {
    /// Those of the plan, as they are written, and of the release.
    pub(super) fn of(vars: Option<&Place<'_>>, allowed: &[AddressRange]) -> Known {
        let mut names: BTreeSet<String> =
            RELEASE_VARIABLES.iter().map(ToString::to_string).collect();
        if let Some(Value::Map(entries)) = vars.map(|place| &place.node.value) {
            names.extend(entries.iter().map(|(key, _)| key.name.clone()));
        }
        Known {
            names,
            addresses: AddressRule {
                allowed: allowed.to_vec(),
            },
        }
    }

    /// What a step captures, the steps after it know.
    pub(super) fn learn<'n>(&mut self, names: impl Iterator<Item = &'n String>) {
        self.names.extend(names.cloned());
    }

    /// Adds a problem for each variable in a text that is not known.
    pub(super) fn check(&self, text: &str, place: &Place<'_>, problems: &mut Problems) -> bool {
        let pieces = match template::pieces(text) {
            Ok(pieces) => pieces,
            Err(unclosed) => {
                let hint = "close it, or write `$${` for the characters themselves";
                problems.push(place.error(unclosed.to_string()).hint(hint.to_owned()));
                return false;
            }
        };
        let mut good = true;
        for piece in pieces {
            let Piece::Variable(name) = piece else {
                continue;
            };
            if !self.names.contains(&name) {
                let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
                let message = format!("no variable {} is known here", quote(&name));
                let known = quote_all(&names);
                let hint = match closest(&name, &names) {
                    Some(guess) => format!("did you mean `{guess}`? known are {known}"),
                    None => format!(
                        "write it under `vars:`, or capture it in a step before; known are {known}"
                    ),
                };
                problems.push(place.error(message).hint(hint));
                good = false;
            }
        }
        good
    }
}

/// A text in which variables may stand.
pub(super) fn template(
    known: &Known,
    place: &Place<'_>,
    problems: &mut Problems,
) -> Option<String> {
    let text = text(place, problems)?;
    if text.chars().count() > TEXT_CHARACTERS_MAX {
        let message = format!("has more than {TEXT_CHARACTERS_MAX} characters");
        problems.push(place.error(message));
        return None;
    }
    known.check(text, place, problems).then(|| text.to_owned())
}

/// Names to texts in which variables may stand. Numbers and flags are the
/// texts that they are written as.
pub(super) fn templates(
    known: &Known,
    place: &Place<'_>,
    problems: &mut Problems,
) -> Option<BTreeMap<String, String>> {
    let entries = place.entries(problems)?;
    let mut read = BTreeMap::new();
    for (key, node) in entries {
        let place = place.entry(key, node);
        let value = match &node.value {
            Value::Number(number) => Some(number.text.clone()),
            Value::Bool(flag) => Some(flag.to_string()),
            _ => template(known, &place, problems),
        };
        if let Some(value) = value {
            read.insert(key.name.clone(), value);
        }
    }
    (read.len() == entries.len()).then_some(read)
}

/// Any JSON, in whose texts variables may stand.
pub(super) fn json(known: &Known, place: &Place<'_>, problems: &mut Problems) -> Option<Json> {
    let value = plain_json(place);
    all_texts_known(&value, known, place, problems).then_some(value)
}

fn all_texts_known(
    value: &Json,
    known: &Known,
    place: &Place<'_>,
    problems: &mut Problems,
) -> bool {
    match value {
        Json::String(text) => known.check(text, place, problems),
        Json::Array(items) => items
            .iter()
            .all(|item| all_texts_known(item, known, place, problems)),
        Json::Object(entries) => entries
            .values()
            .all(|entry| all_texts_known(entry, known, place, problems)),
        _ => true,
    }
}

/// What is written, as JSON.
pub(super) fn plain_json(place: &Place<'_>) -> Json {
    match &place.node.value {
        Value::Null => Json::Null,
        Value::Bool(flag) => Json::Bool(*flag),
        Value::String(text) => Json::String(text.clone()),
        Value::Number(number) => match number.integer {
            Some(integer) => integer.into(),
            None => Number::from_f64(number.float).map_or(Json::Null, Json::Number),
        },
        Value::List(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| plain_json(&place.item(index, item)))
            .collect(),
        Value::Map(entries) => Json::Object(
            entries
                .iter()
                .map(|(key, node)| (key.name.clone(), plain_json(&place.entry(key, node))))
                .collect::<Map<_, _>>(),
        ),
    }
}

/// A whole number from 1 to so many.
pub(super) fn number_up_to<'a>(most: u32) -> impl Fn(&Place<'a>, &mut Problems) -> Option<u32> {
    number_between(1, most)
}

/// A whole number in a range.
pub(super) fn number_between<'a>(
    least: u32,
    most: u32,
) -> impl Fn(&Place<'a>, &mut Problems) -> Option<u32> {
    move |place, problems| {
        let number = match &place.node.value {
            Value::Number(number) => number.integer.and_then(|number| u32::try_from(number).ok()),
            _ => None,
        };
        let number = number.filter(|number| (least..=most).contains(number));
        if number.is_none() {
            let message = match &place.node.value {
                Value::Number(number) => format!("{} is not allowed here", quote(&number.text)),
                _ => format!("{} where a whole number is wanted", place.node.kind()),
            };
            let hint = format!("write a whole number from {least} to {most}");
            problems.push(place.error(message).hint(hint));
        }
        number
    }
}

/// Any finite number.
pub(super) fn number(place: &Place<'_>, problems: &mut Problems) -> Option<Number> {
    match plain_json(place) {
        Json::Number(number) => Some(number),
        _ => {
            problems.push(place.wrong_kind("a number"));
            None
        }
    }
}

/// A number of bytes.
pub(super) fn bytes(place: &Place<'_>, problems: &mut Problems) -> Option<u64> {
    let number = match &place.node.value {
        Value::Number(number) => number.integer.and_then(|number| u64::try_from(number).ok()),
        _ => None,
    };
    if number.is_none() {
        let problem = place.wrong_kind("a number of bytes");
        problems.push(problem.hint("write a whole number, such as `10000`".to_owned()));
    }
    number
}

/// A short length of time, more than nothing.
pub(super) fn short_time(place: &Place<'_>, problems: &mut Problems) -> Option<Milliseconds> {
    let hint = "write a length such as `300ms` or `2s`";
    let text = match &place.node.value {
        Value::String(text) => text,
        Value::Number(number) => &number.text,
        _ => {
            let problem = place.wrong_kind("a length of time");
            problems.push(problem.hint(hint.to_owned()));
            return None;
        }
    };
    let length = Milliseconds::read(text).filter(|length| length.0 > 0);
    if length.is_none() {
        let message = format!("{} is not a length of time here", quote(text));
        problems.push(place.error(message).hint(hint.to_owned()));
    }
    length
}

/// A regular expression, which is checked elsewhere.
pub(super) fn regex(place: &Place<'_>, problems: &mut Problems) -> Option<String> {
    let text = text(place, problems)?.to_owned();
    let problem = place.error(format!("{} is not a regular expression:", quote(&text)));
    problems.note(Expression::Regex(text.clone()), problem);
    Some(text)
}

/// A JSONPath, which is checked elsewhere.
pub(super) fn json_path(place: &Place<'_>, problems: &mut Problems) -> Option<String> {
    let text = text(place, problems)?.to_owned();
    let problem = place.error(format!("{} is not a JSONPath (RFC 9535):", quote(&text)));
    let problem = problem.hint("write one such as `$.status` or `$.items[0].id`".to_owned());
    problems.note(Expression::JsonPath(text.clone()), problem);
    Some(text)
}

/// A JSON Schema, which is checked elsewhere.
pub(super) fn json_schema(place: &Place<'_>, problems: &mut Problems) -> Option<Json> {
    let schema = plain_json(place);
    let problem = place.error("is not a JSON Schema:".to_owned());
    problems.note(Expression::JsonSchema(Box::new(schema.clone())), problem);
    Some(schema)
}

/// A map from names of variables to what `read` makes of them.
pub(super) fn by_variable<'a, T>(
    place: &Place<'a>,
    problems: &mut Problems,
    read: impl Fn(&Place<'a>, &mut Problems) -> Option<T>,
) -> Option<BTreeMap<String, T>> {
    let entries = place.entries(problems)?;
    let mut values = BTreeMap::new();
    for (key, node) in entries {
        let place = place.entry(key, node);
        if !is_variable(&key.name) {
            problems.push(place.bad_key(&key.name, VARIABLE_HINT));
        }
        if let Some(value) = read(&place, problems) {
            values.insert(key.name.clone(), value);
        }
    }
    (values.len() == entries.len()).then_some(values)
}
