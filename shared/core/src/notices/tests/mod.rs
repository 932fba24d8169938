//! What people are told of, from what happened.

mod ledger;
