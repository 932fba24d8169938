//! Asking a gate's function about a job, and giving its answer.

use jiff::SignedDuration;
use serde_json::{Value, json};
use sluice_aws::{Acknowledged, Answered, AwsError, Invocation, Invoked, JobData, Summary};
use sluice_core::GateError;
use sluice_core::error::Death;
use sluice_core::reading::Place;

use super::lease::{TRIES_MAX, token};
use super::{Mine, Run, Worked};
use crate::answer::{SUMMARY_CHARACTERS_MAX, fitted};
use crate::asked::ASKED;
use crate::given::JobAnswer;
use crate::publish::Bus;
use crate::reap::{LastWords, death};

/// What is kept of the worker's life for the answer.
const ANSWERING_TAKES: SignedDuration = SignedDuration::from_secs(15);
/// This function, where it is said who died.
const WORKER: &str = "sluice-worker";

impl Run<'_> {
    /// Asks the gate's function once, and gives what it says.
    pub(super) async fn look(&self, mut mine: Mine) -> Worked {
        let data = match self.data(&mut mine).await {
            Ok(Some(data)) => data,
            Ok(None) => return self.over(&mine).await,
            Err(error) => return self.in_trouble(mine, error).await,
        };
        let payload = payload(&mine, data.as_event());
        if mine.lease.deaths >= TRIES_MAX {
            let error = self.died(WORKER, Death::Crashed, &mine);
            return self.last_words(mine, &payload, error).await;
        }
        match self.asked(&mine, &payload).await {
            Ok(Invoked::Returned { payload: told, .. }) => {
                match serde_json::from_slice::<JobAnswer>(&told) {
                    Ok(answer) => self.give(mine, answer).await,
                    Err(error) => {
                        // An answer that was cut off is another one the next time.
                        let error = self.not_an_answer(&mine, &error);
                        self.once_more(mine, &payload, error).await
                    }
                }
            }
            Ok(Invoked::Failed {
                error_type,
                message,
            }) => {
                let error = self.of_gate(death(&error_type, &message), &mine);
                self.once_more(mine, &payload, error).await
            }
            Ok(Invoked::Late) => {
                let error = self.of_gate(Death::TimedOut, &mine);
                self.once_more(mine, &payload, error).await
            }
            Err(error) if error.is_passing() => self.in_trouble(mine, error).await,
            Err(error) => self.last_words(mine, &payload, error.into()).await,
        }
    }

    /// What the job is about. One whose worker died is acknowledged first,
    /// for it may not be; `None` if it is over.
    async fn data(&self, mine: &mut Mine) -> Result<Option<JobData>, AwsError> {
        if let Some(data) = mine.data.take() {
            return Ok(Some(data));
        }
        if let Some(nonce) = mine.lease.nonce.take() {
            let acknowledged = self.acknowledge(&mine.job, &nonce).await;
            match acknowledged {
                Ok(Acknowledged::Over) => return Ok(None),
                // A worker of ours died with it: nobody else has its lease.
                Ok(Acknowledged::Ours | Acknowledged::NotOurs) => {}
                Err(error) => {
                    mine.lease.nonce = Some(nonce);
                    return Err(error);
                }
            }
        }
        self.worker.aws.job_data(&mine.job).await
    }

    async fn asked(&self, mine: &Mine, payload: &Value) -> Result<Invoked, AwsError> {
        let invocation = Invocation {
            place: &Place::default(),
            function: self.function(mine),
            payload: payload.to_string(),
            within: self.left() - ANSWERING_TAKES,
        };
        self.worker.aws.invoke(invocation).await
    }

    /// Gives an answer. One that does not get through is worked out again.
    async fn give(&self, mine: Mine, answer: JobAnswer) -> Worked {
        let goes_on = matches!(answer, JobAnswer::Continue { .. });
        match answer.give(&mine.job, &self.worker.aws).await {
            Ok(_) => self.forget(&mine).await.and(Worked {
                asked: 1,
                ended: u32::from(!goes_on),
                ..Worked::default()
            }),
            Err(error) => self.in_trouble(mine, error).await,
        }
    }

    /// Nobody waits for an answer of this worker.
    pub(super) async fn over(&self, mine: &Mine) -> Worked {
        self.forget(mine).await.and(Worked::left())
    }

    /// A function said nothing of this job: it is asked once more.
    async fn once_more(&self, mine: Mine, payload: &Value, error: GateError) -> Worked {
        let lease = mine.lease.died(self.now());
        if lease.deaths >= TRIES_MAX {
            return self.last_words(mine, payload, error).await;
        }
        self.keep(&mine, &lease).await
    }

    fn of_gate(&self, death: Death, mine: &Mine) -> GateError {
        self.died(self.function(mine), death, mine)
    }

    fn died(&self, function: &str, death: Death, mine: &Mine) -> GateError {
        GateError::FunctionDied {
            death,
            function: function.to_owned(),
            request: self.me.by.clone(),
            attempts: mine.lease.deaths.max(TRIES_MAX),
        }
    }

    fn not_an_answer(&self, mine: &Mine, error: &serde_json::Error) -> GateError {
        GateError::CallRefused {
            operation: "lambda:InvokeFunction".to_owned(),
            detail: format!(
                "`{}` returned no answer that this worker reads ({error}): install both in the same version",
                self.function(mine)
            ),
        }
    }

    /// Ends a job whose gate cannot say anything.
    async fn last_words(&self, mine: Mine, payload: &Value, error: GateError) -> Worked {
        match self.end(&mine, payload, error).await {
            Ok(worked) => worked,
            Err(error) => self.in_trouble(mine, error).await,
        }
    }

    async fn end(
        &self,
        mine: &Mine,
        payload: &Value,
        error: GateError,
    ) -> Result<Worked, AwsError> {
        let words = LastWords::of(payload, &mine.job, error, self.now());
        let answered = words.answer().give(&mine.job, &self.worker.aws).await?;
        (self.worker.log)(words.line(&mine.job, answered));
        if answered == Answered::Taken {
            let bus = Bus {
                name: self.worker.event_bus.as_deref(),
                aws: &self.worker.aws,
                log: &self.worker.log,
                log_link: None,
            };
            bus.publish(&words.verdict(), self.me.until).await;
        }
        Ok(self.forget(mine).await.and(Worked {
            ended: 1,
            ..Worked::default()
        }))
    }

    /// AWS does not let this job go on now. A later run tries again, until it
    /// has lasted too long.
    pub(super) async fn in_trouble(&self, mine: Mine, error: AwsError) -> Worked {
        let trouble = error.to_string();
        let told = match mine.lease.in_trouble(self.now()) {
            Some(lease) => self.keep(&mine, &lease).await,
            None => self.given_up(&mine, error.into()).await,
        };
        told.and(Worked::trouble(trouble))
    }

    /// Ends a job that AWS did not let go on for too long.
    async fn given_up(&self, mine: &Mine, error: GateError) -> Worked {
        let payload = payload(mine, &json!({}));
        match self.end(mine, &payload, error).await {
            Ok(worked) => worked,
            // The lease stays as it is, and a later run finds it.
            Err(error) => Worked::trouble(error),
        }
    }

    /// Says how far a job is that waits: the same token again.
    pub(super) async fn progress(&self, mine: Mine) -> Worked {
        let now = self.now();
        let data = match self.worker.aws.job_data(&mine.job).await {
            Ok(Some(data)) => data,
            Ok(None) => return self.over(&mine).await,
            Err(error) => return self.in_trouble(mine, error).await,
        };
        let (Some(text), Some(token)) = (data.token.clone(), token(&data, now)) else {
            return self.look(mine).await;
        };
        let due = mine.lease.due;
        let (percent, line) = token.shown.unwrap_or((0, String::new()));
        let waits = format!("{line} (waits until {due:.0})");
        let summary = Summary {
            text: fitted(&waits, SUMMARY_CHARACTERS_MAX),
            percent,
            external_id: None,
        };
        let answer = JobAnswer::Continue {
            token: text,
            summary,
        };
        match answer.give(&mine.job, &self.worker.aws).await {
            Ok(_) => self.forget(&mine).await.and(Worked {
                shown: 1,
                ..Worked::default()
            }),
            Err(error) => self.in_trouble(mine, error).await,
        }
    }
}

/// What a gate's function is asked.
fn payload(mine: &Mine, data: &Value) -> Value {
    json!({ ASKED: {
        "id": mine.job,
        "provider": mine.lease.provider,
        "version": mine.lease.version,
        "context": mine.lease.part,
        "data": data,
    } })
}
