//! The table of waivers.

use jiff::{SignedDuration, Timestamp};
use sluice::rehearsal::in_virtual_time;
use sluice_aws::{Aws, WaiverPut};
use sluice_core::waiver::GivenWaiver;

use super::world;

const TABLE: &str = "sluice-waivers";
const RELEASE: (&str, &str) = ("checkout", "11111111-2222-4333-8444-555555555555");
const NOW: Timestamp = Timestamp::constant(1_772_528_400, 0);

fn waiver(by: &str, scope: &str) -> GivenWaiver {
    GivenWaiver {
        by: format!("arn:aws:iam::111122223333:user/{by}"),
        at: NOW,
        expires: NOW + SignedDuration::from_hours(4),
        reason: "the alarm watches a host that is gone".to_owned(),
        covers_gate_errors: true,
        scope: scope.to_owned(),
    }
}

async fn put(aws: &Aws, waiver: &GivenWaiver, old: Option<&GivenWaiver>) -> WaiverPut {
    aws.put_waiver(TABLE, RELEASE, waiver, old).await.unwrap()
}

async fn all(aws: &Aws, release: &str) -> Vec<GivenWaiver> {
    aws.waivers(TABLE, "checkout", release).await.unwrap()
}

#[test]
fn a_waiver_is_read_as_it_was_written_and_for_its_release_only() {
    let (_world, aws) = world();
    in_virtual_time(async {
        let (bake, stage) = (waiver("alice", "prod/bake"), waiver("bob", "prod/*"));
        assert_eq!(put(&aws, &bake, None).await, WaiverPut::Done);
        assert_eq!(put(&aws, &stage, None).await, WaiverPut::Done);
        assert_eq!(all(&aws, RELEASE.1).await, [stage, bake]);
        assert_eq!(all(&aws, "another").await, []);
    })
    .unwrap();
}

#[test]
fn nobody_overwrites_a_waiver_that_they_did_not_see() {
    let (_world, aws) = world();
    in_virtual_time(async {
        let (first, second) = (waiver("alice", "prod/bake"), waiver("bob", "prod/bake"));
        assert_eq!(put(&aws, &first, None).await, WaiverPut::Done);
        assert_eq!(put(&aws, &second, None).await, WaiverPut::Changed);
        assert_eq!(put(&aws, &second, Some(&first)).await, WaiverPut::Done);
        assert_eq!(put(&aws, &first, Some(&first)).await, WaiverPut::Changed);
        assert_eq!(all(&aws, RELEASE.1).await, [second]);
    })
    .unwrap();
}

#[test]
fn all_pages_are_read() {
    let (world, aws) = world();
    in_virtual_time(async {
        for number in 0..7 {
            let mut own = waiver("alice", &format!("prod/gate-{number}"));
            own.reason = "x".repeat(390 * 1024);
            assert_eq!(put(&aws, &own, None).await, WaiverPut::Done);
        }
        let all = all(&aws, RELEASE.1).await;
        let scopes: Vec<&str> = all.iter().map(|waiver| waiver.scope.as_str()).collect();
        let expected: Vec<String> = (0..7).map(|number| format!("prod/gate-{number}")).collect();
        assert_eq!(scopes, expected);
        assert_eq!(world.calls_by_operation()["dynamodb:Query"], 4);
    })
    .unwrap();
}
