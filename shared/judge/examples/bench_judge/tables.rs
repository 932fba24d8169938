//! The rows of all tables, and the tables of delays and of what the defaults
//! give healthy canaries.

use sluice_judge::sequential::count::CountRules;
use sluice_judge::sequential::{Decision, Judge, Kind, MetricPlan, Period, Plan, Reading};

use crate::looks::{First, Kayenta, of_counts, of_series};
use crate::noise::{CountWorld, SeriesWorld, Shape};
use crate::random::Random;
use crate::share::{Share, delays};

/// How long the tables may take.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    pub(crate) quick: bool,
    pub(crate) threads: usize,
}

impl Effort {
    fn runs(&self, full: u64) -> u64 {
        if self.quick {
            (full / 40).max(10)
        } else {
            full
        }
    }

    /// Runs `run` for each index; the result does not depend on the threads.
    pub(crate) fn repeat<T: Send>(
        &self,
        row: u64,
        full: u64,
        run: impl Fn(&mut Random) -> T + Sync,
    ) -> Vec<T> {
        let runs = self.runs(full);
        let threads = self.threads.max(1) as u64;
        let work = |thread: u64| -> Vec<T> {
            (0..runs)
                .filter(|index| index % threads == thread)
                .map(|index| run(&mut Random::new(row, index)))
                .collect()
        };
        std::thread::scope(|scope| {
            let handles: Vec<_> = (0..threads)
                .map(|thread| scope.spawn(move || work(thread)))
                .collect();
            handles
                .into_iter()
                .flat_map(|handle| handle.join().expect("a run does not panic"))
                .collect()
        })
    }
}

pub(crate) const HOUR: usize = 60;
pub(crate) const SIX_HOURS: usize = 360;
/// The tolerance of the tables about errors and delays.
pub(crate) const TOLERANCE: f64 = 0.10;

/// Kayenta is asked less often where a look costs more.
pub(crate) fn kayenta_for(minutes: usize, allowed: f64) -> (Kayenta, usize) {
    let every = if minutes > HOUR { 15 } else { 1 };
    (Kayenta::new(every, allowed), every)
}

const AR_ADVICE: &str = "use longer periods (5 minutes), a wider tolerance, or a longer `min_bake`";
const SKEW_ADVICE: &str =
    "compare groups of equal size (then the log ratio is symmetric), or allow more";
pub(crate) const BURST_ADVICE: &str =
    "count incidents instead of their errors, use longer periods, or judge the rate as a `series`";

pub(crate) const SERIES_ROWS: [(&str, Shape, &str); 8] = [
    ("normal, AR 0", Shape::Normal(0.0), AR_ADVICE),
    ("normal, AR 0.3", Shape::Normal(0.3), AR_ADVICE),
    ("normal, AR 0.5", Shape::Normal(0.5), AR_ADVICE),
    ("normal, AR 0.7", Shape::Normal(0.7), AR_ADVICE),
    ("normal, AR 0.9", Shape::Normal(0.9), AR_ADVICE),
    ("t3", Shape::Student3, SKEW_ADVICE),
    ("skewed towards worse", Shape::SkewUp, SKEW_ADVICE),
    ("skewed towards better", Shape::SkewDown, SKEW_ADVICE),
];

/// Mean events a minute, and variance over mean.
pub(crate) const COUNT_ROWS: [(&str, f64, f64); 7] = [
    ("Poisson 0.5 a minute", 0.5, 1.0),
    ("Poisson 5 a minute", 5.0, 1.0),
    ("Poisson 50 a minute", 50.0, 1.0),
    ("Poisson 500 a minute", 500.0, 1.0),
    ("bursts, variance 2x, 20 a minute", 20.0, 2.0),
    ("bursts, variance 4x, 20 a minute", 20.0, 4.0),
    ("bursts, variance 8x, 20 a minute", 20.0, 8.0),
];

pub(crate) fn rules(tolerance: f64, minutes: usize) -> CountRules {
    let horizon = u32::try_from(minutes).unwrap_or(u32::MAX);
    CountRules {
        tolerance,
        floor: 0.0,
        horizon,
        guard: true,
        late_harm: true,
    }
}

pub(crate) fn count_world(events: f64, dispersion: f64, ratio: f64) -> CountWorld {
    CountWorld {
        events,
        requests: 10_000.0,
        dispersion,
        ratio,
    }
}

/// How long either method takes to find a change.
pub(crate) fn detection(effort: Effort) {
    println!("\n## Detection (tolerance 10 %), minutes: median / 90th percentile\n");
    for minutes in [HOUR, SIX_HOURS] {
        let full = if minutes == HOUR { 1000 } else { 300 };
        let (kayenta, every) = kayenta_for(minutes, 1.0);
        println!("Kayenta with its defaults, a look every {every} minutes.\n");
        println!(
            "| change, {minutes} minutes | found | delay | Kayenta found | Kayenta delay |\n|---|---|---|---|---|"
        );
        for (row, ratio) in [1.2, 1.5, 2.0, 5.0].into_iter().enumerate() {
            for (column, (name, shape, deviation)) in DETECTION_SERIES.iter().enumerate() {
                let world = SeriesWorld {
                    shape: *shape,
                    deviation: *deviation,
                    ratio,
                };
                let seed = 300 + 10 * row as u64 + column as u64;
                let found = effort.repeat(seed, full, |random| {
                    of_series(&world.draw(minutes, random), TOLERANCE, &kayenta)
                });
                print_delays(&format!("{ratio}x, {name}"), &found);
            }
            for (column, (name, events, dispersion)) in COUNT_ROWS[..4].iter().enumerate() {
                let world = count_world(*events, *dispersion, ratio);
                let seed = 400 + 10 * row as u64 + column as u64;
                let found = effort.repeat(seed, full, |random| {
                    of_counts(
                        &world.draw(minutes, random),
                        rules(TOLERANCE, minutes),
                        &kayenta,
                    )
                });
                print_delays(&format!("{ratio}x, {name}"), &found);
            }
        }
        println!();
    }
}

const DETECTION_SERIES: [(&str, Shape, f64); 4] = [
    ("normal sd 0.1, AR 0", Shape::Normal(0.0), 0.1),
    ("normal sd 0.1, AR 0.5", Shape::Normal(0.5), 0.1),
    ("normal sd 0.3, AR 0", Shape::Normal(0.0), 0.3),
    ("normal sd 0.3, AR 0.5", Shape::Normal(0.5), 0.3),
];

fn print_delays(name: &str, found: &[First]) {
    let harm = Share::count(found, |first| first.harm.is_some());
    let kayenta = Share::count(found, |first| first.kayenta.is_some());
    let pick =
        |which: fn(&First) -> Option<usize>| delays(&found.iter().map(which).collect::<Vec<_>>());
    println!(
        "| {name} | {harm} | {} | {kayenta} | {} |",
        pick(|first| first.harm),
        pick(|first| first.kayenta)
    );
}

/// How long it takes to prove that nothing changed. Kayenta has no such
/// statement.
pub(crate) fn safety(effort: Effort) {
    println!("\n## Early safe with no change, 6 hours, minutes: median / 90th percentile\n");
    println!("| world | tolerance | safe | delay | harm (wrong) |\n|---|---|---|---|---|");
    let never = Kayenta::new(usize::MAX, 1.0);
    for (column, tolerance) in [0.1, 0.25, 0.5, 1.0].into_iter().enumerate() {
        for (row, (name, shape, deviation)) in DETECTION_SERIES.iter().enumerate() {
            let world = SeriesWorld {
                shape: *shape,
                deviation: *deviation,
                ratio: 1.0,
            };
            let found = effort.repeat(500 + 10 * column as u64 + row as u64, 300, |random| {
                of_series(&world.draw(SIX_HOURS, random), tolerance, &never)
            });
            print_safety(name, tolerance, &found);
        }
        for (row, (name, events, dispersion)) in COUNT_ROWS[..4].iter().enumerate() {
            let world = count_world(*events, *dispersion, 1.0);
            let found = effort.repeat(600 + 10 * column as u64 + row as u64, 300, |random| {
                of_counts(
                    &world.draw(SIX_HOURS, random),
                    rules(tolerance, SIX_HOURS),
                    &never,
                )
            });
            print_safety(name, tolerance, &found);
        }
    }
}

fn print_safety(name: &str, tolerance: f64, found: &[First]) {
    let safe = Share::count(found, |first| first.safe.is_some());
    let harm = Share::count(found, |first| first.harm.is_some());
    let delay = delays(&found.iter().map(|first| first.safe).collect::<Vec<_>>());
    println!(
        "| {name} | {:.0} % | {safe} | {delay} | {harm} |",
        100.0 * tolerance
    );
}

/// What becomes of healthy canaries under the defaults of the plan.
pub(crate) fn defaults(effort: Effort) {
    println!(
        "\n## Healthy canaries under the defaults (counts: tolerance 100 %, floor 0.1 %; series: 25 %; 60 minutes)\n"
    );
    println!(
        "| world | safe | undecided | harm (wrong) | safe after, minutes |\n|---|---|---|---|---|"
    );
    let mut row = 700;
    for requests in [1_000.0, 10_000.0] {
        for events in [0.5, 5.0, 50.0] {
            row += 1;
            let world = CountWorld {
                events,
                requests,
                dispersion: 1.0,
                ratio: 1.0,
            };
            let name = format!("{events} errors in {requests} requests a minute");
            print_ends(
                &name,
                &effort.repeat(row, 2000, |random| judge_counts(world, random)),
            );
        }
    }
    for (name, shape, deviation) in DETECTION_SERIES {
        row += 1;
        let world = SeriesWorld {
            shape,
            deviation,
            ratio: 1.0,
        };
        print_ends(
            &format!("series, {name}"),
            &effort.repeat(row, 2000, |random| judge_series(world, random)),
        );
    }
}

type End = (Decision, Option<usize>);

fn print_ends(name: &str, ends: &[End]) {
    let share = |wanted: Decision| Share::count(ends, |(decision, _)| *decision == wanted);
    let safe: Vec<Option<usize>> = ends
        .iter()
        .map(|(decision, at)| at.filter(|_| *decision == Decision::Safe))
        .collect();
    println!(
        "| {name} | {} | {} | {} | {} |",
        share(Decision::Safe),
        share(Decision::Inconclusive),
        share(Decision::Harm),
        delays(&safe)
    );
}

fn judge_counts(world: CountWorld, random: &mut Random) -> End {
    let [baseline, canary] = world.draw(HOUR, random);
    let readings = baseline.into_iter().zip(canary);
    judge_readings(
        Kind::Count,
        readings.map(|(one, two)| Reading::Count {
            baseline: Some(one),
            canary: Some(two),
        }),
    )
}

fn judge_series(world: SeriesWorld, random: &mut Random) -> End {
    let [baseline, canary] = world.draw(HOUR, random);
    let sample = |value: f64| {
        Some(sluice_judge::sequential::Sample {
            value,
            samples: None,
        })
    };
    let readings = baseline.into_iter().zip(canary);
    judge_readings(
        Kind::Series,
        readings.map(|(one, two)| Reading::Series {
            baseline: sample(one),
            canary: sample(two),
        }),
    )
}

fn judge_readings(kind: Kind, readings: impl Iterator<Item = Reading>) -> End {
    let plan = Plan::for_metrics(vec![MetricPlan::new("metric", kind)]);
    let mut judge = Judge::new(&plan).expect("the defaults make sense");
    for (minute, reading) in readings.enumerate() {
        let decision = judge.fold(&Period {
            readings: vec![reading],
            traffic: None,
        });
        if decision != Decision::Continue {
            return (decision, Some(minute + 1));
        }
    }
    (judge.decision(), None)
}
