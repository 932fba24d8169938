//! The function `notify`: people hear of what stopped a release, and of its
//! end.
//!
//! Events are hints. What is told is read from CodePipeline at each of them,
//! and every five minutes of all pipelines; a table says what was told before
//! ([`Ledger`](sluice_core::notices::Ledger)). So events that come twice, late,
//! out of order or not at all change nothing. A notice is claimed in that
//! table before it is sent, and marked afterwards.
//!
//! Start at [`notify`]; `look.rs` finds out what to tell, `tell.rs` tells it.

mod action;
mod look;
mod metrics;
mod slips;
mod sweep;
mod tell;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use sluice_aws::Aws;
use sluice_core::GateError;
use sluice_core::delivery::Happening;
use sluice_core::notices::{
    GateVerdict, Heard, Hint, Kind, Pending, RollbackEnded, Saying, StageChecks, What, heard,
};
use sluice_core::verdict::{Outcome, Verdict};

use crate::entries::Entries;
use crate::{Log, Messenger, job_id, time_to_work};
use look::Asked;
use metrics::of_gate;

pub use metrics::{CountedBy, METRICS};

/// The form of payloads of state machines that this code reads.
const FORM: u64 = 1;

/// What the function `notify` is made of.
pub struct Notifier {
    /// AWS.
    pub aws: Aws,
    /// The table of what was told (`SLUICE_NOTICES_TABLE`).
    pub notices_table: String,
    /// The plan store (`SLUICE_PLANS_TABLE`); without one nobody but the
    /// default channel is told.
    pub plans_table: Option<String>,
    /// The default channel, a topic (`SLUICE_FAILURE_TOPIC_ARN`).
    pub failure_topic: Option<String>,
    /// The bus that is told what could not be delivered (`SLUICE_EVENT_BUS`).
    pub event_bus: Option<String>,
    /// Sends to channels.
    pub messenger: Messenger,
    /// What metrics are counted by (`SLUICE_METRICS_BY`).
    pub counted_by: CountedBy,
    /// Where its log goes.
    pub log: Log,
}

/// One invocation.
struct Turn<'a> {
    host: &'a Notifier,
    /// Which invocation it is, among all that there are.
    by: &'a str,
    /// By when it has to be done.
    until: Timestamp,
}

/// A payload of a state machine.
#[derive(Deserialize)]
struct Payload {
    sluice_notify: u64,
    #[serde(default)]
    detail_type: Option<String>,
    #[serde(default)]
    detail: Value,
    #[serde(default)]
    say: Option<Say>,
}

/// What somebody wants to be said of a release.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Say {
    pub(crate) pipeline: String,
    pub(crate) release: Option<String>,
    pub(crate) stage: Option<String>,
    pub(crate) text: String,
    #[serde(default)]
    pub(crate) to: Vec<String>,
}

/// Handles one event, payload or job. `by` tells this invocation from all
/// others; `deadline` is when the function is killed.
///
/// # Errors
///
/// What keeps it from finding out what to tell. The same event may come again;
/// what was told stays told. A channel that cannot be reached is no error.
pub async fn notify(
    raw: &Value,
    (by, deadline): (&str, Timestamp),
    host: &Notifier,
) -> Result<Value, GateError> {
    let now = host.aws.now();
    let turn = Turn {
        host,
        by,
        until: now + time_to_work(now, deadline),
    };
    if let Some(job) = job_id(raw) {
        let handled = turn.job(raw, job).await?;
        return Ok(json!({ "handled": handled.word() }));
    }
    if raw.get("sluice_notify").is_some() {
        return turn.payload(raw).await;
    }
    turn.heard(heard(raw)).await?;
    Ok(json!({ "handled": "heard" }))
}

impl Turn<'_> {
    fn now(&self) -> Timestamp {
        self.host.aws.now()
    }

    fn left(&self) -> SignedDuration {
        self.until.duration_since(self.now())
    }

    fn entries(&self) -> Entries<'_> {
        Entries {
            aws: &self.host.aws,
            table: &self.host.notices_table,
        }
    }

    fn log(&self, level: &str, message: &str, more: Value) {
        let mut line = json!({ "level": level, "message": message });
        if let (Some(line), Value::Object(more)) = (line.as_object_mut(), more) {
            line.extend(more);
        }
        (self.host.log)(line);
    }

    async fn payload(&self, raw: &Value) -> Result<Value, GateError> {
        let invalid = |detail: String| {
            GateError::ParametersInvalid {
            detail,
            mend: "let the state machine pass {\"sluice_notify\":1,\"detail_type\":\"Sluice Stage Checks\",\"detail\":{...}}, or `say` with `pipeline` and `text`"
                .to_owned(),
        }
        };
        let payload = Payload::deserialize(raw)
            .map_err(|error| invalid(format!("the payload does not read: {error}")))?;
        if payload.sluice_notify != FORM {
            return Err(invalid(format!(
                "the payload has form {}, and form {FORM} is read",
                payload.sluice_notify
            )));
        }
        if let Some(say) = &payload.say {
            self.say(say, self.by).await?;
            return Ok(json!({ "handled": "said" }));
        }
        let event = json!({
            "source": "sluice",
            "detail-type": payload.detail_type,
            "time": self.now(),
            "region": self.host.aws.region_name(),
            "detail": payload.detail,
        });
        match heard(&event) {
            Heard::Foreign(why) => Err(invalid(why)),
            heard => {
                self.heard(heard).await?;
                Ok(json!({ "handled": "heard" }))
            }
        }
    }

    async fn heard(&self, heard: Heard) -> Result<(), GateError> {
        match heard {
            Heard::Hint(hint) => self.hint(&hint).await,
            Heard::Verdict(told) => self.verdict(&told).await,
            Heard::StageChecks(told) => self.checks(&told).await,
            Heard::Rollback(told) => self.rollback(&told).await,
            Heard::Sweep => self.sweep().await,
            Heard::Foreign(why) => {
                self.log("INFO", "a foreign event", json!({ "why": why }));
                Ok(())
            }
        }
    }

    /// Failures, and successes of what is broken. Of other states CodePipeline
    /// has nothing that people are told.
    async fn hint(&self, hint: &Hint) -> Result<(), GateError> {
        let failed = match hint.state.as_str() {
            "FAILED" => true,
            "SUCCEEDED" => false,
            _ => return Ok(()),
        };
        if !failed && !self.is_watched(&hint.pipeline).await? {
            return Ok(());
        }
        let stage = hint.stage.as_ref().filter(|_| hint.what == What::Stage);
        let happening = stage.map(|stage| Happening {
            at: hint.at,
            failed,
            stage: stage.clone(),
            release: hint.release.clone(),
        });
        let seen: Vec<Happening> = happening.into_iter().collect();
        let asked = Asked {
            pipeline: &hint.pipeline,
            about: Some(hint.at),
            release: Some(&hint.release),
            seen,
            more: Vec::new(),
        };
        self.look(asked).await
    }

    async fn verdict(&self, told: &GateVerdict) -> Result<(), GateError> {
        if self.keep_verdict(told).await? {
            (self.host.log)(of_gate(told, self.host.counted_by));
            self.count_false_alarm(told).await?;
        }
        if told.is_stop() {
            let about = (told.began, told.pipeline.as_str());
            return self.look_at_stop(about, &told.release).await;
        }
        let kind = match (told.outcome, told.verdict) {
            (Outcome::Go, Some(Verdict::Pass)) => Kind::Passed,
            (Outcome::Go, _) => Kind::WentOn,
            (Outcome::Stop, _) => return Ok(()),
        };
        let word = if kind == Kind::Passed {
            "passed"
        } else {
            "went-on"
        };
        let pending = Pending {
            id: format!(
                "{word}/{}/{}/{}/{}/{}",
                told.pipeline, told.release, told.stage, told.gate, told.attempt
            ),
            kind,
            at: told.ended,
            stage: Some(told.stage.clone()),
            release: Some(told.release.clone()),
            outage: None,
            says: Some(json!(told)),
        };
        if kind == Kind::Passed && !self.is_asked_for(&pending, &told.pipeline).await {
            return Ok(());
        }
        self.look_with(&told.pipeline, pending).await
    }

    async fn checks(&self, told: &StageChecks) -> Result<(), GateError> {
        self.keep_checks(told).await?;
        if told.is_stop() {
            let about = (self.now(), told.pipeline.as_str());
            return self.look_at_stop(about, &told.release).await;
        }
        Ok(())
    }

    /// Something of ours stopped a release.
    async fn look_at_stop(
        &self,
        (about, pipeline): (Timestamp, &str),
        release: &str,
    ) -> Result<(), GateError> {
        let asked = Asked {
            pipeline,
            about: Some(about),
            release: Some(release),
            ..Asked::default()
        };
        self.look(asked).await
    }

    /// Something is told that no later look finds again.
    async fn look_with(&self, pipeline: &str, pending: Pending) -> Result<(), GateError> {
        let asked = Asked {
            pipeline,
            about: Some(pending.at),
            more: vec![pending],
            ..Asked::default()
        };
        self.look(asked).await
    }

    async fn rollback(&self, told: &RollbackEnded) -> Result<(), GateError> {
        let pending = Pending {
            id: format!("rollback/{}", told.execution),
            kind: Kind::Rollback,
            at: self.now(),
            stage: Some(told.stage.clone()),
            release: Some(told.release.clone()),
            outage: None,
            says: Some(json!(told)),
        };
        self.look_with(&told.pipeline, pending).await
    }

    /// Says something; `id` is the same for the same saying.
    async fn say(&self, say: &Say, id: &str) -> Result<(), GateError> {
        let saying = Saying {
            text: say.text.clone(),
            to: say.to.clone(),
        };
        let pending = Pending {
            id: format!("said/{}/{id}", say.pipeline),
            kind: Kind::Said,
            at: self.now(),
            stage: say.stage.clone(),
            release: say.release.clone(),
            outage: None,
            says: Some(json!(saying)),
        };
        self.look_with(&say.pipeline, pending).await
    }
}

/// Others write the same at the same time, again and again.
fn busy() -> GateError {
    GateError::ServiceUnavailable {
        operation: "dynamodb:PutItem".to_owned(),
        detail: "the table of notices is written to by others at the same time".to_owned(),
    }
}
