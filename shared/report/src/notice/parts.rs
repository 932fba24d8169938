//! What a message is made of, in the order in which it matters.

use sluice_core::notices::{Change, Deciding, Notice};

use super::cut::{cut, on_one_line, readable};
use super::words;

/// Gates, or other actions, that are shown.
const DECIDING_MAX: usize = 5;
/// Readings that are shown of each.
const READINGS_MAX: usize = 3;
/// Sources that are shown.
const CHANGES_MAX: usize = 10;
/// Characters of a revision, enough to know a commit again.
const REVISION_MAX: usize = 12;
/// Characters of what a change says of itself.
const SUMMARY_MAX: usize = 200;

/// A gate, or another action, that decided.
pub(super) struct Decided {
    /// What it came to.
    pub(super) head: String,
    /// Why, and what it read: a line each.
    pub(super) lines: Vec<String>,
}

/// A text that may lead somewhere.
pub(super) struct Link {
    pub(super) label: String,
    pub(super) to: String,
}

/// What a message is made of.
pub(super) struct Parts {
    pub(super) reason: String,
    pub(super) deciding: Vec<Decided>,
    pub(super) outage: Option<String>,
    pub(super) follows: Option<String>,
    /// A word and what stands behind it.
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) changes: Vec<(String, Option<String>)>,
    pub(super) remarks: Vec<String>,
    pub(super) links: Vec<Link>,
}

impl Parts {
    pub(super) fn of(notice: &Notice) -> Parts {
        let mut remarks: Vec<String> = notice.remarks.iter().map(|r| on_one_line(r)).collect();
        remarks.extend(more(
            notice.deciding.len(),
            DECIDING_MAX,
            "gates or actions",
        ));
        remarks.extend(more(notice.changes.len(), CHANGES_MAX, "sources"));
        Parts {
            reason: readable(&notice.reason),
            deciding: deciding(notice),
            outage: words::outage(notice),
            follows: notice.follows.as_deref().map(readable),
            facts: facts(notice),
            changes: notice
                .changes
                .iter()
                .take(CHANGES_MAX)
                .map(change)
                .collect(),
            remarks,
            links: links(notice),
        }
    }
}

fn more(count: usize, shown: usize, what: &str) -> Option<String> {
    (count > shown).then(|| format!("{} more {what} are not shown", count - shown))
}

fn deciding(notice: &Notice) -> Vec<Decided> {
    let shown = notice.deciding.iter().take(DECIDING_MAX);
    let lines = |own: &Deciding| {
        let is_new = own.reason != notice.reason && !own.reason.is_empty();
        let reason = is_new.then(|| readable(&own.reason));
        let readings = own.readings.iter().take(READINGS_MAX);
        let readings = readings.map(|reading| on_one_line(reading));
        let left = own.readings.len().saturating_sub(READINGS_MAX);
        let left = (left > 0).then(|| format!("{left} more in the evidence"));
        reason.into_iter().chain(readings).chain(left).collect()
    };
    let told = |own| Decided {
        head: on_one_line(&words::decided(own)),
        lines: lines(own),
    };
    shown.map(told).collect()
}

fn facts(notice: &Notice) -> Vec<(&'static str, String)> {
    let optional = |label, value: &Option<String>| value.clone().map(|value| (label, value));
    let first = [("pipeline", notice.pipeline.clone())].into_iter();
    first
        .chain(optional("stage", &notice.stage))
        .chain(optional("service", &notice.service))
        .chain(optional("release", &notice.release))
        .chain(optional("started by", &notice.started_by))
        .chain([
            ("severity", words::severity(notice.severity).to_owned()),
            ("region", notice.region.clone()),
            ("at", words::moment(notice.at)),
        ])
        .map(|(label, value)| (label, on_one_line(&value)))
        .collect()
}

/// What a source brought, and where that can be seen.
fn change(change: &Change) -> (String, Option<String>) {
    let revision: String = change.revision.chars().take(REVISION_MAX).collect();
    let summary = change.summary.as_deref().map(on_one_line);
    let summary = summary.map(|summary| format!(": {}", cut(&summary, SUMMARY_MAX)));
    let text = format!(
        "{} {revision}{}",
        change.source,
        summary.unwrap_or_default()
    );
    (on_one_line(&text), change.url.clone())
}

fn links(notice: &Notice) -> Vec<Link> {
    let own = &notice.links;
    [
        ("pipeline execution", &own.release),
        ("page of the evidence", &own.page),
        ("evidence", &own.evidence),
        ("log", &own.log),
        ("state machine", &own.execution),
    ]
    .into_iter()
    .filter_map(|(label, to)| {
        let to = to.clone().filter(|to| !to.is_empty())?;
        Some(Link {
            label: label.to_owned(),
            to,
        })
    })
    .collect()
}

/// Whether an address is one to click on, and nothing in it could end it early.
pub(super) fn leads_somewhere(to: &str) -> bool {
    let beginning = to.starts_with("https://") || to.starts_with("http://");
    let ends_it = |c: char| c.is_whitespace() || c.is_control() || "<>|\"'`\\^{}".contains(c);
    beginning && !to.contains(ends_it)
}
