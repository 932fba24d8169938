//! What a gate of a plan will do: when it can pass, how often it looks, which
//! calls a look makes. Nothing is asked of AWS, so what depends on the alarms
//! themselves is a bound.

use std::collections::{BTreeMap, BTreeSet};

use sluice_core::Duration;
use sluice_core::bake::{SETTLE_MARGIN, pace};
use sluice_core::clear::LOOK_AGAIN_AFTER;
use sluice_core::plan::GateSettings;
use sluice_core::reading::Place;
use sluice_core::settings::{
    AlarmRef, Bake, Canary, CanaryGroup, CanaryMetric, Clear, LAMBDA_ACTION_MAX, ReleaseCheck,
    Settle, Traffic, Validate,
};

use super::price::{Dollars, price};

/// What one gate will do as an action of CodePipeline.
pub(super) struct Effort {
    /// The earliest pass, after the first look.
    pub(super) passes_after: Duration,
    /// After this long it answers whatever it knows.
    pub(super) at_most: Duration,
    /// How far looks are apart at least.
    pub(super) pace: Duration,
    /// AWS calls of a look that is neither the first nor the last, while no
    /// alarm moves, by operation.
    pub(super) calls: BTreeMap<&'static str, u32>,
    /// Metrics that such a look reads, each of which is billed.
    pub(super) metrics_each: u32,
    /// Looks that have something to read at most, where others answer from
    /// the clock alone.
    pub(super) reads_max: Option<u32>,
}

impl Effort {
    /// The most looks, the first among them, until so long after it.
    pub(super) fn looks_until(&self, length: Duration) -> u32 {
        length
            .as_seconds()
            .div_ceil(self.pace.as_seconds().max(1))
            .saturating_add(1)
    }

    /// What a release costs here, with looks at the densest, until so long after the first look.
    pub(super) fn price_until(&self, length: Duration) -> Dollars {
        let looks = self.looks_until(length);
        price(self, looks, looks.min(self.reads_max.unwrap_or(looks)))
    }

    /// Requests of one look that CloudWatch bills as such: `GetMetricData` is
    /// billed by metric.
    pub(super) fn billed_requests(&self) -> u32 {
        let billed = |name: &str| name.starts_with("cloudwatch:Describe");
        let calls = self.calls.iter().filter(|(name, _)| billed(name));
        calls.map(|(_, count)| count).sum()
    }

    /// AWS calls of one look.
    pub(super) fn calls_each(&self) -> u32 {
        self.calls.values().sum()
    }
}

/// What a gate will do.
pub(super) fn effort(settings: &GateSettings) -> Effort {
    match settings {
        GateSettings::Bake(bake) => bake_effort(bake),
        GateSettings::Canary(canary) => canary_effort(canary),
        GateSettings::Clear(clear) => clear_effort(clear),
        GateSettings::Validate(validate) => validate_effort(validate),
    }
}

fn canary_effort(canary: &Canary) -> Effort {
    let period = canary.period();
    let mut calls = calls(&[], canary.release_check);
    calls.remove("cloudwatch:DescribeAlarms");
    if canary.release_check == ReleaseCheck::On && !canary.deployed_by.is_empty() {
        calls.insert("codepipeline:ListActionExecutions", 1);
    }
    let group = |group: &CanaryGroup| Place {
        region: group.region.clone(),
        role: group.role.clone(),
    };
    // The versions behind an alias are in one place, and one group read over
    // two times is two calls.
    let one_place = canary.before_after.is_none()
        && canary
            .known_groups()
            .is_none_or(|both| group(&both.baseline) == group(&both.canary));
    calls.insert("cloudwatch:GetMetricData", if one_place { 1 } else { 2 });
    Effort {
        passes_after: period
            .saturating_mul(canary.periods_at_least().saturating_add(1))
            .saturating_add(canary.closed_after()),
        at_most: canary.at_most().min(LAMBDA_ACTION_MAX),
        pace: period,
        calls,
        metrics_each: series_each(canary),
        // A look before the next period has closed reads nothing.
        reads_max: Some(canary.periods().saturating_add(1)),
    }
}

/// Series that a look of a canary reads at most, each of which is billed.
fn series_each(canary: &Canary) -> u32 {
    let of_one = |metric: &CanaryMetric| match metric {
        CanaryMetric::Count(_) => 2,
        CanaryMetric::Series(metric) if metric.is_percentile() => 2,
        CanaryMetric::Series(_) => 1,
    };
    let of_both: u32 = canary.metrics.iter().map(of_one).sum::<u32>() * 2;
    of_both + if canary.traffic.is_some() { 2 } else { 0 }
}

fn bake_effort(bake: &Bake) -> Effort {
    let settle = match bake.settle {
        Settle::For(length) => length,
        // Plus what the slowest alarm looks at, which only AWS knows.
        Settle::Auto => Duration::from_signed(SETTLE_MARGIN),
    };
    let mut calls = calls(&bake.alarms, bake.release_check);
    if bake.release_check == ReleaseCheck::On && !bake.deployed_by.is_empty() {
        calls.insert("codepipeline:ListActionExecutions", 1);
    }
    if let Traffic::Measured(_) = bake.traffic {
        calls.insert("cloudwatch:GetMetricData", 1);
    }
    Effort {
        passes_after: bake.bake_for.saturating_add(settle),
        at_most: bake.at_most().min(LAMBDA_ACTION_MAX),
        pace: Duration::from_signed(pace(bake)),
        metrics_each: calls.get("cloudwatch:GetMetricData").copied().unwrap_or(0),
        calls,
        reads_max: None,
    }
}

fn clear_effort(clear: &Clear) -> Effort {
    Effort {
        passes_after: Duration::ZERO,
        at_most: clear.within.unwrap_or(Duration::ZERO),
        pace: Duration::from_signed(LOOK_AGAIN_AFTER),
        calls: calls(&clear.alarms, clear.release_check),
        metrics_each: 0,
        reads_max: None,
    }
}

fn validate_effort(validate: &Validate) -> Effort {
    let mut calls = calls(&[], validate.release_check);
    calls.remove("cloudwatch:DescribeAlarms");
    Effort {
        passes_after: Duration::ZERO,
        at_most: validate.at_most(),
        pace: Duration::from_signed(LOOK_AGAIN_AFTER),
        calls,
        metrics_each: 0,
        reads_max: None,
    }
}

/// What every look calls. Its record is read once by each process that
/// Lambda keeps.
fn calls(alarms: &[AlarmRef], release_check: ReleaseCheck) -> BTreeMap<&'static str, u32> {
    let places: BTreeSet<Place> = alarms.iter().map(place).collect();
    let places = u32::try_from(places.len()).unwrap_or(u32::MAX);
    let mut calls = BTreeMap::from([
        ("cloudwatch:DescribeAlarms", places),
        ("codepipeline:PutJobSuccessResult", 1),
    ]);
    if release_check == ReleaseCheck::On {
        calls.insert("codepipeline:GetPipelineExecution", 1);
        // `ListActionExecutions` instead, where a pipeline runs in PARALLEL mode.
        calls.insert("codepipeline:GetPipelineState", 1);
    }
    calls
}

fn place(alarm: &AlarmRef) -> Place {
    let (region, role) = match alarm {
        AlarmRef::Name(_) => (None, None),
        AlarmRef::Elsewhere(alarm) => (alarm.region.clone(), alarm.role.clone()),
        AlarmRef::Prefix(alarms) => (alarms.region.clone(), alarms.role.clone()),
    };
    Place { region, role }
}
