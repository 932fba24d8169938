//! Roles that are assumed in a service's name: no other service has them.

use sluice_aws::{ActingFor, Aws, AwsError, Refusal, external_id};
use sluice_world::World;
use sluice_world::sts::Trust;

use super::{ROLE, with, world};

fn acting_for(aws: &Aws, service: &str, tags: bool) -> Aws {
    aws.acting_for(Some(ActingFor {
        service: service.to_owned(),
        tagged: tags.then(|| ("checkout".to_owned(), "prod".to_owned())),
    }))
}

/// A world whose role is only checkout's.
fn bound(tags: bool) -> (World, Aws) {
    let (world, aws) = world();
    let trust = Trust {
        external_id: Some(external_id("checkout")),
        tags,
    };
    world.sts().trust(ROLE, trust);
    (world, aws)
}

async fn reads(aws: &Aws) -> Result<(), AwsError> {
    aws.canary(&with(ROLE), "page").await.map(drop)
}

#[track_caller]
fn check_refused(read: Result<(), AwsError>) {
    let error = read.unwrap_err();
    assert_eq!(error.operation, "sts:AssumeRole");
    assert_eq!(error.refusal, Refusal::Denied);
    assert!(error.to_string().contains(ROLE), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_role_of_one_service_is_refused_to_another_also_after_the_first_had_it() {
    let (_world, aws) = bound(false);
    check_refused(reads(&acting_for(&aws, "payments", false)).await);
    assert_eq!(reads(&acting_for(&aws, "checkout", false)).await, Ok(()));
    check_refused(reads(&acting_for(&aws, "payments", false)).await);
    check_refused(reads(&aws).await);
    assert_eq!(reads(&acting_for(&aws, "checkout", false)).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn sessions_say_in_cloudtrail_whose_they_are() {
    let (world, aws) = bound(false);
    reads(&acting_for(&aws, "checkout", false)).await.unwrap();
    let session = world.sts().session_of("ASIASTS0000000000001");
    let own = "arn:aws:sts::111122223333:assumed-role/checkout/sluice-checkout";
    assert_eq!(session.as_deref(), Some(own));
}

#[tokio::test(start_paused = true)]
async fn a_role_whose_sessions_may_not_be_tagged_takes_those_without_tags() {
    for (allowed, tagged, taken) in [
        (false, false, true),
        (false, true, false),
        (true, true, true),
    ] {
        let (_world, aws) = bound(allowed);
        let read = reads(&acting_for(&aws, "checkout", tagged)).await;
        assert_eq!(read.is_ok(), taken, "{allowed} {tagged}: {read:?}");
    }
}
