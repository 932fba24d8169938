//! Runs HTTP tests: side by side up to a limit, each with its deadline.
//!
//! What is sent is made in `request.rs`; `exchange.rs` sends it and follows
//! redirects; `check.rs` is pure and holds an answer to what is expected;
//! `step.rs` repeats and tries again. What comes out is plain data without any
//! secret in it. Time is tokio's, so that a rehearsal costs none.

mod capture;
mod check;
mod exchange;
mod json;
mod request;
mod step;
#[cfg(test)]
mod tests;

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use jiff::Timestamp;
use sluice_aws::Outside;
use sluice_core::settings::{HttpTest, Test, TestKind, Validate};
use sluice_core::validate::{TestResult, TestState, Unmet};
use tokio::time::{Instant, timeout_at};

use super::Variables;
pub(super) use json::unmet_by;
use step::{Failed, Trouble};

/// So much of a body is read. More of it is not expected of a test, and would
/// not fit into a function's memory for many tests at once.
pub const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;

/// What all tests of a run share.
#[derive(Debug, Clone)]
pub struct Run {
    /// The way to what is tested.
    pub outside: Outside,
    /// The values of variables.
    pub variables: Variables,
    /// How many tests run at the same time.
    pub at_once: u32,
    /// How long there is for all of them.
    pub at_most: Duration,
    /// Whether what does not end in that time can begin again later.
    pub goes_on: bool,
    /// What time it is, for certificates.
    pub now: Timestamp,
}

impl Run {
    /// How long there has to be for a test to begin. One that can end in a run
    /// gets its whole time in one; one that cannot gets at least half a run.
    fn needed(&self, length: Duration, left: Duration) -> Duration {
        if !self.goes_on {
            Duration::ZERO
        } else if length <= self.at_most {
            length
        } else {
            left.min(self.at_most / 2)
        }
    }
}

/// What happens while tests run.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// A test begins.
    Begun(&'a str),
    /// A test has ended, or has to go on later.
    Ended(&'a TestResult),
}

/// Runs the HTTP tests of a gate, and gives their results in the plan's order.
/// `earlier` are results of a run before: of those that had not ended, time
/// and tries count on, and they begin with their first step. Those that had
/// ended are not run again, and not given.
pub async fn run(
    settings: &Validate,
    earlier: &[TestResult],
    run: &Run,
    observe: &(dyn Fn(Event<'_>) + Sync),
) -> Vec<TestResult> {
    let ends = Instant::now() + run.at_most;
    let of = |test: &Test<'_>| earlier.iter().find(|result| result.name == test.name);
    let tests: Vec<(Test<'_>, &HttpTest)> = settings
        .tests()
        .into_iter()
        .filter(|test| of(test).is_none_or(|result| result.state == TestState::Running))
        .filter_map(|test| match test.kind {
            TestKind::Http(http) => Some((test, http)),
            _ => None,
        })
        .collect();
    let running = tests
        .iter()
        .enumerate()
        .map(|(index, (test, http))| async move {
            (index, one(test, http, of(test), run, ends, observe).await)
        });
    let at_once = usize::try_from(run.at_once.max(1)).unwrap_or(1);
    // Made before they run: as closures their borrows would be too general.
    let running: Vec<_> = running.collect();
    let mut results: Vec<(usize, TestResult)> = stream::iter(running)
        .buffer_unordered(at_once)
        .collect()
        .await;
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// A test under way.
struct Session<'a> {
    run: &'a Run,
    variables: Variables,
    /// Tries of the step that is under way.
    attempts: u32,
    /// The request that is under way, for people.
    at: String,
    /// What the last try gave.
    last: Option<Trouble>,
}

/// How far a test came in a run.
enum Came {
    /// To its end.
    Ended(Result<(), Trouble>),
    /// The run was over before.
    Interrupted(String),
}

async fn one(
    test: &Test<'_>,
    http: &HttpTest,
    earlier: Option<&TestResult>,
    run: &Run,
    ends: Instant,
    observe: &(dyn Fn(Event<'_>) + Sync),
) -> TestResult {
    let began = Instant::now();
    let length = Duration::from_secs(u64::from(test.at_most.as_seconds()));
    let before = Duration::from_millis(earlier.map_or(0, |result| result.took));
    let left = length.saturating_sub(before);
    let mut session = Session {
        run,
        variables: run.variables.clone(),
        attempts: 0,
        at: String::new(),
        last: None,
    };
    let came = if began >= ends || ends - began < run.needed(length, left) {
        Came::Interrupted(NOT_BEGUN.to_owned())
    } else {
        observe(Event::Begun(&test.name));
        let (own_end, steps) = (began + left, session.steps(http));
        match timeout_at(own_end.min(ends), steps).await {
            Ok(done) => Came::Ended(done),
            Err(_) if ends < own_end => Came::Interrupted(session.interrupted()),
            Err(_) => Came::Ended(Err(session.out_of_time(test))),
        }
    };
    let took = before + began.elapsed();
    session.attempts += earlier.map_or(0, |result| result.attempts);
    let result = session.result(test, came, took);
    observe(Event::Ended(&result));
    result
}

/// How far a test is that nobody has begun.
pub(super) const NOT_BEGUN: &str = "it has not begun yet";

impl Session<'_> {
    async fn steps(&mut self, http: &HttpTest) -> Result<(), Trouble> {
        for step in &http.steps {
            self.step(step).await?;
        }
        Ok(())
    }

    /// The time of the run was over in the middle of a step.
    fn interrupted(&self) -> String {
        format!("at `{}`{}", self.at, self.the_try_before())
    }

    /// The time of the test was over in the middle of a step.
    fn out_of_time(&self, test: &Test<'_>) -> Trouble {
        Trouble::Failed(Box::new(Failed {
            at: self.at.clone(),
            expectation: "time".to_owned(),
            got: format!("not done after {}{}", test.at_most, self.the_try_before()),
            wanted: format!("all steps within {}", test.at_most),
        }))
    }

    fn the_try_before(&self) -> String {
        match &self.last {
            Some(Trouble::Failed(last)) => {
                format!("; the try before: {}: got {}", last.expectation, last.got)
            }
            Some(Trouble::NotEvaluated(why)) => format!("; the try before: {why}"),
            None => String::new(),
        }
    }

    /// The result, with nothing in it that may not be shown.
    fn result(&self, test: &Test<'_>, came: Came, took: Duration) -> TestResult {
        let redactor = self.variables.redactor();
        let (state, unmet, detail) = match came {
            Came::Ended(Ok(())) => (TestState::Passed, None, None),
            Came::Ended(Err(Trouble::Failed(failed))) => (TestState::Failed, Some(failed), None),
            Came::Ended(Err(Trouble::NotEvaluated(why))) => {
                let at = if self.at.is_empty() { "" } else { ": " };
                (
                    TestState::Unknown,
                    None,
                    Some(format!("{}{at}{why}", self.at)),
                )
            }
            Came::Interrupted(how_far) => (TestState::Running, None, Some(how_far)),
        };
        let unmet = unmet.map(|failed| Unmet {
            what: redactor.show(&format!("{}: {}", failed.at, failed.expectation)),
            wanted: redactor.show(&failed.wanted),
            got: redactor.show(&failed.got),
        });
        TestResult {
            took: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            attempts: self.attempts,
            unmet: unmet.into_iter().collect(),
            detail: detail.map(|detail| redactor.show(&detail)),
            ..TestResult::of(test, state)
        }
    }
}
