//! Sluice's custom actions: what CodePipeline is told of them, and what an
//! action in a pipeline asks for.
//!
//! There is one source: a property stands for a setting, is described by that
//! setting's own doc comment, and its value is read by the reader of plans. So
//! this is a table (`table.rs`) of which settings have a property, and nothing
//! about what they mean. [`action_types`] gives the definitions, [`asked`]
//! reads an action's configuration, [`served`] names what is polled for.
//!
//! AWS lets nobody edit a definition: a changed one needs a new version, and
//! pipelines go on with the old one (`versions.rs`).

use std::collections::BTreeMap;

use serde::Serialize;

use crate::token::sha256;

mod asked;
mod describe;
mod mistake;
mod table;
mod value;
mod versions;
mod written;

pub use asked::{AskedOfAction, asked};
pub use mistake::ActionMistake;
pub use versions::{Listed, Version, listed, served};
pub use written::{Places, cloudformation};

/// The category of every action type of Sluice.
pub const CATEGORY: &str = "Test";

/// AWS's limits of a definition.
pub const PROPERTIES_MAX: usize = 10;
/// Characters of a property's name.
pub const NAME_CHARACTERS_MAX: usize = 50;
/// Characters of a property's description.
pub const DESCRIPTION_CHARACTERS_MAX: usize = 160;
/// Characters of an address.
pub const URL_CHARACTERS_MAX: usize = 2048;
/// Characters of a value in a pipeline.
pub const VALUE_CHARACTERS_MAX: usize = 1000;

/// Where the console's link of an action leads: the plans of the platform and
/// of the services. The form of the address is not documented.
const ENTITY_URL: &str = "https://${AWS::Region}.${Console}/dynamodbv2/home?region=${AWS::Region}#item-explorer?table=${PlansTable}";

/// Where the link of one run of a gate leads: its evidence. See
/// [`execution_id`].
const EVIDENCE_URL: &str = "https://${Console}/s3/object/${EvidenceBucket}?region=${AWS::Region}&prefix={ExternalExecutionId}";

/// Where that of all gates of a stage leads: the execution of the state
/// machine, whose ARN is the id.
const CHECKS_URL: &str = "https://${AWS::Region}.${Console}/states/home?region=${AWS::Region}#/v2/executions/details/{ExternalExecutionId}";

/// What CodePipeline is told about one kind of action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionType {
    /// For instance `SluiceBake`.
    pub provider: &'static str,
    /// The version that new pipelines use.
    pub version: String,
    /// The function that answers for it, without the name of the stack:
    /// `sluice-bake`.
    pub function: &'static str,
    /// What people fill in.
    pub properties: Vec<Property>,
    /// Where the link of an action leads, with places to fill in.
    pub entity_url: &'static str,
    /// Where the link of a run leads, with places to fill in.
    pub execution_url: &'static str,
    /// The fewest and the most input artifacts: the one with the plan.
    pub inputs: (u8, u8),
    /// The fewest and the most output artifacts: the one with test results.
    pub outputs: (u8, u8),
}

/// What people fill in at the console, or write below `Configuration`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Property {
    /// As the console shows it.
    pub name: &'static str,
    /// What it means.
    pub description: String,
    /// Whether it has to be filled in. None has: all settings may stand in
    /// the plan.
    pub required: bool,
    /// Part of what AWS wants said, which nowhere says what it does with it.
    pub key: bool,
    /// Whether only the worker sees it. None: settings name secrets, and do
    /// not hold them.
    pub secret: bool,
    /// AWS's word for what it is. A setting is YAML, and so text.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What could be written, for the documentation.
    #[serde(skip)]
    pub example: &'static str,
}

/// The definitions of all action types, each in its present version.
pub fn action_types() -> Vec<ActionType> {
    let schema = crate::schema::plan_schema();
    let types = table::TABLES.iter().map(|table| ActionType {
        provider: table.provider,
        version: versions::present(table.provider),
        function: table.function,
        properties: describe::properties(table, &schema),
        entity_url: ENTITY_URL,
        execution_url: match table.kind {
            Some(_) => EVIDENCE_URL,
            None => CHECKS_URL,
        },
        inputs: (0, 1),
        outputs: (0, 1),
    });
    types.collect()
}

/// The function that answers for each provider, by its own name.
pub fn functions() -> BTreeMap<String, String> {
    let types = action_types().into_iter();
    types
        .map(|own| (own.provider.to_owned(), own.function.to_owned()))
        .collect()
}

/// What the answer of a gate gives CodePipeline as the external execution id, so
/// that the link of the run opens the page of its evidence: the page's key in the
/// evidence bucket. The bucket and the region stand in the address itself.
///
/// Nobody says whether the console encodes the id. A key of the characters
/// that names have, and slashes, is the same place in a query either way; a
/// key of any other characters, or too long for an id, gives none.
pub fn execution_id(page_key: &str) -> Option<&str> {
    const ID_CHARACTERS_MAX: usize = 1500;
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"/.@_-".contains(&b);
    let fits = (1..=ID_CHARACTERS_MAX).contains(&page_key.len());
    (fits && page_key.bytes().all(is_plain)).then_some(page_key)
}

impl ActionType {
    /// A digest of all that AWS would hold against another definition of the
    /// same version.
    pub fn digest(&self) -> String {
        let told = self.told(&Places::default());
        let told = serde_json::to_string(&told).expect("a definition is JSON");
        sha256(told.as_bytes())
    }
}

#[cfg(test)]
mod tests;
