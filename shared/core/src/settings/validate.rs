//! What people write about the gate `validate`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;

use super::validate_expect::JsonExpectation;
use super::validate_http::{HttpTest, WrittenTest};
use super::{LAMBDA_ACTION_MAX, Mode, ReleaseCheck};
use crate::Duration;
use crate::address::{AddressRange, AddressRule};
use crate::decimal::{Decimal, Percent};

/// More tests than this in one gate are a mistake.
pub const TESTS_MAX: usize = 200;

/// More tests than this are not run at the same time: each may hold a body.
pub const AT_ONCE_MAX: u32 = 20;

const AT_ONCE: u32 = 10;

/// What AWS does not say at one look it may say at a later one.
const FOR_AWS: Duration = Duration::from_minutes(5);

/// Settings of the gate `validate`: tests of what was deployed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Validate {
    /// The gate's name, unique in its stage. Default: `validate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What tests refer to as `${name}`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(default)]
    pub vars: BTreeMap<String, Variable>,
    /// HTTP requests, and what is expected of the answers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default, with = "Vec<WrittenTest>")]
    pub http: Vec<HttpTest>,
    /// Functions that are invoked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub lambda: Vec<LambdaTest>,
    /// CodeBuild projects that are started.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub codebuild: Vec<CodeBuildTest>,
    /// Step Functions machines that are started.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub state_machine: Vec<StateMachineTest>,
    /// CloudWatch Synthetics canaries whose runs are read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub synthetics: Vec<SyntheticsTest>,
    /// How many tests run at the same time, 1 to 20. Default: 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 20))]
    pub at_once: Option<u32>,
    /// After this long it answers, whatever has ended.
    /// Default: what its tests may take, one after the other where they wait,
    /// and five minutes for AWS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Duration>,
    /// Addresses that tests may reach although nothing outside of the machine
    /// is there, such as `127.0.0.0/8`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub allow_addresses: Vec<AddressRange>,
    /// Whether each look asks if its release is still the one deployed.
    #[serde(default)]
    pub release_check: ReleaseCheck,
    /// Whether the verdict counts.
    #[serde(default)]
    pub mode: Mode,
}

/// The value of a variable, or where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Variable {
    /// Text as it is.
    Text(String),
    /// `{ secret: ARN, key: token, hosts: [api.checkout.example] }`
    Secret(SecretVariable),
}

/// A value in Secrets Manager, which is never shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SecretVariable {
    /// ARN of the secret.
    pub secret: String,
    /// The field of the secret's JSON. Default: the whole text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The only hosts that it is sent to, at least one.
    #[schemars(length(min = 1))]
    pub hosts: Vec<String>,
}

/// A function that is invoked. It may be invoked more than once, and finds the
/// same `sluice_test_id` in its payload each time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct LambdaTest {
    /// Its name, unique in the gate. Default: `lambda-1` and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The function's name or ARN, with a qualifier where one is wanted.
    pub function: String,
    /// What it is invoked with, a map. Default: an empty one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<Json>,
    /// What is expected of its result. Default: that it returns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expect: Option<ResultExpectation>,
    /// The test fails after this long. Default: 1m.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Duration>,
    /// Whether it decides, or is only reported. Default: true.
    #[serde(skip_serializing_if = "is_yes")]
    #[schemars(default = "yes")]
    pub required: bool,
    /// The region it is in. Default: the function's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// ARN of a role to invoke it with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

/// What is expected of a function's result.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ResultExpectation {
    /// What is expected at places of the JSON.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub json: Vec<JsonExpectation>,
    /// The JSON Schema that it has to fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<Json>,
}

/// A CodeBuild project that is started once, and has to succeed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct CodeBuildTest {
    /// Its name, unique in the gate. Default: `codebuild-1` and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The project's name.
    pub project: String,
    /// What it builds: a commit, branch or tag. Default: the project's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_version: Option<String>,
    /// Environment variables of the build.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(default)]
    pub variables: BTreeMap<String, String>,
    /// Whether the build is stopped when the release is.
    #[serde(skip_serializing_if = "is_no")]
    #[schemars(default)]
    pub stop_on_abort: bool,
    /// The test fails after this long. Default: 1h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Duration>,
    /// Whether it decides, or is only reported. Default: true.
    #[serde(skip_serializing_if = "is_yes")]
    #[schemars(default = "yes")]
    pub required: bool,
    /// The region it is in. Default: the function's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// ARN of a role to start it with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

/// A Standard state machine that is started once, and has to succeed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct StateMachineTest {
    /// Its name, unique in the gate. Default: `state_machine-1` and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// ARN of the machine, of a version or of an alias.
    pub machine: String,
    /// What the execution gets, a map. Default: an empty one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Json>,
    /// Whether the execution is stopped when the release is.
    #[serde(skip_serializing_if = "is_no")]
    #[schemars(default)]
    pub stop_on_abort: bool,
    /// The test fails after this long. Default: 1h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Duration>,
    /// Whether it decides, or is only reported. Default: true.
    #[serde(skip_serializing_if = "is_yes")]
    #[schemars(default = "yes")]
    pub required: bool,
    /// ARN of a role to start it with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

/// Runs of a CloudWatch Synthetics canary since the deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SyntheticsTest {
    /// Its name, unique in the gate. Default: `synthetics-1` and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The canary's name.
    pub canary: String,
    /// So many runs have to have ended, 1 to 100. Default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub runs: Option<u32>,
    /// So many of them have to have passed. Default: `100%`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passed: Option<Percent>,
    /// Without so many runs after this long it cannot be told. Default: 30m.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Duration>,
    /// Whether it decides, or is only reported. Default: true.
    #[serde(skip_serializing_if = "is_yes")]
    #[schemars(default = "yes")]
    pub required: bool,
    /// The region it is in. Default: the function's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// ARN of a role to read it with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

impl SyntheticsTest {
    /// How many runs have to have ended.
    pub fn runs(&self) -> u32 {
        self.runs.unwrap_or(1)
    }

    /// The share of them that has to have passed.
    pub fn passed(&self) -> Percent {
        self.passed.unwrap_or(Percent(Decimal::whole(100)))
    }
}

/// Serde's default of `required`.
pub(super) fn yes() -> bool {
    true
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
pub(super) fn is_yes(flag: &bool) -> bool {
    *flag
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
pub(super) fn is_no(flag: &bool) -> bool {
    !*flag
}

/// One test of any kind, with what all of them have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test<'a> {
    /// Its name, unique in the gate.
    pub name: String,
    /// Whether it decides.
    pub required: bool,
    /// How long it may take.
    pub at_most: Duration,
    /// The kind, and the settings.
    pub kind: TestKind<'a>,
}

/// What a test does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestKind<'a> {
    /// Sends requests.
    Http(&'a HttpTest),
    /// Invokes a function.
    Lambda(&'a LambdaTest),
    /// Starts a build.
    CodeBuild(&'a CodeBuildTest),
    /// Starts an execution.
    StateMachine(&'a StateMachineTest),
    /// Reads a canary's runs.
    Synthetics(&'a SyntheticsTest),
}

impl TestKind<'_> {
    /// The word for the kind, as it stands in plans.
    pub fn word(&self) -> &'static str {
        match self {
            TestKind::Http(_) => "http",
            TestKind::Lambda(_) => "lambda",
            TestKind::CodeBuild(_) => "codebuild",
            TestKind::StateMachine(_) => "state_machine",
            TestKind::Synthetics(_) => "synthetics",
        }
    }

    fn name(&self) -> Option<&str> {
        match self {
            TestKind::Http(test) => test.name.as_deref(),
            TestKind::Lambda(test) => test.name.as_deref(),
            TestKind::CodeBuild(test) => test.name.as_deref(),
            TestKind::StateMachine(test) => test.name.as_deref(),
            TestKind::Synthetics(test) => test.name.as_deref(),
        }
    }

    fn required(&self) -> bool {
        match self {
            TestKind::Http(test) => test.required,
            TestKind::Lambda(test) => test.required,
            TestKind::CodeBuild(test) => test.required,
            TestKind::StateMachine(test) => test.required,
            TestKind::Synthetics(test) => test.required,
        }
    }

    fn at_most(&self) -> Duration {
        let (written, default) = match self {
            TestKind::Http(test) => (test.at_most, Duration::from_minutes(1)),
            TestKind::Lambda(test) => (test.at_most, Duration::from_minutes(1)),
            TestKind::CodeBuild(test) => (test.at_most, Duration::from_hours(1)),
            TestKind::StateMachine(test) => (test.at_most, Duration::from_hours(1)),
            TestKind::Synthetics(test) => (test.at_most, Duration::from_minutes(30)),
        };
        written.unwrap_or(default)
    }
}

impl Validate {
    /// What the gate is called in its stage.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or("validate")
    }

    /// How many tests run at the same time.
    pub fn at_once(&self) -> u32 {
        self.at_once.unwrap_or(AT_ONCE)
    }

    /// All tests of all kinds, in the order of the kinds and of the plan.
    pub fn tests(&self) -> Vec<Test<'_>> {
        let mut tests = Vec::new();
        add(&mut tests, self.http.iter().map(TestKind::Http));
        add(&mut tests, self.lambda.iter().map(TestKind::Lambda));
        add(&mut tests, self.codebuild.iter().map(TestKind::CodeBuild));
        let machines = self.state_machine.iter();
        add(&mut tests, machines.map(TestKind::StateMachine));
        add(&mut tests, self.synthetics.iter().map(TestKind::Synthetics));
        tests
    }

    /// How long the gate may take before it answers.
    pub fn at_most(&self) -> Duration {
        let longest = self.tests().iter().map(|test| test.at_most).max();
        let tests = u32::try_from(self.tests().len()).unwrap_or(u32::MAX);
        let rounds = tests.div_ceil(self.at_once()).max(1);
        let needed = longest.unwrap_or_default().saturating_mul(rounds);
        let needed = needed.saturating_add(FOR_AWS);
        self.at_most.unwrap_or(needed.min(LAMBDA_ACTION_MAX))
    }

    /// Which addresses its requests may reach.
    pub fn addresses(&self) -> AddressRule {
        AddressRule {
            allowed: self.allow_addresses.clone(),
        }
    }
}

fn add<'a>(tests: &mut Vec<Test<'a>>, kinds: impl Iterator<Item = TestKind<'a>>) {
    tests.extend(kinds.enumerate().map(|(index, kind)| Test {
        name: match kind.name() {
            Some(name) => name.to_owned(),
            None => format!("{}-{}", kind.word(), index + 1),
        },
        required: kind.required(),
        at_most: kind.at_most(),
        kind,
    }));
}
