//! How many times the baseline the canary is, with its interval, against what
//! is allowed.

use maud::{Markup, html};
use sluice_judge::sequential::{MetricResult, Worse};

use crate::chart::percent as place;
use crate::numbers::{percent, short, times};
use crate::words::data;

const HEIGHT: u32 = 62;
const MIDDLE: u32 = 31;
/// How far beyond what matters the scale goes, as a factor.
const BEYOND: f64 = 8.0;

/// In words.
pub(crate) fn sentence(result: &MetricResult) -> Markup {
    let bound = match result.worse {
        Worse::Higher => "at most",
        Worse::Lower => "at least",
    };
    let Some(ratio) = result.ratio else {
        return html! {
            "Nothing could be compared; " (bound) " " (data(result.allowed, &times(result.allowed)))
            " the baseline would be allowed."
        };
    };
    html! {
        b { (data(ratio, &times(ratio))) } " the baseline" @if result.events.is_some() { "'s rate" } ", "
        @if let Some(upper) = result.interval.upper {
            "between " b { (data(result.interval.lower, &times(result.interval.lower))) }
            " and " b { (data(upper, &times(upper))) }
        } @else {
            "at least " b { (data(result.interval.lower, &times(result.interval.lower))) }
        }
        "; " (bound) " " b { (data(result.allowed, &times(result.allowed))) } " is allowed"
        @if result.floor > 0.0 {
            ", and a difference of "
            @if result.events.is_some() { (data(result.floor, &percent(result.floor))) " of the requests" }
            @else { (data(result.floor, &short(result.floor))) }
            " never matters"
        }
        "."
    }
}

/// Interval and verdict come from two procedures: where they seem to
/// contradict each other, that is said.
pub(crate) fn two_procedures(result: &MetricResult, is_culprit: bool) -> Option<String> {
    result.ratio?;
    let (lower, upper) = (result.interval.lower, result.interval.upper);
    let near = match result.worse {
        Worse::Higher => Some(lower),
        Worse::Lower => upper,
    };
    let is_beyond = |limit: f64, at: Option<f64>| match result.worse {
        Worse::Higher => at.is_none_or(|at| at > limit),
        Worse::Lower => at.is_some_and(|at| at < limit),
    };
    let far = match result.worse {
        Worse::Higher => upper,
        Worse::Lower => Some(lower),
    };
    if is_culprit && !is_beyond(result.allowed, near) {
        let allows = if is_beyond(1.0, near) {
            "which would be allowed"
        } else {
            "which is no change for the worse at all"
        };
        let near = near.map_or("any ratio".to_owned(), times);
        return Some(format!(
            "The interval reaches as far as {near}, {allows}, and harm is proven nevertheless: these are two \
             procedures. The interval is of the mean over all periods, and guards both sides. Harm is a test of its \
             own, on the worse side only, which also looks for harm that began late."
        ));
    }
    if result.safe && is_beyond(result.allowed, far) {
        return Some(
            "The interval reaches beyond what is allowed, and safety is proven nevertheless: these are two \
             procedures. The interval guards both sides at every look; safety is a test of its own, on one side."
                .to_owned(),
        );
    }
    None
}

/// A scale on which half is as far as twice.
struct Ends {
    low: f64,
    high: f64,
}

impl Ends {
    fn of(result: &MetricResult, ratio: f64) -> Ends {
        let matter = [1.0, result.allowed, ratio].map(f64::ln);
        let low = matter.iter().copied().fold(f64::INFINITY, f64::min);
        let high = matter.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let room = BEYOND.ln();
        let lower = result.interval.lower.max(f64::MIN_POSITIVE).ln();
        let upper = result.interval.upper.map_or(f64::INFINITY, f64::ln);
        Ends {
            low: lower.clamp(low - room, low) - 0.02,
            high: upper.clamp(high, high + room) + 0.02,
        }
    }

    /// In percent, with room for what stands at the ends.
    fn place(&self, ratio: f64) -> f64 {
        let at = ratio.max(f64::MIN_POSITIVE).ln();
        let part = (at - self.low) / (self.high - self.low).max(1e-9);
        3.0 + 94.0 * part.clamp(0.0, 1.0)
    }

    fn shows(&self, ratio: f64) -> bool {
        (self.low..=self.high).contains(&ratio.max(f64::MIN_POSITIVE).ln())
    }
}

/// The ratio and its interval over what is allowed.
pub(crate) fn chart(index: usize, result: &MetricResult) -> Markup {
    let Some(ratio) = result
        .ratio
        .filter(|ratio| *ratio > 0.0 && ratio.is_finite())
    else {
        return html! {};
    };
    let ends = Ends::of(result, ratio);
    let (one, allowed) = (ends.place(1.0), ends.place(result.allowed));
    let (from, to) = match result.worse {
        Worse::Higher => (0.0, allowed),
        Worse::Lower => (allowed, 100.0),
    };
    let lower = ends.place(result.interval.lower);
    let upper = result
        .interval
        .upper
        .map_or(100.0, |upper| ends.place(upper));
    let title = format!("ratio-{index}");
    html! {
        svg.chart role="img" width="100%" height=(HEIGHT) aria-labelledby=(title) {
            title id=(title) {
                "Ratio of metric " (result.name) ": " (times(ratio)) ", from " (times(result.interval.lower)) " to "
                (result.interval.upper.map_or("no end".to_owned(), times)) "; allowed is " (times(result.allowed))
            }
            rect.state.allowed x=(place(from)) y="16" width=(place(to - from)) height="30" {}
            line.one x1=(place(one)) x2=(place(one)) y1="16" y2="46" {}
            line.needed x1=(place(allowed)) x2=(place(allowed)) y1="12" y2="50" {}
            line.interval x1=(place(lower)) x2=(place(upper)) y1=(MIDDLE) y2=(MIDDLE) {}
            @if ends.shows(result.interval.lower) { (end(lower)) }
            @if result.interval.upper.is_some_and(|upper| ends.shows(upper)) { (end(upper)) }
            circle.point cx=(place(ends.place(ratio))) cy=(MIDDLE) r="6" {}
            @if result.allowed != 1.0 {
                text.tick x=(place(one)) y="10" text-anchor=(anchor(one)) { "1x, as the baseline" }
            }
            text.tick x=(place(allowed)) y="60" text-anchor=(anchor(allowed)) { (times(result.allowed)) " allowed" }
        }
    }
}

fn end(at: f64) -> Markup {
    html! { line.interval x1=(place(at)) x2=(place(at)) y1=(MIDDLE - 7) y2=(MIDDLE + 7) {} }
}

/// Words near an end of the chart stay inside of it.
fn anchor(x: f64) -> &'static str {
    match x {
        x if x < 25.0 => "start",
        x if x > 75.0 => "end",
        _ => "middle",
    }
}
