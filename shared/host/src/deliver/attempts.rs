//! Sends a request until it is taken, refused, or out of time.

use http::HeaderMap;
use http::header::{LOCATION, RETRY_AFTER};
use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};
use sluice_aws::{Answer, Aws, Outside};
use sluice_gates::validate::Redactor;

use super::prepared::Prepared;
use super::{later, positive};

/// Bytes of an answer that are read: it is a word or a sentence.
const ANSWER_BYTES_MAX: usize = 4 * 1024;

/// A try is worth as much time at least.
const WORTH_A_TRY: SignedDuration = SignedDuration::from_millis(500);

/// A shorter part of an address is no secret.
const TELLING_PART: usize = 6;

/// No server is waited for longer than this.
const RETRY_AFTER_MAX: SignedDuration = SignedDuration::from_hours(24);

/// How often is tried, and how long is waited.
#[derive(Debug, Clone)]
pub struct Pace {
    /// Tries in place, the first one included.
    pub tries: u32,
    /// Before the second try; before each further one three times as long.
    pub wait: SignedDuration,
    /// The time of one try.
    pub try_max: SignedDuration,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace {
            tries: 3,
            wait: SignedDuration::from_secs(1),
            try_max: SignedDuration::from_secs(10),
        }
    }
}

/// What came of a request.
pub(super) enum Sent {
    /// It was taken.
    Taken,
    /// It was not, but may be.
    Later { why: String, not_before: Timestamp },
    /// The secret is not known there.
    Unknown { why: String },
    /// It will not be taken.
    Never { why: String },
}

/// What came of one try.
enum Came {
    Ended(Sent),
    /// Try again, after as long as the server says.
    Passing {
        why: String,
        after: Option<SignedDuration>,
    },
}

/// Sends a request, with some patience.
pub(super) async fn send(
    aws: &Aws,
    outside: &Outside,
    prepared: &Prepared,
    pace: &Pace,
    until: Timestamp,
) -> Sent {
    let mut wait = pace.wait;
    let mut tried = 0;
    loop {
        tried += 1;
        let (why, after) = match once(aws, outside, prepared, pace, until).await {
            Came::Ended(sent) => return sent,
            Came::Passing { why, after } => (why, after),
        };
        // Without jitter: a notice goes to a channel once, so that nobody
        // else waits for the same moment.
        let not_before = later(aws.now(), after.unwrap_or(wait));
        if tried >= pace.tries || later(not_before, WORTH_A_TRY) > until {
            return Sent::Later { why, not_before };
        }
        aws.pause(not_before.duration_since(aws.now())).await;
        wait = wait.saturating_mul(3);
    }
}

async fn once(
    aws: &Aws,
    outside: &Outside,
    prepared: &Prepared,
    pace: &Pace,
    until: Timestamp,
) -> Came {
    let now = aws.now();
    let whom = &prepared.whom;
    // A little is left for saying so.
    let left = until.duration_since(now) - WORTH_A_TRY / 2;
    let most = positive(left.min(pace.try_max));
    let sending = outside.send(prepared.request(now), ANSWER_BYTES_MAX);
    match tokio::time::timeout(most, sending).await {
        Ok(Ok(answer)) => understood(&answer, prepared, aws.now()),
        Ok(Err(unanswered)) if unanswered.may_pass() => Came::Passing {
            why: format!("{whom} cannot be told: {unanswered}"),
            after: None,
        },
        Ok(Err(unanswered)) => Came::Ended(Sent::Never {
            why: format!("{whom} cannot be told: {unanswered}"),
        }),
        Err(_) => Came::Passing {
            why: format!("{whom} gives no answer in time"),
            after: None,
        },
    }
}

fn understood(answer: &Answer, prepared: &Prepared, now: Timestamp) -> Came {
    let status = status(answer, prepared);
    let why = said(status, answer, prepared);
    match status {
        200..=299 => Came::Ended(Sent::Taken),
        300..=399 => Came::Ended(Sent::Never {
            why: format!("{why}{}, and no redirect is followed", leads_to(answer)),
        }),
        408 | 425 | 429 | 500.. => Came::Passing {
            why,
            after: retry_after(&answer.headers, now),
        },
        _ if prepared.unknown.contains(&status) => Came::Ended(Sent::Unknown { why }),
        _ => Came::Ended(Sent::Never { why }),
    }
}

/// The status. An older webhook of Teams says 200 with `... returned HTTP error
/// 429` in it.
fn status(answer: &Answer, prepared: &Prepared) -> u16 {
    const INSIDE: &str = "returned HTTP error ";
    let text = String::from_utf8_lossy(&answer.body);
    let inside = text.split_once(INSIDE).map(|(_, behind)| behind);
    let inside = inside.and_then(|behind| behind.get(..3)?.parse().ok());
    match inside {
        Some(inside) if prepared.refuses_inside && answer.status == 200 => inside,
        _ => answer.status,
    }
}

/// Who answers what, without the secret, should it come back.
fn said(status: u16, answer: &Answer, prepared: &Prepared) -> String {
    let redactor = redactor(prepared.secret.reveal());
    let text = redactor.show(String::from_utf8_lossy(&answer.body).trim());
    let text = if text.is_empty() {
        String::new()
    } else {
        format!(": `{text}`")
    };
    format!("{} answers {status}{text}", prepared.whom)
}

/// Knows a secret, and what an address that is one is made of: a server may
/// repeat the path alone.
fn redactor(secret: &str) -> Redactor {
    let mut redactor = Redactor::default();
    redactor.add(secret);
    let is_mark = |c: char| "/?&=#:%".contains(c) || c.is_whitespace();
    let parts = secret.split(is_mark);
    for part in parts.filter(|part| part.len() >= TELLING_PART) {
        redactor.add(part);
    }
    redactor
}

/// The host that a redirect leads to: the rest of it may be a secret.
fn leads_to(answer: &Answer) -> String {
    let location = answer.headers.get(LOCATION);
    let location = location.and_then(|own| own.to_str().ok());
    let to: Option<http::Uri> = location.and_then(|own| own.parse().ok());
    match to.as_ref().and_then(http::Uri::host) {
        Some(host) => format!(", a redirect to host `{host}`"),
        None => ", a redirect".to_owned(),
    }
}

/// How long the server wants to be left alone: seconds, or a date.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<SignedDuration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let length = match text.parse::<u32>() {
        Ok(seconds) => SignedDuration::from_secs(i64::from(seconds)),
        Err(_) => {
            let at = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
            at.duration_since(now)
        }
    };
    Some(length.clamp(SignedDuration::ZERO, RETRY_AFTER_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, expected: Option<i64>) {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, value.parse().unwrap());
        let now = "2026-03-03T10:00:00Z".parse().unwrap();
        let found = retry_after(&headers, now).map(|length| length.as_secs());
        assert_eq!(found, expected, "{value}");
    }

    #[test]
    fn a_server_says_in_seconds_or_by_a_date_how_long_to_wait() {
        check("30", Some(30));
        check(" 0 ", Some(0));
        check("Tue, 03 Mar 2026 10:00:20 GMT", Some(20));
        check("Tue, 03 Mar 2026 09:00:00 GMT", Some(0));
        check("4000000000", Some(86_400));
        check("99999999999999999999", None);
        check("-1", None);
        check("soon", None);
    }

    #[test]
    fn without_a_word_nothing_is_said() {
        assert_eq!(retry_after(&HeaderMap::new(), Timestamp::UNIX_EPOCH), None);
    }
}
