//! Faults as they happen: to a call, to the process that makes it. Each that
//! occurs is counted.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use http::{Request, Response};
use jiff::SignedDuration;
use serde_json::Value;

use super::target::{Target, refusal};
use super::{Call, Fault, World, lock};
use crate::Clock;
use crate::codepipeline::{Functions, Invocation};
use crate::faults::{CURRENT, Fate, FaultPlan, Kind, ProcessRecord, Processes, half_answer, run};
use crate::scenario::RefusalKind;
use crate::wire::Broken;

/// How long a call hangs that is never answered; clients give up before.
const HANGS_FOR: SignedDuration = SignedDuration::from_mins(5);

type Answer = Result<Response<Vec<u8>>, Broken>;

/// Runs each invocation in a process of its own.
pub(super) fn functions(
    clock: Clock,
    functions: &Arc<OnceLock<Functions>>,
    processes: &Arc<Processes>,
    plan: &FaultPlan,
) -> Functions {
    let (functions, processes) = (Arc::clone(functions), Arc::clone(processes));
    let plan = plan.clone();
    Arc::new(move |mut invocation: Invocation| {
        let Some(functions) = functions.get().cloned() else {
            return Box::pin(async { Ok(Value::Null) });
        };
        let process = processes.begin(&invocation);
        let life = plan.life(process.number);
        if let Some(life) = life {
            process.suffers(Kind::OutOfTime, "");
            let end = clock.now().saturating_add(life);
            invocation.deadline =
                end.map_or(invocation.deadline, |end| end.min(invocation.deadline));
        }
        // Some functions do their first steps before they give a future.
        let runs = processes.runs();
        Box::pin(async move {
            let _runs = runs;
            let work = Box::pin(async move { functions(invocation).await });
            run(process, life, work).await
        })
    })
}

impl World {
    /// How often each kind of fault occurred so far.
    pub fn occurred(&self) -> BTreeMap<Kind, u64> {
        let mut counted = lock(&self.0.log).occurred.clone();
        let faults = self.0.codepipeline.faults();
        let short = self.processes().iter().fold(0, |sum, process| {
            let own = process
                .befell
                .iter()
                .filter(|(kind, _)| *kind == Kind::OutOfTime);
            sum + own.count() as u64
        });
        let ahead = self.0.plan.clock_ahead_seconds;
        for (kind, times) in [
            (Kind::OutOfTime, short),
            (Kind::EventDuplicated, faults.events_duplicated),
            (Kind::EventDelayed, faults.events_delayed),
            (Kind::EventReordered, faults.events_reordered),
            (Kind::EventLost, faults.events_lost),
            (Kind::ClockAhead, u64::from(ahead > 0)),
            (Kind::ClockBehind, u64::from(ahead < 0)),
        ] {
            if times > 0 {
                counted.insert(kind, times);
            }
        }
        counted
    }

    /// Every invocation so far, and what befell it.
    pub fn processes(&self) -> Vec<ProcessRecord> {
        self.0.processes.records()
    }

    /// How many functions run now.
    pub fn functions_running(&self) -> usize {
        self.0.processes.running()
    }

    /// What goes wrong as planned.
    pub fn fault_plan(&self) -> &FaultPlan {
        &self.0.plan
    }

    /// Counts a fault, on the whole and for the process that it befalls.
    fn suffers(&self, kind: Kind, call: &Call) {
        *lock(&self.0.log).occurred.entry(kind).or_default() += 1;
        let operation = format!("{}:{}", call.service, call.operation);
        // Calls that come from elsewhere have no process.
        let _ = CURRENT.try_with(|process| process.suffers(kind, &operation));
    }

    /// Answers a call to which this happens.
    pub(super) async fn afflicted(
        &self,
        fault: Fault,
        target: &Target,
        request: &Request<Vec<u8>>,
        call: &Call,
    ) -> Answer {
        match fault {
            Fault::Refused(kind) => self.refused(kind, target, call).await,
            Fault::Slow(length) => {
                self.suffers(Kind::Slow, call);
                pause(length).await;
                Ok(self.respond(target, request, call).await)
            }
            Fault::AnswerLate(length) => {
                self.suffers(Kind::AnswerLate, call);
                let response = self.respond(target, request, call).await;
                pause(length).await;
                Ok(response)
            }
            Fault::AnswerLost => {
                self.suffers(Kind::AnswerLost, call);
                self.respond(target, request, call).await;
                Err(Broken::Reset)
            }
            Fault::HalfBody => {
                let mut response = self.respond(target, request, call).await;
                let body = response.body_mut();
                if !body.is_empty() {
                    body.truncate(body.len() / 2);
                    self.suffers(Kind::HalfBody, call);
                }
                Ok(response)
            }
            Fault::PartialAnswer => Ok(self.partial(target, request, call).await),
            Fault::KilledBefore => self.ends(Kind::KilledBefore, call).await,
            Fault::KilledAfter => {
                self.respond(target, request, call).await;
                self.ends(Kind::KilledAfter, call).await
            }
            Fault::Panicked => self.ends(Kind::Panicked, call).await,
            Fault::Frozen => self.ends(Kind::Frozen, call).await,
        }
    }

    async fn refused(&self, kind: RefusalKind, target: &Target, call: &Call) -> Answer {
        let (counted, broken) = match kind {
            RefusalKind::Timeout => (Kind::TimedOut, Some(Broken::Timeout)),
            RefusalKind::Reset => (Kind::Reset, Some(Broken::Reset)),
            RefusalKind::AccessDenied => (Kind::Denied, None),
            RefusalKind::Throttling => (Kind::Throttled, None),
            RefusalKind::InternalError => (Kind::ServerError, None),
        };
        self.suffers(counted, call);
        if kind == RefusalKind::Timeout {
            pause(HANGS_FOR).await;
        }
        broken.map_or_else(|| Ok(target.refused(&refusal(target, kind))), Err)
    }

    async fn partial(
        &self,
        target: &Target,
        request: &Request<Vec<u8>>,
        call: &Call,
    ) -> Response<Vec<u8>> {
        if target.operation == "GetMetricData" {
            let turn = |on| {
                let region = target.region.as_str();
                let account = self.account_of(target);
                self.with_cloudwatch(&account, region, |own| own.switches.partial_data = on);
            };
            turn(true);
            let response = self.respond(target, request, call).await;
            turn(false);
            self.suffers(Kind::PartialAnswer, call);
            return response;
        }
        let mut response = self.respond(target, request, call).await;
        if response.status().is_success()
            && let Some(half) = half_answer(&target.operation, response.body())
        {
            *response.body_mut() = half;
            self.suffers(Kind::PartialAnswer, call);
        }
        response
    }

    /// Ends the process that calls; a call from elsewhere is merely cut off.
    async fn ends(&self, kind: Kind, call: &Call) -> Answer {
        let ended = CURRENT.try_with(|process| match kind {
            Kind::Panicked => {}
            Kind::Frozen => process.end(Fate::Frozen),
            _ => process.end(Fate::Killed),
        });
        if ended.is_err() {
            return Err(Broken::Reset);
        }
        self.suffers(kind, call);
        if kind == Kind::Panicked {
            // Without the hook that prints: this one is planned.
            std::panic::resume_unwind(Box::new("a planned panic".to_owned()));
        }
        std::future::pending().await
    }
}

async fn pause(length: SignedDuration) {
    tokio::time::sleep(length.try_into().unwrap_or_default()).await;
}
