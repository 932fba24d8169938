//! Reads channels: where people are told.

use url::Url;

use super::scalars::{text, text_up_to, word};
use crate::fields::{Fields, Place};
use crate::notices::{Channel, SecretRef};
use crate::problems::Problems;
use crate::tree::Value;
use crate::words::{closest, quote, quote_all};

/// The kinds of channels.
const KINDS: [&str; 6] = [
    "sns",
    "eventbridge",
    "slack",
    "teams",
    "pagerduty",
    "webhook",
];

const EXAMPLE: &str = "write `{ slack: { webhook: { secret: NAME } } }`";

/// Characters of a secret's name or ARN, and of a key in it.
const SECRET_CHARACTERS_MAX: usize = 2048;
const KEY_CHARACTERS_MAX: usize = 200;
/// Characters of an address.
const ADDRESS_CHARACTERS_MAX: usize = 2000;

/// What somebody may have meant, or all that there is.
pub(super) fn closest_or_known(written: &str, known: &[&str]) -> String {
    let listed = quote_all(known);
    match closest(written, known) {
        Some(guess) => format!("did you mean `{guess}`? known are {listed}"),
        None => format!("known are {listed}"),
    }
}

/// A map of exactly one kind of channel to where it is.
pub(super) fn channel(place: &Place<'_>, problems: &mut Problems) -> Option<Channel> {
    let Value::Map(entries) = &place.node.value else {
        let problem = place.wrong_kind("a kind of channel with where it is");
        problems.push(problem.hint(EXAMPLE.to_owned()));
        return None;
    };
    let [(key, node)] = entries.as_slice() else {
        let message = format!("{} keys where one kind of channel is wanted", entries.len());
        problems.push(place.error(message).hint(EXAMPLE.to_owned()));
        return None;
    };
    let inner = place.entry(key, node);
    match key.name.as_str() {
        "sns" => sns(&inner, problems),
        "eventbridge" => eventbridge(&inner, problems),
        "slack" => hook("`slack`", &inner, problems).map(|webhook| Channel::Slack { webhook }),
        "teams" => hook("`teams`", &inner, problems).map(|webhook| Channel::Teams { webhook }),
        "pagerduty" => pagerduty(&inner, problems),
        "webhook" => webhook(&inner, problems),
        other => {
            let message = format!("{} is not a kind of channel", quote(other));
            problems.push(place.error(message).hint(closest_or_known(other, &KINDS)));
            None
        }
    }
}

fn sns(place: &Place<'_>, problems: &mut Problems) -> Option<Channel> {
    let mut fields = Fields::of("`sns`", place, problems)?;
    let topic = fields.required_or("topic", "write the topic's ARN", topic);
    fields.finish();
    Some(Channel::Sns { topic: topic? })
}

fn topic(place: &Place<'_>, problems: &mut Problems) -> Option<String> {
    let written = text(place, problems)?;
    let problem = match arn(written, "sns") {
        Some(name) if name.ends_with(".fifo") => {
            let problem = place.error(format!("{} is a FIFO topic", quote(written)));
            problem.hint("people subscribe to a standard topic".to_owned())
        }
        Some(name) if is_plain(name, "_-") => return Some(written.to_owned()),
        _ => {
            let message = format!("{} is not the ARN of an SNS topic", quote(written));
            let hint = "write one such as `\"arn:aws:sns:us-east-1:111122223333:desk\"`";
            place.error(message).hint(hint.to_owned())
        }
    };
    problems.push(problem);
    None
}

fn eventbridge(place: &Place<'_>, problems: &mut Problems) -> Option<Channel> {
    let mut fields = Fields::of("`eventbridge`", place, problems)?;
    let bus = fields.required_or("bus", "write the bus's name or ARN", bus);
    fields.finish();
    Some(Channel::Eventbridge { bus: bus? })
}

fn bus(place: &Place<'_>, problems: &mut Problems) -> Option<String> {
    const ALLOWED: &str = "/._-";
    let written = text(place, problems)?;
    let name = match arn(written, "events") {
        Some(rest) => rest.strip_prefix("event-bus/"),
        None => Some(written),
    };
    if name.is_some_and(|name| name.len() <= 256 && is_plain(name, ALLOWED)) {
        return Some(written.to_owned());
    }
    let message = format!(
        "{} is neither the name of a bus nor its ARN",
        quote(written)
    );
    let hint = "write one such as `\"arn:aws:events:us-east-1:111122223333:event-bus/audit\"`";
    problems.push(place.error(message).hint(hint.to_owned()));
    None
}

fn hook(what: &'static str, place: &Place<'_>, problems: &mut Problems) -> Option<SecretRef> {
    let mut fields = Fields::of(what, place, problems)?;
    let webhook = fields.required_or("webhook", SECRET_HINT, secret);
    fields.finish();
    webhook
}

fn pagerduty(place: &Place<'_>, problems: &mut Problems) -> Option<Channel> {
    let mut fields = Fields::of("`pagerduty`", place, problems)?;
    let routing_key = fields.required_or("routing_key", SECRET_HINT, secret);
    let region = fields.defaulted("region", word);
    fields.finish();
    Some(Channel::Pagerduty {
        routing_key: routing_key?,
        region,
    })
}

fn webhook(place: &Place<'_>, problems: &mut Problems) -> Option<Channel> {
    let mut fields = Fields::of("`webhook`", place, problems)?;
    let url = fields.required_or("url", "write its address, `https://...`", address);
    let signing_key = fields.required_or("signing_key", SECRET_HINT, secret);
    fields.finish();
    Some(Channel::Webhook {
        url: url?,
        signing_key: signing_key?,
    })
}

const SECRET_HINT: &str = "name a secret of Secrets Manager: `{ secret: NAME }`";

fn secret(place: &Place<'_>, problems: &mut Problems) -> Option<SecretRef> {
    if let Value::String(_) = place.node.value {
        // Not repeated: it may be the secret itself.
        let problem = place.error("text where the name of a secret is wanted");
        problems.push(problem.hint(format!("{SECRET_HINT}; the value itself is for no plan")));
        return None;
    }
    let mut fields = Fields::of("where a secret is", place, problems)?;
    let name = fields.required("secret", text_up_to(SECRET_CHARACTERS_MAX));
    let key = fields.optional("key", text_up_to(KEY_CHARACTERS_MAX));
    fields.finish();
    Some(SecretRef { secret: name?, key })
}

fn address(place: &Place<'_>, problems: &mut Problems) -> Option<String> {
    let written = text_up_to(ADDRESS_CHARACTERS_MAX)(place, problems)?;
    let hint = "write one such as `https://hooks.example/sluice`";
    let wrong = match Url::parse(&written) {
        Err(error) => format!("{} is not an address: {error}", quote(&written)),
        Ok(url) if url.scheme() == "http" => {
            format!("{} is not encrypted: `https` is wanted", quote(&written))
        }
        Ok(url) if url.scheme() != "https" => format!("{} is not `https`", quote(&written)),
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            "has a user or a password in it, and a plan is no place for one".to_owned()
        }
        Ok(_) => return Some(written),
    };
    problems.push(place.error(wrong).hint(hint.to_owned()));
    None
}

/// What an ARN of a service names, in any partition.
fn arn<'t>(text: &'t str, service: &str) -> Option<&'t str> {
    let mut parts = text.strip_prefix("arn:aws")?.splitn(5, ':');
    let partition = parts.next()?;
    let own = parts.next()?;
    let (region, account, name) = (parts.next()?, parts.next()?, parts.next()?);
    let is_word = |text: &str| {
        text.bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    (own == service && is_word(partition) && is_word(region) && !region.is_empty() && is_account)
        .then_some(name)
}

fn is_plain(name: &str, besides: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || besides.contains(c);
    !name.is_empty() && name.chars().all(is_plain)
}
