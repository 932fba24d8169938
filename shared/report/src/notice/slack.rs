//! Notices for Slack's incoming webhooks, as blocks.
//!
//! Limits from Slack's reference of Block Kit: 50 blocks a message, 150
//! characters of a header, 3,000 of a text, ten fields of 2,000 characters, ten
//! elements of a context.

use serde_json::{Value, json};
use sluice_core::notices::{Notice, Templates};

use super::Made;
use super::cut::cut_by;
use super::parts::{Parts, leads_somewhere};
use super::text::{Texts, texts};

const HEADER_MAX: usize = 150;
const TEXT_MAX: usize = 3_000;
const FIELD_MAX: usize = 2_000;
const FIELDS_MAX: usize = 10;
const ELEMENTS_MAX: usize = 10;
/// Blocks that a template's text may take; the others are a dozen.
const PIECES_MAX: usize = 30;
/// A longer address is shown as text: it would take a block for itself.
const LINK_MAX: usize = 1_000;

/// A notice for Slack.
pub fn slack(notice: &Notice, templates: &Templates) -> Made {
    let texts = texts(notice, templates);
    let parts = Parts::of(notice);
    let mut blocks = vec![header(&texts.title)];
    match &texts.own {
        Some(own) => blocks.extend(pieces(own)),
        None => blocks.extend(usual(&parts)),
    }
    blocks.extend(links(&parts));
    blocks.extend(context(&parts, &texts));
    let fallback = format!("{}: {}", texts.title, parts.reason);
    let message = json!({ "text": escaped(&fallback, TEXT_MAX), "blocks": blocks });
    Made {
        body: message.to_string(),
        remarks: texts.remarks,
    }
}

fn usual(parts: &Parts) -> Vec<Value> {
    let mut blocks = vec![section(&parts.reason)];
    blocks.extend(parts.deciding.iter().map(|decided| {
        let lines = decided.lines.iter().map(|line| format!("\n• {line}"));
        section(&format!("{}{}", decided.head, lines.collect::<String>()))
    }));
    let ending = parts.outage.iter().chain(&parts.follows);
    let ending: Vec<String> = ending.map(|text| sentence(text)).collect();
    if !ending.is_empty() {
        blocks.push(section(&ending.join("\n")));
    }
    blocks.push(fields(parts));
    blocks.extend(changes(parts));
    blocks
}

/// With a capital at its beginning: it stands on its own.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

fn header(title: &str) -> Value {
    let text = cut_by(title, HEADER_MAX, char::len_utf16);
    json!({ "type": "header", "text": { "type": "plain_text", "text": text, "emoji": false } })
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": mrkdwn(escaped(text, TEXT_MAX)) })
}

/// `verbatim`: a name in a commit's message calls nobody, and a word with a
/// dot in it becomes no link.
fn mrkdwn(escaped: String) -> Value {
    let text = if escaped.trim().is_empty() {
        "-".to_owned()
    } else {
        escaped
    };
    json!({ "type": "mrkdwn", "text": text, "verbatim": true })
}

fn fields(parts: &Parts) -> Value {
    let fields = parts.facts.iter().take(FIELDS_MAX);
    let field = |(label, value): &(&str, String)| {
        let value = escaped(value, FIELD_MAX - label.len() - 3);
        mrkdwn(format!("*{label}*\n{value}"))
    };
    json!({ "type": "section", "fields": fields.map(field).collect::<Vec<_>>() })
}

fn changes(parts: &Parts) -> Option<Value> {
    let lines = parts.changes.iter().map(|(text, url)| {
        let text = escaped(text, 300);
        match url.as_deref().and_then(address) {
            Some(to) => format!("• <{to}|{}>", text.replace('|', "/")),
            None => format!("• {text}"),
        }
    });
    let text = whole_lines(std::iter::once("*what it brings*".to_owned()).chain(lines));
    let block = json!({ "type": "section", "text": mrkdwn(text) });
    (!parts.changes.is_empty()).then_some(block)
}

/// As many lines as a block takes, none of them cut: half of a link is none.
fn whole_lines(lines: impl Iterator<Item = String>) -> String {
    const REST: &str = "\n(more is not shown)";
    let mut text = String::new();
    for line in lines {
        if units(&text) + units(&line) + REST.len() + 1 > TEXT_MAX {
            return text + REST;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&line);
    }
    text
}

fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

fn links(parts: &Parts) -> Option<Value> {
    let lines = parts.links.iter().map(|link| match address(&link.to) {
        Some(to) => format!("<{to}|{}>", link.label),
        None => format!("{}: {}", link.label, escaped(&link.to, FIELD_MAX)),
    });
    let text = whole_lines(lines);
    (!text.is_empty()).then(|| json!({ "type": "section", "text": mrkdwn(text) }))
}

/// An address as it stands in a link.
fn address(to: &str) -> Option<String> {
    let clickable = leads_somewhere(to) && to.len() <= LINK_MAX;
    clickable.then(|| to.replace('&', "&amp;"))
}

fn context(parts: &Parts, texts: &Texts) -> Option<Value> {
    let remarks = parts.remarks.iter().chain(&texts.remarks);
    let remark = |remark: &String| mrkdwn(escaped(&format!("note: {remark}"), FIELD_MAX));
    let elements: Vec<Value> = remarks.take(ELEMENTS_MAX).map(remark).collect();
    (!elements.is_empty()).then(|| json!({ "type": "context", "elements": elements }))
}

/// A template's text in as many blocks as it takes.
fn pieces(text: &str) -> Vec<Value> {
    let mut pieces: Vec<String> = vec![String::new()];
    for line in text.split_inclusive('\n') {
        let line = escaped(line, TEXT_MAX);
        let last = pieces.last_mut().expect("there is always one");
        if units(last) + units(&line) > TEXT_MAX {
            pieces.push(line);
        } else {
            last.push_str(&line);
        }
    }
    let whole = pieces.len() <= PIECES_MAX;
    pieces.truncate(PIECES_MAX);
    let rest = (!whole).then(|| "(more is not shown)".to_owned());
    let pieces = pieces.into_iter().chain(rest);
    pieces
        .map(|piece| json!({ "type": "section", "text": mrkdwn(piece) }))
        .collect()
}

/// A text in which Slack finds no links, no mentions and no commands, cut so
/// that it fits as it is sent.
fn escaped(text: &str, most: usize) -> String {
    let size = |character| match character {
        '&' => 5,
        '<' | '>' => 4,
        other => other.len_utf16(),
    };
    cut_by(text, most, size)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
