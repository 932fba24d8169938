//! Everything that needs more than one crate of ours: whole releases in a
//! simulated AWS, the command line, the documents, the rules of the tree.

mod input;
mod tidy;
mod whole;
