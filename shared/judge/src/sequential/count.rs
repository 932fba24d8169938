//! Errors of requests: is the canary's error rate more than the tolerance
//! above the baseline's? Exact for independent events, at any look.
//!
//! Given the events of a period, how many of them fall on the canary depends
//! only on the rate ratio and on the traffic of the two groups. So whatever
//! load, incidents and time of day do to both groups together cancels, and
//! likelihood ratios of that split multiply up to an e-process: a bet against
//! "never worse than the tolerance" whose expected value is at most 1. It
//! reaches 1/alpha with probability at most alpha, however often one looks
//! (Ville's inequality).
//!
//! Source: `statistics.md` 1.1; Lindon & Malek, "Anytime-valid inference for
//! multinomial count data" (NeurIPS 2022). Start at [`CountTest::fold`].

use serde::Serialize;

use super::dispersion::Guard;
use crate::numbers::{LN_2, ln_add, ln_sum};

/// Rate ratios that the harm bet is spread over, as multiples of the allowed
/// ratio.
const HARM_MULTIPLES: [f64; 5] = [1.15, 1.35, 1.8, 2.7, 6.0];
/// The same for the bet that the canary is within tolerance; the first is
/// the smaller of "no change at all" and 0.95 of the allowed ratio.
const SAFE_MULTIPLES: [f64; 2] = [0.6, 0.1];
/// Above this (2^53) a number of events is not exact, and no real one.
pub const COUNT_MAX: f64 = 9_007_199_254_740_992.0;
/// Below this a total is no traffic; ratios of it would overflow.
pub const TOTAL_MIN: f64 = 1e-6;

/// What one group reported in one closed period: `count` events in `total`
/// requests.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Counts {
    /// Events (errors), finite and at least 0.
    pub count: f64,
    /// Requests, finite and above 0.
    pub total: f64,
}

impl Counts {
    /// What a source that does not report zeros gave: a missing count with a
    /// present total is 0 events, a missing total is no data.
    pub fn reported(count: Option<f64>, total: Option<f64>) -> Option<Counts> {
        Some(Counts {
            count: count.unwrap_or(0.0),
            total: total?,
        })
    }

    /// Whether these numbers can be used: finite, not negative, some traffic,
    /// nothing beyond exact whole numbers.
    pub fn is_usable(&self) -> bool {
        (0.0..=COUNT_MAX).contains(&self.count) && (TOTAL_MIN..=COUNT_MAX).contains(&self.total)
    }
}

/// The null hypothesis and the shape of the bet.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CountRules {
    /// Allowed increase of the rate, a share: 0.1 allows a ratio of 1.1.
    pub tolerance: f64,
    /// Rate difference that is never harm, events per request.
    pub floor: f64,
    /// Periods over which harm that begins late is looked for.
    pub horizon: u32,
    /// Whether evidence is tempered for bursts; off gives the exact test.
    pub guard: bool,
    /// Whether harm that begins after the first period is bet on as well.
    pub late_harm: bool,
}

/// The running test of one count metric.
#[derive(Debug, Clone, Serialize)]
pub struct CountTest {
    rules: CountRules,
    periods: u32,
    events: [f64; 2],
    traffic: [f64; 2],
    harm: [f64; 5],
    safe: [f64; 3],
    guard: Guard,
}

impl CountTest {
    /// A test that has seen nothing.
    pub fn new(rules: CountRules) -> CountTest {
        CountTest {
            rules,
            periods: 0,
            events: [0.0; 2],
            traffic: [0.0; 2],
            harm: [f64::NEG_INFINITY; 5],
            safe: [0.0; 3],
            guard: Guard::new(),
        }
    }

    /// Folds one closed period. Answers whether it could be used.
    pub fn fold(&mut self, baseline: Counts, canary: Counts) -> bool {
        if !baseline.is_usable() || !canary.is_usable() {
            return false;
        }
        self.periods = self.periods.saturating_add(1);
        let step = Step::new(&self.rules, baseline, canary, &self.guard);
        let ln_onset = onset_weight(self.periods, &self.rules).ln();
        for (evidence, multiple) in self.harm.iter_mut().zip(HARM_MULTIPLES) {
            *evidence = ln_add(*evidence, ln_onset) + step.log_ratio(multiple);
        }
        for (evidence, multiple) in self.safe.iter_mut().zip(safe_multiples(step.allowed)) {
            *evidence += step.log_ratio(multiple);
        }
        self.guard
            .fold(canary.count, baseline.count, canary.total, baseline.total);
        self.events[0] += baseline.count;
        self.events[1] += canary.count;
        self.traffic[0] += baseline.total;
        self.traffic[1] += canary.total;
        true
    }

    /// Log e-value against "never worse than the tolerance".
    pub fn log_e_harm(&self) -> f64 {
        let begun = ln_sum(&self.harm) - (HARM_MULTIPLES.len() as f64).ln();
        ln_add(begun, weight_to_come(self.periods, &self.rules).ln())
    }

    /// Log e-value against "worse than the tolerance".
    pub fn log_e_safe(&self) -> f64 {
        ln_sum(&self.safe) - (self.safe.len() as f64).ln()
    }

    /// Periods that could be used.
    pub fn periods(&self) -> u32 {
        self.periods
    }

    /// Mean events per used period, both groups together.
    pub fn events_per_period(&self) -> f64 {
        if self.periods == 0 {
            0.0
        } else {
            self.total_events() / f64::from(self.periods)
        }
    }

    /// Events of both groups together.
    pub fn total_events(&self) -> f64 {
        self.events[0] + self.events[1]
    }

    /// Events so far: baseline, canary.
    pub fn events(&self) -> [f64; 2] {
        self.events
    }

    /// Requests so far: baseline, canary.
    pub fn traffic(&self) -> [f64; 2] {
        self.traffic
    }

    /// Variance in units of the Poisson variance, an upper estimate, at
    /// least 1; exactly 1 without the guard.
    pub fn dispersion(&self) -> f64 {
        if self.rules.guard {
            self.guard.dispersion()
        } else {
            1.0
        }
    }

    /// Log e-value against harm that a canary with `events` events would have
    /// by now, from the totals alone: what the search for the smallest
    /// detectable change asks. Harm from the start, present dispersion.
    pub(crate) fn log_e_harm_if(&self, canary_events: f64) -> f64 {
        let baseline = Counts {
            count: self.events[0],
            total: self.traffic[0],
        };
        let canary = Counts {
            count: canary_events,
            total: self.traffic[1],
        };
        let events_per_period = (baseline.count + canary_events) / f64::from(self.periods.max(1));
        let mut step = Step::untempered(&self.rules, baseline, canary);
        if self.rules.guard {
            step.divisor = self.guard.divisor(events_per_period, step.null_share);
        }
        let evidence = HARM_MULTIPLES.map(|multiple| step.log_ratio(multiple));
        let ln_start = if self.rules.late_harm { -LN_2 } else { 0.0 };
        ln_sum(&evidence) - (HARM_MULTIPLES.len() as f64).ln() + ln_start
    }
}

/// One period's likelihood ratios.
struct Step {
    baseline: f64,
    canary: f64,
    canary_total: f64,
    traffic_ratio: f64,
    allowed: f64,
    floor: f64,
    null_share: f64,
    divisor: f64,
}

impl Step {
    fn new(rules: &CountRules, baseline: Counts, canary: Counts, guard: &Guard) -> Step {
        let mut step = Step::untempered(rules, baseline, canary);
        if rules.guard {
            step.divisor = guard.divisor(baseline.count + canary.count, step.null_share);
        }
        step
    }

    fn untempered(rules: &CountRules, baseline: Counts, canary: Counts) -> Step {
        let allowed = 1.0 + rules.tolerance;
        let traffic_ratio = canary.total / baseline.total;
        let null_odds = allowed * traffic_ratio;
        Step {
            baseline: baseline.count,
            canary: canary.count,
            canary_total: canary.total,
            traffic_ratio,
            allowed,
            floor: rules.floor,
            null_share: null_odds / (null_odds + 1.0),
            divisor: 1.0,
        }
    }

    /// `(a x_c + b x_b - n_c ε (e^a - 1)) / φ` for the alternative ratio
    /// `κ = multiple κ0`, with `b = ln((κ0 r + 1)/(κ r + 1))` and
    /// `a = ln(κ/κ0) + b`. At the allowed rate its exponential has mean 1.
    fn log_ratio(&self, multiple: f64) -> f64 {
        let null_odds = self.allowed * self.traffic_ratio;
        let quotient = (null_odds + 1.0) / (multiple * null_odds + 1.0);
        let (b, e_to_a) = (quotient.ln(), multiple * quotient);
        let a = multiple.ln() + b;
        let floor = self.canary_total * self.floor * (e_to_a - 1.0);
        (a * self.canary + b * self.baseline - floor) / self.divisor
    }
}

fn safe_multiples(allowed: f64) -> [f64; 3] {
    [
        (1.0 / allowed).min(0.95),
        SAFE_MULTIPLES[0],
        SAFE_MULTIPLES[1],
    ]
}

/// Prior weight of "harm begins in used period n": half on the first, the
/// other half spread evenly over the rest of the horizon.
fn onset_weight(period: u32, rules: &CountRules) -> f64 {
    match (rules.late_harm, period) {
        (false, 1) => 1.0,
        (true, 1) => 0.5,
        (true, n) if n <= rules.horizon => 0.5 / (f64::from(rules.horizon) - 1.0),
        _ => 0.0,
    }
}

/// `1 - Σ weights` of the onsets up to `periods`, which nothing was bet on
/// so far.
fn weight_to_come(periods: u32, rules: &CountRules) -> f64 {
    match (rules.late_harm, periods) {
        (_, 0) => 1.0,
        (false, _) => 0.0,
        (true, _) if rules.horizon <= 1 => 0.5,
        (true, n) => {
            0.5 * f64::from(rules.horizon.saturating_sub(n)) / (f64::from(rules.horizon) - 1.0)
        }
    }
}
