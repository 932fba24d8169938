//! An alarm's states over the watched time, put together from its present
//! state and its history, or the reason why that cannot be done.

use jiff::{SignedDuration, Timestamp};

use super::facts::{AlarmFacts, BegunAlarm, History, Memory};
use crate::reading::{AlarmState, Transition};

/// How far the time of a transition in `DescribeAlarms` and in the history may
/// differ: both are CloudWatch's, but nothing says they are equal to the
/// millisecond.
const SAME: SignedDuration = SignedDuration::from_secs(2);

/// What is known of an alarm's states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Timeline {
    /// Every state since the watch began.
    Known {
        /// The state at the beginning of the watch.
        first: AlarmState,
        /// All transitions since, oldest first.
        transitions: Vec<Transition>,
    },
    /// An earlier look judged the last transition, and nothing came since.
    /// Enough to go on, never enough for a pass.
    Accounted,
    /// The history is needed and was not read at this look.
    Wanted,
    /// Not known, and why.
    Unknown(String),
}

/// Puts together what is known of one alarm since `watched`. Where any firing
/// in that time fails the bake (`firing_is_final`), the present state may be
/// enough.
pub(super) fn timeline(
    index: usize,
    begun: &BegunAlarm,
    facts: &AlarmFacts,
    memory: &Memory,
    watched: Timestamp,
    began: Timestamp,
    firing_is_final: bool,
) -> Timeline {
    let present = &facts.present;
    if let AlarmState::Unknown(word) = &present.state {
        return Timeline::Unknown(format!(
            "its state is `{word}`, a word that is not known here"
        ));
    }
    let Some(transitioned) = present.transitioned else {
        return Timeline::Unknown("CloudWatch does not say since when it has its state".to_owned());
    };
    match &facts.history {
        Some(History::Unread(why)) => Timeline::Unknown(why.clone()),
        Some(History::Read(transitions)) => {
            match broken(begun, present, transitioned, transitions, watched) {
                Some(why) => Timeline::Unknown(why),
                None => Timeline::Known {
                    first: transitions
                        .first()
                        .map_or_else(|| present.state.clone(), |t| t.old.clone()),
                    transitions: transitions.clone(),
                },
            }
        }
        None if transitioned < watched => Timeline::Known {
            first: present.state.clone(),
            transitions: Vec::new(),
        },
        // In ALARM since a moment in the watch: what came before cannot save it.
        None if firing_is_final && present.state == AlarmState::Alarm => Timeline::Known {
            first: AlarmState::Unknown("not read".to_owned()),
            transitions: vec![Transition {
                at: transitioned,
                old: AlarmState::Unknown("not read".to_owned()),
                new: AlarmState::Alarm,
            }],
        },
        None if memory.was_accounted(index, transitioned, began) => Timeline::Accounted,
        None => Timeline::Wanted,
    }
}

/// Why a history cannot be the whole one, if so.
fn broken(
    begun: &BegunAlarm,
    present: &crate::reading::Alarm,
    transitioned: Timestamp,
    transitions: &[Transition],
    watched: Timestamp,
) -> Option<String> {
    let has = |at: Timestamp, state: &AlarmState| {
        transitions
            .iter()
            .any(|t| &t.new == state && t.at.duration_since(at).abs() <= SAME)
    };
    if transitioned >= watched + SAME && !has(transitioned, &present.state) {
        return Some(format!(
            "its history does not yet show its transition to {} at {transitioned}",
            present.state
        ));
    }
    for pair in transitions.windows(2) {
        if pair[0].new != pair[1].old {
            return Some(format!(
                "its history has a hole between {} and {}: {} is followed by {}",
                pair[0].at, pair[1].at, pair[0].new, pair[1].old
            ));
        }
    }
    let first_look = &begun.alarm;
    match (first_look.transitioned, transitions.first()) {
        // Nothing can have happened between that transition and the first one here.
        (Some(at), Some(first)) if at < watched - SAME && first.old != first_look.state => {
            Some(format!(
                "its history does not reach back to {watched}: it begins with {}, but the alarm was {}",
                first.old, first_look.state
            ))
        }
        (Some(at), _) if at >= watched + SAME && !has(at, &first_look.state) => Some(format!(
            "its history does not show its transition to {} at {at}",
            first_look.state
        )),
        (Some(at), None) if at < watched - SAME && first_look.state != present.state => {
            Some(format!(
                "it went from {} to {} without a trace in its history",
                first_look.state, present.state
            ))
        }
        _ => None,
    }
}

/// One stretch of time in one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stretch<'a> {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    pub(super) state: &'a AlarmState,
}

/// The stretches of a known timeline between two moments.
pub(super) fn stretches<'a>(
    first: &'a AlarmState,
    transitions: &'a [Transition],
    from: Timestamp,
    to: Timestamp,
) -> Vec<Stretch<'a>> {
    let starts =
        std::iter::once((Timestamp::MIN, first)).chain(transitions.iter().map(|t| (t.at, &t.new)));
    let ends = transitions
        .iter()
        .map(|t| t.at)
        .chain(std::iter::once(Timestamp::MAX));
    starts
        .zip(ends)
        .map(|((start, state), end)| Stretch {
            from: start.max(from),
            to: end.min(to),
            state,
        })
        .filter(|stretch| stretch.from < stretch.to)
        .collect()
}
