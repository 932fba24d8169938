//! A function of the world that somebody waits for. It runs to its end even
//! where nobody waits any more: Lambda does not stop a function whose caller
//! went away.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use http::Response;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::waited::{failed, returned};
use crate::codepipeline::{FunctionError, Functions, Invocation};
use crate::wire::ApiError;

/// An invocation that runs.
pub(crate) struct Running(JoinHandle<Result<Response<Vec<u8>>, ApiError>>);

impl Running {
    /// Begins it. Needs a tokio runtime.
    pub(super) fn begin(
        functions: &Functions,
        timeout: SignedDuration,
        invocation: Invocation,
    ) -> Running {
        let functions = Arc::clone(functions);
        Running(tokio::spawn(async move {
            match run(&functions, timeout, invocation).await {
                Ok(value) => Ok(returned(&value)),
                Err(error) => told(error),
            }
        }))
    }

    /// What its caller is answered.
    pub(crate) async fn ended(self) -> Result<Response<Vec<u8>>, ApiError> {
        let lost = |_| ApiError::server("ServiceException", "the invocation was lost");
        self.0.await.unwrap_or_else(|error| Err(lost(error)))
    }
}

/// Runs a function once, to its end or to Lambda's.
pub(super) async fn run(
    functions: &Functions,
    timeout: SignedDuration,
    invocation: Invocation,
) -> Result<Value, FunctionError> {
    let id = invocation.request_id.clone();
    // The call itself may panic as well as the future that it gives.
    let work = AssertUnwindSafe(async { functions(invocation).await }).catch_unwind();
    let limit = timeout.try_into().unwrap_or_default();
    match tokio::time::timeout(limit, work).await {
        Ok(Ok(result)) => result,
        Ok(Err(_panic)) => Err(died(&id)),
        Err(_elapsed) => Err(timed_out(&id, timeout)),
    }
}

fn told(error: FunctionError) -> Result<Response<Vec<u8>>, ApiError> {
    if error.is_not_found() {
        return Err(ApiError {
            status: 404,
            code: error.error_type,
            message: error.message,
        });
    }
    let FunctionError {
        error_type,
        message,
    } = error;
    Ok(failed(
        &json!({ "errorType": error_type, "errorMessage": message }),
    ))
}

fn died(id: &str) -> FunctionError {
    FunctionError {
        error_type: "Runtime.ExitError".to_owned(),
        message: format!("RequestId: {id} Error: Runtime exited with error: exit status 101"),
    }
}

fn timed_out(id: &str, timeout: SignedDuration) -> FunctionError {
    let seconds = timeout.as_secs_f64();
    FunctionError {
        error_type: "Sandbox.Timedout".to_owned(),
        message: format!("RequestId: {id} Error: Task timed out after {seconds:.2} seconds"),
    }
}
