//! Whole releases, through hosts, gates and tokens, in a simulated AWS.

mod first;
mod many;
mod recorded;
mod retried;

/// One bake of half an hour under one alarm.
const PLAN: &str = "
service: checkout
stages:
  prod:
    gates:
      - bake: { for: 30m, traffic: not_measured, alarms: [errors] }
";
