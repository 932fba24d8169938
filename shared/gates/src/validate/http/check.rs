//! Holds one answer to what is expected of it. Pure.

use jiff::{SignedDuration, Timestamp};
use sluice_core::milliseconds::Milliseconds;
use sluice_core::settings::{HttpExpectation, HttpStep, SizeMatch, StatusMatch, TextMatch};

use super::exchange::Seen;
use super::json::{check_json, check_schema, parsed};
use super::{BODY_BYTES_MAX, capture};
use crate::validate::Variables;
use crate::validate::expressions::regex;

/// What was seen instead of what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mismatch {
    /// What was looked at.
    pub(super) expectation: String,
    pub(super) got: String,
    pub(super) wanted: String,
}

/// Why an answer is not as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unmet {
    /// It is another.
    Mismatch(Mismatch),
    /// It cannot be told.
    Unknown(String),
}

pub(super) fn mismatch(
    expectation: impl Into<String>,
    got: impl Into<String>,
    wanted: impl Into<String>,
) -> Unmet {
    Unmet::Mismatch(Mismatch {
        expectation: expectation.into(),
        got: got.into(),
        wanted: wanted.into(),
    })
}

/// The captured values, if the answer is as expected.
pub(super) fn check(
    step: &HttpStep,
    seen: &Seen,
    variables: &Variables,
    now: Timestamp,
) -> Result<Vec<capture::Captured>, Unmet> {
    let expect = &step.expect;
    check_status(&expect.statuses(), seen)?;
    check_within(expect.within, seen)?;
    for (name, expected) in &expect.headers {
        check_header(name, expected, seen, variables)?;
    }
    check_redirect(expect, seen, variables)?;
    check_certificate(expect.certificate_days, seen, now)?;
    check_size(expect.size.as_ref(), seen)?;
    check_body(expect, seen, variables)?;
    capture::captured(step, seen)
}

fn check_status(statuses: &[StatusMatch], seen: &Seen) -> Result<(), Unmet> {
    let status = seen.answer.status;
    if statuses.iter().any(|own| own.fits(status)) {
        return Ok(());
    }
    let wanted: Vec<String> = statuses.iter().map(ToString::to_string).collect();
    let got = match (text(seen), &seen.redirects_to) {
        (_, Some(target)) => format!("{status}, a redirect to {target}"),
        (body, None) if body.trim().is_empty() => status.to_string(),
        (body, None) => format!("{status} with the body `{}`", body.trim()),
    };
    Err(mismatch("status", got, wanted.join(" or ")))
}

fn check_within(within: Option<Milliseconds>, seen: &Seen) -> Result<(), Unmet> {
    let Some(within) = within else {
        return Ok(());
    };
    let took = milliseconds(seen.took);
    if took <= within {
        return Ok(());
    }
    let wanted = format!("at most {within}");
    Err(mismatch("time", took.to_string(), wanted))
}

/// Rounded up: what took longer never counts as quick enough.
pub(super) fn milliseconds(took: std::time::Duration) -> Milliseconds {
    let rounded = took.as_micros().div_ceil(1000);
    Milliseconds(u32::try_from(rounded).unwrap_or(u32::MAX))
}

fn check_header(
    name: &str,
    expected: &TextMatch,
    seen: &Seen,
    variables: &Variables,
) -> Result<(), Unmet> {
    let values: Vec<String> = seen
        .answer
        .headers
        .get_all(name)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .collect();
    let what = format!("header `{name}`");
    let joined = (!values.is_empty()).then(|| values.join(", "));
    check_text(&what, expected, joined.as_deref(), variables)
}

fn check_redirect(
    expect: &HttpExpectation,
    seen: &Seen,
    variables: &Variables,
) -> Result<(), Unmet> {
    let Some(expected) = &expect.redirect else {
        return Ok(());
    };
    let target = seen.redirects_to.as_deref();
    check_text("redirect", expected, target, variables)
}

/// Holds a text, or that there is none, to what it has to be.
fn check_text(
    what: &str,
    expected: &TextMatch,
    got: Option<&str>,
    variables: &Variables,
) -> Result<(), Unmet> {
    let fill = |text: &str| {
        let filled = variables.fill(text, &mut Vec::new());
        filled.map_err(|error| Unmet::Unknown(error.to_string()))
    };
    let quoted = got.map_or("nothing".to_owned(), |text| format!("`{text}`"));
    match expected {
        TextMatch::Equals(wanted) => {
            let wanted = fill(wanted)?;
            if got == Some(wanted.as_str()) {
                return Ok(());
            }
            Err(mismatch(what, quoted, format!("`{wanted}`")))
        }
        TextMatch::By(rule) => {
            if let Some(exists) = rule.exists
                && exists != got.is_some()
            {
                let wanted = if exists { "anything" } else { "nothing" };
                return Err(mismatch(what, quoted, wanted));
            }
            if let Some(part) = &rule.contains {
                let part = fill(part)?;
                if !got.is_some_and(|text| text.contains(&part)) {
                    return Err(mismatch(what, quoted, format!("`{part}` in it")));
                }
            }
            if let Some(pattern) = &rule.matches {
                let regex = regex(pattern).map_err(Unmet::Unknown)?;
                if !got.is_some_and(|text| regex.is_match(text)) {
                    let wanted = format!("a match of `{pattern}`");
                    return Err(mismatch(what, quoted, wanted));
                }
            }
            Ok(())
        }
    }
}

const HOURS_OF_A_DAY: i64 = 24;

fn check_certificate(days: Option<u32>, seen: &Seen, now: Timestamp) -> Result<(), Unmet> {
    let Some(days) = days else {
        return Ok(());
    };
    let wanted = format!("at least {days} days");
    let Some(ends) = seen.answer.certificate_ends else {
        return Err(mismatch("certificate", "no certificate", wanted));
    };
    let left = ends.duration_since(now);
    if left >= SignedDuration::from_hours(i64::from(days) * HOURS_OF_A_DAY) {
        return Ok(());
    }
    let got = format!(
        "valid for {} days yet, until {}",
        left.as_hours() / HOURS_OF_A_DAY,
        ends.strftime("%Y-%m-%d %H:%M UTC")
    );
    Err(mismatch("certificate", got, wanted))
}

fn check_size(size: Option<&SizeMatch>, seen: &Seen) -> Result<(), Unmet> {
    let length = seen.answer.body.len() as u64;
    let cut = seen.answer.cut;
    let got = if cut {
        format!("more than {length} bytes")
    } else {
        format!("{length} bytes")
    };
    let Some(size) = size else {
        return Ok(());
    };
    if let Some(most) = size.at_most
        && (length > most || (cut && length >= most))
    {
        return Err(mismatch("size", got, format!("at most {most} bytes")));
    }
    if let Some(least) = size.at_least
        && length < least
        && !cut
    {
        return Err(mismatch("size", got, format!("at least {least} bytes")));
    }
    Ok(())
}

fn check_body(expect: &HttpExpectation, seen: &Seen, variables: &Variables) -> Result<(), Unmet> {
    if seen.answer.cut {
        return Err(Unmet::Unknown(format!(
            "the body has more than {BODY_BYTES_MAX} bytes, the most that is read; \
             ask for less, or use `head`"
        )));
    }
    if let Some(expected) = &expect.body {
        check_text("body", expected, Some(&text(seen)), variables)?;
    }
    if expect.json.is_empty() && expect.schema.is_none() {
        return Ok(());
    }
    let document = parsed(&seen.answer.body)?;
    for expected in &expect.json {
        check_json(expected, &document, variables)?;
    }
    match &expect.schema {
        Some(schema) => check_schema(schema, &document),
        None => Ok(()),
    }
}

/// The body as text.
pub(super) fn text(seen: &Seen) -> String {
    String::from_utf8_lossy(&seen.answer.body).into_owned()
}
