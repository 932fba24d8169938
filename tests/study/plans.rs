//! The gates of the study, as their plans.

use super::service::Release;

/// A gate, and the plan that has it.
pub(crate) struct GateUnderStudy {
    pub(crate) name: &'static str,
    pub(crate) plan: fn(&Release) -> String,
}

/// All of them, in the order of the table.
pub(crate) const GATES: [GateUnderStudy; 3] = [
    GateUnderStudy {
        name: "canary",
        plan: |release| canary(release, ""),
    },
    GateUnderStudy {
        name: "canary, `at_least: 45m`",
        plan: |release| canary(release, "at_least: 45m"),
    },
    GateUnderStudy {
        name: "bake by alarms",
        plan: bake,
    },
];

/// What [docs/canary.md](../../docs/canary.md) shows first, with its defaults.
fn canary(release: &Release, more: &str) -> String {
    let share = release.share;
    format!(
        "service: shop
stages:
  prod:
    gates:
      - canary:
          namespace: Shop
          groups: {{ baseline: {{ dimensions: {{ Version: old }} }}, canary: {{ dimensions: {{ Version: new }} }} }}
          metrics:
            - {{ name: errors, count: Errors, of: Calls, tolerance: 100%, floor: 0.1% }}
            - {{ name: latency, series: Time, stat: p99, tolerance: 25% }}
          traffic: {{ count: Calls, canary_share: {share}% }}
          {more}
"
    )
}

/// An hour without an alarm, under traffic.
fn bake(_: &Release) -> String {
    "service: shop
stages:
  prod:
    gates:
      - bake:
          for: 1h
          alarms: [slow, failing]
          traffic: { metric: { namespace: Shop, name: Calls, dimensions: { Version: new } }, at_least: 100 }
"
    .to_owned()
}
