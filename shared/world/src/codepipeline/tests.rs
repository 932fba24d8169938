//! Behaviour of the pipelines.
