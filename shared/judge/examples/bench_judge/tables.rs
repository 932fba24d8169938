//! The tables: errors at the exact tolerance, delays, and what the defaults
//! give healthy canaries. The rows are fixed here.

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
    fn repeat<T: Send>(
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

const HOUR: usize = 60;
const SIX_HOURS: usize = 360;
/// The tolerance of the tables about errors and delays.
const TOLERANCE: f64 = 0.10;

/// Kayenta is asked less often where a look costs more.
fn kayenta_for(minutes: usize, allowed: f64) -> (Kayenta, usize) {
    let every = if minutes > HOUR { 15 } else { 1 };
    (Kayenta::new(every, allowed), every)
}

const AR_ADVICE: &str = "use longer periods (5 minutes), a wider tolerance, or a longer `min_bake`";
const SKEW_ADVICE: &str =
    "compare groups of equal size (then the log ratio is symmetric), or allow more";
const BURST_ADVICE: &str =
    "count incidents instead of their errors, use longer periods, or judge the rate as a `series`";

const SERIES_ROWS: [(&str, Shape, &str); 8] = [
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
const COUNT_ROWS: [(&str, f64, f64); 7] = [
    ("Poisson 0.5 a minute", 0.5, 1.0),
    ("Poisson 5 a minute", 5.0, 1.0),
    ("Poisson 50 a minute", 50.0, 1.0),
    ("Poisson 500 a minute", 500.0, 1.0),
    ("bursts, variance 2x, 20 a minute", 20.0, 2.0),
    ("bursts, variance 4x, 20 a minute", 20.0, 4.0),
    ("bursts, variance 8x, 20 a minute", 20.0, 8.0),
];

fn rules(tolerance: f64, minutes: usize) -> CountRules {
    let horizon = u32::try_from(minutes).unwrap_or(u32::MAX);
    CountRules {
        tolerance,
        floor: 0.0,
        horizon,
        guard: true,
        late_harm: true,
    }
}

/// One row's runs: at the boundary, and Kayenta where nothing changed.
struct ErrorRow {
    name: String,
    advice: &'static str,
    at_boundary: Vec<First>,
    unchanged: Vec<First>,
}

/// How often either method is wrong where the canary is exactly as much
/// worse as is allowed; then which rows are above what is promised.
pub(crate) fn errors(effort: Effort) {
    println!("\n## Errors at the exact tolerance (10 %), a look every minute\n");
    println!(
        "False harm and false safe at any look; at most 5 % is promised. Kayenta, `High` at any look:"
    );
    println!(
        "at the same boundary with `allowedIncrease` 1.1, and where nothing changed with its defaults;"
    );
    println!("from 5 values on, every minute in 60 minutes, every 15 minutes in 6 hours.\n");
    let mut limits = Vec::new();
    for (minutes, full) in [(HOUR, 4000), (SIX_HOURS, 1200)] {
        println!(
            "| noise, {minutes} minutes | false harm | false safe | Kayenta at the boundary | Kayenta, no change |"
        );
        println!("|---|---|---|---|---|");
        for row in error_rows(effort, minutes, full) {
            limits.extend(print_errors(&row, minutes));
        }
        println!();
    }
    println!("Documented limits, rows whose interval begins above 5 %:\n");
    limits.iter().for_each(|limit| println!("- {limit}"));
}

fn error_rows(effort: Effort, minutes: usize, full: u64) -> impl Iterator<Item = ErrorRow> {
    let (boundary, _) = kayenta_for(minutes, 1.0 + TOLERANCE);
    let (default, _) = kayenta_for(minutes, 1.0);
    let [boundary, default] = [boundary, default].map(std::sync::Arc::new);
    let (boundary_too, default_too) = (boundary.clone(), default.clone());
    let series = SERIES_ROWS
        .iter()
        .enumerate()
        .map(move |(row, (name, shape, advice))| {
            let run = |seed: u64, ratio: f64, kayenta: &Kayenta| {
                let world = SeriesWorld {
                    shape: *shape,
                    deviation: 0.1,
                    ratio,
                };
                effort.repeat(seed + row as u64, full, |random| {
                    of_series(&world.draw(minutes, random), TOLERANCE, kayenta)
                })
            };
            let (at_boundary, unchanged) = (
                run(100, 1.0 + TOLERANCE, &boundary),
                run(150, 1.0, &default),
            );
            ErrorRow {
                name: (*name).to_owned(),
                advice,
                at_boundary,
                unchanged,
            }
        });
    let counts = COUNT_ROWS
        .iter()
        .enumerate()
        .map(move |(row, (name, events, dispersion))| {
            let run = |seed: u64, ratio: f64, kayenta: &Kayenta| {
                let world = count_world(*events, *dispersion, ratio);
                effort.repeat(seed + row as u64, full, |random| {
                    of_counts(
                        &world.draw(minutes, random),
                        rules(TOLERANCE, minutes),
                        kayenta,
                    )
                })
            };
            let (at_boundary, unchanged) = (
                run(200, 1.0 + TOLERANCE, &boundary_too),
                run(250, 1.0, &default_too),
            );
            ErrorRow {
                name: (*name).to_owned(),
                advice: BURST_ADVICE,
                at_boundary,
                unchanged,
            }
        });
    series.chain(counts)
}

/// Prints a row; answers what has to be said about it as a limit.
fn print_errors(row: &ErrorRow, minutes: usize) -> Vec<String> {
    let harm = Share::count(&row.at_boundary, |first| first.harm.is_some());
    let safe = Share::count(&row.at_boundary, |first| first.safe.is_some());
    let boundary = Share::count(&row.at_boundary, |first| first.kayenta.is_some());
    let unchanged = Share::count(&row.unchanged, |first| first.kayenta.is_some());
    println!(
        "| {} | {harm} | {safe} | {boundary} | {unchanged} |",
        row.name
    );
    [("harm", harm), ("safe", safe)]
        .into_iter()
        .filter(|(_, share)| share.interval()[0] > 0.05)
        .map(|(word, share)| {
            format!(
                "{}, {minutes} minutes, false {word} {share}: {}",
                row.name, row.advice
            )
        })
        .collect()
}

fn count_world(events: f64, dispersion: f64, ratio: f64) -> CountWorld {
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
