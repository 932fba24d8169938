//! What people hear of releases: each failure, each mending, once.

mod bed;
mod named;
mod place;
mod seeds;
mod stand;
