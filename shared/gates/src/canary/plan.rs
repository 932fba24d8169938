//! From the words of `sluice.yaml` to those of the judge.

use sluice_core::decimal;
use sluice_core::settings::{Canary, CanaryMetric, Worse};
use sluice_judge::sequential::{self, Floor, Kind, MetricPlan, Plan, SplitRules};

/// What the judge is asked.
pub fn plan(settings: &Canary) -> Plan {
    let mut plan = Plan::for_metrics(settings.metrics.iter().map(metric).collect());
    plan.horizon = settings.periods();
    plan.min_bake = settings.periods_at_least();
    plan.split = settings.traffic.as_ref().map(|traffic| {
        let share = percent(traffic.canary_share).share();
        SplitRules::for_share(share)
    });
    plan
}

fn metric(metric: &CanaryMetric) -> MetricPlan {
    let (kind, tolerance, floor, worse, must_have_data) = match metric {
        CanaryMetric::Count(metric) => (
            Kind::Count,
            metric.tolerance,
            metric.floor.map(|floor| Floor::Share(percent(floor))),
            metric.worse,
            metric.must_have_data,
        ),
        CanaryMetric::Series(metric) => (
            Kind::Series,
            metric.tolerance,
            metric.floor.map(|floor| Floor::Units(floor.value())),
            metric.worse,
            metric.must_have_data,
        ),
    };
    MetricPlan {
        tolerance: tolerance.map(percent),
        floor,
        worse: match worse {
            Worse::Higher => sequential::Worse::Higher,
            Worse::Lower => sequential::Worse::Lower,
        },
        gating: metric.is_gating(),
        must_have_data,
        ..MetricPlan::new(metric.name(), kind)
    }
}

fn percent(percent: decimal::Percent) -> sequential::Percent {
    sequential::Percent::new(percent.0.value())
}
