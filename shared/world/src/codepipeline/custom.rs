//! Custom action types and their jobs: who works for them is elsewhere, and
//! asks for work.
//!
//! `catalogue` holds the types, `types` says what one is, `demands` what a
//! pipeline may ask of it, `run` drives an action through its jobs, `polling`
//! gives them out, `links` fills in the addresses that people click on.

mod catalogue;
mod demands;
mod links;
mod polling;
mod run;
mod types;

pub(super) use catalogue::{Catalogue, create, delete, list};
pub(super) use demands::check;
pub(super) use links::{entity_link, execution_link};
pub(super) use polling::{acknowledge, poll};
pub(super) use run::{Dispatch, run};
