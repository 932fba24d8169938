//! The page's part about a comparison, whether a gate made it or files were
//! compared: what decided, each metric over time, and tables.

use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use sluice_core::Duration;
use sluice_judge::sequential::{
    Comparison, Course, Decision, Judgement, MetricResult, PlanError, Reading, SplitResult,
};

use crate::chart::{Mark, Scale, axis, legend, lines, patterns, stroke, swatch};
use crate::metric::{self, Metric};
use crate::numbers::{count, percent, short};
use crate::plot::{Line, Range, plot};
use crate::proof::{self, Evidences};
use crate::tables::table;
use crate::times::Clock;
use crate::words::data;

/// Metrics that are drawn; all are in the table.
const METRICS_MAX: usize = 12;
const SPLIT_HEIGHT: u32 = 70;

/// A comparison with what the judge made of it.
pub(crate) struct View<'a> {
    pub(crate) comparison: &'a Comparison,
    pub(crate) course: Course,
    pub(crate) clock: Clock,
    pub(crate) scale: Scale,
    pub(crate) marks: Vec<Mark>,
}

impl<'a> View<'a> {
    /// Judges the comparison again. Of a gate there is its first and its last
    /// look as well.
    pub(crate) fn new(
        comparison: &'a Comparison,
        looked: Option<(Timestamp, Timestamp)>,
    ) -> Result<View<'a>, PlanError> {
        let course = comparison.course()?;
        let start = moment(comparison, 0);
        let end = moment(comparison, comparison.periods.len());
        let (began, looked) = looked.unwrap_or((start, end));
        let mut view = View {
            comparison,
            course,
            clock: Clock { began },
            scale: Scale {
                from: began.min(start),
                to: end.max(looked),
            },
            marks: Vec::new(),
        };
        view.marks = view.marks(looked);
        Ok(view)
    }

    pub(crate) fn judgement(&self) -> &Judgement {
        &self.course.judgement
    }

    /// The beginning of a period.
    pub(crate) fn moment(&self, index: usize) -> Timestamp {
        moment(self.comparison, index)
    }

    fn marks(&self, looked: Timestamp) -> Vec<Mark> {
        let mut marks = Vec::new();
        let mut mark = |at: Timestamp, class: &'static str, text: String| {
            marks.push(Mark {
                letter: ' ',
                at,
                class,
                text,
            });
        };
        mark(
            self.moment(0),
            "began",
            "the first period that is compared".to_owned(),
        );
        let least = self.comparison.plan.min_bake as usize;
        mark(
            self.moment(least),
            "due",
            "from here on it may pass".to_owned(),
        );
        if let Some(decided) = self.judgement().decided_at {
            let text = format!(
                "{}, after {}",
                ended(self.judgement()),
                count(decided, "period")
            );
            mark(self.moment(decided as usize), "decided", text);
        }
        if looked > self.moment(self.comparison.periods.len()) {
            mark(looked, "looked", "the last look".to_owned());
        }
        marks.sort_by_key(|mark| mark.at);
        for (mark, letter) in marks.iter_mut().zip('A'..) {
            mark.letter = letter;
        }
        marks
    }

    /// Charts, then tables.
    pub(crate) fn render(&self) -> Markup {
        let judgement = self.judgement();
        html! {
            section aria-labelledby="evidence-course" {
                h2 #evidence-course { "What decided" }
                p.sum { (self.judged()) }
                (patterns())
                (self.all_evidence())
                (legend(self.scale, &self.marks, self.clock))
            }
            section aria-labelledby="metrics" {
                h2 #metrics { "Metrics over time" }
                (meanings())
                @let drawn = self.drawn();
                @for index in &drawn { (metric::render(&Metric::new(self, *index))) }
                @if drawn.len() < judgement.metrics.len() {
                    p.cut {
                        (drawn.len()) " of " (judgement.metrics.len())
                        " metrics are drawn, those that decided first; all are in the table."
                    }
                }
                (self.numbers())
            }
            @if let Some(split) = &judgement.split { (self.split(split)) }
        }
    }

    fn judged(&self) -> Markup {
        let (judgement, plan) = (self.judgement(), &self.comparison.plan);
        let period = Duration::from_seconds(self.comparison.period_seconds);
        let after = self.comparison.periods.len() as u64 - u64::from(judgement.periods);
        html! {
            (data(judgement.periods, &count(judgement.periods, "period"))) " of " (period)
            " were judged, of at most " (plan.horizon) "; nothing passes before " (plan.min_bake) "."
            @if let Some(decided) = judgement.decided_at {
                " It " (ended(judgement)) " after " (data(decided, &count(decided, "period"))) "."
            } @else {
                " By then nothing was decided."
            }
            @if after > 0 { " " (count(after, "period")) " read after that were not judged." }
        }
    }

    /// The evidence of all deciding metrics together.
    fn all_evidence(&self) -> Markup {
        let judgement = self.judgement();
        let deciding = judgement.metrics.iter().filter(|own| own.weight > 0.0);
        let title = match deciding.count() {
            1 => "Evidence of the one metric that decides",
            _ => {
                "Evidence of all metrics that decide: of harm together, of safety of the least proven"
            }
        };
        let harm = judgement
            .log_e_harm
            .map_or_else(|| html! { "-" }, |own| data(own, &short(own)));
        html! {
            h3 { (title) }
            (proof::chart(self, "evidence-all", title, &Evidences {
                harm: self.course.log_e_harm.clone(),
                safe: self.course.log_e_safe.clone(),
            }))
            (axis("axis-title", self.scale, self.clock, &self.marks))
            p.note {
                "Evidence of harm is now " (harm) " and has to reach "
                (data(judgement.log_e_harm_needed, &short(judgement.log_e_harm_needed)))
                "; each deciding metric has to reach "
                (data(judgement.log_e_safe_needed, &short(judgement.log_e_safe_needed)))
                " of safety (logarithms of e-values). Without harm, harm is ever proven in at most "
                (percent(self.comparison.plan.alpha.share())) " of all comparisons, however often one looks."
            }
            ul.legend aria-label="Lines of evidence" {
                (stroke("harm", "evidence of harm"))
                (stroke("safe", "evidence of safety"))
                (stroke("needed", "what proves it"))
            }
        }
    }

    /// The metrics that are drawn: culprits, then what is not proven safe.
    fn drawn(&self) -> Vec<usize> {
        let judgement = self.judgement();
        let rank = |metric: &MetricResult| match metric {
            own if judgement.culprits.contains(&own.name) => 0,
            own if own.weight > 0.0 && !own.safe => 1,
            own if own.weight > 0.0 => 2,
            _ => 3,
        };
        let mut order: Vec<usize> = (0..judgement.metrics.len()).collect();
        order.sort_by_key(|index| rank(&judgement.metrics[*index]));
        order.truncate(METRICS_MAX);
        order
    }

    fn numbers(&self) -> Markup {
        let rows: Vec<Vec<Markup>> = self
            .judgement()
            .metrics
            .iter()
            .map(|own| metric::numbers(own, self.judgement()))
            .collect();
        table("What was measured", &metric::HEADS, &rows)
    }

    fn split(&self, split: &SplitResult) -> Markup {
        let share = |traffic: &Option<[f64; 2]>| {
            let [baseline, canary] = (*traffic)?;
            (baseline + canary > 0.0).then(|| canary / (baseline + canary))
        };
        let shares: Vec<Option<f64>> = self
            .comparison
            .periods
            .iter()
            .map(|period| share(&period.traffic))
            .collect();
        let observed = match split.observed {
            Some(observed) => data(observed, &percent(observed)),
            None => html! { "no part that is known" },
        };
        let all = shares.iter().flatten().copied().chain([split.configured]);
        let range = Range::of(all, SPLIT_HEIGHT);
        html! {
            section aria-labelledby="split" {
                h2 #split { "Split of the requests" }
                p.sum {
                    "The canary got " b { (observed) } " of the requests; "
                    b { (data(split.configured, &percent(split.configured))) } " were configured. Evidence that it is another split: "
                    (data(split.log_e, &short(split.log_e))) " of " (data(split.log_e_needed, &short(split.log_e_needed)))
                    " that would prove it."
                }
                @if let Some(range) = range {
                    svg.chart role="img" width="100%" height=(SPLIT_HEIGHT) aria-labelledby="split-title" {
                        title #split-title {
                            "The canary's share of the requests in each period, between " (percent(range.low)) " and "
                            (percent(range.high)) "; the line is what was configured"
                        }
                        (level("needed", range.place(split.configured)))
                        (plot(SPLIT_HEIGHT, &[self.line("canary", &shares, range)]))
                        (lines(self.scale, &self.marks, SPLIT_HEIGHT))
                        (ends(range, percent))
                    }
                }
            }
        }
    }

    /// Values in the middle of their periods.
    pub(crate) fn line(&self, class: &'static str, values: &[Option<f64>], range: Range) -> Line {
        let half = SignedDuration::from_millis(i64::from(self.comparison.period_seconds) * 500);
        let place = |index: usize| {
            let from = self.moment(index);
            self.scale.place(from.checked_add(half).unwrap_or(from))
        };
        let points = values.iter().enumerate();
        Line {
            class,
            points: points
                .map(|(index, value)| Some((place(index), range.place((*value)?))))
                .collect(),
        }
    }

    /// The readings of one metric.
    pub(crate) fn readings(&self, index: usize) -> impl Iterator<Item = Option<&Reading>> {
        let periods = self.comparison.periods.iter();
        periods.map(move |period| period.readings.get(index))
    }
}

fn moment(comparison: &Comparison, index: usize) -> Timestamp {
    let index = i64::try_from(index).unwrap_or(i64::MAX);
    let seconds = index.saturating_mul(i64::from(comparison.period_seconds));
    Timestamp::from_second(comparison.start.saturating_add(seconds)).unwrap_or(Timestamp::MAX)
}

/// How it came to its end.
fn ended(judgement: &Judgement) -> &'static str {
    match judgement.decision {
        Decision::Inconclusive => "ended undecided",
        _ => "was decided",
    }
}

/// A line from left to right.
pub(crate) fn level(class: &str, y: f64) -> Markup {
    let y = format!("{y:.1}");
    html! { line class=(class) x1="0" x2="100%" y1=(y) y2=(y) {} }
}

/// The ends of a scale, at the left.
pub(crate) fn ends(range: Range, word: impl Fn(f64) -> String) -> Markup {
    html! {
        text.end x="3" y="13" { (word(range.high)) }
        @if range.low < range.high { text.end x="3" y=(range.height - 4) { (word(range.low)) } }
    }
}

fn meanings() -> Markup {
    html! {
        ul.legend aria-label="Legend" {
            (stroke("baseline", "baseline, the old version"))
            (stroke("canary", "canary, the new version"))
            (swatch("state unknown", "skipped: no data of one of them"))
            (swatch("state nodata", "skipped: too few samples"))
            (swatch("state alarm", "skipped: an impossible value"))
            (swatch("state window", "after the decision: not judged"))
        }
    }
}
