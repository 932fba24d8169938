//! HTTP tests and their steps.

use std::collections::BTreeMap;

use super::scalars::{duration, flag};
use super::validate_expect::{header_name, http_expectation};
use super::validate_kinds::{Common, common, share};
use super::validate_values::{
    Known, by_variable, json, json_path, number_between, number_up_to, regex, short_time, template,
    templates,
};
use crate::address::AddressRule;
use crate::fields::{Fields, Place};
use crate::problems::Problems;
use crate::settings::{
    Capture, FormBody, HttpBody, HttpStep, HttpTest, JsonBody, METHODS, REDIRECTS_MAX, REPEAT_MAX,
    Retry, STEPS_MAX, TextBody,
};
use crate::template::{self, Piece};
use crate::tree::Value;
use crate::words::{quote, quote_all};

const STEP_HINT: &str = "write `{ get: \"https://checkout.example/health\" }`";

/// Reads a test: a list of steps, or one step with its fields in place.
pub(super) fn http_test(
    known: &Known,
    place: &Place<'_>,
    problems: &mut Problems,
) -> Option<HttpTest> {
    let mut known = known.clone();
    let is_list = matches!(&place.node.value, Value::Map(entries)
        if entries.iter().any(|(key, _)| key.name == "steps"));
    let what = if is_list {
        "a test of several steps"
    } else {
        "an HTTP test"
    };
    let mut fields = Fields::of(what, place, problems)?;
    let Common {
        name,
        required,
        at_most,
    } = common(&mut fields);
    let steps = if is_list {
        fields.required("steps", |place, problems| {
            steps(&mut known, place, problems)
        })
    } else {
        step_fields(&known, &mut fields, place).map(|step| vec![step])
    };
    fields.finish();
    Some(HttpTest {
        name,
        steps: steps?,
        at_most,
        required,
    })
}

fn steps(known: &mut Known, place: &Place<'_>, problems: &mut Problems) -> Option<Vec<HttpStep>> {
    let Value::List(items) = &place.node.value else {
        problems.push(place.wrong_kind("a list").hint(STEP_HINT.to_owned()));
        return None;
    };
    if !(1..=STEPS_MAX).contains(&items.len()) {
        let message = format!("has {} steps, and 1 to {STEPS_MAX} are read", items.len());
        problems.push(place.error(message).hint(STEP_HINT.to_owned()));
        return None;
    }
    let mut read = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let place = place.item(index, item);
        // What a broken step captures is known all the same: one mistake each.
        let captured = captured(&place);
        if let Some(step) = step(known, &place, problems) {
            read.push(step);
        }
        known.learn(captured.iter());
    }
    (read.len() == items.len()).then_some(read)
}

fn captured(step: &Place<'_>) -> Vec<String> {
    let Value::Map(entries) = &step.node.value else {
        return Vec::new();
    };
    let capture = entries.iter().find(|(key, _)| key.name == "capture");
    match capture.map(|(_, node)| &node.value) {
        Some(Value::Map(names)) => names.iter().map(|(key, _)| key.name.clone()).collect(),
        _ => Vec::new(),
    }
}

fn step(known: &Known, place: &Place<'_>, problems: &mut Problems) -> Option<HttpStep> {
    let mut fields = Fields::of("a step", place, problems)?;
    let step = step_fields(known, &mut fields, place);
    fields.finish();
    step
}

fn step_fields(known: &Known, fields: &mut Fields<'_, '_>, place: &Place<'_>) -> Option<HttpStep> {
    let written: Vec<&str> = METHODS
        .into_iter()
        .filter(|method| fields.has(method))
        .collect();
    match written.as_slice() {
        [_] => {}
        [] => {
            let message = "has no request";
            fields.problem(place.error(message).hint(STEP_HINT.to_owned()));
        }
        several => {
            let message = format!("has {} requests: {}", several.len(), quote_all(several));
            let hint = "write one a step: `steps: [{ post: ... }, { get: ... }]`";
            fields.problem(place.error(message).hint(hint.to_owned()));
        }
    }
    let mut address =
        |method| fields.optional(method, |place, problems| address(known, place, problems));
    let mut step = HttpStep {
        get: address("get"),
        head: address("head"),
        post: address("post"),
        put: address("put"),
        patch: address("patch"),
        delete: address("delete"),
        options: address("options"),
        ..HttpStep::default()
    };
    step.headers = fields.defaulted("headers", |place, problems| headers(known, place, problems));
    step.query = fields.defaulted("query", |place, problems| templates(known, place, problems));
    step.body = fields.optional("body", |place, problems| body(known, place, problems));
    step.expect = fields.defaulted("expect", |place, problems| {
        http_expectation(known, place, problems)
    });
    step.capture = fields.defaulted("capture", |place, problems| {
        by_variable(place, problems, capture)
    });
    step.retry = fields.optional("retry", retry);
    step.repeat = fields.optional("repeat", number_up_to(REPEAT_MAX));
    step.at_least = fields.optional("at_least", share);
    step.follow_redirects = fields.optional("follow_redirects", number_between(0, REDIRECTS_MAX));
    step.timeout = fields.optional("timeout", short_time);
    check_step(fields, &step);
    (written.len() == 1).then_some(step)
}

/// Fields that only make sense beside each other.
fn check_step(fields: &mut Fields<'_, '_>, step: &HttpStep) {
    let is_repeated =
        step.repeat.is_some_and(|times| times > 1) || fields.has("repeat") && step.repeat.is_none();
    if !is_repeated {
        let hint = "add `repeat: 20`, or remove it";
        if step.at_least.is_some() {
            fields.report("at_least", "has no effect without `repeat`", hint);
        }
        if !step.expect.percentile.is_empty() {
            let message = "`percentile` has no effect without `repeat`";
            fields.report("expect", message, hint);
        }
    }
    if is_repeated && !step.capture.is_empty() {
        let message = "of several answers none is the one to capture from";
        let hint = "capture in a step of its own, without `repeat`";
        fields.report("capture", message, hint);
    }
    if step.expect.redirect.is_some() && step.follow_redirects.is_some_and(|times| times > 0) {
        let message = "followed redirects are not there to be expected";
        let hint = "remove it, or `redirect` of `expect`";
        fields.report("follow_redirects", message, hint);
    }
    if step.head.is_some() && expects_body(step) {
        let message = "the answer to a `HEAD` has no body to expect anything of";
        fields.report("expect", message, "write `get:` instead of `head:`");
    }
    if let Some(within) = step.expect.within
        && within > step.timeout()
    {
        let message = format!("`within` is longer than `timeout`, `{}`", step.timeout());
        let hint = format!("write `timeout: {within}` or more in the step");
        fields.report("expect", message, &hint);
    }
}

fn expects_body(step: &HttpStep) -> bool {
    let expect = &step.expect;
    expect.body.is_some()
        || !expect.json.is_empty()
        || expect.schema.is_some()
        || expect.size.is_some()
}

/// An address: `http` or `https`, and a host that may be reached.
fn address(known: &Known, place: &Place<'_>, problems: &mut Problems) -> Option<String> {
    let text = template(known, place, problems)?;
    let Err((message, hint)) = check_address(&text, &known.addresses) else {
        return Some(text);
    };
    problems.push(place.error(message).hint(hint.to_owned()));
    None
}

fn check_address(text: &str, addresses: &AddressRule) -> Result<(), (String, &'static str)> {
    let pieces = template::pieces(text).unwrap_or_default();
    if matches!(pieces.first(), Some(Piece::Variable(_))) {
        // The scheme comes from the variable, and is looked at when it is known.
        return Ok(());
    }
    let mut sample = String::new();
    for piece in &pieces {
        match piece {
            Piece::Text(text) => sample.push_str(text),
            // A port is a number, and no host ends in one.
            Piece::Variable(_) => sample.push(if sample.ends_with(':') { '1' } else { 'a' }),
        }
    }
    let hint = "write one such as `https://checkout.example/health`";
    let quoted = quote(text);
    let url = url::Url::parse(&sample)
        .map_err(|error| (format!("{quoted} is not an address: {error}"), hint))?;
    if !matches!(url.scheme(), "http" | "https") {
        let message = format!("{quoted} is neither `http` nor `https`");
        return Err((message, hint));
    }
    if !url.username().is_empty() || url.password().is_some() {
        let message = "has a user or a password in it, which would be shown".to_owned();
        let hint = "send it as a header: `headers: { authorization: \"Basic ${token}\" }`";
        return Err((message, hint));
    }
    let literal = match url.host() {
        _ if pieces.len() > 1 => None,
        Some(url::Host::Ipv4(address)) => Some(address.into()),
        Some(url::Host::Ipv6(address)) => Some(address.into()),
        _ => None,
    };
    match literal.and_then(|literal| addresses.refuses(literal)) {
        Some(why) => {
            let message = format!("{quoted} may not be reached: {why}");
            let hint = "where that is meant, write `allow_addresses: [127.0.0.0/8]` beside `http:`";
            Err((message, hint))
        }
        None => Ok(()),
    }
}

fn headers(
    known: &Known,
    place: &Place<'_>,
    problems: &mut Problems,
) -> Option<BTreeMap<String, String>> {
    let read = templates(known, place, problems)?;
    for (key, node) in place.entries(problems)? {
        let entry = place.entry(key, node);
        check_header_name(&key.name, &entry, problems);
        let is_ours = ["host", "content-length", "transfer-encoding", "connection"];
        if is_ours.contains(&key.name.to_ascii_lowercase().as_str()) {
            let message = format!("{} follows from the request", quote(&key.name));
            problems.push(entry.error(message).hint("remove it".to_owned()));
        }
    }
    Some(read)
}

/// Adds a problem for what cannot be the name of a header.
pub(super) fn check_header_name(name: &str, place: &Place<'_>, problems: &mut Problems) {
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if name.is_empty() || !name.bytes().all(is_token) {
        let hint = "letters, digits and `-`, as in `content-type`";
        problems.push(place.bad_key(name, hint));
    }
}

fn body(known: &Known, place: &Place<'_>, problems: &mut Problems) -> Option<HttpBody> {
    let mut fields = Fields::of("a body", place, problems)?;
    let text = fields.optional("text", |place, problems| template(known, place, problems));
    let json = fields.optional("json", |place, problems| json(known, place, problems));
    let form = fields.optional("form", |place, problems| templates(known, place, problems));
    let forms = ["text", "json", "form"];
    if forms.iter().filter(|form| fields.has(form)).count() != 1 {
        let message = "is to be one of `text`, `json` and `form`";
        let hint = "write `body: { json: { name: value } }`";
        fields.problem(place.error(message).hint(hint.to_owned()));
    }
    fields.finish();
    let text = text.map(|text| HttpBody::Text(TextBody { text }));
    let json = json.map(|json| HttpBody::Json(JsonBody { json }));
    text.or(json)
        .or(form.map(|form| HttpBody::Form(FormBody { form })))
}

fn capture(place: &Place<'_>, problems: &mut Problems) -> Option<Capture> {
    let mut fields = Fields::of("a captured value", place, problems)?;
    let capture = Capture {
        json: fields.optional("json", json_path),
        header: fields.optional("header", header_name),
        matches: fields.optional("matches", regex),
        secret: fields.defaulted("secret", flag),
    };
    let sources = ["json", "header", "matches"];
    if sources.iter().filter(|source| fields.has(source)).count() != 1 {
        let message = "is to come from one of `json`, `header` and `matches`";
        let hint = "write `{ json: $.id }`";
        fields.problem(place.error(message).hint(hint.to_owned()));
    }
    fields.finish();
    Some(capture)
}

fn retry(place: &Place<'_>, problems: &mut Problems) -> Option<Retry> {
    let mut fields = Fields::of("`retry`", place, problems)?;
    let retry_for = fields.required_or("for", "write `retry: { for: 2m }`", duration);
    let every = fields.optional("every", short_time);
    fields.finish();
    Some(Retry {
        retry_for: retry_for?,
        every,
    })
}
