//! Two small charts in characters: the values of both sides on one scale, and
//! a range against what is allowed. No colour, nothing wider than 80 columns,
//! and each line says what it is, so that it reads the same in a file.

use super::number::short;
use crate::lines::COLUMNS;

/// Columns for what a line is.
const LABEL: usize = 12;
/// Characters of a chart; a character is two dots wide and four high.
const WIDTH: usize = COLUMNS - LABEL - 2;
const HEIGHT: usize = 3;
const DOTS_WIDE: usize = 2 * WIDTH;
const DOTS_HIGH: usize = 4 * HEIGHT;
/// The dots of a braille character, by column and row.
const DOTS: [[u32; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
const BRAILLE: u32 = 0x2800;

/// Baseline above canary, on one scale. `decided` is the position of the
/// period after which nothing more was looked at.
pub(super) fn values(
    baseline: &[Option<f64>],
    canary: &[Option<f64>],
    decided: Option<usize>,
) -> String {
    let present = || baseline.iter().chain(canary).flatten().copied();
    let low = present().fold(f64::INFINITY, f64::min);
    let high = present().fold(f64::NEG_INFINITY, f64::max);
    if low > high {
        return String::new();
    }
    let length = baseline.len().max(canary.len());
    let mut out = String::new();
    for (name, side) in [("baseline", baseline), ("canary", canary)] {
        let labels = [short(high), name.to_owned(), short(low)];
        let rows = draw(side, length, low, high);
        for (label, row) in labels.iter().zip(rows) {
            out.push_str(format!("{label:>LABEL$} │{row}").trim_end());
            out.push('\n');
        }
    }
    if let Some(decided) = decided {
        let at = column(decided, length) / 2;
        out.push_str(&format!("{:>LABEL$} └{}▲\n", "decided", "─".repeat(at)));
    }
    out
}

/// The dot column of a position.
fn column(position: usize, length: usize) -> usize {
    let last = length.saturating_sub(1).max(1);
    position.min(last) * (DOTS_WIDE - 1) / last
}

fn draw(side: &[Option<f64>], length: usize, low: f64, high: f64) -> Vec<String> {
    let mut cells = [[0_u32; WIDTH]; HEIGHT];
    let height = |value: f64| {
        // Halves, so that the whole range of numbers has no overflow.
        let span = high / 2.0 - low / 2.0;
        let part = if span > 0.0 {
            (value / 2.0 - low / 2.0) / span
        } else {
            0.5
        };
        whole((1.0 - part) * (DOTS_HIGH - 1) as f64, DOTS_HIGH - 1)
    };
    let mut before: Option<(usize, usize)> = None;
    for (position, value) in side.iter().enumerate() {
        let point = value.map(|value| (column(position, length), height(value)));
        if let Some(point) = point {
            line(&mut cells, before.unwrap_or(point), point);
        }
        before = point;
    }
    cells
        .iter()
        .map(|row| row.iter().map(character).collect())
        .collect()
}

fn character(dots: &u32) -> char {
    match dots {
        0 => ' ',
        dots => char::from_u32(BRAILLE + dots).unwrap_or('?'),
    }
}

/// Sets the dots from one point to another.
fn line(cells: &mut [[u32; WIDTH]; HEIGHT], from: (usize, usize), to: (usize, usize)) {
    let steps = from.0.abs_diff(to.0).max(from.1.abs_diff(to.1)).max(1);
    for step in 0..=steps {
        let between = |one: usize, two: usize| (one * (steps - step) + two * step) / steps;
        let (x, y) = (between(from.0, to.0), between(from.1, to.1));
        cells[y / 4][x / 2] |= DOTS[x % 2][y % 4];
    }
}

/// The nearest whole number from 0 to `most`; 0 of what is no number.
fn whole(value: f64, most: usize) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and the width of a chart"
    )]
    let whole = value.round().clamp(0.0, most as f64) as usize;
    whole
}

/// A range with its estimate, and places on its scale that matter.
pub(super) struct Range<'a> {
    pub(super) name: &'a str,
    pub(super) lower: f64,
    pub(super) estimate: f64,
    /// Absent where nothing bounds it.
    pub(super) upper: Option<f64>,
    pub(super) marks: &'a [(f64, String)],
    /// Whether the scale is that of ratios.
    pub(super) is_ratio: bool,
}

/// How far beyond what matters the scale of a ratio goes, as a factor.
const RATIO_MOST: f64 = 8.0;

impl Range<'_> {
    fn scaled(&self, value: f64) -> f64 {
        if self.is_ratio {
            value.max(f64::MIN_POSITIVE).ln()
        } else {
            value
        }
    }

    /// The ends of the scale.
    fn ends(&self) -> (f64, f64) {
        let matter = || {
            let marks = self.marks.iter().map(|(at, _)| *at);
            marks.chain([self.estimate]).map(|value| self.scaled(value))
        };
        let mut low = matter().fold(f64::INFINITY, f64::min);
        let mut high = matter().fold(f64::NEG_INFINITY, f64::max);
        let room = if self.is_ratio {
            RATIO_MOST.ln()
        } else {
            f64::INFINITY
        };
        low = low.min(self.scaled(self.lower)).max(low - room);
        let upper = self.upper.map_or(high + room, |upper| self.scaled(upper));
        high = high.max(upper).min(high + room);
        (low, high)
    }
}

/// The range above its scale: `├──●────┤` over `│` at each place.
pub(super) fn range(range: &Range<'_>) -> String {
    let (low, high) = range.ends();
    let margin = 4;
    let place = |value: f64| {
        let span = high / 2.0 - low / 2.0;
        let part = if span > 0.0 {
            (range.scaled(value) / 2.0 - low / 2.0) / span
        } else {
            0.5
        };
        margin
            + whole(
                part * (WIDTH - 1 - 2 * margin) as f64,
                WIDTH - 1 - 2 * margin,
            )
    };
    let mut interval = vec![' '; WIDTH];
    let is_cut_left = range.scaled(range.lower) < low;
    let is_cut_right = range.upper.is_none_or(|upper| range.scaled(upper) > high);
    let left = if is_cut_left { 0 } else { place(range.lower) };
    let right = match range.upper {
        Some(upper) if !is_cut_right => place(upper),
        _ => WIDTH - 1,
    };
    interval[left..=right].fill('─');
    interval[left] = if is_cut_left { '◄' } else { '├' };
    interval[right] = if is_cut_right { '►' } else { '┤' };
    interval[place(range.estimate)] = '●';
    let mut scale = vec!['·'; WIDTH];
    let mut labels = vec![vec![' '; WIDTH]; range.marks.len()];
    for (row, (at, label)) in range.marks.iter().enumerate() {
        scale[place(*at)] = '│';
        write_label(&mut labels, row, place(*at), label);
    }
    let lines = [(range.name, interval), ("", scale)];
    let labels = labels.into_iter().map(|row| ("", row));
    lines
        .into_iter()
        .chain(labels)
        .map(|(name, row)| (name, row.into_iter().collect::<String>()))
        .filter(|(_, row)| !row.trim().is_empty())
        .map(|(name, row)| format!("{name:>LABEL$}  {}\n", row.trim_end()))
        .collect()
}

/// Writes a label centred under its place, in the first row that has room.
fn write_label(rows: &mut [Vec<char>], last: usize, place: usize, label: &str) {
    let length = label.chars().count().min(WIDTH);
    let start = place.saturating_sub(length / 2).min(WIDTH - length);
    let around = start.saturating_sub(2)..(start + length + 2).min(WIDTH);
    let is_free = |row: &Vec<char>| row[around.clone()].iter().all(|c| *c == ' ');
    let row = rows.iter().position(is_free).unwrap_or(last);
    for (offset, character) in label.chars().take(length).enumerate() {
        rows[row][start + offset] = character;
    }
}
