//! What an alias of a Lambda function points to.

use std::collections::BTreeMap;

use sluice_core::reading::Place;

use crate::clients::Aws;
use crate::error::{AwsError, sorted};

/// The versions behind an alias.
#[derive(Debug, Clone, PartialEq)]
pub struct Alias {
    /// The version that it points to.
    pub version: String,
    /// The versions that get a part of its invocations instead: AWS allows
    /// one. Empty while nothing is being shifted.
    pub weights: BTreeMap<String, f64>,
}

impl Aws {
    /// An alias as it is now; `None` if function or alias do not exist.
    pub async fn alias(
        &self,
        place: &Place,
        function: &str,
        alias: &str,
    ) -> Result<Option<Alias>, AwsError> {
        let answer = self
            .lambda(place)
            .get_alias()
            .function_name(function)
            .name(alias)
            .send()
            .await
            .map_err(|error| sorted("lambda:GetAlias", place, error));
        let answer = match answer {
            Err(error) if error.has_code("ResourceNotFoundException") => return Ok(None),
            answer => answer?,
        };
        let routing = answer.routing_config;
        let weights = routing.and_then(|routing| routing.additional_version_weights);
        Ok(Some(Alias {
            version: answer.function_version.unwrap_or_default(),
            weights: weights.unwrap_or_default().into_iter().collect(),
        }))
    }
}
