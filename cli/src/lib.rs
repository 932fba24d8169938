//! The command `sluice`, as a library for its tests.

pub mod exit;
pub mod rehearsal;
pub mod rehearse;
