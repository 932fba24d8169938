//! `GetPipelineExecution` and `ListPipelineExecutions`; `stage_reads` and
//! `action_list` have the other reads.
//!
//! Outputs borrow from the state, so that a read copies nothing but what goes
//! over the wire.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::definition::Mode;
use super::limits::Checks;
use super::paging;
use super::record::{Execution, ExecutionStatus, StageStatus};
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

pub(super) fn execution_type(record: &Execution, settings: &Settings) -> &'static str {
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
