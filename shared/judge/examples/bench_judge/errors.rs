//! The table of errors at the exact tolerance, both methods beside each
//! other, and the rows that are documented limits.

use std::sync::Arc;

use crate::looks::{First, Kayenta, of_counts, of_series};
use crate::noise::SeriesWorld;
use crate::share::Share;
use crate::tables::{
    BURST_ADVICE, COUNT_ROWS, Effort, HOUR, SERIES_ROWS, SIX_HOURS, TOLERANCE, count_world,
    kayenta_for, rules,
};

/// One row's runs: at the boundary, and Kayenta where nothing changed.
struct ErrorRow {
    name: String,
    advice: &'static str,
    at_boundary: Vec<First>,
    unchanged: Vec<First>,
}

/// How often either method is wrong where the canary is exactly as much
/// worse as is allowed; then which rows are above what is promised.
pub(crate) fn print(effort: Effort) {
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
    let [boundary, default] = [boundary, default].map(Arc::new);
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
