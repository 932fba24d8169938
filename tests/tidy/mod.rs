//! The rules of the tree: which crate may name which, and what files look like.

mod checksums;
mod features;
mod files;
mod layers;
