//! Builds: started, found by their mark, looked at, stopped.

use std::collections::BTreeMap;

use aws_sdk_codebuild::types::{
    Build as SdkBuild, BuildPhase as SdkPhase, EnvironmentVariable, EnvironmentVariableType,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use jiff::Timestamp;
use sluice_core::reading::Place;

use crate::clients::Aws;
use crate::cloudwatch::{moment, too_many_pages, unreadable};
use crate::error::{AwsError, sorted};

/// The environment variable by which a build that we started is found again.
pub const MARK_VARIABLE: &str = "SLUICE_STARTED_FOR";
/// Pages of a project's builds that are looked through, of 100 builds each.
const PAGES_MAX: usize = 5;

/// A build to be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildToStart {
    /// The project's name or ARN.
    pub project: String,
    /// What is built: a commit, a branch, a version; else the project's own.
    pub source_version: Option<String>,
    /// Environment variables, beside the project's own or in their place.
    pub variables: BTreeMap<String, String>,
    /// Where it came from: the value of [`MARK_VARIABLE`].
    pub mark: String,
    /// Within five minutes the same token starts nothing a second time.
    pub token: String,
}

/// How a build or one of its phases is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildStatus {
    /// It runs, or waits to.
    InProgress,
    /// It ended well.
    Succeeded,
    /// A command of it failed.
    Failed,
    /// CodeBuild failed.
    Fault,
    /// It took longer than its project allows.
    TimedOut,
    /// Somebody stopped it.
    Stopped,
    /// A word that we do not know, or none. Never taken for success.
    Unknown(String),
}

impl BuildStatus {
    /// Reads CodeBuild's word.
    pub fn from_word(word: &str) -> BuildStatus {
        match word {
            "IN_PROGRESS" => BuildStatus::InProgress,
            "SUCCEEDED" => BuildStatus::Succeeded,
            "FAILED" => BuildStatus::Failed,
            "FAULT" => BuildStatus::Fault,
            "TIMED_OUT" => BuildStatus::TimedOut,
            "STOPPED" => BuildStatus::Stopped,
            other => BuildStatus::Unknown(other.to_owned()),
        }
    }
}

/// One phase of a build, in CodeBuild's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildPhase {
    /// `SUBMITTED`, `QUEUED`, ... `BUILD`, ... `COMPLETED`.
    pub name: String,
    /// How it is; nothing while it is the present one.
    pub status: Option<BuildStatus>,
    /// How long it took.
    pub seconds: Option<i64>,
    /// What CodeBuild says went wrong in it.
    pub messages: Vec<String>,
}

/// A build as `BatchGetBuilds` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// Its ARN.
    pub arn: String,
    /// Its project.
    pub project: String,
    /// Its number in the project.
    pub number: Option<i64>,
    /// How it is.
    pub status: BuildStatus,
    /// The phase that it is in.
    pub phase: String,
    /// All its phases so far.
    pub phases: Vec<BuildPhase>,
    /// When it was submitted, by CodeBuild's clock.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Where its log can be read, once there is one.
    pub log: Option<String>,
    /// The value of [`MARK_VARIABLE`] in its environment.
    pub mark: Option<String>,
}

impl Aws {
    /// Starts a build. The answer may be of a build that the same token
    /// started before.
    pub async fn start_build(
        &self,
        place: &Place,
        build: &BuildToStart,
    ) -> Result<Build, AwsError> {
        let operation = "codebuild:StartBuild";
        let variables = variables(build).map_err(|why| refused(operation, place, why))?;
        let answer = self
            .codebuild(place)
            .start_build()
            .project_name(&build.project)
            .set_source_version(build.source_version.clone())
            .set_environment_variables_override(Some(variables))
            .idempotency_token(&build.token)
            .send()
            .await
            .map_err(|error| sorted(operation, place, error).about(&build.project))?;
        let told = answer.build_value.and_then(read);
        told.ok_or_else(|| unreadable(operation, place, "it names no build").about(&build.project))
    }

    /// How a build is; nothing where CodeBuild knows none.
    pub async fn build(&self, place: &Place, arn: &str) -> Result<Option<Build>, AwsError> {
        let builds = self.builds(place, vec![id_of(arn).to_owned()]).await?;
        Ok(builds.into_iter().find(|build| build.arn == arn))
    }

    /// The builds of a project with this mark that were started at or after
    /// `since`, oldest first. An error where there are too many to tell.
    pub async fn builds_marked(
        &self,
        place: &Place,
        project: &str,
        mark: &str,
        since: Timestamp,
    ) -> Result<Vec<Build>, AwsError> {
        let operation = "codebuild:ListBuildsForProject";
        let mut found = Vec::new();
        let mut next = None;
        for _ in 0..PAGES_MAX {
            // Newest first is the default. To ask for it is an error in a
            // project of more than a hundred builds.
            let answer = self
                .codebuild(place)
                .list_builds_for_project()
                .project_name(project)
                .set_next_token(next)
                .send()
                .await
                .map_err(|error| sorted(operation, place, error).about(project))?;
            let ids = answer.ids.unwrap_or_default();
            let builds = self.all_builds(place, ids).await?;
            let is_old = |build: &Build| build.started.is_some_and(|at| at < since);
            let past = !builds.is_empty() && builds.iter().all(is_old);
            found.extend(builds.into_iter().filter(|build| !is_old(build)));
            next = answer.next_token.filter(|token| !token.is_empty());
            if past || next.is_none() {
                found.retain(|build| build.mark.as_deref() == Some(mark));
                found.sort_by(|one, other| {
                    (one.started, one.number).cmp(&(other.started, other.number))
                });
                return Ok(found);
            }
        }
        Err(too_many_pages(operation, place, PAGES_MAX).about(project))
    }

    /// Builds that were just listed: each of them has to be readable, for one
    /// that is not might be the one that is looked for.
    async fn all_builds(&self, place: &Place, ids: Vec<String>) -> Result<Vec<Build>, AwsError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let count = ids.len();
        let builds = self.builds(place, ids).await?;
        if builds.len() < count {
            let what = "builds that are listed are not shown";
            return Err(unreadable("codebuild:BatchGetBuilds", place, what));
        }
        Ok(builds)
    }

    async fn builds(&self, place: &Place, ids: Vec<String>) -> Result<Vec<Build>, AwsError> {
        let about = ids.first().cloned().unwrap_or_default();
        let answer = self
            .codebuild(place)
            .batch_get_builds()
            .set_ids(Some(ids))
            .send()
            .await
            .map_err(|error| sorted("codebuild:BatchGetBuilds", place, error).about(&about))?;
        let builds = answer.builds.unwrap_or_default();
        Ok(builds.into_iter().filter_map(read).collect())
    }

    /// Stops a build. One that has ended stays as it is.
    pub async fn stop_build(&self, place: &Place, arn: &str) -> Result<(), AwsError> {
        self.codebuild(place)
            .stop_build()
            .id(id_of(arn))
            .send()
            .await
            .map(|_| ())
            .map_err(|error| sorted("codebuild:StopBuild", place, error).about(arn))
    }
}

/// `project:uuid` of `arn:...:build/project:uuid`.
fn id_of(arn: &str) -> &str {
    arn.split_once("/").map_or(arn, |(_, id)| id)
}

fn variables(build: &BuildToStart) -> Result<Vec<EnvironmentVariable>, BuildFailure> {
    let own = build.variables.iter();
    let all = own.filter(|(name, _)| *name != MARK_VARIABLE);
    let mark = (&MARK_VARIABLE.to_owned(), &build.mark);
    all.chain([mark])
        .map(|(name, value)| {
            EnvironmentVariable::builder()
                .name(name)
                .value(value)
                .r#type(EnvironmentVariableType::Plaintext)
                .build()
        })
        .collect()
}

type BuildFailure = aws_sdk_codebuild::error::BuildError;

fn refused(operation: &str, place: &Place, why: BuildFailure) -> AwsError {
    let why: SdkError<aws_sdk_codebuild::Error, HttpResponse> = SdkError::construction_failure(why);
    sorted(operation, place, why)
}

fn read(told: SdkBuild) -> Option<Build> {
    let variables = told.environment.and_then(|own| own.environment_variables);
    let mark = variables.unwrap_or_default().into_iter();
    let mut marks = mark.filter(|variable| variable.name == MARK_VARIABLE);
    let status = told
        .build_status
        .as_ref()
        .map_or("", |status| status.as_str());
    Some(Build {
        arn: told.arn?,
        project: told.project_name.unwrap_or_default(),
        number: told.build_number,
        status: BuildStatus::from_word(status),
        phase: told.current_phase.unwrap_or_default(),
        phases: told
            .phases
            .unwrap_or_default()
            .into_iter()
            .map(phase)
            .collect(),
        started: told.start_time.as_ref().map(moment),
        ended: told.end_time.as_ref().map(moment),
        log: told.logs.and_then(|logs| {
            // Before there is a stream, the link leads to one called `null`.
            logs.stream_name.as_ref()?;
            logs.deep_link
        }),
        mark: marks.next().map(|variable| variable.value),
    })
}

fn phase(told: SdkPhase) -> BuildPhase {
    let contexts = told.contexts.unwrap_or_default().into_iter();
    let messages = contexts.filter_map(|context| context.message);
    BuildPhase {
        name: told
            .phase_type
            .map_or_else(String::new, |name| name.as_str().to_owned()),
        status: told
            .phase_status
            .map(|status| BuildStatus::from_word(status.as_str())),
        seconds: told.duration_in_seconds,
        messages: messages
            .filter(|message| !message.trim().is_empty())
            .collect(),
    }
}
