//! Notices for a topic of SNS: text for who reads e-mail, JSON for programs.

use std::collections::BTreeMap;

use sluice_core::notices::{Notice, Templates};

use super::cut::cut;
use super::fit::fitted;
use super::json::within;
use super::text::{Texts, texts};
use super::words;

/// Characters of a subject: SNS wants fewer than 100.
const SUBJECT_MAX: usize = 99;
/// Characters of the text for e-mail.
const EMAIL_MAX: usize = 30_000;
/// Bytes of the whole message as SNS counts it, with room for the attributes
/// below its 256 KiB.
const TOPIC_BYTES_MAX: usize = 250 * 1024;
/// Characters of an attribute.
const ATTRIBUTE_MAX: usize = 256;

/// What is published to a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicTexts {
    /// ASCII on one line.
    pub subject: String,
    /// `email`, and `default` for everything else.
    pub by_protocol: BTreeMap<&'static str, String>,
    /// What subscriptions filter by.
    pub attributes: BTreeMap<&'static str, String>,
    /// Which templates are broken.
    pub remarks: Vec<String>,
}

/// A notice for a topic.
pub fn topic(notice: &Notice, templates: &Templates) -> TopicTexts {
    let texts = texts(notice, templates);
    let email = email(&texts);
    let by_protocol = |notice: &Notice| {
        let json = within(notice, TOPIC_BYTES_MAX);
        BTreeMap::from([("default", json), ("email", email.clone())])
    };
    TopicTexts {
        subject: subject(&texts.title),
        by_protocol: fitted(notice, by_protocol, |texts| bytes(texts) <= TOPIC_BYTES_MAX),
        attributes: attributes(notice),
        remarks: texts.remarks,
    }
}

fn email(texts: &Texts) -> String {
    cut(&format!("{}\n\n{}", texts.title, texts.text), EMAIL_MAX)
}

/// Texts by protocol travel as one JSON object: what has to be escaped in it
/// takes more room.
fn bytes(by_protocol: &BTreeMap<&'static str, String>) -> usize {
    serde_json::to_string(by_protocol).map_or(usize::MAX, |json| json.len())
}

/// A subject begins with a letter, a digit or punctuation, and is ASCII.
fn subject(title: &str) -> String {
    let ascii = |c: char| {
        if c.is_ascii() && !c.is_control() {
            c
        } else {
            '?'
        }
    };
    let ascii: String = title.chars().map(ascii).collect();
    cut(ascii.trim(), SUBJECT_MAX)
}

fn attributes(notice: &Notice) -> BTreeMap<&'static str, String> {
    let stage = notice.stage.as_deref().unwrap_or_default();
    [
        ("pipeline", notice.pipeline.as_str()),
        ("stage", stage),
        ("kind", words::kind(notice.kind)),
        ("severity", words::severity(notice.severity)),
    ]
    .into_iter()
    // SNS takes no empty one.
    .filter(|(_, value)| !value.is_empty())
    .map(|(name, value)| (name, cut(value, ATTRIBUTE_MAX)))
    .collect()
}
