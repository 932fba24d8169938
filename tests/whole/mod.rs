//! Whole releases, through hosts, gates and tokens, in a simulated AWS.

mod first;
mod many;
mod recorded;
mod retried;
