//! The command `sluice`, as a library for its tests.

pub mod rehearsal;
