//! `sluice schema action-types`: the custom actions, as AWS takes them.

use clap::Args;
use sluice_core::actions::{ActionType, Places, action_types, cloudformation};

/// What is printed of the custom actions, and for which installation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Args)]
pub(super) struct ActionTypesArguments {
    /// Of action-types: as CloudFormation resources, as they stand in infra/template.yaml
    #[arg(long, conflicts_with_all = ["provider", "region", "evidence_bucket", "plans_table"])]
    cloudformation: bool,
    /// Of action-types: one alone, for `aws codepipeline create-custom-action-type --cli-input-json`
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// Of action-types: the region of the pipelines, for the links in the console
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Of action-types: the bucket with the evidence, for the links
    #[arg(long, value_name = "NAME")]
    evidence_bucket: Option<String>,
    /// Of action-types: the table with the plans, for the links
    #[arg(long, value_name = "NAME")]
    plans_table: Option<String>,
}

impl ActionTypesArguments {
    /// The text to print, or what was called wrongly.
    pub(super) fn text(&self) -> Result<String, String> {
        if self.cloudformation {
            return Ok(cloudformation());
        }
        let types = action_types();
        let json = |own: &ActionType| own.to_json(&self.places());
        let Some(provider) = &self.provider else {
            let all: serde_json::Value = types.iter().map(json).collect();
            return Ok(format!("{all:#}\n"));
        };
        let own = types.iter().find(|own| own.provider == provider);
        own.map(|own| format!("{:#}\n", json(own))).ok_or_else(|| {
            let known: Vec<&str> = types.iter().map(|own| own.provider).collect();
            format!(
                "`{provider}` is no action type; known are {}",
                known.join(", ")
            )
        })
    }

    fn places(&self) -> Places {
        Places {
            region: self.region.clone(),
            evidence_bucket: self.evidence_bucket.clone(),
            plans_table: self.plans_table.clone(),
        }
    }
}
