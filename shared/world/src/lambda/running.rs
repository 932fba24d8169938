//! A function of the world that somebody waits for. It runs to its end even
//! where nobody waits any more: Lambda does not stop a function whose caller
//! went away.

use std::sync::Arc;

use http::Response;
use jiff::SignedDuration;
use serde_json::json;
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
            let id = invocation.request_id.clone();
            let limit = timeout.try_into().unwrap_or_default();
            // A task of its own, so that a panic is a process that died.
            let work = tokio::spawn(async move { functions(invocation).await });
            let ends = work.abort_handle();
            let ended = tokio::time::timeout(limit, work).await;
            ends.abort();
            match ended {
                Ok(Ok(Ok(value))) => Ok(returned(&value)),
                Ok(Ok(Err(error))) => told(error),
                Ok(Err(_panicked)) => told(died(&id)),
                Err(_elapsed) => told(timed_out(&id, timeout)),
            }
        }))
    }

    /// What its caller is answered.
    pub(crate) async fn ended(self) -> Result<Response<Vec<u8>>, ApiError> {
        let lost = |_| ApiError::server("ServiceException", "the invocation was lost");
        self.0.await.unwrap_or_else(|error| Err(lost(error)))
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
