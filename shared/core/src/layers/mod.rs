//! Layers of plans, and what they come to for one release at one stage.

pub mod names;
