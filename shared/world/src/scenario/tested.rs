//! What a scenario says of the things that tests of a release start, follow
//! and read: functions, builds, state machines, canaries, secrets, tables.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Length, Moment};
use crate::caller::Owned;

/// A function of the user, which is invoked and waited for.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Function {
    /// How long it runs. Default: no time.
    pub takes: Length,
    /// What it returns. Default `null`.
    pub returns: Value,
    /// It fails so instead.
    pub fails: Option<FunctionFailure>,
    /// From when on it fails. Default: always.
    pub fails_from: Option<Moment>,
    /// Its account. Default the scenario's.
    pub account: Option<String>,
    /// Its region. Default the scenario's.
    pub region: Option<String>,
    /// The roles that may invoke it. Default: all of its account.
    pub callers: Option<Vec<String>>,
}

/// A function's own error.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FunctionFailure {
    /// `errorType`
    pub r#type: String,
    /// `errorMessage`
    pub message: String,
}

/// A CodeBuild project.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Project {
    /// How long each phase takes, by its name (`QUEUED`, `BUILD`, ...). The
    /// others take no time.
    pub phases: BTreeMap<String, Length>,
    /// Where a build fails. Default: nowhere.
    pub fails: Option<BuildFailure>,
    /// Its account. Default the scenario's.
    pub account: Option<String>,
    /// Its region. Default the scenario's.
    pub region: Option<String>,
    /// The roles that may use it. Default: all of its account.
    pub callers: Option<Vec<String>>,
}

/// How a build fails.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BuildFailure {
    /// In which phase.
    pub phase: String,
    /// `FAILED`, `FAULT` or `TIMED_OUT`. Default `FAILED`.
    pub status: Option<String>,
    /// What CodeBuild says of it.
    pub message: String,
}

/// A state machine.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Machine {
    /// How long an execution takes. Default: no time.
    pub takes: Length,
    /// What it gives. Default `{}`.
    pub output: Option<Value>,
    /// It fails so instead.
    pub fails: Option<ExecutionFailure>,
    /// Whether it is an Express machine. Default no.
    pub express: bool,
    /// Its account. Default the scenario's.
    pub account: Option<String>,
    /// Its region. Default the scenario's.
    pub region: Option<String>,
    /// The roles that may use it. Default: all of its account.
    pub callers: Option<Vec<String>>,
}

/// How an execution fails.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExecutionFailure {
    /// `FAILED` or `TIMED_OUT`. Default `FAILED`.
    pub status: Option<String>,
    /// Its `error`.
    pub error: String,
    /// Its `cause`.
    pub cause: String,
}

/// A canary of CloudWatch Synthetics.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CanaryPlan {
    /// How often it runs. Default 5m.
    pub every: Option<Length>,
    /// How long a run takes. Default 20s.
    pub takes: Option<Length>,
    /// When its runs fail.
    pub failures: Vec<CanaryFailure>,
    /// When it is stopped.
    pub stopped: Vec<Span>,
    /// Its account. Default the scenario's.
    pub account: Option<String>,
    /// Its region. Default the scenario's.
    pub region: Option<String>,
    /// The roles that may read it. Default: all of its account.
    pub callers: Option<Vec<String>>,
}

/// When runs of a canary fail.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CanaryFailure {
    /// From when on.
    pub at: Moment,
    /// For how long. Default: to the end.
    pub r#for: Option<Length>,
    /// Why, as the run says it.
    #[serde(default)]
    pub reason: String,
}

/// A part of the scenario's time.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// From when on.
    pub at: Moment,
    /// For how long. Default: to the end.
    pub r#for: Option<Length>,
}

/// A secret of Secrets Manager.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretPlan {
    /// Its text; an object is its JSON.
    pub value: Value,
    /// Its account. Default the scenario's.
    pub account: Option<String>,
    /// Its region. Default the scenario's.
    pub region: Option<String>,
    /// The roles that may read it. Default: all of its account.
    pub callers: Option<Vec<String>>,
}

impl std::fmt::Debug for SecretPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretPlan(redacted)")
    }
}

/// A table of DynamoDB.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Table {
    /// The attribute that is the partition key, a text. Default `id`.
    pub key: Option<String>,
    /// The attribute that is the sort key, a text or a whole number. Default: none.
    pub sort: Option<String>,
    /// What is in it from the beginning: attributes as DynamoDB writes them.
    pub items: Vec<std::collections::BTreeMap<String, Value>>,
    /// Its account. Default the scenario's.
    pub account: Option<String>,
    /// Its region. Default the scenario's.
    pub region: Option<String>,
    /// The roles that may use it. Default: all of its account.
    pub callers: Option<Vec<String>>,
}

macro_rules! owned {
    ($($thing:ty),*) => {
        $(impl Owned for $thing {
            fn account(&self) -> Option<&str> {
                self.account.as_deref()
            }
            fn region(&self) -> Option<&str> {
                self.region.as_deref()
            }
            fn callers(&self) -> Option<&[String]> {
                self.callers.as_deref()
            }
        })*
    };
}

owned!(Function, Project, Machine, CanaryPlan, SecretPlan, Table);
