//! A build is started once: by invocations that come at the same time, that
//! die at any call, whose answers are lost, and that come back when CodeBuild
//! has forgotten the token.

use std::collections::BTreeMap;

use sluice_aws::{Aws, AwsError, BuildToStart};
use sluice_gates::claims::{Begun, Claiming, TestId, begin_build, begun_build};
use sluice_world::World;
use sluice_world::world::Fault;

use super::{ID, NEVER, TABLE, fault, own, seconds, world};

const PROJECT: &str = "good";

fn claiming<'a>(id: &'a TestId<'a>, claimer: &'a str) -> Claiming<'a> {
    Claiming {
        table: TABLE,
        id,
        claimer,
    }
}

fn build_of(claiming: &Claiming<'_>) -> BuildToStart {
    let variables = BTreeMap::from([("STAGE".to_owned(), "prod".to_owned())]);
    claiming.build_of(PROJECT, Some("abc123"), &variables)
}

/// One invocation that asks for the build.
async fn begin(aws: &Aws, claimer: &str) -> Result<Begun, AwsError> {
    let claiming = claiming(&ID, claimer);
    begin_build(aws, &own(), &claiming, &build_of(&claiming)).await
}

/// Invocations a minute apart, until one has the build's ARN.
async fn until_begun(aws: &Aws) -> String {
    for number in 0..60 {
        if let Ok(Begun::Started { arn, .. }) = begin(aws, &format!("later-{number}")).await {
            return arn;
        }
        tokio::time::sleep(seconds(60)).await;
    }
    panic!("no invocation came to a build within an hour");
}

#[track_caller]
fn check_one(world: &World, arn: &str) {
    let builds: Vec<String> = world.builds().into_iter().map(|build| build.arn).collect();
    assert_eq!(builds, [arn]);
}

#[tokio::test(start_paused = true)]
async fn a_build_is_started_with_its_version_variables_and_mark() {
    let (world, aws) = world();
    let arn = until_begun(&aws).await;
    check_one(&world, &arn);
    let build = &world.builds()[0];
    assert_eq!(build.source_version.as_deref(), Some("abc123"));
    assert_eq!(build.variables["STAGE"], "prod");
    assert_eq!(build.variables["SLUICE_STARTED_FOR"], ID.key());
}

#[tokio::test(start_paused = true)]
async fn invocations_at_the_same_time_start_one_build() {
    let (world, aws) = world();
    let (one, two, three) = tokio::join!(begin(&aws, "a"), begin(&aws, "b"), begin(&aws, "c"));
    let started = [one, two, three].into_iter().map(Result::unwrap);
    let started = started.filter(|begun| matches!(begun, Begun::Started { .. }));
    assert!(started.count() >= 1);
    check_one(&world, &until_begun(&aws).await);
}

#[tokio::test(start_paused = true)]
async fn another_attempt_or_test_starts_a_build_of_its_own() {
    let (world, aws) = world();
    let retried = TestId { attempt: "2", ..ID };
    let other = TestId {
        test: "other",
        ..ID
    };
    for id in [ID, retried, other] {
        let claiming = claiming(&id, "a");
        let begun = begin_build(&aws, &own(), &claiming, &build_of(&claiming)).await;
        assert!(matches!(begun, Ok(Begun::Started { .. })));
    }
    assert_eq!(world.builds().len(), 3);
}

/// An invocation that dies at its nth call, before or after its effect; the
/// next one comes so many seconds later.
async fn dies(call: u64, after_effect: bool, gap: u64, seen_after: i64) -> (World, String, bool) {
    let (world, aws) = world();
    world.with_builds(|own| own.seen_after = jiff::SignedDuration::from_secs(seen_after));
    let never = if after_effect {
        Fault::AnswerLate(NEVER)
    } else {
        Fault::Slow(NEVER)
    };
    fault(&world, never, move |own| own.number + 1 == call);
    // The client gives up on one try after 5 s: death comes before that.
    let died = tokio::time::timeout(seconds(2), begin(&aws, "dead"))
        .await
        .is_err();
    fault(&world, Fault::AnswerLost, |_| false);
    tokio::time::sleep(seconds(gap)).await;
    let arn = until_begun(&aws).await;
    (world, arn, died)
}

#[tokio::test(start_paused = true)]
async fn a_death_at_any_call_leaves_exactly_one_build() {
    let mut deaths = 0;
    for call in 1..=5 {
        for after_effect in [false, true] {
            for gap in [0, 100, 200, 290, 310, 700] {
                for seen_after in [0, 500] {
                    let (world, arn, died) = dies(call, after_effect, gap, seen_after).await;
                    check_one(&world, &arn);
                    deaths += u32::from(died);
                }
            }
        }
    }
    // Get, put, start and update: four calls, before and after, six gaps, two
    // visibilities.
    assert_eq!(deaths, 96);
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_answer_is_lost_is_repeated_and_starts_nothing_twice() {
    for operation in ["PutItem", "StartBuild", "UpdateItem"] {
        let (world, aws) = world();
        let lost = std::sync::atomic::AtomicBool::new(false);
        fault(&world, Fault::AnswerLost, move |call| {
            call.operation == operation && !lost.swap(true, std::sync::atomic::Ordering::Relaxed)
        });
        let begun = begin(&aws, "a").await.unwrap();
        let Begun::Started { arn, .. } = begun else {
            panic!("{operation}: {begun:?}");
        };
        check_one(&world, &arn);
        assert_eq!(world.calls_by_operation().values().sum::<u64>(), 5);
    }
}

#[tokio::test(start_paused = true)]
async fn who_finds_a_young_claim_waits_until_its_owner_cannot_live() {
    let (world, aws) = world();
    fault(&world, Fault::Slow(NEVER), |call| {
        call.operation == "StartBuild"
    });
    let died = tokio::time::timeout(seconds(2), begin(&aws, "dead")).await;
    assert!(died.is_err());
    fault(&world, Fault::AnswerLost, |_| false);
    let claimed = aws
        .claim(TABLE, &ID.key())
        .await
        .unwrap()
        .unwrap()
        .claimed_at;
    let begun = begin(&aws, "next").await.unwrap();
    let until = claimed + jiff::SignedDuration::from_secs(150);
    assert_eq!(begun, Begun::Wait(until));
    assert!(world.builds().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_build_that_does_not_show_its_variables_is_not_found() {
    // What the assumption rests on: were it not so, a second build would be
    // started where the first one's start was lost for long.
    let (world, aws) = world();
    world.with_builds(|own| own.shows_variables = false);
    fault(&world, Fault::AnswerLate(NEVER), |call| {
        call.operation == "StartBuild"
    });
    let died = tokio::time::timeout(seconds(2), begin(&aws, "dead")).await;
    assert!(died.is_err());
    fault(&world, Fault::AnswerLost, |_| false);
    tokio::time::sleep(seconds(700)).await;
    until_begun(&aws).await;
    assert_eq!(world.builds().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_says_where_and_leaves_the_claim_for_the_next_look() {
    let (world, aws) = world();
    let claiming = claiming(&ID, "a");
    let build = BuildToStart {
        project: "none".to_owned(),
        ..build_of(&claiming)
    };
    let refused = begin_build(&aws, &own(), &claiming, &build)
        .await
        .unwrap_err();
    assert!(refused.is_missing(), "{refused}");
    assert_eq!(refused.resource.as_deref(), Some("none"));
    let claim = aws.claim(TABLE, &ID.key()).await.unwrap().unwrap();
    assert_eq!(claim.started, None);
    assert!(claim.about.contains("checkout"), "{}", claim.about);
    assert!(world.builds().is_empty());
}

/// What was started, as somebody sees it who only wants to stop it.
async fn begun(aws: &Aws) -> Option<String> {
    let claiming = claiming(&ID, "stops");
    let begun = begun_build(aws, &own(), &claiming, &build_of(&claiming)).await;
    begun.unwrap()
}

#[tokio::test(start_paused = true)]
async fn who_only_stops_finds_what_was_started_and_starts_nothing() {
    let (world, aws) = world();
    assert_eq!(begun(&aws).await, None);
    fault(&world, Fault::AnswerLate(NEVER), |call| {
        call.operation == "StartBuild"
    });
    let died = tokio::time::timeout(seconds(2), begin(&aws, "dead")).await;
    assert!(died.is_err());
    fault(&world, Fault::AnswerLost, |_| false);
    let found = begun(&aws).await.unwrap();
    check_one(&world, &found);
    assert_eq!(until_begun(&aws).await, found);
    assert_eq!(begun(&aws).await, Some(found));
}
