//! Short ways to write down bakes.

use sluice_judge::sequential::{
    Counts, Judgement, Kind, MetricPlan, Percent, Period, Plan, Reading, Sample, judge,
};

/// Counts that are there.
pub(crate) fn counts(count: f64, total: f64) -> Option<Counts> {
    Some(Counts { count, total })
}

/// A value that is there.
pub(crate) fn sample(value: f64) -> Option<Sample> {
    Some(Sample {
        value,
        samples: None,
    })
}

/// A period of one count metric, 1,000 requests in each group.
pub(crate) fn errors(baseline: f64, canary: f64) -> Period {
    of(Reading::Count {
        baseline: counts(baseline, 1000.0),
        canary: counts(canary, 1000.0),
    })
}

/// A period of one series metric.
pub(crate) fn values(baseline: f64, canary: f64) -> Period {
    of(Reading::Series {
        baseline: sample(baseline),
        canary: sample(canary),
    })
}

/// A period of one metric.
pub(crate) fn of(reading: Reading) -> Period {
    Period {
        readings: vec![reading],
        traffic: None,
    }
}

/// A metric named after its kind, with a tolerance.
pub(crate) fn metric(kind: Kind, tolerance: f64) -> MetricPlan {
    let name = match kind {
        Kind::Count => "errors",
        Kind::Series => "latency",
    };
    MetricPlan {
        tolerance: Some(Percent::new(tolerance)),
        ..MetricPlan::new(name, kind)
    }
}

/// A plan of one metric with the defaults.
pub(crate) fn plan(kind: Kind) -> Plan {
    Plan::for_metrics(vec![MetricPlan::new(
        if kind == Kind::Count {
            "errors"
        } else {
            "latency"
        },
        kind,
    )])
}

/// The judgement of a plan that makes sense.
pub(crate) fn judged(plan: &Plan, periods: &[Period]) -> Judgement {
    judge(plan, periods).expect("the plan makes sense")
}

/// A steady wobble around 1, the same each time: no random numbers.
pub(crate) fn wobble(minute: usize, size: f64) -> f64 {
    let phase = (minute * 7919 % 97) as f64 / 97.0;
    (size * (2.0 * phase - 1.0)).exp()
}
