//! The documents say what the code does.

mod assumptions;
mod errors;
mod plans;
mod readme;
