//! The gate `validate`: tests of what was deployed.
//!
//! [`http`] runs the tests that send requests; it is the same engine behind a
//! function and behind `sluice test`. What tests gave becomes a verdict in
//! `sluice_core::validation`.

mod expressions;
pub mod http;
mod redact;
mod variables;

pub use expressions::check_expression;
pub use redact::Redactor;
pub use variables::{Secret, Variables};
