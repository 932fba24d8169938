//! Evidence for people: as text, and as one HTML page that stands alone.
//!
//! Pure: in goes [`Evidence`](sluice_core::evidence::Evidence), out comes
//! text. The page needs no script and no network, and nothing in it leads
//! anywhere. Whatever it shows stands in the evidence, which it holds as a
//! whole; only what [`sluice_core::bake::shown`] adds is computed.
//!
//! Start at [`page`] and [`text`].

mod alarms;
mod bake;
mod chart;
mod clear;
mod junit;
mod page;
mod raw;
mod tables;
mod text;
mod times;
mod words;

pub use junit::junit;
pub use page::page;
pub use text::text;
