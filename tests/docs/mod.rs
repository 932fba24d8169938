//! The documents say what the code does.

mod assumptions;
mod custom_actions;
mod errors;
mod events;
mod notifications;
mod plans;
mod probe;
mod readme;
