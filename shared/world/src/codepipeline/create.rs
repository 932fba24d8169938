//! `CreatePipeline`: a pipeline as CloudFormation or a person describes it.
//!
//! Of the actions it knows sources in S3, which bring an empty archive, and
//! invocations of functions. It refuses others by name: an action that is
//! passed over would be a lie.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::action_type::ActionTypeId;
use super::control::start_execution;
use super::definition::{Action, Mode, Pipeline, Stage, Work};
use super::limits::Checks;
use super::state::Shared;
use crate::wire::ApiError;

/// A ZIP without files.
const EMPTY_ZIP: &[u8] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

#[derive(Deserialize)]
pub(super) struct CreateInput {
    pipeline: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    name: String,
    artifact_store: Store,
    stages: Vec<DescribedStage>,
    execution_mode: Option<String>,
}

#[derive(Deserialize)]
struct Store {
    location: String,
}

#[derive(Deserialize)]
struct DescribedStage {
    name: String,
    actions: Vec<DescribedAction>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribedAction {
    name: String,
    action_type_id: ActionTypeId,
    run_order: Option<u32>,
    #[serde(default)]
    configuration: BTreeMap<String, String>,
    #[serde(default)]
    input_artifacts: Vec<Named>,
    #[serde(default)]
    output_artifacts: Vec<Named>,
    namespace: Option<String>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// Creates it and, as AWS does, starts it.
pub(super) fn create(shared: &Arc<Shared>, input: CreateInput) -> Result<Value, ApiError> {
    let described: Described = serde_json::from_value(input.pipeline.clone())
        .map_err(|error| ApiError::client("ValidationException", error.to_string()))?;
    let name = described.name.clone();
    if shared.with(|state| state.pipelines.contains_key(&name)) {
        let message = format!("A pipeline with name '{name}' already exists");
        return Err(ApiError::client("PipelineNameInUseException", message));
    }
    super::define_in(shared, described.pipeline(shared)?)?;
    start_execution(shared, &name, BTreeMap::new(), None)?;
    Ok(json!({ "pipeline": input.pipeline }))
}

impl Described {
    fn pipeline(self, shared: &Shared) -> Result<Pipeline, ApiError> {
        let mut checks = Checks::counting(shared.settings.lengths);
        let mode = self.execution_mode.as_deref().unwrap_or("SUPERSEDED");
        let modes = ["SUPERSEDED", "QUEUED", "PARALLEL"];
        checks.one_of("pipeline.executionMode", mode, &modes);
        checks.finish()?;
        let stages = self.stages.into_iter().map(DescribedStage::stage);
        Ok(Pipeline {
            name: self.name,
            mode: match mode {
                "QUEUED" => Mode::Queued,
                "PARALLEL" => Mode::Parallel,
                _ => Mode::Superseded,
            },
            version: 1,
            artifact_bucket: self.artifact_store.location,
            stages: stages.collect::<Result<_, _>>()?,
        })
    }
}

impl DescribedStage {
    fn stage(self) -> Result<Stage, ApiError> {
        let actions = self.actions.into_iter().map(DescribedAction::action);
        Ok(Stage {
            name: self.name,
            actions: actions.collect::<Result<_, _>>()?,
        })
    }
}

impl DescribedAction {
    fn action(self) -> Result<Action, ApiError> {
        let names = |all: Vec<Named>| all.into_iter().map(|own| own.name).collect();
        Ok(Action {
            work: work(&self.name, &self.action_type_id, self.configuration)?,
            name: self.name,
            run_order: self.run_order.unwrap_or(1),
            input_artifacts: names(self.input_artifacts),
            output_artifacts: names(self.output_artifacts),
            namespace: self.namespace,
        })
    }
}

fn work(
    name: &str,
    kind: &ActionTypeId,
    mut configuration: BTreeMap<String, String>,
) -> Result<Work, ApiError> {
    let refuse = |why: &str| {
        let message = format!("Action {name} {why}");
        ApiError::client("InvalidActionDeclarationException", message)
    };
    if *kind == ActionTypeId::aws("Source", "S3") {
        return Ok(Work::Source {
            artifact: EMPTY_ZIP.to_vec(),
        });
    }
    if *kind != ActionTypeId::aws("Invoke", "Lambda") {
        return Err(refuse("is of a type that this world does not create"));
    }
    let function = configuration.remove("FunctionName");
    Ok(Work::Lambda {
        function: function.ok_or_else(|| refuse("names no function"))?,
        user_parameters: configuration.remove("UserParameters"),
    })
}
