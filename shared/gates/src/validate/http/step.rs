//! One step: repeated as often as it says, and tried again until it may.

use std::time::Duration;

use sluice_aws::Unanswered;
use sluice_core::milliseconds::Milliseconds;
use sluice_core::settings::HttpStep;
use tokio::time::{Instant, sleep};

use super::Session;
use super::capture::Captured;
use super::check::{Mismatch, Unmet, check, milliseconds};
use super::exchange::{Seen, Unseen, exchange};
use super::request::Prepared;

/// The longest pause between two tries.
const PAUSE_MAX: Duration = Duration::from_secs(15);
const PAUSE_FIRST: Milliseconds = Milliseconds(1000);

/// An expectation that was not met.
#[derive(Debug, Clone)]
pub(super) struct Failed {
    /// The request, as `GET https://...`.
    pub(super) at: String,
    /// What was looked at, for instance `status`.
    pub(super) expectation: String,
    /// What was seen.
    pub(super) got: String,
    /// What had to be seen.
    pub(super) wanted: String,
}

/// Why a step did not pass.
#[derive(Debug, Clone)]
pub(super) enum Trouble {
    /// Something else was seen than what was expected.
    Failed(Box<Failed>),
    /// It cannot be told.
    NotEvaluated(String),
}

/// What one try gave that did not pass.
struct Try {
    trouble: Trouble,
    /// Whether another try may give something else.
    may_pass: bool,
}

impl Session<'_> {
    /// Runs a step until it passes, or until it may not be tried again.
    pub(super) async fn step(&mut self, step: &HttpStep) -> Result<(), Trouble> {
        self.attempts = 0;
        self.last = None;
        let until = step.retry.as_ref().map(|retry| {
            let length = u64::from(retry.retry_for.as_seconds());
            Instant::now() + Duration::from_secs(length)
        });
        let first = step.retry.as_ref().and_then(|retry| retry.every);
        let mut pause = Duration::from(first.unwrap_or(PAUSE_FIRST));
        loop {
            self.attempts += 1;
            let tried = match self.attempt(step).await {
                Ok(captured) => {
                    self.keep(captured);
                    return Ok(());
                }
                Err(tried) => tried,
            };
            let again = until.is_some_and(|until| Instant::now() + pause < until);
            if !again || !tried.may_pass {
                return Err(tried.trouble);
            }
            self.last = Some(tried.trouble);
            sleep(pause).await;
            // Never shorter than what was asked for.
            pause = (pause * 2).min(PAUSE_MAX.max(pause));
        }
    }

    fn keep(&mut self, captured: Vec<Captured>) {
        for Captured {
            name,
            value,
            secret,
        } in captured
        {
            if secret {
                self.variables.set_captured_secret(&name, &value);
            } else {
                self.variables.set(&name, &value);
            }
        }
    }

    async fn attempt(&mut self, step: &HttpStep) -> Result<Vec<Captured>, Try> {
        let (method, address) = step.request();
        self.at = format!("{} {address}", method.to_ascii_uppercase());
        let prepared = Prepared::of(step, &self.variables).map_err(|why| Try {
            trouble: Trouble::NotEvaluated(why),
            may_pass: false,
        })?;
        self.at = prepared.line();
        match step.repeat {
            None | Some(1) => {
                let (checked, _) = self.request(step, &prepared).await?;
                checked.map_err(|mismatch| self.failed(mismatch))
            }
            Some(times) => self.repeated(step, &prepared, times).await,
        }
    }

    /// Sends a request once. Gives how long it took if it was answered.
    async fn request(
        &self,
        step: &HttpStep,
        prepared: &Prepared,
    ) -> Result<(Result<Vec<Captured>, Mismatch>, Option<Duration>), Try> {
        let sent = exchange(step, prepared, &self.run.outside, &self.variables).await;
        let seen = match sent {
            Ok(seen) => seen,
            Err(unseen) => return unanswered(step, unseen).map(|failed| (Err(failed), None)),
        };
        match self.checked(step, &seen) {
            Ok(captured) => Ok((Ok(captured), Some(seen.took))),
            Err(Unmet::Mismatch(mismatch)) => Ok((Err(mismatch), Some(seen.took))),
            Err(Unmet::Unknown(why)) => Err(Try {
                trouble: Trouble::NotEvaluated(why),
                may_pass: true,
            }),
        }
    }

    fn checked(&self, step: &HttpStep, seen: &Seen) -> Result<Vec<Captured>, Unmet> {
        check(step, seen, &self.variables, self.run.now)
    }

    fn failed(&self, mismatch: Mismatch) -> Try {
        let trouble = Trouble::Failed(Box::new(Failed {
            at: self.at.clone(),
            expectation: mismatch.expectation,
            got: mismatch.got,
            wanted: mismatch.wanted,
        }));
        Try {
            trouble,
            may_pass: true,
        }
    }

    async fn repeated(
        &mut self,
        step: &HttpStep,
        prepared: &Prepared,
        times: u32,
    ) -> Result<Vec<Captured>, Try> {
        let mut tally = Tally::default();
        for _ in 0..times {
            let (checked, took) = self.request(step, prepared).await?;
            tally.took.extend(took);
            match checked {
                Ok(_) => tally.good += 1,
                Err(mismatch) => {
                    tally.first_bad.get_or_insert(mismatch);
                }
            }
        }
        match tally.judged(step, times) {
            None => Ok(Vec::new()),
            Some(mismatch) => Err(self.failed(mismatch)),
        }
    }
}

/// What is to be said of a request without an answer.
fn unanswered(step: &HttpStep, unseen: Unseen) -> Result<Mismatch, Try> {
    let not_evaluated = |why: String, may_pass| {
        Err(Try {
            trouble: Trouble::NotEvaluated(why),
            may_pass,
        })
    };
    let got = match unseen {
        Unseen::NotSent(why) => return not_evaluated(why, false),
        Unseen::Unanswered(error) if error.says_nothing() => {
            return not_evaluated(error.to_string(), error.may_pass());
        }
        Unseen::Unanswered(error) => words(&error),
        Unseen::TimedOut => format!("none within {}", step.timeout()),
        Unseen::TooManyRedirects(next) => {
            let follow = step.follow_redirects.unwrap_or(0);
            format!("{follow} redirects, and one more to {next}")
        }
    };
    Ok(Mismatch {
        expectation: "answer".to_owned(),
        got,
        wanted: format!("one within {}", step.timeout()),
    })
}

fn words(error: &Unanswered) -> String {
    format!("none: {error}")
}

/// What repeated requests gave.
#[derive(Debug, Default)]
struct Tally {
    good: u32,
    /// Of those that were answered.
    took: Vec<Duration>,
    first_bad: Option<Mismatch>,
}

impl Tally {
    /// What does not hold of them, if anything does not.
    fn judged(mut self, step: &HttpStep, times: u32) -> Option<Mismatch> {
        let least = step.at_least.map_or(100.0, |share| share.0.value());
        let share = f64::from(self.good) * 100.0 / f64::from(times);
        if share < least {
            let first = self.first_bad.map_or(String::new(), |bad| {
                let Mismatch {
                    expectation,
                    got,
                    wanted,
                } = bad;
                format!("; the first other one: {expectation}: got {got}, wanted {wanted}")
            });
            return Some(Mismatch {
                expectation: "answers as expected".to_owned(),
                got: format!("{} of {times}{first}", self.good),
                wanted: format!("at least {least}% of {times}"),
            });
        }
        self.took.sort_unstable();
        let mut expected = step.expect.percentile.iter();
        expected.find_map(|(name, most)| slow(name, *most, &self.took, times))
    }
}

/// Whether a percentile is too slow, by the nearest rank. What was not
/// answered was slower than everything else.
fn slow(name: &str, most: Milliseconds, took: &[Duration], times: u32) -> Option<Mismatch> {
    let share = sluice_core::settings::percentile(name)?;
    let rank = (share / 100.0 * f64::from(times)).ceil().max(1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most as many as there are requests"
    )]
    let got = took.get(rank as usize - 1).copied().map(milliseconds);
    if got.is_some_and(|got| got <= most) {
        return None;
    }
    Some(Mismatch {
        expectation: format!("time of {name}"),
        got: got.map_or("no answer".to_owned(), |got| got.to_string()),
        wanted: format!("at most {most}"),
    })
}
