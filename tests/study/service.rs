//! A release of some service: how much traffic it has, how its latency and
//! errors move by the minute, and what is wrong with the new version.
//!
//! Both versions share the hour of the day, a slow wander and bursts; each has
//! a wander, rarer bursts and chance of its own. Some deployments are bumpy:
//! the new version is slow for a few minutes, and nothing is wrong with it.

use std::f64::consts::TAU;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use sluice_world::Scenario;
use sluice_world::random::Random;
use sluice_world::scenario::{Csv, Layer};

use super::draws::{Bursts, Wander, between, magnitude, normal, percentile_99, poisson};

/// What is wrong with a new version.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Harm {
    /// How many times the errors.
    pub(crate) errors: f64,
    /// How many times the latency.
    pub(crate) latency: f64,
    /// From this minute after the deployment on.
    pub(crate) from: i64,
}

/// A kind of release.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) harm: Option<Harm>,
}

const fn harm(name: &'static str, errors: f64, latency: f64, from: i64) -> Kind {
    Kind {
        name,
        harm: Some(Harm {
            errors,
            latency,
            from,
        }),
    }
}

/// All kinds, the harmless one first.
pub(crate) const KINDS: [Kind; 11] = [
    Kind {
        name: "harmless",
        harm: None,
    },
    harm("errors x 2", 2.0, 1.0, 0),
    harm("errors x 2 from minute 20", 2.0, 1.0, 20),
    harm("errors x 5", 5.0, 1.0, 0),
    harm("errors x 5 from minute 20", 5.0, 1.0, 20),
    harm("latency +10 %", 1.0, 1.1, 0),
    harm("latency +10 % from minute 20", 1.0, 1.1, 20),
    harm("latency +30 %", 1.0, 1.3, 0),
    harm("latency +30 % from minute 20", 1.0, 1.3, 20),
    harm("latency +100 %", 1.0, 2.0, 0),
    harm("latency +100 % from minute 20", 1.0, 2.0, 20),
];

/// Minutes before the release, of which alarms and their thresholds know.
const BEFORE: i64 = 180;
/// Minutes after its beginning, more than any gate takes.
const AFTER: i64 = 200;
/// Minutes that the deployment takes.
const DEPLOYS: i64 = 3;

/// One value a minute; `None` where nothing was reported.
type Series = Vec<Option<f64>>;

/// What one version reports.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Reported {
    requests: Series,
    errors: Series,
    /// In percent of the requests, as the alarm watches it.
    error_rate: Series,
    latency: Series,
    /// Requests a minute, usually.
    usual: f64,
}

/// One release and its world.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Release {
    pub(crate) seed: u64,
    begin: Timestamp,
    /// The new version's share of the requests, in percent.
    pub(crate) share: u32,
    pub(crate) old: Reported,
    pub(crate) new: Reported,
}

/// How a service is.
struct Service {
    share: f64,
    requests: f64,
    errors: f64,
    /// The median, in seconds, and the spread of its logarithm.
    latency: f64,
    spread: f64,
    begin_minute: f64,
    day: f64,
    /// How often a minute begins a burst of both versions.
    bursts: f64,
}

impl Service {
    fn draw(random: &mut Random) -> Service {
        let share = random.one_of(&[5.0, 10.0, 25.0, 50.0]) / 100.0;
        let is_small = random.percent(15);
        let of_new = if is_small {
            magnitude(random, 3.0, 40.0)
        } else {
            magnitude(random, 150.0, 5000.0)
        };
        Service {
            share,
            requests: of_new / share,
            errors: magnitude(random, 0.0002, 0.005),
            latency: magnitude(random, 0.03, 0.5),
            spread: between(random, 0.3, 0.8),
            begin_minute: between(random, 0.0, 1440.0),
            day: between(random, 0.2, 0.6),
            bursts: magnitude(random, 1.0 / 720.0, 1.0 / 60.0),
        }
    }

    /// How many times the day's mean the traffic is.
    fn cycle(&self, minute: i64) -> f64 {
        let at = self.begin_minute + f64::from(i32::try_from(minute).unwrap_or(0));
        1.0 + self.day * (TAU * at / 1440.0).sin()
    }
}

/// What moves one version, or both.
struct Moves {
    wander: Wander,
    bursts: Bursts,
}

impl Release {
    /// The release of this kind and number.
    pub(crate) fn draw(kind: usize, number: u64) -> Release {
        // Each kind has services of its own.
        let seed = (u64::try_from(kind).unwrap_or(0) << 32) + number + 1;
        let mut random = Random::from_seed(seed.wrapping_mul(0xD134_2543_DE82_EF95));
        let random = &mut random;
        let service = Service::draw(random);
        let mut shared = Moves {
            wander: Wander::new(random, 0.85, 0.06),
            bursts: Bursts::new(service.bursts, 5.0, 2.0, 8.0),
        };
        let mut own = [0, 1].map(|_| Moves {
            wander: Wander::new(random, 0.6, 0.04),
            bursts: Bursts::new(service.bursts / 4.0, 4.0, 1.8, 6.0),
        });
        let bumpy = random.percent(40).then(|| {
            let minutes = between(random, 1.0, 4.0).round();
            (
                minutes,
                between(random, 1.3, 3.0),
                between(random, 1.5, 5.0),
            )
        });
        let mut versions = [Reported::default(), Reported::default()];
        let shares = [1.0 - service.share, service.share];
        for (reported, share) in versions.iter_mut().zip(shares) {
            reported.usual = service.requests * share;
        }
        for minute in -BEFORE..AFTER {
            let both = (shared.wander.next(random), shared.bursts.next(random));
            for side in 0..2 {
                let (wander, burst) =
                    (own[side].wander.next(random), own[side].bursts.next(random));
                let (mut latency, mut errors) = ((both.0 + wander).exp(), 1.0);
                latency *= both.1.0 * burst.0;
                errors *= both.1.1 * burst.1;
                if side == 1 {
                    let since = minute - DEPLOYS;
                    let (slower, more) = harmed(KINDS[kind].harm, bumpy, since);
                    latency *= slower;
                    errors *= more;
                }
                let usual = versions[side].usual * service.cycle(minute);
                versions[side].report(random, &service, usual, latency, errors);
            }
        }
        let [old, new] = versions;
        Release {
            seed,
            begin: "2026-03-03T09:00:00Z".parse().expect("it is a time"),
            share: [5, 10, 25, 50][[0.05, 0.1, 0.25, 0.5]
                .iter()
                .position(|own| (own - service.share).abs() < 1e-9)
                .unwrap_or(0)],
            old,
            new,
        }
    }

    /// When the deployment ends and the gates begin.
    pub(crate) fn deployed(&self) -> Timestamp {
        self.begin + SignedDuration::from_mins(DEPLOYS)
    }

    /// The old version's usual 99th percentile: the median of three hours.
    pub(crate) fn usual_latency(&self) -> f64 {
        let before = self
            .old
            .latency
            .iter()
            .take(usize::try_from(BEFORE).unwrap_or(0));
        let mut before: Vec<f64> = before.flatten().copied().collect();
        before.sort_by(f64::total_cmp);
        before.get(before.len() / 2).copied().unwrap_or(1.0)
    }

    /// The world of this release.
    pub(crate) fn scenario(&self) -> Scenario {
        let mut text = format!(
            "about: a release of the study\nseed: {}\nbegin: {}\nmetrics:\n",
            self.seed, self.begin
        );
        for (version, reported) in [("old", &self.old), ("new", &self.new)] {
            for (name, _) in reported.series() {
                let samples = if name == "Time" {
                    reported.usual.round().max(1.0)
                } else {
                    1.0
                };
                text.push_str(&format!(
                    "  {name}-{version}: {{ namespace: Shop, name: {name}, dimensions: {{ Version: {version} }}, \
                     samples: {samples}, values: [ {{ constant: 0 }} ] }}\n"
                ));
            }
        }
        let allowed = self.usual_latency() * 1.5;
        text.push_str(&format!(
            "alarms:\n  - {{ name: slow, metric: Time-new, stat: p99, above: {allowed}, datapoints: 3 of 5, missing: notBreaching }}\n  \
             - {{ name: failing, metric: Rate-new, stat: Average, above: 1, datapoints: 3 of 5, missing: notBreaching }}\n\
             pipeline: {{ look_every: 5m, deploys: {{ prod: {DEPLOYS}m }} }}\n"
        ));
        let mut scenario = Scenario::parse(&text, Path::new(".")).expect("the scenario is right");
        for (version, reported) in [("old", &self.old), ("new", &self.new)] {
            for (name, series) in reported.series() {
                let metric = scenario.metrics.get_mut(&format!("{name}-{version}"));
                metric.expect("it is there").values = vec![self.recorded(series)];
            }
        }
        scenario
    }

    fn recorded(&self, series: &Series) -> Layer {
        let first = self.begin - SignedDuration::from_mins(BEFORE);
        let rows = series.iter().zip(0_i64..).filter_map(|(value, minute)| {
            Some((first.as_millisecond() + minute * 60_000, (*value)?))
        });
        Layer::Csv(Csv {
            file: PathBuf::new(),
            at: None,
            rows: rows.collect(),
        })
    }
}

/// How many times worse the new version is by itself, so long after its
/// deployment.
fn harmed(harm: Option<Harm>, bumpy: Option<(f64, f64, f64)>, since: i64) -> (f64, f64) {
    if since < 0 {
        return (1.0, 1.0);
    }
    let (mut latency, mut errors) = (1.0, 1.0);
    if let Some(harm) = harm.filter(|harm| since >= harm.from) {
        (latency, errors) = (harm.latency, harm.errors);
    }
    let minutes = f64::from(i32::try_from(since).unwrap_or(i32::MAX));
    if let Some((_, slower, more)) = bumpy.filter(|(length, ..)| minutes < *length) {
        latency *= slower;
        errors *= more;
    }
    (latency, errors)
}

impl Reported {
    /// One more minute: chance, around what is to be expected.
    fn report(
        &mut self,
        random: &mut Random,
        service: &Service,
        usual: f64,
        latency: f64,
        errors: f64,
    ) {
        let jitter = (0.05 * normal(random)).exp();
        let requests = poisson(random, usual * jitter);
        // Errors come in clumps.
        let clumps = (0.3 * normal(random) - 0.045).exp();
        let failed = poisson(random, requests * service.errors * errors * clumps).min(requests);
        let some = (requests > 0.0).then_some(requests);
        self.requests.push(some);
        // AWS does not report zeros.
        self.errors.push((failed > 0.0).then_some(failed));
        self.error_rate.push(some.map(|all| 100.0 * failed / all));
        let percentile = percentile_99(random, requests, service.spread);
        self.latency
            .push(some.map(|_| service.latency * latency * percentile));
    }

    fn series(&self) -> [(&'static str, &Series); 4] {
        [
            ("Calls", &self.requests),
            ("Errors", &self.errors),
            ("Rate", &self.error_rate),
            ("Time", &self.latency),
        ]
    }
}
