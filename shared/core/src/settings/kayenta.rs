//! What a Kayenta configuration brings to the gate `canary`.
//!
//! The words are Kayenta's. Its queries ask other sources, so each is replaced
//! by what CloudWatch has; what has no counterpart is refused by the reader.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use super::{CanaryMetric, CountMetric, MetricRef, SeriesMetric, Worse};
use crate::decimal::{Decimal, Percent};

/// A canary configuration of Kayenta, its queries replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Kayenta {
    /// Changes nothing.
    pub name: Option<Anything>,
    /// Changes nothing.
    pub description: Option<Anything>,
    /// Changes nothing.
    pub config_version: Option<Anything>,
    /// Changes nothing.
    pub applications: Option<Anything>,
    /// Changes nothing: queries are replaced.
    pub templates: Option<Anything>,
    /// What is compared, 1 to 100 metrics.
    #[schemars(length(min = 1, max = 100))]
    pub metrics: Vec<KayentaMetric>,
}

/// One metric of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct KayentaMetric {
    /// Its name in what the gate says.
    pub name: String,
    /// What CloudWatch has in the place of Kayenta's query.
    pub query: Measured,
    /// How it is judged.
    pub analysis_configurations: KayentaAnalysis,
    /// Changes nothing: every deciding metric has to be proven.
    pub groups: Option<Anything>,
    /// Changes nothing.
    pub scope_name: Option<Anything>,
}

/// What is measured, and how much of it matters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Measured {
    /// `{ count: HTTPCode_Target_5XX_Count, of: RequestCount }`
    Count(MeasuredCount),
    /// `{ series: TargetResponseTime, stat: p99 }`
    Series(MeasuredSeries),
}

/// Events of requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct MeasuredCount {
    /// What counts the events. A period without it had none.
    pub count: MetricRef,
    /// What counts the requests. A period without it is no data.
    pub of: MetricRef,
    /// How much more often is still allowed, unless `effectSize` says it.
    pub tolerance: Option<Percent>,
    /// A difference of so many of the requests never matters. Default: `0.1%`.
    pub floor: Option<Percent>,
}

/// One value a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct MeasuredSeries {
    /// What is measured.
    pub series: MetricRef,
    /// `Average`, `Minimum`, `Maximum`, or a percentile such as `p99`.
    pub stat: String,
    /// How much worse is still allowed, unless `effectSize` says it.
    pub tolerance: Option<Percent>,
    /// A difference of so much, in the metric's units, never matters.
    /// Default: 0.
    pub floor: Option<Decimal>,
}

/// How Kayenta judges a metric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct KayentaAnalysis {
    /// The options of a canary.
    pub canary: KayentaOptions,
}

/// Kayenta's options of a metric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct KayentaOptions {
    /// Which way is bad: `either` has no counterpart.
    pub direction: Direction,
    /// Changes nothing: every deciding metric is critical.
    #[serde(default)]
    pub critical: bool,
    /// Whether a canary that stops reporting it, while the baseline goes on,
    /// fails.
    #[serde(default)]
    pub must_have_data: bool,
    /// Whether it is only watched.
    #[serde(default)]
    pub muted: bool,
    /// What a missing value is. `replace` is for counts only.
    #[serde(default)]
    pub nan_strategy: NanStrategy,
    /// How much worse is still allowed.
    pub effect_size: Option<EffectSize>,
    /// No value is removed.
    pub outliers: Option<Outliers>,
}

/// How much worse is still allowed, as a ratio of means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct EffectSize {
    /// How it is measured: `cles` has no counterpart.
    #[serde(default)]
    pub measure: Measure,
    /// The ratio above which an increase is harm, such as 1.2.
    pub allowed_increase: Option<Decimal>,
    /// The ratio below which a decrease is harm, such as 0.8.
    pub allowed_decrease: Option<Decimal>,
}

/// Values that are left out: none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Outliers {
    /// What is done with them: `remove` has no counterpart.
    #[serde(default)]
    pub strategy: OutlierStrategy,
    /// Changes nothing.
    pub outlier_factor: Option<Anything>,
}

/// Which way is bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// Higher is worse.
    Increase,
    /// Lower is worse.
    Decrease,
}

/// What a missing value is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum NanStrategy {
    /// No data.
    #[default]
    Remove,
    /// Zero: what a count without a value is here in any case.
    Replace,
}

/// How an effect is measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Measure {
    /// The canary's mean over the baseline's.
    #[default]
    MeanRatio,
}

/// What is done with values far from the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OutlierStrategy {
    /// They count.
    #[default]
    Keep,
}

/// What changes nothing here, whatever it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Anything;

impl JsonSchema for Anything {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Anything".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        true.into()
    }
}

impl Kayenta {
    /// What it comes to here.
    pub fn metrics(&self) -> Vec<CanaryMetric> {
        self.metrics.iter().map(KayentaMetric::metric).collect()
    }
}

impl KayentaMetric {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it decides.
    pub fn is_gating(&self) -> bool {
        !self.analysis_configurations.canary.muted
    }

    fn metric(&self) -> CanaryMetric {
        let options = &self.analysis_configurations.canary;
        let name = self.name.clone();
        let tolerance = self.query.tolerance().or_else(|| options.tolerance());
        let (gating, must_have_data) = (self.is_gating(), options.must_have_data);
        let worse = match options.direction {
            Direction::Increase => Worse::Higher,
            Direction::Decrease => Worse::Lower,
        };
        match self.query.clone() {
            Measured::Count(own) => CanaryMetric::Count(CountMetric {
                name,
                count: own.count,
                of: own.of,
                tolerance,
                floor: own.floor,
                worse,
                gating,
                must_have_data,
            }),
            Measured::Series(own) => CanaryMetric::Series(SeriesMetric {
                name,
                series: own.series,
                stat: own.stat,
                tolerance,
                floor: own.floor,
                worse,
                gating,
                must_have_data,
            }),
        }
    }
}

impl Measured {
    /// How much worse it may be, if that is said here.
    pub fn tolerance(&self) -> Option<Percent> {
        match self {
            Measured::Count(own) => own.tolerance,
            Measured::Series(own) => own.tolerance,
        }
    }
}

impl KayentaOptions {
    /// How much worse the effect size allows, if it says so: a decrease to
    /// 0.8 is as far as an increase to 1.25.
    pub fn tolerance(&self) -> Option<Percent> {
        let effect = self.effect_size.as_ref()?;
        match self.direction {
            Direction::Increase => effect.allowed_increase?.share_above_one(),
            Direction::Decrease => effect.allowed_decrease?.share_below_one(),
        }
    }
}
