//! Statistics that compare a canary with its baseline.

pub mod numbers;
pub mod sequential;
