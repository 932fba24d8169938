//! Functions of the user: invoked, waited for, and refused.

use jiff::SignedDuration;
use serde_json::{Map, json};
use sluice_aws::{Aws, Invocation, Invoked, PAYLOAD_BYTES_MAX, Refusal};
use sluice_core::reading::Place;
use sluice_gates::validate::lambda::{Call, Ended, invoke};
use sluice_gates::validate::{Lack, State};
use sluice_world::world::Fault;

use super::{ID, NEVER, OTHER_ROLE, ROLE, fault, own, with, world};

async fn call(aws: &Aws, place: &Place, function: &str, left: i64) -> Ended {
    let call = Call {
        place,
        function,
        payload: Map::from_iter([("a".to_owned(), json!(1))]),
        id: ID.key(),
        at_most: SignedDuration::from_secs(60),
        left: SignedDuration::from_secs(left),
    };
    invoke(aws, call).await.unwrap()
}

async fn state(aws: &Aws, place: &Place, function: &str, left: i64) -> State {
    match call(aws, place, function, left).await {
        Ended::Told(followed) => followed.state,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_function_is_invoked_with_the_tests_id_and_its_result_comes_back() {
    let (world, aws) = world();
    let ended = call(&aws, &own(), "smoke", 60).await;
    assert_eq!(ended, Ended::Returned(json!({ "ok": true })));
    let invoked = world.invoked();
    assert_eq!(invoked.len(), 1);
    let expected = json!({ "a": 1, "sluice_test_id": ID.key() });
    assert_eq!(invoked[0].payload, expected);
    let took = invoked[0].at.duration_since(world.scenario().begin);
    assert_eq!(took.as_secs(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_function_that_fails_or_is_late_fails_the_test() {
    let (_world, aws) = world();
    assert_eq!(state(&aws, &own(), "broken", 60).await, State::Failed);
    assert_eq!(state(&aws, &own(), "slow", 60).await, State::Failed);
    let service = State::Unknown(Lack::Service);
    assert_eq!(state(&aws, &own(), "slow", 30).await, service);
}

#[tokio::test(start_paused = true)]
async fn a_function_of_others_is_denied_and_one_of_another_account_is_not_there() {
    let (_world, aws) = world();
    let ended = call(&aws, &with(ROLE), "ours", 60).await;
    assert_eq!(ended, Ended::Returned(json!(1)));
    let rights = State::Unknown(Lack::Rights);
    assert_eq!(state(&aws, &own(), "ours", 60).await, rights);
    let settings = State::Unknown(Lack::Settings);
    assert_eq!(state(&aws, &with(OTHER_ROLE), "ours", 60).await, settings);
    assert_eq!(state(&aws, &own(), "none", 60).await, settings);
}

fn invocation(place: &Place, payload: String) -> Invocation<'_> {
    Invocation {
        place,
        function: "smoke",
        payload,
        within: SignedDuration::from_secs(60),
    }
}

#[tokio::test(start_paused = true)]
async fn an_invocation_whose_answer_is_lost_is_not_repeated_in_place() {
    let (world, aws) = world();
    let place = own();
    fault(&world, Fault::AnswerLost, |call| call.number == 0);
    let lost = aws.invoke(invocation(&place, "{}".to_owned())).await;
    assert_eq!(lost.unwrap_err().refusal, Refusal::Unavailable);
    assert_eq!(world.invoked().len(), 1);
    fault(&world, Fault::Slow(NEVER), |_| true);
    let late = aws.invoke(invocation(&place, "{}".to_owned())).await;
    assert_eq!(late, Ok(Invoked::Late));
}

#[tokio::test(start_paused = true)]
async fn a_payload_that_lambda_would_not_take_is_not_sent() {
    let (world, aws) = world();
    let place = own();
    let payload = format!("\"{}\"", "x".repeat(PAYLOAD_BYTES_MAX - 1));
    let refused = aws.invoke(invocation(&place, payload)).await.unwrap_err();
    assert!(refused.has_code("RequestTooLargeException"), "{refused}");
    assert!(world.calls().is_empty());
}
