//! Definitions as AWS takes them: JSON for `create-custom-action-type`, and
//! resources for CloudFormation.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value as Json;

use super::{ActionType, CATEGORY, Property, action_types};

/// What stands in the addresses. What is not said stays as it is in the
/// template: `${EvidenceBucket}`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// The region of the pipelines.
    pub region: Option<String>,
    /// The bucket with the evidence.
    pub evidence_bucket: Option<String>,
    /// The table with the plans.
    pub plans_table: Option<String>,
}

/// The input of `CreateCustomActionType`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Told<'a> {
    category: &'static str,
    provider: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    settings: Addresses,
    configuration_properties: &'a [Property],
    input_artifact_details: Counts,
    output_artifact_details: Counts,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Addresses {
    entity_url_template: String,
    execution_url_template: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    minimum_count: u8,
    maximum_count: u8,
}

impl From<(u8, u8)> for Counts {
    fn from((minimum_count, maximum_count): (u8, u8)) -> Counts {
        Counts {
            minimum_count,
            maximum_count,
        }
    }
}

impl Places {
    /// The console's host, which differs by where a region is.
    fn console(&self) -> Option<&'static str> {
        Some(match self.region.as_deref()? {
            china if china.starts_with("cn-") => "console.amazonaws.cn",
            gov if gov.starts_with("us-gov-") => "console.amazonaws-us-gov.com",
            _ => "console.aws.amazon.com",
        })
    }

    fn fill(&self, url: &str) -> String {
        let places = [
            ("${AWS::Region}", self.region.as_deref()),
            ("${Console}", self.console()),
            ("${EvidenceBucket}", self.evidence_bucket.as_deref()),
            ("${PlansTable}", self.plans_table.as_deref()),
        ];
        let known = places
            .into_iter()
            .filter_map(|(name, own)| Some((name, own?)));
        known.fold(url.to_owned(), |url, (name, own)| url.replace(name, own))
    }
}

impl ActionType {
    /// What AWS is told, all but the version.
    pub(super) fn told(&self, places: &Places) -> Told<'_> {
        Told {
            category: CATEGORY,
            provider: self.provider,
            version: None,
            settings: Addresses {
                entity_url_template: places.fill(self.entity_url),
                execution_url_template: places.fill(self.execution_url),
            },
            configuration_properties: &self.properties,
            input_artifact_details: self.inputs.into(),
            output_artifact_details: self.outputs.into(),
        }
    }

    /// The input of `aws codepipeline create-custom-action-type`.
    pub fn to_json(&self, places: &Places) -> Json {
        let told = Told {
            version: Some(&self.version),
            ..self.told(places)
        };
        serde_json::to_value(told).expect("a definition is JSON")
    }

    /// The name of its resource. Each version has its own, so that a new one
    /// does not take the place of an old one.
    fn resource(&self) -> String {
        let name = self.provider.trim_start_matches("Sluice");
        format!("{name}ActionTypeV{}", self.version)
    }
}

/// The resources of all action types, as they stand below `Resources` in the
/// template.
pub fn cloudformation() -> String {
    let types = action_types();
    let resources: Vec<String> = types.iter().map(resource).collect();
    resources.join("\n")
}

fn resource(own: &ActionType) -> String {
    let name = own.resource();
    let (provider, version) = (own.provider, &own.version);
    let mut text = format!(
        "  {name}:
    Type: AWS::CodePipeline::CustomActionType
    Condition: OwnsActionTypes
    # Pipelines outlive the stack, and pipelines with a type that is gone cannot run. AWS takes a version that was deleted
    # only with the very same definition again.
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      Category: {CATEGORY}
      Provider: {provider}
      Version: \"{version}\"
      Settings:
"
    );
    text += &address("EntityUrlTemplate", own.entity_url);
    text += &address("ExecutionUrlTemplate", own.execution_url);
    text += "      ConfigurationProperties:\n";
    text.extend(own.properties.iter().map(property));
    text += &counts("InputArtifactDetails", own.inputs);
    text += &counts("OutputArtifactDetails", own.outputs);
    text += "      Tags: [{ Key: sluice-stack, Value: !Ref AWS::StackName }]\n";
    text
}

fn address(name: &str, url: &str) -> String {
    format!(
        "        {name}: !Sub
          - {url}
          - Console: !FindInMap [Consoles, !Ref AWS::Partition, Host]
"
    )
}

fn property(own: &Property) -> String {
    let description = Json::from(own.description.as_str());
    let mut text = String::new();
    let _ = writeln!(
        text,
        "        - {{ Name: {}, Type: {}, Required: {}, Key: {}, Secret: {},",
        own.name, own.kind, own.required, own.key, own.secret
    );
    let _ = writeln!(text, "            Description: {description} }}");
    text
}

fn counts(name: &str, (least, most): (u8, u8)) -> String {
    format!("      {name}: {{ MinimumCount: {least}, MaximumCount: {most} }}\n")
}
