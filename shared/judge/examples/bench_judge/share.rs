//! Shares with their 95 % intervals, and delays.

use std::fmt;

/// So many of so many runs, with Wilson's 95 % interval.
#[derive(Clone, Copy, Default)]
pub(crate) struct Share {
    pub(crate) hits: u32,
    pub(crate) runs: u32,
}

impl Share {
    pub(crate) fn count<T>(values: &[T], hit: impl Fn(&T) -> bool) -> Share {
        let hits = values.iter().filter(|value| hit(value)).count();
        let [hits, runs] =
            [hits, values.len()].map(|count| u32::try_from(count).unwrap_or(u32::MAX));
        Share { hits, runs }
    }

    /// Lower and upper end of Wilson's score interval.
    pub(crate) fn interval(&self) -> [f64; 2] {
        let (n, p) = (
            f64::from(self.runs),
            f64::from(self.hits) / f64::from(self.runs.max(1)),
        );
        let z2 = 1.96 * 1.96;
        let middle = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
        let width = 1.96 / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
        [(middle - width).max(0.0), (middle + width).min(1.0)]
    }
}

impl fmt::Display for Share {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [low, high] = self.interval();
        let share = 100.0 * f64::from(self.hits) / f64::from(self.runs.max(1));
        write!(
            formatter,
            "{share:.1} % ({:.1} to {:.1})",
            100.0 * low,
            100.0 * high
        )
    }
}

/// Median and 90th percentile of the minute at which something happened,
/// counting the runs in which it did not as never.
pub(crate) fn delays(minutes: &[Option<usize>]) -> String {
    let mut sorted: Vec<usize> = minutes
        .iter()
        .map(|minute| minute.unwrap_or(usize::MAX))
        .collect();
    sorted.sort_unstable();
    let at = |part: usize| match sorted.get(sorted.len() * part / 10) {
        Some(&usize::MAX) | None => "–".to_owned(),
        Some(minute) => minute.to_string(),
    };
    format!("{} / {}", at(5), at(9))
}
