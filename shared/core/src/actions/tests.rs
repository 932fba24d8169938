//! One table, four action types: what they say, read, and refuse.

mod asking;
mod definitions;
mod versions;
