//! Evidence over time, with the lines that decide.

use maud::{Markup, html};

use crate::chart::lines;
use crate::compared::{View, level};
use crate::numbers::short;
use crate::plot::{Range, plot};

const HEIGHT: u32 = 110;

/// Log e-values after each period.
pub(crate) struct Evidences {
    /// Against "never worse than the tolerance".
    pub(crate) harm: Vec<f64>,
    /// Against "worse than the tolerance".
    pub(crate) safe: Vec<f64>,
}

/// Both, from as much against as proves up to twice as much: what is beyond
/// says no more.
pub(crate) fn chart(view: &View<'_>, id: &str, name: &str, evidences: &Evidences) -> Markup {
    let judgement = view.judgement();
    let (harm, safe) = (judgement.log_e_harm_needed, judgement.log_e_safe_needed);
    let most = harm.max(safe);
    let range = Range {
        low: -most,
        high: 2.0 * most,
        height: HEIGHT,
    };
    let last = |values: &[f64]| {
        let last = values.last().copied().filter(|value| value.is_finite());
        last.map_or("none".to_owned(), short)
    };
    let drawn = |values: &[f64]| -> Vec<Option<f64>> {
        let finite = |value: &f64| value.is_finite().then_some(*value);
        values.iter().map(finite).collect()
    };
    html! {
        svg.chart role="img" width="100%" height=(HEIGHT) aria-labelledby=(id) {
            title id=(id) {
                (name) ", as logarithms of e-values over time: harm ends at " (last(&evidences.harm)) " of "
                (short(harm)) " that prove it, safety at " (last(&evidences.safe)) " of " (short(safe))
            }
            (level("zero", range.place(0.0)))
            (level("needed", range.place(harm)))
            @if harm != safe { (level("needed", range.place(safe))) }
            (plot(HEIGHT, &[
                view.line("safe", &drawn(&evidences.safe), range),
                view.line("harm", &drawn(&evidences.harm), range),
            ]))
            (lines(view.scale, &view.marks, HEIGHT))
            text.end x="3" y=(format!("{:.1}", range.place(most) - 4.0)) { "proof" }
            text.end x="3" y=(format!("{:.1}", range.place(0.0) - 4.0)) { "no evidence" }
        }
    }
}
