//! Notices for a webhook of a Microsoft Teams workflow, as an adaptive card.
//!
//! Texts are runs of `RichTextBlock`, which are no Markdown: what comes from a
//! commit cannot become a link there.

use serde_json::{Value, json};
use sluice_core::notices::{Kind, Notice, Severity, Templates};

use super::Made;
use super::cut::{cut, cut_by};
use super::fit::fitted;
use super::parts::{Parts, leads_somewhere};
use super::text::{Texts, texts};

/// Bytes of a message; Teams documents 28 KB. It has been seen to count two
/// bytes a character, so that both ways of counting stay below it.
pub const TEAMS_BYTES_MAX: usize = 28_000;

/// What a template's text may take of it, in UTF-16 as it is written in JSON:
/// two thirds of that, however its letters are counted.
const OWN_MAX: usize = 6_000;
/// Teams shows six actions of a card.
const ACTIONS_MAX: usize = 6;
const REMARKS_MAX: usize = 10;

/// A notice for Teams.
pub fn teams(notice: &Notice, templates: &Templates) -> Made {
    let texts = texts(notice, templates);
    let make = |notice: &Notice| message(notice, &texts).to_string();
    Made {
        body: fitted(notice, make, |body| fits(body)),
        remarks: texts.remarks,
    }
}

fn fits(body: &str) -> bool {
    body.len() < TEAMS_BYTES_MAX && body.encode_utf16().count() * 2 < TEAMS_BYTES_MAX
}

fn message(notice: &Notice, texts: &Texts) -> Value {
    let card = card(notice, texts);
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": card,
        }],
    })
}

fn card(notice: &Notice, texts: &Texts) -> Value {
    let parts = Parts::of(notice);
    let mut body = vec![title(notice, texts)];
    match &texts.own {
        Some(own) => body.push(text(&cut_by(own, OWN_MAX, in_json))),
        None => body.extend(usual(&parts)),
    }
    let remarks = parts.remarks.iter().chain(&texts.remarks).take(REMARKS_MAX);
    body.extend(remarks.map(|remark| subtle(&format!("note: {remark}"))));
    let unclickable = parts.links.iter().filter(|link| !leads_somewhere(&link.to));
    body.extend(unclickable.map(|link| subtle(&format!("{}: {}", link.label, link.to))));
    json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": texts.title,
        "msteams": { "width": "Full" },
        "body": body,
        "actions": actions(&parts),
    })
}

/// How much room a character takes in JSON.
fn in_json(character: char) -> usize {
    match character {
        '"' | '\\' | '\n' => 2,
        other => other.len_utf16(),
    }
}

fn usual(parts: &Parts) -> Vec<Value> {
    let mut body = vec![text(&parts.reason)];
    for decided in &parts.deciding {
        let lines = decided.lines.iter().map(|line| format!("\n{line}"));
        body.push(headed(&decided.head, &lines.collect::<String>()));
    }
    body.extend(parts.outage.as_deref().map(text));
    let follows = parts.follows.as_ref();
    body.extend(follows.map(|follows| headed("what follows: ", follows)));
    let facts = parts.facts.iter();
    let facts = facts.map(|(label, value)| json!({ "title": label, "value": plain(value) }));
    body.push(json!({ "type": "FactSet", "facts": facts.collect::<Vec<_>>() }));
    for (change, _) in &parts.changes {
        body.push(headed("brings ", change));
    }
    body
}

fn title(notice: &Notice, texts: &Texts) -> Value {
    let color = match (notice.kind, notice.severity) {
        (Kind::Mended | Kind::Passed, _) => "good",
        (_, Severity::Critical | Severity::Error) => "attention",
        (_, Severity::Warning) => "warning",
        (_, Severity::Info) => "default",
    };
    let run = json!({
        "type": "TextRun", "text": texts.title, "size": "large", "weight": "bolder", "color": color,
    });
    json!({ "type": "RichTextBlock", "inlines": [run] })
}

fn text(text: &str) -> Value {
    rich(&[json!({ "type": "TextRun", "text": text })])
}

fn headed(head: &str, text: &str) -> Value {
    let head = json!({ "type": "TextRun", "text": head, "weight": "bolder" });
    rich(&[head, json!({ "type": "TextRun", "text": text })])
}

fn subtle(text: &str) -> Value {
    rich(&[json!({ "type": "TextRun", "text": text, "isSubtle": true, "size": "small" })])
}

fn rich(inlines: &[Value]) -> Value {
    json!({ "type": "RichTextBlock", "inlines": inlines })
}

/// Facts are Markdown: what could be a mark there is taken out of its meaning.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for character in text.chars() {
        if "\\`*_[]()#<>|~".contains(character) {
            plain.push('\\');
        }
        plain.push(character);
    }
    plain
}

fn actions(parts: &Parts) -> Vec<Value> {
    let links = parts.links.iter();
    let links = links.map(|link| (link.label.clone(), Some(&link.to)));
    let changes = parts.changes.iter();
    let changes = changes.map(|(text, url)| (cut(text, 40), url.as_ref()));
    links
        .chain(changes)
        .filter_map(|(label, to)| Some((label, to.filter(|to| leads_somewhere(to))?)))
        .take(ACTIONS_MAX)
        .map(|(label, to)| json!({ "type": "Action.OpenUrl", "title": label, "url": to }))
        .collect()
}
