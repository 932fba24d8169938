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
    /// Every deciding metric of the new version is proven within its tolerance.
    CanarySafe,
    /// The new version is proven worse than its tolerance.
    CanaryWorse,
    /// The new version stopped reporting what it has to report.
    CanarySilent,
    /// The requests did not reach the two versions in the configured shares.
    TrafficSplitOff,
    /// The data were there, and prove nothing either way.
    Undecided,
    /// The same, and the settings accept what the interval leaves open.
    AcceptedNotProven,
    /// A deciding metric was reported by neither version: no requests, or no
    /// such series.
    NothingReported,
    /// A deciding metric was never reported by the new version.
    NoCanaryData,
    /// A deciding metric was never reported by the old version.
    NoBaselineData,
    /// In most periods a percentile had too few samples behind it.
    TooFewSamples,
    /// A deciding metric had data of both versions in too few periods.
    TooLittleData,
    /// The metrics could not be read as a whole.
    MetricsUnknown,
    /// The release is a rollback, which this gate does not judge.
    SkippedRollback,
    /// Every required test passed.
    TestsPassed,
    /// A required test failed.
    TestFailed,
    /// It could not be told what a required test gives.
    TestUnknown,
    /// A required test had not ended when the gate's time was over.
    TestNotEnded,
    /// Nothing could be told of any required test, or there is none.
    NothingTested,
    /// The release is being stopped.
    ReleaseStopping,
    /// Another release took this one's place.
    ReleaseReplaced,
    /// The release is no longer in progress.
    ReleaseAbandoned,
    /// Another gate of the stage said stop, and the plan lets the others end
    /// then.
    StoppedBySibling,
}

impl ReasonCode {
    /// Whether nothing at all is known of something that has to be known. No
    /// line in a plan accepts that.
    pub const fn knows_nothing(self) -> bool {
        matches!(
            self,
            ReasonCode::NothingKnown
                | ReasonCode::NothingReported
                | ReasonCode::NoCanaryData
                | ReasonCode::NoBaselineData
                | ReasonCode::MetricsUnknown
                | ReasonCode::NothingTested
        )
    }

    /// Whether the gate's own settings let an undecided release go on: that
    /// bound was kept, or a rollback is not theirs to judge.
    pub const fn is_accepted(self) -> bool {
        matches!(
            self,
            ReasonCode::AcceptedNotProven | ReasonCode::SkippedRollback
        )
    }

    /// Whether the gate ended without a judgement, whatever the readings say:
    /// the release itself is over, or its stage is decided.
    pub const fn is_about_the_release(self) -> bool {
        self.ends_the_release() || matches!(self, ReasonCode::StoppedBySibling)
    }

    /// Whether there is no release left to hold back.
    pub const fn ends_the_release(self) -> bool {
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
