//! What holds for one release at one stage, as it is stored once.
//!
//! The layers of the plan store and the plan of the release's artifact come to
//! this ([`layers`](crate::layers)). A release keeps the one that it began
//! with: whoever needs a gate's settings reads them here, by the key and the
//! SHA-256 that were handed on, and through the one reader.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::{Deserialize as DeserializeFields, Serialize};
use serde_json::Value as Json;

use super::{GatePlan, NotInPlan, StagePlan};
use crate::GateError;
use crate::token::sha256;

/// The form that this code writes and reads.
pub const FORM: u32 = 1;

/// The gates and policies of one release at one stage, with their settings and
/// where each of these comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResolvedPlan {
    /// The form of this document: [`FORM`].
    pub resolved: u32,
    /// The pipeline.
    pub pipeline: String,
    /// The pipeline execution's id.
    pub release: String,
    /// The stage.
    pub stage: String,
    /// The service that the release is of.
    pub service: String,
    /// Whether nobody but the artifact's plan says so: neither the pipeline nor
    /// the plan store. No role is then assumed in the service's name.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub service_only_claimed: bool,
    /// When it was resolved.
    pub at: Timestamp,
    /// The layers that it comes from, in order: `organisation@3`, `artifact`.
    pub from: Vec<String>,
    /// Gates and policies.
    pub plan: StagePlan,
    /// For each value in `plan`, by its path, the layer that it comes from.
    pub sources: BTreeMap<String, String>,
}

impl ResolvedPlan {
    /// Bytes of a stored plan that are read: layers have at most 256 KB each.
    pub const BYTES_MAX: u64 = 4 * 1024 * 1024;

    /// Where it is in the evidence bucket.
    pub fn key(&self) -> String {
        ResolvedPlan::key_of(&self.pipeline, &self.release, &self.stage)
    }

    /// Where the one of a release at a stage is in the evidence bucket.
    pub fn key_of(pipeline: &str, release: &str, stage: &str) -> String {
        format!("plans/{pipeline}/{release}/{stage}.json")
    }

    /// The gate of that name.
    ///
    /// # Errors
    ///
    /// It is not there. The hint names what is.
    pub fn find(&self, gate: &str) -> Result<&GatePlan, NotInPlan> {
        self.plan.find(&self.service, gate)
    }

    /// As it is stored.
    pub fn write(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a plan holds only text, numbers, lists and maps of text")
    }

    /// Reads a stored plan that has to be this one.
    ///
    /// # Errors
    ///
    /// `PlanUnreadable`: its bytes are others, or no such plan.
    pub fn read(bytes: &[u8], expected_sha256: &str) -> Result<ResolvedPlan, GateError> {
        let got = sha256(bytes);
        if got != expected_sha256 {
            return Err(unreadable(format!(
                "the stored plan was changed: its SHA-256 is {got}, not {expected_sha256}"
            )));
        }
        ResolvedPlan::read_any(bytes)
    }

    /// Reads a stored plan, whichever it is.
    ///
    /// # Errors
    ///
    /// `PlanUnreadable`: it is no such plan, or of another form.
    pub fn read_any(bytes: &[u8]) -> Result<ResolvedPlan, GateError> {
        let no_plan =
            |error: serde_json::Error| unreadable(format!("the stored plan is none: {error}"));
        let json: Json = serde_json::from_slice(bytes).map_err(no_plan)?;
        // The form first: a later one may not read as this one.
        if json["resolved"].as_u64() != Some(u64::from(FORM)) {
            let form = &json["resolved"];
            return Err(unreadable(format!(
                "the stored plan has form {form}, and this function reads form {FORM}"
            )));
        }
        serde_json::from_value(json).map_err(no_plan)
    }
}

fn unreadable(detail: String) -> GateError {
    GateError::PlanUnreadable {
        detail,
        mend: "start the release anew: its plan is then resolved again".to_owned(),
    }
}

impl<'de> Deserialize<'de> for ResolvedPlan {
    /// Through the one reader, so that stored plans are held to the same rules.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ResolvedPlan, D::Error> {
        let stored = Stored::deserialize(deserializer)?;
        let plan = StagePlan::read_json(&stored.stage, &stored.plan).map_err(D::Error::custom)?;
        Ok(ResolvedPlan {
            resolved: stored.resolved,
            pipeline: stored.pipeline,
            release: stored.release,
            stage: stored.stage,
            service: stored.service,
            service_only_claimed: stored.service_only_claimed,
            at: stored.at,
            from: stored.from,
            plan,
            sources: stored.sources,
        })
    }
}

#[derive(DeserializeFields)]
#[serde(deny_unknown_fields)]
struct Stored {
    resolved: u32,
    pipeline: String,
    release: String,
    stage: String,
    service: String,
    #[serde(default)]
    service_only_claimed: bool,
    at: Timestamp,
    from: Vec<String>,
    plan: Json,
    sources: BTreeMap<String, String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;

    fn example() -> ResolvedPlan {
        let plan = Plan::read_yaml(
            "service: checkout\nstages:\n  prod:\n    gates:\n      \
             - bake: { for: 1h, alarms: [checkout-5xx], traffic: not_measured }\n    \
             on_fail: { roll_back: stage, notify: [team] }\n    stop_others: true\n",
        );
        ResolvedPlan {
            resolved: FORM,
            pipeline: "checkout".to_owned(),
            release: "r-1".to_owned(),
            stage: "prod".to_owned(),
            service: "checkout".to_owned(),
            service_only_claimed: true,
            at: Timestamp::UNIX_EPOCH,
            from: vec!["organisation@3".to_owned()],
            plan: plan.unwrap().stages.remove(0),
            sources: BTreeMap::from([("bake.for".to_owned(), "organisation@3".to_owned())]),
        }
    }

    #[track_caller]
    fn check_refused(bytes: &[u8], expected: &str) {
        let error = ResolvedPlan::read_any(bytes).unwrap_err();
        assert_eq!(error.name(), "PlanUnreadable");
        assert!(error.to_string().contains(expected), "{error}");
    }

    #[test]
    fn what_was_stored_is_read_again_as_the_same() {
        let plan = example();
        let bytes = plan.write();
        assert_eq!(ResolvedPlan::read(&bytes, &sha256(&bytes)), Ok(plan));
    }

    #[test]
    fn a_gate_is_found_by_its_name_and_no_other() {
        assert_eq!(example().find("bake").unwrap().settings.kind(), "bake");
        let error = example().find("canary").unwrap_err();
        assert_eq!(error.hint(), "its gates are `bake`");
    }

    #[test]
    fn a_plan_of_other_bytes_is_refused() {
        let error = ResolvedPlan::read(&example().write(), &"0".repeat(64)).unwrap_err();
        assert!(error.to_string().contains("was changed"), "{error}");
    }

    #[test]
    fn a_plan_of_another_form_without_gates_or_of_broken_settings_is_refused() {
        let text = String::from_utf8(example().write()).unwrap();
        let other = |from: &str, to: &str| text.replacen(from, to, 1).into_bytes();
        check_refused(&other("\"resolved\":1", "\"resolved\":2"), "has form 2");
        check_refused(&other("\"for\":\"1h\"", "\"for\":\"1\""), "has no unit");
        check_refused(&other("\"gates\":[", "\"gates\":[],\"x\":["), "has no gate");
        check_refused(&text.as_bytes()[..200], "is none");
        check_refused(b"{}", "has form null");
    }
}
