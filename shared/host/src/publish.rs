//! Says on the bus how a gate ended, for whoever listens.
//!
//! A gate's answer is given, or is about to be, and nothing here changes it:
//! what goes wrong is a line of the log. An event may be lost, or come twice.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sluice_aws::{Aws, Event};
use sluice_core::evidence::Evidence;
use sluice_core::notices::{GATE_VERDICT, GateVerdict, READINGS_MAX, SOURCE};

use crate::answer::{Said, fitted};
use crate::message::Kept;
use crate::shown::{cut, readings};
use crate::{Cut, Log, within};

/// Who asked: an action that invokes the function.
pub(crate) const LAMBDA_ACTION: &str = "lambda_action";
/// Who asked: a custom action, through the worker.
pub(crate) const CUSTOM_ACTION: &str = "custom_action";
/// Who asked: a task of a state machine.
pub(crate) const TASK: &str = "task";
/// Who asked: a lifecycle hook of a deployment of ECS.
pub(crate) const ECS_HOOK: &str = "ecs_hook";

/// How long it may take.
const WITHIN: SignedDuration = SignedDuration::from_secs(5);
/// What is left of the function's life, so that it ends by itself.
const LEFT: SignedDuration = SignedDuration::from_secs(2);
/// Characters of the reason.
const REASON_CHARACTERS_MAX: usize = 500;
/// Characters of a reading.
const READING_CHARACTERS_MAX: usize = 240;

/// Where it is said.
pub(crate) struct Bus<'a> {
    /// The bus's name or ARN; none: nothing is said.
    pub(crate) name: Option<&'a str>,
    pub(crate) aws: &'a Aws,
    pub(crate) log: &'a Log,
    /// The function's log in the console.
    pub(crate) log_link: Option<&'a str>,
}

impl Bus<'_> {
    /// Publishes how a gate ended, before the function is killed.
    pub(crate) async fn publish(&self, verdict: &GateVerdict, deadline: Timestamp) {
        let Some(bus) = self.name else {
            return;
        };
        let left = deadline.duration_since(self.aws.now()) - LEFT;
        let time = left.min(WITHIN);
        if !time.is_positive() {
            return self.failed(bus, verdict, "the function has no time left for it");
        }
        let event = Event {
            bus,
            source: SOURCE,
            detail_type: GATE_VERDICT,
            detail: self.detail(verdict),
        };
        match within(time, self.aws.publish_event(event), self.aws).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.failed(bus, verdict, &error.to_string()),
            Err(Cut::Panicked(detail)) => self.failed(bus, verdict, &detail),
            Err(Cut::OutOfTime) => {
                let why = format!("it took more than {} s", time.as_secs());
                self.failed(bus, verdict, &why);
            }
        }
    }

    fn detail(&self, verdict: &GateVerdict) -> String {
        let log = self.log_link.map(str::to_owned);
        let verdict = GateVerdict {
            log,
            ..verdict.clone()
        };
        json!(verdict).to_string()
    }

    fn failed(&self, bus: &str, verdict: &GateVerdict, why: &str) {
        (self.log)(json!({
            "level": "WARN",
            "message": "how the gate ended could not be published",
            "bus": bus,
            "pipeline": verdict.pipeline,
            "release": verdict.release,
            "stage": verdict.stage,
            "gate": verdict.gate,
            "text": why,
        }));
    }
}

/// What is said of an ending.
pub(crate) fn verdict(said: &Said, host: &str) -> GateVerdict {
    let evidence = &said.evidence;
    let code = evidence.reason.as_ref().map(|reason| reason.code);
    let evidence_place = match said.kept {
        Kept::NotAtAll => None,
        Kept::Bucket { .. } | Kept::Log(_) => Some(said.kept.address()),
    };
    GateVerdict {
        version: "1".to_owned(),
        pipeline: evidence.pipeline.clone(),
        release: evidence.subject.release.clone(),
        stage: evidence.subject.stage.clone(),
        service: said.service.clone(),
        gate: evidence.subject.gate.clone(),
        kind: evidence.kind.clone(),
        host: host.to_owned(),
        attempt: evidence.attempt.clone(),
        verdict: evidence.verdict,
        outcome: evidence.decision.outcome,
        decided_by: evidence.decision.decided_by,
        error: said.error.as_ref().map(|error| error.name().to_owned()),
        code: code.map(|code| code.to_string()),
        reason: shortened(&why(evidence)),
        readings: readings(evidence, READINGS_MAX)
            .map(|line| cut(&line, READING_CHARACTERS_MAX))
            .collect(),
        evidence: evidence_place,
        page: said.kept.page().map(str::to_owned),
        log: None,
        began: evidence.looked.0,
        ended: evidence.looked.1,
        looks: said.look,
        rollback: said.rollback,
        release_over: code.is_some_and(|code| code.ends_the_release()),
        notify: said.notify.of(evidence.verdict, evidence.decision).to_vec(),
    }
}

/// A reason as it fits into an event.
pub(crate) fn shortened(reason: &str) -> String {
    fitted(reason, REASON_CHARACTERS_MAX)
}

fn why(evidence: &Evidence) -> String {
    match (&evidence.reason, &evidence.gate_error) {
        (Some(reason), _) => reason.to_string(),
        (None, Some((_, text))) => text.clone(),
        (None, None) => "the gate ended without a verdict".to_owned(),
    }
}
