//! Whether an answer is one, and if not, why.

use clap::ValueEnum;
use sluice_core::Duration;
use sluice_core::settings::ALARMS_MAX;

/// A name of a service, pipeline, stage or artifact: what AWS takes for all.
pub(super) fn name(text: &str) -> Result<String, String> {
    let good = |letter: char| letter.is_ascii_alphanumeric() || ".@_-".contains(letter);
    if text.is_empty() || text.len() > 100 || !text.chars().all(good) {
        return Err("1 to 100 letters, digits, `.`, `@`, `_` or `-` are a name".to_owned());
    }
    Ok(text.to_owned())
}

/// The name of an API, a function or an alias, as it stands in dimensions.
pub(super) fn words(text: &str) -> Result<String, String> {
    let good = |letter: char| letter.is_ascii_graphic() || letter == ' ';
    if text.is_empty() || text.len() > 255 || !text.chars().all(good) {
        return Err("write its name, 1 to 255 characters".to_owned());
    }
    Ok(text.to_owned())
}

/// A function's name, which may be given as its ARN.
pub(super) fn function(text: &str) -> Result<String, String> {
    let own = text.split_once(":function:").map_or(text, |(_, own)| own);
    let own = own.split(':').next().unwrap_or(own);
    let good = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
    if own.is_empty() || own.len() > 64 || !own.chars().all(good) {
        return Err("1 to 64 letters, digits, `_` or `-` are the name of a function".to_owned());
    }
    Ok(own.to_owned())
}

/// Names of alarms, separated by commas.
pub(super) fn alarms(text: &str) -> Result<Vec<String>, String> {
    let names = text
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    alarm_names(names.map(str::to_owned).collect())
}

/// The same, one by one.
pub(super) fn alarm_names(names: Vec<String>) -> Result<Vec<String>, String> {
    let count = names.len();
    if !(1..=ALARMS_MAX).contains(&count) {
        return Err(format!("{count} alarms; it takes 1 to {ALARMS_MAX}"));
    }
    let bad = |name: &&String| {
        !(1..=255).contains(&name.chars().count()) || name.chars().any(char::is_control)
    };
    match names.iter().find(bad) {
        Some(name) => Err(format!("`{name}` is no name of an alarm")),
        None => Ok(names),
    }
}

/// A length that is not zero.
pub(super) fn length(text: &str) -> Result<Duration, String> {
    let length: Duration = text.parse().map_err(|error| format!("{error}"))?;
    if length == Duration::ZERO {
        return Err("it has to be longer than nothing".to_owned());
    }
    Ok(length)
}

/// A number from 1.
pub(super) fn count(text: &str) -> Result<u64, String> {
    let count = text.parse().ok().filter(|count| *count > 0);
    count.ok_or_else(|| "write a whole number from 1".to_owned())
}

/// A run order, with room for what comes after it.
pub(super) fn run_order(text: &str) -> Result<u32, String> {
    let order = text.parse().ok().filter(|order| (1..=900).contains(order));
    order.ok_or_else(|| "write a whole number from 1 to 900".to_owned())
}

/// The end of an ARN from this word on, as CloudWatch's dimensions have it.
fn end(text: &str, word: &str, what: &str) -> Result<String, String> {
    let end = text.find(&format!("{word}/")).map(|at| &text[at..]);
    let good = |end: &&str| {
        let parts: Vec<&str> = end.split('/').collect();
        let letters = |part: &&str| {
            !part.is_empty() && part.chars().all(|l| l.is_ascii_alphanumeric() || l == '-')
        };
        parts.len() == 3 && parts.iter().all(letters)
    };
    let end = end.filter(good).map(str::to_owned);
    end.ok_or_else(|| format!("write the ARN of the {what}, or its end: `{word}/NAME/ID`"))
}

/// A load balancer.
pub(super) fn load_balancer(text: &str) -> Result<String, String> {
    end(text, "app", "load balancer")
}

/// A target group.
pub(super) fn target_group(text: &str) -> Result<String, String> {
    end(text, "targetgroup", "target group")
}

/// A target group, or the load balancer as a whole.
pub(super) fn target_group_or_all(text: &str) -> Result<Option<String>, String> {
    match text {
        "all" => Ok(None),
        own => match target_group(own) {
            Ok(own) => Ok(Some(own)),
            Err(why) => Err(format!("{why}, or `all`")),
        },
    }
}

/// An address of HTTP.
pub(super) fn url(text: &str) -> Result<String, String> {
    let rest = (text.strip_prefix("https://")).or_else(|| text.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
    let plain = |text: &str| text.chars().all(|letter| letter.is_ascii_graphic());
    if host.is_none_or(str::is_empty) || !plain(text) || text.contains("{{") {
        return Err("write an address such as `https://checkout.example/health`".to_owned());
    }
    Ok(text.to_owned())
}

/// An account, or none.
pub(super) fn account(text: &str) -> Result<Option<String>, String> {
    let digits = text.len() == 12 && text.chars().all(|letter| letter.is_ascii_digit());
    match text {
        "none" => Ok(None),
        _ if digits => Ok(Some(text.to_owned())),
        _ => Err("write the 12 digits of the account, or `none`".to_owned()),
    }
}

/// A stack's name.
pub(super) fn stack(text: &str) -> Result<String, String> {
    let good = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let begins = text.starts_with(|letter: char| letter.is_ascii_alphabetic());
    if !begins || text.len() > 40 || !text.chars().all(good) {
        return Err("a letter, and up to 39 letters, digits or `-`".to_owned());
    }
    Ok(text.to_owned())
}

/// One of some words.
pub(super) fn word<T: ValueEnum>(text: &str) -> Result<T, String> {
    T::from_str(text, true).map_err(|_| format!("write one of {}", listed::<T>()))
}

/// Several of some words, separated by commas.
pub(super) fn several<T: ValueEnum>(text: &str) -> Result<Vec<T>, String> {
    text.split(',').map(|own| word(own.trim())).collect()
}

/// The words.
pub(super) fn listed<T: ValueEnum>() -> String {
    let all = T::value_variants().iter();
    let names = all.filter_map(|own| Some(own.to_possible_value()?.get_name().to_owned()));
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_gives_what_stands_in_dimensions() {
        let arn = "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/a-b/9f";
        assert_eq!(load_balancer(arn), Ok("app/a-b/9f".to_owned()));
        let arn = "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/t/0a";
        assert_eq!(target_group(arn), Ok("targetgroup/t/0a".to_owned()));
        assert_eq!(target_group_or_all("all"), Ok(None));
        let arn = "arn:aws:lambda:us-east-1:1:function:checkout:live";
        assert_eq!(function(arn), Ok("checkout".to_owned()));
        for bad in ["", "app/a", "net/a/9f", "app/a/", "app/a b/9", "app/a/9/c"] {
            assert!(load_balancer(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        for bad in ["", "a b", "a\"b", "ä", &"x".repeat(101)] {
            assert!(name(bad).is_err(), "{bad}");
        }
        for bad in [
            "checkout.example",
            "ftp://a",
            "https://",
            "https:///a",
            "https://a/ b",
        ] {
            assert!(url(bad).is_err(), "{bad}");
        }
        for bad in ["12345678901", "1234567890123", "no", ""] {
            assert!(account(bad).is_err(), "{bad}");
        }
        assert!(alarms(" , ").is_err() && alarms(&"a,".repeat(101)).is_err());
        assert!(count("0").is_err() && length("0s").is_err() && run_order("0").is_err());
        assert!(stack("1a").is_err() && stack("a_b").is_err());
    }
}
