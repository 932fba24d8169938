//! A test that is a build: how it is, and what that means.

use jiff::{SignedDuration, Timestamp};
use sluice_aws::{Aws, AwsError, Build, BuildPhase, BuildStatus};
use sluice_core::Duration;
use sluice_core::reading::Place;

use super::followed::{arn_parts, console};
use super::{Followed, Lack, State};

/// A build that was started so long ago can be seen. Not documented by AWS.
const SEEN_BY: SignedDuration = SignedDuration::from_mins(10);
/// Phases in which nothing of the project's own commands runs: one that fails
/// there has tested nothing.
const BEFORE_COMMANDS: [&str; 4] = ["SUBMITTED", "QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE"];

/// How a build is that was started at about `started`.
pub async fn follow(
    aws: &Aws,
    place: &Place,
    arn: &str,
    started: Timestamp,
) -> Result<Followed, AwsError> {
    let now = aws.now();
    match aws.build(place, arn).await {
        Ok(Some(build)) => Ok(judged(&build, now)),
        Ok(None) => Ok(unseen(arn, started, now)),
        Err(error) => Followed::refused(error),
    }
}

/// What it means that CodeBuild does not know a build that was started.
pub fn unseen(arn: &str, started: Timestamp, now: Timestamp) -> Followed {
    let followed = if now.duration_since(started) < SEEN_BY {
        Followed::new(
            State::Running,
            "the build was started, and is not shown yet",
        )
    } else {
        Followed::new(
            State::Unknown(Lack::Service),
            "CodeBuild does not know the build that was started",
        )
    };
    followed.with_link(page(arn))
}

/// What a build means for its test.
pub fn judged(build: &Build, now: Timestamp) -> Followed {
    let name = match build.number {
        Some(number) => format!("build {number} of `{}`", build.project),
        None => format!("a build of `{}`", build.project),
    };
    let failed = build.phases.iter().find(|phase| has_failed(phase));
    let phase = failed.map_or(build.phase.as_str(), |phase| phase.name.as_str());
    let ran = !BEFORE_COMMANDS.contains(&phase);
    let took = length(build, now);
    let followed = match &build.status {
        BuildStatus::InProgress => Followed::new(
            State::Running,
            format!("{name} is in {}, {took} after its start", build.phase),
        ),
        BuildStatus::Succeeded => {
            Followed::new(State::Passed, format!("{name} succeeded in {took}"))
        }
        BuildStatus::Failed if ran => {
            Followed::new(State::Failed, format!("{name} failed in {phase}"))
        }
        BuildStatus::TimedOut if ran => Followed::new(
            State::Failed,
            format!("{name} ran out of its time in {phase}"),
        ),
        BuildStatus::Failed | BuildStatus::TimedOut => Followed::new(
            State::Unknown(Lack::Test),
            format!("{name} tested nothing: it ended in {phase}"),
        ),
        BuildStatus::Fault => Followed::new(
            State::Unknown(Lack::Service),
            format!("CodeBuild itself failed in {phase} of {name}"),
        ),
        BuildStatus::Stopped => Followed::new(
            State::Unknown(Lack::Test),
            format!("somebody stopped {name} in {phase}"),
        ),
        BuildStatus::Unknown(word) => Followed::new(
            State::Unknown(Lack::Service),
            format!("{name} has the status `{word}`, which is not known"),
        ),
    };
    let detail = failed.map(|phase| phase.messages.join("\n"));
    let link = build.log.clone().or_else(|| page(&build.arn));
    followed.with_detail(detail).with_link(link)
}

fn has_failed(phase: &BuildPhase) -> bool {
    let ended = phase.status.as_ref();
    ended.is_some_and(|status| !matches!(status, BuildStatus::Succeeded | BuildStatus::InProgress))
}

fn length(build: &Build, now: Timestamp) -> Duration {
    let end = build.ended.unwrap_or(now);
    let length = build.started.map(|started| end.duration_since(started));
    let length = length.unwrap_or_default().max(SignedDuration::ZERO);
    Duration::from_signed(SignedDuration::from_secs(length.as_secs()))
}

/// The build's page in AWS's console.
fn page(arn: &str) -> Option<String> {
    let [partition, region, account, resource] = arn_parts(arn)?;
    let (project, id) = resource.strip_prefix("build/")?.split_once(':')?;
    let console = console(partition, region);
    Some(format!(
        "{console}/codesuite/codebuild/{account}/projects/{project}/build/{project}%3A{id}/?region={region}"
    ))
}
