//! What people are told of, from what happened.

mod composing;
mod ledger;
