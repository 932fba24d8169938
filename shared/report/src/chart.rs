//! Charts over time, in SVG that stretches with the page: places along the
//! time are percentages, all else is in pixels, so that text stays readable.

use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};

use crate::times::Clock;

/// From when to when charts of a page go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
}

impl Scale {
    /// Where a moment is, in percent from the left, inside the chart.
    pub(crate) fn place(self, at: Timestamp) -> f64 {
        let whole = self.to.duration_since(self.from).as_secs_f64().max(1.0);
        (at.duration_since(self.from).as_secs_f64() / whole * 100.0).clamp(0.0, 100.0)
    }

    fn shows(self, at: Timestamp) -> bool {
        (self.from..=self.to).contains(&at)
    }
}

/// A percentage as SVG takes it.
pub(crate) fn percent(share: f64) -> String {
    format!("{share:.3}%")
}

/// A rectangle from one moment to another.
pub(crate) fn block(
    scale: Scale,
    class: &str,
    span: (Timestamp, Timestamp),
    y: u32,
    height: u32,
) -> Markup {
    let (from, to) = (scale.place(span.0), scale.place(span.1));
    html! {
        rect class=(class) x=(percent(from)) y=(y) width=(percent((to - from).max(0.15))) height=(height) {}
    }
}

/// The patterns that charts of a page take their fillings from.
pub(crate) fn patterns() -> Markup {
    html! {
        svg.patterns role="img" width="0" height="0" aria-label="Patterns of the charts" {
            defs {
                pattern #hatch width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    rect.hatch-ground width="7" height="7" {}
                    rect.hatch-line width="3" height="7" {}
                }
                pattern #dots width="6" height="6" patternUnits="userSpaceOnUse" {
                    rect.dots-ground width="6" height="6" {}
                    circle.dots-dot cx="3" cy="3" r="1.4" {}
                }
            }
        }
    }
}

/// What a filling means, as an item of a legend.
pub(crate) fn swatch(class: &str, text: &str) -> Markup {
    html! {
        li {
            svg.swatch role="img" width="34" height="16" aria-label=(text) {
                rect class=(class) x="0.5" y="0.5" width="33" height="15" {}
            }
            " " (text)
        }
    }
}

/// What a line means.
pub(crate) fn stroke(class: &str, text: &str) -> Markup {
    html! {
        li {
            svg.swatch role="img" width="34" height="16" aria-label=(text) {
                line class=(class) x1="1" x2="33" y1="8" y2="8" {}
            }
            " " (text)
        }
    }
}

/// A moment that the charts point out.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    pub(crate) letter: char,
    pub(crate) at: Timestamp,
    pub(crate) class: &'static str,
    pub(crate) text: String,
}

/// The marks' lines, through a chart of this height.
pub(crate) fn lines(scale: Scale, marks: &[Mark], height: u32) -> Markup {
    html! {
        @for mark in marks.iter().filter(|mark| scale.shows(mark.at)) {
            @let x = percent(scale.place(mark.at));
            line class={ "mark " (mark.class) } x1=(x) x2=(x) y1="0" y2=(height) {}
        }
    }
}

/// The time below the charts, with the letters of the marks.
pub(crate) fn axis(id: &str, scale: Scale, clock: Clock, marks: &[Mark]) -> Markup {
    html! {
        svg.axis role="img" width="100%" height="38" aria-labelledby=(id) {
            title id=(id) {
                "Time from " (clock.offset(scale.from)) " to " (clock.offset(scale.to))
                " of the beginning, with the marks listed below"
            }
            @for (mark, x) in spread(scale, marks) {
                text.letter x=(percent(x)) y="13" text-anchor=(anchor(x)) { (mark.letter) }
            }
            line.rule x1="0" x2="100%" y1="18" y2="18" {}
            @for at in ticks(scale, clock) {
                @let x = scale.place(at);
                line.rule x1=(percent(x)) x2=(percent(x)) y1="18" y2="22" {}
                text.tick x=(percent(x)) y="34" text-anchor=(anchor(x)) { (clock.offset(at)) }
            }
        }
    }
}

/// Letters that would lie upon each other stand side by side.
fn spread(scale: Scale, marks: &[Mark]) -> Vec<(&Mark, f64)> {
    const APART: f64 = 2.6;
    let mut shown: Vec<(&Mark, f64)> = marks
        .iter()
        .filter(|mark| scale.shows(mark.at))
        .map(|mark| (mark, scale.place(mark.at)))
        .collect();
    shown.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut least = 0.0;
    for (_, x) in &mut shown {
        *x = x.max(least);
        least = *x + APART;
    }
    let mut most = 100.0;
    for (_, x) in shown.iter_mut().rev() {
        *x = x.min(most);
        most = *x - APART;
    }
    shown
}

fn anchor(x: f64) -> &'static str {
    if x < 4.0 {
        "start"
    } else if x > 96.0 {
        "end"
    } else {
        "middle"
    }
}

/// Full steps from the beginning, at most six of them.
fn ticks(scale: Scale, clock: Clock) -> Vec<Timestamp> {
    const STEPS: [i64; 16] = [
        1, 5, 15, 30, 60, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800,
    ];
    let whole = scale.to.duration_since(scale.from).as_secs();
    let step = STEPS.into_iter().find(|step| whole / step <= 5);
    let step = step.unwrap_or(whole / 5);
    let before = scale
        .from
        .duration_since(clock.began)
        .as_secs()
        .div_euclid(step);
    (before..before + 8)
        .map(|index| clock.began + SignedDuration::from_secs(index * step))
        .filter(|at| scale.shows(*at))
        .collect()
}

/// What the marks mean.
pub(crate) fn legend(scale: Scale, marks: &[Mark], clock: Clock) -> Markup {
    html! {
        ul.marks aria-label="Marks" {
            @for mark in marks {
                li {
                    b.letter { (mark.letter) } " " (crate::words::marked(&mark.text)) ": " (clock.moment(mark.at))
                    @if !scale.shows(mark.at) { ", outside of the charts" }
                }
            }
        }
    }
}
