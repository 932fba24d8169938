//! The bake's clock: when it runs, and when missing traffic stops it.

use jiff::{SignedDuration, Timestamp};

use super::PUBLISHED_AFTER;
use super::facts::TrafficFacts;
use super::timeline::Stretch;
use crate::Duration;

/// Times in which the clock stands because nobody used what was deployed:
/// within each stretch without traffic, what comes after `quiet_for`. Oldest
/// first, never overlapping. Periods that may still be published are left out,
/// unless all before them were quiet for long enough.
pub(super) fn standstills(
    traffic: &TrafficFacts,
    quiet_for: Duration,
    began: Timestamp,
    now: Timestamp,
) -> Vec<(Timestamp, Timestamp)> {
    let TrafficFacts::Counted {
        period_seconds,
        counts,
    } = traffic
    else {
        return Vec::new();
    };
    let period = SignedDuration::from_secs(i64::from(*period_seconds));
    let quiet_for = SignedDuration::from(quiet_for);
    let closed = now - PUBLISHED_AFTER;
    let mut standstills = Vec::new();
    let mut quiet_since = began;
    let busy = counts
        .iter()
        .filter(|c| c.count > 0.0)
        .map(|c| (c.at, c.at + period));
    for (from, to) in busy {
        if from.duration_since(quiet_since) > quiet_for {
            standstills.push((quiet_since + quiet_for, from));
        }
        quiet_since = quiet_since.max(to);
    }
    if closed.duration_since(quiet_since) > quiet_for {
        standstills.push((quiet_since + quiet_for, now));
    }
    standstills
}

/// How much of the stretches counts, the standstills taken out.
pub(super) fn running(
    stretches: &[Stretch<'_>],
    standstills: &[(Timestamp, Timestamp)],
) -> SignedDuration {
    let mut total = SignedDuration::ZERO;
    for stretch in stretches {
        total += stretch.to.duration_since(stretch.from);
        for (from, to) in standstills {
            let (from, to) = (stretch.from.max(*from), stretch.to.min(*to));
            if from < to {
                total -= to.duration_since(from);
            }
        }
    }
    total
}

/// All requests counted so far, or why they are not known. `None`: the plan
/// does not measure them.
pub(super) fn requests(traffic: &TrafficFacts) -> Option<Result<f64, &str>> {
    match traffic {
        TrafficFacts::NotMeasured => None,
        TrafficFacts::Unknown(why) => Some(Err(why)),
        TrafficFacts::Counted { counts, .. } => Some(Ok(counts.iter().map(|c| c.count).sum())),
    }
}
