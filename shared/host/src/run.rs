//! A Lambda function's life: what it is made of is made once, then one event
//! after another.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::{Value, json};
use sluice_aws::{Aws, AwsError, NoRegion};
use sluice_core::waiver::WAIVER_HOURS_MAX;
use sluice_gates::AnyGate;

use crate::{Grantor, Host, Log, grant, handle, reap};

/// Why a function did not start.
#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error("this is a Lambda function, and no Lambda runs it: try it with `cargo lambda watch`")]
    NotInLambda,
    #[error(transparent)]
    NoRegion(#[from] NoRegion),
    #[error("the runtime did not start: {0}")]
    Runtime(#[from] io::Error),
    #[error(
        "SLUICE_WAIVER_HOURS_MAX is `{0}`: it takes a whole number from 1 to {WAIVER_HOURS_MAX}"
    )]
    WaiverHours(String),
    #[error("Lambda's runtime interface failed: {0}")]
    Interface(lambda_runtime::Error),
}

/// Serves these gates until Lambda ends the process.
pub fn run(gates: Vec<Box<dyn AnyGate>>) -> ExitCode {
    let log = FunctionLog::default();
    log.exit(in_runtime(serve_gates(gates, &log)))
}

/// Answers for functions that died, until Lambda ends the process.
pub fn run_reaper() -> ExitCode {
    let log = FunctionLog::default();
    log.exit(in_runtime(serve_failures(&log)))
}

async fn serve_gates(gates: Vec<Box<dyn AnyGate>>, log: &FunctionLog) -> Result<(), StartError> {
    let mut host = Host::new(aws().await?, gates, evidence_bucket(), log.lines());
    host.waivers_table = waivers_table();
    serve(log, async |event, deadline| {
        let handled = handle(&event, deadline, &host).await?;
        Ok(json!({ "handled": handled.word() }))
    })
    .await
}

async fn serve_failures(log: &FunctionLog) -> Result<(), StartError> {
    let (aws, lines) = (aws().await?, log.lines());
    serve(log, async |event, _| {
        let handled = reap(&event, &aws, &lines).await?;
        Ok(json!({ "handled": handled.word() }))
    })
    .await
}

/// Gives waivers, until Lambda ends the process.
pub fn run_override() -> ExitCode {
    let log = FunctionLog::default();
    log.exit(in_runtime(serve_waivers(&log)))
}

async fn serve_waivers(log: &FunctionLog) -> Result<(), StartError> {
    let grantor = Grantor {
        aws: aws().await?,
        waivers_table: waivers_table(),
        hours_max: waiver_hours_max()?,
        log: log.lines(),
    };
    serve(log, async |event, _| Ok(grant(&event, &grantor).await)).await
}

/// The longest that a waiver may hold here, in hours.
fn waiver_hours_max() -> Result<u16, StartError> {
    let Some(text) = environment("SLUICE_WAIVER_HOURS_MAX") else {
        return Ok(WAIVER_HOURS_MAX);
    };
    let hours = text.parse().ok();
    hours
        .filter(|hours| (1..=WAIVER_HOURS_MAX).contains(hours))
        .ok_or(StartError::WaiverHours(text))
}

/// One thread is enough: Lambda gives an environment one event at a time.
fn in_runtime(life: impl Future<Output = Result<(), StartError>>) -> Result<(), StartError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(life)
}

async fn aws() -> Result<Aws, StartError> {
    environment("AWS_LAMBDA_RUNTIME_API").ok_or(StartError::NotInLambda)?;
    Ok(Aws::from_environment().await?)
}

async fn serve(
    log: &FunctionLog,
    one: impl AsyncFn(Value, Timestamp) -> Result<Value, AwsError>,
) -> Result<(), StartError> {
    let one = &one;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| {
        log.begin(&event.context.request_id);
        async move {
            let ends = ends(event.context.deadline, Timestamp::now());
            match one(event.payload, ends).await {
                Ok(answer) => Ok(answer),
                Err(error) => Err(diagnostic(&error, log)),
            }
        }
    }))
    .await
    .map_err(StartError::Interface)
}

/// How long an event may take where nobody says so, as with cargo-lambda's
/// emulator, whose end of an event lies in 1970.
const UNTOLD_LIFE: SignedDuration = SignedDuration::from_secs(60);

/// When the function is killed. Lambda says it in milliseconds since 1970.
fn ends(milliseconds: u64, now: Timestamp) -> Timestamp {
    i64::try_from(milliseconds)
        .ok()
        .and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok())
        .filter(|end| *end > now)
        .unwrap_or(now + UNTOLD_LIFE)
}

/// The answer did not get through: as a failed invocation, the same event
/// comes again.
fn diagnostic(error: &AwsError, log: &FunctionLog) -> Diagnostic {
    let message = error.to_string();
    log.write(
        json!({ "level": "ERROR", "message": "the answer did not get through", "text": message }),
    );
    Diagnostic {
        error_type: "AnswerNotTaken".to_owned(),
        error_message: message,
    }
}

/// Where records and evidence go.
fn evidence_bucket() -> Option<String> {
    environment("SLUICE_EVIDENCE_BUCKET")
}

/// The table of DynamoDB in which gates claim what they start.
pub fn claims_table() -> Option<String> {
    environment("SLUICE_CLAIMS_TABLE")
}

/// The table of DynamoDB with the waivers that people gave.
pub(crate) fn waivers_table() -> Option<String> {
    environment("SLUICE_WAIVERS_TABLE")
}

fn environment(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a function's settings come from its environment, read once at its start"
    )]
    let value = std::env::var(name).ok();
    value.filter(|value| !value.is_empty())
}

/// Lines of JSON on standard output, each with the request that it is about.
#[derive(Clone, Default)]
struct FunctionLog(Arc<Mutex<String>>);

impl FunctionLog {
    fn begin(&self, request: &str) {
        request.clone_into(&mut self.0.lock().expect("writing a line does not panic"));
    }

    fn lines(&self) -> Log {
        let log = self.clone();
        Arc::new(move |line| log.write(line))
    }

    fn write(&self, mut line: Value) {
        let request = self
            .0
            .lock()
            .expect("writing a line does not panic")
            .clone();
        if let Some(fields) = line.as_object_mut() {
            fields.insert("timestamp".to_owned(), json!(Timestamp::now()));
            fields.insert("requestId".to_owned(), json!(request));
        }
        // A log that cannot be written must not keep a job from its answer.
        let _ = writeln!(io::stdout().lock(), "{line}");
    }

    fn exit(&self, lived: Result<(), StartError>) -> ExitCode {
        match lived {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                self.write(json!({ "level": "FATAL", "message": error.to_string() }));
                ExitCode::FAILURE
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_that_lambda_tells_holds() {
        let now = Timestamp::from_second(1_700_000_000).expect("a moment");
        let told = 1_700_000_120_000;
        assert_eq!(ends(told, now), now + SignedDuration::from_secs(120));
    }

    #[test]
    fn an_end_before_the_event_is_none() {
        let now = Timestamp::from_second(1_700_000_000).expect("a moment");
        for told in [0, 600_000, u64::MAX] {
            assert_eq!(ends(told, now), now + UNTOLD_LIFE);
        }
    }
}
