//! Statistics that compare a canary with its baseline.
//!
//! Two judges, both pure: [`sequential`], the default, which may look at any
//! time and holds its error rates over all looks and metrics; and
//! [`kayenta`], for teams that bring a Kayenta configuration.
//!
//! Values go in, e-values, intervals and a verdict come out. Nothing here
//! knows a clock, AWS, a file or a random number, so every verdict can be
//! computed again from the readings that were recorded.

pub mod kayenta;
pub mod numbers;
pub mod sequential;

pub use sequential::decide::Verdict;

/// The version of the default judge. It grows with every change that could
/// decide the same readings otherwise; a comparison begun under another one
/// starts anew.
pub const VERSION: u32 = 2;
