//! Who asks a gate, and how it is answered: CodePipeline's Lambda actions.
//!
//! [`handle`] takes the raw event, finds the job's id before anything can
//! fail, and ends every path in at most one final answer: a verdict, a gate
//! error, a panic, the function's end of time. After answering there is
//! nothing that Lambda should run again.
//!
//! Start at [`handle`]; [`look`](mod@look) holds what one look does. [`run`] is
//! what a function's `main` calls; [`reap`](reap()) answers for a function that
//! died.

mod answer;
mod asked;
mod carried;
mod checks;
mod clocks;
mod deliver;
mod deployed;
mod embedded;
mod entries;
mod given;
mod grant;
mod handed;
mod hook;
mod job;
mod look;
mod message;
mod notify;
mod parameters;
mod plan;
mod plan_store;
mod publish;
mod reap;
mod record;
mod release;
mod resolve;
mod run;
mod shown;
mod task;
mod waived;
mod worker;
mod zip;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sluice_aws::{Answered, Aws, AwsError};
use sluice_core::evidence::Evidence;
use sluice_core::plan::GateSettings;
use sluice_core::{Duration, GateError};
use sluice_gates::AnyGate;

use parameters::Parameters;
use publish::Bus;

pub use answer::{MESSAGE_CHARACTERS_MAX, SUMMARY_CHARACTERS_MAX, fitted};
pub use asked::{handle_asked, is_asked};
pub use checks::{Checks, handle_asked_checks, handle_checks};
pub use deliver::{Delivered, Messenger, Pace, Vendors, signature};
pub use deployed::{Deployments, answer_deployment};
pub use given::JobAnswer;
pub use grant::{Grantor, grant};
pub use hook::{HookAnswer, HookStatus, handle_hook, is_hook};
pub use job::{Job, job_id};
pub use look::Ended;
pub use notify::{CountedBy, METRICS, Notifier, notify};
pub use plan_store::{PlanChange, PlanStore, Pushed};
pub use reap::reap;
pub use resolve::{PLAN_ANSWER_BYTES_MAX, Plans, resolve_plan};
pub use run::{
    claims_table, run, run_checks, run_hook, run_notify, run_override, run_plan, run_reaper,
    run_worker,
};
pub use task::{
    EvidencePlace, TASK_ANSWER_BYTES_MAX, TaskAnswer, TaskFailed, TaskLook, handle_task, is_task,
};
pub use worker::{Worked, Worker, work};

/// How long before the function's end it answers, whatever it is doing:
/// enough for a call with its retries.
pub const ANSWER_BEFORE_END: SignedDuration = SignedDuration::from_secs(25);

/// Takes one line of the function's log, as JSON.
pub type Log = Arc<dyn Fn(Value) + Send + Sync>;

/// What a function is made of.
pub struct Host {
    /// AWS.
    pub aws: Aws,
    /// The gates that this function serves.
    pub gates: Vec<Box<dyn AnyGate>>,
    /// Where records and evidence go (`SLUICE_EVIDENCE_BUCKET`).
    pub evidence_bucket: Option<String>,
    /// The table of waivers (`SLUICE_WAIVERS_TABLE`); without one, no gate is
    /// waived.
    pub waivers_table: Option<String>,
    /// The bus on which is said how a gate ended (`SLUICE_EVENT_BUS`); without
    /// one, nothing is published.
    pub event_bus: Option<String>,
    /// Whether roles are assumed in sessions with tags
    /// (`SLUICE_SESSION_TAGS`).
    pub session_tags: bool,
    /// The function's name, as Lambda has it, by which open gates are counted;
    /// without one, they are not.
    pub function: Option<String>,
    /// Its log in the console, for whoever is told.
    pub log_link: Option<String>,
    /// Where its log goes.
    pub log: Log,
    /// Makes the page of evidence that is written beside it.
    pub page: fn(&Evidence) -> String,
    /// Records that were read, for as long as Lambda keeps the process.
    records: record::Kept,
}

impl Host {
    /// A function that serves these gates.
    pub fn new(
        aws: Aws,
        gates: Vec<Box<dyn AnyGate>>,
        evidence_bucket: Option<String>,
        log: Log,
    ) -> Host {
        Host {
            aws,
            gates,
            evidence_bucket,
            waivers_table: None,
            event_bus: None,
            session_tags: false,
            function: None,
            log_link: None,
            log,
            page,
            records: record::Kept::default(),
        }
    }

    /// Where it says how a gate ended.
    fn bus(&self) -> Bus<'_> {
        Bus {
            name: self.event_bus.as_deref(),
            log_link: self.log_link.as_deref(),
            aws: &self.aws,
            log: &self.log,
        }
    }

    /// The gate that these settings are of.
    fn serving(&self, settings: &GateSettings) -> Result<&dyn AnyGate, GateError> {
        let kind = settings.kind();
        if let Some(gate) = self.gates.iter().find(|gate| gate.kind() == kind) {
            return Ok(gate.as_ref());
        }
        let served: Vec<&str> = self.gates.iter().map(|gate| gate.kind()).collect();
        Err(GateError::ParametersInvalid {
            detail: format!(
                "this function serves gates of kind `{}`, not `{kind}`",
                served.join("`, `")
            ),
            mend: format!("let the action invoke the function for `{kind}`"),
        })
    }
}

/// The page of evidence, which says whether its verdict comes out again.
pub fn page(evidence: &Evidence) -> String {
    let comparison = sluice_gates::comparison(evidence);
    let finding = sluice_gates::finding(evidence);
    sluice_report::page(evidence, &finding, comparison.as_ref())
}

/// What became of one invocation.
#[derive(Debug)]
pub enum Handled {
    /// The job goes on with a token.
    Continued {
        /// The line for people.
        line: String,
    },
    /// The job has its final answer.
    Ended(Box<Ended>),
    /// The action that follows a state machine has its final answer.
    Followed,
    /// The job of a function that died has its final answer.
    Reaped,
    /// The job had its answer before.
    AlreadyAnswered,
    /// The event has no job id: there is nobody to answer.
    NobodyToAnswer,
}

impl Handled {
    /// For whoever invoked the function.
    pub fn word(&self) -> &'static str {
        match self {
            Handled::Continued { .. } => "continued",
            Handled::Ended(_) => "ended",
            Handled::Followed => "ended",
            Handled::Reaped => "reaped",
            Handled::AlreadyAnswered => "already answered",
            Handled::NobodyToAnswer => "nobody to answer",
        }
    }
}

/// Handles one event. `deadline` is when the function is killed.
///
/// # Errors
///
/// Only where the answer did not get through, so that Lambda runs the same
/// event again.
pub async fn handle(raw: &Value, deadline: Timestamp, host: &Host) -> Result<Handled, AwsError> {
    let Some(job_id) = job_id(raw) else {
        (host.log)(json!({
            "level": "ERROR",
            "message": "the event has no job id, so there is nobody to answer",
            "hint": "this function answers CodePipeline's Lambda actions: let one invoke it",
            "event_keys": raw.as_object().map(|o| o.keys().collect::<Vec<_>>()),
        }));
        return Ok(Handled::NobodyToAnswer);
    };
    let concluded = concluded(raw, job_id, deadline, host).await;
    answer::answer(job_id, pipeline(raw).as_deref(), concluded, deadline, host).await
}

/// What one look comes to, before the function's end and whatever happens.
async fn concluded(raw: &Value, job_id: &str, deadline: Timestamp, host: &Host) -> look::Concluded {
    let now = host.aws.now();
    let time = time_to_work(now, deadline);
    let ends = now.saturating_add(time).unwrap_or(Timestamp::MAX);
    let looked = within(time, look::look(raw, job_id, (now, ends), host), &host.aws).await;
    let concluded = looked.unwrap_or_else(|cut| match cut {
        Cut::Panicked(detail) => look::gate_error(raw, job_id, now, GateError::Crashed { detail }),
        Cut::OutOfTime => out_of_time(raw, job_id, now, deadline, host),
    });
    waived::honour(concluded, host).await
}

/// How long a function may work before it has to answer. Of a short life, a
/// quarter is kept for the answer.
fn time_to_work(now: Timestamp, deadline: Timestamp) -> SignedDuration {
    let left = deadline.duration_since(now);
    (left - ANSWER_BEFORE_END).max(left * 3 / 4)
}

/// Why work did not come to its end.
enum Cut {
    /// With the panic's message.
    Panicked(String),
    OutOfTime,
}

/// Works for at most so long.
async fn within<T>(
    time: SignedDuration,
    work: impl Future<Output = T>,
    aws: &Aws,
) -> Result<T, Cut> {
    let work = AssertUnwindSafe(work).catch_unwind();
    tokio::select! {
        biased;
        done = work => done.map_err(|panic| Cut::Panicked(panic_text(panic.as_ref()))),
        () = aws.pause(time) => Err(Cut::OutOfTime),
    }
}

/// The parameters of the action, as far as the event can be read.
fn parameters_of(raw: &Value) -> Option<Parameters> {
    let job = Job::read(raw).ok()?;
    Parameters::read(job.user_parameters()).ok()
}

/// The pipeline, as far as the event names it.
fn pipeline(raw: &Value) -> Option<String> {
    parameters_of(raw)?.pipeline
}

/// Nothing was decided in time. A job that can go on does: its next look
/// begins where this one did.
fn out_of_time(
    raw: &Value,
    job_id: &str,
    now: Timestamp,
    deadline: Timestamp,
    host: &Host,
) -> look::Concluded {
    let left = Duration::from_signed(deadline.duration_since(host.aws.now()));
    let error = GateError::OutOfTime { left };
    match carried::goes_on(raw, job_id, now, host) {
        Some(token) if !carried::last_chance(&token, now) && !carried::is_over(&token, now) => {
            look::Concluded::Continue {
                token: Box::new(token),
                percent: 0,
                line: format!("{error}; looking again"),
            }
        }
        _ => look::gate_error(raw, job_id, now, error),
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it left no message".to_owned())
}

/// How an answer to CodePipeline went, for [`handle`].
fn handled(answered: Answered, otherwise: Handled) -> Handled {
    match answered {
        Answered::Taken => otherwise,
        Answered::AlreadyAnswered => Handled::AlreadyAnswered,
    }
}
