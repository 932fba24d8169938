//! Which series belong to the old and to the new version.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::Since;

/// Both groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CanaryGroups {
    /// The old version.
    pub baseline: CanaryGroup,
    /// The new version.
    pub canary: CanaryGroup,
}

/// One group of series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CanaryGroup {
    /// The complete set: CloudWatch matches dimensions exactly.
    #[schemars(extend("minProperties" = 1))]
    pub dimensions: BTreeMap<String, String>,
    /// The region the metrics are in. Default: the function's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// ARN of a role to read them with, for metrics of another account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The account they are in, where a monitoring account shows them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[0-9]{12}$"))]
    pub account: Option<String>,
}

/// Groups that follow from what divides the requests between the versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// Two target groups behind one Application Load Balancer.
    Alb(Alb),
    /// Two versions behind one alias of a Lambda function.
    LambdaAlias(LambdaAlias),
    /// A stage of a REST API with a canary release.
    ApiGateway(ApiGateway),
}

/// Two target groups behind one Application Load Balancer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Alb {
    /// The end of its ARN, for instance `app/checkout/9f8e7d6c5b4a3f2e`.
    #[schemars(regex(pattern = "^app/"))]
    pub load_balancer: String,
    /// The old version's target group: the end of its ARN, for instance
    /// `targetgroup/stable/1`.
    #[schemars(regex(pattern = "^targetgroup/"))]
    pub baseline: String,
    /// The new version's.
    #[schemars(regex(pattern = "^targetgroup/"))]
    pub canary: String,
    /// The region of the metrics. Default: the function's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// ARN of a role to read them with, for another account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

/// Two versions behind one alias of a Lambda function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct LambdaAlias {
    /// The function's name.
    pub function: String,
    /// The alias that divides the invocations.
    pub alias: String,
    /// The old version's number. Default: what the alias points to when the
    /// gate begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^[0-9]+$"))]
    pub baseline: Option<String>,
    /// The new version's number. Default: the one that the alias gives a
    /// weight when the gate begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^[0-9]+$"))]
    pub canary: Option<String>,
    /// The region of function and metrics. Default: the gate's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// ARN of a role to read both with, for another account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

/// A stage of a REST API with a canary release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ApiGateway {
    /// The API's name.
    pub api: String,
    /// The stage's name.
    pub stage: String,
    /// The region of the metrics. Default: the function's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// ARN of a role to read them with, for another account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

/// One group of series, before and after the deployment. Whatever else changed
/// in that time is taken for the new version's doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct BeforeAfter {
    /// The complete set: CloudWatch matches dimensions exactly.
    #[schemars(extend("minProperties" = 1))]
    pub dimensions: BTreeMap<String, String>,
    /// Which time the new version is compared with, as long as `horizon`.
    #[serde(default)]
    pub baseline: Before,
    /// What began the new version's time: the start of its deployment, which
    /// has to be found, or the gate's first look.
    #[serde(default)]
    pub since: Since,
    /// The region the metrics are in. Default: the function's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// ARN of a role to read them with, for metrics of another account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The account they are in, where a monitoring account shows them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[0-9]{12}$"))]
    pub account: Option<String>,
}

/// Which time a new version is compared with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Before {
    /// The last time before the deployment.
    #[default]
    JustBefore,
    /// The same time of the day before.
    DayBefore,
    /// The same time of the week before.
    WeekBefore,
}

impl Preset {
    /// Both groups, if the settings alone tell them.
    pub fn groups(&self) -> Option<CanaryGroups> {
        match self {
            Preset::Alb(alb) => Some(alb.groups()),
            Preset::LambdaAlias(own) => {
                Some(own.groups(own.baseline.as_ref()?, own.canary.as_ref()?))
            }
            Preset::ApiGateway(own) => Some(own.groups()),
        }
    }
}

impl Alb {
    pub(super) fn groups(&self) -> CanaryGroups {
        // Series of a target group carry the load balancer, too.
        let group = |target_group: &String| CanaryGroup {
            dimensions: dimensions([
                ("LoadBalancer", self.load_balancer.clone()),
                ("TargetGroup", target_group.clone()),
            ]),
            region: self.region.clone(),
            role: self.role.clone(),
            account: None,
        };
        CanaryGroups {
            baseline: group(&self.baseline),
            canary: group(&self.canary),
        }
    }
}

impl LambdaAlias {
    /// The groups of two versions. `ExecutedVersion` comes beside the two other
    /// dimensions, and only while the alias divides its invocations.
    pub fn groups(&self, baseline: &str, canary: &str) -> CanaryGroups {
        let group = |version: &str| CanaryGroup {
            dimensions: dimensions([
                ("FunctionName", self.function.clone()),
                ("Resource", format!("{}:{}", self.function, self.alias)),
                ("ExecutedVersion", version.to_owned()),
            ]),
            region: self.region.clone(),
            role: self.role.clone(),
            account: None,
        };
        CanaryGroups {
            baseline: group(baseline),
            canary: group(canary),
        }
    }
}

impl ApiGateway {
    pub(super) fn groups(&self) -> CanaryGroups {
        let group = |stage: String| CanaryGroup {
            dimensions: dimensions([("ApiName", self.api.clone()), ("Stage", stage)]),
            region: self.region.clone(),
            role: self.role.clone(),
            account: None,
        };
        CanaryGroups {
            baseline: group(self.stage.clone()),
            // As its log group is called; not documented of metrics.
            canary: group(format!("{}/Canary", self.stage)),
        }
    }
}

impl BeforeAfter {
    /// Which time the new version is compared with, in words.
    pub fn time(&self) -> &'static str {
        match self.baseline {
            Before::JustBefore => "the time just before the deployment",
            Before::DayBefore => "the same time of the day before",
            Before::WeekBefore => "the same time of the week before",
        }
    }

    /// What a comparison of two times cannot tell.
    pub fn remark(&self) -> String {
        let time = self.time();
        format!(
            "`before_after`: the new version is compared with {time}; a daily cycle, a trend, and \
             whatever else changed since are not told from what the new version does"
        )
    }

    pub(super) fn groups(&self) -> CanaryGroups {
        let group = CanaryGroup {
            dimensions: self.dimensions.clone(),
            region: self.region.clone(),
            role: self.role.clone(),
            account: self.account.clone(),
        };
        CanaryGroups {
            baseline: group.clone(),
            canary: group,
        }
    }
}

fn dimensions<const N: usize>(pairs: [(&str, String); N]) -> BTreeMap<String, String> {
    pairs.map(|(name, value)| (name.to_owned(), value)).into()
}
