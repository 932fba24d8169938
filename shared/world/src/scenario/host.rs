//! What hosts of the user answer in a scenario.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Length;

/// One answer of a host. Of those that fit a request, the first one counts
/// that was not given as often as it may be.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HostAnswer {
    /// Only for this path. Default: for every path.
    #[serde(default)]
    pub path: Option<String>,
    /// The status. Default: 200.
    #[serde(default)]
    pub status: Option<u16>,
    /// Headers by their names.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body.
    #[serde(default)]
    pub body: String,
    /// How long it takes. Default: nothing.
    #[serde(default)]
    pub delay: Option<Length>,
    /// Whether nobody listens there.
    #[serde(default)]
    pub down: bool,
    /// How often it is given. Default: always.
    #[serde(default)]
    pub times: Option<u32>,
}
