//! The processes in which functions run: one for each invocation, which can
//! be killed, frozen or short-lived.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use futures_util::future::BoxFuture;
use jiff::SignedDuration;
use serde_json::Value;
use tokio::sync::Notify;

use super::Kind;
use crate::codepipeline::{FunctionError, Invocation};

tokio::task_local! {
    /// The process whose code is running.
    pub(crate) static CURRENT: Arc<Process>;
}

/// What was asked of a process, and what befell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessRecord {
    /// Of all invocations, counted from 1.
    pub number: u64,
    /// The function.
    pub function: String,
    /// The job that it was invoked for, or whose function died before.
    pub job: String,
    /// What befell it, and in which operation.
    pub befell: Vec<(Kind, String)>,
}

/// How a process ends from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Killed,
    Frozen,
}

/// One invocation of a function.
pub(crate) struct Process {
    pub(crate) number: u64,
    calls: AtomicU64,
    fate: Mutex<Option<Fate>>,
    decided: Notify,
    record: Mutex<ProcessRecord>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .expect("nothing panics while it holds this lock")
}

impl Process {
    /// The number of its next call, from 1.
    pub(crate) fn next_call(&self) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Takes note that a fault befell it.
    pub(crate) fn suffers(&self, kind: Kind, operation: &str) {
        lock(&self.record).befell.push((kind, operation.to_owned()));
    }

    /// Ends it; what it does just now never returns.
    pub(crate) fn end(&self, fate: Fate) {
        lock(&self.fate).get_or_insert(fate);
        self.decided.notify_one();
    }

    async fn fate(&self) -> Fate {
        loop {
            if let Some(fate) = *lock(&self.fate) {
                return fate;
            }
            self.decided.notified().await;
        }
    }
}

/// All processes so far.
#[derive(Default)]
pub(crate) struct Processes {
    all: Mutex<Vec<Arc<Process>>>,
    running: Arc<()>,
}

/// Held for as long as a process runs.
pub(crate) struct Runs(#[expect(dead_code, reason = "it is counted, not read")] Arc<()>);

impl Processes {
    pub(crate) fn begin(&self, invocation: &Invocation) -> Arc<Process> {
        let mut all = lock(&self.all);
        let number = all.len() as u64 + 1;
        let process = Arc::new(Process {
            number,
            calls: AtomicU64::new(0),
            fate: Mutex::new(None),
            decided: Notify::new(),
            record: Mutex::new(ProcessRecord {
                number,
                function: invocation.function.clone(),
                job: job_of(&invocation.event),
                befell: Vec::new(),
            }),
        });
        all.push(Arc::clone(&process));
        process
    }

    pub(crate) fn records(&self) -> Vec<ProcessRecord> {
        let all = lock(&self.all);
        all.iter().map(|one| lock(&one.record).clone()).collect()
    }

    /// Counts a process as running, until what it gives is dropped.
    pub(crate) fn runs(&self) -> Runs {
        Runs(Arc::clone(&self.running))
    }

    /// How many run now.
    pub(crate) fn running(&self) -> usize {
        Arc::strong_count(&self.running) - 1
    }
}

/// The job that an event is about; also inside of what Lambda passes on, and
/// of what a worker of custom actions hands on.
fn job_of(event: &Value) -> String {
    let event = event.get("requestPayload").unwrap_or(event);
    let own = event["CodePipeline.job"]["id"].as_str();
    let handed_on = event["sluice.job"]["id"].as_str();
    own.or(handed_on).unwrap_or_default().to_owned()
}

/// Runs a function's work in a process.
pub(crate) async fn run(
    process: Arc<Process>,
    life: Option<SignedDuration>,
    work: BoxFuture<'static, Result<Value, FunctionError>>,
) -> Result<Value, FunctionError> {
    let lives = async {
        match life {
            Some(life) => tokio::time::sleep(life.try_into().unwrap_or_default()).await,
            None => std::future::pending().await,
        }
    };
    let died = |error_type: &str, message: &str| {
        Err(FunctionError {
            error_type: error_type.to_owned(),
            message: message.to_owned(),
        })
    };
    let fate = tokio::select! {
        biased;
        fate = process.fate() => fate,
        result = CURRENT.scope(Arc::clone(&process), work) => return result,
        () = lives => return died("Sandbox.Timedout", "Error: Task timed out"),
    };
    match fate {
        Fate::Killed => died(
            "Runtime.ExitError",
            "Error: Runtime exited with error: signal: killed",
        ),
        // Lambda's own timeout ends it.
        Fate::Frozen => std::future::pending().await,
    }
}
