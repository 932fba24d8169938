//! Lambda's asynchronous invocation: events that get lost or come twice,
//! retries of the same event, the kill at the deadline, `OnFailure`.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::engine::as_std;
use super::happening::What;
use super::record::InvocationRecord;
use super::settings::{FunctionError, Invocation};
use super::state::{Place, Shared};

/// An event on its way to a function.
#[derive(Clone)]
pub(super) struct Delivery {
    pub(super) place: Place,
    pub(super) job: String,
    pub(super) function: String,
    pub(super) event: Arc<Value>,
    pub(super) request_id: String,
}

/// Hands an event to Lambda's queue and returns. `number` says which event of
/// this CodePipeline it is, and so what befalls it.
pub(super) fn send(shared: &Arc<Shared>, number: u64, delivery: Delivery) {
    if shared.settings.duplicate_events.contains(&number) {
        shared.with(|state| state.faults.events_duplicated += 1);
        let settings = &shared.settings;
        let own = settings.duplicate_delays.get(&number).copied();
        let delay = own.unwrap_or(settings.duplicate_delay);
        deliver_after(shared, delay, delivery.clone());
    }
    if shared.settings.lose_events.contains(&number) {
        shared.with(|state| {
            state.faults.events_lost += 1;
            state.tell(delivery.place.execution, || What::EventLost {
                job: delivery.job,
            });
        });
        return;
    }
    let delay = shared.settings.delay_events.get(&number).copied();
    if delay.is_some() {
        shared.with(|state| state.faults.events_delayed += 1);
    }
    deliver_after(shared, delay.unwrap_or_default(), delivery);
}

fn deliver_after(shared: &Arc<Shared>, delay: SignedDuration, delivery: Delivery) {
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        if delay > SignedDuration::ZERO {
            tokio::time::sleep(as_std(delay)).await;
        }
        deliver(&shared, delivery).await;
    });
}

/// Runs the function, again where it fails, and passes a lasting failure on.
async fn deliver(shared: &Shared, delivery: Delivery) {
    let Err((attempts, error)) = run_with_retries(shared, &delivery).await else {
        return;
    };
    let Some(destination) = shared.settings.on_failure.clone() else {
        return;
    };
    let request_id = shared.with(|state| {
        state.faults.failures_passed_on += 1;
        state.random.uuid()
    });
    let event = Arc::new(failure_record(shared, &delivery, attempts, &error));
    let delivery = Delivery {
        function: destination,
        event,
        request_id,
        ..delivery
    };
    // What becomes of the destination's own failure is lost, as at AWS
    // without a destination of its own.
    let _lost = run_with_retries(shared, &delivery).await;
}

/// The number of attempts and the last error, if all of them failed.
async fn run_with_retries(
    shared: &Shared,
    delivery: &Delivery,
) -> Result<(), (u32, FunctionError)> {
    let mut waits = shared.settings.retry_waits.iter();
    let mut attempt = 1;
    loop {
        let Err(error) = run_once(shared, delivery, attempt).await else {
            return Ok(());
        };
        let Some(wait) = waits.next() else {
            return Err((attempt, error));
        };
        tokio::time::sleep(as_std(*wait)).await;
        attempt += 1;
    }
}

async fn run_once(shared: &Shared, delivery: &Delivery, attempt: u32) -> Result<(), FunctionError> {
    let place = delivery.place;
    let began = shared.clock.now();
    let timeout = shared.settings.function_timeout;
    let index = shared.with(|state| {
        state.tell(place.execution, || What::Invoked {
            job: delivery.job.clone(),
            function: delivery.function.clone(),
            attempt,
        });
        let run = state.action_mut(place);
        let is_reordered =
            attempt == 1 && run.jobs.last().is_some_and(|job| job.id != delivery.job);
        let invocations = &mut run.invocations;
        invocations.push(InvocationRecord {
            job: delivery.job.clone(),
            function: delivery.function.clone(),
            attempt,
            began,
            ended: None,
            error: None,
        });
        let index = invocations.len() - 1;
        state.faults.events_reordered += u64::from(is_reordered);
        index
    });
    let invocation = Invocation {
        function: delivery.function.clone(),
        event: Value::clone(&delivery.event),
        request_id: delivery.request_id.clone(),
        deadline: began.saturating_add(timeout).unwrap_or(Timestamp::MAX),
        attempt,
    };
    // The call itself may panic as well as the future that it gives.
    let function = AssertUnwindSafe(async { (shared.functions)(invocation).await }).catch_unwind();
    let (result, killed) = match tokio::time::timeout(as_std(timeout), function).await {
        Ok(Ok(result)) => (result.map(drop), false),
        Ok(Err(_panic)) => (Err(exited(delivery)), false),
        Err(_elapsed) => (Err(timed_out(delivery, timeout.as_secs_f64())), true),
    };
    shared.with(|state| {
        let ended = state.clock.now();
        let record = &mut state.action_mut(place).invocations[index];
        record.ended = Some(ended);
        record.error = result.as_ref().err().cloned();
        let Err(error) = &result else { return };
        if killed {
            state.faults.attempts_killed += 1;
        } else {
            state.faults.attempts_failed += 1;
        }
        state.tell(place.execution, || What::FunctionFailed {
            job: delivery.job.clone(),
            function: delivery.function.clone(),
            attempt,
            error: error.clone(),
        });
    });
    result
}

fn exited(delivery: &Delivery) -> FunctionError {
    FunctionError {
        error_type: "Runtime.ExitError".to_owned(),
        message: format!(
            "RequestId: {} Error: Runtime exited with error: exit status 101",
            delivery.request_id
        ),
    }
}

fn timed_out(delivery: &Delivery, seconds: f64) -> FunctionError {
    FunctionError {
        error_type: "Sandbox.Timedout".to_owned(),
        message: format!(
            "RequestId: {} Error: Task timed out after {seconds:.2} seconds",
            delivery.request_id
        ),
    }
}

/// What Lambda sends to an `OnFailure` destination.
fn failure_record(
    shared: &Shared,
    delivery: &Delivery,
    attempts: u32,
    error: &FunctionError,
) -> Value {
    let (account, region) = (&shared.account, &shared.region);
    let function = &delivery.function;
    json!({
        "version": "1.0",
        "timestamp": format!("{:.3}", shared.clock.now()),
        "requestContext": {
            "requestId": delivery.request_id,
            "functionArn": format!("arn:aws:lambda:{region}:{account}:function:{function}:$LATEST"),
            "condition": "RetriesExhausted",
            "approximateInvokeCount": attempts,
        },
        "requestPayload": *delivery.event,
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "responsePayload": { "errorType": error.error_type, "errorMessage": error.message },
    })
}
