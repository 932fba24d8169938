//! How an alarm's state follows from the values of its latest periods.
//!
//! The rules are those of "Configuring how CloudWatch alarms treat missing
//! data": an alarm looks further back than it evaluates, uses the newest
//! values that exist, and fills only what is then still missing.

use super::terms::{AlarmState, MissingData};

/// What an alarm is evaluated with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Evaluation {
    /// So many values have to be breaching (M).
    pub(super) breaching: usize,
    /// Of so many (N).
    pub(super) of: usize,
    /// What a missing value counts as.
    pub(super) missing: MissingData,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Evaluated {
    /// The state that follows.
    pub(super) state: AlarmState,
    /// How many of the values used were breaching.
    pub(super) breaching: usize,
    /// How many values used were missing.
    pub(super) filled: usize,
}

impl Evaluation {
    /// `values` are the whole evaluation range, newest first: whether each
    /// breaches, `None` where there is none. `present` is the state so far.
    pub(super) fn judge(
        self,
        values: impl IntoIterator<Item = Option<bool>>,
        present: AlarmState,
    ) -> Evaluated {
        let (mut real, mut breaching, mut oldest_breaching) = (0, 0, 0);
        for (age, value) in (1..).zip(values) {
            if let Some(breaches) = value {
                real += 1;
                if breaches {
                    breaching += 1;
                    oldest_breaching = age;
                }
            }
            if real == self.of {
                break;
            }
        }
        let filled = self.of - real;
        let state = if breaching >= self.breaching {
            AlarmState::Alarm
        } else {
            match self.missing {
                _ if filled == 0 => AlarmState::Ok,
                MissingData::NotBreaching => AlarmState::Ok,
                MissingData::Breaching if breaching + filled >= self.breaching => AlarmState::Alarm,
                MissingData::Breaching => AlarmState::Ok,
                _ if real > breaching => AlarmState::Ok,
                MissingData::Ignore => present,
                MissingData::Missing if real == 0 => AlarmState::InsufficientData,
                // A breaching value with nothing but missing ones since, old
                // enough that M values could have been seen by now.
                MissingData::Missing if oldest_breaching >= self.breaching => AlarmState::Alarm,
                // Younger: the next value may be a good one. AWS does not say
                // which state it is meanwhile; what it was says the least.
                MissingData::Missing => present,
            }
        };
        Evaluated {
            state,
            breaching,
            filled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AlarmState, Evaluation, MissingData};

    /// `values` as AWS writes them, the newest last: `O` good, `X` breaching,
    /// `-` missing. Expected: missing, ignore, breaching, notBreaching; `=`
    /// keeps the present state.
    #[track_caller]
    fn check(breaching: usize, of: usize, values: &str, expected: [&str; 4]) {
        let treatments = [
            MissingData::Missing,
            MissingData::Ignore,
            MissingData::Breaching,
            MissingData::NotBreaching,
        ];
        for (missing, expected) in treatments.into_iter().zip(expected) {
            for present in [
                AlarmState::Ok,
                AlarmState::Alarm,
                AlarmState::InsufficientData,
            ] {
                let evaluation = Evaluation {
                    breaching,
                    of,
                    missing,
                };
                let newest_first = values.chars().rev().map(|c| match c {
                    'X' => Some(true),
                    'O' => Some(false),
                    _ => None,
                });
                let state = evaluation.judge(newest_first, present).state.to_string();
                let expected = match expected {
                    "=" => present.to_string(),
                    "?" => "INSUFFICIENT_DATA".to_owned(),
                    other => other.to_owned(),
                };
                assert_eq!(
                    state, expected,
                    "{breaching} of {of}, {values}, {missing:?}, was {present}"
                );
            }
        }
    }

    #[test]
    fn three_of_three_gives_what_aws_documents() {
        check(3, 3, "O-X-X", ["OK", "OK", "OK", "OK"]);
        check(3, 3, "O----", ["OK", "OK", "OK", "OK"]);
        check(3, 3, "-----", ["?", "=", "ALARM", "OK"]);
        check(3, 3, "OXX-X", ["ALARM", "ALARM", "ALARM", "ALARM"]);
        check(3, 3, "--X--", ["ALARM", "=", "ALARM", "OK"]);
    }

    #[test]
    fn two_of_three_gives_what_aws_documents() {
        check(2, 3, "O-X-X", ["ALARM", "ALARM", "ALARM", "ALARM"]);
        check(2, 3, "OOXOX", ["ALARM", "ALARM", "ALARM", "ALARM"]);
        check(2, 3, "O-X--", ["OK", "OK", "ALARM", "OK"]);
        check(2, 3, "----O", ["OK", "OK", "ALARM", "OK"]);
        check(2, 3, "---X-", ["ALARM", "=", "ALARM", "OK"]);
    }

    #[test]
    fn a_young_breaching_value_alone_does_not_alarm_yet() {
        check(3, 3, "----X", ["=", "=", "ALARM", "OK"]);
        check(3, 3, "---X-", ["=", "=", "ALARM", "OK"]);
        check(3, 3, "---XO", ["OK", "OK", "OK", "OK"]);
    }

    #[test]
    fn one_of_one_alarms_on_the_newest_value_there_is() {
        check(1, 1, "OOX", ["ALARM", "ALARM", "ALARM", "ALARM"]);
        check(1, 1, "XXO", ["OK", "OK", "OK", "OK"]);
        check(1, 1, "X--", ["ALARM", "ALARM", "ALARM", "ALARM"]);
        check(1, 1, "---", ["?", "=", "ALARM", "OK"]);
    }

    #[test]
    fn enough_real_values_make_the_treatment_irrelevant() {
        check(2, 2, "XX---", ["ALARM", "ALARM", "ALARM", "ALARM"]);
        check(2, 2, "XO---", ["OK", "OK", "OK", "OK"]);
    }
}
