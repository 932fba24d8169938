//! Gates broken on purpose: plans, scenarios and faults drawn together from a
//! seed, run as whole releases, and held to what must be true of each.
//!
//! [`Case::draw`] makes a case, [`run`](run()) runs it and gives what it
//! broke, [`shrink`](shrink()) makes a failing case small. A new gate gets all
//! of it by its line in [`SUBJECTS`], a new host by its line in [`HOSTS`].

mod batch;
mod check;
mod draw;
mod draw_canary;
mod draw_faults;
mod draw_validate;
mod records;
mod run;
mod shrink;
mod sketch;
mod subjects;
mod truth;

pub use batch::Batch;
pub use draw::with_faults_over;
pub use run::{Outcome, Ran, run};
pub use shrink::shrink;
pub use sketch::{Case, Sketch};
pub use subjects::{Ends, HOSTS, Host, SUBJECTS, Subject};
