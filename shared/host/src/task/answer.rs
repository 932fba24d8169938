//! What a gate's function returns to a state machine: small, whatever the gate
//! saw. The evidence itself is in the bucket.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use sluice_core::GateError;
use sluice_core::evidence::Evidence;
use sluice_core::notices::READINGS_MAX;
use sluice_core::token::Token;
use sluice_core::verdict::{DecidedBy, Outcome, Verdict};

use crate::answer::Said;
use crate::answer::reason_word;
use crate::message::Kept;
use crate::shown::{bytes_as_json, cut, readings};

/// Bytes of an answer as JSON. All answers of a stage's 20 gates have to fit
/// into the 256 KiB that a state of Step Functions may pass on, several times.
pub const TASK_ANSWER_BYTES_MAX: usize = 8 * 1024;
/// Bytes of the reason, as JSON.
const REASON_BYTES_MAX: usize = 1024;
/// Bytes of a line for people, as JSON.
const LINE_BYTES_MAX: usize = 400;
/// Bytes of what is carried over, as JSON: a token of 2048 characters, most
/// of whose quotes are written as two.
const MEMORY_BYTES_MAX: usize = 6 * 1024;
/// Bytes of one of them, as JSON.
const READING_BYTES_MAX: usize = 240;

/// What one look of a task gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskLook {
    /// The verdict `pass`.
    Pass,
    /// The verdict `fail`.
    Fail,
    /// The verdict `inconclusive`.
    Inconclusive,
    /// The gate could not answer, and lets the release go on all the same:
    /// it only watches, or there is a waiver.
    Error,
    /// The gate needs another look.
    Again,
}

impl From<Verdict> for TaskLook {
    fn from(verdict: Verdict) -> TaskLook {
        match verdict {
            Verdict::Pass => TaskLook::Pass,
            Verdict::Fail => TaskLook::Fail,
            Verdict::Inconclusive => TaskLook::Inconclusive,
        }
    }
}

/// What a gate's function returns to a state machine, at most
/// [`TASK_ANSWER_BYTES_MAX`] as JSON. Every field is always there.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TaskAnswer {
    /// What the look gave.
    pub look: TaskLook,
    /// What the state machine is told, once there is an end.
    pub outcome: Option<Outcome>,
    /// What that rests on.
    pub decided_by: Option<DecidedBy>,
    /// The gate error's name, if the gate could not answer.
    pub error: Option<String>,
    /// Why, in one line for people.
    pub reason: String,
    /// The fixed word for it.
    pub code: Option<String>,
    /// Whether there is no release left to hold back: it is stopped, replaced
    /// or abandoned.
    pub release_over: bool,
    /// Whether the release is itself a rollback.
    pub rollback: bool,
    /// Before this moment a look has nothing new to see.
    pub not_before: Option<Timestamp>,
    /// How far the gate is, from 0 to 100.
    pub percent: u8,
    /// How far it is, in one line for people.
    pub line: String,
    /// What the next look is given.
    pub memory: Option<String>,
    /// Where the evidence is.
    pub evidence: Option<EvidencePlace>,
    /// The readings that decided, at most five lines.
    pub readings: Vec<String>,
}

/// Where evidence is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EvidencePlace {
    /// `s3://...`, or where it is in the log.
    pub uri: String,
    /// SHA-256 of it, in hexadecimal.
    pub sha256: String,
    /// Where people read it, if there is a page.
    pub page: Option<String>,
}

impl TaskAnswer {
    /// The gate goes on.
    ///
    /// # Errors
    ///
    /// What it carries over is too long.
    pub(super) fn again(token: &Token, percent: u8, line: &str) -> Result<TaskAnswer, GateError> {
        let memory = token.write();
        let bytes = bytes_as_json(&memory);
        if bytes > MEMORY_BYTES_MAX {
            let detail = format!(
                "the next one would have {bytes} bytes, and a state machine is given {MEMORY_BYTES_MAX}"
            );
            return Err(GateError::TokenInvalid { detail });
        }
        Ok(TaskAnswer {
            look: TaskLook::Again,
            outcome: None,
            decided_by: None,
            error: None,
            reason: String::new(),
            code: None,
            release_over: false,
            rollback: false,
            not_before: token.not_before,
            percent,
            line: cut(line, LINE_BYTES_MAX),
            memory: Some(memory),
            evidence: None,
            readings: Vec::new(),
        })
    }

    /// The gate ended.
    pub(super) fn ended(said: &Said, rollback: bool) -> TaskAnswer {
        let evidence = &said.evidence;
        let code = evidence.reason.as_ref().map(|reason| reason.code);
        let reason = cut(&reason(evidence), REASON_BYTES_MAX);
        TaskAnswer {
            look: evidence.verdict.map_or(TaskLook::Error, TaskLook::from),
            outcome: Some(evidence.decision.outcome),
            decided_by: Some(evidence.decision.decided_by),
            error: said.error.as_ref().map(|error| error.name().to_owned()),
            line: cut(&reason, LINE_BYTES_MAX),
            reason,
            code: Some(reason_word(evidence)),
            release_over: code.is_some_and(|code| code.ends_the_release()),
            rollback,
            not_before: None,
            percent: 100,
            memory: None,
            evidence: place(&said.kept),
            readings: readings(evidence, READINGS_MAX)
                .map(|line| cut(&line, READING_BYTES_MAX))
                .collect(),
        }
    }
}

/// Why, and what people have to know beside it.
fn reason(evidence: &Evidence) -> String {
    let why = match (&evidence.reason, &evidence.gate_error) {
        (Some(reason), _) => reason.to_string(),
        (None, Some((name, text))) => format!("{name}: {text}"),
        (None, None) => "the gate ended without a verdict".to_owned(),
    };
    match evidence.remarks.as_slice() {
        [] => why,
        remarks => format!("{why} (note: {})", remarks.join("; ")),
    }
}

fn place(kept: &Kept) -> Option<EvidencePlace> {
    let sha256 = match kept {
        Kept::Bucket { sha256, .. } | Kept::Log(sha256) => sha256.clone(),
        Kept::NotAtAll => return None,
    };
    Some(EvidencePlace {
        uri: kept.address(),
        sha256,
        page: kept.page().map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sluice_core::token::Subject;

    fn token(memory: &str) -> Token {
        let now = Timestamp::from_second(1_800_000_000).expect("in range");
        let mut token = Token::first(
            Subject::default(),
            "11111111-abcd-1111-abcd-111111abcdef",
            now,
        );
        token.not_before = Some(now);
        token.memory = serde_json::json!(memory);
        token
    }

    #[test]
    fn what_is_carried_over_and_does_not_fit_is_an_error() {
        let error = TaskAnswer::again(&token(&"\u{1}".repeat(2000)), 0, "x").expect_err("too long");
        assert_eq!(error.name(), "TokenInvalid");
    }

    proptest! {
        #[test]
        fn every_answer_that_goes_on_fits(memory in ".{0,2000}", line in ".{0,3000}") {
            if let Ok(answer) = TaskAnswer::again(&token(&memory), 50, &line) {
                let bytes = serde_json::to_vec(&answer).expect("JSON").len();
                prop_assert!(bytes <= TASK_ANSWER_BYTES_MAX, "{bytes}");
            }
        }
    }
}
