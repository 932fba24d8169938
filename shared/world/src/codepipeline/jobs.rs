//! Taking answers, with every limit of the API (aws.md 1.4; botocore's model
//! `codepipeline/2015-07-09`).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::model::{Answer, HappeningKind, JobPlace};
use super::{CodePipeline, event};
use crate::wire::ApiError;

const TOKEN_MAX: usize = 2048;
const SUMMARY_MAX: usize = 2048;
const EXTERNAL_ID_MAX: usize = 1500;
const MESSAGE_MAX: usize = 5000;
const OUTPUT_VARIABLES_BYTES_MAX: usize = 122_880;

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::client("ValidationException", message)
}

/// A text of 1 to `max` characters, if it is there.
fn text(value: &Value, name: &str, max: usize) -> Result<Option<String>, ApiError> {
    match value.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if (1..=max).contains(&text.chars().count()) => {
            Ok(Some(text.clone()))
        }
        Some(Value::String(_)) => Err(invalid(format!(
            "Value at '{name}' failed to satisfy constraint: Member must have length between 1 and {max}"
        ))),
        Some(_) => Err(ApiError::client(
            "SerializationException",
            format!("{name} is not a string"),
        )),
    }
}

fn job_id(input: &Value) -> Result<String, ApiError> {
    let id = input.get("jobId").and_then(Value::as_str).unwrap_or("");
    let groups: Vec<usize> = id.split('-').map(str::len).collect();
    let hex = id
        .bytes()
        .all(|b| b == b'-' || matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if groups == [8, 4, 4, 4, 12] && hex {
        return Ok(id.to_owned());
    }
    Err(invalid(
        "Value at 'jobId' failed to satisfy constraint: Member must satisfy regular expression pattern",
    ))
}

fn output_variables(input: &Value, has_token: bool) -> Result<BTreeMap<String, String>, ApiError> {
    let Some(map) = input.get("outputVariables").and_then(Value::as_object) else {
        return Ok(BTreeMap::new());
    };
    if has_token {
        return Err(invalid(
            "Output variables can be included only when there is no continuation token on the request",
        ));
    }
    let mut variables = BTreeMap::new();
    for (key, value) in map {
        let valid = !key.is_empty()
            && key
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'@' | b'-' | b'_'));
        if !valid {
            return Err(invalid(format!(
                "Value at 'outputVariables' failed to satisfy constraint: key {key}"
            )));
        }
        variables.insert(key.clone(), value.as_str().unwrap_or_default().to_owned());
    }
    let bytes: usize = variables
        .iter()
        .map(|(key, value)| key.len() + value.len())
        .sum();
    if bytes > OUTPUT_VARIABLES_BYTES_MAX {
        let message = "The total size of the output variables exceeds the limit";
        return Err(ApiError::client(
            "OutputVariablesSizeExceededException",
            message,
        ));
    }
    Ok(variables)
}

impl CodePipeline {
    pub(super) fn put_success(&self, input: &Value) -> Result<Value, ApiError> {
        let job = job_id(input)?;
        let token = text(input, "continuationToken", TOKEN_MAX)?;
        let details = input.get("executionDetails").cloned().unwrap_or_default();
        let summary = text(&details, "summary", SUMMARY_MAX)?;
        let external_id = text(&details, "externalExecutionId", EXTERNAL_ID_MAX)?;
        let percent = details.get("percentComplete").and_then(Value::as_i64);
        if percent.is_some_and(|percent| !(0..=100).contains(&percent)) {
            return Err(invalid(
                "Value at 'percentComplete' failed to satisfy constraint: Member must be from 0 to 100",
            ));
        }
        let variables = output_variables(input, token.is_some())?;
        let answer = token.map_or(Answer::Success, Answer::Continue);
        let continues = matches!(answer, Answer::Continue(_));
        let place = self.take(&job, answer, |action| {
            action.summary.clone_from(&summary);
            action.percent = percent;
            if external_id.is_some() {
                action.external_id = external_id;
            }
            action.output_variables = variables;
        })?;
        if continues {
            let (stage, action) = self.names(&place);
            self.tell(
                &place.execution,
                HappeningKind::JobContinued {
                    stage,
                    action,
                    summary,
                    percent,
                },
            );
        }
        Ok(json!({}))
    }

    pub(super) fn put_failure(&self, input: &Value) -> Result<Value, ApiError> {
        const TYPES: [&str; 6] = [
            "JobFailed",
            "ConfigurationError",
            "PermissionError",
            "RevisionOutOfSync",
            "RevisionUnavailable",
            "SystemUnavailable",
        ];
        let job = job_id(input)?;
        let details = input.get("failureDetails").cloned().unwrap_or_default();
        let kind = details
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        if !TYPES.contains(&kind.as_str()) {
            return Err(invalid(
                "Value at 'failureDetails.type' failed to satisfy constraint: Member must satisfy enum",
            ));
        }
        let message = text(&details, "message", MESSAGE_MAX)?.ok_or_else(|| {
            invalid("Value at 'failureDetails.message' failed to satisfy constraint: not null")
        })?;
        let external_id = text(&details, "externalExecutionId", EXTERNAL_ID_MAX)?;
        self.take(&job, Answer::Failure(kind, message), |action| {
            if external_id.is_some() {
                action.external_id = external_id;
            }
        })?;
        Ok(json!({}))
    }

    /// Takes an answer, if the job is still open for one.
    fn take(
        &self,
        job: &str,
        answer: Answer,
        note: impl FnOnce(&mut super::model::ActionRun),
    ) -> Result<JobPlace, ApiError> {
        let mut state = self.state();
        let Some(place) = state.jobs.get(job).cloned() else {
            return Err(ApiError::client(
                "JobNotFoundException",
                format!("The job {job} was not found."),
            ));
        };
        let record = state
            .job_mut(&place)
            .expect("a job that is known has its record");
        if !record.open {
            record.refused_answers += 1;
            let message = "The job is in a state in which it cannot take a result.";
            return Err(ApiError::client("InvalidJobStateException", message));
        }
        record.open = false;
        record.answer = Some(answer.clone());
        note(
            state
                .action_mut(&place)
                .expect("a job that is known has its action"),
        );
        if let Some(waiting) = state.open.remove(job) {
            // Nobody waits any more where the action was abandoned.
            let _ = waiting.send(answer);
        }
        Ok(place)
    }

    fn names(&self, place: &JobPlace) -> (String, String) {
        let state = self.state();
        let stage = &state.executions[&place.execution].stages[place.stage];
        (stage.name.clone(), stage.actions[place.action].name.clone())
    }

    pub(super) fn job_details(&self, input: &Value) -> Result<Value, ApiError> {
        let job = job_id(input)?;
        let context = event::context(&self.state(), &job).filter(|_| self.0.settings.job_details);
        let Some(context) = context else {
            return Err(ApiError::client(
                "JobNotFoundException",
                format!("The job {job} was not found."),
            ));
        };
        Ok(
            json!({ "jobDetails": { "id": job, "accountId": self.0.account, "data": { "pipelineContext": context } } }),
        )
    }
}
