//! The page's part about a gate `canary`: what was compared, or why nothing
//! was, and which series belong to which version.

use maud::{Markup, html};
use serde::Deserialize;
use sluice_core::ReasonCode;
use sluice_core::evidence::Evidence;
use sluice_core::plan::GateSettings;
use sluice_core::settings::{Canary, CanaryGroup, CanaryGroups};

use crate::compared::View;
use crate::tables::table;
use crate::words::{data, marked};

/// The section; `view` is what was compared, where anything was.
pub(crate) fn render(evidence: &Evidence, view: Option<&View<'_>>) -> Markup {
    html! {
        @if let Some(why) = nothing_compared(evidence, view) {
            section aria-labelledby="compared" {
                h2 #compared { "What was compared" }
                p { (marked(&why)) }
            }
        }
        @if let Some(text) = help(evidence) { p.note { (marked(&text)) } }
        @if let Some(view) = view { (view.render()) }
        (revised(evidence))
        (groups(evidence))
    }
}

fn code(evidence: &Evidence) -> Option<ReasonCode> {
    evidence.reason.as_ref().map(|reason| reason.code)
}

/// Why there is nothing to draw.
fn nothing_compared(evidence: &Evidence, view: Option<&View<'_>>) -> Option<String> {
    if view.is_some_and(|view| !view.comparison.periods.is_empty()) {
        return None;
    }
    if let Some(why) = evidence
        .facts
        .get("incomplete")
        .and_then(|own| own.as_str())
    {
        return Some(format!(
            "Nothing: at the last look the metrics could not be read as a whole, and a part of them is not judged. {why}"
        ));
    }
    Some(match code(evidence) {
        Some(ReasonCode::SkippedRollback) => {
            "Nothing: the release is a rollback. It brings back what was judged before, and the old version beside it \
             is the one that is rolled back, so that comparing the two would say nothing. With `on_rollback: full` a \
             canary judges rollbacks as well."
                .to_owned()
        }
        Some(code) if code.is_about_the_release() => {
            "Nothing at the last look: the release was over, so its metrics were not read.".to_owned()
        }
        Some(ReasonCode::NothingKnown) => {
            "Nothing: no period was closed before the gate had to answer.".to_owned()
        }
        _ => "Nothing: the gate ended before it had read the metrics of both versions.".to_owned(),
    })
}

/// What to look at where data are missing.
fn help(evidence: &Evidence) -> Option<String> {
    let missing = match code(evidence)? {
        ReasonCode::NoCanaryData => "the canary",
        ReasonCode::NoBaselineData => "the baseline",
        ReasonCode::NothingReported => "either version",
        _ => return None,
    };
    Some(format!(
        "If there were requests, the dimensions are the first thing to look at: CloudWatch matches them exactly, and \
         one too few or too many is another series. `aws cloudwatch list-metrics --namespace NAMESPACE --metric-name \
         NAME` lists those that there are. Nothing came from {missing} under the dimensions below."
    ))
}

fn revised(evidence: &Evidence) -> Markup {
    let revised = evidence.facts.get("revised").and_then(|own| own.as_u64());
    let revised = revised.and_then(|own| u32::try_from(own).ok()).unwrap_or(0);
    html! {
        @if revised > 0 {
            p {
                "Periods whose values changed after they had been judged at an earlier look: "
                (data(revised, &revised.to_string())) ". The verdict is that of the values as they stand."
            }
        }
    }
}

/// The groups as they were written down when the gate began, else as they
/// stand in the settings.
fn groups(evidence: &Evidence) -> Markup {
    let begun = evidence.begun.get("groups");
    let begun = begun.and_then(|own| CanaryGroups::deserialize(own).ok());
    let known = || settings(evidence).and_then(|own| own.known_groups());
    let Some(groups) = begun.or_else(known) else {
        return html! {};
    };
    let rows = [("baseline", &groups.baseline), ("canary", &groups.canary)]
        .map(|(name, group)| row(name, group));
    html! {
        section aria-labelledby="groups" {
            h2 #groups { "Groups" }
            (table("Which series belong to which version", &["Group", "Dimensions", "Region", "Account"], &rows))
            (earlier(evidence))
        }
    }
}

/// Where one group was compared with itself: which time stood for the old
/// version.
fn earlier(evidence: &Evidence) -> Markup {
    let earlier = evidence.begun.get("earlier");
    let moment = |name: &str| earlier.and_then(|own| own.get(name)?.as_str());
    html! {
        @if let (Some(from), Some(deployed)) = (moment("from"), moment("deployed")) {
            p {
                "Before and after: the baseline is the same group from " (from) " on, before the new version came at "
                (deployed) ". Whatever else changed since then looks as if the new version had done it."
            }
        }
    }
}

fn settings(evidence: &Evidence) -> Option<Canary> {
    match GateSettings::from_json(&evidence.settings) {
        Ok(GateSettings::Canary(settings)) => Some(settings),
        _ => None,
    }
}

fn row(name: &str, group: &CanaryGroup) -> Vec<Markup> {
    let region = group.region.as_deref();
    vec![
        html! { (name) },
        html! {
            @for (name, value) in &group.dimensions { div { code { (name) } " = " code { (value) } } }
        },
        html! { (region.unwrap_or("the function's region")) },
        html! {
            (group.account.as_deref().unwrap_or("the role's own"))
            @if let Some(role) = &group.role { ", read as " (role) }
        },
    ]
}
