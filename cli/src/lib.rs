//! The command `sluice`, as a library for its tests. Start at [`command`].

pub mod check;
pub mod command;
pub mod completions;
pub mod doctor;
pub mod evidence_file;
pub mod exit;
pub mod explain;
pub mod faults;
pub mod init;
pub mod judge;
mod lines;
pub mod metrics;
pub mod overrides;
mod own_credentials;
pub mod pages;
pub mod plan;
pub mod plan_file;
pub mod prices;
mod region;
pub mod rehearsal;
pub mod rehearse;
pub mod replay;
pub mod scenario_file;
pub mod schema;
pub mod status;
pub mod test;
pub mod world;
