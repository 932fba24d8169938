//! The pipeline of a plan with custom actions in the place of Lambda actions,
//! and the action types that they are of.

use std::collections::BTreeMap;

use serde_json::Value;
use sluice_world::codepipeline::{Action, ActionTypeId, Pipeline, Work};

use sluice_core::actions::{self, ActionType, Places};

/// Our action types, as `CreateCustomActionType` takes them.
pub fn action_types() -> Vec<Value> {
    let types = actions::action_types();
    let places = Places::default();
    types.iter().map(|own| own.to_json(&places)).collect()
}

/// The same pipeline, in which our Lambda actions are custom ones.
pub fn with_custom_actions(mut pipeline: Pipeline) -> Pipeline {
    let stages = pipeline.stages.iter_mut();
    let types = actions::action_types();
    for action in stages.flat_map(|stage| &mut stage.actions) {
        make_custom(action, &types);
    }
    pipeline
}

fn make_custom(action: &mut Action, types: &[ActionType]) {
    let Work::Lambda {
        function,
        user_parameters,
    } = &action.work
    else {
        return;
    };
    let Some(own) = types.iter().find(|own| own.function == function) else {
        return;
    };
    let parameters = user_parameters.as_deref().unwrap_or_default();
    let parameters: Value = serde_json::from_str(parameters).unwrap_or_default();
    let action_type = ActionTypeId::custom(actions::CATEGORY, own.provider, &own.version);
    action.work = Work::Custom {
        action_type,
        configuration: configuration(&parameters),
    };
}

/// What a Lambda action says, in properties.
pub fn configuration(parameters: &Value) -> BTreeMap<String, String> {
    let said = [
        ("Gate", "gate"),
        ("Service", "service"),
        ("Plan", "path"),
        ("Settings", "settings"),
    ];
    let said = said.into_iter().filter_map(|(property, parameter)| {
        let value = match &parameters[parameter] {
            Value::Null => return None,
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Some((property.to_owned(), value))
    });
    said.collect()
}
