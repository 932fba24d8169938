//! What is expected of an answer.

use std::collections::BTreeMap;

use super::scalars::{count, flag, text};
use super::validate_values::{
    Known, bytes, json, json_path, json_schema, number, number_up_to, regex, short_time, template,
};
use crate::fields::{Fields, Place, list_of, list_up_to};
use crate::milliseconds::Milliseconds;
use crate::problems::Problems;
use crate::settings::{
    HttpExpectation, JsonExpectation, SizeMatch, StatusMatch, TextMatch, TextRule, percentile,
};
use crate::tree::Value;
use crate::words::quote;

const EXPECTATIONS_MAX: usize = 100;
const CERTIFICATE_DAYS_MAX: u32 = 1000;

/// Reads what is expected of an HTTP answer.
pub(super) fn http_expectation(
    known: &Known,
    place: &Place<'_>,
    problems: &mut Problems,
) -> Option<HttpExpectation> {
    let text_match = |place: &Place<'_>, problems: &mut Problems| match_of(known, place, problems);
    let mut fields = Fields::of("`expect`", place, problems)?;
    let read = HttpExpectation {
        status: fields.defaulted("status", statuses),
        within: fields.optional("within", short_time),
        percentile: fields.defaulted("percentile", percentiles),
        headers: fields.defaulted("headers", |place, problems| headers(known, place, problems)),
        body: fields.optional("body", text_match),
        json: fields.defaulted("json", |place, problems| {
            json_expectations(known, place, problems)
        }),
        schema: fields.optional("schema", json_schema),
        size: fields.optional("size", size),
        redirect: fields.optional("redirect", text_match),
        certificate_days: fields.optional("certificate_days", number_up_to(CERTIFICATE_DAYS_MAX)),
    };
    fields.finish();
    Some(read)
}

fn statuses(place: &Place<'_>, problems: &mut Problems) -> Option<Vec<StatusMatch>> {
    match &place.node.value {
        Value::List(items) if items.is_empty() => {
            let message = "names no status, so no answer would fit";
            problems.push(place.error(message).hint(STATUS_HINT.to_owned()));
            None
        }
        Value::List(_) => list_up_to(EXPECTATIONS_MAX, status)(place, problems),
        _ => status(place, problems).map(|status| vec![status]),
    }
}

const STATUS_HINT: &str = "write a status such as `200`, or a class such as `2xx`";

fn status(place: &Place<'_>, problems: &mut Problems) -> Option<StatusMatch> {
    let written = match &place.node.value {
        Value::Number(number) => &number.text,
        Value::String(text) => text,
        _ => {
            let problem = place.wrong_kind("a status");
            problems.push(problem.hint(STATUS_HINT.to_owned()));
            return None;
        }
    };
    let status = StatusMatch::read(written);
    if status.is_none() {
        let message = format!("{} is not a status", quote(written));
        problems.push(place.error(message).hint(STATUS_HINT.to_owned()));
    }
    status
}

fn percentiles(
    place: &Place<'_>,
    problems: &mut Problems,
) -> Option<BTreeMap<String, Milliseconds>> {
    let entries = place.entries(problems)?;
    let mut read = BTreeMap::new();
    for (key, node) in entries {
        let place = place.entry(key, node);
        if percentile(&key.name).is_none() {
            let message = format!("{} is not a percentile", quote(&key.name));
            let hint = "write one such as `p95: 300ms`";
            problems.push(place.error(message).at(key.at).hint(hint.to_owned()));
        }
        if let Some(length) = short_time(&place, problems) {
            read.insert(key.name.clone(), length);
        }
    }
    (read.len() == entries.len()).then_some(read)
}

fn headers(
    known: &Known,
    place: &Place<'_>,
    problems: &mut Problems,
) -> Option<BTreeMap<String, TextMatch>> {
    let entries = place.entries(problems)?;
    let mut read = BTreeMap::new();
    for (key, node) in entries {
        let place = place.entry(key, node);
        super::validate_http::check_header_name(&key.name, &place, problems);
        if let Some(expected) = match_of(known, &place, problems) {
            read.insert(key.name.to_ascii_lowercase(), expected);
        }
    }
    (read.len() == entries.len()).then_some(read)
}

fn match_of(known: &Known, place: &Place<'_>, problems: &mut Problems) -> Option<TextMatch> {
    match &place.node.value {
        Value::Map(_) => text_rule(known, place, problems).map(TextMatch::By),
        Value::Number(number) => Some(TextMatch::Equals(number.text.clone())),
        Value::Bool(flag) => Some(TextMatch::Equals(flag.to_string())),
        _ => template(known, place, problems).map(TextMatch::Equals),
    }
}

const NOTHING_EXPECTED: &str = "says nothing about what is expected";

fn text_rule(known: &Known, place: &Place<'_>, problems: &mut Problems) -> Option<TextRule> {
    let mut fields = Fields::of("a text", place, problems)?;
    let rule = TextRule {
        contains: fields.optional("contains", |place, problems| {
            template(known, place, problems)
        }),
        matches: fields.optional("matches", regex),
        exists: fields.optional("exists", flag),
    };
    let written = ["contains", "matches", "exists"];
    if !written.iter().any(|name| fields.has(name)) {
        let hint = "write `contains:`, `matches:` or `exists:`";
        fields.problem(place.error(NOTHING_EXPECTED).hint(hint.to_owned()));
    }
    if rule.exists == Some(false) && (rule.contains.is_some() || rule.matches.is_some()) {
        let message = "contradicts what is expected of the text";
        fields.report("exists", message, "remove one of the two");
    }
    if rule.contains.as_deref() == Some("") {
        let message = "is empty, so every text would fit";
        fields.report("contains", message, "write what has to be there");
    }
    fields.finish();
    Some(rule)
}

/// Reads what is expected at places of a JSON document.
pub(super) fn json_expectations(
    known: &Known,
    place: &Place<'_>,
    problems: &mut Problems,
) -> Option<Vec<JsonExpectation>> {
    if matches!(&place.node.value, Value::List(items) if items.len() > EXPECTATIONS_MAX) {
        let message = format!("has more than {EXPECTATIONS_MAX} items");
        problems.push(place.error(message));
        return None;
    }
    list_of(|place, problems| json_expectation(known, place, problems))(place, problems)
}

fn json_expectation(
    known: &Known,
    place: &Place<'_>,
    problems: &mut Problems,
) -> Option<JsonExpectation> {
    let mut fields = Fields::of("an expectation of JSON", place, problems)?;
    let path = fields.required_or("path", "write `path: $.status`", json_path);
    let equals = fields.optional("equals", |place, problems| json(known, place, problems));
    let matches = fields.optional("matches", regex);
    let exists = fields.optional("exists", flag);
    let at_least = fields.optional("at_least", number);
    let at_most = fields.optional("at_most", number);
    let count = fields.optional("count", whole);
    let rest = ["equals", "matches", "at_least", "at_most", "count"];
    let says_more = rest.iter().any(|name| fields.has(name));
    if !says_more && !fields.has("exists") {
        let hint = "write `equals:`, `matches:`, `exists:`, `at_least:`, `at_most:` or `count:`";
        fields.problem(place.error(NOTHING_EXPECTED).hint(hint.to_owned()));
    }
    if exists == Some(false) && says_more {
        let message = "contradicts what is expected of the value";
        fields.report("exists", message, "remove one of the two");
    }
    fields.finish();
    Some(JsonExpectation {
        path: path?,
        equals,
        matches,
        exists,
        at_least,
        at_most,
        count,
    })
}

/// A whole number, nothing included.
fn whole(place: &Place<'_>, problems: &mut Problems) -> Option<u64> {
    match &place.node.value {
        Value::Number(number) if number.integer == Some(0) => Some(0),
        _ => count(place, problems),
    }
}

fn size(place: &Place<'_>, problems: &mut Problems) -> Option<SizeMatch> {
    let mut fields = Fields::of("`size`", place, problems)?;
    let at_least = fields.optional("at_least", bytes);
    let at_most = fields.optional("at_most", bytes);
    if !fields.has("at_least") && !fields.has("at_most") {
        let hint = "write `at_least:` or `at_most:`, in bytes";
        fields.problem(place.error(NOTHING_EXPECTED).hint(hint.to_owned()));
    }
    if let (Some(least), Some(most)) = (at_least, at_most)
        && least > most
    {
        let message = format!("`{most}` is less than `at_least`, so no answer would fit");
        fields.report("at_most", message, "write at least as much");
    }
    fields.finish();
    Some(SizeMatch { at_least, at_most })
}

/// The name of a header, variables not allowed.
pub(super) fn header_name(place: &Place<'_>, problems: &mut Problems) -> Option<String> {
    let name = text(place, problems)?;
    super::validate_http::check_header_name(name, place, problems);
    Some(name.to_ascii_lowercase())
}
