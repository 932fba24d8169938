//! From two lists of timed values to periods: which values belong together.
//!
//! The result does not depend on the order of the values. A time that comes
//! twice with the same value counts once; with different values the period
//! is no data for that group, because nobody can say which of them is right.
//! Values outside the grid are counted and left out.

use serde::Serialize;
use thiserror::Error;

use super::count::Counts;
use super::metric::{Reading, Sample};

/// More periods than this are no bake but a mistake.
pub const PERIODS_MAX: u32 = 100_000;
/// Assumed where no two different times are known, in seconds.
const PERIOD_DEFAULT: u32 = 60;

/// Something reported for the period that begins at a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timed<T> {
    /// Seconds since 1970.
    pub time: i64,
    /// What was reported.
    pub value: T,
}

/// Events and requests as a source reports them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReportedCounts {
    /// Events; absent counts as 0 where the total is there.
    pub count: Option<f64>,
    /// Requests; absent is no data.
    pub total: Option<f64>,
}

/// Equal periods from a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Grid {
    /// Begin of the first period, seconds since 1970.
    pub start: i64,
    /// Length of a period in seconds.
    pub period_seconds: u32,
    /// Number of periods.
    pub periods: u32,
}

/// Why no grid fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum GridError {
    /// No value at all.
    #[error("there are no values")]
    Empty,
    /// More than [`PERIODS_MAX`].
    #[error("the times span {periods} periods of {period_seconds} s, more than {PERIODS_MAX}")]
    TooLong {
        /// How many there would be.
        periods: i128,
        /// Length of a period in seconds.
        period_seconds: u32,
    },
}

/// What could not be placed, for one group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Misplaced {
    /// Values before the first or after the last period.
    pub outside: u32,
    /// Values given again for a period, the same.
    pub repeated: u32,
    /// Periods with different values.
    pub contradicted: u32,
    /// Values that came after one of a later time.
    pub out_of_order: u32,
}

/// Readings of one metric, period by period.
#[derive(Debug, Clone, PartialEq)]
pub struct Paired {
    /// One reading for each period of the grid.
    pub readings: Vec<Reading>,
    /// What of the baseline could not be placed.
    pub baseline: Misplaced,
    /// What of the canary could not be placed.
    pub canary: Misplaced,
}

impl Grid {
    /// The grid that covers both groups: periods as long as the commonest
    /// distance of neighbouring times, the longer one if the groups differ.
    pub fn covering(baseline: &[i64], canary: &[i64]) -> Result<Grid, GridError> {
        let distances = [baseline, canary]
            .into_iter()
            .filter_map(commonest_distance);
        let period_seconds = distances.max().unwrap_or(PERIOD_DEFAULT);
        Grid::covering_with_period(baseline, canary, period_seconds)
    }

    /// The grid that covers both groups with periods of a given length, at
    /// least a second.
    pub fn covering_with_period(
        baseline: &[i64],
        canary: &[i64],
        period_seconds: u32,
    ) -> Result<Grid, GridError> {
        let all = || baseline.iter().chain(canary).copied();
        let (Some(first), Some(last)) = (all().min(), all().max()) else {
            return Err(GridError::Empty);
        };
        let period_seconds = period_seconds.max(1);
        let periods = (i128::from(last) - i128::from(first)) / i128::from(period_seconds) + 1;
        match u32::try_from(periods) {
            Ok(periods) if periods <= PERIODS_MAX => Ok(Grid {
                start: first,
                period_seconds,
                periods,
            }),
            _ => Err(GridError::TooLong {
                periods,
                period_seconds,
            }),
        }
    }

    fn index(&self, time: i64) -> Option<usize> {
        let distance = i128::from(time) - i128::from(self.start);
        let index = distance.div_euclid(i128::from(self.period_seconds.max(1)));
        usize::try_from(index)
            .ok()
            .filter(|index| *index < self.length())
    }

    fn length(&self) -> usize {
        self.periods.min(PERIODS_MAX) as usize
    }
}

/// Pairs the counts of two groups.
pub fn pair_counts(
    baseline: &[Timed<ReportedCounts>],
    canary: &[Timed<ReportedCounts>],
    grid: &Grid,
) -> Paired {
    let ((left, baseline), (right, canary)) = (place(baseline, grid), place(canary, grid));
    let counts = |reported: Option<ReportedCounts>| {
        reported.and_then(|reported| Counts::reported(reported.count, reported.total))
    };
    let pair = |(one, two)| Reading::Count {
        baseline: counts(one),
        canary: counts(two),
    };
    Paired {
        readings: left.into_iter().zip(right).map(pair).collect(),
        baseline,
        canary,
    }
}

/// Pairs the values of two groups.
pub fn pair_series(baseline: &[Timed<Sample>], canary: &[Timed<Sample>], grid: &Grid) -> Paired {
    let ((left, baseline), (right, canary)) = (place(baseline, grid), place(canary, grid));
    let pair = |(baseline, canary)| Reading::Series { baseline, canary };
    Paired {
        readings: left.into_iter().zip(right).map(pair).collect(),
        baseline,
        canary,
    }
}

/// Each period's value, if there is exactly one.
fn place<T: Copy + PartialEq>(values: &[Timed<T>], grid: &Grid) -> (Vec<Option<T>>, Misplaced) {
    let mut misplaced = Misplaced::default();
    let mut slots: Vec<Option<T>> = vec![None; grid.length()];
    let mut contradicted = vec![false; grid.length()];
    for (position, timed) in values.iter().enumerate() {
        let earlier = position
            .checked_sub(1)
            .and_then(|before| values.get(before));
        misplaced.out_of_order +=
            u32::from(earlier.is_some_and(|earlier| earlier.time > timed.time));
        let Some(index) = grid.index(timed.time) else {
            misplaced.outside += 1;
            continue;
        };
        match slots[index] {
            None => slots[index] = Some(timed.value),
            Some(known) if known == timed.value => misplaced.repeated += 1,
            Some(_) => contradicted[index] = true,
        }
    }
    for (slot, _) in slots
        .iter_mut()
        .zip(&contradicted)
        .filter(|(_, contradicted)| **contradicted)
    {
        *slot = None;
        misplaced.contradicted += 1;
    }
    (slots, misplaced)
}

/// The commonest positive distance of neighbouring times; the shorter one of
/// equally common ones.
fn commonest_distance(times: &[i64]) -> Option<u32> {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let mut distances: Vec<u32> = sorted
        .windows(2)
        .filter_map(|pair| u32::try_from(i128::from(pair[1]) - i128::from(pair[0])).ok())
        .filter(|distance| *distance > 0)
        .collect();
    distances.sort_unstable();
    let runs = distances.chunk_by(|one, two| one == two);
    runs.max_by_key(|run| (run.len(), std::cmp::Reverse(run[0])))
        .map(|run| run[0])
}
