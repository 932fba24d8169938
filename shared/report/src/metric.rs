//! One metric of a comparison: both series, the ratio against what is allowed,
//! the evidence, and the readings.

use maud::{Markup, html};
use sluice_judge::sequential::{Judgement, Kind, MetricResult, Reading, Reason, Step, Use, Worse};

use crate::chart::{block, lines};
use crate::compared::{View, ends};
use crate::numbers::{count, percent, short, times};
use crate::plot::{Range, plot};
use crate::proof::{self, Evidences};
use crate::ratio;
use crate::tables::table;
use crate::words::{data, number};

const SERIES_HEIGHT: u32 = 110;
/// The strip below the series, which shows what was skipped.
const STRIP_HEIGHT: u32 = 10;

/// A metric and where it stands among the others.
pub(crate) struct Metric<'a> {
    view: &'a View<'a>,
    index: usize,
    result: &'a MetricResult,
    steps: &'a [Step],
}

impl<'a> Metric<'a> {
    pub(crate) fn new(view: &'a View<'a>, index: usize) -> Metric<'a> {
        Metric {
            view,
            index,
            result: &view.judgement().metrics[index],
            steps: &view.course.metrics[index],
        }
    }

    fn is_culprit(&self) -> bool {
        self.view.judgement().culprits.contains(&self.result.name)
    }

    /// What came out for it.
    fn proven(&self) -> &'static str {
        match self.view.judgement().reason {
            Reason::CanaryStoppedReporting if self.is_culprit() => {
                "the canary stopped reporting it"
            }
            _ if self.is_culprit() => "worse than allowed",
            _ if self.result.n == 0 => "no period could be compared",
            _ if self.result.weight <= 0.0 => "only watched: it decides nothing",
            _ if self.result.safe => "proven within what is allowed",
            _ => "neither proven within what is allowed, nor worse",
        }
    }
}

/// Its charts and readings.
pub(crate) fn render(metric: &Metric<'_>) -> Markup {
    let index = metric.index;
    html! {
        div.metric {
            h3 { "Metric " code { (metric.result.name) } ": " (metric.proven()) }
            (series(metric))
            p.sum { (ratio::sentence(metric.result)) }
            (ratio::chart(index, metric.result))
            @if let Some(text) = ratio::two_procedures(metric.result, metric.is_culprit()) {
                p.note { (text) }
            }
            @if has_own_evidence(metric) { (own_evidence(metric)) }
            details {
                summary { "Readings of " (metric.result.name) ", period by period" }
                (readings(metric))
            }
        }
    }
}

fn series(metric: &Metric<'_>) -> Markup {
    let view = metric.view;
    let (baseline, canary): (Vec<_>, Vec<_>) = view
        .readings(metric.index)
        .map(|reading| reading.map_or([None; 2], Reading::values))
        .map(|[baseline, canary]| (baseline, canary))
        .unzip();
    let title = format!("series-{}", metric.index);
    let word = |value| worded(metric.result, value);
    let said = |values: &[Option<f64>]| match Range::of(values.iter().flatten().copied(), 1) {
        Some(_) => {
            let values = || values.iter().flatten().copied();
            let low = values().fold(f64::INFINITY, f64::min);
            let high = values().fold(f64::NEG_INFINITY, f64::max);
            format!("between {} and {}", word(low), word(high))
        }
        None => "not reported".to_owned(),
    };
    let all = baseline.iter().chain(&canary).flatten().copied();
    let range = Range::of(all, SERIES_HEIGHT);
    html! {
        svg.chart role="img" width="100%" height=(SERIES_HEIGHT + STRIP_HEIGHT) aria-labelledby=(title) {
            title id=(title) {
                "Metric " (metric.result.name) " over time: baseline " (said(&baseline)) "; canary " (said(&canary))
                "; " (skipped(metric.result))
            }
            (after_the_decision(metric))
            @for (class, from, to) in runs(metric.steps) {
                @let span = (view.moment(from), view.moment(to));
                (block(view.scale, class, span, SERIES_HEIGHT, STRIP_HEIGHT - 1))
            }
            @if let Some(range) = range {
                (plot(SERIES_HEIGHT, &[
                    view.line("baseline", &baseline, range),
                    view.line("canary", &canary, range),
                ]))
                (ends(range, word))
            } @else {
                text.end x="3" y="13" { "neither version reported anything" }
            }
            (lines(view.scale, &view.marks, SERIES_HEIGHT))
        }
    }
}

/// A value with what it is of.
fn worded(result: &MetricResult, value: f64) -> String {
    match result.kind {
        Kind::Count => format!("{} of requests", percent(value)),
        Kind::Series => short(value),
    }
}

fn skipped(result: &MetricResult) -> String {
    let parts: Vec<String> = [
        (result.missing, "without data of one version"),
        (result.few_samples, "with too few samples"),
        (result.unusable, "with impossible values"),
    ]
    .into_iter()
    .filter(|(periods, _)| *periods > 0)
    .map(|(periods, why)| format!("{} {why}", count(periods, "period")))
    .collect();
    if parts.is_empty() {
        "no period was skipped".to_owned()
    } else {
        format!("skipped: {}", parts.join(", "))
    }
}

fn after_the_decision(metric: &Metric<'_>) -> Markup {
    let view = metric.view;
    let (judged, read) = (metric.steps.len(), view.comparison.periods.len());
    html! {
        @if judged < read {
            (block(view.scale, "state window", (view.moment(judged), view.moment(read)), 0, SERIES_HEIGHT))
        }
    }
}

/// Neighbouring periods that were skipped for the same reason.
fn runs(steps: &[Step]) -> Vec<(&'static str, usize, usize)> {
    let class = |step: &Step| match step.became {
        Use::Used => None,
        Use::Missing => Some("state unknown"),
        Use::TooFewSamples => Some("state nodata"),
        Use::Unusable => Some("state alarm"),
    };
    let mut runs: Vec<(&'static str, usize, usize)> = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let Some(class) = class(step) else { continue };
        match runs.last_mut() {
            Some((before, _, to)) if *before == class && *to == index => *to = index + 1,
            _ => runs.push((class, index, index + 1)),
        }
    }
    runs
}

/// Where one metric decides alone, its evidence is that of all.
fn has_own_evidence(metric: &Metric<'_>) -> bool {
    metric.result.weight < 1.0 && metric.result.n > 0
}

fn own_evidence(metric: &Metric<'_>) -> Markup {
    let weight = metric.result.weight;
    let share = if weight > 0.0 { weight.ln() } else { 0.0 };
    let evidences = Evidences {
        safe: metric.steps.iter().map(|step| step.log_e_safe).collect(),
        harm: metric
            .steps
            .iter()
            .map(|step| step.log_e_harm + share)
            .collect(),
    };
    let id = format!("evidence-{}", metric.index);
    let name = format!("Evidence of metric {}", metric.result.name);
    html! {
        (proof::chart(metric.view, &id, &name, &evidences))
        p.note {
            "Its evidence"
            @if weight > 0.0 { ", of harm with its share of " (data(weight, &percent(weight))) }
            "; lines as above."
        }
    }
}

fn readings(metric: &Metric<'_>) -> Markup {
    let clock = metric.view.clock;
    let is_count = metric.result.kind == Kind::Count;
    let word = if is_count { number } else { short };
    let cell = |value: Option<f64>| match value {
        Some(value) => data(value, &word(value)),
        None => html! { "-" },
    };
    let rows: Vec<Vec<Markup>> = metric
        .view
        .readings(metric.index)
        .enumerate()
        .map(|(index, reading)| {
            let mut row = vec![clock.moment(metric.view.moment(index))];
            row.extend(columns(reading, is_count).into_iter().map(cell));
            row.push(html! { (became(metric.steps.get(index))) });
            row
        })
        .collect();
    let heads: &[&str] = if is_count {
        &[
            "Period from",
            "Baseline, events",
            "of requests",
            "Canary, events",
            "of requests",
            "Became",
        ]
    } else {
        &[
            "Period from",
            "Baseline",
            "Samples",
            "Canary",
            "Samples",
            "Became",
        ]
    };
    table(&format!("Readings of {}", metric.result.name), heads, &rows)
}

/// Two values of each version.
fn columns(reading: Option<&Reading>, is_count: bool) -> Vec<Option<f64>> {
    match reading {
        Some(Reading::Count { baseline, canary }) => [baseline, canary]
            .iter()
            .flat_map(|own| [own.map(|own| own.count), own.map(|own| own.total)])
            .collect(),
        Some(Reading::Series { baseline, canary }) if !is_count => [baseline, canary]
            .iter()
            .flat_map(|own| [own.map(|own| own.value), own.and_then(|own| own.samples)])
            .collect(),
        _ => vec![None; 4],
    }
}

fn became(step: Option<&Step>) -> &'static str {
    match step.map(|step| step.became) {
        Some(Use::Used) => "compared",
        Some(Use::Missing) => "skipped: no data",
        Some(Use::TooFewSamples) => "skipped: too few samples",
        Some(Use::Unusable) => "skipped: impossible",
        None => "not judged",
    }
}

/// What [`numbers`] has.
pub(crate) const HEADS: [&str; 14] = [
    "Metric",
    "Decides",
    "Compared",
    "No data",
    "Few samples",
    "Impossible",
    "Baseline",
    "Canary",
    "Ratio",
    "At least",
    "At most",
    "Allowed",
    "Harm, log e",
    "Safe, log e",
];

/// A metric as a row of the table.
pub(crate) fn numbers(result: &MetricResult, judgement: &Judgement) -> Vec<Markup> {
    let ratio = |value: Option<f64>| match value {
        Some(value) => data(value, &times(value)),
        None => html! { "-" },
    };
    let log = |value: Option<f64>| match value {
        Some(value) => data(value, &short(value)),
        None => html! { "-" },
    };
    let events = |side: usize| match (result.events, result.traffic) {
        (Some(events), Some(traffic)) => html! {
            (data(events[side], &number(events[side]))) " of " (data(traffic[side], &number(traffic[side])))
        },
        _ => html! { "-" },
    };
    let is_known = result.ratio.is_some();
    vec![
        html! { code { (result.name) } @if judgement.culprits.contains(&result.name) { " (decided)" } },
        match (&result.group, result.weight > 0.0) {
            (_, false) => html! { "watched" },
            (Some(group), _) => {
                html! { (data(result.weight, &percent(result.weight))) " in " (group) }
            }
            (None, _) => data(result.weight, &percent(result.weight)),
        },
        data(result.n, &result.n.to_string()),
        data(result.missing, &result.missing.to_string()),
        data(result.few_samples, &result.few_samples.to_string()),
        data(result.unusable, &result.unusable.to_string()),
        events(0),
        events(1),
        ratio(result.ratio),
        ratio(Some(result.interval.lower).filter(|_| is_known)),
        ratio(result.interval.upper),
        html! {
            (match result.worse { Worse::Higher => "at most ", Worse::Lower => "at least " })
            (data(result.allowed, &times(result.allowed)))
        },
        log(Some(result.log_e_harm)),
        log(Some(result.log_e_safe)),
    ]
}
