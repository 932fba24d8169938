//! Lines over time. The picture inside the chart stretches with the page, and
//! its strokes do not.

use std::fmt::Write as _;

use maud::{Markup, html};

/// A line, by the places of its points; `None` is a gap.
pub(crate) struct Line {
    /// Its class in the style.
    pub(crate) class: &'static str,
    /// Places: from the left in percent, from the top in pixels.
    pub(crate) points: Vec<Option<(f64, f64)>>,
}

/// The lines, inside a chart of this height.
pub(crate) fn plot(height: u32, lines: &[Line]) -> Markup {
    html! {
        svg aria-hidden="true" x="0" y="0" width="100%" height=(height) viewBox={ "0 0 100 " (height) } preserveAspectRatio="none" {
            @for line in lines {
                path class=(line.class) vector-effect="non-scaling-stroke" d=(path(&line.points)) {}
            }
        }
    }
}

/// A point between two gaps is a line of no length, which is drawn as a dot.
fn path(points: &[Option<(f64, f64)>]) -> String {
    let mut out = String::new();
    let mut follows = false;
    for (index, point) in points.iter().enumerate() {
        let Some((x, y)) = point else {
            follows = false;
            continue;
        };
        let letter = if follows { 'L' } else { 'M' };
        // Writing to a string does not fail.
        let _ = write!(out, "{letter}{x:.2} {y:.1}");
        let is_alone = !follows && points.get(index + 1).is_none_or(Option::is_none);
        if is_alone {
            out.push_str("h0.01");
        }
        follows = true;
    }
    out
}

/// From values to places: the lowest at the bottom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) height: u32,
}

/// Room above and below the lines.
const MARGIN: f64 = 5.0;

impl Range {
    /// The range of these values, from 0 on where that is not far away.
    pub(crate) fn of(values: impl Iterator<Item = f64>, height: u32) -> Option<Range> {
        let (low, high) = values
            .filter(|value| value.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(value), high.max(value))
            });
        let low = if low > 0.0 && low < high / 2.0 {
            0.0
        } else {
            low
        };
        (low <= high).then_some(Range { low, high, height })
    }

    /// Where a value is, in pixels from the top. Beyond the range it is at its
    /// end.
    pub(crate) fn place(self, value: f64) -> f64 {
        // Halves, so that the whole range of numbers has no overflow.
        let span = self.high / 2.0 - self.low / 2.0;
        let part = if span > 0.0 {
            ((value / 2.0 - self.low / 2.0) / span).clamp(0.0, 1.0)
        } else {
            0.5
        };
        let room = f64::from(self.height) - 2.0 * MARGIN;
        MARGIN + (1.0 - part) * room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_not_drawn_over_and_a_point_alone_is_a_dot() {
        let points = [Some((0.0, 1.0)), Some((1.0, 2.0)), None, Some((3.0, 4.0))];
        assert_eq!(path(&points), "M0.00 1.0L1.00 2.0M3.00 4.0h0.01");
        assert_eq!(path(&[None, None]), "");
    }

    #[test]
    fn the_lowest_value_is_at_the_bottom_and_one_value_in_the_middle() {
        let range = Range::of([4.0, 6.0].into_iter(), 100).unwrap();
        assert_eq!(
            [range.place(4.0), range.place(6.0), range.place(9.0)],
            [95.0, 5.0, 5.0]
        );
        let one = Range::of([4.0].into_iter(), 100).unwrap();
        assert_eq!(one.place(4.0), 50.0);
        assert!(Range::of([f64::NAN].into_iter(), 100).is_none());
    }
}
