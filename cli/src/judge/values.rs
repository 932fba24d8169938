//! Reading the two files: every line is understood or refused by its number.
//!
//! A missing value (an empty field, `NaN`) stays missing. A time that comes
//! twice is refused, even with the same value: nobody can say whether the
//! second line is a repetition or the one that is right.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use sluice_judge::sequential::{Kind, ReportedCounts};

use super::trouble::Trouble;

/// The largest file that is read: a week of minutes has a fiftieth of it.
const BYTES_MAX: u64 = 16 * 1024 * 1024;
const SERIES_HEADER: [&str; 2] = ["timestamp", "value"];
const COUNT_HEADER: [&str; 3] = ["timestamp", "count", "total"];

/// Both files.
pub(super) struct Pair {
    pub(super) kind: Kind,
    pub(super) baseline: Vec<Row>,
    pub(super) canary: Vec<Row>,
}

/// One line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    /// Seconds since 1970.
    pub(super) time: i64,
    /// What was reported.
    pub(super) reported: Reported,
}

/// What a line reports.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reported {
    /// A value; absent if it is missing.
    Value(Option<f64>),
    /// Events and requests.
    Counts(ReportedCounts),
}

impl Row {
    /// The value, or the events of one request; absent if it is missing or
    /// there were no requests.
    pub(super) fn value(&self) -> Option<f64> {
        match self.reported {
            Reported::Value(value) => value,
            Reported::Counts(counts) => {
                let total = counts.total.filter(|total| *total > 0.0)?;
                Some(counts.count.unwrap_or(0.0) / total)
            }
        }
    }
}

impl Pair {
    /// Reads both files, which have to be of one kind.
    pub(super) fn read(baseline: &Path, canary: &Path) -> Result<Pair, Trouble> {
        let (kind, baseline_rows) = read(baseline)?;
        let (canary_kind, canary_rows) = read(canary)?;
        if kind != canary_kind {
            let message = format!(
                "has the header `{}`, the baseline `{}`",
                header(canary_kind),
                header(kind)
            );
            return Err(Trouble::file(canary, message).hint("write both files alike"));
        }
        Ok(Pair {
            kind,
            baseline: baseline_rows,
            canary: canary_rows,
        })
    }
}

fn header(kind: Kind) -> String {
    match kind {
        Kind::Series => SERIES_HEADER.join(","),
        Kind::Count => COUNT_HEADER.join(","),
    }
}

/// The text of a file, of at most [`BYTES_MAX`].
pub(super) fn text(path: &Path) -> Result<String, Trouble> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(BYTES_MAX + 1).read_to_end(&mut bytes));
    if let Err(error) = read {
        let message = match error.kind() {
            ErrorKind::NotFound => "there is no such file".to_owned(),
            ErrorKind::IsADirectory => "is a directory".to_owned(),
            ErrorKind::PermissionDenied => "there is no permission to read it".to_owned(),
            _ => format!("cannot be read: {error}"),
        };
        return Err(Trouble::file(path, message));
    }
    if u64::try_from(bytes.len()).is_ok_and(|length| length > BYTES_MAX) {
        return Err(Trouble::file(
            path,
            "is larger than 16 MiB, the most that is read",
        ));
    }
    String::from_utf8(bytes)
        .map_err(|_| Trouble::file(path, "is not UTF-8").hint("save it as UTF-8"))
}

/// Reads one file, in the order of its times.
fn read(path: &Path) -> Result<(Kind, Vec<Row>), Trouble> {
    let text = text(path)?;
    let mut lines = (1..)
        .zip(text.trim_start_matches('\u{feff}').lines())
        .filter(|(_, line)| !line.trim().is_empty());
    let Some((number, first)) = lines.next() else {
        return Err(Trouble::file(path, "is empty").hint(header_hint()));
    };
    let names: Vec<String> = fields(first).map(str::to_ascii_lowercase).collect();
    let kind = if names == SERIES_HEADER {
        Kind::Series
    } else if names == COUNT_HEADER {
        Kind::Count
    } else {
        let found: String = first.chars().take(60).collect();
        let message = format!("the header is {found:?}");
        return Err(Trouble::line(path, number, message).hint(header_hint()));
    };
    let mut rows: BTreeMap<i64, (u64, Row)> = BTreeMap::new();
    for (number, line) in lines {
        let row = parse(kind, line).map_err(|message| Trouble::line(path, number, message))?;
        if let Some((earlier, _)) = rows.insert(row.time, (number, row)) {
            let message = format!("has the same time as line {earlier}");
            return Err(Trouble::line(path, number, message)
                .hint("keep one line for each time; only one of them can be right"));
        }
    }
    if rows.is_empty() {
        return Err(Trouble::file(path, "has a header and no values")
            .hint("without values on both sides there is nothing to compare"));
    }
    Ok((kind, rows.into_values().map(|(_, row)| row).collect()))
}

fn header_hint() -> String {
    format!(
        "begin it with `{}`, or with `{}` for events and requests",
        header(Kind::Series),
        header(Kind::Count)
    )
}

/// The fields of a line. None of ours contains a comma, so quotes only wrap.
fn fields(line: &str) -> impl Iterator<Item = &str> {
    line.split(',').map(|field| {
        let field = field.trim();
        let inner = field
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        inner.unwrap_or(field).trim()
    })
}

fn parse(kind: Kind, line: &str) -> Result<Row, String> {
    let found: Vec<&str> = fields(line).collect();
    let wanted = match kind {
        Kind::Series => SERIES_HEADER.len(),
        Kind::Count => COUNT_HEADER.len(),
    };
    if found.len() != wanted {
        return Err(format!("has {} fields, the header {wanted}", found.len()));
    }
    let time = time(found[0])?;
    let reported = match kind {
        Kind::Series => Reported::Value(number(found[1])?),
        Kind::Count => {
            let total = number_of_events(found[2])?;
            let is_unknown = !found[1].is_empty() && number(found[1])?.is_none();
            Reported::Counts(ReportedCounts {
                count: number_of_events(found[1])?,
                // An empty count is one that was not reported, which is 0
                // where there were requests; NaN is one that is not known.
                total: total.filter(|_| !is_unknown),
            })
        }
    };
    Ok(Row { time, reported })
}

fn time(text: &str) -> Result<i64, String> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time.as_second());
    }
    let local = text.parse::<DateTime>().ok().filter(|_| text.len() > 10);
    local
        .and_then(|local| local.to_zoned(TimeZone::UTC).ok())
        .map(|zoned| zoned.timestamp().as_second())
        .ok_or_else(|| {
            format!("{text:?} is no time: write `2026-03-01T12:00:00Z` or `2026-03-01 12:00:00`")
        })
}

/// A number; `None` if it is missing.
fn number(text: &str) -> Result<Option<f64>, String> {
    if text.is_empty() || text.eq_ignore_ascii_case("nan") {
        return Ok(None);
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Some(value)),
        Ok(_) => Err(format!("`{text}` is infinite, or too large for a number")),
        Err(_) => Err(format!("{text:?} is no number")),
    }
}

fn number_of_events(text: &str) -> Result<Option<f64>, String> {
    match number(text)? {
        Some(value) if value < 0.0 => Err(format!("`{text}` is negative, which no count can be")),
        value => Ok(value),
    }
}
