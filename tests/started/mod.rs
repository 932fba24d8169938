//! What tests of a release start, follow and read in AWS: our clients against
//! the simulated services, and things that are started once.

mod acting;
mod builds;
mod claims;
mod executions;
mod functions;
mod gate;
mod reading;
mod waivers;

use std::path::Path;
use std::sync::Arc;

use jiff::SignedDuration;
use sluice::rehearsal::aws_of;
use sluice_aws::Aws;
use sluice_core::reading::Place;
use sluice_gates::claims::TestId;
use sluice_world::world::{Call, Fault};
use sluice_world::{Scenario, World};

/// A world with what these tests start, and a client of it.
fn world() -> (World, Aws) {
    let scenario = Scenario::parse(SCENARIO, Path::new(".")).unwrap();
    let world = World::new(scenario);
    world.sts().allow(ROLE, None);
    world.sts().allow(OTHER_ROLE, None);
    let aws = aws_of(&world);
    (world, aws)
}

const ROLE: &str = "arn:aws:iam::111122223333:role/sluice/checkout";
const OTHER_ROLE: &str = "arn:aws:iam::444455556666:role/sluice/payments";
const TABLE: &str = "sluice-claims";

const SCENARIO: &str = r#"
about: what tests start
tables: { sluice-claims: {}, sluice-waivers: { key: release, sort: gate } }
functions:
  smoke: { takes: 2s, returns: { ok: true } }
  broken: { fails: { type: KeyError, message: "'id'" } }
  slow: { takes: 2m, returns: 1 }
  ours: { returns: 1, callers: ["arn:aws:iam::111122223333:role/sluice/checkout"] }
projects:
  good: { phases: { QUEUED: 5s, PROVISIONING: 20s, BUILD: 2m } }
  bad: { phases: { BUILD: 1m }, fails: { phase: BUILD, message: exit status 2 } }
  ours: { callers: ["arn:aws:iam::111122223333:role/sluice/checkout"] }
machines:
  good: { takes: 3m, output: { ok: true } }
  bad: { takes: 1m, fails: { error: OrderLost, cause: order 7 never came } }
  quick: { express: true }
canaries:
  page: { every: 1m, takes: 20s, failures: [ { at: 10m, for: 1m, reason: no button } ], stopped: [ { at: 30m } ] }
secrets:
  api: { value: { token: hunter2 } }
  ours: { value: mine, callers: ["arn:aws:iam::111122223333:role/sluice/checkout"] }
  theirs: { value: theirs, account: "444455556666" }
"#;

const ID: TestId<'static> = TestId {
    pipeline: "checkout",
    release: "11111111-2222-4333-8444-555555555555",
    stage: "prod",
    gate: "validate",
    test: "smoke",
    attempt: "99999999-2222-4333-8444-555555555555",
};

fn own() -> Place {
    Place::default()
}

fn with(role: &str) -> Place {
    Place {
        region: None,
        role: Some(role.to_owned()),
    }
}

fn seconds(seconds: u64) -> std::time::Duration {
    std::time::Duration::from_secs(seconds)
}

/// Lets this happen to the calls that `when` picks.
fn fault(world: &World, fault: Fault, when: impl Fn(&Call) -> bool + Send + Sync + 'static) {
    world.set_faults(Arc::new(move |call| when(call).then(|| fault.clone())));
}

/// Later than any client waits.
const NEVER: SignedDuration = SignedDuration::from_hours(10);
