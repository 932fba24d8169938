//! The life of the worker of custom actions.

use std::collections::BTreeMap;
use std::process::ExitCode;

use lambda_runtime::Diagnostic;
use serde_json::json;
use sluice_core::actions::{functions, served};

use super::{FunctionLog, StartError, aws, environment, event_bus, in_runtime, serve};
use crate::{Worker, work};

/// Takes jobs of custom actions, until Lambda ends the process.
pub fn run_worker() -> ExitCode {
    let log = FunctionLog::default();
    log.exit(in_runtime(serve_jobs(&log)))
}

async fn serve_jobs(log: &FunctionLog) -> Result<(), StartError> {
    let worker = Worker {
        aws: aws()?,
        leases_table: environment("SLUICE_LEASES_TABLE").ok_or(StartError::NoLeases)?,
        functions: action_functions()?,
        types: served(),
        event_bus: event_bus(),
        log: log.lines(),
    };
    serve(log, async |_, deadline| {
        let failed = |kind: &str, message: String| Diagnostic {
            error_type: kind.to_owned(),
            error_message: message,
        };
        let worked = work((&log.request(), deadline), &worker).await;
        let worked = worked.map_err(|error| failed("LeasesNotRead", error.to_string()))?;
        // For the alarm on errors: nothing is run again for it.
        if let Some(trouble) = worked.trouble.first() {
            return Err(failed("NotAllDone", trouble.clone()));
        }
        Ok(json!(worked))
    })
    .await
}

/// The functions that answer for our action types: where a name is not given,
/// that of the function itself.
fn action_functions() -> Result<BTreeMap<String, String>, StartError> {
    let given = environment("SLUICE_ACTION_FUNCTIONS").unwrap_or_else(|| "{}".to_owned());
    let given: BTreeMap<String, String> = serde_json::from_str(&given)
        .map_err(|error| StartError::ActionFunctions(error.to_string()))?;
    let mut all = functions();
    all.extend(given);
    Ok(all)
}
