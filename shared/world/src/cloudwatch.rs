//! Placeholder.
pub mod rule;
pub mod terms;
