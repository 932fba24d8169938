//! Whether the traffic reached the two groups in the configured shares. If
//! not, something routes by health, cache or client, and the comparison means
//! nothing.
//!
//! Source: `statistics.md` 1.3; Lindon & Malek's test for sample ratio
//! mismatch (NeurIPS 2022), against a band around the share instead of a
//! point. Exact for independent routing with the guard off and no band.

use serde::{Deserialize, Serialize};

use super::count::{COUNT_MAX, TOTAL_MIN};
use super::dispersion::Surprise;
use crate::numbers::{ln_beta, times_ln};

/// What split is expected.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitRules {
    /// The canary's share of all requests, between 0 and 1.
    pub share: f64,
    /// Deviation of the share that is no fault, relative: 0.05 allows 5 %.
    #[serde(default = "default_band")]
    pub band: f64,
    /// Weight of the prior around the share, in requests.
    #[serde(default = "default_concentration")]
    pub concentration: f64,
    /// Whether evidence is tempered when requests come in batches.
    #[serde(default = "default_guard")]
    pub guard: bool,
}

fn default_band() -> f64 {
    0.05
}

fn default_concentration() -> f64 {
    100.0
}

fn default_guard() -> bool {
    true
}

impl SplitRules {
    /// The defaults for a share: 5 % band, prior of 100 requests, guarded.
    pub fn for_share(share: f64) -> SplitRules {
        SplitRules {
            share,
            band: default_band(),
            concentration: default_concentration(),
            guard: default_guard(),
        }
    }
}

/// The running test of the traffic split.
#[derive(Debug, Clone, Serialize)]
pub struct SplitTest {
    rules: SplitRules,
    canary: f64,
    all: f64,
    surprise: Surprise,
}

impl SplitTest {
    /// A test that has seen no traffic.
    pub fn new(rules: SplitRules) -> SplitTest {
        SplitTest {
            rules,
            canary: 0.0,
            all: 0.0,
            surprise: Surprise::new(),
        }
    }

    /// Folds the requests of one period. Answers whether they could be used;
    /// a period without any request changes nothing.
    pub fn fold(&mut self, baseline: f64, canary: f64) -> bool {
        let plausible = |value: f64| (0.0..=COUNT_MAX).contains(&value);
        if !plausible(baseline) || !plausible(canary) || baseline + canary < TOTAL_MIN {
            return false;
        }
        let requests = baseline + canary;
        if self.all > 0.0 && requests >= 1.0 {
            let weight = self.rules.concentration + self.all;
            let share = (self.rules.concentration * self.rules.share + self.canary) / weight;
            let variance = requests * share * (1.0 - share) * (1.0 + requests / weight);
            self.surprise
                .add((canary - requests * share).powi(2) / variance);
        }
        self.canary += canary;
        self.all += requests;
        true
    }

    /// Log e-value against "the share is inside the band".
    pub fn log_e(&self) -> f64 {
        if self.all <= 0.0 {
            return 0.0;
        }
        let SplitRules {
            share,
            band,
            concentration,
            ..
        } = self.rules;
        let observed = self.canary / self.all;
        let lowest = (share * (1.0 - band)).max(0.0);
        let highest = (share * (1.0 + band)).min(1.0);
        let nearest = observed.clamp(lowest, highest);
        let (a, b) = (concentration * share, concentration * (1.0 - share));
        let canary = self.canary / self.dispersion();
        let baseline = (self.all - self.canary) / self.dispersion();
        ln_beta(a + canary, b + baseline)
            - ln_beta(a, b)
            - times_ln(canary, nearest)
            - times_ln(baseline, 1.0 - nearest)
    }

    /// Variance in units of that of independent routing, at least 1.
    pub fn dispersion(&self) -> f64 {
        if self.rules.guard {
            self.surprise.dispersion()
        } else {
            1.0
        }
    }

    /// The canary's observed share; `None` without traffic.
    pub fn observed_share(&self) -> Option<f64> {
        (self.all > 0.0).then(|| self.canary / self.all)
    }

    /// The configured split.
    pub fn rules(&self) -> &SplitRules {
        &self.rules
    }
}
