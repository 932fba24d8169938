//! What people hear of releases: each failure, each mending, once.

pub(crate) mod as_action;
mod bed;
pub(crate) mod named;
mod place;
mod seeds;
mod stand;
