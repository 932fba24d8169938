//! `GetPipelineExecution`, `GetPipelineState` and `ListPipelineExecutions`.
//!
//! Outputs borrow from the state, so that a read copies nothing but what goes
//! over the wire.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::definition::Mode;
use super::limits::Checks;
use super::paging;
use super::record::{
    ActionRun, ActionStatus, Execution, ExecutionStatus, Failure, StageRun, StageStatus,
};
use super::settings::Settings;
use super::state::{PipelineState, State};
use crate::wire::{ApiError, Time};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExecutionInput {
    pipeline_name: Option<String>,
    pipeline_execution_id: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExecutionOutput<'a> {
    pipeline_execution: ExecutionDetail<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExecutionDetail<'a> {
    pipeline_name: &'a str,
    pipeline_version: u32,
    pipeline_execution_id: &'a str,
    status: ExecutionStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_summary: Option<&'a str>,
    artifact_revisions: Vec<ArtifactRevision<'a>>,
    variables: Vec<ResolvedVariable<'a>>,
    trigger: Trigger,
    execution_mode: Mode,
    execution_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rollback_metadata: Option<RollbackMetadata<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactRevision<'a> {
    name: &'a str,
    revision_id: &'a str,
    created: Time,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResolvedVariable<'a> {
    name: &'a str,
    resolved_value: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Trigger {
    trigger_type: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RollbackMetadata<'a> {
    rollback_target_pipeline_execution_id: &'a str,
}

/// `GetPipelineExecution`.
pub(super) fn execution<'a>(
    state: &'a State,
    settings: &Settings,
    input: &ExecutionInput,
) -> Result<ExecutionOutput<'a>, ApiError> {
    let mut checks = Checks::counting(settings.lengths);
    let name = checks.required("pipelineName", input.pipeline_name.as_deref());
    let id = checks.id(
        "pipelineExecutionId",
        input.pipeline_execution_id.as_deref(),
    );
    checks.finish()?;
    let record = &state.executions[state.execution(name, id)?].record;
    let revisions = record.source_revisions.iter();
    Ok(ExecutionOutput {
        pipeline_execution: ExecutionDetail {
            pipeline_name: &record.pipeline,
            pipeline_version: record.pipeline_version,
            pipeline_execution_id: &record.id,
            status: record.status,
            status_summary: record.stop_reason.as_deref(),
            artifact_revisions: revisions
                .map(|source| ArtifactRevision {
                    name: &source.artifact,
                    revision_id: &source.revision,
                    created: Time(source.created),
                })
                .collect(),
            variables: (record.variables.iter())
                .map(|(name, value)| ResolvedVariable {
                    name,
                    resolved_value: value,
                })
                .collect(),
            trigger: trigger(record),
            execution_mode: record.mode,
            execution_type: execution_type(record, settings),
            rollback_metadata: rollback_metadata(record, settings),
        },
    })
}

fn trigger(record: &Execution) -> Trigger {
    let trigger_type = match record.rollback_target {
        Some(_) => "ManualRollback",
        None => "StartPipelineExecution",
    };
    Trigger { trigger_type }
}

fn execution_type(record: &Execution, settings: &Settings) -> &'static str {
    match rollback_metadata(record, settings) {
        Some(_) => "ROLLBACK",
        None => "STANDARD",
    }
}

fn rollback_metadata<'a>(
    record: &'a Execution,
    settings: &Settings,
) -> Option<RollbackMetadata<'a>> {
    let target = record.rollback_target.as_deref();
    let shown = target.filter(|_| settings.rollback_type_shown)?;
    Some(RollbackMetadata {
        rollback_target_pipeline_execution_id: shown,
    })
}

#[derive(Deserialize)]
pub(super) struct StateInput {
    name: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StateOutput<'a> {
    pipeline_name: &'a str,
    pipeline_version: u32,
    stage_states: Vec<StageStateOutput<'a>>,
    created: Time,
    updated: Time,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StageStateOutput<'a> {
    stage_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    inbound_execution: Option<StageExecution<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    inbound_executions: Vec<StageExecution<'a>>,
    inbound_transition_state: Transition,
    action_states: Vec<ActionState<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latest_execution: Option<StageExecution<'a>>,
}

#[derive(Serialize)]
struct Transition {
    enabled: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StageExecution<'a> {
    pipeline_execution_id: &'a str,
    status: &'static str,
    #[serde(rename = "type")]
    execution_type: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ActionState<'a> {
    action_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    latest_execution: Option<ActionExecution<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ActionExecution<'a> {
    action_execution_id: &'a str,
    status: ActionStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'a str>,
    last_status_change: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_execution_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    percent_complete: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_details: Option<ErrorDetails<'a>>,
}

/// Why an action failed, as all reads show it.
#[derive(Serialize)]
pub(super) struct ErrorDetails<'a> {
    code: &'a str,
    message: &'a str,
}

impl<'a> ErrorDetails<'a> {
    pub(super) fn of(failure: &'a Failure) -> ErrorDetails<'a> {
        ErrorDetails {
            code: &failure.failure_type,
            message: &failure.message,
        }
    }
}

/// `GetPipelineState`.
pub(super) fn pipeline_state<'a>(
    state: &'a State,
    settings: &Settings,
    input: &StateInput,
) -> Result<StateOutput<'a>, ApiError> {
    let mut checks = Checks::counting(settings.lengths);
    let name = checks.required("name", input.name.as_deref());
    checks.finish()?;
    let pipeline = state.pipeline(name)?;
    let definition = &pipeline.definition;
    let stages = definition.stages.iter();
    let stages = stages.map(|stage| {
        let lock = pipeline.stages.get(&stage.name);
        let waiting = lock.into_iter().flat_map(|lock| &lock.waiting);
        let inbound = |execution: &usize| StageExecution {
            status: "InProgress",
            ..stage_execution(state, settings, *execution, &stage.name)
        };
        let last_waiting = lock.and_then(|lock| lock.waiting.back());
        let actions = stage.actions.iter().map(|action| {
            let place = lock.and_then(|lock| lock.latest_runs.get(&action.name));
            ActionState {
                action_name: &action.name,
                latest_execution: place.map(|place| action_execution(state.action(*place))),
            }
        });
        StageStateOutput {
            stage_name: &stage.name,
            inbound_execution: last_waiting.map(inbound),
            inbound_executions: waiting.map(inbound).collect(),
            inbound_transition_state: Transition { enabled: true },
            action_states: actions.collect(),
            latest_execution: lock
                .and_then(|lock| lock.latest)
                .map(|latest| stage_execution(state, settings, latest, &stage.name)),
        }
    });
    Ok(StateOutput {
        pipeline_name: &definition.name,
        pipeline_version: definition.version,
        stage_states: stages.collect(),
        created: Time(pipeline.created),
        updated: Time(pipeline.updated),
    })
}

fn stage_execution<'a>(
    state: &'a State,
    settings: &Settings,
    execution: usize,
    stage: &str,
) -> StageExecution<'a> {
    let record = &state.executions[execution].record;
    let run: Option<&StageRun> = record.stages.iter().find(|run| run.name == stage);
    let stopping = record.status == ExecutionStatus::Stopping;
    StageExecution {
        pipeline_execution_id: &record.id,
        status: match run.map(|run| run.status) {
            Some(StageStatus::InProgress) if stopping => "Stopping",
            None | Some(StageStatus::InProgress) => "InProgress",
            Some(StageStatus::Succeeded) => "Succeeded",
            Some(StageStatus::Failed) => "Failed",
            Some(StageStatus::Stopped) => "Stopped",
            Some(StageStatus::Cancelled) => "Cancelled",
        },
        execution_type: execution_type(record, settings),
    }
}

fn action_execution(run: &ActionRun) -> ActionExecution<'_> {
    ActionExecution {
        action_execution_id: &run.id,
        status: run.status,
        summary: run.summary.as_deref(),
        last_status_change: Time(run.updated),
        external_execution_id: run.external_execution_id.as_deref(),
        percent_complete: run.percent_complete,
        error_details: run.failure.as_ref().map(ErrorDetails::of),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListInput {
    pipeline_name: Option<String>,
    max_results: Option<i64>,
    #[serde(default)]
    filter: ListFilter,
    next_token: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct ListFilter {
    succeeded_in_stage: Option<SucceededIn>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SucceededIn {
    stage_name: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListOutput<'a> {
    pipeline_execution_summaries: Vec<Summary<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary<'a> {
    pipeline_execution_id: &'a str,
    status: ExecutionStatus,
    start_time: Time,
    last_update_time: Time,
    source_revisions: Vec<SourceRevision<'a>>,
    trigger: Trigger,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_trigger: Option<StopTrigger<'a>>,
    execution_mode: Mode,
    execution_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rollback_metadata: Option<RollbackMetadata<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SourceRevision<'a> {
    action_name: &'a str,
    revision_id: &'a str,
}

#[derive(Serialize)]
struct StopTrigger<'a> {
    reason: &'a str,
}

/// `ListPipelineExecutions`, newest first.
pub(super) fn executions<'a>(
    state: &'a State,
    settings: &Settings,
    input: &ListInput,
) -> Result<ListOutput<'a>, ApiError> {
    let mut checks = Checks::counting(settings.lengths);
    let name = checks.required("pipelineName", input.pipeline_name.as_deref());
    checks.range("maxResults", input.max_results, 1, 100);
    checks.finish()?;
    let pipeline: &PipelineState = state.pipeline(name)?;
    let stage = input.filter.succeeded_in_stage.as_ref();
    let stage = stage.and_then(|filter| filter.stage_name.as_deref());
    let version = pipeline.definition.version;
    let wanted = |record: &Execution| {
        stage.is_none_or(|stage| {
            let mut stages = record.stages.iter();
            record.pipeline_version == version
                && stages.any(|run| run.name == stage && run.status == StageStatus::Succeeded)
        })
    };
    let (page, next_token) = paging::newest_first(
        &pipeline.executions,
        input.max_results,
        input.next_token.as_deref(),
        |index| {
            let record = &state.executions[*index].record;
            wanted(record).then(|| summary(record, settings))
        },
    )?;
    Ok(ListOutput {
        pipeline_execution_summaries: page,
        next_token,
    })
}

fn summary<'a>(record: &'a Execution, settings: &Settings) -> Summary<'a> {
    let stop = record.stop_reason.as_deref();
    let revisions = record.source_revisions.iter();
    let updated: Timestamp = record.updated;
    Summary {
        pipeline_execution_id: &record.id,
        status: record.status,
        start_time: Time(record.began),
        last_update_time: Time(updated),
        source_revisions: revisions
            .map(|source| SourceRevision {
                action_name: &source.action,
                revision_id: &source.revision,
            })
            .collect(),
        trigger: trigger(record),
        stop_trigger: stop.map(|reason| StopTrigger { reason }),
        execution_mode: record.mode,
        execution_type: execution_type(record, settings),
        rollback_metadata: rollback_metadata(record, settings),
    }
}
