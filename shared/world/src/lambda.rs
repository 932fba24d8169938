//! Lambda's `Invoke`. With `Event` it takes an event, answers at once, and
//! runs the function with Lambda's retries. With `RequestResponse` it answers
//! for a function of the scenario, once that has taken its time, and otherwise
//! for a function of the world, once that has ended.
//!
//! Events of CodePipeline do not come this way: `codepipeline/invoke.rs` sends
//! them, with what befalls them there.

mod running;
mod waited;

use std::sync::{Arc, Mutex, PoisonError};

use http::{Request, Response};
use jiff::{SignedDuration, Timestamp};

use crate::caller::{Caller, uuid};
use crate::clock::Clock;
use crate::codepipeline::{Functions, Invocation, Settings};
use crate::s3::percent_decoded;
use crate::wire::ApiError;
pub(crate) use running::Running;
pub use waited::Invoked;
pub(crate) use waited::takes;

pub(crate) mod aliases;

/// Lambda's queue for events, and what was invoked and waited for.
pub(crate) struct Lambda {
    clock: Clock,
    timeout: SignedDuration,
    retry_waits: Vec<SignedDuration>,
    functions: Functions,
    waited: Mutex<Vec<Invoked>>,
}

/// What becomes of an `Invoke` that was taken.
pub(crate) enum Taken {
    /// It has its answer.
    Answered(Response<Vec<u8>>),
    /// Its function runs.
    Runs(Running),
}

impl Lambda {
    pub(crate) fn new(clock: Clock, settings: &Settings, functions: Functions) -> Lambda {
        Lambda {
            clock,
            timeout: settings.function_timeout,
            retry_waits: settings.retry_waits.clone(),
            functions,
            waited: Mutex::default(),
        }
    }

    /// All functions of the scenario that were invoked, in order.
    pub(crate) fn invoked(&self) -> Vec<Invoked> {
        let waited = self.waited.lock();
        waited.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// `Invoke`. `number` tells calls apart; `are_set`: the world has
    /// functions beside those of the scenario.
    pub(crate) fn invoke(
        &self,
        caller: &Caller<'_>,
        request: &Request<Vec<u8>>,
        number: u64,
        are_set: bool,
    ) -> Result<Taken, ApiError> {
        let function = function(request)?;
        let kind = request.headers().get("x-amz-invocation-type");
        let status = match kind.map_or("RequestResponse", |kind| kind.to_str().unwrap_or("")) {
            "Event" => {
                let event = serde_json::from_slice(request.body()).map_err(|error| {
                    let message = format!("Could not parse request body into json: {error}");
                    ApiError::client("InvalidRequestContentException", message)
                })?;
                self.send(Invocation {
                    function,
                    event,
                    request_id: uuid(0x8001, number),
                    deadline: Timestamp::MAX,
                    attempt: 1,
                });
                202
            }
            "DryRun" => 204,
            "RequestResponse" if are_set && !caller.scenario.functions.contains_key(&function) => {
                return self.run(caller, function, request, number);
            }
            "RequestResponse" => {
                let answer = self.wait_for(caller, &function, request)?;
                return Ok(Taken::Answered(answer));
            }
            other => {
                let message = format!("there is no invocation type `{other}`");
                return Err(ApiError::client("InvalidParameterValueException", message));
            }
        };
        let response = Response::builder().status(status).body(Vec::new());
        Ok(Taken::Answered(response.expect("these are statuses")))
    }

    /// Begins an invocation that somebody waits for.
    fn run(
        &self,
        caller: &Caller<'_>,
        function: String,
        request: &Request<Vec<u8>>,
        number: u64,
    ) -> Result<Taken, ApiError> {
        let home = (&*caller.scenario.account, &*caller.scenario.region);
        if home != (caller.account, caller.region) {
            return Err(waited::not_found(caller, &function));
        }
        let deadline = self.clock.now().saturating_add(self.timeout);
        let invocation = Invocation {
            function,
            event: waited::payload(request.body())?,
            request_id: uuid(0x8001, number),
            deadline: deadline.unwrap_or(Timestamp::MAX),
            attempt: 1,
        };
        Ok(Taken::Runs(Running::begin(
            &self.functions,
            self.timeout,
            invocation,
        )))
    }

    /// Runs the function in the background, again where it fails.
    pub(crate) fn send(&self, invocation: Invocation) {
        let (clock, timeout) = (self.clock, self.timeout);
        let (functions, waits) = (Arc::clone(&self.functions), self.retry_waits.clone());
        tokio::spawn(async move {
            let mut waits = waits.into_iter();
            for attempt in 1.. {
                let deadline = clock.now().saturating_add(timeout);
                let run = functions(Invocation {
                    deadline: deadline.unwrap_or(Timestamp::MAX),
                    attempt,
                    ..invocation.clone()
                });
                let limit = timeout.try_into().unwrap_or_default();
                let ended = tokio::time::timeout(limit, run).await;
                let (Ok(Err(_)) | Err(_), Some(wait)) = (ended, waits.next()) else {
                    return;
                };
                tokio::time::sleep(wait.try_into().unwrap_or_default()).await;
            }
        });
    }
}

/// The name in `/2015-03-31/functions/NAME/invocations`, which may be an ARN
/// and may have a qualifier.
fn function(request: &Request<Vec<u8>>) -> Result<String, ApiError> {
    let path = request.uri().path();
    let name = path
        .strip_prefix("/2015-03-31/functions/")
        .and_then(|rest| rest.strip_suffix("/invocations"));
    let Some(name) = name.map(percent_decoded) else {
        let message = format!("Lambda has nothing at {path} in this world");
        return Err(ApiError::client("UnknownOperationException", message));
    };
    let parts: Vec<&str> = name.split(':').collect();
    let name = parts.iter().position(|part| *part == "function");
    let name = name.map_or(parts.first(), |at| parts.get(at + 1));
    Ok(name.copied().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests;
