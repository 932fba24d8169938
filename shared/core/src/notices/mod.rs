//! What people are told: of gates, of stages that broke and were mended, of
//! rollbacks.
//!
//! A [`Notice`] is what is told, the same to every channel. A [`Channel`] is
//! where it is told. A [`GateVerdict`] is what a gate says to whoever listens,
//! on every host, when it ended.
//!
//! Nothing here sends anything, and no notice ever changes a verdict.

mod channel;
mod gate_verdict;
mod notice;
mod templates;

pub use channel::{Channel, PagerDutyRegion, SecretRef};
pub use gate_verdict::{GATE_VERDICT, GateVerdict, READINGS_MAX, SOURCE};
pub use notice::{Change, Deciding, Kind, Links, NOTICE_FORM, Notice, Outage, Result, Severity};
pub use templates::Templates;
