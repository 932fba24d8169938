//! Events sent by `Invoke`.

use std::path::Path;
use std::sync::{Arc, Mutex};

use http::{Request, Response};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Lambda, Taken};
use crate::caller::Caller;
use crate::clock::Clock;
use crate::codepipeline::{FunctionError, Invocation, Settings};
use crate::scenario::{Marks, Scenario};
use crate::wire::ApiError;

/// Calls `Invoke` from the scenario's own account.
fn invoke(
    lambda: &Lambda,
    request: &Request<Vec<u8>>,
    number: u64,
) -> Result<Response<Vec<u8>>, ApiError> {
    match take(lambda, request, number, false)? {
        Taken::Answered(answer) => Ok(answer),
        Taken::Runs(_) => panic!("no functions are set"),
    }
}

/// The same with functions beside those of the scenario, where `are_set`.
fn take(
    lambda: &Lambda,
    request: &Request<Vec<u8>>,
    number: u64,
    are_set: bool,
) -> Result<Taken, ApiError> {
    let scenario = Scenario::parse(SCENARIO, Path::new(".")).unwrap();
    let caller = Caller {
        account: &scenario.account,
        region: &scenario.region,
        session: None,
        now: scenario.begin,
        scenario: &scenario,
        marks: &Marks::new(),
    };
    lambda.invoke(&caller, request, number, are_set)
}

const SCENARIO: &str = "{ about: functions, functions: { smoke: { returns: { ok: true } } } }";

type Seen = Arc<Mutex<Vec<Invocation>>>;

/// A Lambda whose function fails so often, and what it was invoked with.
fn lambda(failures: u32) -> (Lambda, Seen) {
    let seen = Seen::default();
    let note = Arc::clone(&seen);
    let functions: crate::codepipeline::Functions = Arc::new(move |invocation| {
        let fails = invocation.attempt <= failures;
        note.lock().unwrap().push(invocation);
        Box::pin(async move {
            if fails {
                Err(FunctionError {
                    error_type: "Unhandled".to_owned(),
                    message: "no".to_owned(),
                })
            } else {
                Ok(Value::Null)
            }
        })
    });
    let settings = Settings {
        retry_waits: vec![SignedDuration::from_mins(1)],
        ..Settings::default()
    };
    let clock = Clock::starting_at(jiff::Timestamp::UNIX_EPOCH);
    (Lambda::new(clock, &settings, functions), seen)
}

fn request(path: &str, kind: &str, body: &str) -> Request<Vec<u8>> {
    Request::post(format!("https://lambda.us-east-1.amazonaws.com{path}"))
        .header("x-amz-invocation-type", kind)
        .body(body.as_bytes().to_vec())
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_event_is_taken_at_once_and_the_function_runs_with_it() {
    let (lambda, seen) = lambda(0);
    let path = "/2015-03-31/functions/sluice-bake/invocations";
    let answer = invoke(&lambda, &request(path, "Event", "{\"a\":1}"), 7);
    assert_eq!(answer.unwrap().status(), 202);
    tokio::time::sleep(std::time::Duration::from_secs(600)).await;
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].function, "sluice-bake");
    assert_eq!(seen[0].event, serde_json::json!({ "a": 1 }));
}

#[tokio::test(start_paused = true)]
async fn a_failed_event_comes_again_as_often_as_lambda_retries() {
    let (lambda, seen) = lambda(9);
    let path = "/2015-03-31/functions/f/invocations";
    invoke(&lambda, &request(path, "Event", "{}"), 1).unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(600)).await;
    let seen = seen.lock().unwrap();
    let attempts: Vec<u32> = seen.iter().map(|one| one.attempt).collect();
    assert_eq!(attempts, [1, 2]);
    assert_eq!(seen[0].request_id, seen[1].request_id);
    let apart = seen[1].deadline.duration_since(seen[0].deadline);
    assert_eq!(apart, SignedDuration::from_mins(1));
}

#[tokio::test(start_paused = true)]
async fn a_function_is_found_by_name_arn_and_qualifier() {
    let (lambda, seen) = lambda(0);
    for name in [
        "f",
        "f%3Alive",
        "arn%3Aaws%3Alambda%3Aus-east-1%3A111122223333%3Afunction%3Af%3Alive",
    ] {
        let path = format!("/2015-03-31/functions/{name}/invocations");
        invoke(&lambda, &request(&path, "Event", "{}"), 1).unwrap();
    }
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let seen = seen.lock().unwrap();
    let names: Vec<&str> = seen.iter().map(|one| one.function.as_str()).collect();
    assert_eq!(names, ["f", "f", "f"]);
}

#[track_caller]
fn check_refused(path: &str, kind: &str, body: &str, code: &str) {
    let (lambda, _) = lambda(0);
    let refused = invoke(&lambda, &request(path, kind, body), 1).unwrap_err();
    assert_eq!(refused.code, code);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_invoked_is_refused() {
    let path = "/2015-03-31/functions/f/invocations";
    check_refused(path, "Event", "{", "InvalidRequestContentException");
    check_refused(path, "Later", "{}", "InvalidParameterValueException");
    let wait = "RequestResponse";
    check_refused(path, wait, "{}", "ResourceNotFoundException");
    check_refused("/elsewhere", "Event", "{}", "UnknownOperationException");
}

#[tokio::test(start_paused = true)]
async fn a_function_of_the_scenario_answers_who_waits_for_it() {
    let (lambda, seen) = lambda(0);
    let path = "/2015-03-31/functions/smoke/invocations";
    let request = request(path, "RequestResponse", "{\"a\":1}");
    let answer = invoke(&lambda, &request, 1).unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.body().as_slice()),
        (200, &b"{\"ok\":true}"[..])
    );
    assert_eq!(lambda.invoked()[0].payload, serde_json::json!({ "a": 1 }));
    assert!(seen.lock().unwrap().is_empty());
}

/// Status, the error's header and the body of what `f` answers, and after how
/// many seconds.
async fn waited(functions: crate::codepipeline::Functions) -> (u16, bool, Value, u64) {
    let clock = Clock::starting_at(jiff::Timestamp::UNIX_EPOCH);
    let lambda = Lambda::new(clock, &Settings::default(), functions);
    let path = "/2015-03-31/functions/f/invocations";
    let request = request(path, "RequestResponse", "{\"a\":1}");
    let began = tokio::time::Instant::now();
    let Taken::Runs(running) = take(&lambda, &request, 1, true).unwrap() else {
        panic!("it is no function of the scenario");
    };
    let answer = match running.ended().await {
        Ok(answer) => answer,
        Err(error) => return (error.status, false, json!(error.code), 0),
    };
    let failed = answer.headers().contains_key("x-amz-function-error");
    let body = serde_json::from_slice(answer.body()).unwrap();
    (
        answer.status().as_u16(),
        failed,
        body,
        began.elapsed().as_secs(),
    )
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_function_of_the_world_gets_what_it_returned() {
    let slow = waited(Arc::new(|invocation| {
        Box::pin(async move {
            tokio::time::sleep(std::time::Duration::from_secs(9)).await;
            Ok(json!({ "got": invocation.event }))
        })
    }));
    assert_eq!(slow.await, (200, false, json!({ "got": { "a": 1 } }), 9));
}

#[tokio::test(start_paused = true)]
async fn a_function_that_fails_hangs_dies_or_returns_too_much_says_so_in_its_answer() {
    let error = FunctionError {
        error_type: "T".to_owned(),
        message: "m".to_owned(),
    };
    let failed = waited(Arc::new(move |_| {
        Box::pin(std::future::ready(Err(error.clone())))
    }));
    let told = json!({ "errorType": "T", "errorMessage": "m" });
    assert_eq!(failed.await, (200, true, told, 0));
    let (status, failed, body, seconds) =
        waited(Arc::new(|_| Box::pin(std::future::pending()))).await;
    assert_eq!((status, failed, seconds), (200, true, 120));
    assert_eq!(body["errorType"], "Sandbox.Timedout");
    let (_, failed, body, _) = waited(Arc::new(|_| Box::pin(async { panic!("planned") }))).await;
    assert_eq!(
        (failed, &body["errorType"]),
        (true, &json!("Runtime.ExitError"))
    );
    let long = || json!("x".repeat(6 * 1024 * 1024));
    let long = waited(Arc::new(move |_| Box::pin(async move { Ok(long()) })));
    assert_eq!(long.await.2["errorType"], "Function.ResponseSizeTooLarge");
}

#[tokio::test(start_paused = true)]
async fn a_function_that_is_not_there_is_not_found() {
    let nowhere = waited(Arc::new(|invocation| {
        let error = FunctionError::not_found(&invocation.function);
        Box::pin(async move { Err(error) })
    }));
    let code = json!("ResourceNotFoundException");
    assert_eq!(nowhere.await, (404, false, code, 0));
}

#[tokio::test(start_paused = true)]
async fn a_function_goes_on_when_nobody_waits_for_it_any_more() {
    let done = Arc::new(Mutex::new(false));
    let own = Arc::clone(&done);
    let functions: crate::codepipeline::Functions = Arc::new(move |_| {
        let own = Arc::clone(&own);
        Box::pin(async move {
            tokio::time::sleep(std::time::Duration::from_secs(9)).await;
            *own.lock().unwrap() = true;
            Ok(Value::Null)
        })
    });
    let gives_up = tokio::time::timeout(std::time::Duration::from_secs(1), waited(functions));
    gives_up.await.unwrap_err();
    tokio::time::sleep(std::time::Duration::from_secs(10)).await;
    assert!(*done.lock().unwrap());
}
