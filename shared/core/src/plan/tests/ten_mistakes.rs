//! Ten mistakes in two gates and three stages, and what is said about them.

use crate::plan::Plan;

const TEN_MISTAKES: &str = "\
service: checkout
stages:
  prod-one-box:
    gates:
      - bake:
          for: 30
          alarmz: [checkout-5xx]
          at_most: 2d
          recovered: acept
          quiet_after: 5m
  prod:
    gates:
      - bake:
          for: -5m
          alarms: [a, { name: b, region: Ireland }]
          traffic: sometimes
    on_error: { roll_back: stage }
  later:
    gates: []
";

const TEN_MISTAKES_RENDERED: &str = "\
sluice.yaml:5:9: stages.prod-one-box.gates[0].bake: `traffic` is missing
  |       - bake:
  |         ^
  hint: OK may mean that nobody came, so say what counts the requests:
        `traffic: { metric: { namespace: AWS/ApplicationELB, name: RequestCount, dimensions: { LoadBalancer: app/..., TargetGroup: targetgroup/... } }, at_least: 100 }`
        or, if nothing can: `traffic: not_measured`
sluice.yaml:6:16: stages.prod-one-box.gates[0].bake.for: `30` has no unit
  |           for: 30
  |                ^
  hint: write `30s`, `30m` or `30h`
sluice.yaml:7:11: stages.prod-one-box.gates[0].bake: `alarmz` is not a field of `bake`
  |           alarmz: [checkout-5xx]
  |           ^
  hint: did you mean `alarms`?
        known are `name`, `alarms`, `for`, `at_most`, `traffic`, `quiet_for`, `already_in_alarm`, `recovered`, `quiet_after`, `insufficient_data`, `settle`, `since`, `deployed_by`, `on_rollback`, `recover_within`, `release_check` and `mode`
sluice.yaml:8:20: stages.prod-one-box.gates[0].bake.at_most: `2d` is not a length of time
  |           at_most: 2d
  |                    ^
  hint: write days as hours: `48h`
sluice.yaml:9:22: stages.prod-one-box.gates[0].bake.recovered: `acept` is not allowed here
  |           recovered: acept
  |                      ^
  hint: did you mean `accept`? allowed are `fail` and `accept`
sluice.yaml:14:16: stages.prod.gates[0].bake.for: `-5m` is negative
  |           for: -5m
  |                ^
  hint: write `5m`
sluice.yaml:15:42: stages.prod.gates[0].bake.alarms[1].region: `Ireland` is not a region
  |           alarms: [a, { name: b, region: Ireland }]
  |                                          ^
  hint: write one such as `eu-west-1`
sluice.yaml:16:20: stages.prod.gates[0].bake.traffic: `sometimes` is not allowed here
  |           traffic: sometimes
  |                    ^
  hint: OK may mean that nobody came, so say what counts the requests:
        `traffic: { metric: { namespace: AWS/ApplicationELB, name: RequestCount, dimensions: { LoadBalancer: app/..., TargetGroup: targetgroup/... } }, at_least: 100 }`
        or, if nothing can: `traffic: not_measured`
sluice.yaml:17:28: stages.prod.on_error.roll_back: only `on_fail` rolls back: an outage of what the gate reads would roll back good releases
  |     on_error: { roll_back: stage }
  |                            ^
  hint: write `roll_back: no`, or leave it out: the release is held until somebody decides
sluice.yaml:19:12: stages.later.gates: has no gate, so it would pass every release
  |     gates: []
  |            ^
  hint: write `- bake: { for: 1h, alarms: [checkout-5xx], traffic: not_measured }`
";

#[test]
fn ten_mistakes_are_named_in_one_run() {
    let problems = Plan::read_yaml(TEN_MISTAKES).unwrap_err();
    assert_eq!(problems.len(), 10);
    assert_eq!(
        problems.render("sluice.yaml", Some(TEN_MISTAKES)),
        TEN_MISTAKES_RENDERED
    );
    assert_eq!(problems.lines("sluice.yaml").lines().count(), 10);
}
