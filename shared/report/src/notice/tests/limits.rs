//! What is too long is cut, says so, and keeps what matters most.

use serde_json::Value;
use sluice_core::notices::{Kind, Notice, Severity, Templates};

use super::super::{
    DEDUP_KEY_MAX, NOTICE_BYTES_MAX, PAGERDUTY_BYTES_MAX, TEAMS_BYTES_MAX, TITLE_MAX, dedup_key,
    event_detail, pagerduty, slack, teams, texts, topic, webhook_body,
};
use super::{deciding, notice};

/// Much too long in every part, in characters of several bytes and in those
/// that have to be escaped.
fn huge() -> Notice {
    let long = "<&\"😀é\u{1}> ".repeat(500);
    let mut notice = notice();
    notice.reason = format!("first words {long}");
    notice.follows = Some(long.clone());
    notice.started_by = Some(long.clone());
    notice.service = Some(long.clone());
    let mut own = deciding();
    own.reason = long.clone();
    own.readings = vec![long.clone(); 20];
    notice.deciding = vec![own; 10];
    let change = notice.changes.remove(0);
    notice.changes = vec![change; 60];
    for change in &mut notice.changes {
        change.summary = Some(long.clone());
        change.url = Some(format!("https://git.example/{}", "x".repeat(5_000)));
    }
    notice.remarks = vec![long; 40];
    notice
}

fn parsed(body: &str) -> Value {
    serde_json::from_str(body).unwrap()
}

#[test]
fn a_title_is_a_line_of_limited_length() {
    let mut notice = notice();
    notice.kind = Kind::Said;
    notice.reason = format!("it\nsays {}", "ü".repeat(200));
    let title = texts(&notice, &Templates::default()).title;
    assert!(title.starts_with("checkout/prod: it says üü"), "{title}");
    assert!(title.ends_with("ü..."), "{title}");
    assert_eq!(title.chars().count(), TITLE_MAX);
}

#[test]
fn json_keeps_within_its_bytes_and_says_that_it_is_shortened() {
    for body in [event_detail(&huge()), webhook_body(&huge())] {
        assert!(body.len() <= NOTICE_BYTES_MAX, "{}", body.len());
        let notice: Notice = serde_json::from_str(&body).unwrap();
        assert!(notice.remarks[0].contains("shortened"));
        assert!(notice.reason.starts_with("first words <&"));
        assert_eq!(notice.deciding[0].gate, "bake");
        assert_eq!(notice.changes[0].url, None, "half an address leads nowhere");
    }
}

#[test]
fn json_that_fits_is_the_notice_itself() {
    let read: Notice = serde_json::from_str(&event_detail(&notice())).unwrap();
    assert_eq!(read, notice());
}

#[test]
fn a_topics_message_keeps_within_what_sns_takes() {
    let made = topic(&huge(), &Templates::default());
    let whole = serde_json::to_string(&made.by_protocol).unwrap();
    assert!(whole.len() <= 250 * 1024, "{}", whole.len());
    assert!(made.by_protocol["email"].contains("first words"));
    let read: Notice = serde_json::from_str(&made.by_protocol["default"]).unwrap();
    assert_eq!(read.pipeline, "checkout");
}

#[test]
fn a_subject_is_ascii_on_one_line_and_not_empty() {
    let mut notice = notice();
    notice.kind = Kind::Said;
    notice.reason = format!("naïve\r\n{}", "x".repeat(300));
    let made = topic(&notice, &Templates::default());
    assert!(
        made.subject.starts_with("checkout/prod: na?ve xxx"),
        "{}",
        made.subject
    );
    assert!(made.subject.len() < 100);
    assert!(made.subject.bytes().all(|b| (0x20..0x7f).contains(&b)));
}

#[test]
fn attributes_are_what_subscriptions_filter_by() {
    let mut notice = notice();
    let made = topic(&notice, &Templates::default());
    let of = |name: &str| made.attributes[name].clone();
    assert_eq!(
        [of("pipeline"), of("stage"), of("kind"), of("severity")],
        ["checkout", "prod", "broken", "critical"]
    );
    notice.stage = None;
    let made = topic(&notice, &Templates::default());
    assert!(
        !made.attributes.contains_key("stage"),
        "SNS takes no empty one"
    );
}

#[test]
fn nothing_of_a_commit_becomes_a_link_or_calls_anybody_in_slack() {
    let mut notice = notice();
    notice.reason = "<!channel> & <https://evil.example|click> @here".to_owned();
    notice.changes[0].summary = Some("|x> <!here>".to_owned());
    notice.changes[0].url = Some("https://git.example/a|b>".to_owned());
    let body = slack(&notice, &Templates::default()).body;
    assert!(!body.contains("<!"), "{body}");
    assert!(!body.contains("<https://evil"), "{body}");
    assert!(!body.contains("<https://git.example/a|b"), "{body}");
    let message = parsed(&body);
    for block in message["blocks"].as_array().unwrap() {
        if block["text"]["type"] == "mrkdwn" {
            assert_eq!(block["text"]["verbatim"], true);
        }
    }
    assert!(
        body.contains("<https://console.example/?a=1&amp;b=2|pipeline execution>"),
        "{body}"
    );
}

#[test]
fn a_template_cannot_bring_more_blocks_than_slack_takes() {
    let templates = Templates {
        title: None,
        text: Some("{% for a in remarks %}<{{ a }}\n{% endfor %}".to_owned()),
    };
    let mut notice = notice();
    notice.remarks = vec!["&".repeat(600); 100];
    let message = parsed(&slack(&notice, &templates).body);
    let blocks = message["blocks"].as_array().unwrap();
    assert!(blocks.len() <= 50, "{}", blocks.len());
    for block in blocks.iter().filter(|block| block["type"] == "section") {
        let text = block["text"]["text"].as_str().unwrap();
        assert!(text.encode_utf16().count() <= 3_000);
        assert!(!text.ends_with("&am"), "an escape is cut in two: {text}");
    }
}

#[test]
fn a_card_keeps_within_what_teams_takes_in_both_ways_of_counting() {
    let body = teams(&huge(), &Templates::default()).body;
    assert!(body.len() < TEAMS_BYTES_MAX, "{}", body.len());
    assert!(body.encode_utf16().count() * 2 < TEAMS_BYTES_MAX);
    assert!(body.contains("first words"));
    assert!(body.contains("this message is shortened"));
}

#[test]
fn a_card_by_a_template_keeps_within_it_in_any_letters() {
    let own = Templates {
        title: None,
        text: Some("first words {{ follows }}".to_owned()),
    };
    for letters in ["a", "\"\\\n", "漢", "😀", "é&<"] {
        let mut notice = huge();
        notice.follows = Some(letters.repeat(20_000));
        let body = teams(&notice, &own).body;
        assert!(body.len() < TEAMS_BYTES_MAX, "{letters}: {}", body.len());
        assert!(
            body.encode_utf16().count() * 2 < TEAMS_BYTES_MAX,
            "{letters}"
        );
        assert!(body.contains("first words"), "{letters}");
    }
}

#[test]
fn pagerduty_has_one_key_a_pipeline_and_stage() {
    let mut notice = notice();
    let key = dedup_key(&notice);
    assert_eq!(key, "sluice/us-east-1/checkout/prod");
    for (kind, severity, action) in [
        (Kind::Broken, Severity::Critical, Some("trigger")),
        (Kind::FailedAgain, Severity::Error, Some("trigger")),
        (Kind::Rollback, Severity::Critical, Some("trigger")),
        (Kind::Rollback, Severity::Info, Some("acknowledge")),
        (Kind::Mended, Severity::Info, Some("resolve")),
        (Kind::WentOn, Severity::Warning, None),
        (Kind::Passed, Severity::Info, None),
        (Kind::Said, Severity::Info, None),
    ] {
        notice.kind = kind;
        notice.severity = severity;
        let made = pagerduty(&notice, &Templates::default(), "key");
        let event = made.map(|made| parsed(&made.body));
        let found = event
            .as_ref()
            .map(|event| event["event_action"].as_str().unwrap());
        assert_eq!(found, action, "{kind:?}");
        assert!(event.is_none_or(|event| event["dedup_key"] == key.as_str()));
    }
}

#[test]
fn a_key_that_is_too_long_is_a_digest_that_stays_the_same() {
    let mut one = notice();
    one.pipeline = "ä".repeat(300);
    let key = dedup_key(&one);
    assert!(key.len() <= DEDUP_KEY_MAX, "{key}");
    assert_eq!(key, dedup_key(&one));
    let mut other = one.clone();
    other.stage = Some("beta".to_owned());
    assert_ne!(key, dedup_key(&other));
}

#[test]
fn an_alert_keeps_within_what_pagerduty_takes() {
    let made = pagerduty(&huge(), &Templates::default(), "key").unwrap();
    assert!(
        made.body.len() <= PAGERDUTY_BYTES_MAX,
        "{}",
        made.body.len()
    );
    let event = parsed(&made.body);
    let summary = event["payload"]["summary"].as_str().unwrap();
    assert!(
        summary.starts_with("checkout/prod is broken: gate `bake` failed"),
        "{summary}"
    );
    assert_eq!(summary.chars().count(), 1_024);
    assert!(summary.ends_with("..."));
}
