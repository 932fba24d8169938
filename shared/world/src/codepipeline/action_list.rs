//! `ListActionExecutions`.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use super::action_type::ActionTypeId;
use super::custom::execution_link;
use super::limits::Checks;
use super::paging;
use super::record::{ActionRun, ActionStatus, Artifact, StageRun};
use super::settings::Settings;
use super::stage_reads::ErrorDetails;
use super::state::{Place, State};
use crate::wire::{ApiError, Time};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ActionsInput {
    pipeline_name: Option<String>,
    #[serde(default)]
    filter: ActionsFilter,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct ActionsFilter {
    pipeline_execution_id: Option<String>,
    latest_in_pipeline_execution: Option<LatestIn>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LatestIn {
    pipeline_execution_id: Option<String>,
    start_time_range: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ActionsOutput<'a> {
    action_execution_details: Vec<Detail<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Detail<'a> {
    pipeline_execution_id: &'a str,
    action_execution_id: &'a str,
    pipeline_version: u32,
    stage_name: &'a str,
    action_name: &'a str,
    start_time: Time,
    last_update_time: Time,
    status: ActionStatus,
    input: Input<'a>,
    output: Output<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Input<'a> {
    action_type_id: &'a ActionTypeId,
    configuration: BTreeMap<&'a str, &'a str>,
    resolved_configuration: BTreeMap<&'a str, &'a str>,
    region: &'a str,
    input_artifacts: Vec<ArtifactDetail<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Output<'a> {
    output_artifacts: Vec<ArtifactDetail<'a>>,
    execution_result: ExecutionResult<'a>,
    output_variables: &'a BTreeMap<String, String>,
}

#[derive(Serialize)]
struct ArtifactDetail<'a> {
    name: &'a str,
    s3location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    bucket: &'a str,
    key: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExecutionResult<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    external_execution_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_execution_summary: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_execution_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_details: Option<ErrorDetails<'a>>,
}

/// `ListActionExecutions`, newest first.
pub(super) fn actions<'a>(
    state: &'a State,
    settings: &Settings,
    region: &'a str,
    input: &ActionsInput,
) -> Result<ActionsOutput<'a>, ApiError> {
    let mut checks = Checks::counting(settings.lengths);
    let name = checks.required("pipelineName", input.pipeline_name.as_deref());
    checks.range("maxResults", input.max_results, 1, 100);
    let latest = input.filter.latest_in_pipeline_execution.as_ref();
    let mut execution = input.filter.pipeline_execution_id.as_deref();
    if let Some(latest) = latest {
        let member = "filter.latestInPipelineExecution.startTimeRange";
        let range = checks.required(member, latest.start_time_range.as_deref());
        checks.one_of(member, range, &["Latest", "All"]);
        execution = Some(latest.pipeline_execution_id.as_deref().unwrap_or_default());
    }
    if let Some(id) = execution {
        checks.id("filter.pipelineExecutionId", Some(id));
    }
    checks.finish()?;
    let places = match execution {
        None => &state.pipeline(name)?.places,
        Some(id) => &state.executions[state.execution(name, id)?].places,
    };
    let only_latest = latest.is_some_and(|l| l.start_time_range.as_deref() == Some("Latest"));
    let kept = only_latest.then(|| latest_of_each(state, places));
    let (details, next_token) = paging::newest_first(
        places,
        input.max_results,
        input.next_token.as_deref(),
        |place| {
            let wanted = (kept.as_ref()).is_none_or(|k| k.contains(&(place.stage, place.action)));
            wanted.then(|| detail(state, region, *place))
        },
    )?;
    Ok(ActionsOutput {
        action_execution_details: details,
        next_token,
    })
}

/// Of one execution's runs the last of each action, by stage and action.
fn latest_of_each(state: &State, places: &[Place]) -> HashSet<(usize, usize)> {
    let mut seen = HashSet::new();
    let newest_first = places.iter().rev();
    newest_first
        .filter(|place| seen.insert((place.stage, state.action(**place).name.as_str())))
        .map(|place| (place.stage, place.action))
        .collect()
}

fn detail<'a>(state: &'a State, region: &'a str, place: Place) -> Detail<'a> {
    let record = &state.executions[place.execution].record;
    let stage: &StageRun = &record.stages[place.stage];
    let run: &ActionRun = &stage.actions[place.action];
    Detail {
        pipeline_execution_id: &record.id,
        action_execution_id: &run.id,
        pipeline_version: record.pipeline_version,
        stage_name: &stage.name,
        action_name: &run.name,
        start_time: Time(run.began),
        last_update_time: Time(run.updated),
        status: run.status,
        input: Input {
            action_type_id: &run.action_type,
            configuration: shown(run, &run.configuration),
            resolved_configuration: shown(run, &run.resolved_configuration),
            region,
            input_artifacts: artifacts(&run.input_artifacts),
            namespace: run.namespace.as_deref(),
        },
        output: Output {
            output_artifacts: artifacts(&run.output_artifacts),
            execution_result: ExecutionResult {
                external_execution_id: run.external_execution_id.as_deref(),
                external_execution_summary: run.summary.as_deref(),
                external_execution_url: execution_link(state, run),
                error_details: run.failure.as_ref().map(ErrorDetails::of),
            },
            output_variables: &run.output_variables,
        },
    }
}

/// A configuration without what only workers may see.
fn shown<'a>(
    run: &ActionRun,
    configuration: &'a BTreeMap<String, String>,
) -> BTreeMap<&'a str, &'a str> {
    let one = |(name, value): (&'a String, &'a String)| {
        let is_secret = run.secrets.contains(name);
        (
            name.as_str(),
            if is_secret { "****" } else { value.as_str() },
        )
    };
    configuration.iter().map(one).collect()
}

fn artifacts(artifacts: &[Artifact]) -> Vec<ArtifactDetail<'_>> {
    let details = artifacts.iter().map(|artifact| ArtifactDetail {
        name: &artifact.name,
        s3location: Location {
            bucket: &artifact.bucket,
            key: &artifact.key,
        },
    });
    details.collect()
}
