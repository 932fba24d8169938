//! What people write instead of a notice's own words.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Templates in place of a notice's own words, over the fields of a notice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Templates {
    /// In place of the title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// In place of the text below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}
