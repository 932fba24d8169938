//! What people write about the answers that tests expect.

use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use serde_json::{Number, Value as Json};

use crate::milliseconds::Milliseconds;

/// What is expected of an answer. All of it has to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct HttpExpectation {
    /// A status such as `200`, a class such as `2xx`, or several.
    /// Default: `2xx`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "OneOrMoreStatuses", default)]
    pub status: Vec<StatusMatch>,
    /// How long one request may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<Milliseconds>,
    /// With `repeat`: how long so many of a hundred requests may take, as
    /// `{ p95: 300ms }`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(default)]
    pub percentile: BTreeMap<String, Milliseconds>,
    /// Headers of the answer.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(default)]
    pub headers: BTreeMap<String, TextMatch>,
    /// Body of the answer, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<TextMatch>,
    /// What is expected at places of the body as JSON.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub json: Vec<JsonExpectation>,
    /// The JSON Schema that the body has to fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<Json>,
    /// Length of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<SizeMatch>,
    /// Where the answer redirects to, absolute. The status is then `3xx`
    /// unless it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect: Option<TextMatch>,
    /// So many days the certificate has to be valid yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub certificate_days: Option<u32>,
}

impl HttpExpectation {
    /// The statuses that are expected.
    pub fn statuses(&self) -> Vec<StatusMatch> {
        match (self.status.is_empty(), &self.redirect) {
            (false, _) => self.status.clone(),
            (true, None) => vec![StatusMatch::Class(2)],
            (true, Some(_)) => vec![StatusMatch::Class(3)],
        }
    }
}

/// A status, or a class of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusMatch {
    /// `204`
    Exactly(u16),
    /// `2xx`
    Class(u16),
}

impl StatusMatch {
    /// Reads `204` or `2xx`.
    pub fn read(text: &str) -> Option<StatusMatch> {
        if let Some(class) = text.strip_suffix("xx") {
            let class = class.parse().ok().filter(|class| (1..=5).contains(class))?;
            return Some(StatusMatch::Class(class));
        }
        let status = text.parse().ok();
        let status = status.filter(|status| (100..=599).contains(status))?;
        Some(StatusMatch::Exactly(status))
    }

    /// Whether a status fits.
    pub fn fits(self, status: u16) -> bool {
        match self {
            StatusMatch::Exactly(own) => own == status,
            StatusMatch::Class(class) => class == status / 100,
        }
    }
}

impl fmt::Display for StatusMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StatusMatch::Exactly(status) => write!(f, "{status}"),
            StatusMatch::Class(class) => write!(f, "{class}xx"),
        }
    }
}

impl Serialize for StatusMatch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            StatusMatch::Exactly(status) => serializer.serialize_u16(*status),
            StatusMatch::Class(_) => serializer.collect_str(self),
        }
    }
}

/// The schema of one status or several.
struct OneOrMoreStatuses;

impl JsonSchema for OneOrMoreStatuses {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Statuses".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one = || {
            json_schema!({ "anyOf": [
                { "type": "integer", "minimum": 100, "maximum": 599 },
                { "type": "string", "pattern": "^[1-5](xx|[0-9][0-9])$" },
            ] })
        };
        json_schema!({ "anyOf": [one(), { "type": "array", "minItems": 1, "items": one() }] })
    }
}

/// What a text has to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum TextMatch {
    /// Exactly this, variables filled in.
    Equals(String),
    /// `{ contains: ok }` and what else there is.
    By(TextRule),
}

/// What a text has to have: at least one of these, and all that are written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TextRule {
    /// A part of it, variables filled in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contains: Option<String>,
    /// A regular expression that is found in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matches: Option<String>,
    /// Whether it is there at all, whatever it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exists: Option<bool>,
}

/// What is expected at a place of a JSON document: at least one thing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct JsonExpectation {
    /// A JSONPath (RFC 9535), such as `$.status`.
    pub path: String,
    /// The one value there, variables filled in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub equals: Option<Json>,
    /// A regular expression that is found in each text there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matches: Option<String>,
    /// Whether anything is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exists: Option<bool>,
    /// The least that each number there may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<f64>")]
    pub at_least: Option<Number>,
    /// The most that each number there may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<f64>")]
    pub at_most: Option<Number>,
    /// How many values are there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
}

/// A length in bytes: at least one end of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SizeMatch {
    /// The least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u64>,
    /// The most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u64>,
}

/// The share of a percentile: `p95`, `p99.9`.
pub fn percentile(name: &str) -> Option<f64> {
    let share: f64 = name.strip_prefix('p')?.parse().ok()?;
    (share > 0.0 && share < 100.0).then_some(share)
}
