//! Tokens of jobs: the first one, the same one again, and whether one fits.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sluice_aws::Context;
use sluice_core::GateError;
use sluice_core::settings::Mode;
use sluice_core::token::{Subject, TOKEN_CHARACTERS_MAX, Token};

use crate::Host;
use crate::job::Job;
use crate::parameters::Parameters;
use crate::plan::only_watches;

/// CodePipeline ends a Lambda action 24 h after its start. An hour of that is
/// kept, and the start lies before the first look by what an event may take.
const HOST_ENDS_AFTER: SignedDuration = SignedDuration::from_mins(23 * 60 - 5);
/// How long before that end an answer for good is due, at least.
const LAST_CHANCE_BEFORE: SignedDuration = SignedDuration::from_mins(10);

/// How long a gate may try to begin while AWS is unwell.
pub(crate) const BEGIN_WITHIN: SignedDuration = SignedDuration::from_mins(15);

/// Whether a gate that sees nothing has had its time: its own, and at least
/// what it has to begin.
pub(crate) fn is_over(token: &Token, now: Timestamp) -> bool {
    now >= token.until.unwrap_or(token.first + BEGIN_WITHIN)
}

/// When CodePipeline ends the action of this token for good, or the state
/// machine its task.
pub(crate) fn host_ends(token: &Token) -> Timestamp {
    token.host_ends.unwrap_or(token.first + HOST_ENDS_AFTER)
}

/// Whether the next look may come too late.
pub(crate) fn last_chance(token: &Token, now: Timestamp) -> bool {
    let gap = SignedDuration::from_secs(i64::from(token.longest_gap_seconds)) * 2;
    now + gap.max(LAST_CHANCE_BEFORE) > host_ends(token)
}

/// The token with which a job that decided nothing goes on, if it fits.
pub(crate) fn goes_on(raw: &Value, job_id: &str, now: Timestamp, host: &Host) -> Option<Token> {
    same_again(raw, job_id, now).and_then(|token| fitting(token, host).ok())
}

/// The same token after this look.
pub(crate) fn same_again(raw: &Value, job_id: &str, now: Timestamp) -> Option<Token> {
    let job = Job::read(raw).ok()?;
    let parameters = Parameters::read(job.user_parameters()).ok()?;
    let subject = subject(&parameters, None);
    match &job.data.continuation_token {
        Some(text) => Token::read_to_hand_on(text, now)
            .ok()
            .map(|token| token.looked(now)),
        None => Some(first(&parameters, subject, (job_id, &job), now)),
    }
}

/// The token of a first look.
pub(crate) fn first(
    parameters: &Parameters,
    subject: Subject,
    (job_id, job): (&str, &Job),
    now: Timestamp,
) -> Token {
    let mut token = Token::first(subject, job_id, now);
    token.watch_only = only_watches(parameters);
    token.host_ends = job.task.as_ref().map(|task| task.ends(now));
    token
}

/// The mode as far as a token knows it.
pub(crate) fn mode(token: &Token) -> Mode {
    if token.watch_only {
        Mode::WatchOnly
    } else {
        Mode::Enforce
    }
}

pub(crate) fn subject(parameters: &Parameters, context: Option<&Context>) -> Subject {
    let or = |own: &Option<String>, other: Option<&String>| {
        own.clone()
            .or_else(|| other.cloned())
            .unwrap_or_else(|| "unknown".to_owned())
    };
    Subject {
        release: or(&parameters.release, context.map(|c| &c.release)),
        stage: or(&parameters.stage, context.map(|c| &c.stage)),
        gate: parameters.gate.clone(),
    }
}

/// The token as CodePipeline would keep it. One that is too long would be
/// refused, and the job then hang.
pub(crate) fn fitting(mut token: Token, host: &Host) -> Result<Token, GateError> {
    if !token.fits() {
        token.shown = None;
    }
    if !token.fits() {
        // Only the gate that it is of can read its memory.
        for gate in &host.gates {
            token.memory = gate.shorten(&token.memory);
        }
    }
    if token.fits() {
        return Ok(token);
    }
    let characters = token.write().chars().count();
    Err(GateError::TokenInvalid {
        detail: format!(
            "the next one would have {characters} characters, and CodePipeline keeps {TOKEN_CHARACTERS_MAX}"
        ),
    })
}
