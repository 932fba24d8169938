//! Evidence for people: as text, and as one HTML page that stands alone.
//!
//! Pure: in goes [`Evidence`](sluice_core::evidence::Evidence), out comes
//! text. The page needs no script and no network, and nothing in it leads
//! anywhere. Whatever it shows stands in the evidence, which it holds as a
//! whole; what [`sluice_core::bake::shown`] and the judge's
//! [`Comparison::course`](sluice_judge::sequential::Comparison::course) add is
//! computed from it again.
//!
//! Start at [`page`] and [`text`]; [`files_page`] is about two files that were
//! compared without a gate, and [`notice`] is what people are told at once.

mod alarms;
mod bake;
mod canary;
mod chart;
mod clear;
mod compared;
mod files;
mod junit;
mod metric;
pub mod notice;
pub mod numbers;
mod page;
mod plot;
mod proof;
mod ratio;
mod raw;
mod tables;
mod text;
mod times;
mod validate;
mod words;

pub use files::{FilesCompared, files_page};
pub use junit::junit;
pub use page::page;
pub use text::text;
pub use validate::{test_lines, test_results};
