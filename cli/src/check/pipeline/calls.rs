//! Which actions call a gate, and what they say to it.

use serde_json::Value;

use super::definition::{Action, Definition, Stage};

/// The variable that names the release.
pub(super) const RELEASE: &str = "#{codepipeline.PipelineExecutionId}";

/// An action that calls gates.
pub(super) struct Call<'a> {
    pub(super) stage: &'a Stage,
    pub(super) action: &'a Action,
    said: Value,
}

impl<'a> Call<'a> {
    /// What the action says of itself under this name.
    pub(super) fn said(&self, name: &str) -> Option<&str> {
        self.said.get(name)?.as_str()
    }

    /// The stage whose gates it calls.
    pub(super) fn of_stage(&self) -> &str {
        self.said("stage").unwrap_or(&self.stage.name)
    }

    /// Whether it does without naming its release.
    pub(super) fn unchecked(&self) -> bool {
        self.said("release_check") == Some("off")
    }

    /// As people find it: `stage/action`.
    pub(super) fn place(&self) -> String {
        format!("{}/{}", self.stage.name, self.action.name)
    }
}

/// All actions that call gates: functions, and machines, which call all gates
/// of their stage.
pub(super) fn calls(definition: &Definition) -> impl Iterator<Item = Call<'_>> {
    let all = definition.stages.iter();
    all.flat_map(|stage| {
        let actions = stage.actions.iter();
        actions.filter_map(move |action| call(stage, action))
    })
}

fn call<'a>(stage: &'a Stage, action: &'a Action) -> Option<Call<'a>> {
    let text = match action.provider.as_str() {
        "Lambda" => action.user_parameters.as_deref(),
        "StepFunctions" => action.input.as_deref(),
        _ => None,
    };
    let said: Value = serde_json::from_str(text?).ok()?;
    // Other functions and machines are told other things.
    let ours = said.get("gate").is_some()
        || (said.get("release").is_some() && said.get("stage").is_some());
    ours.then_some(Call {
        stage,
        action,
        said,
    })
}

/// The actions that call a gate, with those that call all gates of its stage.
pub(super) fn of_gate<'a>(definition: &'a Definition, stage: &str, gate: &str) -> Vec<Call<'a>> {
    calls(definition)
        .filter(|call| call.of_stage() == stage)
        .filter(|call| call.said("gate").is_none_or(|own| own == gate))
        .collect()
}
