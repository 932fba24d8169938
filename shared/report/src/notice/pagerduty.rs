//! Notices for PagerDuty's Events API, version 2.
//!
//! One alert a pipeline and stage: what breaks it triggers it, a rollback that
//! is done acknowledges it, the next success resolves it.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use sluice_core::notices::{Kind, Notice, Severity, Templates};

use super::Made;
use super::cut::cut;
use super::fit::fitted;
use super::parts::{Parts, leads_somewhere};
use super::text::{Texts, texts};
use super::words;

/// Characters of the key that alerts are known again by.
pub const DEDUP_KEY_MAX: usize = 255;
/// Bytes of an event, below PagerDuty's 512 KB.
pub const PAGERDUTY_BYTES_MAX: usize = 500_000;

const SUMMARY_MAX: usize = 1_024;
const LINK_TEXT_MAX: usize = 200;

/// A notice for PagerDuty; none where it has no action for what is told. The
/// routing key is a secret, and with it the body.
pub fn pagerduty(notice: &Notice, templates: &Templates, routing_key: &str) -> Option<Made> {
    let action = action(notice)?;
    let key = dedup_key(notice);
    let event = json!({ "routing_key": routing_key, "event_action": action, "dedup_key": key });
    if action != "trigger" {
        return Some(Made {
            body: event.to_string(),
            remarks: Vec::new(),
        });
    }
    let texts = texts(notice, templates);
    let trigger = |notice: &Notice| trigger(event.clone(), notice, &texts).to_string();
    Some(Made {
        body: fitted(notice, trigger, |body| body.len() <= PAGERDUTY_BYTES_MAX),
        remarks: texts.remarks,
    })
}

fn action(notice: &Notice) -> Option<&'static str> {
    match notice.kind {
        Kind::Broken | Kind::FailedAgain => Some("trigger"),
        Kind::Rollback if notice.severity >= Severity::Error => Some("trigger"),
        Kind::Rollback => Some("acknowledge"),
        Kind::Mended => Some("resolve"),
        Kind::WentOn | Kind::Passed | Kind::Said => None,
    }
}

/// The same for all notices about one stage of one pipeline.
pub fn dedup_key(notice: &Notice) -> String {
    let stage = notice.stage.as_deref().unwrap_or("");
    let key = format!("sluice/{}/{}/{stage}", notice.region, notice.pipeline);
    if key.chars().count() <= DEDUP_KEY_MAX {
        return key;
    }
    let digest = Sha256::digest(key.as_bytes());
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sluice/{digest}")
}

fn trigger(mut event: Value, notice: &Notice, texts: &Texts) -> Value {
    let parts = Parts::of(notice);
    event["client"] = json!("Sluice");
    if let Some(release) = notice
        .links
        .release
        .as_deref()
        .filter(|to| leads_somewhere(to))
    {
        event["client_url"] = json!(release);
    }
    let links: Vec<Value> = links(&parts).collect();
    event["links"] = json!(links);
    event["payload"] = payload(notice, texts, &parts);
    event
}

fn links(parts: &Parts) -> impl Iterator<Item = Value> {
    let own = parts.links.iter();
    let own = own.map(|link| (link.label.as_str(), Some(&link.to)));
    let changes = parts.changes.iter();
    let changes = changes.map(|(text, url)| (text.as_str(), url.as_ref()));
    own.chain(changes).filter_map(|(text, to)| {
        let to = to.filter(|to| leads_somewhere(to))?;
        Some(json!({ "href": to, "text": cut(text, LINK_TEXT_MAX) }))
    })
}

fn payload(notice: &Notice, texts: &Texts, parts: &Parts) -> Value {
    let summary = cut(&format!("{}: {}", texts.title, notice.reason), SUMMARY_MAX);
    let mut payload = json!({
        "summary": summary,
        "source": format!("{}/{}", notice.region, notice.pipeline),
        "severity": words::severity(notice.severity),
        "timestamp": notice.at.to_string(),
        "group": notice.service.as_deref().unwrap_or(&notice.pipeline),
        "custom_details": details(notice, texts, parts),
    });
    if let Some(stage) = &notice.stage {
        payload["component"] = json!(stage);
    }
    if let Some(result) = notice.result {
        payload["class"] = json!(words::result(result));
    }
    payload
}

fn details(notice: &Notice, texts: &Texts, parts: &Parts) -> Value {
    let mut details = Map::new();
    match &texts.own {
        Some(own) => details.insert("text".to_owned(), json!(own)),
        None => details.insert("reason".to_owned(), json!(parts.reason)),
    };
    for decided in &parts.deciding {
        details.insert(decided.head.clone(), json!(decided.lines));
    }
    let facts = parts.facts.iter();
    details.extend(facts.map(|(label, value)| ((*label).to_owned(), json!(value))));
    let optional = [("outage", &parts.outage), ("what follows", &parts.follows)];
    for (label, text) in optional {
        details.extend(text.as_ref().map(|text| (label.to_owned(), json!(text))));
    }
    let changes: Vec<&String> = parts.changes.iter().map(|(text, _)| text).collect();
    details.insert("what it brings".to_owned(), json!(changes));
    let remarks: Vec<&String> = parts.remarks.iter().chain(&texts.remarks).collect();
    details.insert("notes".to_owned(), json!(remarks));
    details.insert("evidence".to_owned(), json!(notice.links.evidence));
    details.insert("notice".to_owned(), json!(notice.id));
    Value::Object(details)
}
