//! Questions about pipelines, and stopping them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::model::{ActionRun, Execution};
use super::{Action, CodePipeline, Mode, Pipeline, Work};
use crate::wire::ApiError;

pub(super) fn no_pipeline(name: &str) -> ApiError {
    let message = format!("The account does not have a pipeline with name '{name}'");
    ApiError::client("PipelineNotFoundException", message)
}

fn seconds(at: Timestamp) -> Value {
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds since 1970 stay far below 2^53"
    )]
    let seconds = at.as_millisecond() as f64 / 1000.0;
    json!(seconds)
}

fn field<'a>(input: &'a Value, name: &str) -> Result<&'a str, ApiError> {
    input
        .get(name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .ok_or_else(|| {
            ApiError::client(
                "ValidationException",
                format!("Value at '{name}' failed to satisfy constraint: not null"),
            )
        })
}

impl CodePipeline {
    pub(super) fn operate(&self, operation: &str, input: &Value) -> Result<Value, ApiError> {
        match operation {
            "PutJobSuccessResult" => self.put_success(input),
            "PutJobFailureResult" => self.put_failure(input),
            "GetJobDetails" => self.job_details(input),
            "GetPipelineExecution" => self.get_execution(input),
            "GetPipelineState" => self.get_state(input),
            "ListActionExecutions" => self.list_actions(input),
            "StopPipelineExecution" => self.stop(input),
            "StartPipelineExecution" => {
                Ok(json!({ "pipelineExecutionId": self.start(field(input, "name")?)? }))
            }
            other => Err(ApiError::client(
                "UnknownOperationException",
                format!("this world has no operation {other}"),
            )),
        }
    }

    /// Runs `read` on the execution that an input names.
    fn on_execution<T>(
        &self,
        input: &Value,
        read: impl FnOnce(&Execution, &Pipeline) -> T,
    ) -> Result<T, ApiError> {
        let (name, id) = (
            field(input, "pipelineName")?,
            field(input, "pipelineExecutionId")?,
        );
        let state = self.state();
        let pipeline = state.pipelines.get(name).ok_or_else(|| no_pipeline(name))?;
        match state.executions.get(id).filter(|run| run.pipeline == name) {
            Some(run) => Ok(read(run, &pipeline.definition)),
            None => Err(ApiError::client(
                "PipelineExecutionNotFoundException",
                format!("The pipeline execution with id '{id}' does not exist"),
            )),
        }
    }

    fn get_execution(&self, input: &Value) -> Result<Value, ApiError> {
        let kind = if self.0.settings.rollback {
            "ROLLBACK"
        } else {
            "STANDARD"
        };
        self.on_execution(input, |run, pipeline| {
            json!({ "pipelineExecution": {
                "pipelineName": run.pipeline,
                "pipelineVersion": 1,
                "pipelineExecutionId": run.id,
                "status": run.status,
                "executionMode": match pipeline.mode {
                    Mode::Superseded => "SUPERSEDED",
                    Mode::Queued => "QUEUED",
                    Mode::Parallel => "PARALLEL",
                },
                "executionType": kind,
            }})
        })
    }

    fn get_state(&self, input: &Value) -> Result<Value, ApiError> {
        let name = field(input, "name")?;
        let state = self.state();
        let pipeline = state.pipelines.get(name).ok_or_else(|| no_pipeline(name))?;
        let stages: Vec<Value> = pipeline
            .definition
            .stages
            .iter()
            .map(|stage| {
                let mut shown = json!({ "stageName": stage.name, "inboundTransitionState": { "enabled": true } });
                let latest = pipeline.latest.get(&stage.name).and_then(|id| state.executions.get(id));
                let run = latest.and_then(|run| Some((run, run.stages.iter().rev().find(|s| s.name == stage.name)?)));
                if let Some((execution, run)) = run {
                    shown["latestExecution"] = json!({ "pipelineExecutionId": execution.id, "status": run.status });
                    shown["actionStates"] = run.actions.iter().map(action_state).collect();
                }
                shown
            })
            .collect();
        Ok(json!({ "pipelineName": name, "pipelineVersion": 1, "stageStates": stages }))
    }

    fn list_actions(&self, input: &Value) -> Result<Value, ApiError> {
        let name = field(input, "pipelineName")?;
        let state = self.state();
        let pipeline = &state
            .pipelines
            .get(name)
            .ok_or_else(|| no_pipeline(name))?
            .definition;
        let only = input
            .pointer("/filter/pipelineExecutionId")
            .or_else(|| input.pointer("/filter/latestInPipelineExecution/pipelineExecutionId"))
            .and_then(Value::as_str);
        let mut found: Vec<(Timestamp, Value)> = Vec::new();
        for run in state.order.iter().filter_map(|id| state.executions.get(id)) {
            if run.pipeline != name || only.is_some_and(|id| id != run.id) {
                continue;
            }
            for stage in &run.stages {
                for action in &stage.actions {
                    let definition = pipeline
                        .stages
                        .iter()
                        .find(|s| s.name == stage.name)
                        .and_then(|s| s.actions.iter().find(|a| a.name == action.name));
                    found.push((action.began, detail(run, &stage.name, action, definition)));
                }
            }
        }
        // Newest first.
        found.reverse();
        found.sort_by_key(|(began, _)| std::cmp::Reverse(*began));
        let from = match input.get("nextToken").and_then(Value::as_str) {
            None => 0,
            Some(token) => token.parse::<usize>().map_err(|_| {
                ApiError::client("InvalidNextTokenException", "The next token is invalid")
            })?,
        };
        let size = match input.get("maxResults").and_then(Value::as_u64) {
            None => 100,
            Some(size) => usize::try_from(size)
                .ok()
                .filter(|size| (1..=100).contains(size))
                .ok_or_else(|| {
                    ApiError::client(
                        "ValidationException",
                        "Value at 'maxResults' failed to satisfy constraint: Member must be from 1 to 100",
                    )
                })?,
        };
        let total = found.len();
        let page: Vec<Value> = found
            .into_iter()
            .skip(from)
            .take(size)
            .map(|(_, value)| value)
            .collect();
        let mut answer = json!({ "actionExecutionDetails": page });
        if from + size < total {
            answer["nextToken"] = json!((from + size).to_string());
        }
        Ok(answer)
    }

    fn stop(&self, input: &Value) -> Result<Value, ApiError> {
        let id = field(input, "pipelineExecutionId")?.to_owned();
        let abandon = input
            .get("abandon")
            .and_then(Value::as_bool)
            .unwrap_or(false);
        self.on_execution(input, |run, _| run.status.clone())
            .and_then(|status| match status.as_str() {
                "Stopping" if !abandon => Err(ApiError::client(
                    "DuplicatedStopRequestException",
                    format!("The pipeline execution '{id}' is already being stopped"),
                )),
                "InProgress" | "Stopping" => Ok(()),
                _ => Err(ApiError::client(
                    "PipelineExecutionNotStoppableException",
                    format!("The pipeline execution '{id}' is not in a state that can be stopped"),
                )),
            })?;
        self.stop_execution(&id, abandon);
        Ok(json!({ "pipelineExecutionId": id }))
    }

    /// Stops a release: after what runs has ended, or (`abandon`) at once.
    /// One that ended stays as it is.
    pub fn stop_execution(&self, id: &str, abandon: bool) {
        if self.execution(id).is_none_or(|run| run.ended.is_some()) {
            return;
        }
        if abandon {
            {
                let mut state = self.state();
                for pipeline in state.pipelines.values_mut() {
                    pipeline.running.retain(|_, running| running != id);
                }
                if let Some(stage) = state
                    .executions
                    .get_mut(id)
                    .and_then(|run| run.stages.last_mut())
                {
                    stage.status = "Stopped".to_owned();
                }
            }
            self.end(id, "Stopped");
        } else {
            if let Some(run) = self.state().executions.get_mut(id) {
                run.status = "Stopping".to_owned();
            }
            self.0.changed.notify_waiters();
        }
    }
}

fn action_state(action: &ActionRun) -> Value {
    let mut latest = json!({
        "actionExecutionId": action.id,
        "status": action.status,
        "lastStatusChange": seconds(action.ended.unwrap_or(action.began)),
    });
    if let Some(summary) = &action.summary {
        latest["summary"] = json!(summary);
    }
    if let Some(percent) = action.percent {
        latest["percentComplete"] = json!(percent);
    }
    if let Some(id) = &action.external_id {
        latest["externalExecutionId"] = json!(id);
    }
    if let Some((code, message)) = &action.failure {
        latest["errorDetails"] = json!({ "code": code, "message": message });
    }
    json!({ "actionName": action.name, "latestExecution": latest })
}

fn detail(run: &Execution, stage: &str, action: &ActionRun, definition: Option<&Action>) -> Value {
    let (category, provider) = match definition.map(|d| &d.work) {
        Some(Work::Source { .. }) => ("Source", "S3"),
        Some(Work::Deploy { .. }) => ("Deploy", "CodeDeploy"),
        Some(Work::Lambda { .. }) | None => ("Invoke", "Lambda"),
    };
    json!({
        "pipelineExecutionId": run.id,
        "actionExecutionId": action.id,
        "pipelineVersion": 1,
        "stageName": stage,
        "actionName": action.name,
        "startTime": seconds(action.began),
        "lastUpdateTime": seconds(action.ended.unwrap_or(action.began)),
        "status": action.status,
        "input": { "actionTypeId": { "category": category, "owner": "AWS", "provider": provider, "version": "1" } },
        "output": { "outputVariables": action.output_variables },
    })
}
