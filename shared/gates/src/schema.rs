//! The JSON Schema of the evidence of all gates.

use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::Value;
use sluice_core::schema;
use sluice_core::settings::{Canary, Validate};
use sluice_core::validate;

use crate::canary;
use crate::validate::{Kept, ValidateGate};
use crate::{CanaryGate, Gate};

/// JSON Schema (2020-12) of evidence: settings, what was written down when the
/// gate began, and the readings, from which its verdict can be computed again.
pub fn evidence_schema() -> Value {
    schema::evidence_schema(&[of_canaries, of_tests])
}

fn of_canaries(generator: &mut SchemaGenerator) -> Value {
    schema::kind::<Canary, canary::Begun, canary::Memory, CanaryRead>(generator, CanaryGate::KIND)
}

fn of_tests(generator: &mut SchemaGenerator) -> Value {
    schema::kind::<Validate, validate::Begun, Kept, validate::Facts>(generator, ValidateGate::KIND)
}

/// What stands in `facts` of a canary.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum CanaryRead {
    /// The readings.
    Read(Box<Judged>),
    /// None: the release is a rollback, which is not judged.
    Skipped {
        /// Why.
        skipped: String,
    },
}

/// The readings, and what the judge made of them.
#[derive(Serialize, JsonSchema)]
struct Judged {
    #[serde(flatten)]
    facts: canary::Facts,
    /// What the judge made of the readings, as `sluice judge --json` has it;
    /// for people. A verdict is computed from the readings, never from this.
    #[serde(default)]
    judgement: Value,
    /// Periods whose values changed after they had been judged.
    #[serde(default)]
    revised: u32,
}
