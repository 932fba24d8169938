//! The page's part about a bake: alarms and traffic over time, and tables of
//! what was read.

use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use sluice_core::Duration;
use sluice_core::bake::{Begun, Facts, History, Shown, ShownAlarm, TrafficFacts, shown};
use sluice_core::reading::Count;
use sluice_core::replay::Bakes;
use sluice_core::settings::{Bake, Traffic};

use crate::alarms::{self, Rows};
use crate::chart::{Mark, Scale, axis, block, legend, lines, percent};
use crate::tables::table;
use crate::times::Clock;
use crate::words::{marked, number};

/// Periods of traffic that are drawn one by one.
const BARS_MAX: usize = 240;
const TRAFFIC_HEIGHT: u32 = 70;

/// A bake, read from its evidence.
pub(crate) struct View {
    begun: Begun,
    facts: Facts,
    settings: Bake,
    pub(crate) shown: Shown,
}

impl View {
    pub(crate) fn new(read: Bakes, settings: Bake) -> View {
        let shown = shown(&read.begun, &settings, &read.facts, &read.memory);
        View {
            begun: read.begun,
            facts: read.facts,
            settings,
            shown,
        }
    }

    pub(crate) fn clock(&self) -> Clock {
        Clock {
            began: self.begun.began,
        }
    }

    /// At most twice as far as anything was read: a bake of a day that failed
    /// after minutes would be a line at the left.
    fn scale(&self) -> Scale {
        let from = self.begun.watched_from.at.min(self.begun.began);
        let passed = self.facts.now.duration_since(from);
        let to = self.shown.last_read_from.min(self.facts.now + passed);
        Scale {
            from,
            to: to.max(self.facts.now),
        }
    }

    fn marks(&self) -> Vec<Mark> {
        let mut marks = Vec::new();
        let mut mark = |at: Timestamp, class: &'static str, text: String| {
            marks.push(Mark {
                letter: ' ',
                at,
                class,
                text,
            });
        };
        if let Some(action) = &self.begun.watched_from.action {
            let text = format!("the deployment `{action}` began; firings count from here");
            mark(self.begun.watched_from.at, "deployed", text);
        }
        mark(self.begun.began, "began", "the bake began".to_owned());
        let alarms = self.shown.alarms.iter().zip(&self.begun.alarms);
        let failed = alarms.filter_map(|(shown, begun)| Some((shown.failed_at?, begun)));
        if let Some((at, alarm)) = failed.min_by_key(|(at, _)| *at) {
            let text = format!("decided by alarm {}", alarm.label());
            mark(at, "decided", text);
        }
        mark(self.facts.now, "looked", "the last look".to_owned());
        let last = self.shown.last_read_from;
        mark(
            last,
            "due",
            "a pass needs a last look from here on".to_owned(),
        );
        marks.sort_by_key(|mark| mark.at);
        for (mark, letter) in marks.iter_mut().zip('A'..) {
            mark.letter = letter;
        }
        marks
    }

    /// Charts, then tables.
    pub(crate) fn render(&self) -> Markup {
        let (scale, clock, marks) = (self.scale(), self.clock(), self.marks());
        html! {
            section aria-labelledby="alarms" {
                h2 #alarms { "Alarms over time" }
                (alarms::legend())
                (self.rows(scale, &marks))
                (axis("axis-title", scale, clock, &marks))
                (legend(scale, &marks, clock))
            }
            section aria-labelledby="traffic" {
                h2 #traffic { "Traffic" }
                (self.traffic(scale, &marks))
            }
        }
    }

    fn rows(&self, scale: Scale, marks: &[Mark]) -> Markup {
        let whole = self.settings.bake_for.saturating_add(self.begun.settle);
        let rows = Rows {
            scale,
            clock: self.clock(),
            marks,
            window: (
                self.begun.began,
                self.begun.began + SignedDuration::from(whole),
            ),
            standstills: &self.shown.standstills,
            needed: self.settings.bake_for,
            read_until: self.facts.now,
        };
        let mut order: Vec<usize> = (0..self.shown.alarms.len()).collect();
        // What failed comes first.
        let failed = |index: &usize| self.shown.alarms[*index].failed_at;
        order.sort_by_key(|index| (failed(index).is_none(), failed(index)));
        html! {
            @for index in order {
                (alarms::row(index, &self.begun.alarms[index], &self.shown.alarms[index], &rows))
            }
        }
    }

    fn traffic(&self, scale: Scale, marks: &[Mark]) -> Markup {
        let (seconds, counts) = match &self.facts.traffic {
            TrafficFacts::NotMeasured => {
                return html! {
                    p { "Not measured (" code { "traffic: not_measured" } "): OK may mean that nobody came." }
                };
            }
            TrafficFacts::Unknown(why) => {
                return html! { p { "The requests could not be counted: " (marked(why)) } };
            }
            TrafficFacts::Counted {
                period_seconds,
                counts,
            } => (*period_seconds, counts),
        };
        let together = counts.len().div_ceil(BARS_MAX).max(1);
        let bars: Vec<&[Count]> = counts.chunks(together).collect();
        let sum = |bar: &[Count]| bar.iter().map(|count| count.count).sum::<f64>();
        let most = bars.iter().map(|bar| sum(bar)).fold(0.0, f64::max);
        let one = Duration::from_seconds(seconds);
        html! {
            p.sum { (self.requests()) }
            svg.traffic role="img" width="100%" height=(TRAFFIC_HEIGHT) aria-labelledby="traffic-title" {
                title #traffic-title { (self.requests_plainly()) "; at most " (number(most)) " in a bar" }
                @for bar in &bars {
                    @let (x, width) = extent(scale, bar, seconds);
                    @let height = if most > 0.0 { sum(bar) / most * f64::from(TRAFFIC_HEIGHT - 4) } else { 0.0 };
                    rect.count x=(percent(x)) y=(format!("{:.2}", f64::from(TRAFFIC_HEIGHT) - height))
                        width=(percent(width)) height=(format!("{height:.2}")) {}
                }
                @for still in &self.shown.standstills { (block(scale, "state still", *still, TRAFFIC_HEIGHT - 6, 6)) }
                (lines(scale, marks, TRAFFIC_HEIGHT))
            }
            p.note {
                "Each bar is " (together) " period" @if together > 1 { "s" } " of " (one) "; the highest has "
                b { (number(most)) } " requests. Periods without data have no bar."
            }
        }
    }

    fn requests_plainly(&self) -> String {
        let seen = number(self.shown.requests.unwrap_or(0.0));
        match &self.settings.traffic {
            Traffic::Measured(measured) => {
                let least = whole(measured.at_least);
                format!(
                    "{seen} requests of {}, at least {least} are needed",
                    measured.metric.name
                )
            }
            Traffic::NotMeasured(_) => format!("{seen} requests"),
        }
    }

    fn requests(&self) -> Markup {
        let seen = self.shown.requests.unwrap_or(0.0);
        html! {
            data value=(seen) { b { (number(seen)) } } " requests"
            @if let Traffic::Measured(measured) = &self.settings.traffic {
                " of " code { (measured.metric.namespace) " " (measured.metric.name) }
                "; at least " data value=(measured.at_least) { b { (whole(measured.at_least)) } }
                " are needed"
            }
        }
    }

    /// All that was read, in tables.
    pub(crate) fn tables(&self) -> Markup {
        html! {
            (self.alarms_table())
            (self.transitions_table())
            (self.counts_table())
        }
    }

    fn alarms_table(&self) -> Markup {
        let clock = self.clock();
        let cell = |at: Option<Timestamp>| match at {
            Some(at) => clock.moment(at),
            None => html! { "not said" },
        };
        let rows: Vec<Vec<Markup>> = self
            .begun
            .alarms
            .iter()
            .zip(&self.facts.alarms)
            .zip(&self.shown.alarms)
            .map(|((begun, facts), shown)| {
                vec![
                    marked(&begun.label()),
                    html! { (begun.alarm.state) },
                    html! { (facts.present.state) },
                    cell(facts.present.transitioned),
                    html! { (Duration::from_signed(shown.known)) },
                    html! { (facts.present.evaluation.as_deref().unwrap_or("well")) },
                    html! { (begun.alarm.missing_data.as_deref().unwrap_or("-")) },
                ]
            })
            .collect();
        let heads = [
            "Alarm",
            "At the first look",
            "At the last look",
            "Since",
            "Known for",
            "Evaluated",
            "Missing data",
        ];
        table("Alarms", &heads, &rows)
    }

    fn transitions_table(&self) -> Markup {
        let clock = self.clock();
        let mut rows = Vec::new();
        for (begun, facts) in self.begun.alarms.iter().zip(&self.facts.alarms) {
            let label = marked(&begun.label());
            match &facts.history {
                Some(History::Read(transitions)) => {
                    rows.extend(transitions.iter().map(|transition| {
                        vec![
                            label.clone(),
                            clock.moment(transition.at),
                            html! { (transition.old) },
                            html! { (transition.new) },
                        ]
                    }));
                }
                Some(History::Unread(why)) => {
                    let none = || html! { "-" };
                    rows.push(vec![
                        label,
                        html! { "not read: " (marked(why)) },
                        none(),
                        none(),
                    ]);
                }
                None => {}
            }
        }
        if rows.is_empty() {
            return html! {
                p { "No history with a transition was read; where none was needed, none was asked for." }
            };
        }
        table(
            "Transitions, from the alarms' histories",
            &["Alarm", "At", "From", "To"],
            &rows,
        )
    }

    fn counts_table(&self) -> Markup {
        let TrafficFacts::Counted { counts, .. } = &self.facts.traffic else {
            return html! {};
        };
        let rows: Vec<Vec<Markup>> = counts
            .iter()
            .map(|count| {
                let exact = serde_json::json!(count.count);
                vec![
                    self.clock().moment(count.at),
                    html! { data value=(exact) { (number(count.count)) } },
                ]
            })
            .collect();
        html! {
            details {
                summary { "Requests, period by period" }
                (table("Requests in each period", &["Period from", "Requests"], &rows))
            }
        }
    }

    /// Each alarm with what is shown of it.
    pub(crate) fn alarms(&self) -> impl Iterator<Item = (String, &ShownAlarm)> {
        let labels = self.begun.alarms.iter().map(|alarm| alarm.label());
        labels.zip(&self.shown.alarms)
    }

    pub(crate) fn needed(&self) -> Duration {
        self.settings.bake_for
    }
}

/// Where a bar begins and how wide it is.
fn extent(scale: Scale, bar: &[Count], seconds: u32) -> (f64, f64) {
    let (Some(first), Some(last)) = (bar.first(), bar.last()) else {
        return (0.0, 0.0);
    };
    let end = last.at + SignedDuration::from_secs(i64::from(seconds));
    let (from, to) = (scale.place(first.at), scale.place(end));
    (from, ((to - from) * 0.8).max(0.1))
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn whole(count: u64) -> String {
    number(count as f64)
}
