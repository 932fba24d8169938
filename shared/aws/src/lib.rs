//! The only crate that speaks to AWS: clients with their roles and regions,
//! and what AWS said in our own types.
//!
//! Every client takes its connection, its clock and its sleep from one
//! [`Wire`]. In Lambda that is the real one, in a rehearsal a simulated AWS:
//! there is no other seam, so that serialization, paging, retries and errors
//! are the same in both. [`Outside`] is the same seam for what is not AWS. No type of an `aws-sdk-*` crate leaves this crate.
//!
//! Start at [`Aws`].

mod alias;
mod apart;
mod claims;
mod clients;
mod cloudwatch;
mod codebuild;
mod codedeploy;
mod codepipeline;
mod console;
mod delivery;
mod entries;
mod error;
mod events;
mod function;
mod function_url;
mod history;
mod installation;
mod invoke;
mod jobs;
mod marks;
mod metric_data;
mod outside;
mod plans;
mod probing;
mod s3;
mod secrets;
mod stacks;
mod step_functions;
mod sts;
mod synthetics;
mod topics;
mod waivers;
mod wire;

pub use alias::Alias;
pub use claims::{Claim, Claimed};
pub use clients::{Aws, NoRegion};
pub use cloudwatch::Counted;
pub use codebuild::{Build, BuildPhase, BuildStatus, BuildToStart, MARK_VARIABLE};
pub use codedeploy::{Deployment, RunningEvent};
pub use codepipeline::{
    ActionRun, Answered, Context, ExecutionState, FailureType, ReleaseState, Summary,
};
pub use delivery::{ActionState, StageState};
pub use entries::{Entry, EntryPut};
pub use error::{AwsError, Refusal};
pub use events::{EVENT_BYTES_MAX, Event, place};
pub use function_url::UrlError;
pub use history::Histories;
pub use installation::{FailureHandling, InstalledFunction};
pub use invoke::{Invocation, Invoked, PAYLOAD_BYTES_MAX};
pub use jobs::{Acknowledged, JobData, PolledJob};
pub use metric_data::{SeriesQuery, Values};
pub use outside::{Answer, Outside, OutsideHandler, Unanswered};
pub use plans::{PlanPut, PlanVersion};
pub use probing::OwnMetric;
pub use s3::{ArtifactAccess, ArtifactPlace, PutOutcome};
pub use secrets::{NoSecretText, Secret, SecretText};
pub use stacks::StackState;
pub use step_functions::{
    Execution, ExecutionStatus, INPUT_BYTES_MAX, StartedExecution, execution_arn,
};
pub use sts::{ActingFor, external_id};
pub use synthetics::{Canary, CanaryRun, CanaryState, RunState};
pub use topics::{TOPIC_BYTES_MAX, TopicMessage};
pub use waivers::WaiverPut;
pub use wire::{Disconnected, Handler, Wire};
