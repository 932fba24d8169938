//! The worlds of the tables: what baseline and canary report each minute.

use sluice_judge::sequential::Counts;

use crate::random::Random;

/// Noise of a series' log ratio, standard deviation 1 before scaling.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    /// Normal in both groups, with this lag-1 correlation.
    Normal(f64),
    /// Student's t with 3 degrees of freedom, in the canary.
    Student3,
    /// Exponential with its long tail towards worse, in the canary.
    SkewUp,
    /// Exponential with its long tail towards better, in the canary.
    SkewDown,
}

/// A series world: values around 100, the canary `ratio` times higher.
#[derive(Clone, Copy)]
pub(crate) struct SeriesWorld {
    pub(crate) shape: Shape,
    /// Standard deviation of the log ratio of one minute.
    pub(crate) deviation: f64,
    pub(crate) ratio: f64,
}

/// A count world: events a minute in 10,000 requests of each group.
#[derive(Clone, Copy)]
pub(crate) struct CountWorld {
    /// Mean events a minute in the baseline.
    pub(crate) events: f64,
    pub(crate) requests: f64,
    /// Variance over mean; 1 is Poisson, then with common shocks.
    pub(crate) dispersion: f64,
    pub(crate) ratio: f64,
}

impl SeriesWorld {
    /// `minutes` pairs of baseline and canary.
    pub(crate) fn draw(&self, minutes: usize, random: &mut Random) -> [Vec<f64>; 2] {
        let mut groups = [Vec::with_capacity(minutes), Vec::with_capacity(minutes)];
        // start in equilibrium
        let mut state = [random.normal(), random.normal()];
        for _ in 0..minutes {
            let noise = self.noise(&mut state, random);
            let level = [0.0, self.ratio.ln()];
            for (group, (level, noise)) in groups.iter_mut().zip(level.into_iter().zip(noise)) {
                group.push(100.0 * (level + self.deviation * noise).exp());
            }
        }
        groups
    }

    fn noise(&self, state: &mut [f64; 2], random: &mut Random) -> [f64; 2] {
        match self.shape {
            Shape::Normal(correlation) => {
                let fresh = (1.0 - correlation * correlation).sqrt();
                for value in state.iter_mut() {
                    *value = correlation * *value + fresh * random.normal();
                }
                state.map(|value| value * std::f64::consts::FRAC_1_SQRT_2)
            }
            Shape::Student3 => [0.0, random.student_3()],
            Shape::SkewUp => [0.0, random.exponential() - 1.0],
            Shape::SkewDown => [0.0, 1.0 - random.exponential()],
        }
    }
}

impl CountWorld {
    /// `minutes` periods of baseline and canary.
    pub(crate) fn draw(&self, minutes: usize, random: &mut Random) -> [Vec<Counts>; 2] {
        let mut groups = [Vec::with_capacity(minutes), Vec::with_capacity(minutes)];
        for _ in 0..minutes {
            // Poisson worlds are shaken together: gamma, 45 % of the mean.
            let shape = 1.0 / 0.45_f64.powi(2);
            let shock = if self.dispersion > 1.0 {
                1.0
            } else {
                random.gamma(shape) / shape
            };
            for (group, ratio) in groups.iter_mut().zip([1.0, self.ratio]) {
                let mean = self.events * ratio * shock;
                let count = if self.dispersion > 1.0 {
                    random.bursts(mean, self.dispersion)
                } else {
                    random.poisson(mean)
                };
                group.push(Counts {
                    count,
                    total: self.requests,
                });
            }
        }
        groups
    }
}
