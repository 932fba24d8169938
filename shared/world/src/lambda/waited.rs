//! Functions of the scenario, which answer whoever waits for them.

use std::sync::PoisonError;

use http::{Request, Response};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Lambda;
use crate::caller::Caller;
use crate::scenario::Function;
use crate::wire::ApiError;

pub(super) const PAYLOAD_BYTES_MAX: usize = 6 * 1024 * 1024;

/// A function of the scenario that was invoked.
#[derive(Debug, Clone, PartialEq)]
pub struct Invoked {
    /// Its name.
    pub function: String,
    /// What it was invoked with.
    pub payload: Value,
    /// When it was done.
    pub at: Timestamp,
}

/// How long the invocation takes that a request is for.
pub(crate) fn takes(caller: &Caller<'_>, request: &Request<Vec<u8>>) -> SignedDuration {
    let event = request.headers().get("x-amz-invocation-type");
    if event.is_some_and(|kind| kind != "RequestResponse") {
        return SignedDuration::ZERO;
    }
    let own = super::function(request).ok();
    let own = own.and_then(|name| caller.scenario.functions.get(&name));
    own.map_or(SignedDuration::ZERO, |own| own.takes.0)
}

impl Lambda {
    /// What a function of the scenario says to who waits for it.
    pub(super) fn wait_for(
        &self,
        caller: &Caller<'_>,
        name: &str,
        request: &Request<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, ApiError> {
        let own = known(caller, name)?;
        let payload = payload(request.body())?;
        let invoked = Invoked {
            function: name.to_owned(),
            payload,
            at: caller.now,
        };
        let waited = self.waited.lock();
        waited.unwrap_or_else(PoisonError::into_inner).push(invoked);
        Ok(match failure(caller, own) {
            Some(error) => failed(&error),
            None => returned(&own.returns),
        })
    }
}

fn known<'a>(caller: &'a Caller<'_>, name: &str) -> Result<&'a Function, ApiError> {
    let arn = caller.arn("lambda", &format!("function:{name}"));
    let own = caller.scenario.functions.get(name);
    let own = own.filter(|own| caller.is_home_of(*own));
    let own = own.ok_or_else(|| not_found(caller, name))?;
    let allowed = caller.may("lambda:InvokeFunction", own, &arn);
    allowed.map_err(|error| ApiError {
        status: 403,
        ..error
    })?;
    Ok(own)
}

/// There is no such function where the caller looks.
pub(super) fn not_found(caller: &Caller<'_>, name: &str) -> ApiError {
    let arn = caller.arn("lambda", &format!("function:{name}"));
    ApiError {
        status: 404,
        code: "ResourceNotFoundException".to_owned(),
        message: format!("Function not found: {arn}"),
    }
}

pub(super) fn payload(body: &[u8]) -> Result<Value, ApiError> {
    if body.len() > PAYLOAD_BYTES_MAX {
        return Err(ApiError {
            status: 413,
            code: "RequestTooLargeException".to_owned(),
            message: format!(
                "Request must be smaller than {PAYLOAD_BYTES_MAX} bytes for the InvokeFunction operation"
            ),
        });
    }
    if body.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(body).map_err(|error| {
        let message = format!("Could not parse request body into json: {error}");
        ApiError::client("InvalidRequestContentException", message)
    })
}

/// The function's own error, where it fails by now.
fn failure(caller: &Caller<'_>, own: &Function) -> Option<Value> {
    let from = own.fails_from.as_ref();
    let begun = from.is_none_or(|from| {
        let from = from.resolve(caller.scenario.begin, caller.marks);
        from.is_some_and(|from| caller.now >= from)
    });
    if let Some(fails) = own.fails.as_ref().filter(|_| begun) {
        return Some(json!({ "errorType": fails.r#type, "errorMessage": fails.message }));
    }
    None
}

/// The answer to who waits for a function that returned this.
pub(super) fn returned(returned: &Value) -> Response<Vec<u8>> {
    let body = returned.to_string().into_bytes();
    let length = body.len();
    if length > PAYLOAD_BYTES_MAX {
        let message = format!(
            "Response payload size ({length} bytes) exceeded maximum allowed payload size ({PAYLOAD_BYTES_MAX} bytes)."
        );
        return failed(
            &json!({ "errorType": "Function.ResponseSizeTooLarge", "errorMessage": message }),
        );
    }
    let answer = answer().body(body);
    answer.expect("these headers are valid")
}

/// The answer to who waits for a function that failed like this.
pub(super) fn failed(error: &Value) -> Response<Vec<u8>> {
    let answer = answer().header("x-amz-function-error", "Unhandled");
    let answer = answer.body(error.to_string().into_bytes());
    answer.expect("these headers are valid")
}

fn answer() -> http::response::Builder {
    Response::builder()
        .status(200)
        .header("content-type", "application/json")
        .header("x-amz-executed-version", "$LATEST")
}
