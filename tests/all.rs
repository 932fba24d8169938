//! Everything that needs more than one crate of ours: whole releases in a
//! simulated AWS, bad input, the command line, the documents, the rules of the
//! tree.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]

mod actions;
mod canary;
mod channels;
mod cli;
mod docs;
mod hooks;
mod input;
mod notices;
mod overrides;
mod permissions;
mod pipelines;
mod plans;
mod semantics;
mod simulation;
mod started;
mod study;
mod tasks;
mod tidy;
mod whole;
