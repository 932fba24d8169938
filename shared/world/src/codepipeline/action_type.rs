//! What an action type is called.

use serde::{Deserialize, Serialize};

/// What an action type is called. Versions are different types.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ActionTypeId {
    /// For instance `Test`.
    pub category: String,
    /// `AWS`, `ThirdParty` or `Custom`.
    pub owner: String,
    /// For instance `CodeDeploy`.
    pub provider: String,
    /// For instance `1`.
    pub version: String,
}

impl ActionTypeId {
    /// One of AWS's own, whose version is 1.
    pub fn aws(category: &str, provider: &str) -> ActionTypeId {
        ActionTypeId::of("AWS", category, provider, "1")
    }

    /// One that the account made for itself.
    pub fn custom(category: &str, provider: &str, version: &str) -> ActionTypeId {
        ActionTypeId::of("Custom", category, provider, version)
    }

    fn of(owner: &str, category: &str, provider: &str, version: &str) -> ActionTypeId {
        ActionTypeId {
            category: category.to_owned(),
            owner: owner.to_owned(),
            provider: provider.to_owned(),
            version: version.to_owned(),
        }
    }
}

impl std::fmt::Display for ActionTypeId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ActionTypeId {
            category,
            owner,
            provider,
            version,
        } = self;
        write!(
            formatter,
            "(Category: '{category}', Provider: '{provider}', Owner: '{owner}', Version: '{version}')"
        )
    }
}
