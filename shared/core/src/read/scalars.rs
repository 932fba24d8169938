//! Readers of single values: text, names, lengths of time, numbers, words.

use std::fmt;

use serde::de::{DeserializeOwned, IntoDeserializer, value::StrDeserializer};

use crate::Duration;
use crate::duration::DurationError;
use crate::fields::Place;
use crate::problems::Problems;
use crate::tree::Value;
use crate::words::{closest, quote, quote_all};

/// Text as it is written.
pub(crate) fn text<'a>(place: &Place<'a>, problems: &mut Problems) -> Option<&'a str> {
    match &place.node.value {
        Value::String(text) => return Some(text),
        Value::Number(number) => {
            let hint = format!("put it in quotes: `\"{}\"`", number.text);
            problems.push(place.wrong_kind("text").hint(hint));
        }
        Value::Bool(value) => {
            let hint = format!("put it in quotes: `\"{value}\"`");
            problems.push(place.wrong_kind("text").hint(hint));
        }
        _ => problems.push(place.wrong_kind("text")),
    }
    None
}

/// Text of 1 to so many characters, none of them a control character.
pub(crate) fn text_up_to<'a>(
    length_max: usize,
) -> impl Fn(&Place<'a>, &mut Problems) -> Option<String> {
    move |place, problems| {
        let text = text(place, problems)?;
        let length = text.chars().count();
        let message = if length == 0 {
            "is empty".to_owned()
        } else if length > length_max {
            format!("has {length} characters, and at most {length_max} are allowed")
        } else if text.chars().any(char::is_control) {
            format!("{} has a control character in it", quote(text))
        } else if text.trim() != text {
            format!("{} begins or ends with a space", quote(text))
        } else {
            return Some(text.to_owned());
        };
        problems.push(place.error(message));
        None
    }
}

/// Whether a text can name a service, stage, action or gate: what CodePipeline
/// allows for the names of stages and actions.
pub fn is_name(text: &str) -> bool {
    (1..=100).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'@' | b'_' | b'-'))
}

/// What a name may be, for hints.
pub const NAME_HINT: &str =
    "1 to 100 letters, digits, `.`, `@`, `_` and `-`, as CodePipeline allows";

/// A name of a service, stage, action or gate.
pub(crate) fn name_like(place: &Place<'_>, problems: &mut Problems) -> Option<String> {
    let text = text(place, problems)?;
    if is_name(text) {
        return Some(text.to_owned());
    }
    let message = format!("{} is not a name", quote(text));
    problems.push(place.error(message).hint(NAME_HINT.to_owned()));
    None
}

/// Whether a text looks like a region: `eu-west-1`, `us-gov-east-1`.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [first, middle @ .., last] = parts.as_slice() else {
        return false;
    };
    let is_word = |part: &str| part.bytes().all(|b| b.is_ascii_lowercase());
    (2..=4).contains(&first.len())
        && is_word(first)
        && (1..=3).contains(&middle.len())
        && middle
            .iter()
            .all(|part| (2..=12).contains(&part.len()) && is_word(part))
        && (1..=2).contains(&last.len())
        && last.bytes().all(|b| b.is_ascii_digit())
}

/// A region of AWS.
pub(crate) fn region(place: &Place<'_>, problems: &mut Problems) -> Option<String> {
    let text = text(place, problems)?;
    if is_region(text) {
        return Some(text.to_owned());
    }
    let message = format!("{} is not a region", quote(text));
    problems.push(
        place
            .error(message)
            .hint("write one such as `eu-west-1`".to_owned()),
    );
    None
}

/// Whether a text is the ARN of an IAM role, in any partition.
fn is_role(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("arn:aws") else {
        return false;
    };
    let Some((partition, rest)) = rest.split_once(":iam::") else {
        return false;
    };
    let Some((account, name)) = rest.split_once(":role/") else {
        return false;
    };
    partition
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b == b'-')
        && account.len() == 12
        && account.bytes().all(|b| b.is_ascii_digit())
        && (1..=576).contains(&name.len())
        && !name.ends_with('/')
        && name.bytes().all(|b| b.is_ascii_graphic())
}

/// The ARN of an IAM role.
pub(crate) fn role(place: &Place<'_>, problems: &mut Problems) -> Option<String> {
    let text = text(place, problems)?;
    if is_role(text) {
        return Some(text.to_owned());
    }
    let message = format!("{} is not the ARN of an IAM role", quote(text));
    problems.push(
        place
            .error(message)
            .hint("write one such as `\"arn:aws:iam::111122223333:role/sluice/read\"`".to_owned()),
    );
    None
}

/// A length of time.
pub(crate) fn duration(place: &Place<'_>, problems: &mut Problems) -> Option<Duration> {
    let text = match &place.node.value {
        Value::String(text) => text,
        Value::Number(number) => &number.text,
        _ => {
            problems.push(
                place
                    .wrong_kind("a length of time")
                    .hint(LENGTHS_HINT.to_owned()),
            );
            return None;
        }
    };
    let error = match text.parse::<Duration>() {
        Ok(length) => return Some(length),
        Err(error) => error,
    };
    let shown = quote(text);
    let trimmed = text.trim();
    let (message, hint) = match error {
        DurationError::NoUnit(_) => (
            format!("{shown} has no unit"),
            format!("write `{trimmed}s`, `{trimmed}m` or `{trimmed}h`"),
        ),
        DurationError::Negative(_) => (
            format!("{shown} is negative"),
            match trimmed.strip_prefix('-') {
                Some(positive) => format!("write `{positive}`"),
                None => LENGTHS_HINT.to_owned(),
            },
        ),
        DurationError::Fraction(_) => (
            format!("{shown} is not a whole number of seconds"),
            LENGTHS_HINT.to_owned(),
        ),
        DurationError::TooLong(_) => (
            format!("{shown} is longer than anything can be waited for"),
            LENGTHS_HINT.to_owned(),
        ),
        DurationError::Unreadable(_) => (
            format!("{shown} is not a length of time"),
            match days(trimmed) {
                Some(hours) => format!("write days as hours: `{hours}h`"),
                None => LENGTHS_HINT.to_owned(),
            },
        ),
    };
    problems.push(place.error(message).hint(hint));
    None
}

const LENGTHS_HINT: &str = "write a length such as `90s`, `30m`, `12h` or `1h30m`";

fn days(text: &str) -> Option<u32> {
    let number = text.strip_suffix('d')?.trim_end();
    number.parse::<u32>().ok()?.checked_mul(24)
}

/// A whole number of at least 1.
pub(crate) fn count(place: &Place<'_>, problems: &mut Problems) -> Option<u64> {
    let problem = match &place.node.value {
        Value::Number(number) => match number.integer {
            Some(integer @ 1..) => return u64::try_from(integer).ok(),
            Some(_) => place.error(format!("{} is less than 1", quote(&number.text))),
            None => place.error(format!("{} is not a whole number", quote(&number.text))),
        },
        _ => place.wrong_kind("a whole number"),
    };
    problems.push(problem.hint("write a whole number of at least 1, such as `100`".to_owned()));
    None
}

/// A number in the words of `read`: a text with its sign, or a plain number.
pub(crate) fn number_with<'a, T>(
    what: &'static str,
    hint: &'static str,
    read: fn(&str) -> Option<T>,
) -> impl FnOnce(&Place<'a>, &mut Problems) -> Option<T> {
    move |place, problems| {
        let text = match &place.node.value {
            Value::String(text) => text,
            Value::Number(number) => &number.text,
            _ => {
                problems.push(place.wrong_kind(what).hint(hint.to_owned()));
                return None;
            }
        };
        let number = read(text);
        if number.is_none() {
            let message = format!("{} is not {what}", quote(text));
            problems.push(place.error(message).hint(hint.to_owned()));
        }
        number
    }
}

/// `true` or `false`.
pub(crate) fn flag(place: &Place<'_>, problems: &mut Problems) -> Option<bool> {
    match place.node.value {
        Value::Bool(value) => Some(value),
        _ => {
            problems.push(place.wrong_kind("`true` or `false`"));
            None
        }
    }
}

/// One of the words of an enum. The words are serde's, so there is no second
/// list of them.
pub(crate) fn word<T: DeserializeOwned>(place: &Place<'_>, problems: &mut Problems) -> Option<T> {
    let written = match &place.node.value {
        Value::String(text) => text.as_str(),
        Value::Bool(true) => "true",
        Value::Bool(false) => "false",
        _ => "",
    };
    let from: StrDeserializer<'_, NotAWord> = written.into_deserializer();
    let allowed = match T::deserialize(from) {
        Ok(word) => return Some(word),
        Err(NotAWord { allowed }) => allowed,
    };
    let problem = match &place.node.value {
        Value::String(text) => place.error(format!("{} is not allowed here", quote(text))),
        _ => place.wrong_kind("a word"),
    };
    let hint = match closest(written, allowed) {
        Some(guess) => format!("did you mean `{guess}`? allowed are {}", quote_all(allowed)),
        None => format!("allowed are {}", quote_all(allowed)),
    };
    problems.push(problem.hint(hint));
    None
}

/// What serde says about a word that an enum does not have.
#[derive(Debug)]
struct NotAWord {
    allowed: &'static [&'static str],
}

impl fmt::Display for NotAWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an allowed word")
    }
}

impl std::error::Error for NotAWord {}

impl serde::de::Error for NotAWord {
    fn custom<T: fmt::Display>(_: T) -> NotAWord {
        NotAWord { allowed: &[] }
    }

    fn unknown_variant(_: &str, allowed: &'static [&'static str]) -> NotAWord {
        NotAWord { allowed }
    }
}

/// Reports the items of a list that are there already. `name` says what the
/// item is, for the message.
pub(crate) fn no_twice<T: PartialEq>(
    items: &[T],
    place: &Place<'_>,
    problems: &mut Problems,
    name: impl Fn(&T) -> String,
) {
    let Value::List(nodes) = &place.node.value else {
        return;
    };
    for (index, (item, node)) in items.iter().zip(nodes).enumerate() {
        if items.iter().take(index).any(|earlier| earlier == item) {
            let message = format!("{} is listed twice", name(item));
            problems.push(
                place
                    .item(index, node)
                    .error(message)
                    .hint("remove one of the two".to_owned()),
            );
        }
    }
}
