//! How this CodePipeline and its Lambda behave: times, limits, and a switch
//! for everything that AWS's documentation leaves open.
//!
//! A default is what is documented; where nothing is, the one that is harder
//! on a gate.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::random::Random;

/// How the simulated CodePipeline and Lambda behave.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Time from an answer with a continuation token to the next job.
    /// Not documented by AWS; default 30 s.
    pub look_every: Interval,
    /// Whether `GetJobDetails` answers for the jobs of Lambda actions.
    /// Not documented by AWS; default no.
    pub job_details: bool,
    /// A Lambda action that sends no reply for so long fails. Default 20 min.
    pub silence_limit: SignedDuration,
    /// From when silence counts for a continued action. Default the last reply.
    pub silence_from: SilenceFrom,
    /// An action that takes longer than this in all fails. Default 24 h.
    pub action_limit: SignedDuration,
    /// Lambda kills an invocation that runs longer. Default 120 s.
    pub function_timeout: SignedDuration,
    /// Waits before each of Lambda's retries of a failed invocation; as many
    /// retries as waits. Default 1 min, 2 min.
    pub retry_waits: Vec<SignedDuration>,
    /// The function that gets the record of an event whose attempts all
    /// failed (`OnFailure`). Default none.
    pub on_failure: Option<String>,
    /// Numbers of the events that arrive twice. CodePipeline's events are
    /// counted from 1.
    pub duplicate_events: BTreeSet<u64>,
    /// How long after the first the second copy arrives. Default 0 s, which
    /// runs both at the same time.
    pub duplicate_delay: SignedDuration,
    /// Where not that long after the first, by the event's number.
    pub duplicate_delays: BTreeMap<u64, SignedDuration>,
    /// Numbers of the events that arrive late, and how late.
    pub delay_events: BTreeMap<u64, SignedDuration>,
    /// Numbers of the events that never arrive. One that is also duplicated
    /// arrives once, late.
    pub lose_events: BTreeSet<u64>,
    /// What an answer to a job that was answered or timed out is told. Not
    /// documented by AWS; default `InvalidJobStateException`.
    pub closed_job: ClosedJob,
    /// What "length" means for strings beyond ASCII. Default characters, as
    /// in Smithy's specification.
    pub lengths: LengthUnit,
    /// Whether a rollback runs the stage's Lambda actions again, and not only
    /// its deployments. Not documented by AWS; default yes.
    pub rollback_runs_gates: bool,
    /// Whether a rollback says so in `executionType`. Default yes.
    pub rollback_type_shown: bool,
    /// Whether a stage that is running can be rolled back; the rollback then
    /// waits for the stage. Not documented by AWS; default no.
    pub rollback_while_running: bool,
    /// A custom action's job is seen by who polls only so long after it was
    /// made. Default 0 s.
    pub job_seen_after: SignedDuration,
    /// A job that was polled and never acknowledged is given out again so
    /// long after. Not documented by AWS; default never.
    pub dispatched_again_after: Option<SignedDuration>,
    /// Whether a job that is given out again keeps its nonce. Not documented
    /// by AWS; default no.
    pub nonce_stays: bool,
    /// In which order jobs are given out. Not documented by AWS; default drawn.
    pub dispatch_order: DispatchOrder,
    /// What a second `AcknowledgeJob` with the right nonce is told. Not
    /// documented by AWS; default `InvalidNonceException`.
    pub acknowledged_again: AcknowledgedAgain,
    /// Whether an answer to a job that nobody acknowledged is taken. Not
    /// documented by AWS; default no.
    pub answers_unacknowledged: bool,
    /// Whether `GetJobDetails` answers for a custom action's job that takes no
    /// more answers. Not documented by AWS; default no.
    pub closed_job_details: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            look_every: Interval::Fixed(SignedDuration::from_secs(30)),
            job_details: false,
            silence_limit: SignedDuration::from_mins(20),
            silence_from: SilenceFrom::LastReply,
            action_limit: SignedDuration::from_hours(24),
            function_timeout: SignedDuration::from_secs(120),
            retry_waits: vec![SignedDuration::from_mins(1), SignedDuration::from_mins(2)],
            on_failure: None,
            duplicate_events: BTreeSet::new(),
            duplicate_delay: SignedDuration::ZERO,
            duplicate_delays: BTreeMap::new(),
            delay_events: BTreeMap::new(),
            lose_events: BTreeSet::new(),
            closed_job: ClosedJob::InvalidState,
            lengths: LengthUnit::Characters,
            rollback_runs_gates: true,
            rollback_type_shown: true,
            rollback_while_running: false,
            job_seen_after: SignedDuration::ZERO,
            dispatched_again_after: None,
            nonce_stays: false,
            dispatch_order: DispatchOrder::Drawn,
            acknowledged_again: AcknowledgedAgain::InvalidNonce,
            answers_unacknowledged: false,
            closed_job_details: false,
        }
    }
}

/// Time between an answer with a token and the next job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interval {
    /// Always the same.
    Fixed(SignedDuration),
    /// Drawn anew each time, evenly on a logarithmic scale.
    Between {
        /// The shortest; longer than zero.
        from: SignedDuration,
        /// The longest.
        to: SignedDuration,
    },
}

impl Interval {
    /// One interval, in whole milliseconds.
    pub(super) fn draw(self, random: &mut Random) -> SignedDuration {
        match self {
            Interval::Fixed(interval) => interval,
            Interval::Between { from, to } => {
                let (low, high) = (from.as_secs_f64().max(0.001).ln(), to.as_secs_f64().ln());
                let seconds = (low + random.fraction() * (high - low)).exp();
                #[expect(clippy::cast_possible_truncation, reason = "saturates, and clamped")]
                let milliseconds = (seconds * 1000.0).round() as i64;
                SignedDuration::from_millis(milliseconds).clamp(from, to.max(from))
            }
        }
    }
}

/// From when the silence of a continued action counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SilenceFrom {
    /// From the last answer, so that a late next job has less time left.
    LastReply,
    /// From the creation of the next job.
    JobCreation,
}

/// What a job that takes no more answers answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClosedJob {
    /// `InvalidJobStateException`.
    InvalidState,
    /// `JobNotFoundException`.
    NotFound,
    /// That it is taken; it changes nothing.
    Taken,
}

/// In which order the jobs of custom actions are given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DispatchOrder {
    /// As they were made.
    OldestFirst,
    /// The other way round.
    NewestFirst,
    /// Another one each time.
    Drawn,
}

/// What is told to who acknowledges a job a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AcknowledgedAgain {
    /// That it is in progress, as the first time.
    InProgress,
    /// `InvalidNonceException`.
    InvalidNonce,
}

/// What the length of a string counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LengthUnit {
    /// Unicode scalar values.
    #[default]
    Characters,
    /// UTF-16 code units, as Java counts.
    Utf16,
    /// Bytes of UTF-8.
    Bytes,
}

impl LengthUnit {
    /// The length of `text` in this unit.
    pub(super) fn of(self, text: &str) -> usize {
        match self {
            LengthUnit::Characters => text.chars().count(),
            LengthUnit::Utf16 => text.encode_utf16().count(),
            LengthUnit::Bytes => text.len(),
        }
    }
}

/// Runs a function by name, as Lambda would, and gives what it returned.
/// Dropping the future kills it.
pub type Functions =
    Arc<dyn Fn(Invocation) -> BoxFuture<'static, Result<Value, FunctionError>> + Send + Sync>;

/// One run of a function.
#[derive(Debug, Clone, PartialEq)]
pub struct Invocation {
    /// The function's name.
    pub function: String,
    /// The payload.
    pub event: Value,
    /// The same for all attempts and copies of one event, as at AWS.
    pub request_id: String,
    /// When Lambda kills it.
    pub deadline: Timestamp,
    /// 1 for the first, counted for each copy of the event.
    pub attempt: u32,
}

/// A function ended without success: an error returned, a panic, a kill.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error_type}: {message}")]
pub struct FunctionError {
    /// Lambda's `errorType`, for instance `Runtime.ExitError`.
    pub error_type: String,
    /// Lambda's `errorMessage`.
    pub message: String,
}

/// What Lambda calls a function that is not there.
const NOT_FOUND: &str = "ResourceNotFoundException";

impl FunctionError {
    /// There is no function of this name. Who waits for it is refused; an
    /// event for it fails.
    pub fn not_found(function: &str) -> FunctionError {
        FunctionError {
            error_type: NOT_FOUND.to_owned(),
            message: format!("Function not found: {function}"),
        }
    }

    /// Whether it is that.
    pub fn is_not_found(&self) -> bool {
        self.error_type == NOT_FOUND
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_intervals_stay_within_their_bounds_and_differ() {
        let (from, to) = (SignedDuration::from_secs(5), SignedDuration::from_mins(15));
        let mut random = Random::from_seed(1);
        let drawn: Vec<_> = (0..1000)
            .map(|_| Interval::Between { from, to }.draw(&mut random))
            .collect();
        assert!(drawn.iter().all(|d| (from..=to).contains(d)));
        // Half of them below the geometric mean of 67 s.
        let short = drawn.iter().filter(|d| d.as_secs() < 67).count();
        assert!((400..600).contains(&short), "{short}");
    }
}
