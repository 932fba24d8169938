//! The documents say what the code does.

mod errors;
mod readme;
