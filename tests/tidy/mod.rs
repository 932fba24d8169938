//! The rules of the tree: which crate may name which, and what files look like.

mod files;
mod layers;
