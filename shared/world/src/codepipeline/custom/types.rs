//! What a custom action type is, and what of one CodePipeline refuses.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::codepipeline::ActionTypeId;
use crate::codepipeline::limits::{Checks, is_variable_name};
use crate::wire::ApiError;

/// Properties of one type.
const PROPERTIES_MAX: usize = 10;

/// What may stand in `category`.
pub(super) const CATEGORIES: [&str; 7] = [
    "Source", "Build", "Deploy", "Test", "Invoke", "Approval", "Compute",
];

/// A type as its owner describes it: `CreateCustomActionType`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::codepipeline) struct Described {
    category: Option<String>,
    provider: Option<String>,
    version: Option<String>,
    settings: Option<Settings>,
    #[serde(default)]
    configuration_properties: Vec<PropertyInput>,
    input_artifact_details: Option<ArtifactsInput>,
    output_artifact_details: Option<ArtifactsInput>,
    #[serde(default)]
    pub(super) tags: Vec<serde_json::Value>,
}

/// Addresses for people.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Settings {
    #[serde(skip_serializing_if = "Option::is_none")]
    third_party_configuration_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) entity_url_template: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) execution_url_template: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision_url_template: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct PropertyInput {
    name: Option<String>,
    required: Option<bool>,
    key: Option<bool>,
    secret: Option<bool>,
    queryable: Option<bool>,
    description: Option<String>,
    r#type: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactsInput {
    minimum_count: Option<i64>,
    maximum_count: Option<i64>,
}

/// A custom action type.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::codepipeline) struct ActionType {
    pub(super) id: ActionTypeId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) settings: Option<Settings>,
    pub(super) action_configuration_properties: Vec<Property>,
    pub(super) input_artifact_details: Artifacts,
    pub(super) output_artifact_details: Artifacts,
}

/// A property that actions of the type can have.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Property {
    pub(super) name: String,
    pub(super) required: bool,
    key: bool,
    pub(super) secret: bool,
    pub(super) queryable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<String>,
}

/// How many artifacts an action takes or makes.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Artifacts {
    pub(super) minimum_count: i64,
    pub(super) maximum_count: i64,
}

/// Whether a text may be a provider or a version.
pub(super) fn is_word(text: &str) -> bool {
    is_variable_name(text) && !text.contains('@')
}

/// The members that a type is called by.
pub(super) fn check_id(checks: &mut Checks, prefix: &str, id: [Option<&str>; 3]) {
    let [category, provider, version] = id;
    let member = |name: &str| format!("{prefix}{name}");
    let category = checks.required(&member("category"), category);
    checks.one_of(&member("category"), category, &CATEGORIES);
    for (name, value, most) in [("provider", provider, 35), ("version", version, 9)] {
        let name = member(name);
        let text = checks.required(&name, value);
        checks.length(&name, value, most);
        if !is_word(text) {
            let pattern = "Member must satisfy regular expression pattern: [0-9A-Za-z_-]+";
            checks.refuse(&name, pattern);
        }
    }
}

impl Described {
    /// The type, if CodePipeline takes it.
    pub(super) fn checked(self, mut checks: Checks) -> Result<ActionType, ApiError> {
        let id = [&self.category, &self.provider, &self.version];
        check_id(&mut checks, "", id.map(|part| part.as_deref()));
        if let Some(settings) = &self.settings {
            check_settings(&mut checks, settings);
        }
        if self.configuration_properties.len() > PROPERTIES_MAX {
            let constraint = "Member must have length less than or equal to 10";
            checks.refuse("configurationProperties", constraint);
        }
        for (index, property) in self.configuration_properties.iter().enumerate() {
            check_property(&mut checks, index + 1, property);
        }
        check_artifacts(
            &mut checks,
            "inputArtifactDetails",
            self.input_artifact_details,
        );
        check_artifacts(
            &mut checks,
            "outputArtifactDetails",
            self.output_artifact_details,
        );
        checks.finish()?;
        let made = self.made();
        made.check_sense()?;
        Ok(made)
    }

    fn made(self) -> ActionType {
        let text = Option::unwrap_or_default;
        ActionType {
            id: ActionTypeId::custom(
                &text(self.category),
                &text(self.provider),
                &text(self.version),
            ),
            settings: self.settings,
            action_configuration_properties: self
                .configuration_properties
                .into_iter()
                .map(PropertyInput::made)
                .collect(),
            input_artifact_details: counted(self.input_artifact_details),
            output_artifact_details: counted(self.output_artifact_details),
        }
    }
}

impl PropertyInput {
    fn made(self) -> Property {
        Property {
            name: self.name.unwrap_or_default(),
            required: self.required.unwrap_or_default(),
            key: self.key.unwrap_or_default(),
            secret: self.secret.unwrap_or_default(),
            queryable: self.queryable.unwrap_or_default(),
            description: self.description,
            r#type: self.r#type,
        }
    }
}

fn counted(input: Option<ArtifactsInput>) -> Artifacts {
    Artifacts {
        minimum_count: input.and_then(|own| own.minimum_count).unwrap_or_default(),
        maximum_count: input.and_then(|own| own.maximum_count).unwrap_or_default(),
    }
}

fn check_settings(checks: &mut Checks, settings: &Settings) {
    for (name, value) in [
        (
            "thirdPartyConfigurationUrl",
            &settings.third_party_configuration_url,
        ),
        ("entityUrlTemplate", &settings.entity_url_template),
        ("executionUrlTemplate", &settings.execution_url_template),
        ("revisionUrlTemplate", &settings.revision_url_template),
    ] {
        checks.length(&format!("settings.{name}"), value.as_deref(), 2048);
    }
}

fn check_property(checks: &mut Checks, number: usize, property: &PropertyInput) {
    let member = |name: &str| format!("configurationProperties.{number}.member.{name}");
    checks.required(&member("name"), property.name.as_deref());
    checks.length(&member("name"), property.name.as_deref(), 50);
    checks.length(&member("description"), property.description.as_deref(), 160);
    for (name, value) in [
        ("required", property.required),
        ("key", property.key),
        ("secret", property.secret),
    ] {
        checks.required(&member(name), value.map(|_| ""));
    }
    if let Some(kind) = &property.r#type {
        checks.one_of(&member("type"), kind, &["String", "Number", "Boolean"]);
    }
}

fn check_artifacts(checks: &mut Checks, member: &str, details: Option<ArtifactsInput>) {
    let Some(details) = details else {
        checks.refuse(member, "Member must not be null");
        return;
    };
    for (name, value) in [
        ("minimumCount", details.minimum_count),
        ("maximumCount", details.maximum_count),
    ] {
        let name = format!("{member}.{name}");
        checks.required(&name, value.map(|_| ""));
        checks.range(&name, value, 0, 5);
    }
}

impl ActionType {
    /// The property of this name.
    pub(super) fn property(&self, name: &str) -> Option<&Property> {
        let mut own = self.action_configuration_properties.iter();
        own.find(|property| property.name == name)
    }

    /// The property by which jobs can be asked for.
    pub(super) fn queryable(&self) -> Option<&Property> {
        let mut own = self.action_configuration_properties.iter();
        own.find(|property| property.queryable)
    }

    /// What contradicts itself; the words are this world's.
    fn check_sense(&self) -> Result<(), ApiError> {
        let refuse = |message: &str| {
            let message = format!("ActionType {}: {message}", self.id);
            Err(ApiError::client("ValidationException", message))
        };
        let own = &self.action_configuration_properties;
        let names: BTreeSet<&str> = own.iter().map(|property| property.name.as_str()).collect();
        if names.len() < own.len() {
            return refuse("a configuration property is defined twice");
        }
        let mut queryable = own.iter().filter(|property| property.queryable);
        if queryable.clone().count() > 1 {
            return refuse("only one configuration property can be queryable");
        }
        if queryable.any(|property| !property.required || property.secret) {
            return refuse("a queryable property must be required and must not be secret");
        }
        for counts in [self.input_artifact_details, self.output_artifact_details] {
            if counts.minimum_count > counts.maximum_count {
                return refuse("the minimum of artifacts is more than the maximum");
            }
        }
        match self.strange_reference() {
            Some(name) => refuse(&format!(
                "a URL refers to {name}, which is no required property that is shown"
            )),
            None => Ok(()),
        }
    }

    /// A property that a template refers to and that cannot stand there.
    fn strange_reference(&self) -> Option<&str> {
        let settings = self.settings.iter();
        let templates = settings
            .flat_map(|own| [&own.entity_url_template, &own.execution_url_template])
            .flatten();
        let mut names = templates.flat_map(|template| super::links::properties_of(template));
        names.find(|name| {
            let property = self.property(name);
            !property.is_some_and(|property| property.required && !property.secret)
        })
    }
}
