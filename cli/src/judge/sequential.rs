//! The sequential judge on two files: both on one grid of periods, judged from
//! the first to the first decision.

use sluice_core::duration::Duration;
use sluice_judge::Verdict;
use sluice_judge::sequential::{
    Comparison, Grid, Judgement, Kind, Paired, Period, Plan, Reading, ReportedCounts, Sample,
    Timed, judge, pair_counts, pair_series,
};

use sluice_report::FilesCompared;

use super::Report;
use super::explain::why;
use super::fold::folded;
use super::number::count;
use super::report::Compared;
use super::trouble::Trouble;
use super::values::{Pair, Reported, Row};

/// Judges both files under a plan of one metric.
pub(super) fn judged(
    plan: &Plan,
    pair: &Pair,
    period: Option<Duration>,
    align_start: bool,
) -> Result<Report, Trouble> {
    let mut canary = pair.canary.clone();
    if align_start {
        let shift = first(&canary).saturating_sub(first(&pair.baseline));
        for row in &mut canary {
            row.time = row.time.saturating_sub(shift);
        }
    }
    let grid = grid(&pair.baseline, &canary, period)?;
    let mut baseline = pair.baseline.clone();
    if period.is_some() {
        (baseline, canary) = (folded(&baseline, &grid), folded(&canary, &grid));
    }
    let paired = match pair.kind {
        Kind::Count => pair_counts(&counts(&baseline), &counts(&canary), &grid),
        Kind::Series => pair_series(&samples(&baseline), &samples(&canary), &grid),
    };
    let periods: Vec<Period> = paired.readings.iter().map(one_period).collect();
    let judgement = judge(plan, &periods).map_err(|error| Trouble::usage(error.to_string()))?;
    let comparison = Comparison {
        plan: plan.clone(),
        start: grid.start,
        period_seconds: grid.period_seconds,
        periods,
    };
    let Some(metric) = judgement.metrics.first() else {
        return Err(Trouble::usage("the plan has no metric"));
    };
    let verdict = judgement.verdict.unwrap_or(Verdict::Inconclusive);
    let result = Compared {
        plan,
        grid: &grid,
        paired: &paired,
        judgement: &judgement,
        metric,
        verdict,
        why: why(plan, &judgement, metric),
        notes: notes(&paired, &judgement, align_start),
    };
    let document = result.document();
    Ok(Report {
        verdict,
        text: result.text(),
        compared: Some(FilesCompared {
            verdict,
            why: result.why,
            notes: result.notes,
            comparison,
            document: document.clone(),
        }),
        document,
    })
}

fn first(rows: &[Row]) -> i64 {
    rows.first().map_or(0, |row| row.time)
}

/// One grid for both, unless no period could have values of both.
fn grid(baseline: &[Row], canary: &[Row], period: Option<Duration>) -> Result<Grid, Trouble> {
    let times = |rows: &[Row]| rows.iter().map(|row| row.time).collect::<Vec<i64>>();
    let (baseline, canary) = (times(baseline), times(canary));
    let ends = |times: &[i64]| times.first().copied().zip(times.last().copied());
    if let (Some((from, to)), Some((other_from, other_to))) = (ends(&baseline), ends(&canary))
        && (from > other_to || other_from > to)
    {
        return Err(Trouble::input(
            "the files have no time in common, so no period can be compared",
        )
        .hint("`--align-start` lets both begin together, if that is what is meant"));
    }
    let given = period.map(Duration::as_seconds);
    if given == Some(0) {
        return Err(Trouble::usage("`--period` should be at least 1s"));
    }
    let unusable = |message: String| {
        Trouble::input(message).hint("cut both files to the bake, or give a longer `--period`")
    };
    let grid = match given {
        None => Grid::covering(&baseline, &canary),
        Some(seconds) => Grid::covering_with_period(&baseline, &canary, seconds),
    };
    grid.map_err(|error| unusable(error.to_string()))
}

fn counts(rows: &[Row]) -> Vec<Timed<ReportedCounts>> {
    let timed = |row: &Row| match row.reported {
        Reported::Counts(value) => Some(Timed {
            time: row.time,
            value,
        }),
        Reported::Value(_) => None,
    };
    rows.iter().filter_map(timed).collect()
}

fn samples(rows: &[Row]) -> Vec<Timed<Sample>> {
    let timed = |row: &Row| match row.reported {
        Reported::Value(Some(value)) => Some(Timed {
            time: row.time,
            value: Sample {
                value,
                samples: None,
            },
        }),
        _ => None,
    };
    rows.iter().filter_map(timed).collect()
}

fn one_period(reading: &Reading) -> Period {
    let traffic = match reading {
        Reading::Count {
            baseline: Some(baseline),
            canary: Some(canary),
        } => Some([baseline.total, canary.total]),
        _ => None,
    };
    Period {
        readings: vec![*reading],
        traffic,
    }
}

/// What a reader should know beyond the numbers.
fn notes(paired: &Paired, judgement: &Judgement, align_start: bool) -> Vec<String> {
    let mut notes = judgement.warnings.clone();
    if align_start {
        notes.push(
            "the canary's times were moved: this assumes that nothing else changed in between"
                .into(),
        );
    }
    for (name, misplaced) in [("baseline", paired.baseline), ("canary", paired.canary)] {
        if misplaced.contradicted > 0 {
            notes.push(format!(
                "{name}: {} with several values in one, which count as missing; `--period` folds them",
                count(misplaced.contradicted, "period")
            ));
        }
    }
    let missing = judgement
        .metrics
        .iter()
        .map(|metric| metric.missing)
        .sum::<u32>();
    if missing > 0 {
        notes.push(format!(
            "{} without a value on one side",
            count(missing, "period")
        ));
    }
    let beyond = paired
        .readings
        .len()
        .saturating_sub(judgement.periods as usize);
    if beyond > 0 {
        let beyond = u64::try_from(beyond).unwrap_or(u64::MAX);
        notes.push(format!(
            "{} after the decision were not looked at",
            count(beyond, "period")
        ));
    }
    notes
}
