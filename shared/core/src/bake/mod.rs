//! The rule of the bake gate: whether alarms stayed quiet for long enough
//! while people used what was deployed.
//!
//! In goes what was written down when the bake began ([`Begun`]), what was
//! read just now ([`Facts`]) and what was carried over ([`Memory`]); out comes
//! a [`Ruling`] and the memory for the next look. No clock, no AWS, no async.
//!
//! What a change here could break:
//!
//! * An alarm that fires in the bake fails it at the next look, also when it
//!   fired and recovered between two looks.
//! * A pass needs a last read after `for` + settle, with the whole history of
//!   every alarm, known time of at least `for` for each, and traffic.
//! * What is not known is never taken for OK.
//!
//! Start at [`judge`]; [`history_wanted`] says what has to be read for it.

mod alarm;
mod clock;
mod facts;
mod rule;
mod shown;
#[cfg(test)]
mod tests;
mod timeline;

pub use facts::{AlarmFacts, Begun, BegunAlarm, Facts, History, Memory, TrafficFacts, WatchedFrom};
pub use rule::{Judged, Progress, Ruling, history_wanted, judge, pace};
pub use shown::{Shown, ShownAlarm, ShownState, shown};

use jiff::SignedDuration;

/// The version of this rule, written down when a bake begins. A bake that was
/// begun under another version starts anew.
pub const RULE_VERSION: u32 = 1;

/// How far CloudWatch's clock and ours may be apart (SEMANTICS S3).
pub const GUARD: SignedDuration = SignedDuration::from_secs(30);

/// How long after its end a period counts as published. Ordinary metrics
/// arrive one to three minutes late.
pub const PUBLISHED_AFTER: SignedDuration = SignedDuration::from_mins(3);

/// Time added to an alarm's own delay before the last read.
pub const SETTLE_MARGIN: SignedDuration = SignedDuration::from_mins(3);
