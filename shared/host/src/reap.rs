//! Answering for a function that died: Lambda's `OnFailure` destination.
//!
//! Lambda hands over the event that was never handled, with what it knows of
//! the reasons. Of that, only the job's id, the function, the request, the
//! condition and the kind of error are used and said: a message may quote
//! anything, and the event holds credentials.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use sluice_aws::{Aws, AwsError, Summary};
use sluice_core::GateError;
use sluice_core::error::Death;
use sluice_core::token::Subject;
use sluice_core::verdict::{Outcome, outcome};

use crate::answer::{MESSAGE_CHARACTERS_MAX, SUMMARY_CHARACTERS_MAX, fitted};
use crate::carried::{mode, same_again};
use crate::job::job_id;
use crate::message::{self, About, Kept};
use crate::{Handled, Log, handled, pipeline};

/// What Lambda sends to a destination for failures.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct FailureRecord {
    request_context: RequestContext,
    response_payload: Option<ResponsePayload>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RequestContext {
    request_id: String,
    function_arn: String,
    condition: String,
    approximate_invoke_count: u32,
}

/// Without a type where the function ran out of its time, on some runtimes.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ResponsePayload {
    error_type: String,
    error_message: String,
}

impl FailureRecord {
    fn death(&self) -> Death {
        let payload = self.response_payload.as_ref();
        let kind = payload.map_or("", |payload| payload.error_type.as_str());
        let message = payload.map_or("", |payload| payload.error_message.as_str());
        if self.request_context.condition == "EventAgeExceeded" {
            Death::NeverRan
        } else if kind == "Sandbox.Timedout" || message.contains("Task timed out") {
            Death::TimedOut
        } else if kind == "Runtime.OutOfMemory" || message.contains("signal: killed") {
            Death::OutOfMemory
        } else if kind == "AnswerNotTaken" {
            Death::NotHeard
        } else {
            Death::Crashed
        }
    }

    /// The last part of `arn:aws:lambda:region:account:function:name:qualifier`.
    fn function(&self) -> &str {
        let name = self.request_context.function_arn.split(':').nth(6);
        name.unwrap_or("unknown")
    }

    fn error(&self) -> GateError {
        GateError::FunctionDied {
            death: self.death(),
            function: self.function().to_owned(),
            request: self.request_context.request_id.clone(),
            attempts: self.request_context.approximate_invoke_count,
        }
    }
}

/// Ends the job of an event that no function handled. A job that has its
/// answer keeps it.
///
/// # Errors
///
/// Only where the answer did not get through, so that Lambda runs the same
/// event again.
pub async fn reap(raw: &Value, aws: &Aws, log: &Log) -> Result<Handled, AwsError> {
    let (event, error) = match raw.get("requestPayload") {
        // A record of another form says less, and the job ends all the same.
        Some(event) => (
            event,
            FailureRecord::deserialize(raw).unwrap_or_default().error(),
        ),
        None => (raw, invoked_by_an_action()),
    };
    let Some(job) = job_id(event) else {
        log(json!({
            "level": "ERROR",
            "message": "the record holds no job, so there is nobody to answer",
            "hint": "this function is the `OnFailure` destination of Sluice's other functions",
            "event_keys": raw.as_object().map(|fields| fields.keys().collect::<Vec<_>>()),
        }));
        return Ok(Handled::NobodyToAnswer);
    };
    let last_words = LastWords::of(event, job, error, aws.now());
    let answered = last_words.say(job, aws).await?;
    let handled = handled(answered, Handled::Reaped);
    log(last_words.line(job, &handled));
    Ok(handled)
}

/// A job that comes by itself was not handed over by Lambda.
fn invoked_by_an_action() -> GateError {
    GateError::ParametersInvalid {
        detail: "the action invokes the function that answers for others when they die".to_owned(),
        mend: "let the action invoke the function of its gate, for instance `sluice-bake`"
            .to_owned(),
    }
}

/// What is said for a function that cannot say it.
struct LastWords {
    pipeline: Option<String>,
    subject: Subject,
    outcome: Outcome,
    look: u32,
    error: GateError,
    text: String,
}

impl LastWords {
    fn of(event: &Value, job: &str, error: GateError, now: Timestamp) -> LastWords {
        let token = same_again(event, job, now);
        let subject = token
            .as_ref()
            .map(|token| token.subject.clone())
            .unwrap_or_default();
        let mode = token.as_ref().map(mode).unwrap_or_default();
        let decision = outcome(None, false, None, mode);
        let about = About {
            gate: &subject.gate,
            stage: &subject.stage,
            remarks: &[],
            waiver: None,
            tests: &[],
            evidence: &Kept::NotAtAll,
        };
        LastWords {
            pipeline: pipeline(event),
            text: message::gate_error(&error, decision, &about),
            outcome: decision.outcome,
            look: token.as_ref().map_or(1, |token| token.looks),
            subject,
            error,
        }
    }

    async fn say(&self, job: &str, aws: &Aws) -> Result<sluice_aws::Answered, AwsError> {
        if self.outcome == Outcome::Go {
            let summary = Summary {
                text: fitted(&self.text, SUMMARY_CHARACTERS_MAX),
                percent: 100,
                external_id: None,
            };
            return aws.answer_success(job, None, &summary, &[]).await;
        }
        let text = fitted(&self.text, MESSAGE_CHARACTERS_MAX);
        aws.answer_failure(job, self.error.fault().into(), &text, None)
            .await
    }

    fn line(&self, job: &str, handled: &Handled) -> Value {
        json!({
            "level": "ERROR",
            "message": match handled {
                Handled::AlreadyAnswered => "a function died whose job had its answer",
                _ => "answered for a function that died",
            },
            "pipeline": self.pipeline,
            "release": self.subject.release,
            "stage": self.subject.stage,
            "gate": self.subject.gate,
            "job": job,
            "look": self.look,
            "text": self.error.to_string(),
        })
    }
}
