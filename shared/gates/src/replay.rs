//! Computing the verdict of any kind of gate again from its evidence: by the
//! rules of `sluice-core`, or, where a rule asks the judge, by that of
//! [`crate::canary`].

use sluice_core::bake::Ruling;
use sluice_core::evidence::Evidence;
use sluice_core::replay::{self, Finding, Unplayable, compare};
use sluice_judge::sequential::Comparison;

use crate::{CanaryGate, Gate, canary};

/// Whether the evidence gives the verdict that is written in it.
///
/// # Errors
///
/// Where the evidence does not allow to say so.
pub fn finding(evidence: &Evidence) -> Result<Finding, Unplayable> {
    ruling(evidence).map(|ruling| compare(evidence, &ruling))
}

/// What a canary compared; nothing of other gates, or where nothing was
/// compared.
pub fn comparison(evidence: &Evidence) -> Option<Comparison> {
    (evidence.kind == CanaryGate::KIND)
        .then(|| canary::comparison(evidence))
        .flatten()
}

/// Applies the rule that gave the verdict to the readings that were written
/// down.
fn ruling(evidence: &Evidence) -> Result<Ruling, Unplayable> {
    match evidence.kind.as_str() {
        CanaryGate::KIND => canary::ruling(evidence),
        _ => replay::ruling(evidence),
    }
}
