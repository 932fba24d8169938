//! Values of a finer source in the periods that were asked for: counts are
//! added up, values averaged. A missing value adds nothing; a period in which
//! all are missing is missing.

use std::collections::BTreeMap;

use sluice_judge::sequential::{Grid, ReportedCounts};

use super::values::{Reported, Row};

/// One row for each period of the grid that has any.
pub(super) fn folded(rows: &[Row], grid: &Grid) -> Vec<Row> {
    let mut periods: BTreeMap<i64, Vec<Reported>> = BTreeMap::new();
    let length = i64::from(grid.period_seconds.max(1));
    for row in rows {
        let since = row.time.saturating_sub(grid.start).div_euclid(length);
        let begin = grid.start.saturating_add(since.saturating_mul(length));
        periods.entry(begin).or_default().push(row.reported);
    }
    let one = |(time, parts): (i64, Vec<Reported>)| {
        together(&parts).map(|reported| Row { time, reported })
    };
    periods.into_iter().filter_map(one).collect()
}

fn together(parts: &[Reported]) -> Option<Reported> {
    let values: Vec<f64> = parts.iter().filter_map(value).collect();
    if !values.is_empty() {
        let count = values.len() as f64;
        let mean = values.iter().map(|value| value / count).sum();
        return Some(Reported::Value(Some(mean)));
    }
    let mut sum: Option<(f64, f64)> = None;
    for part in parts {
        if let Reported::Counts(ReportedCounts {
            count,
            total: Some(total),
        }) = part
        {
            let (events, requests) = sum.unwrap_or_default();
            sum = Some((events + count.unwrap_or(0.0), requests + total));
        }
    }
    sum.map(|(count, total)| {
        Reported::Counts(ReportedCounts {
            count: Some(count),
            total: Some(total),
        })
    })
}

fn value(part: &Reported) -> Option<f64> {
    match part {
        Reported::Value(value) => *value,
        Reported::Counts(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRID: Grid = Grid {
        start: 0,
        period_seconds: 300,
        periods: 2,
    };

    fn rows(reported: &[Reported]) -> Vec<Row> {
        let times = (0..).step_by(60);
        let row = |(time, reported): (i64, &Reported)| Row {
            time,
            reported: *reported,
        };
        times.zip(reported).map(row).collect()
    }

    #[test]
    fn values_of_a_period_are_averaged_and_missing_ones_left_out() {
        let values = [Some(1.0), None, Some(3.0), None, None, None, Some(7.0)];
        let found = folded(&rows(&values.map(Reported::Value)), &GRID);
        let found: Vec<_> = found.iter().map(|row| (row.time, row.value())).collect();
        assert_eq!(found, [(0, Some(2.0)), (300, Some(7.0))]);
    }

    #[test]
    fn counts_of_a_period_are_added_up_and_those_without_a_total_left_out() {
        let counts = |count, total| Reported::Counts(ReportedCounts { count, total });
        let parts = [
            counts(Some(1.0), Some(100.0)),
            counts(Some(50.0), None),
            counts(None, Some(100.0)),
        ];
        let found = folded(&rows(&parts), &GRID);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].value(), Some(0.005));
        assert!(folded(&rows(&parts[1..2]), &GRID).is_empty());
    }
}
