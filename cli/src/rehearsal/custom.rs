//! The pipeline of a plan with custom actions in the place of Lambda actions,
//! and the action types that they are of.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sluice_world::codepipeline::{Action, ActionTypeId, Pipeline, Work};

use super::pipeline::{ALARMS_FUNCTION, CANARY_FUNCTION, CHECKS_FUNCTION, VALIDATE_FUNCTION};

const CATEGORY: &str = "Test";
const VERSION: &str = "1";

/// The providers of our action types, and the function that serves each.
const PROVIDERS: [(&str, &str); 4] = [
    ("SluiceBake", ALARMS_FUNCTION),
    ("SluiceCanary", CANARY_FUNCTION),
    ("SluiceValidate", VALIDATE_FUNCTION),
    ("SluiceStageChecks", CHECKS_FUNCTION),
];

/// Our action types, as `CreateCustomActionType` takes them.
pub fn action_types() -> Vec<Value> {
    PROVIDERS
        .iter()
        .map(|(provider, _)| described(provider))
        .collect()
}

fn described(provider: &str) -> Value {
    let property = |name: &str| json!({ "name": name, "required": true, "key": false, "secret": false, "type": "String" });
    let names: &[&str] = match provider {
        "SluiceStageChecks" => &["Service"],
        _ => &["Gate", "Service"],
    };
    let properties: Vec<Value> = names.iter().map(|name| property(name)).collect();
    json!({
        "category": CATEGORY,
        "provider": provider,
        "version": VERSION,
        "configurationProperties": properties,
        "inputArtifactDetails": { "minimumCount": 0, "maximumCount": 5 },
        "outputArtifactDetails": { "minimumCount": 0, "maximumCount": 0 },
    })
}

/// The same pipeline, in which our Lambda actions are custom ones.
pub fn with_custom_actions(mut pipeline: Pipeline) -> Pipeline {
    let stages = pipeline.stages.iter_mut();
    for action in stages.flat_map(|stage| &mut stage.actions) {
        make_custom(action);
    }
    pipeline
}

fn make_custom(action: &mut Action) {
    let Work::Lambda {
        function,
        user_parameters,
    } = &action.work
    else {
        return;
    };
    let own = PROVIDERS.iter().find(|(_, own)| own == function);
    let parameters = user_parameters.as_deref().unwrap_or_default();
    let parameters: Value = serde_json::from_str(parameters).unwrap_or_default();
    let property = |name: &str, parameter: &str| {
        let value = parameters[parameter].as_str()?;
        Some((name.to_owned(), value.to_owned()))
    };
    let properties = [property("Gate", "gate"), property("Service", "service")];
    if let Some((provider, _)) = own {
        let configuration: BTreeMap<String, String> = properties.into_iter().flatten().collect();
        action.work = Work::Custom {
            action_type: ActionTypeId::custom(CATEGORY, provider, VERSION),
            configuration,
        };
    }
}
