//! The page: what came out and why on top, then what was seen, then all the
//! rest.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;
use sluice_core::evidence::Evidence;
use sluice_core::plan::GateSettings;
use sluice_core::replay::{Bakes, Finding, Unplayable};
use sluice_judge::sequential::Comparison;

use crate::compared::View;
use crate::times::Clock;
use crate::words::{marked, outcome, verdict, waiver, why};
use crate::{bake, canary, clear, raw, tables, validate};

const STYLE: &str = include_str!("style.css");
/// Reasons and remarks before their list is cut.
const LINES_MAX: usize = 50;

/// One self-contained HTML page about a piece of evidence. The finding is what
/// came of computing its verdict again, or why that was not possible.
///
/// `comparison` is what a canary compared, if it did.
pub fn page(
    evidence: &Evidence,
    finding: &Result<Finding, Unplayable>,
    comparison: Option<&Comparison>,
) -> String {
    let value = serde_json::to_value(evidence).unwrap_or(Value::Null);
    let (word, sign, class) = verdict(evidence.verdict);
    let of = &evidence.subject;
    let bake = bake(evidence);
    let compared = comparison.and_then(|own| View::new(own, Some(evidence.looked)).ok());
    let clock = bake.as_ref().map_or(
        Clock {
            began: evidence.looked.0,
        },
        bake::View::clock,
    );
    let title = format!("{word}: {} of {}, {}", of.gate, of.stage, evidence.pipeline);
    let body = html! {
        header class=(class) {
            h1 {
                span.verdict { span aria-hidden="true" { (sign) } " " (word) }
                " " span.subject { "gate " code { (of.gate) } " of stage " code { (of.stage) } }
            }
            p.why { (marked(&why(evidence).0)) "." }
        }
        (warning(finding))
        (about(evidence, clock))
        (lists(evidence))
        @if let Some(bake) = &bake { (bake.render()) }
        @if evidence.kind == "canary" { (canary::render(evidence, compared.as_ref())) }
        @if let Some(tests) = validate::render(evidence) { (tests) }
        @if evidence.kind == "clear" { (clear::render(evidence, clock).unwrap_or_default()) }
        (readings(evidence, bake.as_ref(), clock))
        (settings(evidence))
        (replaying(finding))
    };
    whole(&title, &body, "The whole evidence as JSON", &value)
}

/// A page that stands alone, with all that it is of at its end.
pub(crate) fn whole(title: &str, body: &Markup, everything: &str, value: &Value) -> String {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    (body)
                    section aria-labelledby="all" {
                        h2 #all { "Everything" }
                        (raw::raw(everything, value))
                    }
                }
            }
        }
    };
    markup.into_string()
}

/// The bake that the evidence is of, if there is enough to show.
pub(crate) fn bake(evidence: &Evidence) -> Option<bake::View> {
    let GateSettings::Bake(settings) = GateSettings::from_json(&evidence.settings).ok()? else {
        return None;
    };
    Some(bake::View::new(Bakes::read(evidence).ok()?, settings))
}

fn about(evidence: &Evidence, clock: Clock) -> Markup {
    let (first, last) = evidence.looked;
    let rows: [(&str, Markup); 9] = [
        ("Outcome", html! { b { (outcome(evidence)) } }),
        ("Reason", html! { code { (why(evidence).1) } }),
        ("Pipeline", html! { (evidence.pipeline) }),
        ("Release", html! { code { (evidence.subject.release) } }),
        ("Stage", html! { (evidence.subject.stage) }),
        (
            "Gate",
            html! { (evidence.subject.gate) ", rule " code { (evidence.rule) } },
        ),
        ("First look", clock.moment(first)),
        ("Last look", clock.moment(last)),
        ("Attempt", html! { code { (evidence.attempt) } }),
    ];
    html! {
        dl.about {
            @for (name, value) in rows {
                div { dt { (name) } dd { (value) } }
            }
            @if let Some(waiver) = waiver(evidence) {
                div { dt { "Waiver" } dd { (marked(&waiver)) } }
            }
        }
        p.note {
            "All times are UTC. In parentheses: the time from the beginning of the gate, "
            (crate::times::utc(clock.began)) "."
        }
    }
}

/// What has to be known before anything on the page is believed.
fn warning(finding: &Result<Finding, Unplayable>) -> Markup {
    html! {
        @if matches!(finding, Ok(Finding::Differs { .. })) {
            p.warning {
                b { "This evidence does not give this verdict." }
                " Computed again, something else came out; what, is under \u{201c}Compute it again\u{201d}."
            }
        }
    }
}

/// What else speaks for the verdict, and what people have to know beside it.
fn lists(evidence: &Evidence) -> Markup {
    let also: Vec<String> = evidence.also.iter().map(ToString::to_string).collect();
    html! {
        (list("also", "What else speaks for it", &also))
        (list("remarks", "Remarks", &evidence.remarks))
    }
}

pub(crate) fn list(id: &str, heading: &str, lines: &[String]) -> Markup {
    html! {
        @if !lines.is_empty() {
            section aria-labelledby=(id) {
                h2 id=(id) { (heading) }
                ul { @for line in lines.iter().take(LINES_MAX) { li { (marked(line)) } } }
                @if lines.len() > LINES_MAX {
                    p.cut { (LINES_MAX) " of " (lines.len()) " are shown; all are in the JSON below." }
                }
            }
        }
    }
}

fn readings(evidence: &Evidence, bake: Option<&bake::View>, clock: Clock) -> Markup {
    html! {
        section aria-labelledby="readings" {
            h2 #readings { "Readings" }
            @if let Some(bake) = bake { (bake.tables()) }
            @if let Some(release) = &evidence.release {
                p {
                    "CodePipeline said of the release: " code { (release.status) }
                    @if let Some(latest) = &release.stage_runs { "; its stage runs " code { (latest) } }
                    @if let Some(other) = &release.deployed_since { "; deployed since: " code { (other) } }
                    "."
                }
            }
            (tables::sources(evidence, clock))
        }
    }
}

fn settings(evidence: &Evidence) -> Markup {
    html! {
        @if !evidence.settings.is_null() {
            section aria-labelledby="settings" {
                h2 #settings { "Settings" }
                (tables::settings("Settings as they were when the gate began", &evidence.settings))
            }
        }
    }
}

/// How to compute the verdict again, and what came of doing so here.
fn replaying(finding: &Result<Finding, Unplayable>) -> Markup {
    let here = match finding {
        Ok(Finding::Agrees) => "When this page was made, it agreed.".to_owned(),
        Ok(Finding::Differs { recorded, computed }) => {
            format!(
                "When this page was made, it differed: recorded {recorded}; computed {computed}."
            )
        }
        Err(why) => format!("When this page was made: {why}."),
    };
    html! {
        section aria-labelledby="replay" {
            h2 #replay { "Compute it again" }
            p { "Save the JSON below, or take it from where the gate wrote it, and run" }
            pre { "sluice replay EVIDENCE.json" }
            p { "It applies the same rule to the same readings. " (here) }
        }
    }
}
