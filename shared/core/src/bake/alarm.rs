//! What one alarm says about the bake: whether it fails it, for how long it
//! was known, and what it still lacks for a pass.

use jiff::{SignedDuration, Timestamp};

use super::clock::running;
use super::facts::{AlarmFacts, Begun, BegunAlarm};
use super::timeline::{Timeline, stretches};
use crate::Duration;
use crate::reading::{AlarmState, Transition};
use crate::reason::{Reason, ReasonCode};
use crate::settings::{AlreadyInAlarm, Bake, InsufficientData, Recovered};

/// What one alarm says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum View {
    /// It fails the bake; the moment is when that happened.
    Fails(Timestamp, Reason),
    /// It has all that a pass needs of it.
    Ready {
        /// Time in OK or ALARM.
        known: SignedDuration,
        /// What was accepted about it, for the verdict line.
        accepted: Option<String>,
    },
    /// It lacks something.
    Lacks {
        /// Time in OK or ALARM.
        known: SignedDuration,
        /// What it lacks.
        reason: Reason,
        /// How long that takes at least.
        at_least: SignedDuration,
        /// Whether lacking it still at the end fails the bake.
        fails_at_the_end: bool,
    },
}

/// The circumstances that all alarms of a bake share.
pub(super) struct Circumstances<'a> {
    pub(super) begun: &'a Begun,
    pub(super) settings: &'a Bake,
    pub(super) now: Timestamp,
    pub(super) watched: Timestamp,
    pub(super) standstills: &'a [(Timestamp, Timestamp)],
}

impl Circumstances<'_> {
    /// Judges one alarm. `blind` is the time in which it was not evaluated.
    pub(super) fn view(
        &self,
        alarm: &BegunAlarm,
        facts: &AlarmFacts,
        timeline: &Timeline,
        blind: Duration,
    ) -> View {
        let lacks = |code, seen: String, allowed: &str| View::Lacks {
            known: SignedDuration::ZERO,
            reason: Reason {
                code,
                seen,
                allowed: allowed.to_owned(),
            },
            at_least: SignedDuration::ZERO,
            fails_at_the_end: false,
        };
        let (first, transitions) = match timeline {
            Timeline::Known { first, transitions } => (first, transitions),
            Timeline::Accounted | Timeline::Wanted => {
                let seen = format!("the history of alarm {} is not read yet", alarm.label());
                return lacks(
                    ReasonCode::HistoryUnknown,
                    seen,
                    "a pass needs the whole history",
                );
            }
            Timeline::Unknown(why) => {
                let seen = format!("what alarm {} did is not known: {why}", alarm.label());
                return lacks(
                    ReasonCode::HistoryUnknown,
                    seen,
                    "a pass needs the whole history",
                );
            }
        };
        let history = Known {
            circumstances: self,
            alarm,
            facts,
            first,
            transitions,
        };
        history.view(blind)
    }
}

/// One alarm with its whole history.
struct Known<'a> {
    circumstances: &'a Circumstances<'a>,
    alarm: &'a BegunAlarm,
    facts: &'a AlarmFacts,
    first: &'a AlarmState,
    transitions: &'a [Transition],
}

impl Known<'_> {
    fn view(&self, blind: Duration) -> View {
        let Circumstances {
            begun,
            settings,
            now,
            watched,
            standstills,
        } = self.circumstances;
        let bake_begins = begun.began - begun.guard();
        // In ALARM when the bake began, and not because of this deployment.
        let already = self.state_at(bake_begins) == &AlarmState::Alarm
            && !self
                .transitions
                .iter()
                .any(|t| t.new == AlarmState::Alarm && t.at >= *watched && t.at < bake_begins);
        let judged_from = if already {
            if let Some(failure) = self.already_in_alarm() {
                return failure;
            }
            self.transitions
                .iter()
                .find(|t| t.at >= bake_begins && t.new == AlarmState::Ok)
                .map(|t| t.at)
        } else {
            Some(*watched)
        };
        let Some(judged_from) = judged_from else {
            return self.never_ok();
        };
        if settings.insufficient_data == InsufficientData::Fail
            && let Some(failure) = self.insufficient_data(bake_begins.max(judged_from))
        {
            return failure;
        }
        let fired = match self.firings(judged_from) {
            Ok(fired) => fired,
            Err(failure) => return failure,
        };

        let accepts_gaps = settings.insufficient_data == InsufficientData::Accept;
        let changed = self
            .facts
            .present
            .configured
            .filter(|at| Some(*at) > self.alarm.alarm.configured);
        let clock_from = begun
            .began
            .max(judged_from)
            .max(changed.unwrap_or(Timestamp::MIN));
        let counted = |with_gaps: bool| {
            let known: Vec<_> = stretches(self.first, self.transitions, clock_from, *now)
                .into_iter()
                .filter(|s| match s.state {
                    AlarmState::Ok | AlarmState::Alarm => true,
                    AlarmState::InsufficientData => with_gaps,
                    AlarmState::Unknown(_) => false,
                })
                .collect();
            let blind = SignedDuration::from(blind);
            (running(&known, standstills) - blind).max(SignedDuration::ZERO)
        };
        let known = counted(false);
        let credited = counted(accepts_gaps);
        let bake_for = SignedDuration::from(settings.bake_for);
        let lacks = |code, seen: String, allowed: String, at_least, fails_at_the_end| View::Lacks {
            known,
            reason: Reason {
                code,
                seen,
                allowed,
            },
            at_least,
            fails_at_the_end,
        };
        if let Some(Unaccepted { reason, at_least }) =
            fired.as_ref().and_then(|at| self.unaccepted(*at))
        {
            return lacks(reason.code, reason.seen, reason.allowed, at_least, true);
        }
        if let Some(evaluation) = &self.facts.present.evaluation {
            let seen = format!(
                "CloudWatch could not evaluate alarm {} ({evaluation})",
                self.alarm.label()
            );
            let allowed = "a pass needs a last read of its state".to_owned();
            return lacks(
                ReasonCode::EvaluationFailed,
                seen,
                allowed,
                SignedDuration::ZERO,
                false,
            );
        }
        if credited < bake_for {
            let why = match changed {
                Some(at) => format!(" since its configuration was changed at {at}"),
                None => String::new(),
            };
            let known_for = Duration::from_signed(credited);
            let seen = format!(
                "alarm {} was known for {known_for}{why}",
                self.alarm.label()
            );
            let allowed = format!("{} are required", settings.bake_for);
            return lacks(
                ReasonCode::AlarmNotKnown,
                seen,
                allowed,
                bake_for - credited,
                false,
            );
        }
        let last = self.last_state();
        let is_good = match last {
            AlarmState::Ok => true,
            AlarmState::InsufficientData => accepts_gaps,
            AlarmState::Alarm | AlarmState::Unknown(_) => false,
        };
        if !is_good {
            let seen = format!("alarm {} is in {last} at the last read", self.alarm.label());
            let allowed = "a pass needs OK there".to_owned();
            return lacks(
                ReasonCode::AlarmNotKnown,
                seen,
                allowed,
                SignedDuration::ZERO,
                false,
            );
        }
        let mut accepted = Vec::new();
        if let Some(at) = fired {
            accepted.push(format!(
                "alarm {} fired at {at} and recovered, which the plan accepts",
                self.alarm.label()
            ));
        }
        if credited > known {
            let gap = Duration::from_signed(credited - known);
            accepted.push(format!(
                "alarm {} had too little data for {gap}, which the plan accepts",
                self.alarm.label()
            ));
        }
        View::Ready {
            known,
            accepted: (!accepted.is_empty()).then(|| accepted.join("; ")),
        }
    }

    fn state_at(&self, moment: Timestamp) -> &AlarmState {
        self.transitions
            .iter()
            .rev()
            .find(|t| t.at < moment)
            .map_or(self.first, |t| &t.new)
    }

    fn last_state(&self) -> &AlarmState {
        self.transitions.last().map_or(self.first, |t| &t.new)
    }

    /// What an alarm that was in ALARM when the bake began fails at once.
    fn already_in_alarm(&self) -> Option<View> {
        let Circumstances {
            begun,
            settings,
            now,
            ..
        } = self.circumstances;
        let label = self.alarm.label();
        if begun.recovering {
            let limit = begun.began + SignedDuration::from(settings.recover_within());
            let ok_at = self
                .transitions
                .iter()
                .find(|t| t.at >= begun.began - begun.guard() && t.new == AlarmState::Ok);
            let late = ok_at.map_or(*now, |t| t.at) > limit;
            return late.then(|| {
                View::Fails(
                    limit,
                    Reason {
                        code: ReasonCode::RollbackDidNotCure,
                        seen: format!(
                            "the rollback did not cure it: alarm {label} stayed in ALARM for more than {}",
                            settings.recover_within()
                        ),
                        allowed: format!("recovery was allowed until {limit} (`recover_within`)"),
                    },
                )
            });
        }
        (settings.already_in_alarm == AlreadyInAlarm::Fail).then(|| {
            View::Fails(
                begun.began,
                Reason {
                    code: ReasonCode::AlreadyInAlarm,
                    seen: format!(
                        "alarm {label} was in ALARM when the bake began at {}",
                        begun.began
                    ),
                    allowed: "it had to be OK then (`already_in_alarm: fail`)".to_owned(),
                },
            )
        })
    }

    /// In ALARM when the bake began, and never OK since.
    fn never_ok(&self) -> View {
        let label = self.alarm.label();
        if !self.circumstances.begun.recovering
            && self.circumstances.settings.already_in_alarm == AlreadyInAlarm::Ignore
        {
            let accepted =
                format!("alarm {label} was in ALARM before and ever since, and is not judged");
            return View::Ready {
                known: SignedDuration::ZERO,
                accepted: Some(accepted),
            };
        }
        View::Lacks {
            known: SignedDuration::ZERO,
            reason: Reason {
                code: ReasonCode::StillInAlarm,
                seen: format!(
                    "alarm {label} was in ALARM when the bake began and was not OK since"
                ),
                allowed: "its clock starts when it is OK".to_owned(),
            },
            at_least: SignedDuration::from(self.circumstances.settings.bake_for),
            fails_at_the_end: false,
        }
    }

    fn insufficient_data(&self, from: Timestamp) -> Option<View> {
        stretches(self.first, self.transitions, from, self.circumstances.now)
            .into_iter()
            .find(|s| s.state == &AlarmState::InsufficientData)
            .map(|stretch| {
                View::Fails(
                    stretch.from,
                    Reason {
                        code: ReasonCode::InsufficientData,
                        seen: format!(
                            "alarm {} was in INSUFFICIENT_DATA at {}",
                            self.alarm.label(),
                            stretch.from
                        ),
                        allowed: "the plan takes that for a failure (`insufficient_data: fail`)"
                            .to_owned(),
                    },
                )
            })
    }

    /// The firing that may be accepted, if there is one; a failure where
    /// firings are not.
    fn firings(&self, judged_from: Timestamp) -> Result<Option<Timestamp>, View> {
        let Circumstances {
            begun, settings, ..
        } = self.circumstances;
        let mut firings = self
            .transitions
            .iter()
            .filter(|t| t.new == AlarmState::Alarm && t.at >= judged_from);
        let Some(first) = firings.next() else {
            return Ok(None);
        };
        let label = self.alarm.label();
        let cure = if begun.recovering {
            "the rollback did not cure it: "
        } else {
            ""
        };
        let after = |at: Timestamp| Duration::from_signed(at.duration_since(begun.began));
        let (at, mut code, seen) = match (settings.recovered, firings.next()) {
            (Recovered::Accept, None) => return Ok(Some(first.at)),
            (Recovered::Accept, Some(second)) => (
                second.at,
                ReasonCode::FiredTwice,
                format!(
                    "{cure}alarm {label} fired at {} and again at {}",
                    first.at, second.at
                ),
            ),
            (Recovered::Fail, _) if first.at < begun.began - begun.guard() => (
                first.at,
                ReasonCode::FiredDuringDeployment,
                format!(
                    "{cure}alarm {label} fired at {} during the deployment{}",
                    first.at,
                    self.and_recovered(first.at)
                ),
            ),
            (Recovered::Fail, _) => {
                let recovered = self.and_recovered(first.at);
                let code = if recovered.is_empty() {
                    ReasonCode::Fired
                } else {
                    ReasonCode::FiredAndRecovered
                };
                let seen = format!(
                    "{cure}alarm {label} fired at {}, {} into the bake{recovered}",
                    first.at,
                    after(first.at)
                );
                (first.at, code, seen)
            }
        };
        if begun.recovering {
            code = ReasonCode::RollbackDidNotCure;
        }
        let allowed = match settings.recovered {
            Recovered::Fail => format!(
                "no firing is allowed within {} (`recovered: fail`)",
                settings.bake_for
            ),
            Recovered::Accept => {
                "one firing that recovers is allowed (`recovered: accept`)".to_owned()
            }
        };
        Err(View::Fails(
            at,
            Reason {
                code,
                seen,
                allowed,
            },
        ))
    }

    fn and_recovered(&self, fired: Timestamp) -> String {
        match self
            .transitions
            .iter()
            .find(|t| t.at > fired && t.new == AlarmState::Ok)
        {
            Some(t) => format!(" and was OK again at {}", t.at),
            None => String::new(),
        }
    }

    /// What a firing lacks to be accepted.
    fn unaccepted(&self, fired: Timestamp) -> Option<Unaccepted> {
        let Circumstances { settings, now, .. } = self.circumstances;
        let label = self.alarm.label();
        let quiet_after = settings.quiet_after();
        let allowed =
            format!("it has to be OK for {quiet_after} at the last read (`recovered: accept`)");
        let last = self.transitions.last().filter(|t| t.new == AlarmState::Ok);
        let (seen, at_least) = match last {
            None => (
                format!(
                    "alarm {label} fired at {fired} and is {}",
                    self.last_state()
                ),
                SignedDuration::from(quiet_after),
            ),
            Some(ok) => {
                let missing = SignedDuration::from(quiet_after) - now.duration_since(ok.at);
                if missing <= SignedDuration::ZERO {
                    return None;
                }
                (
                    format!(
                        "alarm {label} fired at {fired} and is OK only since {}",
                        ok.at
                    ),
                    missing,
                )
            }
        };
        Some(Unaccepted {
            reason: Reason {
                code: ReasonCode::NotRecovered,
                seen,
                allowed,
            },
            at_least,
        })
    }
}

struct Unaccepted {
    reason: Reason,
    at_least: SignedDuration,
}
