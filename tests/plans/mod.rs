//! The plan store and what it comes to for a release, in a simulated AWS.

pub(crate) mod resolving;
mod store;

use std::path::Path;
use std::sync::Arc;

use sluice::rehearsal::{EVIDENCE_BUCKET, aws_for};
use sluice_aws::Aws;
use sluice_core::GateError;
use sluice_host::{PlanChange, PlanStore, Plans, Pushed};
use sluice_world::world::{Call, Fault};
use sluice_world::{Scenario, World};

const TABLE: &str = "sluice-plans";

const SCENARIO: &str = r#"
about: a plan store
tables:
  sluice-plans: { key: scope, sort: version }
  sluice-claims: {}
"#;

const COMPANY: &str =
    "stages: { prod*: { gates: [{ bake: { for: 1h, traffic: not_measured } }] } }\n";

const CHECKOUT: &str = "\
pipelines: [checkout]
stages: { prod: { gates: [{ bake: { alarms: [checkout-5xx] } }], on_fail: { roll_back: stage, notify: [checkout] }, stop_others: true } }
";

fn world() -> World {
    let world = World::new(Scenario::parse(SCENARIO, Path::new(".")).unwrap());
    world.s3().create_bucket(EVIDENCE_BUCKET);
    world
}

fn fault(world: &World, fault: Fault, when: impl Fn(&Call) -> bool + Send + Sync + 'static) {
    world.set_faults(Arc::new(move |call| when(call).then(|| fault.clone())));
}

async fn push(aws: &Aws, scope: &str, document: &str, by: &str) -> Result<Pushed, GateError> {
    let store = PlanStore { aws, table: TABLE };
    let scope = scope.parse().unwrap();
    let change = PlanChange {
        scope: &scope,
        document,
        by,
        why: "a test",
        over: None,
    };
    store.push(&change).await
}

async fn pushed(aws: &Aws, scope: &str, document: &str) -> u32 {
    match push(aws, scope, document, "ana").await.unwrap() {
        Pushed::Done(new) => new.version,
        other => panic!("{scope}: {other:?}"),
    }
}

/// The function `plan` of a world.
fn plans(world: &World) -> Plans {
    Plans {
        aws: aws_for(world, "sluice-plan"),
        plans_table: Some(TABLE.to_owned()),
        claims_table: Some("sluice-claims".to_owned()),
        evidence_bucket: Some(EVIDENCE_BUCKET.to_owned()),
        log: Arc::new(|_| {}),
    }
}
