//! Answering for a function that died: Lambda's `OnFailure` destination.
//!
//! Lambda hands over the event that was never handled, with what it knows of
//! the reasons. Of that, only the job's id, the function, the request, the
//! condition and the kind of error are used and said: a message may quote
//! anything, and the event holds credentials.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use sluice_aws::{Answered, Aws, AwsError, Summary};
use sluice_core::GateError;
use sluice_core::error::Death;
use sluice_core::notices::GateVerdict;
use sluice_core::token::{Subject, Token};
use sluice_core::verdict::{Decision, Outcome, outcome};

use crate::answer::{MESSAGE_CHARACTERS_MAX, SUMMARY_CHARACTERS_MAX, fitted};
use crate::asked::is_asked;
use crate::carried::{mode, same_again};
use crate::given::JobAnswer;
use crate::job::job_id;
use crate::message::{self, About, Kept};
use crate::publish::{Bus, CUSTOM_ACTION, LAMBDA_ACTION, shortened};
use crate::{Handled, Log, handled, parameters_of};

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
        if self.request_context.condition == "EventAgeExceeded" {
            return Death::NeverRan;
        }
        let payload = self.response_payload.as_ref();
        let kind = payload.map_or("", |payload| payload.error_type.as_str());
        let message = payload.map_or("", |payload| payload.error_message.as_str());
        death(kind, message)
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

/// How a function died, from its error.
pub(crate) fn death(kind: &str, message: &str) -> Death {
    if kind == "Sandbox.Timedout" || message.contains("Task timed out") {
        Death::TimedOut
    } else if kind == "Runtime.OutOfMemory" || message.contains("signal: killed") {
        Death::OutOfMemory
    } else if kind == "AnswerNotTaken" {
        Death::NotHeard
    } else {
        Death::Crashed
    }
}

/// Ends the job of an event that no function handled. A job that has its
/// answer keeps it.
///
/// # Errors
///
/// Only where the answer did not get through, so that Lambda runs the same
/// event again.
pub async fn reap(
    raw: &Value,
    deadline: Timestamp,
    aws: &Aws,
    bus: Option<&str>,
    log: &Log,
) -> Result<Handled, AwsError> {
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
    let answered = last_words.answer().give(job, aws).await?;
    log(last_words.line(job, answered));
    if answered == Answered::Taken {
        let name = bus;
        // Its own log says nothing of why the gate's function died.
        let bus = Bus {
            name,
            aws,
            log,
            log_link: None,
        };
        bus.publish(&last_words.verdict(), deadline).await;
    }
    Ok(handled(answered, Handled::Reaped))
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
pub(crate) struct LastWords {
    host: &'static str,
    pipeline: Option<String>,
    service: Option<String>,
    token: Token,
    decision: Decision,
    now: Timestamp,
    error: GateError,
    text: String,
}

impl LastWords {
    pub(crate) fn of(event: &Value, job: &str, error: GateError, now: Timestamp) -> LastWords {
        let token = same_again(event, job, now);
        let mode = token.as_ref().map(mode).unwrap_or_default();
        let token = token.unwrap_or_else(|| Token::first(Subject::default(), job, now));
        let decision = outcome(None, false, None, mode);
        let about = About {
            gate: &token.subject.gate,
            stage: &token.subject.stage,
            remarks: &[],
            waiver: None,
            tests: &[],
            evidence: &Kept::NotAtAll,
        };
        let parameters = parameters_of(event);
        let (pipeline, service) =
            parameters.map_or((None, None), |own| (own.pipeline, own.service));
        LastWords {
            host: if is_asked(event) {
                CUSTOM_ACTION
            } else {
                LAMBDA_ACTION
            },
            pipeline,
            service,
            text: message::gate_error(&error, decision, &about),
            token,
            decision,
            now,
            error,
        }
    }

    /// What is said on the bus: the reaper knows neither settings nor plan.
    pub(crate) fn verdict(&self) -> GateVerdict {
        let Subject {
            release,
            stage,
            gate,
        } = self.token.subject.clone();
        GateVerdict {
            version: "1".to_owned(),
            pipeline: self
                .pipeline
                .clone()
                .unwrap_or_else(|| "unknown".to_owned()),
            release,
            stage,
            service: self.service.clone(),
            gate,
            kind: String::new(),
            host: self.host.to_owned(),
            attempt: self.token.attempt.clone(),
            verdict: None,
            outcome: self.decision.outcome,
            decided_by: self.decision.decided_by,
            error: Some(self.error.name().to_owned()),
            code: None,
            reason: shortened(&self.error.to_string()),
            readings: Vec::new(),
            evidence: None,
            page: None,
            log: None,
            began: self.token.first,
            ended: self.now,
            looks: self.token.looks.max(1),
            rollback: false,
            release_over: false,
            notify: Vec::new(),
        }
    }

    pub(crate) fn answer(&self) -> JobAnswer {
        if self.decision.outcome == Outcome::Go {
            return JobAnswer::Success {
                summary: Summary {
                    text: fitted(&self.text, SUMMARY_CHARACTERS_MAX),
                    percent: 100,
                    external_id: None,
                },
                variables: Vec::new(),
            };
        }
        JobAnswer::Failure {
            kind: self.error.fault().into(),
            message: fitted(&self.text, MESSAGE_CHARACTERS_MAX),
            external_id: None,
        }
    }

    pub(crate) fn line(&self, job: &str, answered: Answered) -> Value {
        json!({
            "level": "ERROR",
            "message": match answered {
                Answered::AlreadyAnswered => "a function died whose job had its answer",
                Answered::Taken => "answered for a function that died",
            },
            "pipeline": self.pipeline,
            "release": self.token.subject.release,
            "stage": self.token.subject.stage,
            "gate": self.token.subject.gate,
            "job": job,
            "look": self.token.looks.max(1),
            "text": self.error.to_string(),
        })
    }
}
