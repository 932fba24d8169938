//! Reading alarm histories within three calls a second for the whole account.
//!
//! A look that only wants to know what moved makes few calls and leaves the
//! rest to later looks; the last look reads all it needs. One call without a
//! name brings the histories of all alarms of a region, if they fit on few
//! pages. A throttled call is not repeated in place.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use sluice_aws::{Aws, AwsError, Histories};
use sluice_core::bake::{Begun, Facts, History, Memory};
use sluice_core::evidence::Source;
use sluice_core::reading::{Place, Transition};
use sluice_core::settings::Bake;
use sluice_core::{Duration, GateError};

use crate::{Ask, jitter};

/// Calls that a look makes to follow what moved.
const CALLS_IN_PASSING: usize = 3;
/// Pages without a name that are worth a try before asking one by one.
const PAGES_IN_PASSING: usize = 1;
const PAGES_AT_THE_END: usize = 2;
/// Pause between calls for single alarms: two a second leave room for others.
const BETWEEN_CALLS: SignedDuration = SignedDuration::from_millis(500);
/// The first wait after a look that could not read all it wanted.
const BACKOFF_FIRST: SignedDuration = SignedDuration::from_secs(60);

/// How long to wait after so many looks that did not get all they wanted:
/// doubling, at most eight times the first wait, spread by half of it.
pub(super) fn backoff(ask: &Ask, times: u32) -> SignedDuration {
    let doubled = BACKOFF_FIRST * (1 << times.saturating_sub(1).min(3));
    let spread = doubled.as_secs_f64() * (0.5 + jitter(ask));
    SignedDuration::try_from_secs_f64(spread).unwrap_or(doubled)
}

/// Reads the wanted histories into the facts, as far as a look may, and says
/// in the memory when to go on.
#[expect(
    clippy::too_many_arguments,
    reason = "what a look knows, and what it adds to"
)]
pub(super) async fn read(
    ask: &Ask,
    settings: &Bake,
    begun: &Begun,
    facts: &mut Facts,
    sources: &mut Vec<Source>,
    wanted: BTreeSet<usize>,
    mut memory: Memory,
    aws: &Aws,
) -> Result<Memory, GateError> {
    let over = ask.now >= begun.began + SignedDuration::from(settings.at_most());
    let may_wait = !over && !ask.last_chance;
    if wanted.is_empty()
        || (may_wait
            && memory
                .no_history_before
                .is_some_and(|moment| ask.now < moment))
    {
        return Ok(memory);
    }
    let at_the_end = !may_wait
        || (wanted.len() == begun.alarms.len() && ask.now >= begun.began + whole(settings, begun));
    let mut reader = Reader {
        aws,
        begun,
        facts,
        sources,
        pages: if at_the_end {
            PAGES_AT_THE_END
        } else {
            PAGES_IN_PASSING
        },
        calls_left: if at_the_end {
            usize::MAX
        } else {
            CALLS_IN_PASSING
        },
    };
    let mut places: BTreeMap<Place, Vec<usize>> = BTreeMap::new();
    for index in wanted {
        places
            .entry(begun.alarms[index].place.clone())
            .or_default()
            .push(index);
    }
    let mut done = true;
    for (place, indexes) in places {
        match reader.read_place(&place, &indexes).await {
            Ok(all) => done &= all,
            Err(error) if error.is_passing() => done = false,
            Err(error) => return Err(error.into()),
        }
    }
    if done {
        memory.failed_reads = 0;
        memory.no_history_before = None;
    } else {
        memory.failed_reads = memory.failed_reads.saturating_add(1);
        memory.no_history_before = Some(ask.now + backoff(ask, memory.failed_reads));
    }
    Ok(memory)
}

fn whole(settings: &Bake, begun: &Begun) -> SignedDuration {
    SignedDuration::from(
        settings
            .bake_for
            .saturating_add(begun.settle)
            .max(Duration::ZERO),
    )
}

struct Reader<'a> {
    aws: &'a Aws,
    begun: &'a Begun,
    facts: &'a mut Facts,
    sources: &'a mut Vec<Source>,
    pages: usize,
    calls_left: usize,
}

impl Reader<'_> {
    /// Reads the histories of these alarms of one place. `false`: not all.
    async fn read_place(&mut self, place: &Place, indexes: &[usize]) -> Result<bool, AwsError> {
        let from = self.begun.watched_from.at - self.begun.guard();
        if indexes.len() > 1 {
            self.calls_left = self.calls_left.saturating_sub(self.pages);
            self.note(place);
            let names = indexes
                .iter()
                .map(|&index| self.begun.alarms[index].alarm.name.as_str())
                .collect();
            if let Histories::Whole(mut by_name) = self
                .aws
                .history_of_all(place, &names, from, self.pages)
                .await?
            {
                for &index in indexes {
                    let name = &self.begun.alarms[index].alarm.name;
                    self.put(index, by_name.remove(name).unwrap_or_default());
                }
                return Ok(true);
            }
        }
        // One by one, and only those that moved: of the others `DescribeAlarms`
        // says that they did not.
        let moved = |index: &&usize| {
            let present = &self.facts.alarms[**index].present;
            indexes.len() == 1 || present.transitioned.is_none_or(|at| at >= from)
        };
        let moved: Vec<usize> = indexes.iter().filter(moved).copied().collect();
        for index in moved {
            if self.calls_left == 0 {
                return Ok(false);
            }
            self.calls_left -= 1;
            self.aws.pause(BETWEEN_CALLS).await;
            self.note(place);
            let transitions = self
                .aws
                .history_of(place, &self.begun.alarms[index].alarm.name, from)
                .await?;
            self.put(index, transitions);
        }
        Ok(true)
    }

    fn put(&mut self, index: usize, transitions: Vec<Transition>) {
        self.facts.alarms[index].history = Some(History::Read(transitions));
    }

    fn note(&mut self, place: &Place) {
        let operation = "cloudwatch:DescribeAlarmHistory".to_owned();
        self.sources.push(Source {
            operation,
            place: place.clone(),
            at: self.aws.now(),
        });
    }
}
