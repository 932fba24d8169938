//! Behaviour of releases.
