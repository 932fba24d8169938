//! Layers of plans, and what they come to for one release at one stage.
//!
//! A platform team writes once what every service needs (`organisation`), then
//! for stages by their names (`stage:prod*`); a service adds its own
//! (`service:checkout`), and last the plan in the release's artifact. Later
//! layers add gates and change settings field by field. What an earlier layer
//! wrote is locked: a later one may tighten it, and may loosen it only where
//! that layer says `loosenable`. An artifact never loosens anything.
//!
//! Three rules shape the code:
//!
//! * A change that is not in the one table of what is tighter
//!   ([`table`](tighter::table)) counts as a loosening.
//! * What comes out is read by the one reader of plans, as if one person had
//!   written it.
//! * No gate is an error ([`PlanEmpty`](crate::GateError::PlanEmpty)), never a
//!   plan that passes everything.
//!
//! Nothing here reads the store. Start at [`resolve()`](resolve()).

mod block;
mod document;
mod leaves;
mod merge;
pub mod names;
mod parts;
mod resolve;
mod scope;
mod sources;
pub mod tighter;
mod told;

pub use document::{ARTIFACT, Layer};
pub use resolve::{Asked, GATES_AT_A_STAGE_MAX, resolve};
pub use scope::{Pattern, Scope, ScopeError};
pub use sources::{DEFAULT, values};
pub use told::{mistold, sections};

#[cfg(test)]
mod tests;
