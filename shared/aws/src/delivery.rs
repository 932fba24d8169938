//! Pipelines, their releases and how their stages are, for status and metrics.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_codepipeline::types::{
    ActionCategory, ActionExecutionDetail, ActionExecutionFilter, ActionState as SdkActionState,
    PipelineExecutionSummary, StageState as SdkStageState,
};
use jiff::Timestamp;
use sluice_core::delivery::{History, Release, ReleaseStatus, Revision, Run, RunStatus};
use sluice_core::reading::Place;

use crate::clients::Aws;
use crate::cloudwatch::moment;
use crate::error::{AwsError, sorted};

/// Entries of a page, the most that AWS gives.
const PAGE_MAX: i32 = 100;
/// Pages of pipelines: twice as many as an account may have by default.
const PIPELINE_PAGES_MAX: usize = 20;
/// Pages of releases of one pipeline: more than one an hour for a month.
const RELEASE_PAGES_MAX: usize = 20;
/// Releases of one pipeline whose commits' times are asked for, one call each:
/// the newest that were deployed.
const COMMITS_MAX: usize = 100;
/// Pages of runs of actions of one pipeline: 5,000 runs.
const RUN_PAGES_MAX: usize = 50;

/// A stage as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageState {
    /// Its name.
    pub stage: String,
    /// The release that was last in it, and how that is there.
    pub latest: Option<(String, String)>,
    /// Its actions, in the order of the pipeline.
    pub actions: Vec<ActionState>,
}

/// An action as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionState {
    /// Its name.
    pub action: String,
    /// CodePipeline's word; none if it never ran.
    pub status: Option<String>,
    /// What it says of itself: of its failure, or of its progress.
    pub says: Option<String>,
    /// When its status last changed.
    pub since: Option<Timestamp>,
}

/// The newest releases of a pipeline, and whether there are more.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Listed<T> {
    all: Vec<T>,
    cut: bool,
}

impl Aws {
    /// The names of the region's pipelines, and whether a bound cut the list.
    ///
    /// # Errors
    ///
    /// Where AWS does not answer, or refuses.
    pub async fn pipelines(&self) -> Result<(Vec<String>, bool), AwsError> {
        let operation = "codepipeline:ListPipelines";
        let mut names = Vec::new();
        let mut next = None;
        for _ in 0..PIPELINE_PAGES_MAX {
            let call = self.codepipeline().list_pipelines().max_results(PAGE_MAX);
            let answer = call.set_next_token(next).send().await;
            let answer = answer.map_err(|e| sorted(operation, &Place::default(), e))?;
            let page = answer.pipelines.unwrap_or_default();
            names.extend(page.into_iter().filter_map(|pipeline| pipeline.name));
            next = answer.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok((names, false));
            }
        }
        Ok((names, true))
    }

    /// How each stage of a pipeline is now.
    ///
    /// # Errors
    ///
    /// Where AWS does not answer, or refuses.
    pub async fn pipeline_state(&self, pipeline: &str) -> Result<Vec<StageState>, AwsError> {
        let operation = "codepipeline:GetPipelineState";
        let answer = self.codepipeline().get_pipeline_state().name(pipeline);
        let answer = answer.send().await;
        let answer = answer.map_err(|e| sorted(operation, &Place::default(), e).about(pipeline))?;
        let stages = answer.stage_states.unwrap_or_default();
        Ok(stages.into_iter().map(StageState::from).collect())
    }

    /// The newest hundred releases of a pipeline, without runs of actions.
    ///
    /// # Errors
    ///
    /// Where AWS does not answer, or refuses.
    pub async fn newest_releases(&self, pipeline: &str) -> Result<Vec<Release>, AwsError> {
        let listed = self.releases(pipeline, Timestamp::MAX, 1).await?;
        Ok(listed.all)
    }

    /// The releases of which anything became since a moment, with the runs of
    /// all their actions. Only the newest hundred releases are looked at: an
    /// older one cannot be retried, and can only still be running.
    ///
    /// # Errors
    ///
    /// Where AWS does not answer, or refuses.
    pub async fn changed_releases(
        &self,
        pipeline: &str,
        since: Timestamp,
    ) -> Result<Vec<Release>, AwsError> {
        let mut changed = self.newest_releases(pipeline).await?;
        changed.retain(|release| release.updated >= since || release.may_go_on());
        self.with_runs(pipeline, changed).await
    }

    /// Those of the newest hundred releases that have these ids, with the runs
    /// of all their actions.
    ///
    /// # Errors
    ///
    /// Where AWS does not answer, or refuses.
    pub async fn named_releases(
        &self,
        pipeline: &str,
        ids: &BTreeSet<&str>,
    ) -> Result<Vec<Release>, AwsError> {
        let mut named = self.newest_releases(pipeline).await?;
        named.retain(|release| ids.contains(release.id.as_str()));
        self.with_runs(pipeline, named).await
    }

    async fn with_runs(
        &self,
        pipeline: &str,
        mut releases: Vec<Release>,
    ) -> Result<Vec<Release>, AwsError> {
        for release in &mut releases {
            let runs = self.runs(pipeline, Timestamp::MIN, Some(&release.id));
            release.runs = runs.await?.all.into_iter().map(|(_, run)| run).collect();
        }
        Ok(releases)
    }

    /// What became of a pipeline's releases since a moment, and of some before.
    /// Where a bound cuts it, `known_since` says from when on it is whole.
    ///
    /// # Errors
    ///
    /// Where AWS does not answer, or refuses.
    pub async fn delivery_history(
        &self,
        pipeline: &str,
        since: Timestamp,
    ) -> Result<History, AwsError> {
        let releases = self.releases(pipeline, since, RELEASE_PAGES_MAX).await?;
        let runs = self.runs(pipeline, since, None).await?;
        let oldest = |cut: bool, oldest: Option<Timestamp>| oldest.filter(|_| cut);
        let began = releases.all.iter().map(|release| release.began).min();
        let ran = runs.all.iter().map(|(_, run)| run.began).min();
        let known_since = oldest(releases.cut, began).max(oldest(runs.cut, ran));
        let mut by_release: BTreeMap<String, Vec<Run>> = BTreeMap::new();
        for (release, run) in runs.all {
            by_release.entry(release).or_default().push(run);
        }
        let with_runs = |mut release: Release| {
            release.runs = by_release.remove(&release.id).unwrap_or_default();
            release
        };
        let mut releases: Vec<Release> = releases.all.into_iter().map(with_runs).collect();
        self.add_commit_times(pipeline, &mut releases).await;
        Ok(History {
            pipeline: pipeline.to_owned(),
            known_since,
            runs_known: true,
            releases,
        })
    }

    /// When the commits of deployed releases were made, where AWS tells it:
    /// `created` of an artifact's revision. Which sources tell it is not
    /// documented. Without it a release's start stands in, which is said, so
    /// a refusal only ends the asking.
    async fn add_commit_times(&self, pipeline: &str, releases: &mut [Release]) {
        let deployed = |own: &&mut Release| {
            let mut runs = own.runs.iter();
            !own.rollback && runs.any(|run| run.deploys && run.status == RunStatus::Succeeded)
        };
        for release in releases.iter_mut().filter(deployed).take(COMMITS_MAX) {
            let call = self.codepipeline().get_pipeline_execution();
            let call = call.pipeline_name(pipeline);
            let Ok(answer) = call.pipeline_execution_id(&release.id).send().await else {
                return;
            };
            let told = answer.pipeline_execution;
            let told = told.and_then(|own| own.artifact_revisions);
            for artifact in told.unwrap_or_default() {
                let same = |own: &&mut Revision| Some(&own.id) == artifact.revision_id.as_ref();
                if let Some(own) = release.revisions.iter_mut().find(same) {
                    own.committed = artifact.created.as_ref().map(moment);
                }
            }
        }
    }

    /// Releases, until a whole page is from before `since`: that they come
    /// newest first is what AWS does, and not what it promises. A page may be
    /// empty, and have another behind it.
    async fn releases(
        &self,
        pipeline: &str,
        since: Timestamp,
        pages: usize,
    ) -> Result<Listed<Release>, AwsError> {
        let operation = "codepipeline:ListPipelineExecutions";
        let mut all: Vec<Release> = Vec::new();
        let mut next = None;
        for _ in 0..pages {
            let call = self.codepipeline().list_pipeline_executions();
            let call = call.pipeline_name(pipeline).max_results(PAGE_MAX);
            let answer = call.set_next_token(next).send().await;
            let answer =
                answer.map_err(|e| sorted(operation, &Place::default(), e).about(pipeline))?;
            let page = answer.pipeline_execution_summaries.unwrap_or_default();
            let page: Vec<Release> = page.into_iter().filter_map(release).collect();
            let is_older = !page.is_empty() && page.iter().all(|release| release.began < since);
            all.extend(page);
            next = answer.next_token.filter(|token| !token.is_empty());
            if next.is_none() || is_older {
                return Ok(Listed { all, cut: false });
            }
        }
        Ok(Listed { all, cut: true })
    }

    /// Runs of actions with their releases, as [`Aws::releases`]; of one
    /// release, or of all.
    async fn runs(
        &self,
        pipeline: &str,
        since: Timestamp,
        release: Option<&str>,
    ) -> Result<Listed<(String, Run)>, AwsError> {
        let operation = "codepipeline:ListActionExecutions";
        let filter = release.map(|release| {
            ActionExecutionFilter::builder()
                .pipeline_execution_id(release)
                .build()
        });
        let mut all: Vec<(String, Run)> = Vec::new();
        let mut next = None;
        for _ in 0..RUN_PAGES_MAX {
            let call = self.codepipeline().list_action_executions();
            let call = call.pipeline_name(pipeline).max_results(PAGE_MAX);
            let call = call.set_filter(filter.clone());
            let answer = call.set_next_token(next).send().await;
            let answer =
                answer.map_err(|e| sorted(operation, &Place::default(), e).about(pipeline))?;
            let page = answer.action_execution_details.unwrap_or_default();
            let page: Vec<(String, Run)> = page.into_iter().filter_map(run).collect();
            let is_older = !page.is_empty() && page.iter().all(|(_, run)| run.began < since);
            all.extend(page);
            next = answer.next_token.filter(|token| !token.is_empty());
            if next.is_none() || is_older {
                return Ok(Listed { all, cut: false });
            }
        }
        Ok(Listed { all, cut: true })
    }
}

/// A release as AWS lists it; one without an id or a beginning is none.
fn release(told: PipelineExecutionSummary) -> Option<Release> {
    let began = told.start_time.as_ref().map(moment)?;
    let updated = told.last_update_time.as_ref().map_or(began, moment);
    let kind = told.execution_type.as_ref().map(|kind| kind.as_str());
    let rolled = told.rollback_metadata;
    let trigger = told.trigger.and_then(|trigger| trigger.trigger_type);
    let revisions = told.source_revisions.unwrap_or_default();
    Some(Release {
        id: told.pipeline_execution_id?,
        status: (told.status.as_ref()).map_or(ReleaseStatus::Unknown, |status| {
            ReleaseStatus::of(status.as_str())
        }),
        rollback: kind == Some("ROLLBACK"),
        target: rolled.and_then(|told| told.rollback_target_pipeline_execution_id),
        trigger: trigger.map(|kind| kind.as_str().to_owned()),
        began,
        updated,
        revisions: (revisions.into_iter())
            .filter_map(|told| {
                Some(Revision {
                    source: told.action_name,
                    id: told.revision_id?,
                    summary: told.revision_summary,
                    url: told.revision_url,
                    // `ListPipelineExecutions` does not tell it.
                    committed: None,
                })
            })
            .collect(),
        runs: Vec::new(),
    })
}

/// A run and its release, as AWS lists them.
fn run(told: ActionExecutionDetail) -> Option<(String, Run)> {
    let began = told.start_time.as_ref().map(moment)?;
    let category = told.input.and_then(|input| input.action_type_id);
    let output = told.output;
    let result = output.as_ref().and_then(|own| own.execution_result.clone());
    let variables = output.and_then(|output| output.output_variables);
    let says = result.as_ref().and_then(|result| {
        let error = result.error_details.as_ref();
        let error = error.and_then(|error| error.message.clone());
        error.or_else(|| result.external_execution_summary.clone())
    });
    let run = Run {
        id: told.action_execution_id?,
        stage: told.stage_name?,
        action: told.action_name?,
        deploys: category.is_some_and(|kind| kind.category == ActionCategory::Deploy),
        began,
        updated: told.last_update_time.as_ref().map_or(began, moment),
        status: (told.status.as_ref())
            .map_or(RunStatus::Unknown, |status| RunStatus::of(status.as_str())),
        verdict: variables.and_then(|mut told| told.remove("Verdict")),
        says: says.filter(|says| !says.trim().is_empty()),
        evidence: result.and_then(|result| result.external_execution_id),
    };
    Some((told.pipeline_execution_id?, run))
}

impl From<SdkStageState> for StageState {
    fn from(told: SdkStageState) -> StageState {
        let latest = told.latest_execution;
        let actions = told.action_states.unwrap_or_default();
        StageState {
            stage: told.stage_name.unwrap_or_default(),
            latest: latest.map(|latest| {
                let status = latest.status.as_str().to_owned();
                (latest.pipeline_execution_id, status)
            }),
            actions: actions.into_iter().map(ActionState::from).collect(),
        }
    }
}

impl From<SdkActionState> for ActionState {
    fn from(told: SdkActionState) -> ActionState {
        let latest = told.latest_execution.as_ref();
        let failure = latest.and_then(|latest| latest.error_details.as_ref());
        let says = (failure.and_then(|failure| failure.message.clone()))
            .or_else(|| latest.and_then(|latest| latest.summary.clone()));
        ActionState {
            status: latest
                .and_then(|latest| latest.status.as_ref())
                .map(|status| status.as_str().to_owned()),
            says: says.filter(|says| !says.trim().is_empty()),
            since: latest
                .and_then(|latest| latest.last_status_change.as_ref())
                .map(moment),
            action: told.action_name.unwrap_or_default(),
        }
    }
}
