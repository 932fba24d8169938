//! Starting, stopping, rolling back and retrying executions.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::definition::{Mode, Work};
use super::engine::{self, Course};
use super::limits::{Checks, is_name, is_variable_name};
use super::record::{ActionStatus, ExecutionStatus, StageStatus};
use super::state::{Running, Shared, State};
use crate::wire::ApiError;

/// The answer of everything here: the execution that it is about.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExecutionOutput {
    pipeline_execution_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StartInput {
    name: Option<String>,
    #[serde(default)]
    variables: Vec<Variable>,
    client_request_token: Option<String>,
}

#[derive(Deserialize)]
struct Variable {
    name: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StopInput {
    pipeline_name: Option<String>,
    pipeline_execution_id: Option<String>,
    #[serde(default)]
    abandon: bool,
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RollbackInput {
    pipeline_name: Option<String>,
    stage_name: Option<String>,
    target_pipeline_execution_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RetryInput {
    pipeline_name: Option<String>,
    stage_name: Option<String>,
    pipeline_execution_id: Option<String>,
    retry_mode: Option<String>,
}

/// `StartPipelineExecution`.
pub(super) fn start(shared: &Arc<Shared>, input: StartInput) -> Result<ExecutionOutput, ApiError> {
    let mut checks = Checks::counting(shared.settings.lengths);
    checks.required("name", input.name.as_deref());
    let token = input.client_request_token;
    checks.length("clientRequestToken", token.as_deref(), 128);
    for variable in &input.variables {
        if !is_variable_name(&variable.name) {
            checks.refuse(
                "variables.member.name",
                "Member must satisfy regular expression pattern: [A-Za-z0-9@\\-_]+",
            );
        }
        checks.length("variables.member.name", Some(&variable.name), 128);
        checks.length("variables.member.value", Some(&variable.value), 1000);
    }
    checks.finish()?;
    let variables = input.variables.into_iter().map(|v| (v.name, v.value));
    let name = input.name.unwrap_or_default();
    start_execution(shared, &name, variables.collect(), token).map(|pipeline_execution_id| {
        ExecutionOutput {
            pipeline_execution_id,
        }
    })
}

/// Starts an execution; the same `token` never starts a second one.
pub(super) fn start_execution(
    shared: &Arc<Shared>,
    name: &str,
    variables: BTreeMap<String, String>,
    token: Option<String>,
) -> Result<String, ApiError> {
    let (index, id, stages) = shared.with(|state| {
        let pipeline = state.pipeline(name)?;
        if let Some(known) = token.as_ref().and_then(|t| pipeline.start_tokens.get(t)) {
            return Ok((None, known.clone(), 0));
        }
        let definition = Arc::clone(&pipeline.definition);
        let stages = definition.stages.len();
        let index = engine::create(state, definition, variables, None);
        let id = state.executions[index].record.id.clone();
        if let (Some(token), Some(pipeline)) = (token, state.pipelines.get_mut(name)) {
            pipeline.start_tokens.insert(token, id.clone());
        }
        Ok((Some(index), id, stages))
    })?;
    if let Some(index) = index {
        let course = Course {
            first: 0,
            end: stages,
            only: None,
        };
        engine::launch(shared, index, course);
    }
    Ok(id)
}

/// `StopPipelineExecution`.
pub(super) fn stop(shared: &Arc<Shared>, input: StopInput) -> Result<ExecutionOutput, ApiError> {
    let mut checks = Checks::counting(shared.settings.lengths);
    let name = checks.required("pipelineName", input.pipeline_name.as_deref());
    let id = checks.id(
        "pipelineExecutionId",
        input.pipeline_execution_id.as_deref(),
    );
    let reason = input.reason.as_deref().filter(|reason| !reason.is_empty());
    checks.length("reason", reason, 200);
    checks.finish()?;
    shared.with(|state| {
        state.pipeline(name)?;
        let not_stoppable = |why: &str| {
            let message = format!("Execution {id} of pipeline {name} {why}");
            ApiError::client("PipelineExecutionNotStoppableException", message)
        };
        let index = state.execution(name, id);
        let index = index.map_err(|_| not_stoppable("does not exist"))?;
        let now = state.clock.now();
        let record = &mut state.executions[index].record;
        match record.status {
            ExecutionStatus::InProgress => {}
            ExecutionStatus::Stopping if input.abandon => {}
            ExecutionStatus::Stopping => {
                let message = format!("Execution {id} is already stopping");
                return Err(ApiError::client("DuplicatedStopRequestException", message));
            }
            _ => return Err(not_stoppable("has ended")),
        }
        record.stop_reason = reason.map(str::to_owned);
        let mut stages = record.stages.iter();
        let in_a_stage = stages.any(|stage| stage.status == StageStatus::InProgress);
        if input.abandon || !in_a_stage {
            state.end_execution(index, ExecutionStatus::Stopped);
        } else {
            record.status = ExecutionStatus::Stopping;
            record.updated = now;
        }
        Ok(ExecutionOutput {
            pipeline_execution_id: id.to_owned(),
        })
    })
}

/// `RollbackStage`.
pub(super) fn roll_back(
    shared: &Arc<Shared>,
    input: &RollbackInput,
) -> Result<ExecutionOutput, ApiError> {
    let mut checks = Checks::counting(shared.settings.lengths);
    let name = checks.required("pipelineName", input.pipeline_name.as_deref());
    let stage = checks.required("stageName", input.stage_name.as_deref());
    let target = input.target_pipeline_execution_id.as_deref();
    let target = checks.id("targetPipelineExecutionId", target);
    checks.finish()?;
    let gates = shared.settings.rollback_runs_gates;
    let while_running = shared.settings.rollback_while_running;
    let (index, first, only) = shared.with(|state| {
        let target = state.execution(name, target)?;
        let first = find_stage(state, name, stage)?;
        check_rollback(state, name, first, target, while_running)?;
        let definition = Arc::clone(&state.pipeline(name)?.definition);
        let actions = definition.stages[first].actions.iter();
        let kept = actions.filter(|action| gates || !action.work.is_gate());
        let only: Vec<String> = kept.map(|action| action.name.clone()).collect();
        let variables = state.executions[target].record.variables.clone();
        let index = engine::create(state, definition, variables, Some(target));
        Ok::<_, ApiError>((index, first, only))
    })?;
    let course = Course {
        first,
        end: first + 1,
        only: Some(only),
    };
    engine::launch(shared, index, course);
    Ok(output(shared, index))
}

fn check_rollback(
    state: &State,
    pipeline: &str,
    stage: usize,
    target: usize,
    while_running: bool,
) -> Result<(), ApiError> {
    let pipeline = state.pipeline(pipeline)?;
    let definition = &pipeline.definition;
    let name = &definition.stages[stage].name;
    let refuse = |why: &str| {
        let message = format!("Unable to roll back stage {name}: {why}");
        Err(ApiError::client("UnableToRollbackStageException", message))
    };
    let target = &state.executions[target].record;
    let sources = |action: &super::Action| matches!(action.work, Work::Source { .. });
    if definition.mode == Mode::Parallel {
        return refuse("rollback is not available in PARALLEL mode");
    }
    if definition.stages[stage].actions.iter().any(sources) {
        return refuse("it is a source stage");
    }
    let lock = pipeline.stages.get(name);
    if !while_running && lock.is_some_and(|lock| lock.running.is_some()) {
        return refuse("it is in progress");
    }
    if target.pipeline_version != definition.version {
        return Err(ApiError::client(
            "PipelineExecutionOutdatedException",
            format!(
                "Execution {} ran another version of the pipeline",
                target.id
            ),
        ));
    }
    if target.rollback_target.is_some() {
        return refuse("the target is a rollback itself");
    }
    let mut stages = target.stages.iter();
    if !stages.any(|run| run.name == *name && run.status == StageStatus::Succeeded) {
        return refuse("the target did not succeed in it");
    }
    Ok(())
}

/// `RetryStageExecution`.
pub(super) fn retry(shared: &Arc<Shared>, input: &RetryInput) -> Result<ExecutionOutput, ApiError> {
    let mut checks = Checks::counting(shared.settings.lengths);
    let name = checks.required("pipelineName", input.pipeline_name.as_deref());
    let stage = checks.required("stageName", input.stage_name.as_deref());
    let id = checks.id(
        "pipelineExecutionId",
        input.pipeline_execution_id.as_deref(),
    );
    let mode = checks.required("retryMode", input.retry_mode.as_deref());
    checks.one_of("retryMode", mode, &["FAILED_ACTIONS", "ALL_ACTIONS"]);
    checks.finish()?;
    let (index, course) = shared.with(|state| {
        let first = find_stage(state, name, stage)?;
        let refuse = |code: &str, why: &str| {
            let message = format!("Stage {stage} cannot be retried for execution {id}: {why}");
            Err(ApiError::client(code, message))
        };
        let pipeline = state.pipeline(name)?;
        let lock = pipeline.stages.get(stage);
        let latest = lock.and_then(|lock| lock.latest);
        let index = match state.execution(name, id) {
            Ok(index) if pipeline.definition.mode == Mode::Parallel || latest == Some(index) => {
                index
            }
            _ => {
                let code = "NotLatestPipelineExecutionException";
                return refuse(code, "it is not the latest in the stage");
            }
        };
        let running = &mut state.executions[index];
        let run = running.record.stages.iter().find(|run| run.name == stage);
        let failed =
            run.is_some_and(|run| matches!(run.status, StageStatus::Failed | StageStatus::Stopped));
        if !failed || !running.record.status.is_over() {
            return refuse("StageNotRetryableException", "the stage did not fail");
        }
        let all = mode == "ALL_ACTIONS";
        let course = Course {
            first,
            end: running.definition.stages.len(),
            only: Some(actions_to_retry(running, first, all)),
        };
        running.record.status = ExecutionStatus::InProgress;
        running.record.ended = None;
        running.dropped.send_replace(false);
        running.ended.send_replace(false);
        Ok((index, course))
    })?;
    engine::launch(shared, index, course);
    Ok(output(shared, index))
}

/// Names of the actions whose latest run did not succeed, or of all.
fn actions_to_retry(running: &Running, stage: usize, all: bool) -> Vec<String> {
    let stage = &running.definition.stages[stage];
    let run = running
        .record
        .stages
        .iter()
        .find(|run| run.name == stage.name);
    let succeeded = |name: &str| {
        let latest = run.and_then(|run| run.actions.iter().rfind(|action| action.name == name));
        latest.is_some_and(|action| action.status == ActionStatus::Succeeded)
    };
    let names = stage.actions.iter().map(|action| action.name.clone());
    names.filter(|name| all || !succeeded(name)).collect()
}

fn find_stage(state: &State, pipeline: &str, stage: &str) -> Result<usize, ApiError> {
    let definition = &state.pipeline(pipeline)?.definition;
    let found = definition.stage_index(stage).filter(|_| is_name(stage));
    found.ok_or_else(|| {
        let message = format!("Pipeline {pipeline} has no stage {stage}");
        ApiError::client("StageNotFoundException", message)
    })
}

fn output(shared: &Shared, execution: usize) -> ExecutionOutput {
    ExecutionOutput {
        pipeline_execution_id: shared.with(|state| state.executions[execution].record.id.clone()),
    }
}
