//! Builds: followed to their end, stopped, and seen by who may.

use sluice_aws::{Aws, BuildStatus, BuildToStart, Refusal};
use sluice_core::reading::Place;
use sluice_gates::validate::{Followed, State, codebuild};
use sluice_world::World;

use super::{OTHER_ROLE, ROLE, own, seconds, with, world};

fn build(project: &str, token: &str) -> BuildToStart {
    BuildToStart {
        project: project.to_owned(),
        source_version: None,
        variables: Default::default(),
        mark: "mark".to_owned(),
        token: token.to_owned(),
    }
}

async fn start(aws: &Aws, project: &str) -> String {
    aws.start_build(&own(), &build(project, "t"))
        .await
        .unwrap()
        .arn
}

async fn follow(world: &World, aws: &Aws, arn: &str) -> Followed {
    let started = world.builds()[0].at;
    codebuild::follow(aws, &own(), arn, started).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_build_is_followed_through_its_phases() {
    let (world, aws) = world();
    let arn = start(&aws, "good").await;
    tokio::time::sleep(seconds(10)).await;
    let followed = follow(&world, &aws, &arn).await;
    assert_eq!(followed.state, State::Running);
    assert_eq!(
        followed.line,
        "build 1 of `good` is in PROVISIONING, 10s after its start"
    );
    assert!(followed.link.unwrap().contains("/aws/codebuild/good"));
    tokio::time::sleep(seconds(150)).await;
    let followed = follow(&world, &aws, &arn).await;
    assert_eq!(followed.state, State::Passed);
    assert_eq!(followed.line, "build 1 of `good` succeeded in 2m25s");
}

#[tokio::test(start_paused = true)]
async fn a_build_that_fails_says_in_which_phase_and_why() {
    let (world, aws) = world();
    let arn = start(&aws, "bad").await;
    tokio::time::sleep(seconds(100)).await;
    let followed = follow(&world, &aws, &arn).await;
    assert_eq!(followed.state, State::Failed);
    assert_eq!(followed.line, "build 1 of `bad` failed in BUILD");
    assert_eq!(followed.detail.as_deref(), Some("exit status 2"));
}

#[tokio::test(start_paused = true)]
async fn a_build_can_be_stopped_once_and_again() {
    let (world, aws) = world();
    let arn = start(&aws, "good").await;
    tokio::time::sleep(seconds(30)).await;
    aws.stop_build(&own(), &arn).await.unwrap();
    aws.stop_build(&own(), &arn).await.unwrap();
    let build = aws.build(&own(), &arn).await.unwrap().unwrap();
    assert_eq!(build.status, BuildStatus::Stopped);
    let followed = follow(&world, &aws, &arn).await;
    assert_eq!(followed.line, "somebody stopped build 1 of `good` in BUILD");
    world.with_builds(|own| own.refuses_late_stop = true);
    let refused = aws.stop_build(&own(), &arn).await.unwrap_err();
    assert!(refused.has_code("InvalidInputException"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn a_token_is_known_for_five_minutes() {
    let (world, aws) = world();
    start(&aws, "good").await;
    tokio::time::sleep(seconds(299)).await;
    start(&aws, "good").await;
    assert_eq!(world.builds().len(), 1);
    let other = BuildToStart {
        mark: "other".to_owned(),
        ..build("good", "t")
    };
    let refused = aws.start_build(&own(), &other).await.unwrap_err();
    assert!(refused.message.contains("parameter mismatch"), "{refused}");
    tokio::time::sleep(seconds(1)).await;
    start(&aws, "good").await;
    assert_eq!(world.builds().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn builds_are_found_by_their_mark_over_all_pages() {
    let (world, aws) = world();
    for number in 0..250 {
        let mark = if number == 3 { "wanted" } else { "other" };
        let build = BuildToStart {
            mark: mark.to_owned(),
            ..build("good", &number.to_string())
        };
        aws.start_build(&own(), &build).await.unwrap();
    }
    let since = world.scenario().begin;
    let found = aws
        .builds_marked(&own(), "good", "wanted", since)
        .await
        .unwrap();
    let numbers: Vec<Option<i64>> = found.iter().map(|build| build.number).collect();
    assert_eq!(numbers, [Some(4)]);
    let listed = world.calls_by_operation()["codebuild:ListBuildsForProject"];
    assert_eq!(listed, 3);
}

#[tokio::test(start_paused = true)]
async fn more_builds_than_can_be_looked_through_are_an_error_and_no_absence() {
    let (world, aws) = world();
    for number in 0..501 {
        let build = build("good", &number.to_string());
        aws.start_build(&own(), &build).await.unwrap();
    }
    let since = world.scenario().begin;
    let refused = aws
        .builds_marked(&own(), "good", "none", since)
        .await
        .unwrap_err();
    assert!(refused.has_code("TooManyPages"), "{refused}");
}

#[track_caller]
fn check_denied(refused: &sluice_aws::AwsError) {
    assert_eq!(refused.refusal, Refusal::Denied, "{refused}");
}

#[tokio::test(start_paused = true)]
async fn a_project_of_others_is_denied_and_one_of_another_account_is_not_there() {
    let (_world, aws) = world();
    let start = async |place: &Place| aws.start_build(place, &build("ours", "t")).await;
    assert!(start(&with(ROLE)).await.is_ok());
    check_denied(&start(&own()).await.unwrap_err());
    let missing = start(&with(OTHER_ROLE)).await.unwrap_err();
    assert!(missing.is_missing(), "{missing}");
}
