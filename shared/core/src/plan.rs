//! The plan: which gates a service requires at which stage.
//!
//! A plan is read from `sluice.yaml` ([`Plan::read_yaml`]) or from the plan
//! store; the settings of one gate also come inline in an action's parameters
//! ([`GateSettings::read_json`]). All of them go through the same reader, and
//! all are written in the shape that people write. A plan without stages, or a
//! stage without gates, would pass every release, so there is none.

use schemars::JsonSchema;
use serde::Serialize;

use crate::Duration;
use crate::notices::Notifications;
use crate::settings::{Bake, BeforeAfter, Canary, Clear, Mode, OnRollback, ReleaseCheck, Validate};
use crate::words::{closest, quote, quote_all};

mod notify;
mod reading;
mod resolved;
mod rollback;
mod warnings;
mod writing;

pub use notify::Notify;
pub(crate) use reading::{KINDS, finish, gate_settings, policies};
pub use resolved::{FORM, ResolvedPlan};

/// More stages than a pipeline can have are a mistake.
pub const STAGES_MAX: usize = 50;

/// More gates than a stage can have actions are a mistake.
pub const GATES_MAX: usize = 50;

/// What has to hold before releases of a service go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Plan {
    /// The service, as its evidence is filed under.
    #[schemars(regex(pattern = r"^[A-Za-z0-9.@_-]{1,100}$"))]
    pub service: String,
    /// The stages with gates, by their names in the pipeline.
    #[serde(serialize_with = "writing::stages")]
    #[schemars(with = "std::collections::BTreeMap<String, StagePlan>", extend("minProperties" = 1))]
    pub stages: Vec<StagePlan>,
    /// Who is told what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notifications: Option<Notifications>,
}

/// The gates of one stage, and what follows from their verdicts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct StagePlan {
    /// The stage's name in the pipeline.
    #[serde(skip)]
    pub name: String,
    /// The gates, at least one. All of them have to let the release go on.
    #[schemars(length(min = 1, max = 50))]
    pub gates: Vec<GatePlan>,
    /// What follows from verdicts that are no pass.
    #[serde(flatten)]
    pub policies: Policies,
    /// Whether the gates that still look end once one of them says stop.
    /// Default: false.
    #[serde(default, skip_serializing_if = "is_no")]
    pub stop_others: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_no(flag: &bool) -> bool {
    !*flag
}

/// One gate of a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct GatePlan {
    /// The gate's name, unique in its stage.
    #[serde(skip)]
    pub name: String,
    /// What kind of gate it is, and its settings.
    pub settings: GateSettings,
}

/// A kind of gate with its settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GateSettings {
    /// Alarms have to stay quiet for a while under traffic.
    Bake(Bake),
    /// The new version is no worse than the old one beside it.
    Canary(Canary),
    /// All alarms are OK, and have been for a while.
    Clear(Clear),
    /// What was deployed passes its tests.
    Validate(Validate),
}

impl GateSettings {
    /// The word for the kind of gate, as it stands in plans.
    pub fn kind(&self) -> &'static str {
        match self {
            GateSettings::Bake(_) => "bake",
            GateSettings::Canary(_) => "canary",
            GateSettings::Clear(_) => "clear",
            GateSettings::Validate(_) => "validate",
        }
    }

    /// What the gate is called in its stage.
    pub fn name(&self) -> &str {
        match self {
            GateSettings::Bake(bake) => bake.name(),
            GateSettings::Canary(canary) => canary.name(),
            GateSettings::Clear(clear) => clear.name(),
            GateSettings::Validate(validate) => validate.name(),
        }
    }

    /// How long the gate may take before it answers.
    pub fn at_most(&self) -> Duration {
        match self {
            GateSettings::Bake(bake) => bake.at_most(),
            GateSettings::Canary(canary) => canary.at_most(),
            GateSettings::Clear(clear) => clear.within.unwrap_or_default(),
            GateSettings::Validate(validate) => validate.at_most(),
        }
    }

    /// Whether the verdict counts.
    pub fn mode(&self) -> Mode {
        match self {
            GateSettings::Bake(bake) => bake.mode,
            GateSettings::Canary(canary) => canary.mode,
            GateSettings::Clear(clear) => clear.mode,
            GateSettings::Validate(validate) => validate.mode,
        }
    }

    /// What people have to know beside whatever the gate says.
    pub fn remark(&self) -> Option<String> {
        match self {
            GateSettings::Canary(canary) => canary.before_after.as_deref().map(BeforeAfter::remark),
            GateSettings::Bake(_) | GateSettings::Clear(_) | GateSettings::Validate(_) => None,
        }
    }

    /// What a rollback means to a gate that judges one otherwise.
    pub fn on_rollback(&self) -> Option<OnRollback> {
        match self {
            GateSettings::Bake(bake) => Some(bake.on_rollback),
            GateSettings::Canary(canary) => Some(canary.on_rollback),
            GateSettings::Clear(_) | GateSettings::Validate(_) => None,
        }
    }

    /// Whether each look asks if its release is still the one deployed.
    pub fn release_check(&self) -> ReleaseCheck {
        match self {
            GateSettings::Bake(bake) => bake.release_check,
            GateSettings::Canary(canary) => canary.release_check,
            GateSettings::Clear(clear) => clear.release_check,
            GateSettings::Validate(validate) => validate.release_check,
        }
    }
}

/// What follows from the answers of a stage's gates that are no `pass`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Policies {
    /// What a verdict `fail` does, beside stopping the release.
    #[serde(default)]
    pub on_fail: Policy,
    /// What a verdict `inconclusive` does. It holds: the action fails, and
    /// nothing is changed.
    #[serde(default)]
    pub on_inconclusive: Policy,
    /// What a gate error does. It holds like `on_inconclusive`.
    #[serde(default)]
    pub on_error: Policy,
}

/// What follows from one kind of answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Policy {
    /// How the stage goes back. Only `on_fail` takes other words than `no`.
    #[serde(default)]
    pub roll_back: RollBack,
    /// Who is told, by the names of the installation's targets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notify: Vec<String>,
    /// Whether the release goes on all the same. Only in `on_inconclusive`.
    #[serde(default)]
    pub proceed: bool,
}

/// How a stage goes back to what it ran before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RollBack {
    /// Sluice rolls nothing back, and does not rely on anybody who does.
    #[default]
    No,
    /// The stage itself is set to `onFailure: ROLLBACK`: Sluice only fails.
    /// CodePipeline then rolls back for every failed action, gate errors too.
    Native,
    /// Sluice calls `RollbackStage` once the stage has failed.
    Stage,
    /// Sluice stops the CodeDeploy deployment, or deploys the last good
    /// revision again.
    #[serde(rename = "codedeploy")]
    CodeDeploy,
    /// `{ state_machine: ARN }`: a state machine of yours is started.
    #[serde(untagged)]
    StateMachine(MachineRollBack),
    /// `{ lambda: NAME }`: a function of yours is invoked.
    #[serde(untagged)]
    Lambda(LambdaRollBack),
}

/// A state machine that takes a stage back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct MachineRollBack {
    /// ARN of the state machine.
    pub state_machine: String,
}

/// A function that takes a stage back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct LambdaRollBack {
    /// The function's name or ARN, with a qualifier where one is wanted.
    pub lambda: String,
}

impl RollBack {
    /// Who takes the stage back, as one word.
    pub fn by(&self) -> &'static str {
        match self {
            RollBack::No => "no",
            RollBack::Native => "native",
            RollBack::Stage => "stage",
            RollBack::CodeDeploy => "codedeploy",
            RollBack::StateMachine(_) => "state_machine",
            RollBack::Lambda(_) => "lambda",
        }
    }

    /// What is started or invoked for it.
    pub fn target(&self) -> Option<&str> {
        match self {
            RollBack::StateMachine(machine) => Some(&machine.state_machine),
            RollBack::Lambda(function) => Some(&function.lambda),
            RollBack::No | RollBack::Native | RollBack::Stage | RollBack::CodeDeploy => None,
        }
    }
}

/// What was asked for is not in the plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotInPlan {
    /// The plan does not name the stage.
    #[error("the plan of service {} has no stage {}", quote(service), quote(stage))]
    Stage {
        /// The plan's service.
        service: String,
        /// The stage that was asked for.
        stage: String,
        /// What to do.
        hint: String,
    },
    /// The stage does not have the gate.
    #[error(
        "stage {} has no gate {} in the plan of service {}",
        quote(stage),
        quote(gate),
        quote(service)
    )]
    Gate {
        /// The plan's service.
        service: String,
        /// The stage.
        stage: String,
        /// The gate that was asked for.
        gate: String,
        /// What to do.
        hint: String,
    },
}

impl NotInPlan {
    /// What there is instead.
    pub fn hint(&self) -> &str {
        match self {
            NotInPlan::Stage { hint, .. } | NotInPlan::Gate { hint, .. } => hint,
        }
    }
}

impl Plan {
    /// The gate of that name in the stage of that name.
    ///
    /// # Errors
    ///
    /// One of them is not there. The hint names what is.
    pub fn find(&self, stage: &str, gate: &str) -> Result<(&StagePlan, &GatePlan), NotInPlan> {
        let Some(found) = self.stages.iter().find(|found| found.name == stage) else {
            let names: Vec<&str> = self.stages.iter().map(|s| s.name.as_str()).collect();
            return Err(NotInPlan::Stage {
                service: self.service.clone(),
                stage: stage.to_owned(),
                hint: name_what_there_is("stages", stage, &names),
            });
        };
        Ok((found, found.find(&self.service, gate)?))
    }
}

impl StagePlan {
    /// The gate of that name, in the plan of a service.
    fn find(&self, service: &str, gate: &str) -> Result<&GatePlan, NotInPlan> {
        if let Some(found) = self.gates.iter().find(|found| found.name == gate) {
            return Ok(found);
        }
        let names: Vec<&str> = self.gates.iter().map(|g| g.name.as_str()).collect();
        Err(NotInPlan::Gate {
            service: service.to_owned(),
            stage: self.name.clone(),
            gate: gate.to_owned(),
            hint: name_what_there_is("gates", gate, &names),
        })
    }
}

fn name_what_there_is(what: &str, written: &str, names: &[&str]) -> String {
    let listed = quote_all(names);
    match closest(written, names) {
        Some(guess) => format!("did you mean `{guess}`? its {what} are {listed}"),
        None => format!("its {what} are {listed}"),
    }
}

#[cfg(test)]
mod tests;
