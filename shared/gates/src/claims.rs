//! Starts a thing once, however often and by how many invocations at the same
//! time it is asked for.
//!
//! What is started has an id that follows from the release, the test and the
//! attempt ([`TestId`]). An execution of Step Functions has it in its name,
//! and Step Functions keeps names for 90 days. CodeBuild remembers an
//! idempotency token for five minutes only, which is shorter than the time
//! until a second try may come; so a build is claimed in a table first, and
//! carries a mark by which it is found again. What follows from a claim is
//! decided by [`decide`], which knows no clock and no AWS.

mod decide;
mod id;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use sluice_aws::{Aws, AwsError, BuildToStart, Claim, Claimed, StartedExecution, execution_arn};
use sluice_core::reading::Place;

pub use decide::{Step, after_search, decide};
pub use id::TestId;

/// A claim is of no use after this: no attempt lasts so long.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(21 * 24);
/// Builds that began so long before the claim are still looked at: the two
/// times are of two clocks.
const CLOCKS_APART: SignedDuration = SignedDuration::from_secs(60);
/// Steps of one look. Each of them is taken once, and one more for each other
/// invocation that came in between.
const STEPS_MAX: usize = 8;

/// What became of a start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is there, under this ARN, whoever started it.
    Started {
        /// Its ARN.
        arn: String,
        /// When it was claimed, by which it may be told whether it can be seen yet.
        at: Timestamp,
    },
    /// Another invocation is at it, or was; look again then.
    Wait(Timestamp),
}

/// Who starts a build, in which table it is claimed, and for which test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claiming<'a> {
    /// The table of claims.
    pub table: &'a str,
    /// What is started.
    pub id: &'a TestId<'a>,
    /// Names this invocation: no other has the same.
    pub claimer: &'a str,
}

impl Claiming<'_> {
    fn claim(&self, now: Timestamp, generation: u32) -> Claim {
        Claim {
            id: self.id.key(),
            about: self.id.to_string(),
            claimer: self.claimer.to_owned(),
            claimed_at: now,
            generation,
            started: None,
            expires: now.saturating_add(KEPT_FOR).unwrap_or(Timestamp::MAX),
        }
    }

    /// The build that this test starts: its mark and its token follow from the
    /// test's id, so that all invocations ask for the same.
    pub fn build_of(
        &self,
        project: &str,
        source_version: Option<&str>,
        variables: &BTreeMap<String, String>,
    ) -> BuildToStart {
        BuildToStart {
            project: project.to_owned(),
            source_version: source_version.map(str::to_owned),
            variables: variables.clone(),
            mark: self.id.key(),
            token: self.id.key(),
        }
    }
}

/// Starts a build unless it was started before. What AWS refuses leaves the
/// claim as it is; the next look goes on from there.
pub async fn begin_build(
    aws: &Aws,
    place: &Place,
    claiming: &Claiming<'_>,
    build: &BuildToStart,
) -> Result<Begun, AwsError> {
    let mut claim = aws.claim(claiming.table, &claiming.id.key()).await?;
    for _ in 0..STEPS_MAX {
        let step = match decide(claim.as_ref(), claiming.claimer, aws.now()) {
            Step::Search => search(aws, place, claim.as_ref(), build).await?,
            step => step,
        };
        claim = match (step, claim) {
            (Step::Claim, _) => put(aws, claiming).await?,
            (Step::TakeOver, Some(old)) => take_over(aws, claiming, &old).await?,
            (Step::Start, Some(own)) => {
                let started = aws.start_build(place, build).await?;
                return record(aws, place, claiming, &own, &started.arn).await;
            }
            (Step::Adopt(arn), Some(own)) => {
                return record(aws, place, claiming, &own, &arn).await;
            }
            (Step::Wait(until), _) => return Ok(Begun::Wait(until)),
            // A claim that is gone is made anew.
            (_, None) | (Step::Search, _) => aws.claim(claiming.table, &claiming.id.key()).await?,
        };
    }
    Ok(Begun::Wait(aws.now()))
}

/// The build that was started, if one was: to stop what a release started.
/// Claims nothing, and starts nothing. One that another
/// invocation starts at this moment is not seen.
pub async fn begun_build(
    aws: &Aws,
    place: &Place,
    claiming: &Claiming<'_>,
    build: &BuildToStart,
) -> Result<Option<String>, AwsError> {
    let claim = aws.claim(claiming.table, &claiming.id.key()).await?;
    match claim {
        None => Ok(None),
        Some(Claim {
            started: Some(arn), ..
        }) => Ok(Some(arn)),
        Some(claim) => match search(aws, place, Some(&claim), build).await? {
            Step::Adopt(arn) => Ok(Some(arn)),
            _ => Ok(None),
        },
    }
}

/// The execution that a start of this test has, or would have.
pub fn begun_execution(machine: &str, id: &TestId<'_>) -> Option<String> {
    execution_arn(machine, &id.execution_name())
}

async fn put(aws: &Aws, claiming: &Claiming<'_>) -> Result<Option<Claim>, AwsError> {
    let own = claiming.claim(aws.now(), 0);
    Ok(Some(match aws.put_claim(claiming.table, &own).await? {
        Claimed::Done => own,
        Claimed::Held(other) => other,
    }))
}

async fn take_over(
    aws: &Aws,
    claiming: &Claiming<'_>,
    old: &Claim,
) -> Result<Option<Claim>, AwsError> {
    let own = Claim {
        // Counted from the first claim, from which on builds are searched.
        expires: old.expires,
        ..claiming.claim(aws.now(), old.generation.saturating_add(1))
    };
    let became = aws.take_over_claim(claiming.table, old, &own).await?;
    Ok(Some(match became {
        Claimed::Done => own,
        Claimed::Held(other) => other,
    }))
}

async fn search(
    aws: &Aws,
    place: &Place,
    claim: Option<&Claim>,
    build: &BuildToStart,
) -> Result<Step, AwsError> {
    let Some(claim) = claim else {
        return Ok(Step::Claim);
    };
    // Of all generations: one that was taken over may have started late.
    let first = claim.expires.saturating_sub(KEPT_FOR);
    let since = first.unwrap_or(claim.claimed_at).min(claim.claimed_at);
    let since = since.saturating_sub(CLOCKS_APART).unwrap_or(since);
    let found = aws
        .builds_marked(place, &build.project, &build.mark, since)
        .await?;
    let found: Vec<String> = found.into_iter().map(|build| build.arn).collect();
    Ok(after_search(claim, &found, aws.now()))
}

/// Writes down what was started. If another was written down before, that one
/// counts, and ours is stopped.
async fn record(
    aws: &Aws,
    place: &Place,
    claiming: &Claiming<'_>,
    own: &Claim,
    arn: &str,
) -> Result<Begun, AwsError> {
    let started = |arn: &str, claim: &Claim| Begun::Started {
        arn: arn.to_owned(),
        at: claim.claimed_at,
    };
    if own.started.as_deref() == Some(arn) {
        return Ok(started(arn, own));
    }
    match aws.record_started(claiming.table, &own.id, arn).await? {
        Claimed::Done => Ok(started(arn, own)),
        Claimed::Held(other) => {
            let theirs = other.started.as_deref().unwrap_or(arn);
            if theirs != arn {
                aws.stop_build(place, arn).await?;
            }
            Ok(started(theirs, &other))
        }
    }
}

/// Starts a Standard execution unless it was started before: its name follows
/// from the test's id. Needs no claim.
pub async fn begin_execution(
    aws: &Aws,
    place: &Place,
    machine: &str,
    id: &TestId<'_>,
    input: &str,
) -> Result<StartedExecution, AwsError> {
    aws.start_execution(place, machine, &id.execution_name(), input)
        .await
}
