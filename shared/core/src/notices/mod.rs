//! What people are told: of gates, of stages that broke and were mended, of
//! rollbacks.
//!
//! A [`Notice`] is what is told, the same to every channel. A [`Channel`] is
//! where it is told. A [`GateVerdict`] is what a gate says to whoever listens,
//! on every host, when it ended. [`heard`] says what an event means,
//! [`Notifications`] is what people write, and [`route`] says who is told.
//!
//! Nothing here sends anything, and no notice ever changes a verdict.

mod channel;
mod composing;
mod event;
mod gate_verdict;
mod hours;
mod ledger;
mod notice;
mod routing;
mod settings;
mod telling;
mod templates;
mod told;

pub use channel::{Channel, PagerDutyRegion, SecretRef};
pub use composing::{Known, Saying, compose};
pub use event::{Heard, Hint, What, heard};
pub use gate_verdict::{GATE_VERDICT, GateVerdict, READINGS_MAX, SOURCE};
pub use hours::{ClockTime, Day, Hours, NoClockTime, zone_names};
pub use ledger::{KnownOutage, LEDGER_FORM, Ledger, Pending};
pub use notice::{Change, Deciding, Kind, Links, NOTICE_FORM, Notice, Outage, Result, Severity};
pub use routing::{DEFAULT_CHANNEL, Told, is_production, route, severity};
pub use settings::{
    CHANNELS_MAX, LIST_MAX, Notifications, PRODUCTION, Quiet, ROUTES_MAX, Repeats, Route,
};
pub use telling::{State as TellingState, Step as TellingStep, TELLING_FORM, Telling, step};
pub use templates::Templates;
pub use told::{
    CheckResult, CheckedGate, Follows, ROLLBACK, RollbackEnded, RollbackResult, STAGE_CHECKS,
    StageChecks,
};

#[cfg(test)]
mod tests;
