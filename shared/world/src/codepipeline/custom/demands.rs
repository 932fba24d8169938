//! What a pipeline may ask of a custom action type: checked when the pipeline
//! is defined. The words of the refusals are this world's.

use super::catalogue::Catalogue;
use super::types::{ActionType, Artifacts, is_word};
use crate::codepipeline::ActionTypeId;
use crate::codepipeline::definition::{Action, Pipeline, Work};
use crate::wire::ApiError;

/// The longest value of a queryable property.
const QUERYABLE_MAX: usize = 20;

/// Refuses a pipeline whose actions do not fit their types.
pub(in crate::codepipeline) fn check(
    catalogue: &Catalogue,
    pipeline: &Pipeline,
) -> Result<(), ApiError> {
    for action in pipeline.stages.iter().flat_map(|stage| &stage.actions) {
        if let Work::Custom { action_type, .. } = &action.work {
            check_action(catalogue, action, action_type).map_err(|what| {
                let message = format!("Action {}: {what}", action.name);
                ApiError::client("InvalidActionDeclarationException", message)
            })?;
        }
    }
    Ok(())
}

fn check_action(catalogue: &Catalogue, action: &Action, id: &ActionTypeId) -> Result<(), String> {
    let own = catalogue
        .known(id)
        .ok_or_else(|| format!("ActionType {id} is not available"))?;
    check_configuration(own, action)?;
    let check = |what,
                 count: usize,
                 Artifacts {
                     minimum_count,
                     maximum_count,
                 }| {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        if (minimum_count..=maximum_count).contains(&count) {
            return Ok(());
        }
        Err(format!(
            "it has {count} {what} artifacts, and its type {minimum_count} to {maximum_count}"
        ))
    };
    check(
        "input",
        action.input_artifacts.len(),
        own.input_artifact_details,
    )?;
    check(
        "output",
        action.output_artifacts.len(),
        own.output_artifact_details,
    )
}

fn check_configuration(own: &ActionType, action: &Action) -> Result<(), String> {
    let given = action.work.configuration();
    for property in &own.action_configuration_properties {
        let value = given.get(&property.name);
        if property.required && value.is_none() {
            return Err(format!(
                "the required configuration {} is missing",
                property.name
            ));
        }
        let is_short = |value: &String| value.len() <= QUERYABLE_MAX && is_word(value);
        if property.queryable && !value.is_some_and(is_short) {
            let name = &property.name;
            return Err(format!(
                "the queryable {name} is not 1 to 20 of [a-zA-Z0-9_-]"
            ));
        }
    }
    match given.keys().find(|name| own.property(name).is_none()) {
        Some(name) => Err(format!("the configuration {name} is unknown to its type")),
        None => Ok(()),
    }
}
