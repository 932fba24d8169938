//! Real CloudWatch series: how often each method flags a window against the
//! window just before it, where nothing is known to have happened.
//!
//! This is a hard test for any of them: the two windows are not concurrent,
//! so a daily cycle or a trend is a change. Windows that touch a labelled
//! anomaly are left out where the labels are there.

use std::path::{Path, PathBuf};

use sluice_judge::kayenta::{Classification, Direction, MetricRules, classify};
use sluice_judge::sequential::{Decision, Judge, Kind, MetricPlan, Period, Plan, Reading, Sample};

use crate::share::Share;

/// A series, and for each point whether it lies in a labelled anomaly.
struct Series {
    values: Vec<f64>,
    labelled: Vec<bool>,
}

/// Prints the table, or why there is none.
pub(crate) fn print() {
    println!("\n## Consecutive windows of real series, share flagged as worse\n");
    let Some(root) = std::env::var_os("JUDGE_NAB").map(PathBuf::from) else {
        println!("Skipped: set JUDGE_NAB to the folder with `data` and `labels`.");
        return;
    };
    println!(
        "Ours with its default tolerance of 25 % at any look; Kayenta at the end of the window and at any look,"
    );
    println!("from 5 values on, direction `increase`.\n");
    println!(
        "| series | window | ours, harm | ours, safe | Kayenta at the end | Kayenta at any look |\n|---|---|---|---|---|---|"
    );
    for folder in ["realAWSCloudwatch", "realKnownCause"] {
        let series = read_folder(&root, folder);
        for window in [12, 60] {
            print_row(folder, window, &series);
        }
    }
}

fn print_row(folder: &str, window: usize, series: &[Series]) {
    let pairs: Vec<(&[f64], &[f64])> = series
        .iter()
        .flat_map(|series| {
            let starts = (0..series.values.len().saturating_sub(2 * window)).step_by(2 * window);
            starts.filter_map(move |start| {
                let clean = !series.labelled[start..start + 2 * window].contains(&true);
                let (one, two) = series.values[start..start + 2 * window].split_at(window);
                clean.then_some((one, two))
            })
        })
        .collect();
    let ends: Vec<Decision> = pairs.iter().map(|(one, two)| ours(one, two)).collect();
    let looks: Vec<[bool; 2]> = pairs.iter().map(|(one, two)| kayenta(one, two)).collect();
    println!(
        "| {folder} | {window} | {} | {} | {} | {} |",
        Share::count(&ends, |end| *end == Decision::Harm),
        Share::count(&ends, |end| *end == Decision::Safe),
        Share::count(&looks, |[end, _]| *end),
        Share::count(&looks, |[_, any]| *any)
    );
}

fn ours(baseline: &[f64], canary: &[f64]) -> Decision {
    let mut plan = Plan::for_metrics(vec![MetricPlan::new("series", Kind::Series)]);
    plan.horizon = u32::try_from(baseline.len()).unwrap_or(u32::MAX);
    let mut judge = Judge::new(&plan).expect("the defaults make sense");
    let sample = |value: &f64| {
        Some(Sample {
            value: *value,
            samples: None,
        })
    };
    for (one, two) in baseline.iter().zip(canary) {
        judge.fold(&Period {
            readings: vec![Reading::Series {
                baseline: sample(one),
                canary: sample(two),
            }],
            traffic: None,
        });
    }
    judge.decision()
}

/// Whether Kayenta says `High` at the end, and at any look.
fn kayenta(baseline: &[f64], canary: &[f64]) -> [bool; 2] {
    let rules = MetricRules {
        direction: Direction::Increase,
        ..MetricRules::default()
    };
    let high = |until: usize| {
        classify(&rules, &canary[..until], &baseline[..until]).classification
            == Classification::High
    };
    [high(baseline.len()), (5..=baseline.len()).any(high)]
}

fn read_folder(root: &Path, folder: &str) -> Vec<Series> {
    let labels = std::fs::read_to_string(root.join("labels").join("combined_windows.json"))
        .unwrap_or_default();
    let labels: serde_json::Value = serde_json::from_str(&labels).unwrap_or_default();
    let directory = root.join("data").join(folder);
    let mut names: Vec<PathBuf> = std::fs::read_dir(&directory)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    names.retain(|path| path.extension().is_some_and(|extension| extension == "csv"));
    names.sort();
    names
        .iter()
        .filter_map(|path| {
            let text = std::fs::read_to_string(path).ok()?;
            let key = format!("{folder}/{}", path.file_name()?.to_string_lossy());
            Some(read_series(&text, &labels[key]))
        })
        .collect()
}

/// Times are text of one format, so their order is that of their letters.
fn read_series(text: &str, windows: &serde_json::Value) -> Series {
    let mut series = Series {
        values: Vec::new(),
        labelled: Vec::new(),
    };
    for line in text.lines().skip(1) {
        let Some((time, value)) = line.split_once(',') else {
            continue;
        };
        let inside = windows.as_array().into_iter().flatten().any(|window| {
            let end = |index: usize| window[index].as_str().unwrap_or_default();
            end(0) <= time && time <= end(1)
        });
        series.values.push(value.trim().parse().unwrap_or(f64::NAN));
        series.labelled.push(inside);
    }
    series
}
