//! From the tree of what people wrote to the settings of the gates.
//!
//! Every reader here takes a place and a list of problems, and gives `None` if
//! it has added one. What is checked needs no AWS: kinds, words, ranges, and
//! fields that contradict each other. Start at `bake.rs`.

mod alarms;
mod bake;
mod canary;
mod canary_groups;
mod canary_parts;
mod clear;
mod kayenta;
mod notice_channels;
mod notice_hours;
mod notifications;
mod scalars;
mod traffic;
mod validate;
mod validate_expect;
mod validate_http;
mod validate_kinds;
mod validate_values;

pub(crate) use bake::bake;
pub(crate) use canary::canary;
pub(crate) use clear::clear;
pub(crate) use notifications::{notifications, refuse_unknown_channels};
pub use scalars::{NAME_HINT, is_name};
pub(crate) use scalars::{flag, name_like, no_twice, text, word};
pub(crate) use validate::validate;

#[cfg(test)]
mod tests;
