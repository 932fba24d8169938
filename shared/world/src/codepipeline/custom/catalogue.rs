//! The types that there are: `CreateCustomActionType`,
//! `DeleteCustomActionType`, `ListActionTypes`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::types::{ActionType, Described, check_id};
use crate::codepipeline::ActionTypeId;
use crate::codepipeline::limits::Checks;
use crate::codepipeline::settings::LengthUnit;
use crate::wire::ApiError;

/// Custom types of an account and region (CodePipeline's quotas).
const TYPES_MAX: usize = 50;

/// AWS's own types that this world knows: category, provider, and the most
/// artifacts that an action takes and makes.
const OF_AWS: [(&str, &str, i64, i64); 3] = [
    ("Source", "S3", 0, 1),
    ("Deploy", "CodeDeploy", 1, 0),
    ("Invoke", "Lambda", 5, 5),
];

/// All custom types of an account and region.
#[derive(Default)]
pub(in crate::codepipeline) struct Catalogue {
    types: BTreeMap<ActionTypeId, ActionType>,
    /// A version that was deleted can never be made again.
    deleted: BTreeSet<ActionTypeId>,
}

impl Catalogue {
    /// A type that is not deleted.
    pub(in crate::codepipeline) fn known(&self, id: &ActionTypeId) -> Option<&ActionType> {
        self.types.get(id)
    }

    /// The properties of a type that only its workers may see.
    pub(in crate::codepipeline) fn secrets(&self, id: &ActionTypeId) -> BTreeSet<String> {
        let own = self.types.get(id).into_iter();
        own.flat_map(|own| &own.action_configuration_properties)
            .filter(|property| property.secret)
            .map(|property| property.name.clone())
            .collect()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::codepipeline) struct CreateOutput {
    action_type: ActionType,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Value>,
}

/// `CreateCustomActionType`.
pub(in crate::codepipeline) fn create(
    catalogue: &mut Catalogue,
    lengths: LengthUnit,
    mut input: Described,
) -> Result<CreateOutput, ApiError> {
    let tags = std::mem::take(&mut input.tags);
    let made = input.checked(Checks::counting(lengths))?;
    if catalogue.types.contains_key(&made.id) || catalogue.deleted.contains(&made.id) {
        // Which code AWS gives is not documented.
        let message = format!("ActionType {} exists already, or was deleted", made.id);
        return Err(ApiError::client("ValidationException", message));
    }
    if catalogue.types.len() >= TYPES_MAX {
        let message = format!("There are {TYPES_MAX} custom action types already");
        return Err(ApiError::client("LimitExceededException", message));
    }
    catalogue.types.insert(made.id.clone(), made.clone());
    Ok(CreateOutput {
        action_type: made,
        tags,
    })
}

#[derive(Deserialize)]
pub(in crate::codepipeline) struct DeleteInput {
    category: Option<String>,
    provider: Option<String>,
    version: Option<String>,
}

/// `DeleteCustomActionType`. Polling for its jobs fails from then on.
pub(in crate::codepipeline) fn delete(
    catalogue: &mut Catalogue,
    lengths: LengthUnit,
    input: &DeleteInput,
) -> Result<(), ApiError> {
    let mut checks = Checks::counting(lengths);
    let id = [&input.category, &input.provider, &input.version].map(|part| part.as_deref());
    check_id(&mut checks, "", id);
    checks.finish()?;
    let [category, provider, version] = id.map(Option::unwrap_or_default);
    let id = ActionTypeId::custom(category, provider, version);
    if catalogue.types.remove(&id).is_none() {
        // The operation has no other code for it.
        let message = format!("ActionType {id} is not there");
        return Err(ApiError::client("ValidationException", message));
    }
    catalogue.deleted.insert(id);
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::codepipeline) struct ListInput {
    action_owner_filter: Option<String>,
    next_token: Option<String>,
    region_filter: Option<String>,
}

/// `ListActionTypes`, all on one page.
pub(in crate::codepipeline) fn list(
    catalogue: &Catalogue,
    lengths: LengthUnit,
    region: &str,
    input: &ListInput,
) -> Result<Value, ApiError> {
    let mut checks = Checks::counting(lengths);
    let owner = input.action_owner_filter.as_deref();
    if let Some(owner) = owner {
        checks.one_of("actionOwnerFilter", owner, &["AWS", "ThirdParty", "Custom"]);
    }
    checks.length("nextToken", input.next_token.as_deref(), 2048);
    checks.length("regionFilter", input.region_filter.as_deref(), 30);
    checks.finish()?;
    if input.next_token.is_some() {
        let message = "This list has one page";
        return Err(ApiError::client("InvalidNextTokenException", message));
    }
    let is_here = input
        .region_filter
        .as_deref()
        .is_none_or(|own| own == region);
    let is_wanted = |own: &str| is_here && owner.is_none_or(|owner| owner == own);
    let aws = OF_AWS.iter().filter(|_| is_wanted("AWS")).map(of_aws);
    let custom = catalogue.types.values().filter(|_| is_wanted("Custom"));
    let types: Vec<Value> = aws.chain(custom.map(|own| json!(own))).collect();
    Ok(json!({ "actionTypes": types }))
}

fn of_aws((category, provider, inputs, outputs): &(&str, &str, i64, i64)) -> Value {
    json!({
        "id": ActionTypeId::aws(category, provider),
        "inputArtifactDetails": { "minimumCount": 0, "maximumCount": inputs },
        "outputArtifactDetails": { "minimumCount": 0, "maximumCount": outputs },
    })
}
