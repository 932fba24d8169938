//! The kinds of faults, by which a run counts what occurred.

use serde::{Deserialize, Serialize};

/// A kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A call is refused: too many calls.
    Throttled,
    /// A call is refused: a failure of the service.
    ServerError,
    /// A call is never answered.
    TimedOut,
    /// The connection of a call is closed.
    Reset,
    /// A call is refused for lack of rights.
    Denied,
    /// The second half of an answer's bytes is missing.
    HalfBody,
    /// An answer that reads well, and says less than there is.
    PartialAnswer,
    /// An answer comes late, and in time.
    Slow,
    /// The call has its effect; the answer comes when nobody waits any more.
    AnswerLate,
    /// The call has its effect; the answer is lost.
    AnswerLost,
    /// The process is killed when it calls, before the effect.
    KilledBefore,
    /// The process is killed when it calls, after the effect.
    KilledAfter,
    /// The process panics in a call.
    Panicked,
    /// The process stands still from a call on, until Lambda kills it.
    Frozen,
    /// The process has a short life.
    OutOfTime,
    /// An event comes twice.
    EventDuplicated,
    /// An event comes late.
    EventDelayed,
    /// An event comes after that of a later job.
    EventReordered,
    /// An event never comes.
    EventLost,
    /// The functions' clock is ahead of AWS's.
    ClockAhead,
    /// It is behind.
    ClockBehind,
}

impl Kind {
    /// Those that befall a call.
    pub const OF_CALLS: [Kind; 14] = [
        Kind::Throttled,
        Kind::ServerError,
        Kind::TimedOut,
        Kind::Reset,
        Kind::Denied,
        Kind::HalfBody,
        Kind::PartialAnswer,
        Kind::Slow,
        Kind::AnswerLate,
        Kind::AnswerLost,
        Kind::KilledBefore,
        Kind::KilledAfter,
        Kind::Panicked,
        Kind::Frozen,
    ];

    /// Those that do not.
    pub const OTHERS: [Kind; 7] = [
        Kind::OutOfTime,
        Kind::EventDuplicated,
        Kind::EventDelayed,
        Kind::EventReordered,
        Kind::EventLost,
        Kind::ClockAhead,
        Kind::ClockBehind,
    ];

    /// All of them.
    pub fn all() -> impl Iterator<Item = Kind> {
        Kind::OF_CALLS.into_iter().chain(Kind::OTHERS)
    }

    /// Whether the process does not live to see the answer.
    pub fn ends_the_process(self) -> bool {
        matches!(
            self,
            Kind::KilledBefore | Kind::KilledAfter | Kind::Panicked | Kind::Frozen
        )
    }
}
