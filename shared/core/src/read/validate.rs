//! The settings of the gate `validate`.

use std::collections::BTreeMap;

use super::bake::{AT_MOST_MAX, LONG_BAKES_HINT};
use super::scalars::{duration, name_like, text, text_up_to, word};
use super::validate_http::http_test;
use super::validate_kinds::{codebuild, lambda, state_machine, synthetics};
use super::validate_values::{Known, number_up_to};
use crate::address::AddressRange;
use crate::fields::{Fields, Place, list_of, list_up_to};
use crate::problems::Problems;
use crate::settings::{AT_ONCE_MAX, SecretVariable, TESTS_MAX, Validate, Variable};
use crate::tree::Value;
use crate::words::quote;

/// More variables than this are a mistake.
const VARIABLES_MAX: usize = 100;
const VALUE_CHARACTERS_MAX: usize = 10_000;
const HOSTS_MAX: usize = 20;
const ADDRESSES_MAX: usize = 20;

const EXAMPLE: &str =
    "write `http: [{ get: \"https://checkout.example/health\", expect: { status: 200 } }]`";

/// Reads the settings of `validate` and checks them against each other.
pub(crate) fn validate(place: &Place<'_>, problems: &mut Problems) -> Option<Validate> {
    let mut fields = Fields::of("`validate`", place, problems)?;
    let name = fields.optional("name", name_like);
    let vars = fields.defaulted("vars", variables);
    let allow_addresses = fields.defaulted("allow_addresses", addresses);
    let known = Known::of(fields.find("vars").as_ref(), &allow_addresses);
    let read = Validate {
        name,
        http: tests(&mut fields, "http", |place, problems| {
            http_test(&known, place, problems)
        }),
        lambda: tests(&mut fields, "lambda", |place, problems| {
            lambda(&known, place, problems)
        }),
        codebuild: tests(&mut fields, "codebuild", |place, problems| {
            codebuild(&known, place, problems)
        }),
        state_machine: tests(&mut fields, "state_machine", |place, problems| {
            state_machine(&known, place, problems)
        }),
        synthetics: tests(&mut fields, "synthetics", synthetics),
        vars,
        at_once: fields.optional("at_once", number_up_to(AT_ONCE_MAX)),
        at_most: fields.optional("at_most", duration),
        allow_addresses,
        release_check: fields.defaulted("release_check", word),
        mode: fields.defaulted("mode", word),
    };
    let complete = check_tests(&mut fields, place, &read);
    fields.finish();
    complete.then_some(read)
}

const KINDS: [&str; 5] = ["http", "lambda", "codebuild", "state_machine", "synthetics"];

fn tests<'a, T>(
    fields: &mut Fields<'a, '_>,
    kind: &'static str,
    read: impl Fn(&Place<'a>, &mut Problems) -> Option<T>,
) -> Vec<T> {
    fields.defaulted(kind, |place, problems| {
        if matches!(&place.node.value, Value::List(items) if items.is_empty()) {
            let message = "has no test, so it would pass every release";
            problems.push(place.error(message).hint("remove it".to_owned()));
            return None;
        }
        list_up_to(TESTS_MAX, read)(place, problems)
    })
}

/// What only shows beside other tests. False if there is nothing to run.
fn check_tests(fields: &mut Fields<'_, '_>, place: &Place<'_>, read: &Validate) -> bool {
    if !KINDS.iter().any(|kind| fields.has(kind)) {
        let message = "has no test, so it would pass every release";
        fields.problem(place.error(message).hint(EXAMPLE.to_owned()));
        return false;
    }
    let tests = read.tests();
    if tests.len() > TESTS_MAX {
        let message = format!("{} tests, and at most {TESTS_MAX} are run", tests.len());
        fields.problem(place.error(message));
    }
    for (index, test) in tests.iter().enumerate() {
        if tests[..index].iter().any(|other| other.name == test.name) {
            let message = format!("a second test has the name {}", quote(&test.name));
            let hint = format!("give one of them another: `name: {}-again`", test.name);
            fields.report(test.kind.word(), message, &hint);
        }
    }
    if !tests.is_empty() && tests.iter().all(|test| !test.required) {
        let message = "no test is required, so it would pass every release";
        let hint = "let at least one test decide, or write `mode: watch_only`";
        fields.problem(place.error(message).hint(hint.to_owned()));
    }
    check_length(fields, read);
    true
}

fn check_length(fields: &mut Fields<'_, '_>, read: &Validate) {
    let longest = read.tests().into_iter().max_by_key(|test| test.at_most);
    let Some((at_most, longest)) = read.at_most.zip(longest) else {
        return;
    };
    if at_most > AT_MOST_MAX {
        let message = format!("`{at_most}` is more than `{AT_MOST_MAX}`, the longest possible");
        fields.report("at_most", message, LONG_BAKES_HINT);
    } else if at_most < longest.at_most {
        let message = format!(
            "`{at_most}` is too short: {} may take `{}`",
            quote(&longest.name),
            longest.at_most
        );
        let hint = format!("write at least `{}`", longest.at_most);
        fields.report("at_most", message, &hint);
    }
}

/// Whether a text can name a variable.
pub(super) fn is_variable(text: &str) -> bool {
    (1..=50).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

pub(super) const VARIABLE_HINT: &str = "a letter, then letters, digits and `_`, at most 50";

fn variables(place: &Place<'_>, problems: &mut Problems) -> Option<BTreeMap<String, Variable>> {
    let entries = place.entries(problems)?;
    if entries.len() > VARIABLES_MAX {
        let message = format!(
            "has {} variables, and at most {VARIABLES_MAX} are read",
            entries.len()
        );
        problems.push(place.error(message));
        return None;
    }
    let mut read = BTreeMap::new();
    for (key, node) in entries {
        let place = place.entry(key, node);
        if !is_variable(&key.name) {
            problems.push(place.bad_key(&key.name, VARIABLE_HINT));
        }
        if let Some(value) = variable(&place, problems) {
            read.insert(key.name.clone(), value);
        }
    }
    (read.len() == entries.len()).then_some(read)
}

fn variable(place: &Place<'_>, problems: &mut Problems) -> Option<Variable> {
    match &place.node.value {
        Value::Map(_) => secret(place, problems).map(Variable::Secret),
        _ => text_up_to(VALUE_CHARACTERS_MAX)(place, problems).map(Variable::Text),
    }
}

fn secret(place: &Place<'_>, problems: &mut Problems) -> Option<SecretVariable> {
    let mut fields = Fields::of("a secret", place, problems)?;
    let secret = fields.required("secret", secret_arn);
    let key = fields.optional("key", text_up_to(200));
    let hint = "name the only hosts that it is sent to: `hosts: [api.checkout.example]`";
    let hosts = fields.required_or("hosts", hint, list_up_to(HOSTS_MAX, host));
    if hosts.as_ref().is_some_and(Vec::is_empty) {
        fields.report("hosts", "names no host, so it could not be sent", hint);
    }
    fields.finish();
    Some(SecretVariable {
        secret: secret?,
        key,
        hosts: hosts?,
    })
}

fn secret_arn(place: &Place<'_>, problems: &mut Problems) -> Option<String> {
    let text = text(place, problems)?;
    let parts: Vec<&str> = text.splitn(7, ':').collect();
    if let [
        "arn",
        partition,
        "secretsmanager",
        region,
        account,
        "secret",
        name,
    ] = parts[..]
        && partition.starts_with("aws")
        && !region.is_empty()
        && account.len() == 12
        && !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_graphic())
    {
        return Some(text.to_owned());
    }
    let message = format!("{} is not the ARN of a secret", quote(text));
    let hint = "write one such as `\"arn:aws:secretsmanager:us-east-1:111122223333:secret:checkout-AbCdEf\"`";
    problems.push(place.error(message).hint(hint.to_owned()));
    None
}

/// The name of a host, as it stands in an address: no scheme, port or path.
fn host(place: &Place<'_>, problems: &mut Problems) -> Option<String> {
    let text = text(place, problems)?;
    let is_host = !text.is_empty()
        && text.len() <= 253
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    if is_host {
        return Some(text.to_ascii_lowercase());
    }
    let message = format!("{} is not the name of a host", quote(text));
    let hint = "write the name alone: `api.checkout.example`, without scheme, port, path or `*`";
    problems.push(place.error(message).hint(hint.to_owned()));
    None
}

fn addresses(place: &Place<'_>, problems: &mut Problems) -> Option<Vec<AddressRange>> {
    let read = list_of(|place, problems| {
        let text = text(place, problems)?;
        let range = AddressRange::read(text);
        if range.is_none() {
            let message = format!("{} is not an address or a range of them", quote(text));
            let hint = "write one such as `127.0.0.1` or `10.0.0.0/8`";
            problems.push(place.error(message).hint(hint.to_owned()));
        }
        range
    })(place, problems)?;
    if read.len() > ADDRESSES_MAX {
        let message = format!(
            "has {} items, and at most {ADDRESSES_MAX} are read",
            read.len()
        );
        problems.push(place.error(message));
    }
    Some(read)
}
