//! What tests of a release start and follow in AWS, one kind a file: each
//! reads the present state of one thing, and a pure function says from what
//! AWS said what that means for the test ([`Followed`]).
//!
//! Nothing of AWS is ever taken for `passed` but its own plain word for it.
//! What says nothing about the release (a build that never ran, an execution
//! that somebody stopped, a canary that does not run) is
//! [`State::Unknown`], never `failed`.

pub mod codebuild;
mod followed;
pub mod lambda;
pub mod state_machine;
pub mod synthetics;
#[cfg(test)]
mod tests;

pub use followed::{Followed, Lack, State};
