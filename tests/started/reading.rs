//! Canaries and secrets: read, and by whom.

use jiff::SignedDuration;
use sluice_aws::{Aws, CanaryState, NoSecretText, Refusal, RunState, SecretText};
use sluice_core::reading::Place;
use sluice_gates::validate::synthetics::{Wanted, follow};
use sluice_gates::validate::{Lack, State};
use sluice_world::World;

use super::{OTHER_ROLE, ROLE, own, seconds, with, world};

/// What three runs of `page` since `minutes` after the beginning mean.
async fn three_since(world: &World, aws: &Aws, minutes: i64) -> State {
    let wanted = Wanted {
        since: world.scenario().begin + SignedDuration::from_mins(minutes),
        runs: 3,
        passed_percent: 100.0,
        over: false,
    };
    follow(aws, &own(), "page", &wanted).await.unwrap().state
}

#[tokio::test(start_paused = true)]
async fn a_canarys_runs_since_the_deployment_decide() {
    let (world, aws) = world();
    tokio::time::sleep(seconds(130)).await;
    assert_eq!(three_since(&world, &aws, 0).await, State::Running);
    tokio::time::sleep(seconds(20)).await;
    assert_eq!(three_since(&world, &aws, 0).await, State::Passed);
    tokio::time::sleep(seconds(600)).await;
    assert_eq!(three_since(&world, &aws, 9).await, State::Failed);
    assert_eq!(three_since(&world, &aws, 10).await, State::Failed);
    assert_eq!(three_since(&world, &aws, 11).await, State::Running);
    tokio::time::sleep(seconds(1200)).await;
    let stopped = State::Unknown(Lack::Test);
    assert_eq!(three_since(&world, &aws, 28).await, stopped);
}

#[tokio::test(start_paused = true)]
async fn a_days_runs_come_in_pages_and_old_ones_end_it_in_either_order() {
    let (world, aws) = world();
    tokio::time::sleep(seconds(1500)).await;
    let since = world.scenario().begin + SignedDuration::from_mins(20);
    for oldest_first in [false, true] {
        world.with_canaries(|own| own.oldest_first = oldest_first);
        let runs = aws.canary_runs(&own(), "page", since).await.unwrap();
        let started: Vec<i64> = runs
            .iter()
            .map(|run| run.started.duration_since(since).as_mins())
            .collect();
        assert_eq!(started, [0, 1, 2, 3, 4, 5]);
        assert_eq!(runs[5].state, RunState::Running);
    }
    let pages = world.calls_by_operation()["synthetics:GetCanaryRuns"];
    // Newest first one page is enough for what is wanted, and the next shows
    // that there is no more; else all of three hours are read.
    assert_eq!(pages, 2 + 3);
}

#[tokio::test(start_paused = true)]
async fn a_canary_that_is_not_there_is_a_mistake_of_the_settings() {
    let (world, aws) = world();
    assert_eq!(aws.canary(&own(), "none").await, Ok(None));
    let canary = aws.canary(&own(), "page").await.unwrap().unwrap();
    assert_eq!(canary.state, CanaryState::Runs);
    assert_eq!(canary.schedule.as_deref(), Some("rate(1 minute)"));
    let wanted = Wanted {
        since: world.scenario().begin,
        runs: 1,
        passed_percent: 100.0,
        over: false,
    };
    let followed = follow(&aws, &own(), "none", &wanted).await.unwrap();
    assert_eq!(followed.state, State::Unknown(Lack::Settings));
    assert_eq!(followed.line, "there is no canary `none`");
}

#[tokio::test(start_paused = true)]
async fn a_secret_is_read_by_name_and_arn_and_shown_by_nothing() {
    let (_world, aws) = world();
    let arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:api-a1B2c3";
    for id in ["api", arn, arn.trim_end_matches("-a1B2c3")] {
        let secret = aws.secret(&own(), id).await.unwrap();
        let token = secret.key("token");
        assert_eq!(token.as_ref().map(SecretText::reveal), Ok("hunter2"));
        assert_eq!(secret.key("none"), Err(NoSecretText::NoSuchKey));
        assert!(!format!("{secret:?} {token:?}").contains("hunter2"));
    }
}

async fn refusal(aws: &Aws, place: &Place, id: &str) -> Refusal {
    aws.secret(place, id).await.unwrap_err().refusal
}

#[tokio::test(start_paused = true)]
async fn a_secret_of_others_is_denied_and_one_of_another_account_is_not_there() {
    let (_world, aws) = world();
    let mine = aws.secret(&with(ROLE), "ours").await.unwrap();
    assert_eq!(mine.whole().reveal(), "mine");
    assert_eq!(refusal(&aws, &own(), "ours").await, Refusal::Denied);
    let missing = Refusal::Code("ResourceNotFoundException".to_owned());
    assert_eq!(refusal(&aws, &own(), "theirs").await, missing);
    let theirs = aws.secret(&with(OTHER_ROLE), "theirs").await.unwrap();
    assert_eq!(theirs.whole().reveal(), "theirs");
}
