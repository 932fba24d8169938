//! What people write about HTTP tests.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;

use super::validate::{is_no, is_yes, yes};
use super::validate_expect::HttpExpectation;
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
