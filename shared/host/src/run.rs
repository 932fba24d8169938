//! A Lambda function's life: what it is made of is made once, then one event
//! after another.

mod worker;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::{Value, json};
use sluice_aws::{Aws, AwsError, NoRegion};
use sluice_core::waiver::WAIVER_HOURS_MAX;
use sluice_gates::AnyGate;

use crate::{
    Checks, CountedBy, Deployments, Grantor, Host, Log, Messenger, Notifier, Plans, TaskFailed,
    answer_deployment, grant, handle, handle_asked, handle_asked_checks, handle_checks,
    handle_hook, handle_task, is_asked, is_hook, is_task, notify, reap, resolve_plan,
};

pub use worker::run_worker;

/// Why a function did not start.
#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error("this is a Lambda function, and no Lambda runs it: try it with `cargo lambda watch`")]
    NotInLambda,
    #[error(transparent)]
    NoRegion(#[from] NoRegion),
    #[error("`SLUICE_STAGE_CHECKS_ARN` is not set: it names the state machine `stage-checks`")]
    NoMachine,
    #[error("`SLUICE_HOOK_ARN` is not set: it names the state machine `hook`")]
    NoHookMachine,
    #[error("`SLUICE_NOTICES_TABLE` is not set: it names the table of what people were told")]
    NoNotices,
    #[error("`SLUICE_LEASES_TABLE` is not set: it names the table of jobs that are open")]
    NoLeases,
    #[error(
        "SLUICE_ACTION_FUNCTIONS does not read ({0}): it takes `{{\"SluiceBake\":\"sluice-bake\"}}`"
    )]
    ActionFunctions(String),
    #[error("the runtime did not start: {0}")]
    Runtime(#[from] io::Error),
    #[error(
        "SLUICE_WAIVER_HOURS_MAX is `{0}`: it takes a whole number from 1 to {WAIVER_HOURS_MAX}"
    )]
    WaiverHours(String),
    #[error("SLUICE_METRICS_BY is `{0}`: it takes `kind` or `pipeline`")]
    MetricsBy(String),
    #[error("Lambda's runtime interface failed: {0}")]
    Interface(lambda_runtime::Error),
}

/// Serves these gates until Lambda ends the process.
pub fn run(gates: Vec<Box<dyn AnyGate>>) -> ExitCode {
    let log = FunctionLog::default();
    log.exit(in_runtime(serve_gates(gates, &log)))
}

/// Runs the checks of stages for actions, until Lambda ends the process.
pub fn run_checks() -> ExitCode {
    let log = FunctionLog::default();
    log.exit(in_runtime(serve_checks(&log)))
}

/// Resolves plans for the state machine `stage-checks`, until Lambda ends the
/// process.
pub fn run_plan() -> ExitCode {
    let log = FunctionLog::default();
    log.exit(in_runtime(serve_plans(&log)))
}

/// Answers for functions that died, until Lambda ends the process.
pub fn run_reaper() -> ExitCode {
    let log = FunctionLog::default();
    log.exit(in_runtime(serve_failures(&log)))
}

async fn serve_gates(gates: Vec<Box<dyn AnyGate>>, log: &FunctionLog) -> Result<(), StartError> {
    let mut host = Host::new(aws()?, gates, evidence_bucket(), log.lines());
    host.waivers_table = waivers_table();
    host.event_bus = event_bus();
    host.session_tags = environment("SLUICE_SESSION_TAGS").is_some_and(|own| own == "yes");
    host.function = environment("AWS_LAMBDA_FUNCTION_NAME");
    host.log_link = log_link(&host.aws);
    serve(log, async |event, deadline| {
        if is_task(&event) {
            let answer = handle_task(&event, deadline, &host).await.map_err(thrown)?;
            return Ok(json!(answer));
        }
        if is_asked(&event) {
            return Ok(json!(handle_asked(&event, deadline, &host).await));
        }
        if is_hook(&event) {
            return Ok(json!(handle_hook(&event, deadline, &host).await));
        }
        match handle(&event, deadline, &host).await {
            Ok(handled) => Ok(json!({ "handled": handled.word() })),
            Err(error) => Err(not_taken(&error, log)),
        }
    })
    .await
}

async fn serve_checks(log: &FunctionLog) -> Result<(), StartError> {
    let checks = Checks {
        aws: aws()?,
        machine: environment("SLUICE_STAGE_CHECKS_ARN").ok_or(StartError::NoMachine)?,
        gate_machine: environment("SLUICE_GATE_ARN"),
        evidence_bucket: evidence_bucket(),
        log: log.lines(),
    };
    serve(log, async |event, deadline| {
        if is_asked(&event) {
            return Ok(json!(handle_asked_checks(&event, deadline, &checks).await));
        }
        match handle_checks(&event, deadline, &checks).await {
            Ok(handled) => Ok(json!({ "handled": handled.word() })),
            Err(error) => Err(not_taken(&error, log)),
        }
    })
    .await
}

async fn serve_plans(log: &FunctionLog) -> Result<(), StartError> {
    let plans = Plans {
        aws: aws()?,
        plans_table: environment("SLUICE_PLANS_TABLE"),
        claims_table: claims_table(),
        evidence_bucket: evidence_bucket(),
        log: log.lines(),
    };
    serve(log, async |event, _| {
        let resolved = resolve_plan(&event, &plans).await;
        resolved.map_err(|error| thrown(TaskFailed::unanswered(&error)))
    })
    .await
}

async fn serve_failures(log: &FunctionLog) -> Result<(), StartError> {
    let (aws, lines, bus) = (aws()?, log.lines(), event_bus());
    serve(log, async |event, deadline| {
        match reap(&event, deadline, &aws, bus.as_deref(), &lines).await {
            Ok(handled) => Ok(json!({ "handled": handled.word() })),
            Err(error) => Err(not_taken(&error, log)),
        }
    })
    .await
}

/// Has gates asked for hooks of CodeDeploy, until Lambda ends the process.
pub fn run_hook() -> ExitCode {
    let log = FunctionLog::default();
    log.exit(in_runtime(serve_deployments(&log)))
}

async fn serve_deployments(log: &FunctionLog) -> Result<(), StartError> {
    let deployments = Deployments {
        aws: aws()?,
        machine: environment("SLUICE_HOOK_ARN").ok_or(StartError::NoHookMachine)?,
        groups: environment("SLUICE_HOOK_GROUPS"),
        log: log.lines(),
    };
    serve(log, async |event, deadline| {
        match answer_deployment(&event, deadline, &deployments).await {
            Ok(word) => Ok(json!({ "handled": word })),
            Err(error) => Err(not_taken(&error, log)),
        }
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
        aws: aws()?,
        waivers_table: waivers_table(),
        hours_max: waiver_hours_max()?,
        log: log.lines(),
    };
    serve(log, async |event, _| Ok(grant(&event, &grantor).await)).await
}

/// Tells people of what stopped releases, until Lambda ends the process.
pub fn run_notify() -> ExitCode {
    let log = FunctionLog::default();
    log.exit(in_runtime(serve_notices(&log)))
}

async fn serve_notices(log: &FunctionLog) -> Result<(), StartError> {
    let notifier = Notifier {
        aws: aws()?,
        notices_table: environment("SLUICE_NOTICES_TABLE").ok_or(StartError::NoNotices)?,
        plans_table: environment("SLUICE_PLANS_TABLE"),
        failure_topic: environment("SLUICE_FAILURE_TOPIC_ARN"),
        event_bus: environment("SLUICE_EVENT_BUS"),
        messenger: Messenger::new(),
        counted_by: counted_by()?,
        log: log.lines(),
    };
    serve(log, async |event, deadline| {
        let told = notify(&event, (&log.request(), deadline), &notifier).await;
        told.map_err(|error| thrown(TaskFailed::unanswered(&error)))
    })
    .await
}

/// What metrics are counted by.
fn counted_by() -> Result<CountedBy, StartError> {
    match environment("SLUICE_METRICS_BY").as_deref() {
        None | Some("kind") => Ok(CountedBy::Kind),
        Some("pipeline") => Ok(CountedBy::Pipeline),
        Some(other) => Err(StartError::MetricsBy(other.to_owned())),
    }
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

fn aws() -> Result<Aws, StartError> {
    environment("AWS_LAMBDA_RUNTIME_API").ok_or(StartError::NotInLambda)?;
    Ok(Aws::in_function()?)
}

async fn serve(
    log: &FunctionLog,
    one: impl AsyncFn(Value, Timestamp) -> Result<Value, Diagnostic>,
) -> Result<(), StartError> {
    let one = &one;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| {
        log.begin(&event.context.request_id);
        async move {
            let ends = ends(event.context.deadline, Timestamp::now());
            one(event.payload, ends).await
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

/// A gate error, under the name that state machines match on.
fn thrown(failed: TaskFailed) -> Diagnostic {
    Diagnostic {
        error_type: failed.name.to_owned(),
        error_message: failed.message,
    }
}

/// The answer did not get through: as a failed invocation, the same event
/// comes again.
fn not_taken(error: &AwsError, log: &FunctionLog) -> Diagnostic {
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

/// The bus of EventBridge on which is said how gates ended.
fn event_bus() -> Option<String> {
    environment("SLUICE_EVENT_BUS")
}

/// The table of DynamoDB in which gates claim what they start.
pub fn claims_table() -> Option<String> {
    environment("SLUICE_CLAIMS_TABLE")
}

/// The table of DynamoDB with the waivers that people gave.
pub(crate) fn waivers_table() -> Option<String> {
    environment("SLUICE_WAIVERS_TABLE")
}

/// Where the console shows what this function logs.
fn log_link(aws: &Aws) -> Option<String> {
    let group = environment("AWS_LAMBDA_LOG_GROUP_NAME")?;
    let stream = environment("AWS_LAMBDA_LOG_STREAM_NAME")?;
    Some(aws.log_link(&group, &stream))
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

    /// The request that is handled.
    fn request(&self) -> String {
        let request = self.0.lock().expect("writing a line does not panic");
        request.clone()
    }

    fn lines(&self) -> Log {
        let log = self.clone();
        Arc::new(move |line| log.write(line))
    }

    fn write(&self, mut line: Value) {
        let request = self.request();
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
