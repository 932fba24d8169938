//! `GetPipelineState`: who is in each stage, who waits, what the actions say.

use serde::{Deserialize, Serialize};

use super::custom::{entity_link, execution_link};
use super::limits::Checks;
use super::reads::execution_type;
use super::record::{ActionRun, ActionStatus, ExecutionStatus, Failure, StageRun, StageStatus};
use super::settings::Settings;
use super::state::State;
use crate::wire::{ApiError, Time};

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
    #[serde(skip_serializing_if = "Option::is_none")]
    entity_url: Option<String>,
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
    external_execution_url: Option<String>,
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
                latest_execution: place.map(|place| action_execution(state, state.action(*place))),
                entity_url: place.and_then(|place| entity_link(state, state.action(*place))),
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

fn action_execution<'a>(state: &State, run: &'a ActionRun) -> ActionExecution<'a> {
    ActionExecution {
        action_execution_id: &run.id,
        status: run.status,
        summary: run.summary.as_deref(),
        last_status_change: Time(run.updated),
        external_execution_id: run.external_execution_id.as_deref(),
        external_execution_url: execution_link(state, run),
        percent_complete: run.percent_complete,
        error_details: run.failure.as_ref().map(ErrorDetails::of),
    }
}
