//! Bad input through the whole host: each kind is answered with a clear
//! message, and none of it with a go.

mod artifacts;
mod bench;
mod events;
mod limits;
mod pages;
mod parameters;
mod plans;
pub(crate) mod reaped;
mod records;
mod said;
mod secrets;
mod tokens;
mod trouble;
