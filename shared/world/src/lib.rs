//! A small AWS on the wire, for rehearsals and tests.
//!
//! [`World::answer`] is a function from an HTTP request to an HTTP response
//! over simulated services. In process their clock is virtual; [`serve`] puts
//! a world behind a socket, where it is real. It imitates only what Sluice
//! calls, faithfully where it matters to a verdict, and never imports our own
//! crates: what it knows of AWS it knows on its own account.
//!
//! Start at [`world`] for how the services hang together, at [`cloudwatch`]
//! for alarms, at [`codepipeline`] for releases and jobs.

pub mod assumed;
mod caller;
pub mod clock;
pub mod cloudwatch;
pub mod codebuild;
pub mod codedeploy;
pub mod codepipeline;
mod dynamodb;
pub mod ecs;
pub mod events;
pub mod faults;
pub mod functions;
pub mod hosts;
pub mod lambda;
pub mod random;
pub mod rights;
pub mod s3;
pub mod scenario;
mod secrets;
pub mod serve;
pub mod sns;
pub mod step_functions;
pub mod sts;
pub mod synthetics;
pub mod wire;
pub mod world;

pub use assumed::Assumed;
pub use clock::Clock;
pub use hosts::HostTrouble;
pub use scenario::Scenario;
pub use wire::{ApiError, Broken, Time};
pub use world::World;
