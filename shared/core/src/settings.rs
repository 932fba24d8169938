//! What people write about a gate: the settings of `bake`, `clear`, `canary`
//! and `validate`, and the policies beside them.
//!
//! The types hold what was written; a default that depends on other settings
//! is `None` here and a method beside it (for instance [`Bake::at_most`]).
//! They serialize to the same shape that people write, so the settings in a
//! piece of evidence can be pasted back into `sluice.yaml`.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::Serialize;

use crate::Duration;

mod canary;
mod canary_groups;
mod kayenta;
mod presets;
mod validate;
mod validate_expect;
mod validate_http;

pub use canary::{
    CANARY_METRICS_MAX, CANARY_PERIODS_MAX, Canary, CanaryMetric, CanaryTraffic, CountMetric,
    FullMetric, MetricRef, SeriesMetric, WhenUndecided, Worse,
};
pub use canary_groups::{
    Alb, ApiGateway, Before, BeforeAfter, CanaryGroup, CanaryGroups, LambdaAlias, Preset,
};
pub use kayenta::{
    Anything, Direction, EffectSize, Kayenta, KayentaAnalysis, KayentaMetric, KayentaOptions,
    Measure, Measured, MeasuredCount, MeasuredSeries, NanStrategy, OutlierStrategy, Outliers,
};
pub use validate::{
    AT_ONCE_MAX, CodeBuildTest, LambdaTest, ResultExpectation, SecretVariable, StateMachineTest,
    SyntheticsTest, TESTS_MAX, Test, TestKind, Validate, Variable,
};
pub use validate_expect::{
    HttpExpectation, JsonExpectation, SizeMatch, StatusMatch, TextMatch, TextRule, percentile,
};
pub use validate_http::{
    Capture, FormBody, HttpBody, HttpStep, HttpTest, JsonBody, METHODS, REDIRECTS_MAX, REPEAT_MAX,
    Retry, STEPS_MAX, TextBody,
};

/// Why this many: `DescribeAlarms` takes at most 100 names in a call.
pub const ALARMS_MAX: usize = 100;

/// The longest a Lambda action can be asked to wait: CodePipeline ends it
/// after 24 h, of which one hour is left for answering (`HOST_CAP`), and
/// 15 min of that for two looks at the slowest pace seen.
pub const LAMBDA_ACTION_MAX: Duration = Duration::from_minutes(22 * 60 + 45);

/// One alarm, or all alarms whose names begin alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum AlarmRef {
    /// `checkout-5xx`: an alarm of the function's own account and region.
    Name(String),
    /// `{ name: payments-5xx, region: eu-west-1, role: "arn:..." }`
    Elsewhere(NamedAlarm),
    /// `{ prefix: checkout- }`: all alarms whose names begin so when the bake begins.
    Prefix(AlarmPrefix),
}

/// An alarm by its full name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct NamedAlarm {
    /// The alarm's full name, 1 to 255 characters.
    #[schemars(length(min = 1, max = 255))]
    pub name: String,
    /// The region the alarm is in. Default: the function's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// ARN of a role to read it with, for alarms of another account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

/// Alarms by the beginning of their names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AlarmPrefix {
    /// What the names begin with, 1 to 255 characters.
    #[schemars(length(min = 1, max = 255))]
    pub prefix: String,
    /// The region the alarms are in. Default: the function's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// ARN of a role to read them with, for alarms of another account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

/// One CloudWatch metric, with all of its dimensions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Metric {
    /// For instance `AWS/ApplicationELB`.
    pub namespace: String,
    /// For instance `RequestCount`.
    pub name: String,
    /// `Sum` (default) or `SampleCount`: what counts requests.
    #[serde(default)]
    pub stat: CountStatistic,
    /// The complete set: CloudWatch matches dimensions exactly.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub dimensions: std::collections::BTreeMap<String, String>,
    /// The region the metric is in. Default: the function's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// ARN of a role to read it with, for metrics of another account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

/// Statistics that count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, serde::Deserialize, JsonSchema)]
pub enum CountStatistic {
    /// The sum of the values, for metrics that count by value.
    #[default]
    Sum,
    /// The number of values, for metrics with one value a request.
    SampleCount,
}

/// How it is known that somebody used what was deployed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", untagged)]
pub enum Traffic {
    /// `{ metric: {...}, at_least: 100 }`
    Measured(MeasuredTraffic),
    /// `not_measured`: OK may then mean that nobody came, and every summary says so.
    NotMeasured(NotMeasured),
}

/// The words of the way out of measuring traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotMeasured {
    /// `not_measured`
    NotMeasured,
}

/// Traffic that has to be seen before a pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct MeasuredTraffic {
    /// What counts the requests.
    pub metric: Metric,
    /// How many there have to be in the whole bake, at least 1.
    #[schemars(range(min = 1))]
    pub at_least: u64,
}

/// What an alarm does that is in ALARM when the bake begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlreadyInAlarm {
    /// Fails the bake at once.
    #[default]
    Fail,
    /// Its clock starts when it is OK, at most until `at_most`.
    Wait,
    /// It is not judged until it was OK once, from then on like any other.
    Ignore,
}

/// What a firing does whose alarm is OK again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Recovered {
    /// Fails the bake all the same.
    #[default]
    Fail,
    /// Is accepted once, if the alarm was OK for `quiet_after` at the last read.
    Accept,
}

/// What INSUFFICIENT_DATA does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InsufficientData {
    /// Stops that alarm's clock.
    #[default]
    Wait,
    /// Fails the bake.
    Fail,
    /// Counts as known time. Needs measured traffic; said in the verdict line.
    Accept,
}

/// How long after `for` the last read comes, so that an alarm over the last
/// minutes of the bake has had the time to fire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Settle {
    /// The slowest alarm's period x datapoints to alarm + 3 min.
    #[default]
    Auto,
    /// A fixed length.
    #[serde(untagged)]
    For(Duration),
}

/// From when on firings count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Since {
    /// From the start of this release's deploy action in the stage.
    #[default]
    Deployment,
    /// From the gate's first look.
    Gate,
}

/// What the gate does when the release is a rollback.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnRollback {
    /// Alarms already in ALARM get `recover_within`; the bake counts from then.
    #[default]
    Wait,
    /// Judges and records, and lets the rollback go on whatever it says.
    Watch,
    /// Judges it like any other release.
    Full,
}

/// Whether each look asks if its release is still the one deployed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseCheck {
    /// It does.
    #[default]
    On,
    /// It does not, and every answer says so.
    Off,
}

/// Whether the verdict counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It does.
    #[default]
    Enforce,
    /// The gate judges and records; the outcome is always `go`, which it says.
    WatchOnly,
}

/// Settings of the gate `bake`: alarms have to stay quiet for a while under traffic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Bake {
    /// The gate's name, unique in its stage. Default: `bake`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The alarms that have to stay quiet, 1 to 100.
    #[schemars(length(min = 1, max = 100))]
    pub alarms: Vec<AlarmRef>,
    /// How long each alarm has to be known and quiet.
    #[serde(rename = "for")]
    pub bake_for: Duration,
    /// After this long without a pass the verdict is `inconclusive`.
    /// Default: the lesser of four times `for` and what the host allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Duration>,
    /// How it is known that somebody used what was deployed.
    pub traffic: Traffic,
    /// So long without traffic stops the clock. Default: a quarter of `for`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quiet_for: Option<Duration>,
    /// What an alarm does that is in ALARM when the bake begins.
    #[serde(default)]
    pub already_in_alarm: AlreadyInAlarm,
    /// What a firing does whose alarm is OK again.
    #[serde(default)]
    pub recovered: Recovered,
    /// How long a recovered alarm has to be OK at the last read.
    /// Default: the larger of half of `for` and 10 minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quiet_after: Option<Duration>,
    /// What INSUFFICIENT_DATA does.
    #[serde(default)]
    pub insufficient_data: InsufficientData,
    /// How long after `for` the last read comes.
    #[serde(default)]
    pub settle: Settle,
    /// From when on firings count.
    #[serde(default)]
    pub since: Since,
    /// Deploy actions, as `stage/action`: one of another release begun since
    /// means that this release was replaced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deployed_by: Vec<String>,
    /// What the gate does when the release is a rollback.
    #[serde(default)]
    pub on_rollback: OnRollback,
    /// How long alarms may stay in ALARM after a rollback. Default: 15m.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recover_within: Option<Duration>,
    /// Whether each look asks if its release is still the one deployed.
    #[serde(default)]
    pub release_check: ReleaseCheck,
    /// Whether the verdict counts.
    #[serde(default)]
    pub mode: Mode,
}

impl Bake {
    /// What the gate is called in its stage.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or("bake")
    }

    /// The length without traffic that stops the clock.
    pub fn quiet_for(&self) -> Duration {
        const QUARTER: NonZeroU32 = NonZeroU32::new(4).expect("4 is not 0");
        self.quiet_for
            .unwrap_or_else(|| self.bake_for.divided_by(QUARTER))
    }

    /// How long a recovered alarm has to be OK at the last read.
    pub fn quiet_after(&self) -> Duration {
        const HALF: NonZeroU32 = NonZeroU32::new(2).expect("2 is not 0");
        self.quiet_after.unwrap_or_else(|| {
            self.bake_for
                .divided_by(HALF)
                .max(Duration::from_minutes(10))
        })
    }

    /// How long the bake may take, if the host sets no tighter limit.
    pub fn at_most(&self) -> Duration {
        self.at_most
            .unwrap_or_else(|| self.bake_for.saturating_mul(4))
    }

    /// How long alarms may stay in ALARM after a rollback.
    pub fn recover_within(&self) -> Duration {
        self.recover_within.unwrap_or(Duration::from_minutes(15))
    }
}

/// Settings of the gate `clear`, for before a deployment: all alarms are OK
/// and have been for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Clear {
    /// The gate's name, unique in its stage. Default: `clear`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The alarms that have to be OK, 1 to 100.
    #[schemars(length(min = 1, max = 100))]
    pub alarms: Vec<AlarmRef>,
    /// How long each alarm has to have been OK. Default: 10m.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quiet: Option<Duration>,
    /// How long to wait for that. Default: answer at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<Duration>,
    /// Whether each look asks if its release is still in progress.
    #[serde(default)]
    pub release_check: ReleaseCheck,
    /// Whether the verdict counts.
    #[serde(default)]
    pub mode: Mode,
}

impl Clear {
    /// What the gate is called in its stage.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or("clear")
    }

    /// How long each alarm has to have been OK.
    pub fn quiet(&self) -> Duration {
        self.quiet.unwrap_or(Duration::from_minutes(10))
    }
}
