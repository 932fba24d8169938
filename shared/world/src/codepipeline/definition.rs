//! What a pipeline is: stages of actions, and what of it CodePipeline refuses.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::action_type::ActionTypeId;
use super::limits::is_name;
use crate::wire::ApiError;

/// A pipeline as its owner defined it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    /// Its name, 1 to 100 characters.
    pub name: String,
    /// How executions get past each other.
    pub mode: Mode,
    /// Counts the changes of the definition; rollbacks stay within one.
    pub version: u32,
    /// The stages, in order.
    pub stages: Vec<Stage>,
    /// The S3 bucket of the artifacts.
    pub artifact_bucket: String,
}

/// How executions of one pipeline get past each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Mode {
    /// A later execution replaces one that waits for a stage.
    Superseded,
    /// Executions wait for a stage in the order of their arrival.
    Queued,
    /// Executions know nothing of each other.
    Parallel,
}

/// A stage: its actions run in the order of their `run_order`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Its name, unique in the pipeline.
    pub name: String,
    /// The actions.
    pub actions: Vec<Action>,
}

/// An action of a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Its name, unique in the stage.
    pub name: String,
    /// Actions with the same number run side by side, from 1.
    pub run_order: u32,
    /// What it does.
    pub work: Work,
    /// Names of the artifacts that it gets.
    pub input_artifacts: Vec<String>,
    /// Names of the artifacts that it makes.
    pub output_artifacts: Vec<String>,
    /// Where later actions find its output variables.
    pub namespace: Option<String>,
}

/// What an action does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// Fetches the sources, at once.
    Source {
        /// The ZIP that is put under the artifact's key in S3.
        artifact: Vec<u8>,
    },
    /// Deploys, always with success.
    Deploy {
        /// How long it takes.
        takes: SignedDuration,
    },
    /// Invokes a Lambda function and waits for its answer.
    Lambda {
        /// The function's name.
        function: String,
        /// At most 1000 characters, before variables are replaced.
        user_parameters: Option<String>,
    },
    /// Waits for a worker that asks for work of this type, and for its answer.
    Custom {
        /// A type that was created before.
        action_type: ActionTypeId,
        /// The properties, before variables are replaced.
        configuration: BTreeMap<String, String>,
    },
}

impl Work {
    /// The action's type.
    pub(super) fn action_type(&self) -> ActionTypeId {
        match self {
            Work::Source { .. } => ActionTypeId::aws("Source", "S3"),
            Work::Deploy { .. } => ActionTypeId::aws("Deploy", "CodeDeploy"),
            Work::Lambda { .. } => ActionTypeId::aws("Invoke", "Lambda"),
            Work::Custom { action_type, .. } => action_type.clone(),
        }
    }

    /// Whether it judges rather than does something.
    pub(super) fn is_gate(&self) -> bool {
        matches!(self, Work::Lambda { .. } | Work::Custom { .. })
    }

    /// The action's configuration before variables are replaced.
    pub(super) fn configuration(&self) -> BTreeMap<String, String> {
        match self {
            Work::Lambda {
                function,
                user_parameters,
            } => {
                let function = ("FunctionName".to_owned(), function.clone());
                let parameters = user_parameters.clone();
                let parameters = parameters.map(|own| ("UserParameters".to_owned(), own));
                [function].into_iter().chain(parameters).collect()
            }
            Work::Custom { configuration, .. } => configuration.clone(),
            Work::Source { .. } | Work::Deploy { .. } => BTreeMap::new(),
        }
    }
}

impl Pipeline {
    /// The index of the stage called `name`.
    pub(super) fn stage_index(&self, name: &str) -> Option<usize> {
        self.stages.iter().position(|stage| stage.name == name)
    }

    /// What AWS refuses about a definition when it is written, as far as it
    /// matters here. Fewer stages than AWS's two are let through.
    pub(super) fn check(&self) -> Result<(), ApiError> {
        let refuse = |code: &str, message: String| Err(ApiError::client(code, message));
        if !is_name(&self.name) {
            return refuse("ValidationException", names_must_match("pipeline.name"));
        }
        let mut stages = BTreeSet::new();
        let mut artifacts = BTreeSet::new();
        for stage in &self.stages {
            if !is_name(&stage.name) {
                return refuse("ValidationException", names_must_match("stage.name"));
            }
            if !stages.insert(&stage.name) || stage.actions.is_empty() {
                let message = format!("Stage {} is defined twice or has no actions", stage.name);
                return refuse("InvalidStageDeclarationException", message);
            }
            check_actions(stage, &mut artifacts)?;
        }
        if self.stages.is_empty() {
            let message = format!("Pipeline {} has no stages", self.name);
            return refuse("InvalidStructureException", message);
        }
        Ok(())
    }
}

/// Actions of one stage; `artifacts` are those made by earlier ones.
fn check_actions<'a>(stage: &'a Stage, artifacts: &mut BTreeSet<&'a str>) -> Result<(), ApiError> {
    let mut names = BTreeSet::new();
    let mut actions: Vec<&Action> = stage.actions.iter().collect();
    actions.sort_by_key(|action| action.run_order);
    for action in actions {
        let refuse = |what: &str| {
            let message = format!("Action {} of stage {} {what}", action.name, stage.name);
            Err(ApiError::client(
                "InvalidActionDeclarationException",
                message,
            ))
        };
        if !is_name(&action.name) {
            return Err(ApiError::client(
                "ValidationException",
                names_must_match("action.name"),
            ));
        }
        if action.run_order == 0 || !names.insert(&action.name) {
            return refuse("is defined twice or has the run order 0");
        }
        for (key, value) in action.work.configuration() {
            if !(1..=1000).contains(&value.chars().count()) {
                return Err(ApiError::client(
                    "ValidationException",
                    format!(
                        "Value at 'configuration.{key}' failed to satisfy constraint: Member \
                         must have length greater than or equal to 1 and Member must have \
                         length less than or equal to 1000"
                    ),
                ));
            }
        }
        for input in &action.input_artifacts {
            if !artifacts.contains(input.as_str()) {
                return refuse("takes an artifact that no earlier action makes");
            }
        }
        for output in &action.output_artifacts {
            if !artifacts.insert(output) {
                return refuse("makes an artifact that another action makes");
            }
        }
        let outputs = action.output_artifacts.len();
        if matches!(action.work, Work::Source { .. }) && outputs != 1 {
            return refuse("is a source and must make exactly one artifact");
        }
        if action.input_artifacts.len() > 5 || outputs > 5 {
            return refuse("takes or makes more than 5 artifacts");
        }
    }
    Ok(())
}

fn names_must_match(member: &str) -> String {
    format!(
        "Value at '{member}' failed to satisfy constraint: Member must satisfy regular \
         expression pattern: [A-Za-z0-9.@\\-_]+"
    )
}
