//! Stacks of CloudFormation, for the one command that makes and removes one.
//! No function calls it.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{Capability, OnFailure, ResourceStatus, Tag};
use sluice_core::reading::Place;

use crate::clients::Aws;
use crate::error::{AwsError, sorted};

/// How a stack is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackState {
    /// CloudFormation's word, for instance `CREATE_COMPLETE`.
    pub status: String,
    /// What it says of it.
    pub reason: Option<String>,
    /// Its outputs by their names.
    pub outputs: BTreeMap<String, String>,
}

impl Aws {
    /// Begins to create a stack whose template names no roles. One that cannot
    /// be created is left as it is, so that one can read why.
    ///
    /// # Errors
    ///
    /// Where AWS does not answer, or refuses.
    pub async fn create_stack(&self, name: &str, template: &str) -> Result<(), AwsError> {
        let tag = Tag::builder().key("made-by").value("sluice probe").build();
        let call = self.cloudformation().create_stack();
        let call = call.stack_name(name).template_body(template);
        let call = call.capabilities(Capability::CapabilityIam).tags(tag);
        // The same request again, after an answer that was lost, is no second stack.
        let call = call
            .client_request_token(name)
            .on_failure(OnFailure::DoNothing);
        let answer = call.send().await;
        answer.map(drop).map_err(|error| {
            sorted("cloudformation:CreateStack", &Place::default(), error).about(name)
        })
    }

    /// How a stack is; `None` if there is none of this name.
    ///
    /// # Errors
    ///
    /// Where AWS does not answer, or refuses.
    pub async fn stack(&self, name: &str) -> Result<Option<StackState>, AwsError> {
        let call = self.cloudformation().describe_stacks().stack_name(name);
        let answer = call.send().await;
        let answer = answer.map_err(|error| {
            sorted("cloudformation:DescribeStacks", &Place::default(), error).about(name)
        });
        let stacks = match answer {
            // CloudFormation has no code of its own for this.
            Err(error) if is_unknown_stack(&error) => return Ok(None),
            answer => answer?.stacks.unwrap_or_default(),
        };
        Ok(stacks.into_iter().next().map(|own| StackState {
            status: own
                .stack_status
                .map_or_else(String::new, |status| status.as_str().to_owned()),
            reason: own.stack_status_reason,
            outputs: (own.outputs.unwrap_or_default().into_iter())
                .filter_map(|output| Some((output.output_key?, output.output_value?)))
                .collect(),
        }))
    }

    /// What could not be created or removed of a stack, and why.
    ///
    /// # Errors
    ///
    /// Where AWS does not answer, or refuses.
    pub async fn stack_failures(&self, name: &str) -> Result<Vec<String>, AwsError> {
        let call = self.cloudformation().describe_stack_events();
        let answer = call.stack_name(name).send().await;
        let answer = answer.map_err(|error| {
            sorted(
                "cloudformation:DescribeStackEvents",
                &Place::default(),
                error,
            )
            .about(name)
        })?;
        let events = answer.stack_events.unwrap_or_default().into_iter();
        let failed = events.filter(|event| {
            let status = event.resource_status.as_ref().map(ResourceStatus::as_str);
            status.is_some_and(|status| status.ends_with("_FAILED"))
        });
        Ok(failed
            .map(|event| {
                let resource = event.logical_resource_id.unwrap_or_default();
                let why = event.resource_status_reason.unwrap_or_default();
                format!("{resource}: {why}")
            })
            .collect())
    }

    /// What there is of a stack, as type and name.
    ///
    /// # Errors
    ///
    /// Where AWS does not answer, or refuses.
    pub async fn stack_resources(&self, name: &str) -> Result<Vec<String>, AwsError> {
        let call = self.cloudformation().describe_stack_resources();
        let answer = call.stack_name(name).send().await;
        let answer = answer.map_err(|error| {
            sorted(
                "cloudformation:DescribeStackResources",
                &Place::default(),
                error,
            )
            .about(name)
        })?;
        let all = answer.stack_resources.unwrap_or_default().into_iter();
        let there = all.filter(|own| own.resource_status != Some(ResourceStatus::DeleteComplete));
        Ok(there
            .filter_map(|own| {
                Some(format!(
                    "{} {}",
                    own.resource_type?, own.physical_resource_id?
                ))
            })
            .collect())
    }

    /// Begins to remove a stack.
    ///
    /// # Errors
    ///
    /// Where AWS does not answer, or refuses.
    pub async fn delete_stack(&self, name: &str) -> Result<(), AwsError> {
        let call = self.cloudformation().delete_stack().stack_name(name);
        let answer = call.send().await;
        answer.map(drop).map_err(|error| {
            sorted("cloudformation:DeleteStack", &Place::default(), error).about(name)
        })
    }
}

fn is_unknown_stack(error: &AwsError) -> bool {
    error.has_code("ValidationError") && error.message.contains("does not exist")
}
