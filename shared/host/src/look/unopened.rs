//! Jobs and tasks about which little is known: what is said all the same.

use jiff::Timestamp;
use serde_json::Value;
use sluice_core::GateError;
use sluice_core::token::{Subject, Token};

use super::{Concluded, Ending, Session};
use crate::Host;
use crate::asked;
use crate::carried::{first, goes_on, last_chance, same_again, subject};
use crate::job::Job;
use crate::parameters::Parameters;
use crate::task;

/// Where it cannot be told at this look what the job is part of, a gate that
/// began before goes on.
pub(super) fn not_opened(
    raw: &Value,
    job_id: &str,
    now: Timestamp,
    error: GateError,
    host: &Host,
) -> Concluded {
    let is_passing = matches!(error, GateError::ServiceUnavailable { .. });
    match goes_on(raw, job_id, now, host) {
        Some(token) if is_passing && token.first < now && !last_chance(&token, now) => {
            Concluded::Continue {
                token: Box::new(token),
                percent: 0,
                line: format!("the job could not be told at this look: {error}"),
            }
        }
        _ => gate_error(raw, job_id, now, error),
    }
}

/// How a job concludes about which little is known.
pub(crate) fn gate_error(raw: &Value, job_id: &str, now: Timestamp, error: GateError) -> Concluded {
    Concluded::End(Box::new(error_ending(raw, job_id, now, error)))
}

/// The ending of a job about which little is known.
pub(crate) fn error_ending(raw: &Value, job_id: &str, now: Timestamp, error: GateError) -> Ending {
    let parameters = Job::read(raw)
        .ok()
        .and_then(|job| Parameters::read(job.user_parameters()).ok());
    let (pipeline, subject) = match &parameters {
        Some(parameters) => (parameters.pipeline.clone(), subject(parameters, None)),
        None => (None, Subject::default()),
    };
    let token = same_again(raw, job_id, now).unwrap_or_else(|| match &parameters {
        Some(parameters) => first(parameters, subject, (job_id, &Job::default()), now),
        None => Token::first(subject, job_id, now),
    });
    let session = Session {
        service: parameters.as_ref().and_then(|own| own.service.clone()),
        parameters,
        ..Session::begun(job_id, (now, now), pipeline, token)
    };
    session.failed(error)
}

/// An event or payload that is none.
pub(super) fn not_read(raw: &Value, error: &serde_json::Error) -> GateError {
    if task::is_task(raw) {
        return GateError::ParametersInvalid {
            detail: format!("the task's payload is not one of a gate: {error}"),
            mend: format!("let the state machine pass {}", task::EXAMPLE),
        };
    }
    if asked::is_asked(raw) {
        return GateError::ParametersInvalid {
            detail: format!("the worker's payload is not one of a job: {error}"),
            mend: "let the function `sluice-worker` of the same version invoke this one".to_owned(),
        };
    }
    GateError::ParametersInvalid {
        detail: format!("the event is not one of a Lambda action: {error}"),
        mend: "let a Lambda action of CodePipeline invoke this function".to_owned(),
    }
}
