//! A lease: which worker has a job, and when the job is looked at next. AWS
//! lists no acknowledged jobs, so that one that nobody wrote down is forgotten.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sluice_aws::JobData;
use sluice_core::token::Token;

use crate::asked::Part;

/// Between two looks at a gate, at least: a continuation can be polled at once.
const LOOKS_APART: SignedDuration = SignedDuration::from_secs(30);
/// Between two answers that say how far a gate is, at most.
pub(super) const PROGRESS_EVERY: SignedDuration = SignedDuration::from_mins(10);
/// How far the clocks of two workers may be apart, and how long one may live on
/// after its end.
pub(super) const AFTER_ITS_END: SignedDuration = SignedDuration::from_secs(30);
/// How long a worker goes on trying what AWS does not let it do.
const TROUBLE_MAX: SignedDuration = SignedDuration::from_mins(60);
/// Until it tries again.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(45);
/// How often a job is asked about before it ends without an answer.
pub(super) const TRIES_MAX: u32 = 2;

/// What is known of a job. No credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lease {
    pub(super) provider: String,
    pub(super) version: String,
    pub(super) part: Part,
    /// When the job was found.
    pub(super) since: Timestamp,
    /// What acknowledges it, until that is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) nonce: Option<String>,
    /// When it is looked at next.
    pub(super) due: Timestamp,
    /// Which worker has it now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) taken: Option<Taken>,
    /// Workers and functions that died of it.
    #[serde(default)]
    pub(super) deaths: u32,
    /// Since when AWS does not let it be asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) trouble: Option<Timestamp>,
}

/// Who has a job, until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Taken {
    pub(super) by: String,
    pub(super) until: Timestamp,
}

/// What a worker does with a lease that it finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Somebody has it, or it waits.
    Leave,
    /// Says how far it is.
    Progress,
    /// Asks the gate.
    Look,
    /// Whoever had it died.
    AfterDeath,
}

impl Lease {
    pub(super) fn next(&self, now: Timestamp) -> Next {
        match &self.taken {
            Some(taken) if now < taken.until + AFTER_ITS_END => Next::Leave,
            Some(_) => Next::AfterDeath,
            None if self.due <= now => Next::Look,
            None if self.nonce.is_none() && self.since + PROGRESS_EVERY <= now => Next::Progress,
            None => Next::Leave,
        }
    }

    /// Whether one that polled the job again may have it: whoever had it died
    /// before the job was surely acknowledged.
    pub(super) fn may_be_taken_over(&self, now: Timestamp) -> bool {
        self.nonce.is_some() && !matches!(self.next(now), Next::Leave)
    }

    /// The same, in a worker's hands.
    pub(super) fn taken(&self, by: &Taken, next: Next) -> Lease {
        let died = u32::from(next == Next::AfterDeath);
        Lease {
            taken: Some(by.clone()),
            deaths: self.deaths + died,
            ..self.clone()
        }
    }

    /// The same, waiting for the next look.
    pub(super) fn held(&self, due: Timestamp) -> Lease {
        Lease {
            due,
            taken: None,
            nonce: None,
            ..self.clone()
        }
    }

    /// The same after a function died of it.
    pub(super) fn died(&self, now: Timestamp) -> Lease {
        Lease {
            deaths: self.deaths + 1,
            ..self.held(now + AGAIN_AFTER)
        }
    }

    /// The same after something that may pass; none once it has lasted too
    /// long. Whether the job was acknowledged is as unknown as before.
    pub(super) fn in_trouble(&self, now: Timestamp) -> Option<Lease> {
        let since = self.trouble.unwrap_or(now);
        (now < since + TROUBLE_MAX).then(|| Lease {
            trouble: Some(since),
            due: now + AGAIN_AFTER,
            taken: None,
            ..self.clone()
        })
    }
}

/// When a job is looked at: a first one now, a continuation when its token says.
pub(super) fn due(data: &JobData, now: Timestamp) -> Timestamp {
    let Some(token) = token(data, now) else {
        return now;
    };
    let apart = token.last + LOOKS_APART;
    token.not_before.map_or(apart, |own| own.max(apart))
}

/// The token of a job, if it has one that can be read.
pub(super) fn token(data: &JobData, now: Timestamp) -> Option<Token> {
    Token::read_to_hand_on(data.token.as_deref()?, now).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("in range")
    }

    fn lease() -> Lease {
        let name = || "x".to_owned();
        Lease {
            provider: "SluiceBake".to_owned(),
            version: "1".to_owned(),
            part: Part {
                pipeline: name(),
                release: name(),
                stage: name(),
                action: name(),
            },
            since: at(0),
            nonce: None,
            due: at(3600),
            taken: None,
            deaths: 0,
            trouble: None,
        }
    }

    fn taken(until: i64) -> Taken {
        Taken {
            by: "request".to_owned(),
            until: at(until),
        }
    }

    #[test]
    fn one_that_waits_is_looked_at_when_it_is_due_and_says_how_far_it_is_before() {
        for (now, next) in [
            (599, Next::Leave),
            (600, Next::Progress),
            (3599, Next::Progress),
            (3600, Next::Look),
        ] {
            assert_eq!(lease().next(at(now)), next, "{now}");
        }
    }

    #[test]
    fn one_in_a_workers_hands_is_left_until_that_worker_is_surely_dead() {
        let lease = lease().taken(&taken(100), Next::Look);
        assert_eq!(lease.next(at(129)), Next::Leave);
        assert_eq!(lease.next(at(130)), Next::AfterDeath);
        assert_eq!(lease.taken(&taken(400), Next::AfterDeath).deaths, 1);
        assert_eq!(lease.taken(&taken(400), Next::Look).deaths, 0);
    }

    #[test]
    fn one_that_is_acknowledged_is_nobody_elses() {
        let acknowledged = lease().taken(&taken(100), Next::Look);
        assert!(!acknowledged.may_be_taken_over(at(10_000)));
        let claimed = Lease {
            nonce: Some("n".to_owned()),
            ..acknowledged
        };
        assert!(!claimed.may_be_taken_over(at(129)));
        assert!(claimed.may_be_taken_over(at(130)));
    }

    #[test]
    fn trouble_lasts_an_hour_at_most() {
        let first = lease().in_trouble(at(0)).expect("goes on");
        assert_eq!(first.due, at(45));
        let later = first.in_trouble(at(3599)).expect("goes on");
        assert_eq!(later.trouble, Some(at(0)));
        assert_eq!(later.in_trouble(at(3600)), None);
        assert_eq!(first.held(at(60)).trouble, Some(at(0)));
    }
}
