//! Whom a stage's policies want told, by the names of channels.

use serde::{Deserialize, Serialize};

use super::Policies;
use crate::Verdict;
use crate::verdict::{DecidedBy, Decision};

/// Whom a stage's policies want told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Notify {
    /// Of a verdict `fail`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub on_fail: Vec<String>,
    /// Of a verdict `inconclusive`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub on_inconclusive: Vec<String>,
    /// Of a gate error.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub on_error: Vec<String>,
}

impl From<&Policies> for Notify {
    fn from(policies: &Policies) -> Notify {
        Notify {
            on_fail: policies.on_fail.notify.clone(),
            on_inconclusive: policies.on_inconclusive.notify.clone(),
            on_error: policies.on_error.notify.clone(),
        }
    }
}

impl Notify {
    /// Whether nobody is.
    pub fn is_empty(&self) -> bool {
        *self == Notify::default()
    }

    /// Who is told of an answer. A gate that only watches has no policies, and
    /// who gave a waiver knows.
    pub fn of(&self, verdict: Option<Verdict>, decision: Decision) -> &[String] {
        if matches!(
            decision.decided_by,
            DecidedBy::Waiver | DecidedBy::WatchOnly
        ) {
            return &[];
        }
        match verdict {
            Some(Verdict::Pass) => &[],
            Some(Verdict::Fail) => &self.on_fail,
            Some(Verdict::Inconclusive) => &self.on_inconclusive,
            None => &self.on_error,
        }
    }
}
