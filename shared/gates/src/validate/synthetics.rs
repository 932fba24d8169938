//! A test that reads the runs of a canary after the deployment.
//!
//! A run that CloudWatch Synthetics tries again counts once, by its last
//! attempt. Runs that began before the deployment ended do not count.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use sluice_aws::{Aws, AwsError, Canary, CanaryRun, CanaryState, RunState};
use sluice_core::reading::Place;

use super::{Followed, Lack, State};

/// So long after a failed attempt the next one has begun. Not documented.
const RETRY_BEGINS: SignedDuration = SignedDuration::from_mins(5);

/// What is expected of a canary.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wanted {
    /// Runs count that began at or after this.
    pub since: Timestamp,
    /// So many have to have ended.
    pub runs: u32,
    /// So many percent of those that ended have to have passed.
    pub passed_percent: f64,
    /// Whether the time for them is over.
    pub over: bool,
}

/// How a canary and its runs are.
pub async fn follow(
    aws: &Aws,
    place: &Place,
    name: &str,
    wanted: &Wanted,
) -> Result<Followed, AwsError> {
    let canary = match aws.canary(place, name).await {
        Ok(Some(canary)) => canary,
        Ok(None) => {
            let line = format!("there is no canary `{name}`");
            return Ok(Followed::new(State::Unknown(Lack::Settings), line));
        }
        Err(error) => return Followed::refused(error),
    };
    match aws.canary_runs(place, name, wanted.since).await {
        Ok(runs) => Ok(judged(&canary, &runs, wanted, aws.now())),
        Err(error) => Followed::refused(error),
    }
}

/// The runs that count, by how they ended.
#[derive(Debug, Default)]
struct Counted<'a> {
    passed: u32,
    failed: Vec<&'a CanaryRun>,
    unknown: u32,
}

impl Counted<'_> {
    fn ended(&self) -> u32 {
        self.passed + self.failures()
    }

    fn failures(&self) -> u32 {
        u32::try_from(self.failed.len()).unwrap_or(u32::MAX)
    }
}

/// What a canary's runs mean for the test.
pub fn judged(canary: &Canary, runs: &[CanaryRun], wanted: &Wanted, now: Timestamp) -> Followed {
    let counted = counted(canary, runs, wanted.since, now);
    let so_far = so_far(canary, &counted, wanted);
    let reason = counted.failed.last().and_then(|run| run.reason.clone());
    let enough = counted.ended() >= wanted.runs.max(1);
    let at_best = counted.ended().max(wanted.runs);
    let can_pass = holds(at_best - counted.failures(), at_best, wanted.passed_percent);
    if !can_pass {
        return Followed::new(State::Failed, so_far).with_detail(reason);
    }
    if let CanaryState::RunsNot(word) = &canary.state
        && !(enough && runs_once(canary))
    {
        let line = format!("canary `{}` is {word}: {so_far}", canary.name);
        return Followed::new(State::Unknown(Lack::Test), line).with_detail(canary.reason.clone());
    }
    let state = match enough {
        true if counted.unknown > 0 => State::Unknown(Lack::Service),
        true => State::Passed,
        false if wanted.over => State::Unknown(Lack::Test),
        false => State::Running,
    };
    Followed::new(state, so_far).with_detail(reason)
}

/// Whether a canary runs once when it is started, and then stands still.
fn runs_once(canary: &Canary) -> bool {
    let schedule = canary.schedule.as_deref();
    schedule.is_some_and(|schedule| schedule.starts_with("rate(0 "))
}

fn so_far(canary: &Canary, counted: &Counted<'_>, wanted: &Wanted) -> String {
    let unknown = match counted.unknown {
        0 => String::new(),
        some => format!(", {some} with a result that is not known"),
    };
    format!(
        "{} of {} runs of `{}` since the deployment passed, at least {} wanted{unknown}",
        counted.passed,
        counted.ended(),
        canary.name,
        wanted.runs.max(1)
    )
}

fn holds(passed: u32, of: u32, percent: f64) -> bool {
    // Percents have few digits: what rounding adds is far below one run.
    f64::from(passed) * 100.0 + 1e-6 >= percent * f64::from(of)
}

fn counted<'a>(
    canary: &Canary,
    runs: &'a [CanaryRun],
    since: Timestamp,
    now: Timestamp,
) -> Counted<'a> {
    let mut by_run: BTreeMap<&str, Vec<&CanaryRun>> = BTreeMap::new();
    for run in runs {
        let scheduled = run.scheduled.as_deref().unwrap_or(&run.id);
        by_run.entry(scheduled).or_default().push(run);
    }
    let mut counted = Counted::default();
    for attempts in by_run.values() {
        let (Some(first), Some(last)) = (
            attempts.iter().min_by_key(|run| run.attempt),
            attempts.iter().max_by_key(|run| run.attempt),
        ) else {
            continue;
        };
        if first.started < since || first.attempt > 0 {
            continue;
        }
        match &last.state {
            RunState::Running => {}
            RunState::Passed => counted.passed += 1,
            RunState::Failed if comes_again(canary, last, now) => {}
            RunState::Failed => counted.failed.push(last),
            RunState::Unknown(_) => counted.unknown += 1,
        }
    }
    counted.failed.sort_by_key(|run| run.started);
    counted
}

/// Whether another attempt of a failed run is still to be expected.
fn comes_again(canary: &Canary, run: &CanaryRun, now: Timestamp) -> bool {
    let ended = run.completed.unwrap_or(run.started);
    run.attempt < canary.retries_max && now.duration_since(ended) < RETRY_BEGINS
}
