//! The datapoints of one metric: computed from the layers of a scenario,
//! stored by `PutMetricData`, or both.
//!
//! A computed datapoint is a pure function of its index, so nothing is stored
//! and only what is asked for is computed. Times are milliseconds since 1970.

use std::collections::BTreeMap;
use std::f64::consts::TAU;
use std::sync::Arc;

use jiff::Timestamp;

use super::noise::{hash, standard_normal, stream};
use super::statistics::{Gathering, Point};
use super::terms::Statistic;
use crate::scenario::{Layer, Length, Marks, Metric, Moment};

/// Which metric: all of it has to match.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Identity {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) dimensions: BTreeMap<String, String>,
}

/// A metric's datapoints.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) identity: Identity,
    computed: Option<Computed>,
    /// By their own time, with the time they were published at.
    stored: BTreeMap<i64, Vec<(i64, Point)>>,
    /// How late what was stored is published.
    stored_late: i64,
}

impl Series {
    /// A metric nobody has published to yet.
    pub(super) fn empty(identity: Identity) -> Series {
        Series {
            identity,
            computed: None,
            stored: BTreeMap::new(),
            stored_late: 0,
        }
    }

    /// A metric of a scenario.
    pub(super) fn computed(key: &str, metric: &Metric, begin: Timestamp, seed: u64) -> Series {
        let identity = Identity {
            namespace: metric.namespace.clone(),
            name: metric.name.clone(),
            dimensions: metric.dimensions.clone(),
        };
        let mut computed = Computed {
            metric: metric.clone(),
            key: hash(key),
            seed,
            begin,
            layers: Vec::new(),
        };
        computed.resolve(&Marks::new());
        Series {
            computed: Some(computed),
            ..Series::empty(identity)
        }
    }

    /// Takes note of deployments that have ended.
    pub(super) fn resolve(&mut self, marks: &Marks) {
        if let Some(computed) = &mut self.computed {
            computed.resolve(marks);
        }
    }

    /// Stores a datapoint that is published so long after now.
    pub(super) fn store(&mut self, at: i64, (now, late): (i64, i64), point: Point) {
        self.stored_late = self.stored_late.max(late);
        let published = now.saturating_add(late);
        self.stored.entry(at).or_default().push((published, point));
    }

    /// How long after the end of its interval a datapoint is published.
    pub(super) fn lateness(&self) -> i64 {
        let lateness = |computed: &Computed| computed.metric.late.as_milliseconds();
        let computed = self.computed.as_ref().map_or(0, lateness);
        computed.max(self.stored_late)
    }

    /// The statistic of the datapoints at or after `from`, before `to`, that
    /// were published by `by`.
    pub(super) fn value(&self, from: i64, to: i64, by: i64, statistic: Statistic) -> Option<f64> {
        let mut gathering = Gathering::new(statistic);
        if let Some(computed) = &self.computed {
            computed.points(from, to, by, |point| gathering.add(point));
        }
        if !self.stored.is_empty() && from < to {
            let stored = self.stored.range(from..to).flat_map(|(_, points)| points);
            let published = stored.filter(|(published, _)| *published <= by);
            published.for_each(|(_, point)| gathering.add(*point));
        }
        gathering.value()
    }
}

#[derive(Debug)]
struct Computed {
    metric: Metric,
    key: u64,
    seed: u64,
    begin: Timestamp,
    layers: Vec<Resolved>,
}

/// A layer whose moments are known; `None` is not yet.
#[derive(Debug)]
enum Resolved {
    Constant(f64),
    Ramp {
        from: f64,
        to: f64,
        at: Option<i64>,
        length: i64,
    },
    Noise {
        deviation: f64,
        stream: u64,
    },
    Cycle {
        amplitude: f64,
        length: i64,
        begin: i64,
    },
    Add {
        during: During,
        value: f64,
    },
    Set {
        during: During,
        value: f64,
    },
    Gap(During),
    Recorded {
        rows: Arc<[(i64, f64)]>,
        moved_by: Option<i64>,
    },
}

/// From when to when; `None` is not yet known.
#[derive(Debug, Clone, Copy)]
struct During(Option<(i64, i64)>);

impl During {
    fn contains(self, at: i64) -> bool {
        self.0.is_some_and(|(from, to)| (from..to).contains(&at))
    }
}

impl Computed {
    fn resolve(&mut self, marks: &Marks) {
        let layers = self.metric.values.iter().zip(0..);
        self.layers = layers
            .map(|(layer, number)| self.resolved(layer, number, marks))
            .collect();
    }

    fn resolved(&self, layer: &Layer, number: u64, marks: &Marks) -> Resolved {
        let known = |at: &Moment| Some(at.resolve(self.begin, marks)?.as_millisecond());
        let during = |at: &Moment, length: Length| {
            During(known(at).map(|from| (from, from.saturating_add(length.as_milliseconds()))))
        };
        match layer {
            Layer::Constant(value) => Resolved::Constant(*value),
            Layer::Ramp(ramp) => Resolved::Ramp {
                from: ramp.from,
                to: ramp.to,
                at: known(&ramp.at),
                length: ramp.r#for.as_milliseconds(),
            },
            Layer::Noise(noise) => Resolved::Noise {
                deviation: noise.sd,
                stream: stream([self.seed, self.key, number]),
            },
            Layer::Cycle(cycle) => Resolved::Cycle {
                amplitude: cycle.amplitude,
                length: cycle.every.as_milliseconds(),
                begin: self.begin.as_millisecond(),
            },
            Layer::Spike(spike) => {
                let during = during(&spike.at, spike.r#for);
                match (spike.add, spike.set) {
                    (_, Some(value)) => Resolved::Set { during, value },
                    (value, None) => Resolved::Add {
                        during,
                        value: value.unwrap_or(0.0),
                    },
                }
            }
            Layer::Gap(gap) => Resolved::Gap(during(&gap.at, gap.r#for)),
            Layer::Csv(csv) => {
                let first = csv.rows.first().map_or(0, |(at, _)| *at);
                let moved_by = match &csv.at {
                    None => Some(0),
                    Some(at) => known(at).map(|at| at - first),
                };
                Resolved::Recorded {
                    rows: csv.rows.clone(),
                    moved_by,
                }
            }
        }
    }

    fn points(&self, from: i64, to: i64, by: i64, mut take: impl FnMut(Point)) {
        let every = self.metric.every.as_milliseconds();
        let delay = every + self.metric.late.as_milliseconds();
        let past = to.min(by - delay + 1);
        // Rounded up: a datapoint belongs to where its interval begins.
        let mut at = -(-from).div_euclid(every) * every;
        while at < past {
            if let Some(value) = self.value_at(at, every) {
                take(Point::same(value, self.metric.samples));
            }
            at += every;
        }
    }

    fn value_at(&self, at: i64, every: i64) -> Option<f64> {
        let mut sum = 0.0;
        for layer in &self.layers {
            sum = layer.apply(sum, at, every)?;
        }
        let raised = self.metric.floor.map_or(sum, |floor| sum.max(floor));
        Some(
            self.metric
                .ceiling
                .map_or(raised, |ceiling| raised.min(ceiling)),
        )
    }
}

impl Resolved {
    /// The sum with this layer; `None` where there is no datapoint.
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds of a scenario fit f64"
    )]
    fn apply(&self, sum: f64, at: i64, every: i64) -> Option<f64> {
        match self {
            Resolved::Constant(value) => Some(sum + value),
            // Without its stage deployed a ramp has not begun.
            Resolved::Ramp { from, at: None, .. } => Some(sum + from),
            Resolved::Ramp {
                from,
                to,
                at: Some(start),
                length,
            } => {
                let done = match at - start {
                    elapsed if elapsed < 0 => 0.0,
                    elapsed if elapsed >= *length => 1.0,
                    elapsed => elapsed as f64 / *length as f64,
                };
                Some(sum + from + (to - from) * done)
            }
            Resolved::Noise { deviation, stream } => {
                Some(sum + deviation * standard_normal(*stream, at.div_euclid(every)))
            }
            Resolved::Cycle {
                amplitude,
                length,
                begin,
            } => {
                let phase = (at - begin).rem_euclid(*length) as f64 / *length as f64;
                Some(sum + amplitude * (TAU * phase).sin())
            }
            Resolved::Add { during, value } if during.contains(at) => Some(sum + value),
            Resolved::Set { during, value } if during.contains(at) => Some(*value),
            Resolved::Gap(during) if during.contains(at) => None,
            Resolved::Add { .. } | Resolved::Set { .. } | Resolved::Gap(_) => Some(sum),
            Resolved::Recorded { rows, moved_by } => {
                let from = at - (*moved_by)?;
                let first = rows.partition_point(|(time, _)| *time < from);
                let within = rows[first..]
                    .iter()
                    .take_while(|(time, _)| *time < from + every);
                let (total, count) = within.fold((0.0, 0.0), |(total, count), (_, value)| {
                    (total + value, count + 1.0)
                });
                (count > 0.0).then(|| sum + total / count)
            }
        }
    }
}
