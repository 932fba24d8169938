//! The rank statistic and its interval against slow, independent ways to
//! compute them, and the likelihood ratios against their definition.

use sluice_judge::kayenta::Samples;
use sluice_judge::sequential::Counts;
use sluice_judge::sequential::count::{CountRules, CountTest};

/// W(µ) from all pairs: `x − µ` above y counts 1, a tie one half. The
/// variance is that of the ranks themselves, computed from their values.
fn slow_statistic(x: &[f64], y: &[f64], shift: f64) -> f64 {
    let wins: f64 = x
        .iter()
        .flat_map(|x| y.iter().map(move |y| (x - shift) - y))
        .map(|difference| {
            if difference > 0.0 {
                1.0
            } else if difference == 0.0 {
                0.5
            } else {
                0.0
            }
        })
        .sum();
    let all: Vec<f64> = x
        .iter()
        .map(|x| x - shift)
        .chain(y.iter().copied())
        .collect();
    let rank = |value: f64| {
        let below = all.iter().filter(|other| **other < value).count() as f64;
        let equal = all.iter().filter(|other| **other == value).count() as f64;
        below + (equal + 1.0) / 2.0
    };
    let (m, n, total) = (x.len() as f64, y.len() as f64, all.len() as f64);
    let mean = (total + 1.0) / 2.0;
    let spread: f64 = all
        .iter()
        .map(|value| (rank(*value) - mean).powi(2))
        .sum::<f64>()
        / (total - 1.0);
    let sigma = (m * n / total * spread).sqrt();
    let excess = wins - m * n / 2.0;
    let half = if excess == 0.0 {
        0.0
    } else {
        0.5 * excess.signum()
    };
    (excess - half) / sigma
}

/// Where the slow statistic falls through `level`: by trying every distance
/// of two values, between which it is constant.
fn slow_crossing(x: &[f64], y: &[f64], level: f64) -> f64 {
    let mut steps: Vec<f64> = x
        .iter()
        .flat_map(|x| y.iter().map(move |y| x - y))
        .collect();
    steps.sort_by(f64::total_cmp);
    steps.dedup();
    let above = |shift: f64| slow_statistic(x, y, shift) > level;
    if !above(steps[0]) {
        return steps[0];
    }
    let mut last = steps[0];
    for pair in steps.windows(2) {
        let between = 0.5 * (pair[0] + pair[1]);
        if !above(between) {
            return pair[0];
        }
        last = pair[1];
    }
    last
}

/// Fixed samples with ties, from a multiplicative sequence.
fn samples(seed: u32, count: usize, decimals: f64, shift: f64) -> Vec<f64> {
    let mut state = seed;
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let value = f64::from(state >> 8) / f64::from(1 << 24) * 100.0 + shift;
            (value * decimals).round() / decimals
        })
        .collect()
}

#[test]
fn rank_statistic_agrees_with_counting_pairs() {
    for seed in 1..40 {
        // few decimals make many ties
        let decimals = if seed % 3 == 0 { 0.1 } else { 10.0 };
        let x = samples(seed, 3 + seed as usize % 17, decimals, 3.0);
        let y = samples(seed + 900, 2 + seed as usize % 11, decimals, 0.0);
        let fast = Samples::new(&x, &y).expect("finite");
        for shift in [-20.0, 0.0, 0.1, 7.5, 30.0] {
            let slow = slow_statistic(&x, &y, shift);
            let found = fast.statistic(shift).expect("not all tied");
            assert!(
                (found - slow).abs() < 1e-9,
                "seed {seed}, shift {shift}: {found} is not {slow}"
            );
        }
    }
}

#[test]
fn interval_ends_where_the_slow_statistic_crosses() {
    const QUANTILE: f64 = 2.326_347_874_040_840_7;
    for seed in 1..25 {
        let x = samples(seed, 12 + seed as usize % 9, 100.0, 20.0);
        let y = samples(seed + 500, 10 + seed as usize % 7, 100.0, 0.0);
        let shift = Samples::new(&x, &y)
            .and_then(|samples| samples.interval(0.98))
            .expect("an interval");
        for (found, level) in [(shift.lower, QUANTILE), (shift.upper, -QUANTILE)] {
            let slow = slow_crossing(&x, &y, level);
            assert!(
                (found - slow).abs() < 2e-4,
                "seed {seed}: {found} is not {slow}"
            );
        }
        assert!(shift.lower <= shift.estimate && shift.estimate <= shift.upper);
    }
}

#[test]
fn chance_above_is_the_share_of_pairs() {
    let (x, y) = (samples(3, 20, 0.1, 10.0), samples(4, 30, 0.1, 0.0));
    let pairs = x
        .iter()
        .flat_map(|x| y.iter().map(move |y| x.partial_cmp(y)));
    let score = |order: Option<std::cmp::Ordering>| match order {
        Some(std::cmp::Ordering::Greater) => 1.0,
        Some(std::cmp::Ordering::Equal) => 0.5,
        _ => 0.0,
    };
    let slow: f64 = pairs.map(score).sum::<f64>() / 600.0;
    let found = Samples::new(&x, &y).expect("finite").chance_above();
    assert!((found - slow).abs() < 1e-12);
}

#[test]
fn p_value_of_ten_against_ten_is_the_textbook_approximation() {
    // U = 18 of 100: z = (50 − 18 − 0.5)/sqrt(10 · 10 · 21 / 12)
    let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 12.0, 14.0, 18.0];
    let y = [7.0, 9.0, 10.0, 11.0, 13.0, 15.0, 16.0, 17.0, 19.0, 20.0];
    let wins = x
        .iter()
        .map(|x| y.iter().filter(|y| x > *y).count())
        .sum::<usize>();
    assert_eq!(wins, 1 + 4 + 5 + 8);
    let z = (50.0 - 18.0 - 0.5) / 175.0_f64.sqrt();
    let expected = 2.0 * sluice_judge::numbers::normal_cdf(-z);
    assert!((Samples::new(&x, &y).expect("finite").p_value() - expected).abs() < 1e-12);
}

#[test]
fn likelihood_ratio_of_one_period_is_that_of_the_split() {
    // Without guard, floor and late onset, one period is a mixture of
    // binomial likelihood ratios of the canary's share of the events.
    let rules = CountRules {
        tolerance: 0.2,
        floor: 0.0,
        horizon: 60,
        guard: false,
        late_harm: false,
    };
    let mut test = CountTest::new(rules);
    test.fold(
        Counts {
            count: 7.0,
            total: 900.0,
        },
        Counts {
            count: 11.0,
            total: 300.0,
        },
    );
    let share = |ratio: f64| ratio * 300.0 / (ratio * 300.0 + 900.0);
    let likelihood = |ratio: f64| share(ratio).powi(11) * (1.0 - share(ratio)).powi(7);
    let mixture = |multiples: &[f64]| {
        let sum: f64 = multiples
            .iter()
            .map(|multiple| likelihood(1.2 * multiple) / likelihood(1.2))
            .sum();
        (sum / multiples.len() as f64).ln()
    };
    assert!((test.log_e_harm() - mixture(&[1.15, 1.35, 1.8, 2.7, 6.0])).abs() < 1e-12);
    assert!((test.log_e_safe() - mixture(&[1.0 / 1.2, 0.6, 0.1])).abs() < 1e-12);
}

#[test]
fn expected_evidence_at_the_allowed_ratio_is_one() {
    // Sum over all outcomes of one Poisson period at exactly the tolerance,
    // with a floor: the e-value's mean is 1 for both bets.
    let rules = CountRules {
        tolerance: 0.5,
        floor: 0.001,
        horizon: 60,
        guard: false,
        late_harm: true,
    };
    let (baseline_mean, canary_mean) = (4.0, 0.5 * (1.5 * 4.0 + 0.001 * 1000.0));
    let chance = |mean: f64, count: u32| {
        (1..=count).fold((-mean).exp(), |chance, step| {
            chance * mean / f64::from(step)
        })
    };
    let mut means = [0.0, 0.0];
    for baseline in 0..60 {
        for canary in 0..60 {
            let mut test = CountTest::new(rules);
            test.fold(
                Counts {
                    count: f64::from(baseline),
                    total: 1000.0,
                },
                Counts {
                    count: f64::from(canary),
                    total: 500.0,
                },
            );
            let chance = chance(baseline_mean, baseline) * chance(canary_mean, canary);
            means[0] += chance * test.log_e_harm().exp();
            means[1] += chance * test.log_e_safe().exp();
        }
    }
    assert!(
        means.iter().all(|mean| (mean - 1.0).abs() < 1e-6),
        "{means:?}"
    );
}
