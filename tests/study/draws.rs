//! The few distributions that noise is made of.

use std::f64::consts::TAU;

use sluice_world::random::Random;

/// From `low` to `high`.
pub(super) fn between(random: &mut Random, low: f64, high: f64) -> f64 {
    low + (high - low) * random.fraction()
}

/// From `low` to `high`, each order of magnitude as often as the next.
pub(super) fn magnitude(random: &mut Random, low: f64, high: f64) -> f64 {
    between(random, low.ln(), high.ln()).exp()
}

/// Standard normal (Box and Muller).
pub(super) fn normal(random: &mut Random) -> f64 {
    let (one, two) = (1.0 - random.fraction(), random.fraction());
    (-2.0 * one.ln()).sqrt() * (TAU * two).cos()
}

/// Poisson: counted while the mean is small, rounded from a normal where the
/// difference is below a thousandth.
pub(super) fn poisson(random: &mut Random, mean: f64) -> f64 {
    if mean > 200.0 {
        return (mean + mean.sqrt() * normal(random)).round().max(0.0);
    }
    let limit = (-mean).exp();
    let (mut count, mut product) = (0.0, random.fraction());
    while product > limit {
        count += 1.0;
        product *= random.fraction();
    }
    count
}

/// Numbers that remember the last one (AR(1)), with this standard deviation.
pub(super) struct Wander {
    keeps: f64,
    deviation: f64,
    now: f64,
}

impl Wander {
    pub(super) fn new(random: &mut Random, keeps: f64, deviation: f64) -> Wander {
        Wander {
            keeps,
            deviation,
            now: deviation * normal(random),
        }
    }

    pub(super) fn next(&mut self, random: &mut Random) -> f64 {
        let fresh = self.deviation * (1.0 - self.keeps * self.keeps).sqrt();
        self.now = self.keeps * self.now + fresh * normal(random);
        self.now
    }
}

/// Bursts: now and then a few minutes in which everything is worse.
pub(super) struct Bursts {
    /// How often a minute begins one.
    chance: f64,
    minutes_max: f64,
    latency_max: f64,
    errors_max: f64,
    left: f64,
    now: (f64, f64),
}

impl Bursts {
    pub(super) fn new(chance: f64, minutes_max: f64, latency_max: f64, errors_max: f64) -> Bursts {
        Bursts {
            chance,
            minutes_max,
            latency_max,
            errors_max,
            left: 0.0,
            now: (1.0, 1.0),
        }
    }

    /// How many times worse latency and errors are in the next minute.
    pub(super) fn next(&mut self, random: &mut Random) -> (f64, f64) {
        let begins = random.fraction() < self.chance;
        if self.left <= 0.0 && begins {
            self.left = between(random, 1.0, self.minutes_max).round();
            let latency = between(random, 1.1, self.latency_max);
            self.now = (latency, between(random, 1.5, self.errors_max));
        }
        if self.left <= 0.0 {
            return (1.0, 1.0);
        }
        self.left -= 1.0;
        self.now
    }
}

/// The 99th percentile of so many latencies around a median of 1, lognormal
/// with this spread.
pub(super) fn percentile_99(random: &mut Random, requests: f64, spread: f64) -> f64 {
    /// The standard normal's 99th percentile, and its density there.
    const AT: f64 = 2.326_35;
    const DENSITY: f64 = 0.026_65;
    if requests > 300.0 {
        let deviation = spread * (0.99_f64 * 0.01 / requests).sqrt() / DENSITY;
        return (spread * AT + deviation * normal(random)).exp();
    }
    let mut all = Vec::new();
    let mut left = requests;
    while left >= 1.0 {
        all.push((spread * normal(random)).exp());
        left -= 1.0;
    }
    all.sort_by(f64::total_cmp);
    let rank = (all.len() * 99).div_ceil(100).max(1);
    all.get(rank - 1).copied().unwrap_or(1.0)
}
