//! Whether a canary may have passed: its readings beside what the world had,
//! and both versions compared by plain sums instead of statistics.

use jiff::{SignedDuration, Timestamp};
use sluice_core::ReasonCode;
use sluice_core::evidence::Evidence;
use sluice_core::plan::GateSettings;
use sluice_core::settings::{
    Canary, CanaryGroup, CanaryGroups, CanaryMetric, CountMetric, MetricRef, ReleaseCheck,
    SeriesMetric, WhenUndecided, Worse,
};
use sluice_gates::canary::{Begun, Both, Facts, MetricFacts, Series};
use sluice_world::cloudwatch::terms::Statistic;

use super::{GUARD, Truth};

/// Percentiles of fewer samples say nothing.
const SAMPLES_MIN: f64 = 20.0;
/// A split that is off by more than this factor is clearly off.
const SPLIT_OFF: f64 = 1.5;

/// One canary, and what the world had for it.
struct Comparison<'a> {
    settings: &'a Canary,
    truth: &'a Truth<'a>,
    begun: Begun,
    facts: Facts,
}

/// Whether a canary may pass.
pub(in crate::faults) fn canary_may_pass(
    settings: &GateSettings,
    evidence: &Evidence,
    truth: &Truth<'_>,
) -> Result<(), String> {
    let own = Comparison::of(settings, evidence, truth)?;
    own.was_read_right()?;
    let from = own.settings.periods_at_least();
    let mut why = format!("{} periods were judged, of {from}", own.facts.periods);
    for periods in from..=own.facts.periods {
        match own.is_safe_after(periods) {
            Ok(()) => return Ok(()),
            Err(not) => why = not,
        }
    }
    Err(why)
}

/// Whether a canary may have accepted what is undecided.
pub(in crate::faults) fn canary_may_accept(
    settings: &GateSettings,
    evidence: &Evidence,
    truth: &Truth<'_>,
) -> Result<(), String> {
    let own = Comparison::of(settings, evidence, truth)?;
    let code = evidence.reason.as_ref().map(|reason| reason.code);
    if code == Some(ReasonCode::SkippedRollback) {
        let rollback = truth.scenario.pipeline.rollback;
        return rollback.then_some(()).ok_or("it is no rollback".to_owned());
    }
    own.was_read_right()?;
    if own.settings.when_undecided != WhenUndecided::Accept {
        return Err("the plan accepts nothing".to_owned());
    }
    let times = own.settings.accept_at_most.ok_or("without a limit")?;
    let periods = own.facts.periods;
    for metric in own.deciding() {
        own.has_data(metric, periods)?;
        let ratio = own.ratio(metric, periods).unwrap_or(f64::INFINITY);
        if ratio > times.0.value() {
            return Err(format!("`{}` is {ratio:.2} times worse", metric.name()));
        }
    }
    Ok(())
}

impl<'a> Comparison<'a> {
    fn of(
        settings: &'a GateSettings,
        evidence: &Evidence,
        truth: &'a Truth<'a>,
    ) -> Result<Comparison<'a>, String> {
        let GateSettings::Canary(settings) = settings else {
            return Err("it is no canary".to_owned());
        };
        if settings.release_check == ReleaseCheck::On {
            truth.still_ours()?;
        }
        let read = |error: serde_json::Error| format!("its readings cannot be read: {error}");
        // A canary that was skipped has read nothing.
        let facts = if evidence.facts.get("skipped").is_some() {
            Facts {
                now: truth.looked.1,
                last_chance: false,
                periods: 0,
                metrics: Vec::new(),
                traffic: None,
                incomplete: None,
            }
        } else {
            serde_json::from_value(evidence.facts.clone()).map_err(read)?
        };
        Ok(Comparison {
            settings,
            truth,
            begun: serde_json::from_value(evidence.begun.clone()).map_err(read)?,
            facts,
        })
    }

    fn deciding(&self) -> impl Iterator<Item = &'a CanaryMetric> {
        self.settings.metrics.iter().filter(|own| own.is_gating())
    }

    /// From when to when a period is.
    fn period(&self, index: u32) -> (Timestamp, Timestamp) {
        let length = SignedDuration::from(self.settings.period());
        let from = self.begun.start + length * i32::try_from(index).unwrap_or(0);
        (from, from + length)
    }

    /// What the world has of a metric, whole or as far as it was published.
    fn world(
        &self,
        group: &CanaryGroup,
        metric: &MetricRef,
        stat: &str,
        index: u32,
        by: Timestamp,
    ) -> Option<f64> {
        let scenario = self.truth.scenario;
        let namespace = metric.namespace().or(self.settings.namespace.as_deref());
        let found = scenario.metrics.values().find(|own| {
            Some(own.namespace.as_str()) == namespace
                && own.name == metric.name()
                && own.dimensions == group.dimensions
        })?;
        let stat: Statistic = stat.parse().ok()?;
        let world = &self.truth.seen.world;
        world.with_cloudwatch(&scenario.account, &scenario.region, |own| {
            own.published(found, stat, self.period(index), by)
        })
    }

    /// The last look came when the last period was closed, what it read is
    /// what the world had, and it read all that was published by then.
    fn was_read_right(&self) -> Result<(), String> {
        let looked = self.truth.looked.1;
        let last = self.period(self.facts.periods.saturating_sub(1)).1;
        let closed = last + SignedDuration::from(self.settings.closed_after());
        if looked + GUARD < closed {
            return Err(format!("a period that closes at {closed} was judged"));
        }
        if let Some(why) = &self.facts.incomplete {
            return Err(format!("the readings were not whole: {why}"));
        }
        let metrics = self.settings.metrics.iter().zip(&self.facts.metrics);
        for (metric, facts) in metrics {
            match (metric, facts) {
                (CanaryMetric::Count(metric), MetricFacts::Count { count, of }) => {
                    self.are_those_of_the_world(&metric.count, "Sum", count)?;
                    self.are_those_of_the_world(&metric.of, "Sum", of)?;
                }
                (CanaryMetric::Series(metric), MetricFacts::Series { value, samples }) => {
                    self.are_those_of_the_world(&metric.series, &metric.stat, value)?;
                    if let Some(samples) = samples {
                        self.are_those_of_the_world(&metric.series, "SampleCount", samples)?;
                    }
                }
                _ => return Err("the readings are of another metric".to_owned()),
            }
        }
        Ok(())
    }

    fn are_those_of_the_world(
        &self,
        metric: &MetricRef,
        stat: &str,
        read: &Both<Series>,
    ) -> Result<(), String> {
        let groups = self.groups();
        let both = [
            (&groups.baseline, &read.baseline),
            (&groups.canary, &read.canary),
        ];
        for (group, series) in both {
            for index in 0..self.facts.periods {
                let own = series.get(index as usize).copied().flatten();
                let by = if own.is_none() {
                    // What was there when the look began was there to be read.
                    self.truth.looked.1
                } else {
                    Timestamp::MAX
                };
                let world = self.world(group, metric, stat, index, by);
                if own != world {
                    let name = metric.name();
                    return Err(format!(
                        "`{name}` was {world:?} in period {index}, and {own:?} was judged"
                    ));
                }
            }
        }
        Ok(())
    }

    /// Whether plain sums over the first periods speak against a pass. The
    /// judge weighs some periods more than others, so of each metric a shorter
    /// comparison may have been the good one.
    fn is_safe_after(&self, periods: u32) -> Result<(), String> {
        self.split_is_right(periods)?;
        for metric in self.deciding() {
            self.has_data(metric, periods)?;
            let is_within = |periods: u32| {
                let allowed = allowed(metric);
                self.ratio(metric, periods)
                    .is_some_and(|own| own <= allowed)
            };
            if !(1..=periods).any(is_within) {
                let ratio = self.ratio(metric, periods).unwrap_or(f64::NAN);
                return Err(format!(
                    "`{}` was {ratio:.2} times the old version's",
                    metric.name()
                ));
            }
        }
        Ok(())
    }

    /// Both versions have data in half of the periods.
    fn has_data(&self, metric: &CanaryMetric, periods: u32) -> Result<(), String> {
        let known = (0..periods).filter(|index| self.has_both(metric, *index));
        let known = u32::try_from(known.count()).unwrap_or(0);
        if known * 2 < periods || known == 0 {
            let name = metric.name();
            return Err(format!("`{name}` has data in {known} of {periods} periods"));
        }
        Ok(())
    }

    fn has_both(&self, metric: &CanaryMetric, index: u32) -> bool {
        let pair = match metric {
            CanaryMetric::Count(metric) => self.requests(&metric.of, index),
            CanaryMetric::Series(metric) => self.values(metric, index),
        };
        pair.is_some()
    }

    /// Cases write their groups out.
    fn groups(&self) -> &CanaryGroups {
        let groups = self.settings.groups.as_ref();
        groups.expect("a case without groups has no truth")
    }

    /// The same of both groups, old and new, once everything is published.
    fn both(&self, metric: &MetricRef, stat: &str, index: u32) -> [Option<f64>; 2] {
        let groups = self.groups();
        [&groups.baseline, &groups.canary]
            .map(|group| self.world(group, metric, stat, index, Timestamp::MAX))
    }

    fn requests(&self, metric: &MetricRef, index: u32) -> Option<[f64; 2]> {
        let [old, new] = self.both(metric, "Sum", index);
        let both = [old?, new?];
        both.iter().all(|own| *own > 0.0).then_some(both)
    }

    fn values(&self, metric: &SeriesMetric, index: u32) -> Option<[f64; 2]> {
        let samples = self.both(&metric.series, "SampleCount", index);
        let few = |own: &Option<f64>| own.is_none_or(|own| own < SAMPLES_MIN);
        if metric.is_percentile() && samples.iter().any(few) {
            return None;
        }
        let [old, new] = self.both(&metric.series, &metric.stat, index);
        Some([old?, new?])
    }

    /// How many times the old version's the new version's is.
    fn ratio(&self, metric: &CanaryMetric, periods: u32) -> Option<f64> {
        match metric {
            CanaryMetric::Count(metric) => self.count_ratio(metric, periods),
            CanaryMetric::Series(metric) => {
                let pairs = (0..periods).filter_map(|index| self.values(metric, index));
                let (old, new) =
                    pairs.fold((0.0, 0.0), |(old, new), own| (old + own[0], new + own[1]));
                (old > 0.0).then(|| new / old)
            }
        }
    }

    fn count_ratio(&self, metric: &CountMetric, periods: u32) -> Option<f64> {
        let [mut events, mut requests] = [[0.0; 2]; 2];
        for index in 0..periods {
            let Some(own) = self.requests(&metric.of, index) else {
                continue;
            };
            let counts = self.both(&metric.count, "Sum", index);
            for side in 0..2 {
                events[side] += counts[side].unwrap_or(0.0);
                requests[side] += own[side];
            }
        }
        let share = |side: usize| events[side] / requests[side];
        let floor = metric.floor.map_or(0.1, |floor| floor.0.value()) / 100.0;
        // A difference below the floor is none.
        if share(1) <= share(0) + floor {
            return Some(1.0);
        }
        Some(share(1) / share(0))
    }

    /// The requests reach the versions about as configured.
    fn split_is_right(&self, periods: u32) -> Result<(), String> {
        let Some(traffic) = &self.settings.traffic else {
            return Ok(());
        };
        let mut sums = [0.0; 2];
        for index in 0..periods {
            for (sum, own) in sums.iter_mut().zip(self.both(&traffic.count, "Sum", index)) {
                *sum += own.unwrap_or(0.0);
            }
        }
        let (seen, wanted) = (
            sums[1] / (sums[0] + sums[1]),
            traffic.canary_share.0.value() / 100.0,
        );
        let is_near = seen <= wanted * SPLIT_OFF && seen >= wanted / SPLIT_OFF;
        is_near
            .then_some(())
            .ok_or_else(|| format!("the new version had {seen:.2} of the requests, not {wanted}"))
    }
}

/// How many times the old version's is still allowed.
fn allowed(metric: &CanaryMetric) -> f64 {
    let (tolerance, usual, worse) = match metric {
        CanaryMetric::Count(metric) => (metric.tolerance, 100.0, metric.worse),
        CanaryMetric::Series(metric) => (metric.tolerance, 25.0, metric.worse),
    };
    if worse == Worse::Lower {
        // No case is drawn with it: nothing of it may pass unnoticed.
        return f64::NEG_INFINITY;
    }
    1.0 + tolerance.map_or(usual, |own| own.0.value()) / 100.0
}
