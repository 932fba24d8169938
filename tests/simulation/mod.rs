//! Gates broken on purpose: every call in every way, and many seeds in which
//! plans, scenarios and faults are drawn together. What is held to be true of
//! each run is in `sluice::faults`.

mod delays;
mod every_call;
mod found;
mod many_services;
mod named;
mod seeds;
