//! Events sent by `Invoke`.

use std::path::Path;
use std::sync::{Arc, Mutex};

use http::{Request, Response};
use jiff::SignedDuration;

use super::Lambda;
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
    let scenario = Scenario::parse(SCENARIO, Path::new(".")).unwrap();
    let caller = Caller {
        account: &scenario.account,
        region: &scenario.region,
        session: None,
        now: scenario.begin,
        scenario: &scenario,
        marks: &Marks::new(),
    };
    lambda.invoke(&caller, request, number)
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
                Ok(())
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
