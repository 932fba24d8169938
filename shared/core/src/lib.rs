//! The words of Sluice and its pure rules.
//!
//! Settings and plans, verdicts and outcomes, evidence, the continuation
//! token, and the rule of the bake gate. Nothing here reads a clock, calls
//! AWS, awaits, or draws a random number: whatever is decided here can be
//! decided again from what was written down.
//!
//! Start at [`bake`] for the heart of it, at [`settings`] for what people
//! write.

pub mod actions;
pub mod address;
pub mod bake;
pub mod clear;
pub mod decimal;
pub mod delivery;
pub mod duration;
pub mod error;
pub mod evidence;
pub mod expression;
mod fields;
pub mod layers;
pub mod milliseconds;
pub mod notices;
pub mod plan;
pub mod problems;
mod read;
pub mod reading;
pub mod reason;
pub mod release;
pub mod replay;
pub mod schema;
pub mod settings;
pub mod template;
pub mod token;
pub mod tree;
pub mod validate;
pub mod verdict;
pub mod waiver;
mod words;

pub use duration::Duration;
pub use error::GateError;
pub use read::{NAME_HINT, is_name};
pub use reason::{Reason, ReasonCode};
pub use verdict::Verdict;
