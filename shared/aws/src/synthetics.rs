//! Canaries of CloudWatch Synthetics, and their runs.

use aws_sdk_synthetics::types::CanaryRun as SdkRun;
use jiff::Timestamp;
use sluice_core::reading::Place;

use crate::clients::Aws;
use crate::cloudwatch::{moment, too_many_pages, unreadable};
use crate::error::{AwsError, sorted};

/// Runs on one page (AWS's limit), and pages that are read.
const PAGE_RUNS: i32 = 100;
const PAGES_MAX: usize = 5;

/// Whether a canary runs at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CanaryState {
    /// It runs as scheduled, or will in a moment.
    Runs,
    /// It does not, in AWS's word: `READY` (never started), `STOPPED`,
    /// `STOPPING`, `ERROR`, `DELETING`, ... and words that we do not know.
    RunsNot(String),
}

impl CanaryState {
    /// Reads Synthetics' word.
    pub fn from_word(word: &str) -> CanaryState {
        match word {
            // An update takes a moment, and it runs on after it.
            "RUNNING" | "STARTING" | "UPDATING" => CanaryState::Runs,
            other => CanaryState::RunsNot(other.to_owned()),
        }
    }
}

/// A canary as `GetCanary` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canary {
    /// Its name.
    pub name: String,
    /// Whether it runs.
    pub state: CanaryState,
    /// Why it is in this state, where Synthetics says it.
    pub reason: Option<String>,
    /// `rate(5 minutes)`, `cron(...)`; `rate(0 minute)` runs once, when started.
    pub schedule: Option<String>,
    /// How often a run that failed is tried again.
    pub retries_max: u32,
}

/// How a run is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunState {
    /// It has not ended.
    Running,
    /// It passed.
    Passed,
    /// It failed, or could not be made.
    Failed,
    /// A word that we do not know, or none. Never taken for passed.
    Unknown(String),
}

impl RunState {
    /// Reads Synthetics' word.
    pub fn from_word(word: &str) -> RunState {
        match word {
            "RUNNING" => RunState::Running,
            "PASSED" => RunState::Passed,
            "FAILED" => RunState::Failed,
            other => RunState::Unknown(other.to_owned()),
        }
    }
}

/// One run of a canary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanaryRun {
    /// Its id.
    pub id: String,
    /// The scheduled run that it is an attempt of, where it says one.
    pub scheduled: Option<String>,
    /// Which attempt it is: 0 is the first.
    pub attempt: u32,
    /// How it is.
    pub state: RunState,
    /// Why, where it failed.
    pub reason: Option<String>,
    /// When it began, by AWS's clock.
    pub started: Timestamp,
    /// When it ended.
    pub completed: Option<Timestamp>,
}

impl Aws {
    /// A canary; nothing where there is none of that name.
    pub async fn canary(&self, place: &Place, name: &str) -> Result<Option<Canary>, AwsError> {
        let operation = "synthetics:GetCanary";
        let answer = self
            .synthetics(place)
            .get_canary()
            .name(name)
            .send()
            .await
            .map_err(|error| sorted(operation, place, error).about(name));
        let told = match answer {
            Ok(answer) => answer.canary,
            // Its API reference names no error for this; runs of one do.
            Err(error) if error.is_missing() => return Ok(None),
            Err(error) => return Err(error),
        };
        let told = told.ok_or_else(|| unreadable(operation, place, "it has no canary"))?;
        let status = told
            .status
            .ok_or_else(|| unreadable(operation, place, "the canary has no state").about(name))?;
        let state = status
            .state
            .map_or_else(String::new, |state| state.as_str().to_owned());
        let schedule = told.schedule;
        Ok(Some(Canary {
            name: told.name.unwrap_or_else(|| name.to_owned()),
            state: CanaryState::from_word(&state),
            reason: status.state_reason.filter(|reason| !reason.is_empty()),
            retries_max: schedule
                .as_ref()
                .and_then(|own| own.retry_config.as_ref()?.max_retries)
                .and_then(|times| u32::try_from(times).ok())
                .unwrap_or(0),
            schedule: schedule.and_then(|schedule| schedule.expression),
        }))
    }

    /// The runs of a canary that began at or after `since`, oldest first. Dry
    /// runs are not among them.
    pub async fn canary_runs(
        &self,
        place: &Place,
        name: &str,
        since: Timestamp,
    ) -> Result<Vec<CanaryRun>, AwsError> {
        let operation = "synthetics:GetCanaryRuns";
        let mut found = Vec::new();
        let mut next = None;
        for _ in 0..PAGES_MAX {
            let answer = self
                .synthetics(place)
                .get_canary_runs()
                .name(name)
                .max_results(PAGE_RUNS)
                .set_next_token(next)
                .send()
                .await
                .map_err(|error| sorted(operation, place, error).about(name))?;
            let told = answer.canary_runs.unwrap_or_default();
            let runs: Vec<CanaryRun> = told.into_iter().filter_map(read).collect();
            // The order is not documented: a page of old runs only ends it
            // where the newest come first, and else all pages are read.
            let past = !runs.is_empty() && runs.iter().all(|run| run.started < since);
            let newest_first = runs.is_sorted_by(|one, other| one.started >= other.started);
            found.extend(runs.into_iter().filter(|run| run.started >= since));
            next = answer.next_token.filter(|token| !token.is_empty());
            if next.is_none() || (past && newest_first) {
                found.sort_by(|one, other| {
                    (one.started, one.attempt).cmp(&(other.started, other.attempt))
                });
                return Ok(found);
            }
        }
        Err(too_many_pages(operation, place, PAGES_MAX).about(name))
    }
}

fn read(told: SdkRun) -> Option<CanaryRun> {
    if told
        .dry_run_config
        .is_some_and(|dry| dry.dry_run_id.is_some())
    {
        return None;
    }
    let timeline = told.timeline?;
    let (state, reason) = match told.status {
        Some(status) => (
            status
                .state
                .map_or_else(String::new, |state| state.as_str().to_owned()),
            status.state_reason,
        ),
        None => (String::new(), None),
    };
    Some(CanaryRun {
        id: told.id.unwrap_or_default(),
        scheduled: told.scheduled_run_id,
        attempt: told
            .retry_attempt
            .and_then(|n| u32::try_from(n).ok())
            .unwrap_or(0),
        state: RunState::from_word(&state),
        reason: reason.filter(|reason| !reason.is_empty()),
        started: timeline.started.as_ref().map(moment)?,
        completed: timeline.completed.as_ref().map(moment),
    })
}
