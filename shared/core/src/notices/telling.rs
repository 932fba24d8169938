//! One notice at one channel: sent at least once, and once unless a function
//! dies between sending and writing that down.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The form of [`Telling`] that this code reads and writes.
pub const TELLING_FORM: u32 = 1;
/// A function lives for 120 s, and clocks differ by up to 30 s.
const SENDER_LIVES: SignedDuration = SignedDuration::from_secs(150);
/// After this long nobody tries any more.
const GIVEN_UP_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// After this long nobody tries any more even if nobody knows of it.
const HELD_FOR: SignedDuration = SignedDuration::from_hours(24);

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Somebody sends it.
    Sending,
    /// It was sent.
    Told,
    /// It could not be sent, and is tried again.
    Later,
    /// It could not be sent, and is not tried again.
    GivenUp,
}

/// What is written down of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telling {
    /// Its form.
    pub form: u32,
    /// How far it is.
    pub state: State,
    /// Which invocation wrote this.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// When it was first tried.
    pub first: Timestamp,
    /// How often it was tried.
    pub tries: u32,
    /// Whether a function died between sending it and saying so, perhaps.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub perhaps_told: bool,
    /// Before this moment it is not tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// Why it was not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Write this down, unless somebody else was quicker, and send it.
    Send(Telling),
    /// Somebody else sends it, or it is not time yet.
    Wait,
    /// It was told, or given up.
    Done,
}

/// What follows from what is written down.
pub fn step(known: Option<&Telling>, by: &str, now: Timestamp) -> Step {
    let sending = |first, tries, perhaps_told| {
        Step::Send(Telling {
            form: TELLING_FORM,
            state: State::Sending,
            by: by.to_owned(),
            at: now,
            first,
            tries,
            perhaps_told,
            not_before: None,
            why: None,
        })
    };
    let Some(known) = known else {
        return sending(now, 1, false);
    };
    match known.state {
        State::Told | State::GivenUp => Step::Done,
        State::Sending if now.duration_since(known.at) < SENDER_LIVES => Step::Wait,
        State::Sending => sending(known.first, known.tries + 1, true),
        State::Later if known.not_before.is_some_and(|moment| now < moment) => Step::Wait,
        State::Later => sending(known.first, known.tries + 1, known.perhaps_told),
    }
}

impl Telling {
    /// It was sent.
    pub fn told(self, now: Timestamp) -> Telling {
        Telling {
            state: State::Told,
            at: now,
            ..self
        }
    }

    /// It could not be sent; it is tried again, or given up after an hour.
    pub fn failed(self, why: String, not_before: Option<Timestamp>, now: Timestamp) -> Telling {
        let is_over = now.duration_since(self.first) >= GIVEN_UP_AFTER;
        Telling {
            state: if is_over {
                State::GivenUp
            } else {
                State::Later
            },
            at: now,
            not_before,
            why: Some(why),
            ..self
        }
    }

    /// It was given up, and nobody could be told that: it is tried again for a
    /// day.
    pub fn held(self, now: Timestamp) -> Telling {
        if now.duration_since(self.first) >= HELD_FOR {
            return self;
        }
        Telling {
            state: State::Later,
            ..self
        }
    }

    /// It can never be sent.
    pub fn refused(self, why: String, now: Timestamp) -> Telling {
        Telling {
            state: State::GivenUp,
            at: now,
            why: Some(why),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).expect("a moment")
    }

    /// A first try of somebody else, at second 0.
    fn sending() -> Telling {
        match step(None, "other", at(0)) {
            Step::Send(telling) => telling,
            step => panic!("{step:?}"),
        }
    }

    #[track_caller]
    fn check(known: Telling, second: i64, expected: Option<(u32, bool)>) {
        let found = match step(Some(&known), "own", at(second)) {
            Step::Send(telling) => Some((telling.tries, telling.perhaps_told)),
            Step::Wait | Step::Done => None,
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn what_somebody_sends_is_left_to_them_until_they_cannot_live_any_more() {
        check(sending(), 149, None);
        check(sending(), 150, Some((2, true)));
    }

    #[test]
    fn what_was_told_or_given_up_is_not_sent_again() {
        check(sending().told(at(1)), 9_999, None);
        check(sending().refused("no such hook".into(), at(1)), 9_999, None);
    }

    #[test]
    fn what_failed_is_tried_again_when_the_channel_wants_it() {
        let failed = sending().failed("busy".into(), Some(at(60)), at(1));
        check(failed.clone(), 59, None);
        check(failed, 60, Some((2, false)));
        check(
            sending().failed("busy".into(), None, at(1)),
            1,
            Some((2, false)),
        );
    }

    #[test]
    fn what_is_given_up_without_a_word_is_tried_again_for_a_day() {
        let given_up = |second| sending().refused("no such hook".into(), at(second));
        assert_eq!(given_up(1).held(at(86_399)).state, State::Later);
        assert_eq!(given_up(1).held(at(86_400)).state, State::GivenUp);
    }

    #[test]
    fn after_an_hour_it_is_given_up() {
        let state = |second| sending().failed("busy".into(), None, at(second)).state;
        assert_eq!(state(3_599), State::Later);
        assert_eq!(state(3_600), State::GivenUp);
    }
}
