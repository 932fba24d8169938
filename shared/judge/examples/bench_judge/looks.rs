//! A run of each method with a look every minute: when, if ever, it first
//! said harm, and when it first said safe.

use sluice_judge::kayenta::{Classification, Direction, MetricRules, classify};
use sluice_judge::sequential::Counts;
use sluice_judge::sequential::count::CountRules;
use sluice_judge::sequential::large_count::AutoCountTest;
use sluice_judge::sequential::series::{SeriesRules, SeriesTest};

/// Evidence that both error rates of 5 % ask for.
const NEEDED: f64 = 2.995_732_273_553_991;

/// With fewer values Kayenta's interval means little; it is not held to them.
const KAYENTA_VALUES_MIN: usize = 5;

/// First minutes (from 1) of each statement in one run.
#[derive(Clone, Copy, Default)]
pub(crate) struct First {
    pub(crate) harm: Option<usize>,
    pub(crate) safe: Option<usize>,
    pub(crate) kayenta: Option<usize>,
}

impl First {
    fn note(&mut self, minute: usize, log_e_harm: f64, log_e_safe: f64) {
        if log_e_harm >= NEEDED {
            self.harm.get_or_insert(minute);
        }
        if log_e_safe >= NEEDED {
            self.safe.get_or_insert(minute);
        }
    }
}

/// The series test, and Kayenta beside it.
pub(crate) fn of_series(values: &[Vec<f64>; 2], tolerance: f64, kayenta: &Kayenta) -> First {
    let minutes = values[0].len();
    let mut test = SeriesTest::new(SeriesRules {
        tolerance,
        floor: 0.0,
        horizon: u32::try_from(minutes).unwrap_or(u32::MAX),
        higher_is_worse: true,
        autocorrelation: true,
        late_harm: true,
    });
    let mut first = First::default();
    for minute in 1..=minutes {
        test.fold(values[0][minute - 1], values[1][minute - 1]);
        first.note(minute, test.log_e_harm(), test.log_e_safe());
    }
    first.kayenta = kayenta.first_high(&values[0], &values[1]);
    first
}

/// The count test with its automatic switch, and Kayenta on the rates.
pub(crate) fn of_counts(values: &[Vec<Counts>; 2], rules: CountRules, kayenta: &Kayenta) -> First {
    let mut test = AutoCountTest::new(rules);
    let mut first = First::default();
    for (minute, (baseline, canary)) in values[0].iter().zip(&values[1]).enumerate() {
        test.fold(*baseline, *canary);
        first.note(minute + 1, test.log_e_harm(), test.log_e_safe());
    }
    let [baseline, canary] = [0, 1].map(|group: usize| {
        values[group]
            .iter()
            .map(|counts| counts.count)
            .collect::<Vec<f64>>()
    });
    first.kayenta = kayenta.first_high(&baseline, &canary);
    first
}

/// Kayenta's rule on all minutes so far.
pub(crate) struct Kayenta {
    rules: MetricRules,
    every: usize,
}

impl Kayenta {
    /// A look every `every` minutes, effects below `allowed` let through.
    pub(crate) fn new(every: usize, allowed: f64) -> Kayenta {
        let mut rules = MetricRules {
            direction: Direction::Increase,
            ..MetricRules::default()
        };
        rules.allowed.increase = allowed;
        Kayenta { rules, every }
    }

    fn first_high(&self, baseline: &[f64], canary: &[f64]) -> Option<usize> {
        (KAYENTA_VALUES_MIN..=baseline.len())
            .filter(|minute| minute % self.every == 0)
            .find(|&minute| {
                let outcome = classify(&self.rules, &canary[..minute], &baseline[..minute]);
                outcome.classification == Classification::High
            })
    }
}
