//! What the rule of the bake made of its readings, for those who show it to
//! people. It decides nothing.

use jiff::{SignedDuration, Timestamp};

use super::alarm::{Circumstances, View};
use super::clock::{requests, running, standstills};
use super::facts::{Begun, Facts, Memory};
use super::rule::{last_read_from, seen_blind, timelines, watched};
use super::timeline::{Timeline, stretches};
use crate::Duration;
use crate::reading::AlarmState;
use crate::settings::Bake;

/// A bake as its rule saw it.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// One for each alarm, in their order.
    pub alarms: Vec<ShownAlarm>,
    /// When the clock stood because nobody came.
    pub standstills: Vec<(Timestamp, Timestamp)>,
    /// All requests counted, where they were.
    pub requests: Option<f64>,
    /// From when on a last read could give a pass.
    pub last_read_from: Timestamp,
}

/// One alarm as the rule saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownAlarm {
    /// Its states since the watch began, or why they are not known.
    pub states: Result<Vec<ShownState>, String>,
    /// The part of the bake in which it was known to be in OK or ALARM and the
    /// clock ran.
    pub known: SignedDuration,
    /// The moment at which it failed the bake, if it did.
    pub failed_at: Option<Timestamp>,
}

/// A time in one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownState {
    /// Its beginning, at the earliest that of the watch.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// The state.
    pub state: AlarmState,
}

/// Shows a look of a bake as [`judge`](super::judge) saw it.
pub fn shown(begun: &Begun, settings: &Bake, facts: &Facts, memory: &Memory) -> Shown {
    let memory = seen_blind(begun, facts, memory);
    let lines = timelines(begun, settings, facts, &memory);
    let standstills = standstills(&facts.traffic, settings.quiet_for(), begun.began, facts.now);
    let circumstances = Circumstances {
        begun,
        settings,
        now: facts.now,
        watched: watched(begun),
        standstills: &standstills,
    };
    let alarms = begun.alarms.iter().zip(&facts.alarms).zip(&lines);
    let alarms = alarms
        .enumerate()
        .map(|(index, ((alarm, facts), line))| {
            let blind = memory.blind_time(index);
            let view = circumstances.view(alarm, facts, line, blind);
            circumstances.shown(line, view, blind)
        })
        .collect();
    Shown {
        alarms,
        requests: requests(&facts.traffic).and_then(Result::ok),
        last_read_from: last_read_from(begun, settings),
        standstills,
    }
}

impl Circumstances<'_> {
    fn shown(&self, line: &Timeline, view: View, blind: Duration) -> ShownAlarm {
        let (known, failed_at) = match view {
            View::Ready { known, .. } | View::Lacks { known, .. } => (known, None),
            View::Fails(at, _) => (self.known(line, blind), Some(at)),
        };
        let states = match line {
            Timeline::Known { first, transitions } => {
                let from = self.watched.min(self.begun.began);
                let all = stretches(first, transitions, from, self.now);
                Ok(all
                    .into_iter()
                    .map(|stretch| ShownState {
                        from: stretch.from,
                        to: stretch.to,
                        state: stretch.state.clone(),
                    })
                    .collect())
            }
            Timeline::Accounted | Timeline::Wanted => {
                Err("its history was not read at this look".to_owned())
            }
            Timeline::Unknown(why) => Err(why.clone()),
        };
        ShownAlarm {
            states,
            known,
            failed_at,
        }
    }

    /// The known time of an alarm that failed, for which the rule needs none.
    fn known(&self, line: &Timeline, blind: Duration) -> SignedDuration {
        let Timeline::Known { first, transitions } = line else {
            return SignedDuration::ZERO;
        };
        let known: Vec<_> = stretches(first, transitions, self.begun.began, self.now)
            .into_iter()
            .filter(|stretch| matches!(stretch.state, AlarmState::Ok | AlarmState::Alarm))
            .collect();
        let known = running(&known, self.standstills) - SignedDuration::from(blind);
        known.max(SignedDuration::ZERO)
    }
}
