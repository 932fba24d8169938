//! CloudWatch Synthetics: canaries that run on a schedule, and whose runs
//! pass or fail as the scenario says.
//!
//! Runs are computed, not made: from the scenario's history on, one every so
//! often, but not while the canary is stopped.

use http::Request;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::caller::{Caller, uuid};
use crate::scenario::{CanaryPlan, Length, Moment, Span};
use crate::wire::{ApiError, Protocol, Time};

const PAGE_MAX: usize = 100;
const EVERY: Length = Length::seconds(300);
const TAKES: Length = Length::seconds(20);

/// How Synthetics behaves where its documentation leaves it open.
#[derive(Debug, Clone, Default)]
pub struct CanarySwitches {
    /// Whether `GetCanaryRuns` gives the oldest runs first. Not documented;
    /// default no.
    pub oldest_first: bool,
}

/// Synthetics of the whole world.
#[derive(Debug, Default)]
pub(crate) struct Synthetics {
    pub(crate) switches: CanarySwitches,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Page {
    next_token: Option<String>,
    max_results: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct OneCanary {
    canary: CanaryShape,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CanaryShape {
    id: String,
    name: String,
    schedule: Schedule,
    status: Status,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Schedule {
    expression: String,
    duration_in_seconds: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Status {
    state: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    state_reason: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Runs {
    canary_runs: Vec<RunShape>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct RunShape {
    id: String,
    scheduled_run_id: String,
    retry_attempt: u32,
    name: String,
    status: Status,
    timeline: Timeline,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Timeline {
    started: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed: Option<Time>,
}

/// The operation that a request is for.
pub(crate) fn operation(method: &str, path: &str) -> &'static str {
    match (method, path.ends_with("/runs")) {
        ("GET", false) => "GetCanary",
        ("POST", true) => "GetCanaryRuns",
        _ => "Unknown",
    }
}

impl Synthetics {
    pub(crate) fn call(
        &self,
        caller: &Caller<'_>,
        operation: &str,
        request: &Request<Vec<u8>>,
    ) -> Result<Vec<u8>, ApiError> {
        let path = request.uri().path();
        let name = path.strip_prefix("/canary/").unwrap_or("");
        let name = name.strip_suffix("/runs").unwrap_or(name);
        let plan = caller.scenario.canaries.get(name);
        let plan = plan.filter(|plan| caller.is_home_of(*plan));
        let plan = plan.ok_or_else(|| ApiError {
            status: 404,
            code: "ResourceNotFoundException".to_owned(),
            message: format!("Canary {name} not found"),
        })?;
        let arn = caller.arn("synthetics", &format!("canary:{name}"));
        caller
            .may(&format!("synthetics:{operation}"), plan, &arn)
            .map_err(|error| ApiError {
                status: 403,
                ..error
            })?;
        match operation {
            "GetCanary" => Protocol::Json.write(&canary(caller, name, plan)),
            "GetCanaryRuns" => {
                let page = match request.body().as_slice() {
                    [] => Page::default(),
                    body => Protocol::Json.read(body)?,
                };
                Protocol::Json.write(&self.runs(caller, name, plan, &page)?)
            }
            _ => {
                let message = format!("this world's Synthetics has nothing at {path}");
                Err(ApiError::client("UnknownOperationException", message))
            }
        }
    }

    fn runs(
        &self,
        caller: &Caller<'_>,
        name: &str,
        plan: &CanaryPlan,
        page: &Page,
    ) -> Result<Runs, ApiError> {
        let invalid = |what: &str| ApiError::client("ValidationException", what);
        let size = page.max_results.unwrap_or(PAGE_MAX);
        if !(1..=PAGE_MAX).contains(&size) {
            return Err(invalid("MaxResults is between 1 and 100"));
        }
        let from: usize = match &page.next_token {
            None => 0,
            Some(token) => token
                .strip_prefix("runs-")
                .and_then(|number| number.parse().ok())
                .ok_or_else(|| invalid("NextToken is not one of this operation"))?,
        };
        let mut runs = all_runs(caller, name, plan);
        if !self.switches.oldest_first {
            runs.reverse();
        }
        let more = runs.len() > from + size;
        Ok(Runs {
            canary_runs: runs.into_iter().skip(from).take(size).collect(),
            next_token: more.then(|| format!("runs-{}", from + size)),
        })
    }
}

fn canary(caller: &Caller<'_>, name: &str, plan: &CanaryPlan) -> OneCanary {
    let stopped = plan
        .stopped
        .iter()
        .any(|span| holds(caller, span, caller.now));
    let minutes = plan.every.unwrap_or(EVERY).0.as_secs() / 60;
    let unit = if minutes == 1 { "minute" } else { "minutes" };
    OneCanary {
        canary: CanaryShape {
            id: uuid(0x8006, 1),
            name: name.to_owned(),
            schedule: Schedule {
                expression: format!("rate({minutes} {unit})"),
                duration_in_seconds: 0,
            },
            status: Status {
                state: if stopped { "STOPPED" } else { "RUNNING" },
                state_reason: String::new(),
            },
        },
    }
}

/// All runs until now, oldest first.
fn all_runs(caller: &Caller<'_>, name: &str, plan: &CanaryPlan) -> Vec<RunShape> {
    let begin = caller.scenario.begin;
    let first = begin.saturating_sub(caller.scenario.history.0);
    let mut at = first.unwrap_or(begin);
    let every = plan
        .every
        .unwrap_or(EVERY)
        .0
        .max(SignedDuration::from_secs(1));
    let mut runs = Vec::new();
    while at <= caller.now {
        if !plan.stopped.iter().any(|span| holds(caller, span, at)) {
            runs.push(run(caller, name, plan, at, runs.len() as u64));
        }
        at = at.saturating_add(every).unwrap_or(Timestamp::MAX);
    }
    runs
}

fn run(caller: &Caller<'_>, name: &str, plan: &CanaryPlan, at: Timestamp, number: u64) -> RunShape {
    let takes = plan.takes.unwrap_or(TAKES).0;
    let end = at.saturating_add(takes).unwrap_or(Timestamp::MAX);
    let failure = plan
        .failures
        .iter()
        .find(|own| during(caller, &own.at, own.r#for, at));
    let (state, reason) = match failure {
        _ if end > caller.now => ("RUNNING", String::new()),
        Some(failure) => ("FAILED", failure.reason.clone()),
        None => ("PASSED", String::new()),
    };
    RunShape {
        id: uuid(0x8007, number),
        scheduled_run_id: uuid(0x8008, number),
        retry_attempt: 0,
        name: name.to_owned(),
        status: Status {
            state,
            state_reason: reason,
        },
        timeline: Timeline {
            started: Time(at),
            completed: (end <= caller.now).then_some(Time(end)),
        },
    }
}

fn holds(caller: &Caller<'_>, span: &Span, at: Timestamp) -> bool {
    during(caller, &span.at, span.r#for, at)
}

fn during(caller: &Caller<'_>, from: &Moment, length: Option<Length>, at: Timestamp) -> bool {
    let Some(from) = from.resolve(caller.scenario.begin, caller.marks) else {
        return false;
    };
    let until = length.and_then(|length| from.saturating_add(length.0).ok());
    at >= from && until.is_none_or(|until| at < until)
}
