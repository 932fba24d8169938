//! How each message reads, letter by letter. `SLUICE_SNAPSHOTS=write` writes
//! the files again, for a look at what changed.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use sluice_core::notices::{Notice, Templates};
use sluice_report::notice::{event_detail, pagerduty, slack, teams, topic};

use super::ROUTING_KEY;
use super::samples::samples;

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/channels/snapshots"))
}

fn parsed(body: &str) -> Value {
    serde_json::from_str(body).unwrap()
}

/// File names and contents of one notice's messages.
fn messages(name: &str, notice: &Notice, templates: &Templates) -> Vec<(String, String)> {
    let topic = topic(notice, templates);
    let text = format!(
        "Subject: {}\n\n{}",
        topic.subject, topic.by_protocol["email"]
    );
    let alert = pagerduty(notice, templates, ROUTING_KEY).map(|made| parsed(&made.body));
    let alert = alert.unwrap_or_else(|| json!("PagerDuty is not told"));
    let messages = json!({
        "sns attributes": topic.attributes,
        "eventbridge": parsed(&event_detail(notice)),
        "slack": parsed(&slack(notice, templates).body),
        "teams": parsed(&teams(notice, templates).body),
        "pagerduty": alert,
    });
    let json = serde_json::to_string_pretty(&messages).unwrap() + "\n";
    vec![
        (format!("{name}.txt"), text),
        (format!("{name}.json"), json),
    ]
}

fn all() -> Vec<(String, String)> {
    let usual = samples().into_iter();
    let usual = usual.flat_map(|(name, notice)| messages(name, &notice, &Templates::default()));
    let own = Templates {
        title: Some("{{ severity|upper }} {{ place }}".to_owned()),
        text: Some(
            "{{ reason }}\n{% for own in deciding %}- {{ own.gate }}: {{ own.verdict }}\n{% endfor %}"
                .to_owned(),
        ),
    };
    let broken = Templates {
        title: Some("{{ severety }}".to_owned()),
        text: Some("{% set a = 1 %}".to_owned()),
    };
    let templates = [("by-templates", own), ("by-broken-templates", broken)];
    let by_templates = templates.into_iter();
    let by_templates = by_templates
        .flat_map(|(name, templates)| messages(name, &super::samples::broken(), &templates));
    usual.chain(by_templates).collect()
}

#[test]
fn every_message_reads_as_it_was_agreed() {
    let is_written = std::env::var_os("SLUICE_SNAPSHOTS").is_some_and(|own| own == "write");
    let mut differing = Vec::new();
    for (name, text) in all() {
        let path = folder().join(&name);
        if is_written {
            fs::write(&path, &text).unwrap();
        }
        if fs::read_to_string(&path).ok().as_ref() != Some(&text) {
            differing.push(name);
        }
    }
    let advice = "look at them with SLUICE_SNAPSHOTS=write and `git diff`";
    assert!(
        differing.is_empty(),
        "other messages than {differing:?}: {advice}"
    );
}

#[test]
fn no_message_is_kept_that_nobody_writes() {
    let written: BTreeSet<String> = all().into_iter().map(|(name, _)| name).collect();
    let files = fs::read_dir(folder()).unwrap();
    let files = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    assert_eq!(files.collect::<BTreeSet<String>>(), written);
}
