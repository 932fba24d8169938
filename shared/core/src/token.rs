//! The continuation token: what a look hands to the next one.
//!
//! Short readable JSON. CodePipeline keeps at most 2048 characters of it, and
//! gives it back with a new job. Nobody can write one who could not answer the
//! job himself, so it is not signed; but it begins with a sum over the rest, and
//! one that we cannot have written is an error, never a pass.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::error::GateError;

/// What CodePipeline keeps (its API's `ContinuationToken`).
pub const TOKEN_CHARACTERS_MAX: usize = 2048;

/// The form that this code writes and reads. A look of another form cannot be
/// continued.
const VERSION: u32 = 1;

/// What a token begins with; its sum and `",` follow.
const SUM_FIELD: &str = "{\"sum\":\"";

/// Characters of the sum: against accidents, not against people.
const SUM_CHARACTERS: usize = 16;

/// How far the clocks of two invocations may be apart.
const CLOCKS_APART: SignedDuration = SignedDuration::from_secs(120);

/// Which gate of which release a token, a record or a piece of evidence is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// The pipeline execution's id.
    pub release: String,
    /// The stage.
    pub stage: String,
    /// The gate's name.
    pub gate: String,
}

/// Where nobody could tell what it is about.
impl Default for Subject {
    fn default() -> Subject {
        let unknown = || "unknown".to_owned();
        Subject {
            release: unknown(),
            stage: unknown(),
            gate: unknown(),
        }
    }
}

/// What a look hands to the next one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Form of the token.
    v: u32,
    /// What it is about.
    #[serde(rename = "of")]
    pub subject: Subject,
    /// Job id of the first look, which names the attempt.
    pub attempt: String,
    /// The first look, by our clock.
    pub first: Timestamp,
    /// The last look, by our clock.
    pub last: Timestamp,
    /// The longest time between two looks so far, in seconds.
    #[serde(rename = "gap")]
    pub longest_gap_seconds: u32,
    /// Looks so far: for people who read logs, never taken for time.
    #[serde(default)]
    pub looks: u32,
    /// Before this moment a look has nothing new to see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// Whether the gate only watches, for looks that do not get as far as its
    /// settings.
    #[serde(rename = "watch", default, skip_serializing_if = "is_false")]
    pub watch_only: bool,
    /// When a gate that sees nothing has had its time; `None` as long as its
    /// settings are not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// When the host ends for good, where that does not follow from the first
    /// look.
    #[serde(rename = "ends", default, skip_serializing_if = "Option::is_none")]
    pub host_ends: Option<Timestamp>,
    /// What people were shown last: percent and line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<(u8, String)>,
    /// What was written down when the gate began; `None` as long as it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordRef>,
    /// The gate's own.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub memory: Value,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// Where to find what was written down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum RecordRef {
    /// In the evidence bucket.
    Stored {
        /// The object's key.
        key: String,
        /// SHA-256 of the object, in hexadecimal.
        sha256: String,
    },
    /// In the token itself, where there is no bucket.
    Inline(Value),
}

impl Token {
    /// The key of what was written down, where it is in the bucket.
    pub fn record_key(&self) -> Option<&str> {
        match self.record.as_ref()? {
            RecordRef::Stored { key, .. } => Some(key),
            RecordRef::Inline(_) => None,
        }
    }

    /// The token of a first look.
    pub fn first(subject: Subject, attempt: &str, now: Timestamp) -> Token {
        Token {
            v: VERSION,
            subject,
            attempt: attempt.to_owned(),
            first: now,
            last: now,
            longest_gap_seconds: 0,
            looks: 0,
            not_before: None,
            watch_only: false,
            until: None,
            host_ends: None,
            shown: None,
            record: None,
            memory: Value::Null,
        }
    }

    /// Reads a token that is to be continued at `now` for `subject`.
    pub fn read(text: &str, subject: &Subject, now: Timestamp) -> Result<Token, GateError> {
        Token::checked(text, Some(subject), now)
    }

    /// Reads a token that is only handed on: the look that goes on with it
    /// compares what it is about.
    pub fn read_to_hand_on(text: &str, now: Timestamp) -> Result<Token, GateError> {
        Token::checked(text, None, now)
    }

    fn checked(text: &str, subject: Option<&Subject>, now: Timestamp) -> Result<Token, GateError> {
        let refuse = |detail: String| Err(GateError::TokenInvalid { detail });
        if text.chars().count() > TOKEN_CHARACTERS_MAX {
            return refuse(format!(
                "it has more than {TOKEN_CHARACTERS_MAX} characters"
            ));
        }
        let (sum, text) = split(text);
        let text = text.as_str();
        // The version first: a later form may not parse as this one.
        let version = serde_json::from_str::<Value>(text)
            .ok()
            .and_then(|value| value.get("v")?.as_u64());
        match version {
            Some(version) if version == u64::from(VERSION) => {}
            Some(version) => {
                return refuse(format!(
                    "it has form {version}, and this function reads form {VERSION}"
                ));
            }
            None => return refuse("it is not a token of Sluice".to_owned()),
        }
        let token: Token = match serde_json::from_str(text) {
            Ok(token) => token,
            Err(error) => return refuse(format!("it is not a token of Sluice: {error}")),
        };
        if let Some(subject) = subject.filter(|subject| **subject != token.subject) {
            return refuse(format!(
                "it is of gate `{}` of stage `{}` of release `{}`, and this job is of gate `{}` of stage `{}` of release `{}`",
                token.subject.gate,
                token.subject.stage,
                token.subject.release,
                subject.gate,
                subject.stage,
                subject.release
            ));
        }
        if !is_job_id(&token.attempt) {
            return refuse("its `attempt` is no job id".to_owned());
        }
        if token.last > now + CLOCKS_APART || token.first > token.last {
            return refuse(format!(
                "it is from the future: its last look was at {}, and now is {now}",
                token.last
            ));
        }
        // Last, so that whatever else is wrong with it is said first.
        if sum != Some(sum_of(text)) {
            return refuse("it was changed on its way: its sum is another".to_owned());
        }
        Ok(token)
    }

    /// The same token after a look at `now`.
    pub fn looked(mut self, now: Timestamp) -> Token {
        let gap = crate::Duration::from_signed(now.duration_since(self.last)).as_seconds();
        self.longest_gap_seconds = self.longest_gap_seconds.max(gap);
        self.last = self.last.max(now);
        self.looks = self.looks.saturating_add(1);
        self
    }

    /// The token's text.
    pub fn write(&self) -> String {
        let text =
            serde_json::to_string(self).expect("a token has no map with keys that are not strings");
        format!("{SUM_FIELD}{}\",{}", sum_of(&text), &text[1..])
    }

    /// Whether CodePipeline would keep its text.
    pub fn fits(&self) -> bool {
        self.write().chars().count() <= TOKEN_CHARACTERS_MAX
    }
}

/// A token's sum, and its text as it was without.
fn split(text: &str) -> (Option<String>, String) {
    let parts = text
        .strip_prefix(SUM_FIELD)
        .and_then(|rest| rest.split_at_checked(SUM_CHARACTERS))
        .and_then(|(sum, rest)| Some((sum, rest.strip_prefix("\",")?)));
    match parts {
        Some((sum, rest)) => (Some(sum.to_owned()), format!("{{{rest}")),
        None => (None, text.to_owned()),
    }
}

fn sum_of(text: &str) -> String {
    let mut sum = sha256(text.as_bytes());
    sum.truncate(SUM_CHARACTERS);
    sum
}

/// Whether a text is a job id as CodePipeline writes it: a UUID in lower case.
pub fn is_job_id(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

/// An id in the form of a job id that follows from these parts, so that the
/// same parts give the same id.
pub fn derived_id(parts: &[&str]) -> String {
    // Lengths keep `ab`, `c` and `a`, `bc` apart.
    let text: String = parts
        .iter()
        .map(|part| format!("{}:{part};", part.len()))
        .collect();
    let digits = sha256(text.as_bytes());
    let groups = [
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..32],
    ];
    groups.join("-")
}

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject() -> Subject {
        Subject {
            release: "r-1".to_owned(),
            stage: "prod".to_owned(),
            gate: "bake".to_owned(),
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("in range")
    }

    fn token() -> Token {
        Token::first(subject(), "11111111-abcd-1111-abcd-111111abcdef", at(0))
    }

    #[track_caller]
    fn check_refused(text: &str, now: Timestamp, expected: &str) {
        let error = Token::read(text, &subject(), now).expect_err("the token should be refused");
        assert!(error.to_string().contains(expected), "{error}");
    }

    #[test]
    fn a_token_reads_back() {
        let token = token().looked(at(45));
        assert_eq!(Token::read(&token.write(), &subject(), at(60)), Ok(token));
    }

    #[test]
    fn the_longest_gap_is_kept() {
        let token = token().looked(at(45)).looked(at(50)).looked(at(600));
        assert_eq!(token.longest_gap_seconds, 550);
        assert_eq!(token.looked(at(601)).longest_gap_seconds, 550);
    }

    #[test]
    fn a_token_from_the_future_is_refused() {
        check_refused(
            &token().looked(at(1000)).write(),
            at(500),
            "from the future",
        );
    }

    #[test]
    fn a_token_of_another_release_is_refused() {
        let text = token().write().replace("r-1", "r-2");
        check_refused(&text, at(10), "of release `r-2`");
    }

    #[test]
    fn a_token_of_another_form_is_refused_by_its_number() {
        check_refused(r#"{"v":2,"later":true}"#, at(10), "form 2");
    }

    #[test]
    fn a_token_in_which_anything_was_changed_is_refused() {
        let text = token().looked(at(45)).write();
        let changed = text.replace("\"gap\":45", "\"gap\":46");
        check_refused(&changed, at(60), "changed on its way");
        let without = text.replacen(&text[..SUM_FIELD.len() + SUM_CHARACTERS + 2], "{", 1);
        check_refused(&without, at(60), "changed on its way");
        check_refused(&format!("{text} "), at(60), "changed on its way");
    }

    #[test]
    fn a_derived_id_is_a_job_id_and_keeps_parts_apart() {
        let id = derived_id(&["ab", "c"]);
        assert!(is_job_id(&id), "{id}");
        assert_eq!(id, derived_id(&["ab", "c"]));
        assert_ne!(id, derived_id(&["a", "bc"]));
        assert_ne!(id, derived_id(&["abc"]));
    }

    #[test]
    fn what_is_no_token_is_refused() {
        for text in [
            "",
            "null",
            "{}",
            "[1]",
            "{\"v\":1}",
            "previous_job_id",
            "{\"v\":\"1\"}",
        ] {
            check_refused(text, at(10), "not a token of Sluice");
        }
        let unknown_field = token().write().replacen('{', "{\"pass\":true,", 1);
        check_refused(&unknown_field, at(10), "unknown field `pass`");
    }
}
