//! What follows from a claim: start, adopt, search or wait.
//!
//! Three lengths of time decide, counted from when the claim was made:
//!
//! * As long as a function lives, the invocation that claimed may still start.
//!   Others wait.
//! * After that, and while CodeBuild still knows a token that was first used
//!   when the claim was made, to start is safe: a second start with the same
//!   token starts nothing.
//! * Later only a search can tell whether there is a build. One that is found
//!   is adopted at once; that there is none is believed only when whatever was
//!   started must have become visible. Then the claim is taken over, by one.

use jiff::{SignedDuration, Timestamp};
use sluice_aws::Claim;

/// A function lives for 120 s, and clocks differ by up to 30 s.
pub(super) const CLAIMER_LIVES: SignedDuration = SignedDuration::from_secs(150);
/// CodeBuild knows a token for 300 s; a start takes up to 20 s with its
/// repetitions, and clocks differ.
pub(super) const TOKEN_HOLDS: SignedDuration = SignedDuration::from_secs(240);
/// A build that was started is listed by then. Not documented by AWS.
pub(super) const SEEN_BY: SignedDuration = SignedDuration::from_secs(600);

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nobody has it: claim it.
    Claim,
    /// Start it, with the token that follows from its id.
    Start,
    /// It runs, or ran: follow this one.
    Adopt(String),
    /// Look for it by its mark; then ask [`after_search`].
    Search,
    /// There is none, and nobody starts it any more: claim it in their place.
    TakeOver,
    /// Look again then.
    Wait(Timestamp),
}

/// What follows from a claim as it is read.
pub fn decide(claim: Option<&Claim>, own: &str, now: Timestamp) -> Step {
    let Some(claim) = claim else {
        return Step::Claim;
    };
    if let Some(arn) = &claim.started {
        return Step::Adopt(arn.clone());
    }
    // A claim from the future is of a clock that is ahead: it is new.
    let age = now.duration_since(claim.claimed_at);
    if age >= TOKEN_HOLDS {
        Step::Search
    } else if claim.claimer == own || age >= CLAIMER_LIVES {
        Step::Start
    } else {
        Step::Wait(after(claim.claimed_at, CLAIMER_LIVES))
    }
}

/// What follows from the builds with the mark of a claim, oldest first.
pub fn after_search(claim: &Claim, found: &[String], now: Timestamp) -> Step {
    let seen_by = after(claim.claimed_at, SEEN_BY);
    match found.first() {
        Some(arn) => Step::Adopt(arn.clone()),
        None if now >= seen_by => Step::TakeOver,
        None => Step::Wait(seen_by),
    }
}

fn after(from: Timestamp, length: SignedDuration) -> Timestamp {
    from.saturating_add(length).unwrap_or(Timestamp::MAX)
}
