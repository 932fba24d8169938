//! What people write about HTTP tests.

use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use serde_json::{Number, Value as Json};

use super::validate::{is_no, is_yes, yes};
use crate::Duration;
use crate::decimal::Percent;
use crate::milliseconds::Milliseconds;

/// More steps than this are a mistake.
pub const STEPS_MAX: usize = 50;

/// So often a request may be repeated.
pub const REPEAT_MAX: u32 = 1000;

/// So many redirects are followed at most.
pub const REDIRECTS_MAX: u32 = 10;

/// The names of the methods, as fields of a step.
pub const METHODS: [&str; 7] = ["get", "head", "post", "put", "patch", "delete", "options"];

/// Steps that follow each other, or one step by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct HttpTest {
    /// Its name, unique in the gate. Default: `http-1` and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The steps, 1 to 50. A step that fails ends the test. A test of one
    /// step may leave `steps` out and write the step's fields in its place.
    #[schemars(length(min = 1, max = 50))]
    pub steps: Vec<HttpStep>,
    /// The test fails after this long, all steps and retries together.
    /// Default: 1m.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Duration>,
    /// Whether it decides, or is only reported. Default: true.
    #[serde(skip_serializing_if = "is_yes")]
    #[schemars(default = "yes")]
    pub required: bool,
}

/// How a test is written: its steps, or the one step that it has.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "its schema is all that is used of it")]
pub(super) enum WrittenTest {
    Steps(HttpTest),
    Step(Box<OneStep>),
}

/// One step with the fields of its test.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "its schema is all that is used of it")]
pub(super) struct OneStep {
    /// Its name, unique in the gate. Default: `http-1` and so on.
    name: Option<String>,
    /// The test fails after this long, retries included. Default: 1m.
    at_most: Option<Duration>,
    /// Whether it decides, or is only reported. Default: true.
    #[schemars(default = "yes")]
    required: bool,
    #[schemars(flatten)]
    step: HttpStep,
}

/// One request, or the same one several times, and what is expected.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct HttpStep {
    /// The address of a `GET`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub get: Option<String>,
    /// The address of a `HEAD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// The address of a `POST`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post: Option<String>,
    /// The address of a `PUT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub put: Option<String>,
    /// The address of a `PATCH`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patch: Option<String>,
    /// The address of a `DELETE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete: Option<String>,
    /// The address of an `OPTIONS`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<String>,
    /// Headers of the request.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(default)]
    pub headers: BTreeMap<String, String>,
    /// Added to the address behind `?`, encoded.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(default)]
    pub query: BTreeMap<String, String>,
    /// Body of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<HttpBody>,
    /// What is expected of the answer. Default: `{ status: 2xx }`.
    #[serde(default)]
    pub expect: HttpExpectation,
    /// What later steps refer to as `${name}`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(default)]
    pub capture: BTreeMap<String, Capture>,
    /// Until when the step is tried again. Default: once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// How often it is sent, 1 to 1000, one after the other. Default: once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub repeat: Option<u32>,
    /// With `repeat`: the share of the answers that has to be as expected.
    /// Default: `100%`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Percent>,
    /// So many redirects are followed, at most 10. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10))]
    pub follow_redirects: Option<u32>,
    /// One request has failed after this long. Default: 10s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Milliseconds>,
}

impl HttpStep {
    /// The address under each method.
    pub fn addresses(&self) -> [&Option<String>; 7] {
        [
            &self.get,
            &self.head,
            &self.post,
            &self.put,
            &self.patch,
            &self.delete,
            &self.options,
        ]
    }

    /// Method and address. The reader makes sure that there is exactly one.
    pub fn request(&self) -> (&'static str, &str) {
        METHODS
            .into_iter()
            .zip(self.addresses())
            .find_map(|(method, address)| Some((method, address.as_deref()?)))
            .unwrap_or(("get", ""))
    }

    /// How long one request may take.
    pub fn timeout(&self) -> Milliseconds {
        self.timeout.unwrap_or(Milliseconds(10_000))
    }
}

/// The body of a request: exactly one of its forms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum HttpBody {
    /// `{ text: hello }`
    Text(TextBody),
    /// `{ json: { name: value } }`, with `content-type: application/json`
    Json(JsonBody),
    /// `{ form: { name: value } }`, as a browser sends it
    Form(FormBody),
}

/// Text as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TextBody {
    /// The text.
    pub text: String,
}

/// JSON, in whose texts variables are filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct JsonBody {
    /// The value.
    pub json: Json,
}

/// Fields of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct FormBody {
    /// The fields.
    pub form: BTreeMap<String, String>,
}

/// When a step is tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Retry {
    /// How long, from the first try on.
    #[serde(rename = "for")]
    pub retry_for: Duration,
    /// The pause after the first try. It doubles, up to 15 s. Default: 1s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<Milliseconds>,
}

/// Where a captured value is in an answer: exactly one of the three.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Capture {
    /// A JSONPath (RFC 9535) to one text, number or flag of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub json: Option<String>,
    /// A header's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// A regular expression over the body; its first group, or all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matches: Option<String>,
    /// Whether it is never shown.
    #[serde(skip_serializing_if = "is_no")]
    #[schemars(default)]
    pub secret: bool,
}

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
