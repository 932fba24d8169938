//! The end of a look: what a final answer says.

use serde_json::Value;
use sluice_aws::ArtifactPlace;
use sluice_core::evidence::{EVIDENCE_FORM, Evidence};
use sluice_core::plan::Notify;
use sluice_core::verdict::{Decision, outcome};
use sluice_core::{GateError, Reason, Verdict};
use sluice_gates::{Ask, Reached};

use super::{Concluded, Session};
use crate::handed;

/// All that a final answer says.
pub(crate) struct Ending {
    pub(crate) evidence: Evidence,
    pub(crate) error: Option<GateError>,
    /// Where the action's output artifact goes, if it has one.
    pub(crate) artifact: Option<ArtifactPlace>,
    /// Looks at this gate so far.
    pub(crate) look: u32,
    /// Whether the release is itself a rollback.
    pub(crate) rollback: bool,
    /// The service, where somebody named it.
    pub(crate) service: Option<String>,
    /// Whom the plan wants told.
    pub(crate) notify: Notify,
}

/// A final answer, as it was given.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    /// The evidence, as it was written.
    pub evidence: Evidence,
    /// Where it was written.
    pub evidence_address: String,
    /// What people read.
    pub message: String,
}

impl Session {
    pub(super) fn ended(
        &self,
        verdict: Verdict,
        reason: Reason,
        ask: &Ask,
        reached: Option<Reached>,
    ) -> Concluded {
        // What the plan accepts is not to know enough: neither to know nothing
        // at all, nor another release's deployment.
        let also = reached.as_ref().map(|reached| reached.also.as_slice());
        let mut reasons = std::iter::once(&reason).chain(also.unwrap_or_default());
        let too_little =
            reasons.any(|reason| reason.code.knows_nothing() || reason.code.is_about_the_release());
        let accepted = self.proceed_undecided || reason.code.is_accepted();
        let proceed = accepted && !too_little;
        let decision = outcome(Some(verdict), proceed, None, self.mode);
        let mut evidence = self.evidence(decision);
        evidence.verdict = Some(verdict);
        evidence.reason = Some(reason);
        evidence.settings = ask.settings.to_json();
        if let Some(reached) = reached {
            // Moved: the readings of a canary are tens of megabytes.
            evidence.also = reached.also;
            evidence.facts = reached.facts;
            evidence.sources = reached.sources;
        }
        Concluded::End(Box::new(Ending {
            evidence,
            error: None,
            artifact: handed::place(&self.job),
            look: self.token.looks,
            rollback: ask.rollback,
            service: self.service.clone(),
            notify: self.notify.clone(),
        }))
    }

    pub(super) fn failed(&self, error: GateError) -> Ending {
        let decision = outcome(None, self.proceed_undecided, None, self.mode);
        let mut evidence = self.evidence(decision);
        evidence.gate_error = Some((error.name().to_owned(), error.to_string()));
        Ending {
            evidence,
            error: Some(error),
            artifact: handed::place(&self.job),
            look: self.token.looks,
            rollback: self.record.as_ref().is_some_and(|record| record.rollback),
            service: self.service.clone(),
            notify: self.notify.clone(),
        }
    }

    fn evidence(&self, decision: Decision) -> Evidence {
        let record = self.record.as_ref();
        Evidence {
            evidence: EVIDENCE_FORM,
            kind: self.kind.clone(),
            pipeline: self.pipeline.clone(),
            subject: self.token.subject.clone(),
            attempt: self.token.attempt.clone(),
            job: self.job_id.clone(),
            looked: (self.token.first, self.now),
            rule: self.rule.clone(),
            verdict: None,
            reason: None,
            also: Vec::new(),
            gate_error: None,
            decision,
            waiver: None,
            remarks: self.remarks.clone(),
            settings: record
                .map(|record| record.settings.clone())
                .unwrap_or_default(),
            begun: record
                .map(|record| record.begun.clone())
                .unwrap_or_default(),
            memory: self.token.memory.clone(),
            release: self.release.clone(),
            facts: Value::Null,
            sources: Vec::new(),
        }
    }
}
