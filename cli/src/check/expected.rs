//! What traffic somebody expects, and releases drawn from it.
//!
//! Drawn from seeds, so the same question has the same answer.

use clap::Args;
use fastrand::Rng;
use sluice_core::decimal::Percent;
use sluice_core::settings::{Canary, CanaryMetric, Worse};
use sluice_judge::sequential::{Counts, Period, Reading, Sample};

const A_MINUTE: f64 = 60.0;
/// Above this mean the number of events is as good as normal.
const POISSON_MAX: f64 = 50.0;

/// The flags that ask how long a canary will take to pass.
#[derive(Debug, Args)]
pub(super) struct ExpectedArguments {
    /// Requests a minute of both versions together: says how long each canary
    /// will take to pass
    #[arg(long, value_name = "REQUESTS", value_parser = clap::value_parser!(u64).range(1..))]
    requests_per_minute: Option<u64>,
    /// The new version's share of them. Default: `canary_share` in the plan,
    /// else 50%
    #[arg(long, value_name = "PERCENT", requires = "requests_per_minute", value_parser = percent)]
    canary_share: Option<f64>,
    /// The share of requests that a count metric counts, such as errors
    #[arg(long, value_name = "PERCENT", default_value = "0.1%", value_parser = percent)]
    error_rate: f64,
    /// How much a series such as a latency varies from period to period
    #[arg(long, value_name = "PERCENT", default_value = "10%", value_parser = percent)]
    noise: f64,
}

/// A share strictly between none and all.
fn percent(text: &str) -> Result<f64, String> {
    let share = Percent::read(text).map(|percent| percent.0.value() / 100.0);
    share
        .filter(|share| *share > 0.0 && *share < 1.0)
        .ok_or_else(|| "should be between 0% and 100%, such as `10%`".to_owned())
}

impl ExpectedArguments {
    /// What is expected, if it was said.
    pub(super) fn read(&self) -> Option<Expected> {
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let requests_per_minute = self.requests_per_minute? as f64;
        Some(Expected {
            requests_per_minute,
            canary_share: self.canary_share,
            error_rate: self.error_rate,
            noise: self.noise,
        })
    }
}

/// What somebody expects of a release that is no worse.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    /// Of both versions together.
    pub(super) requests_per_minute: f64,
    /// Of the new version, where it was said.
    pub(super) canary_share: Option<f64>,
    /// Of the requests.
    pub(super) error_rate: f64,
    /// Standard deviation of a series' logarithm from period to period.
    pub(super) noise: f64,
}

impl Expected {
    /// The new version's share: as said here, as said in the plan, or half.
    pub(super) fn share(&self, canary: &Canary) -> f64 {
        let planned = canary.traffic.as_ref();
        let planned = planned.map(|traffic| traffic.canary_share.0.value() / 100.0);
        self.canary_share.or(planned).unwrap_or(0.5)
    }

    /// One period of a release that is as good as the old version.
    pub(super) fn period(&self, canary: &Canary, rng: &mut Rng) -> Period {
        let minutes = f64::from(canary.period().as_seconds()) / A_MINUTE;
        let share = self.share(canary);
        let requests = [1.0 - share, share]
            .map(|share| poisson(self.requests_per_minute * minutes * share, rng));
        let reading = |metric: &CanaryMetric, rng: &mut Rng| match metric {
            CanaryMetric::Count(metric) => {
                let [baseline, canary] =
                    requests.map(|requests| self.counts(requests, metric.worse, rng));
                Reading::Count { baseline, canary }
            }
            CanaryMetric::Series(metric) => {
                let counted = metric.is_percentile();
                let [baseline, canary] =
                    requests.map(|requests| self.sample(requests, counted, rng));
                Reading::Series { baseline, canary }
            }
        };
        let metrics = canary.metrics.iter();
        Period {
            readings: metrics.map(|metric| reading(metric, rng)).collect(),
            traffic: Some(requests),
        }
    }

    /// No requests are no data.
    fn counts(&self, requests: f64, worse: Worse, rng: &mut Rng) -> Option<Counts> {
        let errors = poisson(requests * self.error_rate, rng).min(requests);
        let count = match worse {
            Worse::Higher => errors,
            Worse::Lower => requests - errors,
        };
        (requests > 0.0).then_some(Counts {
            count,
            total: requests,
        })
    }

    fn sample(&self, requests: f64, counted: bool, rng: &mut Rng) -> Option<Sample> {
        let value = (self.noise * normal(rng)).exp();
        (requests > 0.0).then_some(Sample {
            value,
            samples: counted.then_some(requests),
        })
    }
}

/// A number of independent events.
fn poisson(mean: f64, rng: &mut Rng) -> f64 {
    if mean > POISSON_MAX {
        return (mean + mean.sqrt() * normal(rng)).round().max(0.0);
    }
    let (limit, mut product, mut events) = ((-mean).exp(), rng.f64(), 0.0);
    while product > limit {
        product *= rng.f64();
        events += 1.0;
    }
    events
}

/// A standard normal number (Box and Muller).
fn normal(rng: &mut Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.f64()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.f64()).cos()
}
