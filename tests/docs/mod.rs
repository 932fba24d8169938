//! The documents say what the code does.

mod assumptions;
mod cost;
mod cost_tables;
mod custom_actions;
mod errors;
mod events;
mod gates;
mod index;
mod migration;
mod notifications;
mod plans;
mod probe;
mod readme;
mod runbook;
mod security;
mod settings;
mod shown;
