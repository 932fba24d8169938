//! The Step Functions host: the same gate, asked by a task of a state machine.
//!
//! Its payload is read into the types of jobs, so that a look is the same look
//! ([`crate::look`]); only the answer differs. What a look gave is returned, at
//! most 8 KiB of it. A gate error that stops the release is thrown, under its
//! own name, so that a state machine can tell it from every verdict.

mod answer;
mod event;

use jiff::Timestamp;
use serde_json::Value;
use sluice_core::GateError;
use sluice_core::plan::{Notify, ResolvedPlan};
use sluice_core::verdict::Outcome;

use crate::Host;
use crate::answer::{Said, log_continued, say};
use crate::look::{Concluded, Ending, error_ending};
use crate::parameters::Parameters;
use crate::plan::Settings;
use crate::publish::{TASK, verdict};

pub use answer::{EvidencePlace, TASK_ANSWER_BYTES_MAX, TaskAnswer, TaskLook};
pub use event::is_task;
pub(crate) use event::{Asked, EXAMPLE, StoredPlan, job};

/// A gate error that stops the release, as the state machine is told it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TaskFailed {
    /// The gate error's name.
    pub name: &'static str,
    /// What people read: what happened, what to do, where the evidence is.
    pub message: String,
}

impl TaskFailed {
    pub(crate) fn unanswered(error: &GateError) -> TaskFailed {
        TaskFailed {
            name: error.name(),
            message: format!("{error}\n\nhint: {}", error.hint()),
        }
    }
}

/// Handles one task. `deadline` is when the function is killed.
///
/// # Errors
///
/// Gate errors that stop the release.
pub async fn handle_task(
    raw: &Value,
    deadline: Timestamp,
    host: &Host,
) -> Result<TaskAnswer, TaskFailed> {
    let Some(attempt) = event::attempt(raw) else {
        let error = GateError::ParametersInvalid {
            detail: "the task's payload has no `attempt` in the form of a UUID".to_owned(),
            mend: format!("let the state machine pass {EXAMPLE}"),
        };
        return Err(TaskFailed::unanswered(&error));
    };
    match crate::concluded(raw, attempt, deadline, host).await {
        Concluded::Continue {
            token,
            percent,
            line,
        } => match TaskAnswer::again(&token, percent, &line) {
            Ok(answer) => {
                let pipeline = raw.get("pipeline").and_then(Value::as_str);
                log_continued(attempt, pipeline, &token, &line, host);
                Ok(answer)
            }
            Err(error) => {
                let ending = error_ending(raw, attempt, host.aws.now(), error);
                end(attempt, ending, deadline, host).await
            }
        },
        Concluded::End(ending) => end(attempt, *ending, deadline, host).await,
    }
}

async fn end(
    attempt: &str,
    ending: Ending,
    deadline: Timestamp,
    host: &Host,
) -> Result<TaskAnswer, TaskFailed> {
    let rollback = ending.rollback;
    let said = say(ending, host).await;
    said.log(attempt, host);
    host.bus().publish(&verdict(&said, TASK), deadline).await;
    match thrown(&said) {
        Some(failed) => Err(failed),
        None => Ok(TaskAnswer::ended(&said, rollback)),
    }
}

/// A gate error is no verdict, so it is not returned as one.
fn thrown(said: &Said) -> Option<TaskFailed> {
    let error = said.error.as_ref()?;
    (said.evidence.decision.outcome == Outcome::Stop).then(|| TaskFailed {
        name: error.name(),
        message: said.text.clone(),
    })
}

/// The settings of the gate that a task asks for, from the plan that was
/// resolved for this release.
pub(crate) async fn settings(
    task: &Asked,
    parameters: &Parameters,
    host: &Host,
) -> Result<Settings, GateError> {
    let Some(stored) = &task.plan else {
        return Err(task.without_settings());
    };
    let plan = resolved(stored, host).await?;
    let gate = plan
        .find(&parameters.gate)
        .map_err(|error| GateError::GateNotInPlan {
            detail: format!("{error}; {}", error.hint()),
        })?;
    Ok(Settings {
        settings: gate.settings.clone(),
        proceed_undecided: plan.plan.policies.on_inconclusive.proceed,
        service: Some(plan.service.clone()),
        acts_for: Some(plan.service).filter(|_| !plan.service_only_claimed),
        notify: Notify::from(&plan.plan.policies),
    })
}

/// Reads a resolved plan, and checks that it is the one.
async fn resolved(stored: &StoredPlan, host: &Host) -> Result<ResolvedPlan, GateError> {
    let unreadable = |detail: String| GateError::PlanUnreadable {
        detail,
        mend: "retry the stage: the plan is then looked for again".to_owned(),
    };
    let key = &stored.key;
    let Some(bucket) = &host.evidence_bucket else {
        return Err(unreadable(
            "it is in the evidence bucket, and `SLUICE_EVIDENCE_BUCKET` is not set".to_owned(),
        ));
    };
    let read = host
        .aws
        .read_object(bucket, key, ResolvedPlan::BYTES_MAX)
        .await;
    let bytes = read.map_err(|error| match &error.refusal {
        sluice_aws::Refusal::Code(_) => {
            unreadable(format!("s3://{bucket}/{key}: {}", error.message))
        }
        _ => error.into(),
    })?;
    ResolvedPlan::read(&bytes, &stored.sha256)
}
