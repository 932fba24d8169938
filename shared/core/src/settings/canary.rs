//! What people write about the gate `canary`.

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    BeforeAfter, CanaryGroups, CountStatistic, Kayenta, Mode, OnRollback, Preset, ReleaseCheck,
};
use crate::Duration;
use crate::decimal::{Decimal, Percent, Times};

/// More metrics than this are a mistake: each is read for both groups, and
/// everything of one region has to fit into one call.
pub const CANARY_METRICS_MAX: usize = 100;

/// More periods than this are read and judged again at each look.
pub const CANARY_PERIODS_MAX: u32 = 2000;

/// Settings of the gate `canary`: a new version has to be no worse than the
/// old one beside it, by metrics of both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Canary {
    /// The gate's name, unique in its stage. Default: `canary`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Which series belong to the old version, and which to the new one. One
    /// of `groups`, `preset` and `before_after` has to be there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<CanaryGroups>,
    /// What divides the requests between the versions, instead of `groups`.
    /// It brings metrics, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preset: Option<Box<Preset>>,
    /// The same series before and after the deployment: says less.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before_after: Option<Box<BeforeAfter>>,
    /// The namespace of metrics that do not name their own. Default: that of
    /// the preset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// What is compared, 1 to 100 metrics. Default: those of the preset.
    #[schemars(with = "Option<Vec<CanaryMetric>>", length(min = 1, max = 100))]
    pub metrics: Vec<CanaryMetric>,
    /// What is compared, from a Kayenta configuration instead of `metrics`.
    // What it comes to is in `metrics`, and that is what is written down.
    #[serde(skip_serializing)]
    pub kayenta: Option<Box<Kayenta>>,
    /// The split of the requests, where it is known and is to be checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traffic: Option<CanaryTraffic>,
    /// The length of a period of all metrics. Default: 1m.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<Duration>,
    /// A period is judged so long after its end: points come late. Default: 2m.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_after: Option<Duration>,
    /// After judging so much time without proof either way the comparison is
    /// undecided. Default: 1h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub horizon: Option<Duration>,
    /// Nothing passes before so much time was judged. Default: five periods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Duration>,
    /// After this long it answers, whatever could be read.
    /// Default: 15 minutes more than `horizon` needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Duration>,
    /// What an undecided comparison does that had the data it needed.
    #[serde(default)]
    pub when_undecided: WhenUndecided,
    /// With `when_undecided: accept`: how many times worse each metric may be
    /// at most, by the upper end of its interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept_at_most: Option<Times>,
    /// Deploy actions, as `stage/action`: one of another release begun since
    /// means that this release was replaced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deployed_by: Vec<String>,
    /// What the gate does when the release is a rollback. `wait` skips it.
    #[serde(default)]
    pub on_rollback: OnRollback,
    /// Whether each look asks if its release is still the one deployed.
    #[serde(default)]
    pub release_check: ReleaseCheck,
    /// Whether the verdict counts.
    #[serde(default)]
    pub mode: Mode,
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum CanaryMetric {
    /// `{ name: errors, count: HTTPCode_Target_5XX_Count, of: RequestCount }`
    Count(CountMetric),
    /// `{ name: latency, series: TargetResponseTime, stat: p99 }`
    Series(SeriesMetric),
}

/// Events of requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct CountMetric {
    /// Its name in what the gate says.
    pub name: String,
    /// What counts the events. A period without it had none.
    pub count: MetricRef,
    /// What counts the requests. A period without it is no data.
    pub of: MetricRef,
    /// How much more often is still allowed. Default: `100%`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<Percent>,
    /// A difference of so many of the requests never matters. Default: `0.1%`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floor: Option<Percent>,
    /// Which way is bad.
    #[serde(default)]
    pub worse: Worse,
    /// Whether it decides. Default: true.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub gating: bool,
    /// Whether a canary that stops reporting it, while the baseline goes on,
    /// fails.
    #[serde(default, skip_serializing_if = "is_no")]
    pub must_have_data: bool,
}

/// One value a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SeriesMetric {
    /// Its name in what the gate says.
    pub name: String,
    /// What is measured.
    pub series: MetricRef,
    /// `Average`, `Minimum`, `Maximum`, or a percentile such as `p99`.
    pub stat: String,
    /// How much worse is still allowed. Default: `25%`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<Percent>,
    /// A difference of so much, in the metric's units, never matters.
    /// Default: 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floor: Option<Decimal>,
    /// Which way is bad.
    #[serde(default)]
    pub worse: Worse,
    /// Whether it decides. Default: true.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub gating: bool,
    /// Whether a canary that stops reporting it, while the baseline goes on,
    /// fails.
    #[serde(default, skip_serializing_if = "is_no")]
    pub must_have_data: bool,
}

/// A metric of both groups: its dimensions are those of the group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum MetricRef {
    /// `RequestCount`, in the gate's `namespace`.
    Name(String),
    /// `{ namespace: Shop, name: Orders, stat: SampleCount }`
    Full(FullMetric),
}

/// A metric that says more than its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct FullMetric {
    /// Its namespace. Default: the gate's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// How it counts: `Sum` (default) or `SampleCount`. Not for a series.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stat: Option<CountStatistic>,
}

/// Which share of the requests the new version should get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct CanaryTraffic {
    /// What counts the requests of each group. Default: that of the preset.
    #[schemars(with = "Option<MetricRef>")]
    pub count: MetricRef,
    /// The new version's share of both groups' requests.
    pub canary_share: Percent,
}

/// Which way is bad.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Worse {
    /// Higher is worse: errors, latency.
    #[default]
    Higher,
    /// Lower is worse: orders, cache hits.
    Lower,
}

/// What an undecided comparison does that had the data it needed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenUndecided {
    /// It holds the release, as any `inconclusive` does.
    #[default]
    Hold,
    /// The release goes on if every metric is known to be less than
    /// `accept_at_most` worse: accepted, not proven.
    Accept,
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_yes(value: &bool) -> bool {
    *value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_no(value: &bool) -> bool {
    !*value
}

impl Canary {
    /// Both groups, as far as the settings alone tell: the versions behind an
    /// alias may only be known to AWS.
    pub fn known_groups(&self) -> Option<CanaryGroups> {
        let of_preset = || self.preset.as_deref().and_then(Preset::groups);
        let of_one = || self.before_after.as_deref().map(BeforeAfter::groups);
        self.groups.clone().or_else(of_preset).or_else(of_one)
    }

    /// Added to what `horizon` needs, for reads that fail and come again.
    const PATIENCE: Duration = Duration::from_minutes(15);

    /// What the gate is called in its stage.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or("canary")
    }

    /// The length of a period.
    pub fn period(&self) -> Duration {
        self.period.unwrap_or(Duration::from_minutes(1))
    }

    /// How long after its end a period is judged.
    pub fn closed_after(&self) -> Duration {
        self.closed_after.unwrap_or(Duration::from_minutes(2))
    }

    /// How much time is judged at most.
    pub fn horizon(&self) -> Duration {
        self.horizon.unwrap_or(Duration::from_hours(1))
    }

    /// Periods that are judged at most.
    pub fn periods(&self) -> u32 {
        self.horizon().as_seconds() / self.period().as_seconds().max(1)
    }

    /// Periods that are judged before anything passes.
    pub fn periods_at_least(&self) -> u32 {
        const PERIODS: u32 = 5;
        let period = self.period().as_seconds().max(1);
        let periods = self
            .at_least
            .map_or(PERIODS, |length| length.as_seconds().div_ceil(period));
        periods.clamp(1, self.periods().max(1))
    }

    /// The time until the last period can be judged: judging begins with the
    /// first whole period after the first look.
    pub fn needed(&self) -> Duration {
        self.period()
            .saturating_add(self.horizon())
            .saturating_add(self.closed_after())
    }

    /// How long the gate may take.
    pub fn at_most(&self) -> Duration {
        self.at_most
            .unwrap_or_else(|| self.needed().saturating_add(Canary::PATIENCE))
    }
}

impl CanaryMetric {
    /// Its name in what the gate says.
    pub fn name(&self) -> &str {
        match self {
            CanaryMetric::Count(metric) => &metric.name,
            CanaryMetric::Series(metric) => &metric.name,
        }
    }

    /// Whether it decides.
    pub fn is_gating(&self) -> bool {
        match self {
            CanaryMetric::Count(metric) => metric.gating,
            CanaryMetric::Series(metric) => metric.gating,
        }
    }
}

impl SeriesMetric {
    /// Whether it is a percentile, of which few samples say nothing.
    pub fn is_percentile(&self) -> bool {
        self.stat.starts_with('p')
    }
}

impl MetricRef {
    /// The metric's name.
    pub fn name(&self) -> &str {
        match self {
            MetricRef::Name(name) => name,
            MetricRef::Full(metric) => &metric.name,
        }
    }

    /// Its own namespace, if it names one.
    pub fn namespace(&self) -> Option<&str> {
        match self {
            MetricRef::Name(_) => None,
            MetricRef::Full(metric) => metric.namespace.as_deref(),
        }
    }

    /// How it counts.
    pub fn count_statistic(&self) -> CountStatistic {
        match self {
            MetricRef::Name(_) => CountStatistic::Sum,
            MetricRef::Full(metric) => metric.stat.unwrap_or_default(),
        }
    }
}
