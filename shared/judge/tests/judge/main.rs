//! The judge from outside: bakes told as stories, hostile input, Kayenta's
//! public examples, slow oracles and properties.
//!
//! The properties run longer with `PROPTEST_CASES=1000000`.

#![allow(
    clippy::disallowed_methods,
    reason = "tests are told by the environment where optional data is"
)]

mod bakes;
mod hostile;
mod hostile_times;
mod kayenta_configurations;
mod kayenta_examples;
mod kayenta_scores;
mod oracle;
mod properties;
mod wording;
mod world;
