//! Everything that needs more than one crate of ours: whole releases in a
//! simulated AWS, the command line, the documents, the rules of the tree.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where; that goes for its helpers, too"
)]

mod input;
mod tidy;
mod whole;
