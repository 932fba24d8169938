//! Executions: started once by their name, followed, stopped.

use sluice_aws::{Aws, Refusal, StartedExecution};
use sluice_gates::claims::{begin_execution, begun_execution};
use sluice_gates::validate::{Followed, Lack, State, state_machine};
use sluice_world::world::Fault;

use super::{ID, fault, own, seconds, world};

fn arn(name: &str) -> String {
    format!("arn:aws:states:us-east-1:111122223333:stateMachine:{name}")
}

async fn begin(aws: &Aws, machine: &str, input: &str) -> StartedExecution {
    let begun = begin_execution(aws, &own(), &arn(machine), &ID, input).await;
    begun.unwrap()
}

async fn follow(aws: &Aws, arn: &str) -> Followed {
    state_machine::follow(aws, &own(), arn).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_execution_is_started_once_and_adopted_while_it_runs_and_after() {
    let (world, aws) = world();
    let first = begin(&aws, "good", "{}").await;
    let again = begin(&aws, "good", "{}").await;
    assert_eq!(first, again);
    let known = begun_execution(&arn("good"), &ID);
    assert_eq!(known.as_deref(), Some(first.arn()));
    let other = begin(&aws, "good", "{\"a\":1}").await;
    assert_eq!(
        other,
        StartedExecution::AlreadyThere(first.arn().to_owned())
    );
    assert_eq!(follow(&aws, first.arn()).await.state, State::Running);
    tokio::time::sleep(seconds(200)).await;
    let ended = begin(&aws, "good", "{}").await;
    assert_eq!(
        ended,
        StartedExecution::AlreadyThere(first.arn().to_owned())
    );
    let followed = follow(&aws, ended.arn()).await;
    assert_eq!(followed.line, "the execution succeeded in 3m");
    assert_eq!(world.executions().len(), 1);
    assert_eq!(world.executions()[0].name, ID.execution_name());
}

#[tokio::test(start_paused = true)]
async fn a_start_whose_answer_is_lost_is_repeated_and_starts_nothing_twice() {
    let (world, aws) = world();
    fault(&world, Fault::AnswerLost, |call| call.number == 0);
    begin(&aws, "good", "{}").await;
    assert_eq!(world.calls_by_operation()["states:StartExecution"], 2);
    assert_eq!(world.executions().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_machines_alias_starts_executions_of_the_machine() {
    let (world, aws) = world();
    let one = begin(&aws, "good:PROD", "{}").await;
    let other = begin(&aws, "good", "{\"b\":1}").await;
    assert_eq!(other, StartedExecution::AlreadyThere(one.arn().to_owned()));
    assert_eq!(world.executions().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_execution_that_fails_shows_its_error_and_cause() {
    let (_world, aws) = world();
    let begun = begin(&aws, "bad", "{}").await;
    tokio::time::sleep(seconds(100)).await;
    let followed = follow(&aws, begun.arn()).await;
    assert_eq!(followed.state, State::Failed);
    assert_eq!(followed.line, "the execution failed with `OrderLost`");
    assert_eq!(followed.detail.as_deref(), Some("order 7 never came"));
}

#[tokio::test(start_paused = true)]
async fn an_execution_that_we_stop_says_why() {
    let (world, aws) = world();
    let begun = begin(&aws, "good", "{}").await;
    let why = "release r-1 was stopped";
    aws.stop_execution(&own(), begun.arn(), why).await.unwrap();
    aws.stop_execution(&own(), begun.arn(), why).await.unwrap();
    let followed = follow(&aws, begun.arn()).await;
    assert_eq!(followed.state, State::Unknown(Lack::Test));
    assert_eq!(followed.detail.as_deref(), Some(why));
    let stopped = world.executions()[0].stopped.clone().unwrap();
    assert_eq!(
        (stopped.1.as_str(), stopped.2.as_str()),
        ("StoppedBySluice", why)
    );
}

#[tokio::test(start_paused = true)]
async fn an_express_machine_cannot_be_followed_and_is_said_to_be_one() {
    let (_world, aws) = world();
    let begun = begin(&aws, "quick", "{}").await;
    let followed = follow(&aws, begun.arn()).await;
    assert_eq!(followed.state, State::Unknown(Lack::Settings));
    assert!(followed.line.contains("Express"), "{}", followed.line);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_started_is_refused() {
    let (_world, aws) = world();
    for (machine, name, input, code) in [
        (arn("none"), "n", "{}", "StateMachineDoesNotExist"),
        ("good".to_owned(), "n", "{}", "InvalidArn"),
        (arn("good"), "a b", "{}", "InvalidName"),
        (arn("good"), "n", "{", "InvalidExecutionInput"),
    ] {
        let refused = aws.start_execution(&own(), &machine, name, input).await;
        let expected = Refusal::Code(code.to_owned());
        assert_eq!(refused.unwrap_err().refusal, expected);
    }
    let none = arn("good").replace("stateMachine", "execution") + ":none";
    assert_eq!(aws.execution(&own(), &none).await, Ok(None));
}
