//! Why a gate says what it says, in a fixed word and one sentence for people.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The fixed words for reasons. They appear in evidence, in the output
/// variable `Reason` and in `docs/semantics.md`; renaming one is a breaking
/// change.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum ReasonCode {
    /// All alarms were known and quiet for long enough, under traffic.
    Quiet,
    /// An alarm fired in the bake.
    Fired,
    /// An alarm fired in the bake and was OK again, which is not accepted.
    FiredAndRecovered,
    /// An alarm fired between the start of the deployment and the first look.
    FiredDuringDeployment,
    /// An alarm whose first firing could have been accepted fired again.
    FiredTwice,
    /// An alarm fired and was not OK for long enough at the last read.
    NotRecovered,
    /// An alarm was in ALARM when the bake began.
    AlreadyInAlarm,
    /// An alarm had too little data, which the plan does not accept.
    InsufficientData,
    /// After a rollback an alarm stayed in ALARM, or fired.
    RollbackDidNotCure,
    /// Fewer requests than required.
    NotEnoughTraffic,
    /// The requests could not be counted.
    TrafficUnknown,
    /// An alarm was not known for long enough.
    AlarmNotKnown,
    /// An alarm's history is not known as a whole.
    HistoryUnknown,
    /// CloudWatch could not evaluate an alarm.
    EvaluationFailed,
    /// An alarm that was in ALARM when the bake began never was OK.
    StillInAlarm,
    /// No alarm was in a known state at any time.
    NothingKnown,
    /// The time was over before the bake could be.
    TimeOver,
    /// All alarms are OK, and have been for long enough.
    Clear,
    /// An alarm is in ALARM.
    InAlarm,
    /// An alarm has not been OK for long enough.
    NotQuietYet,
    /// The release is being stopped.
    ReleaseStopping,
    /// Another release took this one's place.
    ReleaseReplaced,
    /// The release is no longer in progress.
    ReleaseAbandoned,
}

impl ReasonCode {
    /// Whether the release itself is over, whatever the readings say.
    pub const fn is_about_the_release(self) -> bool {
        matches!(
            self,
            ReasonCode::ReleaseStopping
                | ReasonCode::ReleaseReplaced
                | ReasonCode::ReleaseAbandoned
        )
    }
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Why a gate says what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// The fixed word.
    pub code: ReasonCode,
    /// Which signal, and what was seen: a sentence without a full stop.
    pub seen: String,
    /// What was allowed or required.
    pub allowed: String,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.seen, self.allowed)
    }
}
