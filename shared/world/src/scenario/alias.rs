//! An alias of a Lambda function.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Moment;

/// An alias that divides its invocations between two versions of a function.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alias {
    /// The function's name.
    pub function: String,
    /// The alias' own name.
    pub name: String,
    /// The version that it points to.
    pub version: String,
    /// The versions that get a part of the invocations, and which.
    #[serde(default)]
    pub weights: BTreeMap<String, f64>,
    /// When they end: the alias then points to the last of them alone.
    pub until: Option<Moment>,
    /// Its region. Default: the scenario's.
    pub region: Option<String>,
}
