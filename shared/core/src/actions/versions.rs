//! The versions of the action types: which is the present one, and which are
//! still served.
//!
//! AWS lets nobody edit a definition, and a version that was deleted cannot be
//! made anew with another one. So `versions.json` has, for each provider, the
//! digest of what each version was. A test is red where the present definition
//! is not that of the last version. Versions are never taken out: pipelines
//! may have them for years, and only what is polled for is answered.

use std::collections::BTreeMap;

use serde::Deserialize;

const LISTED: &str = include_str!("versions.json");

/// The versions of each provider, the present one last.
pub type Listed = BTreeMap<String, Vec<Version>>;

/// One version of an action type.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// As CodePipeline has it.
    pub version: String,
    /// Of the definition.
    pub sha256: String,
}

/// All versions that there ever were, each with the digest of its definition.
pub fn listed() -> Listed {
    serde_json::from_str(LISTED).expect("versions.json is well-formed: a test reads it")
}

/// Provider and version of all that the worker polls for.
pub fn served() -> Vec<(String, String)> {
    let versions = |(provider, versions): (String, Vec<Version>)| {
        let own = versions.into_iter().map(|own| own.version);
        own.map(|version| (provider.clone(), version))
            .collect::<Vec<_>>()
    };
    listed().into_iter().flat_map(versions).collect()
}

/// The version that new pipelines use.
pub(super) fn present(provider: &str) -> String {
    let listed = listed();
    let last = listed.get(provider).and_then(|versions| versions.last());
    last.map_or_else(|| "1".to_owned(), |last| last.version.clone())
}
