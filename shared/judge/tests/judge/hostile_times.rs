//! One named rule, and one test, for each kind of hostile time stamp.

use sluice_judge::sequential::{
    Grid, GridError, Reading, ReportedCounts, Sample, Timed, pair_counts, pair_series,
};

use crate::world::counts;

fn timed(times: &[i64]) -> Vec<Timed<Sample>> {
    times
        .iter()
        .map(|time| Timed {
            time: *time,
            value: Sample {
                value: *time as f64,
                samples: None,
            },
        })
        .collect()
}

#[test]
fn times_out_of_order_are_put_in_order() {
    let grid = Grid::covering(&[0, 60, 120], &[0, 60, 120]).expect("a grid");
    let straight = pair_series(&timed(&[0, 60, 120]), &timed(&[0, 60, 120]), &grid);
    let shuffled = pair_series(&timed(&[120, 0, 60]), &timed(&[60, 120, 0]), &grid);
    assert_eq!(straight.readings, shuffled.readings);
    assert_eq!(
        (
            straight.baseline.out_of_order,
            shuffled.baseline.out_of_order
        ),
        (0, 1)
    );
}

#[test]
fn the_same_time_twice_counts_once_if_the_values_agree() {
    let grid = Grid::covering(&[0, 60, 60], &[0, 60]).expect("a grid");
    assert_eq!(grid.period_seconds, 60);
    let paired = pair_series(&timed(&[0, 60, 60]), &timed(&[0, 60]), &grid);
    assert_eq!(
        (paired.baseline.repeated, paired.baseline.contradicted),
        (1, 0)
    );
    assert!(matches!(
        paired.readings[1],
        Reading::Series {
            baseline: Some(_),
            canary: Some(_)
        }
    ));
}

#[test]
fn the_same_time_twice_with_other_values_is_no_data() {
    let mut baseline = timed(&[0, 60]);
    baseline.push(Timed {
        time: 60,
        value: Sample {
            value: 1.0,
            samples: None,
        },
    });
    let grid = Grid {
        start: 0,
        period_seconds: 60,
        periods: 2,
    };
    let paired = pair_series(&baseline, &timed(&[0, 60]), &grid);
    assert_eq!(paired.baseline.contradicted, 1);
    assert!(matches!(
        paired.readings[1],
        Reading::Series {
            baseline: None,
            canary: Some(_)
        }
    ));
}

#[test]
fn times_outside_the_grid_are_counted_and_left_out() {
    let grid = Grid {
        start: 0,
        period_seconds: 60,
        periods: 2,
    };
    let paired = pair_series(
        &timed(&[-1, 0, 60, 120, i64::MAX, i64::MIN]),
        &timed(&[0]),
        &grid,
    );
    assert_eq!(paired.baseline.outside, 4);
    assert_eq!(paired.readings.len(), 2);
}

#[test]
fn times_that_span_ages_are_refused() {
    assert_eq!(Grid::covering(&[], &[]), Err(GridError::Empty));
    assert!(matches!(
        Grid::covering(&[i64::MIN, i64::MAX], &[0, 60]),
        Err(GridError::TooLong { .. })
    ));
    assert_eq!(Grid::covering(&[7], &[]).map(|grid| grid.periods), Ok(1));
}

#[test]
fn missing_errors_with_present_requests_are_zero_and_missing_requests_are_no_data() {
    let reported = |count, total| {
        vec![Timed {
            time: 0,
            value: ReportedCounts { count, total },
        }]
    };
    let grid = Grid {
        start: 0,
        period_seconds: 60,
        periods: 1,
    };
    let paired = pair_counts(
        &reported(None, Some(10.0)),
        &reported(Some(3.0), None),
        &grid,
    );
    assert_eq!(
        paired.readings,
        [Reading::Count {
            baseline: counts(0.0, 10.0),
            canary: None
        }]
    );
}
