//! The gate `validate`: tests of what was deployed.
//!
//! [`http`] runs the tests that send requests; it is the same engine behind a
//! function and behind `sluice test`. What tests start and follow in AWS is
//! one kind a file: each reads the present state of one thing, and a pure
//! function says from what AWS said what that means for the test
//! ([`Followed`]). What tests gave becomes a verdict in
//! `sluice_core::validate`.
//!
//! Nothing of AWS is ever taken for `passed` but its own plain word for it.
//! What says nothing about the release (a build that never ran, an execution
//! that somebody stopped, a canary that does not run) is
//! [`State::Unknown`], never `failed`.

pub mod codebuild;
mod expressions;
mod followed;
mod following;
mod gate;
pub mod http;
mod kept;
pub mod lambda;
mod redact;
mod secrets;
pub mod state_machine;
pub mod synthetics;
#[cfg(test)]
mod tests;
mod variables;

pub use expressions::check_expression;
pub use followed::{Followed, Lack, State};
pub use gate::ValidateGate;
pub use kept::Kept;
pub use redact::Redactor;
pub use variables::{Secret, Variables};

use sluice_core::reading::Place;

/// Where something is called.
fn place(region: Option<&String>, role: Option<&String>) -> Place {
    Place {
        region: region.cloned(),
        role: role.cloned(),
    }
}
