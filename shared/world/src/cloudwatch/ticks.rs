//! How time passes for the alarms.

use std::collections::BTreeMap;

use super::alarms::{Alarm, Kind};
use super::history::{Event, Item};
use super::terms::{AlarmState, Comparison};
use super::{CloudWatch, milliseconds};
use crate::scenario::Moment;

const MINUTE: i64 = 60_000;

/// What a scenario does to its alarms, and when.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    /// In the order of their time, then of the scenario.
    due: BTreeMap<(i64, usize), Deed>,
    /// Those whose stage has not been deployed yet.
    waiting: Vec<(Moment, usize, Deed)>,
    count: usize,
    /// What each alarm of the scenario is called now; `None` when deleted.
    pub(super) names: Vec<Option<String>>,
}

#[derive(Debug, Clone)]
struct Deed {
    /// Which alarm of the scenario.
    alarm: usize,
    what: What,
}

/// What happens to an alarm.
#[derive(Debug, Clone)]
pub(super) enum What {
    Threshold(Comparison, f64),
    Rename(String),
    Delete,
    State(AlarmState),
}

impl Agenda {
    /// One more thing to do.
    pub(super) fn add(&mut self, at: &Moment, alarm: usize, what: What) {
        self.waiting
            .push((at.clone(), self.count, Deed { alarm, what }));
        self.count += 1;
    }
}

impl CloudWatch {
    /// Finds out the moments that have become known. What should have
    /// happened already happens next.
    pub(super) fn resolve(&mut self) {
        let (begin, marks, until) = (self.begin, &self.marks, self.until);
        for series in &mut self.series {
            series.resolve(marks);
        }
        for trouble in self
            .alarms
            .values_mut()
            .flat_map(|alarm| &mut alarm.troubles)
        {
            let from = trouble.at.resolve(begin, marks).map(milliseconds);
            let to = |from: i64| from.saturating_add(trouble.length.as_milliseconds());
            trouble.during = from.map(|from| (from, to(from)));
        }
        for (at, number, deed) in std::mem::take(&mut self.agenda.waiting) {
            match at.resolve(begin, marks) {
                Some(at) => {
                    self.agenda
                        .due
                        .insert((milliseconds(at).max(until), number), deed);
                }
                None => self.agenda.waiting.push((at, number, deed)),
            }
        }
    }

    /// Lets everything happen up to this time.
    pub(super) fn advance(&mut self, now: i64) {
        loop {
            let step = self.step();
            let tick = (self.until.div_euclid(step) + 1) * step;
            let due = self
                .agenda
                .due
                .first_key_value()
                .map_or(i64::MAX, |((at, _), _)| *at);
            let next = tick.min(due);
            if next > now {
                break;
            }
            self.until = next;
            while let Some(entry) = self.agenda.due.first_entry().filter(|e| e.key().0 <= next) {
                let deed = entry.remove();
                self.perform(deed, next);
            }
            if next == tick {
                self.evaluate_metrics(tick);
            }
            self.evaluate_composites(next);
        }
        self.until = self.until.max(now);
    }

    /// Ticks come each minute, or each 10 s if an alarm has shorter periods.
    fn step(&self) -> i64 {
        let short = |alarm: &Alarm| match &alarm.kind {
            Kind::Metric(watch) => watch.period < MINUTE,
            Kind::Composite(_) | Kind::Scripted(_) => false,
        };
        if self.alarms.values().any(short) {
            10_000
        } else {
            MINUTE
        }
    }

    fn evaluate_metrics(&mut self, tick: i64) {
        let incomplete = self.switches.alarms_read_incomplete_periods;
        let evaluated = self.alarms.iter().filter_map(|(name, alarm)| {
            let (state, reason) = alarm.evaluate(&self.series, tick, incomplete)?;
            Some((name.clone(), state, reason))
        });
        let changed: Vec<(String, AlarmState, String)> = evaluated.collect();
        for (name, state, reason) in changed {
            self.set_state(&name, state, reason, tick);
        }
    }

    /// Composite alarms follow their children, and each other. One that moved
    /// does not move again at the same moment, so cycles come to rest.
    pub(super) fn evaluate_composites(&mut self, now: i64) {
        let mut moved: Vec<String> = Vec::new();
        loop {
            let stale = |(name, alarm): (&String, &mut Alarm)| match &mut alarm.kind {
                Kind::Composite(composite) if composite.stale => {
                    composite.stale = false;
                    (!moved.contains(name)).then(|| name.clone())
                }
                _ => None,
            };
            let names: Vec<String> = self.alarms.iter_mut().filter_map(stale).collect();
            if names.is_empty() {
                break;
            }
            for name in names {
                self.evaluate_composite(&name, now);
                moved.push(name);
            }
        }
    }

    fn evaluate_composite(&mut self, name: &str, now: i64) {
        let Some(Alarm {
            kind: Kind::Composite(composite),
            ..
        }) = self.alarms.get(name)
        else {
            return;
        };
        let state_of = |child: &str| self.alarms.get(child).map(|alarm| alarm.state);
        let holds = composite.rule.holds(&state_of);
        let state = if holds {
            AlarmState::Alarm
        } else {
            AlarmState::Ok
        };
        let verb = if holds { "holds" } else { "does not hold" };
        self.set_state(
            name,
            state,
            format!("{name} is {state}: its rule {verb}"),
            now,
        );
    }

    /// Sets an alarm's state; a change is remembered and told to its parents.
    pub(super) fn set_state(&mut self, name: &str, state: AlarmState, reason: String, now: i64) {
        let Some(alarm) = self.alarms.get_mut(name) else {
            return;
        };
        if alarm.state == state {
            return;
        }
        let old = (
            alarm.state,
            std::mem::replace(&mut alarm.reason, reason.clone()),
        );
        alarm.state = state;
        alarm.updated = now;
        alarm.transitioned = now;
        self.history.push(Item {
            alarm: name.to_owned(),
            composite: alarm.is_composite(),
            at: now,
            event: Event::State {
                old,
                new: (state, reason),
            },
        });
        self.disturb_parents(name);
    }

    /// Has the composite alarms that depend on this one evaluated.
    pub(super) fn disturb_parents(&mut self, child: &str) {
        for alarm in self.alarms.values_mut() {
            if let Kind::Composite(composite) = &mut alarm.kind {
                composite.stale |= composite.rule.children().contains(&child);
            }
        }
    }

    /// Remembers that an alarm was created, updated or deleted.
    pub(super) fn remember(&mut self, name: &str, composite: bool, what: &'static str, now: i64) {
        self.history.push(Item {
            alarm: name.to_owned(),
            composite,
            at: now,
            event: Event::Configuration(what),
        });
    }

    fn perform(&mut self, deed: Deed, now: i64) {
        let Some(name) = self.agenda.names[deed.alarm].clone() else {
            return;
        };
        match deed.what {
            What::State(state) => {
                self.set_state(&name, state, format!("the scenario says {state}"), now);
            }
            What::Threshold(comparison, threshold) => {
                if let Some(alarm) = self.alarms.get_mut(&name)
                    && let Kind::Metric(watch) = &mut alarm.kind
                {
                    watch.comparison = comparison;
                    watch.threshold = threshold;
                    alarm.configured = now;
                    self.remember(&name, false, "updated", now);
                }
            }
            What::Rename(new) => {
                if let Some(alarm) = self.remove(&name, now) {
                    let composite = alarm.is_composite();
                    let mut renamed = Alarm::new(alarm.kind, now);
                    if let Kind::Composite(composite) = &mut renamed.kind {
                        composite.stale = true;
                    }
                    renamed.troubles = alarm.troubles;
                    self.alarms.insert(new.clone(), renamed);
                    self.remember(&new, composite, "created", now);
                    self.disturb_parents(&new);
                }
                self.agenda.names[deed.alarm] = Some(new);
            }
            What::Delete => {
                self.remove(&name, now);
                self.agenda.names[deed.alarm] = None;
            }
        }
    }

    /// Deletes an alarm; its history stays.
    pub(super) fn remove(&mut self, name: &str, now: i64) -> Option<Alarm> {
        let alarm = self.alarms.remove(name)?;
        self.remember(name, alarm.is_composite(), "deleted", now);
        self.disturb_parents(name);
        Some(alarm)
    }
}
