//! The rule of the gate `clear`, for before a deployment: every alarm is OK,
//! and has been for a while. What is not known is never taken for OK.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Duration;
use crate::bake::{BegunAlarm, GUARD, Progress, Ruling};
use crate::reading::{Alarm, AlarmState};
use crate::reason::{Reason, ReasonCode};
use crate::settings::Clear;
use crate::verdict::Verdict;

/// The version of this rule.
pub const RULE_VERSION: u32 = 1;

/// How soon a waiting gate is worth another look.
pub const LOOK_AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(30);

/// What was written down at the first look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Begun {
    /// [`RULE_VERSION`] of who wrote it.
    pub rule: u32,
    /// The first look, by our clock.
    pub began: Timestamp,
    /// The alarms, resolved.
    pub alarms: Vec<BegunAlarm>,
}

/// What was read at this look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Facts {
    /// The moment of the look, by our clock.
    pub now: Timestamp,
    /// Whether the host may not ask again in time.
    pub last_chance: bool,
    /// The alarms, in the order of [`Begun`].
    pub alarms: Vec<Alarm>,
}

/// Judges one look.
pub fn judge(begun: &Begun, settings: &Clear, facts: &Facts) -> Ruling {
    let mut obstacles: Vec<Reason> = begun
        .alarms
        .iter()
        .zip(&facts.alarms)
        .filter_map(|(begun, present)| obstacle(begun, present, settings, facts.now))
        .collect();
    if facts.alarms.is_empty() || facts.alarms.len() != begun.alarms.len() {
        obstacles.push(Reason {
            code: ReasonCode::AlarmNotKnown,
            seen: format!(
                "{} of {} alarms were read",
                facts.alarms.len(),
                begun.alarms.len()
            ),
            allowed: "all of them have to be OK, and there has to be one".to_owned(),
        });
    }
    // What is known to be wrong goes before what is not known.
    obstacles.sort_by_key(|reason| (reason.code == ReasonCode::AlarmNotKnown, reason.code));
    let Some(first) = obstacles.first() else {
        let seen = format!("all {} alarms are OK", facts.alarms.len());
        let allowed = format!("{} of OK were required", settings.quiet());
        let reason = Reason {
            code: ReasonCode::Clear,
            seen,
            allowed,
        };
        return Ruling::Reached {
            verdict: Verdict::Pass,
            reason,
            also: Vec::new(),
        };
    };
    let patience = SignedDuration::from(settings.within.unwrap_or_default());
    let waited = facts
        .now
        .duration_since(begun.began)
        .max(SignedDuration::ZERO);
    if waited < patience && !facts.last_chance {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to 0..=99"
        )]
        let percent =
            (waited.as_secs_f64() / patience.as_secs_f64() * 100.0).clamp(0.0, 99.0) as u8;
        let line = format!(
            "waiting {} of {} for clear alarms: {}",
            Duration::from_signed(waited),
            Duration::from_signed(patience),
            first.seen
        );
        return Ruling::Wait {
            not_before: facts.now + LOOK_AGAIN_AFTER,
            progress: Progress { percent, line },
        };
    }
    let verdict = match first.code {
        ReasonCode::AlarmNotKnown => Verdict::Inconclusive,
        _ => Verdict::Fail,
    };
    let reason = obstacles.remove(0);
    Ruling::Reached {
        verdict,
        reason,
        also: obstacles,
    }
}

fn obstacle(
    begun: &BegunAlarm,
    present: &Alarm,
    settings: &Clear,
    now: Timestamp,
) -> Option<Reason> {
    let label = begun.label();
    let allowed = format!("it has to be OK, and to have been for {}", settings.quiet());
    let reason = |code, seen| {
        Some(Reason {
            code,
            seen,
            allowed,
        })
    };
    if let Some(evaluation) = &present.evaluation {
        let seen = format!("CloudWatch could not evaluate alarm {label} ({evaluation})");
        return reason(ReasonCode::AlarmNotKnown, seen);
    }
    match (&present.state, present.transitioned) {
        (AlarmState::Ok, Some(since)) => {
            let quiet = now.duration_since(since) - GUARD >= SignedDuration::from(settings.quiet());
            if quiet {
                None
            } else {
                reason(
                    ReasonCode::NotQuietYet,
                    format!("alarm {label} is OK only since {since}"),
                )
            }
        }
        (AlarmState::Ok, None) => reason(
            ReasonCode::AlarmNotKnown,
            format!("CloudWatch does not say since when alarm {label} is OK"),
        ),
        (AlarmState::Alarm, _) => reason(ReasonCode::InAlarm, format!("alarm {label} is in ALARM")),
        (other, _) => reason(
            ReasonCode::AlarmNotKnown,
            format!("alarm {label} is in {other}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::{AlarmKind, Place};
    use crate::settings::{AlarmRef, Mode, ReleaseCheck};

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + minute * 60).expect("in range")
    }

    fn alarm(state: AlarmState, since: i64) -> Alarm {
        Alarm {
            name: "errors".to_owned(),
            arn: String::new(),
            kind: AlarmKind::Metric,
            state,
            transitioned: Some(at(since)),
            configured: None,
            evaluation: None,
            period_seconds: None,
            evaluation_periods: None,
            datapoints_to_alarm: None,
            missing_data: None,
        }
    }

    #[track_caller]
    fn check(present: Alarm, within_minutes: Option<u32>, now: i64, expected: &str) {
        let settings = Clear {
            name: None,
            alarms: vec![AlarmRef::Name("errors".to_owned())],
            quiet: None,
            within: within_minutes.map(Duration::from_minutes),
            release_check: ReleaseCheck::On,
            mode: Mode::Enforce,
        };
        let begun_alarm = BegunAlarm {
            children: Vec::new(),
            place: Place::default(),
            alarm: present.clone(),
        };
        let begun = Begun {
            rule: RULE_VERSION,
            began: at(0),
            alarms: vec![begun_alarm],
        };
        let facts = Facts {
            now: at(now),
            last_chance: false,
            alarms: vec![present],
        };
        let got = match judge(&begun, &settings, &facts) {
            Ruling::Reached {
                verdict, reason, ..
            } => format!("{verdict} {}", reason.code),
            Ruling::Wait { .. } => "wait".to_owned(),
        };
        assert_eq!(got, expected);
    }

    #[test]
    fn ok_for_long_enough_is_clear() {
        check(alarm(AlarmState::Ok, -11), None, 0, "pass Clear");
        check(alarm(AlarmState::Ok, -10), None, 0, "fail NotQuietYet");
    }

    #[test]
    fn a_red_alarm_fails_at_once_or_after_the_time_to_wait() {
        check(alarm(AlarmState::Alarm, -60), None, 0, "fail InAlarm");
        check(alarm(AlarmState::Alarm, -60), Some(15), 14, "wait");
        check(alarm(AlarmState::Alarm, -60), Some(15), 15, "fail InAlarm");
    }

    #[test]
    fn what_is_not_known_is_not_clear() {
        check(
            alarm(AlarmState::InsufficientData, -60),
            None,
            0,
            "inconclusive AlarmNotKnown",
        );
        check(
            alarm(AlarmState::from_word("PURPLE"), -60),
            None,
            0,
            "inconclusive AlarmNotKnown",
        );
        let dark = Alarm {
            evaluation: Some("EVALUATION_ERROR".to_owned()),
            ..alarm(AlarmState::Ok, -60)
        };
        check(dark, None, 0, "inconclusive AlarmNotKnown");
        let timeless = Alarm {
            transitioned: None,
            ..alarm(AlarmState::Ok, -60)
        };
        check(timeless, None, 0, "inconclusive AlarmNotKnown");
    }

    #[test]
    fn no_alarms_at_all_are_not_clear() {
        let settings = Clear {
            name: None,
            alarms: Vec::new(),
            quiet: None,
            within: None,
            release_check: ReleaseCheck::On,
            mode: Mode::Enforce,
        };
        let begun = Begun {
            rule: RULE_VERSION,
            began: at(0),
            alarms: Vec::new(),
        };
        let facts = Facts {
            now: at(0),
            last_chance: false,
            alarms: Vec::new(),
        };
        let ruling = judge(&begun, &settings, &facts);
        assert!(
            matches!(
                &ruling,
                Ruling::Reached {
                    verdict: Verdict::Inconclusive,
                    ..
                }
            ),
            "{ruling:?}"
        );
    }
}
