//! `PutJobSuccessResult`, `PutJobFailureResult` and `GetJobDetails`: what
//! they take, and what they refuse.
//!
//! The order of refusals is AWS's: first what is wrong with the request by
//! itself, then whether the job exists, then whether it takes an answer.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::event;
use super::happening::What;
use super::limits::{Checks, OUTPUT_VARIABLES_BYTES_MAX, is_variable_name};
use super::record::{Answer, AnswerRecord, Failure, JobState, Progress};
use super::settings::ClosedJob;
use super::state::{Sent, Shared, State};
use crate::wire::ApiError;

const FAILURE_TYPES: [&str; 6] = [
    "JobFailed",
    "ConfigurationError",
    "PermissionError",
    "RevisionOutOfSync",
    "RevisionUnavailable",
    "SystemUnavailable",
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SuccessInput {
    job_id: Option<String>,
    current_revision: Option<RevisionInput>,
    continuation_token: Option<String>,
    #[serde(default)]
    execution_details: DetailsInput,
    #[serde(default)]
    output_variables: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RevisionInput {
    revision: Option<String>,
    change_identifier: Option<String>,
    revision_summary: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct DetailsInput {
    summary: Option<String>,
    external_execution_id: Option<String>,
    percent_complete: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FailureInput {
    job_id: Option<String>,
    failure_details: Option<FailureDetailsInput>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct FailureDetailsInput {
    #[serde(rename = "type")]
    failure_type: Option<String>,
    message: Option<String>,
    external_execution_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JobInput {
    job_id: Option<String>,
}

/// `PutJobSuccessResult`.
pub(super) fn put_success(shared: &Shared, input: SuccessInput) -> Result<(), ApiError> {
    let job = input.job_id.clone().unwrap_or_default();
    let checked = check_success(shared, &input);
    let details = input.execution_details;
    let progress = Progress {
        summary: details.summary,
        percent_complete: details
            .percent_complete
            .map(|percent| u8::try_from(percent).unwrap_or(u8::MAX)),
        external_execution_id: details.external_execution_id,
    };
    let answer = match input.continuation_token {
        Some(token) => Answer::Continue { token, progress },
        None => Answer::Success {
            progress,
            output_variables: input.output_variables,
        },
    };
    take(shared, &job, answer, checked)
}

fn check_success(shared: &Shared, input: &SuccessInput) -> Result<(), ApiError> {
    let mut checks = Checks::counting(shared.settings.lengths);
    let details = &input.execution_details;
    let summary = details.summary.as_deref();
    let external = details.external_execution_id.as_deref();
    checks.id("jobId", input.job_id.as_deref());
    checks.length(
        "continuationToken",
        input.continuation_token.as_deref(),
        2048,
    );
    checks.length("executionDetails.summary", summary, 2048);
    checks.length("executionDetails.externalExecutionId", external, 1500);
    let percent = details.percent_complete;
    checks.range("executionDetails.percentComplete", percent, 0, 100);
    if let Some(current) = &input.current_revision {
        let revision = current.revision.as_deref();
        checks.required("currentRevision.revision", revision);
        checks.length("currentRevision.revision", revision, 1500);
        let change = current.change_identifier.as_deref();
        checks.required("currentRevision.changeIdentifier", change);
        checks.length("currentRevision.changeIdentifier", change, 100);
        let summary = current.revision_summary.as_deref();
        checks.length("currentRevision.revisionSummary", summary, 2048);
    }
    if input
        .output_variables
        .keys()
        .any(|key| !is_variable_name(key))
    {
        let constraint = "Map keys must satisfy constraint: [Member must satisfy regular \
                          expression pattern: [A-Za-z0-9@\\-_]+]";
        checks.refuse("outputVariables", constraint);
    }
    checks.finish()?;
    if input.continuation_token.is_some() && !input.output_variables.is_empty() {
        return Err(ApiError::client(
            "ValidationException",
            "Output variables cannot be provided together with a continuation token",
        ));
    }
    let bytes: usize = (input.output_variables.iter())
        .map(|(key, value)| key.len() + value.len())
        .sum();
    if bytes > OUTPUT_VARIABLES_BYTES_MAX {
        return Err(ApiError::client(
            "OutputVariablesSizeExceededException",
            format!("The output variables have {bytes} bytes of {OUTPUT_VARIABLES_BYTES_MAX}"),
        ));
    }
    Ok(())
}

/// `PutJobFailureResult`.
pub(super) fn put_failure(shared: &Shared, input: FailureInput) -> Result<(), ApiError> {
    let mut checks = Checks::counting(shared.settings.lengths);
    checks.id("jobId", input.job_id.as_deref());
    if input.failure_details.is_none() {
        checks.refuse("failureDetails", "Member must not be null");
    } else if let Some(details) = &input.failure_details {
        let failure_type = details.failure_type.as_deref();
        let failure_type = checks.required("failureDetails.type", failure_type);
        checks.one_of("failureDetails.type", failure_type, &FAILURE_TYPES);
        checks.required("failureDetails.message", details.message.as_deref());
        checks.length("failureDetails.message", details.message.as_deref(), 5000);
        let external = details.external_execution_id.as_deref();
        checks.length("failureDetails.externalExecutionId", external, 1500);
    }
    let details = input.failure_details.unwrap_or_default();
    let answer = Answer::Failure {
        failure: Failure {
            failure_type: details.failure_type.unwrap_or_default(),
            message: details.message.unwrap_or_default(),
        },
        external_execution_id: details.external_execution_id,
    };
    let job = input.job_id.unwrap_or_default();
    take(shared, &job, answer, checks.finish())
}

/// Accepts an answer or refuses it, and keeps it with its job either way.
fn take(
    shared: &Shared,
    job: &str,
    answer: Answer,
    checked: Result<(), ApiError>,
) -> Result<(), ApiError> {
    shared.with(|state| {
        let now = state.clock.now();
        let Some(entry) = state.jobs.get_mut(job) else {
            return Err(checked.err().unwrap_or_else(|| not_found(job)));
        };
        let (place, index) = (entry.place, entry.index);
        let is_due = match &entry.sent {
            Sent::Polled(own) => own.is_acknowledged || shared.settings.answers_unacknowledged,
            Sent::Event(_) => true,
        };
        let open = state.action(place).jobs[index].state == JobState::Open;
        let result = checked.and_then(|()| match shared.settings.closed_job {
            _ if open && is_due => Ok(()),
            _ if open => Err(invalid_state(format!("Job {job} was not acknowledged"))),
            ClosedJob::Taken => Ok(()),
            ClosedJob::NotFound => Err(not_found(job)),
            ClosedJob::InvalidState => {
                Err(invalid_state(format!("Job {job} takes no more answers")))
            }
        });
        let refused = result.as_ref().err().map(|error| error.code.clone());
        let record = state.job_record_mut(place, index);
        record.answers.push(AnswerRecord {
            at: now,
            answer: answer.clone(),
            refused: refused.clone(),
        });
        if let Some(code) = refused {
            state.tell(place.execution, || What::Refused {
                job: job.to_owned(),
                code,
            });
            return result;
        }
        if !open {
            return result;
        }
        record.state = JobState::Answered;
        let run = state.action_mut(place);
        run.updated = now;
        show(run, &answer);
        state.tell(place.execution, || What::Answered {
            job: job.to_owned(),
            answer: answer.clone(),
        });
        let reply = state.jobs.get_mut(job).and_then(|entry| entry.reply.take());
        if let Some(reply) = reply {
            // Nobody listens if the execution was dropped in this moment.
            let _nobody = reply.send(answer);
        }
        Ok(())
    })
}

/// Keeps what an answer wants shown; what it does not mention stays.
fn show(run: &mut super::record::ActionRun, answer: &Answer) {
    let external = match answer {
        Answer::Continue { progress, .. } | Answer::Success { progress, .. } => {
            if progress.summary.is_some() {
                run.summary.clone_from(&progress.summary);
            }
            run.percent_complete = progress.percent_complete.or(run.percent_complete);
            &progress.external_execution_id
        }
        Answer::Failure {
            external_execution_id,
            ..
        } => external_execution_id,
    };
    if external.is_some() {
        run.external_execution_id.clone_from(external);
    }
}

/// `GetJobDetails`.
pub(super) fn job_details(
    shared: &Shared,
    state: &mut State,
    input: &JobInput,
) -> Result<Value, ApiError> {
    let settings = &shared.settings;
    let mut checks = Checks::counting(settings.lengths);
    let id = checks.id("jobId", input.job_id.as_deref());
    checks.finish()?;
    let job = state.jobs.get(id).filter(|job| {
        let is_open = state.action(job.place).jobs[job.index].state == JobState::Open;
        match job.sent {
            Sent::Event(_) => settings.job_details,
            Sent::Polled(_) => is_open || settings.closed_job_details,
        }
    });
    if job.is_none() {
        return Err(not_found(id));
    }
    Ok(event::job_details(shared, state, id))
}

fn invalid_state(message: String) -> ApiError {
    ApiError::client("InvalidJobStateException", message)
}

pub(super) fn not_found(job: &str) -> ApiError {
    ApiError::client(
        "JobNotFoundException",
        format!("The job with id {job} was not found"),
    )
}
