//! Notices as they may be told, each with a name.

use sluice_core::Verdict;
use sluice_core::notices::{
    Change, Deciding, Kind, Links, NOTICE_FORM, Notice, Outage, Result, Severity,
};
use sluice_core::verdict::{DecidedBy, Outcome};

const RELEASE: &str = "0f1e2d3c-1111-4222-8333-444455556666";
const EARLIER: &str = "aaaabbbb-1111-4222-8333-444455556666";
const CONSOLE: &str =
    "https://us-east-1.console.aws.amazon.com/codesuite/codepipeline/pipelines/checkout";

/// All of them.
pub(super) fn samples() -> Vec<(&'static str, Notice)> {
    vec![
        ("broken", broken()),
        ("failed-again", failed_again()),
        ("mended", mended()),
        ("rolled-back", rolled_back()),
        ("not-rolled-back", not_rolled_back()),
        ("went-on", went_on()),
        ("passed", passed()),
        ("said", said()),
        ("action", action()),
        ("gate-error", gate_error()),
        ("plan-error", plan_error()),
        ("strange", strange()),
    ]
}

/// A bake saw an alarm in production.
pub(super) fn broken() -> Notice {
    Notice {
        notice: NOTICE_FORM,
        id: "broken-checkout-prod-one-box-0f1e2d3c".to_owned(),
        kind: Kind::Broken,
        severity: Severity::Critical,
        at: "2026-03-03T10:15:00Z".parse().unwrap(),
        region: "us-east-1".to_owned(),
        pipeline: "checkout".to_owned(),
        stage: Some("prod-one-box".to_owned()),
        release: Some(RELEASE.to_owned()),
        service: Some("checkout".to_owned()),
        result: Some(Result::Failed),
        reason: "alarm `checkout-5xx` was in ALARM for 4m, and 0s are allowed".to_owned(),
        deciding: vec![bake(Some(Verdict::Fail)), canary()],
        follows: Some("the stage is rolled back to release aaaabbbb".to_owned()),
        outage: Some(Outage {
            since: "2026-03-03T10:15:00Z".parse().unwrap(),
            by: RELEASE.to_owned(),
            failures: 1,
            mended: None,
            mended_by: None,
        }),
        changes: changes(),
        started_by: Some("Webhook".to_owned()),
        links: links(),
        remarks: vec!["the author of one revision is not known".to_owned()],
    }
}

fn bake(verdict: Option<Verdict>) -> Deciding {
    Deciding {
        gate: "bake".to_owned(),
        kind: "bake".to_owned(),
        verdict,
        outcome: Some(Outcome::Stop),
        decided_by: Some(DecidedBy::Verdict),
        error: None,
        reason: "alarm `checkout-5xx` was in ALARM for 4m, and 0s are allowed".to_owned(),
        readings: vec![
            "checkout-5xx: ALARM from 10:11:00 to 10:15:00".to_owned(),
            "checkout-p99: OK for 24m of 24m".to_owned(),
        ],
        evidence: Some("s3://evidence/checkout/bake.json".to_owned()),
        page: None,
    }
}

fn canary() -> Deciding {
    Deciding {
        gate: "canary".to_owned(),
        kind: "canary".to_owned(),
        verdict: Some(Verdict::Inconclusive),
        outcome: Some(Outcome::Stop),
        decided_by: Some(DecidedBy::Verdict),
        error: None,
        reason: "31 of 100 requests came".to_owned(),
        readings: (1..=5)
            .map(|n| format!("minute {n}: {n} requests"))
            .collect(),
        evidence: None,
        page: None,
    }
}

fn changes() -> Vec<Change> {
    vec![
        Change {
            source: "Source".to_owned(),
            revision: "9c0ffee0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f5a6".to_owned(),
            summary: Some("Round VAT up, not down (Ana)".to_owned()),
            url: Some("https://git.example/checkout/commit/9c0ffee0?a=1&b=2".to_owned()),
        },
        Change {
            source: "Configuration".to_owned(),
            revision: "v17".to_owned(),
            summary: None,
            url: None,
        },
    ]
}

fn links() -> Links {
    Links {
        release: Some(format!(
            "{CONSOLE}/executions/{RELEASE}/timeline?region=us-east-1"
        )),
        evidence: Some("s3://evidence/checkout/bake.json".to_owned()),
        page: Some("https://s3.console.aws.amazon.com/s3/object/evidence?a=1&b=2".to_owned()),
        log: Some("https://us-east-1.console.aws.amazon.com/cloudwatch/home#logsV2:".to_owned()),
        execution: None,
    }
}

fn failed_again() -> Notice {
    let mut notice = broken();
    notice.kind = Kind::FailedAgain;
    notice.result = Some(Result::Inconclusive);
    notice.severity = Severity::Error;
    notice.deciding = vec![canary()];
    notice.follows = Some("the release is held".to_owned());
    notice.outage = Some(Outage {
        since: "2026-03-03T09:02:11Z".parse().unwrap(),
        by: EARLIER.to_owned(),
        failures: 3,
        mended: None,
        mended_by: None,
    });
    notice
}

fn mended() -> Notice {
    let mut notice = broken();
    notice.kind = Kind::Mended;
    notice.severity = Severity::Info;
    notice.result = None;
    notice.at = "2026-03-03T12:14:11Z".parse().unwrap();
    notice.reason = "release 0f1e2d3c passed every gate".to_owned();
    notice.deciding = Vec::new();
    notice.follows = None;
    notice.remarks = Vec::new();
    notice.outage = Some(Outage {
        since: "2026-03-03T09:02:11Z".parse().unwrap(),
        by: EARLIER.to_owned(),
        failures: 3,
        mended: Some("2026-03-03T12:14:11Z".parse().unwrap()),
        mended_by: Some(RELEASE.to_owned()),
    });
    notice
}

fn rolled_back() -> Notice {
    let mut notice = broken();
    notice.kind = Kind::Rollback;
    notice.severity = Severity::Info;
    notice.reason = "stage `prod-one-box` runs release aaaabbbb again".to_owned();
    notice.deciding = Vec::new();
    notice.follows = None;
    notice.links.execution = Some("https://us-east-1.console.aws.amazon.com/states/x".to_owned());
    notice
}

fn not_rolled_back() -> Notice {
    let mut notice = rolled_back();
    notice.severity = Severity::Critical;
    notice.reason = "no release that succeeded is known".to_owned();
    notice.follows = Some("somebody has to look at the stage".to_owned());
    notice
}

fn went_on() -> Notice {
    let mut notice = broken();
    notice.kind = Kind::WentOn;
    notice.severity = Severity::Warning;
    notice.outage = None;
    notice.follows = None;
    let mut waived = bake(Some(Verdict::Fail));
    waived.outcome = Some(Outcome::Go);
    waived.decided_by = Some(DecidedBy::Waiver);
    notice.deciding = vec![waived];
    notice
}

fn passed() -> Notice {
    let mut notice = broken();
    notice.kind = Kind::Passed;
    notice.severity = Severity::Info;
    notice.result = None;
    notice.reason = "no alarm was in ALARM for 1h".to_owned();
    let mut passed = bake(Some(Verdict::Pass));
    passed.outcome = Some(Outcome::Go);
    passed.readings = vec!["checkout-5xx: OK for 1h of 1h".to_owned()];
    passed.reason.clone_from(&notice.reason);
    notice.deciding = vec![passed];
    notice.outage = None;
    notice.follows = None;
    notice.changes = Vec::new();
    notice.remarks = Vec::new();
    notice
}

fn said() -> Notice {
    let mut notice = passed();
    notice.kind = Kind::Said;
    notice.stage = None;
    notice.release = None;
    notice.service = None;
    notice.started_by = None;
    notice.links = Links::default();
    notice.deciding = Vec::new();
    notice.reason = "the night's load test begins".to_owned();
    notice
}

fn action() -> Notice {
    let mut notice = broken();
    notice.result = Some(Result::Action);
    notice.severity = Severity::Error;
    notice.reason = "action `Deploy` failed: stack is in ROLLBACK_COMPLETE".to_owned();
    notice.deciding = vec![Deciding {
        gate: "Deploy".to_owned(),
        kind: String::new(),
        verdict: None,
        outcome: None,
        decided_by: None,
        error: None,
        reason: notice.reason.clone(),
        readings: Vec::new(),
        evidence: None,
        page: None,
    }];
    notice.remarks = Vec::new();
    notice
}

fn gate_error() -> Notice {
    let mut notice = broken();
    notice.result = Some(Result::Error);
    notice.severity = Severity::Error;
    notice.reason = "no permission for `cloudwatch:DescribeAlarms`".to_owned();
    let mut own = bake(None);
    own.error = Some("AccessDenied".to_owned());
    own.reason.clone_from(&notice.reason);
    own.readings = Vec::new();
    notice.deciding = vec![own];
    notice
}

fn plan_error() -> Notice {
    let mut notice = broken();
    notice.result = Some(Result::PlanError);
    notice.severity = Severity::Error;
    notice.reason = "the plan cannot be read: line 4: `bake` has no `for`".to_owned();
    notice.deciding = Vec::new();
    notice.changes = Vec::new();
    notice
}

/// Texts that somebody wrote who wants more than to be read.
pub(super) fn strange() -> Notice {
    let mut notice = broken();
    notice.reason = "<!channel> & <https://evil.example|click> *here* @here \u{1b}[31m".to_owned();
    notice.deciding[0].gate = "bake_[x](https://evil.example)".to_owned();
    notice.deciding[0].readings = vec!["naïve 😀 \r\n second line".to_owned()];
    notice.service = Some("a_b*c*[x](y)".to_owned());
    notice.changes[0].summary = Some("<b>fix</b>\n\nCo-authored-by: |evil|".to_owned());
    notice.changes[0].url = Some("javascript:alert(1)".to_owned());
    notice.links.release = Some("https://a.example/|<b>".to_owned());
    notice
}

/// Much too long in every part.
pub(super) fn huge() -> Notice {
    let long = "a long <word> & another é 😀; ".repeat(300);
    let mut notice = broken();
    notice.reason = format!("what matters most, {long}");
    notice.follows = Some(long.clone());
    notice.remarks = vec![long.clone(); 30];
    notice.deciding = vec![notice.deciding[0].clone(); 20];
    for deciding in &mut notice.deciding {
        deciding.reason.clone_from(&long);
        deciding.readings = vec![long.clone(); 10];
    }
    notice.changes = vec![notice.changes[0].clone(); 40];
    for change in &mut notice.changes {
        change.summary = Some(long.clone());
    }
    notice
}
