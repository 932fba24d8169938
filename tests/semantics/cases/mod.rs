//! The cases, by what they are about.

mod before;
mod canary;
mod canary_data;
mod canary_groups;
mod changes;
mod clear;
mod deployment;
mod events;
mod firing;
mod gaps;
mod history;
mod policies;
mod recovered;
mod release;
mod rollback;
mod silence;
mod timing;
mod traffic;
mod trouble;
mod validate;
mod validate_started;
mod waivers;

use super::Group;

/// All groups, in the order of the page.
pub(crate) const GROUPS: &[&Group] = &[
    &silence::GROUP,
    &traffic::GROUP,
    &firing::GROUP,
    &recovered::GROUP,
    &before::GROUP,
    &deployment::GROUP,
    &gaps::GROUP,
    &history::GROUP,
    &changes::GROUP,
    &timing::GROUP,
    &release::GROUP,
    &rollback::GROUP,
    &trouble::GROUP,
    &policies::GROUP,
    &waivers::GROUP,
    &events::GROUP,
    &clear::GROUP,
    &canary::GROUP,
    &canary_data::GROUP,
    &canary_groups::GROUP,
    &validate::GROUP,
    &validate_started::GROUP,
];
