//! Speed: the rank test beside scipy's, and a whole judgement of a day.
//!
//! scipy is asked in the same run, through the Python in the variable
//! `PYTHON` (default `python3`); without it its column says so.

use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

use sluice_judge::kayenta::Samples;
use sluice_judge::sequential::{Counts, Judge, Kind, MetricPlan, Period, Plan, Reading, Sample};

use crate::random::Random;

const SCIPY: &str = r#"
import sys, time
import numpy
from scipy.stats import mannwhitneyu
n = int(sys.argv[1])
random = numpy.random.default_rng(7)
x, y = random.normal(size=n), random.normal(size=n) + 0.1
mannwhitneyu(x, y)
best = 1e9
for _ in range(5):
    begin = time.perf_counter()
    for _ in range(50):
        mannwhitneyu(x, y)
    best = min(best, (time.perf_counter() - begin) / 50)
print(best * 1e6)
"#;

/// Prints the speed tables.
pub(crate) fn print(quick: bool) {
    println!("\n## Speed (best of five)\n");
    println!(
        "| p-value of Mann-Whitney, two samples of | here, µs | scipy, µs | times faster |\n|---|---|---|---|"
    );
    for size in [60, 360] {
        let here = rank_microseconds(size, if quick { 200 } else { 5000 });
        match scipy_microseconds(size) {
            Some(scipy) => println!("| {size} | {here:.2} | {scipy:.1} | {:.0} |", scipy / here),
            None => println!("| {size} | {here:.2} | not installed | |"),
        }
    }
    let begin = Instant::now();
    let periods = day(50, 50, 1440);
    let drawn = begin.elapsed();
    let best = (0..5)
        .map(|_| judge_milliseconds(&periods))
        .fold(f64::INFINITY, f64::min);
    println!(
        "\n50 count and 50 series metrics, 1,440 periods, a decision after each: {best:.0} ms on one core"
    );
    println!(
        "(drawing the data took {} ms and is not counted)",
        drawn.as_millis()
    );
}

fn rank_microseconds(size: usize, repeats: u32) -> f64 {
    let mut random = Random::new(7, size as u64);
    let x: Vec<f64> = (0..size).map(|_| random.normal()).collect();
    let y: Vec<f64> = (0..size).map(|_| random.normal() + 0.1).collect();
    let round = || {
        let begin = Instant::now();
        for _ in 0..repeats {
            let samples = Samples::new(black_box(&x), black_box(&y));
            black_box(samples.map_or(1.0, |samples| samples.p_value()));
        }
        begin.elapsed().as_secs_f64() / f64::from(repeats) * 1e6
    };
    (0..5).map(|_| round()).fold(f64::INFINITY, f64::min)
}

fn scipy_microseconds(size: usize) -> Option<f64> {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".into());
    let output = Command::new(python)
        .args(["-c", SCIPY, &size.to_string()])
        .output()
        .ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

fn plan(counts: usize, series: usize, horizon: u32) -> Plan {
    let count = (0..counts).map(|index| MetricPlan::new(&format!("count {index}"), Kind::Count));
    let value = (0..series).map(|index| MetricPlan::new(&format!("series {index}"), Kind::Series));
    let mut plan = Plan::for_metrics(count.chain(value).collect());
    // never safe before the end, so that every period is judged
    (plan.horizon, plan.min_bake) = (horizon, horizon);
    plan
}

fn day(counts: usize, series: usize, minutes: usize) -> Vec<Period> {
    let mut random = Random::new(8, 1);
    let count = |random: &mut Random| {
        Some(Counts {
            count: random.poisson(5.0),
            total: 1000.0 + 50.0 * random.uniform(),
        })
    };
    let value = |random: &mut Random| {
        Some(Sample {
            value: 100.0 * (0.1 * random.normal()).exp(),
            samples: Some(500.0),
        })
    };
    (0..minutes)
        .map(|_| {
            let mut readings = Vec::with_capacity(counts + series);
            readings.extend((0..counts).map(|_| Reading::Count {
                baseline: count(&mut random),
                canary: count(&mut random),
            }));
            readings.extend((0..series).map(|_| Reading::Series {
                baseline: value(&mut random),
                canary: value(&mut random),
            }));
            Period {
                readings,
                traffic: None,
            }
        })
        .collect()
}

fn judge_milliseconds(periods: &[Period]) -> f64 {
    let horizon = u32::try_from(periods.len()).unwrap_or(u32::MAX);
    let begin = Instant::now();
    let mut judge = Judge::new(&plan(50, 50, horizon)).expect("the plan makes sense");
    for period in periods {
        black_box(judge.fold(period));
    }
    black_box(judge.report());
    assert_eq!(judge.periods(), horizon, "every period was judged");
    begin.elapsed().as_secs_f64() * 1e3
}
