//! The page about two files that were compared, without a gate.

use maud::{Markup, html};
use serde_json::{Value, json};
use sluice_judge::Verdict;
use sluice_judge::sequential::{Comparison, Counts, Reading, Sample};

use crate::compared::View;
use crate::page::{list, whole};
use crate::tables;
use crate::words;

/// Two files that were compared, and what was said of it.
#[derive(Debug, Clone)]
pub struct FilesCompared {
    /// What came out.
    pub verdict: Verdict,
    /// Why, in a paragraph.
    pub why: String,
    /// What a reader should know beyond it.
    pub notes: Vec<String>,
    /// What was compared.
    pub comparison: Comparison,
    /// The same for programs, as the command prints it.
    pub document: Value,
}

/// One self-contained HTML page about it.
pub fn files_page(of: &FilesCompared) -> String {
    let (word, sign, class) = words::verdict(Some(match of.verdict {
        Verdict::Pass => sluice_core::Verdict::Pass,
        Verdict::Fail => sluice_core::Verdict::Fail,
        Verdict::Inconclusive => sluice_core::Verdict::Inconclusive,
    }));
    let plan = &of.document["plan"];
    let body = html! {
        header class=(class) {
            h1 {
                span.verdict { span aria-hidden="true" { (sign) } " " (word) }
                " " span.subject { "canary compared with its baseline" }
            }
            p.why { (words::marked(&of.why)) }
        }
        (list("notes", "Notes", &of.notes))
        (charts(&of.comparison))
        section aria-labelledby="settings" {
            h2 #settings { "Settings" }
            (tables::settings("Settings of the comparison", plan))
        }
    };
    let mut value = of.document.clone();
    value["readings"] = of.comparison.periods.iter().map(period).collect();
    let title = format!("{word}: canary compared with its baseline");
    whole(&title, &body, "The whole comparison as JSON", &value)
}

fn charts(comparison: &Comparison) -> Markup {
    match View::new(comparison, None) {
        Ok(view) => view.render(),
        Err(why) => html! { p { "It cannot be drawn: " (why) } },
    }
}

/// The readings of a period, as the judge was given them.
fn period(period: &sluice_judge::sequential::Period) -> Value {
    let counts =
        |own: &Option<Counts>| own.map(|own| json!({ "count": own.count, "total": own.total }));
    let sample = |own: &Option<Sample>| own.map(|own| json!({ "value": own.value }));
    let one = |reading: &Reading| match reading {
        Reading::Count { baseline, canary } => {
            json!({ "baseline": counts(baseline), "canary": counts(canary) })
        }
        Reading::Series { baseline, canary } => {
            json!({ "baseline": sample(baseline), "canary": sample(canary) })
        }
    };
    period.readings.iter().map(one).collect()
}
