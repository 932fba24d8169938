//! Messages against the limits of their channels, and templates.

mod limits;
mod templates;

use sluice_core::Verdict;
use sluice_core::notices::{
    Change, Deciding, Kind, Links, NOTICE_FORM, Notice, Outage, Result, Severity,
};
use sluice_core::verdict::{DecidedBy, Outcome};

const RELEASE: &str = "0f1e2d3c-1111-4222-8333-444455556666";

/// A gate that failed, with everything that can be told of it.
fn notice() -> Notice {
    Notice {
        notice: NOTICE_FORM,
        id: "broken-checkout-prod".to_owned(),
        kind: Kind::Broken,
        severity: Severity::Critical,
        at: "2026-03-03T10:15:00Z".parse().unwrap(),
        region: "us-east-1".to_owned(),
        pipeline: "checkout".to_owned(),
        stage: Some("prod".to_owned()),
        release: Some(RELEASE.to_owned()),
        service: None,
        result: Some(Result::Failed),
        reason: "alarm `checkout-5xx` was in ALARM".to_owned(),
        deciding: vec![deciding()],
        follows: Some("the release is held".to_owned()),
        outage: Some(Outage {
            since: "2026-03-03T10:15:00Z".parse().unwrap(),
            by: RELEASE.to_owned(),
            failures: 1,
            mended: None,
            mended_by: None,
        }),
        changes: vec![Change {
            source: "Source".to_owned(),
            revision: "9c0ffee9c0ffee9c0ffee".to_owned(),
            summary: Some("Round VAT up".to_owned()),
            url: Some("https://git.example/9c0ffee".to_owned()),
        }],
        started_by: Some("Webhook".to_owned()),
        links: Links {
            release: Some("https://console.example/?a=1&b=2".to_owned()),
            evidence: Some("s3://evidence/a.json".to_owned()),
            ..Links::default()
        },
        remarks: vec!["one revision is not known".to_owned()],
    }
}

fn deciding() -> Deciding {
    Deciding {
        gate: "bake".to_owned(),
        kind: "bake".to_owned(),
        verdict: Some(Verdict::Fail),
        outcome: Some(Outcome::Stop),
        decided_by: Some(DecidedBy::Verdict),
        error: None,
        reason: "alarm `checkout-5xx` was in ALARM".to_owned(),
        readings: vec!["checkout-5xx: ALARM from 10:11 to 10:15".to_owned()],
        evidence: None,
        page: None,
    }
}
