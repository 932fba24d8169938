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
use sluice_core::validation::{Failed, TestOutcome, TestResult};
use tokio::time::{Instant, timeout_at};

use super::Variables;
use step::Trouble;

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
    /// How long there is for all of them. What has not ended by then could not
    /// be evaluated.
    pub at_most: Duration,
    /// What time it is, for certificates.
    pub now: Timestamp,
}

/// What happens while tests run.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// A test begins.
    Begun(&'a str),
    /// A test has ended.
    Ended(&'a TestResult),
}

/// Runs the HTTP tests of a gate, and gives their results in the plan's order.
pub async fn run(
    settings: &Validate,
    run: &Run,
    observe: &(dyn Fn(Event<'_>) + Sync),
) -> Vec<TestResult> {
    let ends = Instant::now() + run.at_most;
    let tests: Vec<(Test<'_>, &HttpTest)> = settings
        .tests()
        .into_iter()
        .filter_map(|test| match test.kind {
            TestKind::Http(http) => Some((test, http)),
            _ => None,
        })
        .collect();
    let running = tests
        .iter()
        .enumerate()
        .map(|(index, (test, http))| async move {
            observe(Event::Begun(&test.name));
            let result = one(test, http, run, ends).await;
            observe(Event::Ended(&result));
            (index, result)
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

async fn one(test: &Test<'_>, http: &HttpTest, run: &Run, ends: Instant) -> TestResult {
    let began = Instant::now();
    let length = Duration::from_secs(u64::from(test.at_most.as_seconds()));
    let own_end = began + length;
    let mut session = Session {
        run,
        variables: run.variables.clone(),
        attempts: 0,
        at: String::new(),
        last: None,
    };
    let done = if began >= ends {
        Err(Trouble::NotEvaluated(NO_TIME_TO_BEGIN.to_owned()))
    } else {
        let limit = own_end.min(ends);
        match timeout_at(limit, session.steps(http)).await {
            Ok(done) => done,
            Err(_) => Err(session.out_of_time(test, ends < own_end)),
        }
    };
    let took = began.elapsed().as_millis();
    session.result(test, done, u64::try_from(took).unwrap_or(u64::MAX))
}

const NO_TIME_TO_BEGIN: &str = "the time of the gate was over before the test could begin";

impl Session<'_> {
    async fn steps(&mut self, http: &HttpTest) -> Result<(), Trouble> {
        for step in &http.steps {
            self.step(step).await?;
        }
        Ok(())
    }

    /// The time of the test or of the gate was over in the middle of a step.
    fn out_of_time(&mut self, test: &Test<'_>, gate_ended: bool) -> Trouble {
        let last = match self.last.take() {
            Some(Trouble::Failed(last)) => {
                format!("; the try before: {}: got {}", last.expectation, last.got)
            }
            Some(Trouble::NotEvaluated(why)) => format!("; the try before: {why}"),
            None => String::new(),
        };
        if gate_ended {
            let why = format!("the time of the gate was over during `{}`{last}", self.at);
            return Trouble::NotEvaluated(why);
        }
        Trouble::Failed(Box::new(Failed {
            at: self.at.clone(),
            expectation: "time".to_owned(),
            got: format!("not done after {}{last}", test.at_most),
            wanted: format!("all steps within {}", test.at_most),
        }))
    }

    /// The result, with nothing in it that may not be shown.
    fn result(&self, test: &Test<'_>, done: Result<(), Trouble>, took_ms: u64) -> TestResult {
        let redactor = self.variables.redactor();
        let mut result = TestResult {
            name: test.name.clone(),
            kind: test.kind.word().to_owned(),
            required: test.required,
            outcome: TestOutcome::Passed,
            took_ms,
            attempts: self.attempts,
            failed: None,
            reason: None,
        };
        match done {
            Ok(()) => {}
            Err(Trouble::Failed(failed)) => {
                result.outcome = TestOutcome::Failed;
                result.failed = Some(Failed {
                    at: redactor.show(&failed.at),
                    expectation: redactor.show(&failed.expectation),
                    got: redactor.show(&failed.got),
                    wanted: redactor.show(&failed.wanted),
                });
            }
            Err(Trouble::NotEvaluated(why)) => {
                result.outcome = TestOutcome::NotEvaluated;
                let at = if self.at.is_empty() { "" } else { ": " };
                result.reason = Some(redactor.show(&format!("{}{at}{why}", self.at)));
            }
        }
        result
    }
}
