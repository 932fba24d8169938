//! What goes wrong in one run, as data: which call, which process, which
//! event, whose clock, and how AWS behaves where nobody knows it.
//!
//! The same plan in the same world gives the same run. [`FaultPlan::fault`]
//! says what befalls a call; the world lets it happen, and counts what
//! occurred by [`Kind`]. Start at [`FaultPlan`].

mod kind;
mod partial;
mod process;

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

pub use kind::Kind;
pub(crate) use partial::half_answer;
pub use process::ProcessRecord;
pub(crate) use process::{CURRENT, Fate, Processes, run};

use crate::cloudwatch::CloudWatchSwitches;
use crate::codepipeline::{ClosedJob, LengthUnit, Settings, SilenceFrom};
use crate::scenario::RefusalKind;
use crate::world::{Call, Fault};

/// Everything that goes wrong in one run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FaultPlan {
    /// Of single calls.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<CallFault>,
    /// Of processes that get less time than others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lives: Vec<ShortLife>,
    /// Of events on their way to a function.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventFault>,
    /// How far the functions' clock is ahead of AWS's; negative: behind.
    #[serde(skip_serializing_if = "is_default")]
    pub clock_ahead_seconds: i64,
    /// How AWS behaves where its documentation leaves it open.
    #[serde(skip_serializing_if = "is_default")]
    pub switches: Switches,
}

/// What befalls a call, and those of the same operation that follow it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallFault {
    /// Which call is the first.
    pub at: Which,
    /// What befalls it.
    pub kind: Kind,
    /// How many calls it befalls: a client calls three times before it gives up.
    pub times: u32,
}

/// One call of a run. Everything is counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// Of all calls.
    Nth(u64),
    /// Of one operation, as `service:Operation`.
    Of(String, u64),
    /// Of one invocation of a function.
    In {
        /// Of all invocations.
        invocation: u64,
        /// Of its calls.
        call: u64,
    },
}

/// An invocation that is killed after so many seconds, and knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShortLife {
    /// Counted from 1.
    pub invocation: u64,
    /// How long it lives.
    pub seconds: u32,
}

/// What befalls an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventFault {
    /// Counted from 1 over all jobs.
    pub event: u64,
    /// What befalls it.
    pub fate: EventFate,
}

/// What befalls an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventFate {
    /// It never arrives.
    Lost,
    /// It arrives so many seconds late.
    Delayed(u32),
    /// It arrives a second time, so many seconds later.
    Twice(u32),
}

/// How AWS behaves where its documentation leaves it open ([D] in the
/// semantics). The default is the world's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// Silence of an action counts from the creation of its job.
    pub silence_from_job_creation: bool,
    /// A job that was answered is no longer found.
    pub closed_job_not_found: bool,
    /// What the length of a text counts.
    pub lengths: LengthUnit,
    /// `GetJobDetails` answers for jobs of Lambda actions.
    pub job_details: bool,
    /// A rollback does not say that it is one.
    pub rollback_type_hidden: bool,
    /// Alarms evaluate periods of which datapoints are still to come.
    pub alarms_read_incomplete_periods: bool,
    /// `GetMetricData` rounds `StartTime` down to the period.
    pub start_rounded_to_period: bool,
    /// A change of state is in the history only so many seconds later.
    pub history_delay_seconds: u32,
    /// A change of state that the history never shows, counted from 0.
    pub history_drops: Option<usize>,
    /// No page of CloudWatch is longer.
    pub page_size_max: Option<usize>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Switches {
    /// The names of those that are not as usual.
    pub fn turned(&self) -> Vec<&'static str> {
        let usual = Switches::default();
        let all = [
            ("silence_from_job_creation", self.silence_from_job_creation),
            ("closed_job_not_found", self.closed_job_not_found),
            ("lengths", self.lengths != usual.lengths),
            ("job_details", self.job_details),
            ("rollback_type_hidden", self.rollback_type_hidden),
            (
                "alarms_read_incomplete_periods",
                self.alarms_read_incomplete_periods,
            ),
            ("start_rounded_to_period", self.start_rounded_to_period),
            ("history_delay_seconds", self.history_delay_seconds > 0),
            ("history_drops", self.history_drops.is_some()),
            ("page_size_max", self.page_size_max.is_some()),
        ];
        let turned = all.into_iter().filter(|(_, turned)| *turned);
        turned.map(|(name, _)| name).collect()
    }

    /// The names of all.
    pub fn names() -> Vec<&'static str> {
        let all = Switches {
            silence_from_job_creation: true,
            closed_job_not_found: true,
            lengths: LengthUnit::Bytes,
            job_details: true,
            rollback_type_hidden: true,
            alarms_read_incomplete_periods: true,
            start_rounded_to_period: true,
            history_delay_seconds: 1,
            history_drops: Some(0),
            page_size_max: Some(1),
        };
        all.turned()
    }

    pub(crate) fn apply(&self, to: &mut CloudWatchSwitches) {
        to.alarms_read_incomplete_periods |= self.alarms_read_incomplete_periods;
        to.start_rounded_to_period |= self.start_rounded_to_period;
        to.history_delay += seconds(self.history_delay_seconds);
        to.drop_history.extend(self.history_drops);
        to.page_size_max = self.page_size_max.or(to.page_size_max);
    }
}

fn seconds(seconds: u32) -> SignedDuration {
    SignedDuration::from_secs(i64::from(seconds))
}

impl FaultPlan {
    /// Whether nothing goes wrong.
    pub fn is_empty(&self) -> bool {
        is_default(self)
    }

    /// What it changes about CodePipeline and its Lambda.
    pub(crate) fn apply(&self, settings: &mut Settings) {
        let switches = &self.switches;
        if switches.silence_from_job_creation {
            settings.silence_from = SilenceFrom::JobCreation;
        }
        if switches.closed_job_not_found {
            settings.closed_job = ClosedJob::NotFound;
        }
        if !is_default(&switches.lengths) {
            settings.lengths = switches.lengths;
        }
        settings.job_details |= switches.job_details;
        settings.rollback_type_shown &= !switches.rollback_type_hidden;
        for fault in &self.events {
            let number = fault.event;
            match fault.fate {
                EventFate::Lost => drop(settings.lose_events.insert(number)),
                EventFate::Delayed(by) => {
                    settings.delay_events.insert(number, seconds(by));
                }
                EventFate::Twice(after) => {
                    settings.duplicate_events.insert(number);
                    settings.duplicate_delays.insert(number, seconds(after));
                }
            }
        }
    }

    pub(crate) fn life(&self, invocation: u64) -> Option<SignedDuration> {
        let own = self.lives.iter().find(|life| life.invocation == invocation);
        own.map(|life| seconds(life.seconds))
    }
}

/// Where a plan stands in the course of a run.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    calls: u64,
    by_operation: BTreeMap<String, u64>,
    /// By the fault's place in the plan: the operation that it fell on, and
    /// how many calls it still befalls.
    open: BTreeMap<usize, (String, u32)>,
}

impl Progress {
    /// What befalls this call. The first fault of the plan that applies.
    pub(crate) fn fault(&mut self, plan: &FaultPlan, call: &Call) -> Option<Fault> {
        let operation = format!("{}:{}", call.service, call.operation);
        self.calls += 1;
        let nth = self.by_operation.entry(operation.clone()).or_default();
        *nth += 1;
        let nth = *nth;
        for (index, fault) in plan.calls.iter().enumerate() {
            let begins = match &fault.at {
                Which::Nth(number) => *number == self.calls,
                Which::Of(name, number) => *name == operation && *number == nth,
                Which::In {
                    invocation,
                    call: number,
                } => call.process == Some((*invocation, *number)),
            };
            if begins {
                self.open
                    .insert(index, (operation.clone(), fault.times.max(1)));
            }
            if let Some((own, left)) = self.open.get_mut(&index)
                && *own == operation
                && *left > 0
            {
                *left -= 1;
                return Some(of_kind(fault.kind));
            }
        }
        None
    }
}

/// How late a slow answer comes: clients give up after 5 s.
const SLOW: SignedDuration = SignedDuration::from_millis(4_500);
const TOO_SLOW: SignedDuration = SignedDuration::from_secs(30);

fn of_kind(kind: Kind) -> Fault {
    match kind {
        Kind::Throttled => Fault::Refused(RefusalKind::Throttling),
        Kind::ServerError => Fault::Refused(RefusalKind::InternalError),
        Kind::TimedOut => Fault::Refused(RefusalKind::Timeout),
        Kind::Reset => Fault::Refused(RefusalKind::Reset),
        Kind::Denied => Fault::Refused(RefusalKind::AccessDenied),
        Kind::HalfBody => Fault::HalfBody,
        Kind::PartialAnswer => Fault::PartialAnswer,
        Kind::AnswerLost => Fault::AnswerLost,
        Kind::AnswerLate => Fault::AnswerLate(TOO_SLOW),
        Kind::KilledBefore => Fault::KilledBefore,
        Kind::KilledAfter => Fault::KilledAfter,
        Kind::Panicked => Fault::Panicked,
        Kind::Frozen => Fault::Frozen,
        _ => Fault::Slow(SLOW),
    }
}
