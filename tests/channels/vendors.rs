//! What vendors document of what they take, as a server of theirs would check
//! it.

use serde_json::Value;

use super::server::Request;

const SLACK: &str = include_str!("schemas/slack-message.json");
const TEAMS: &str = include_str!("schemas/teams-message.json");
const PAGERDUTY: &str = include_str!("schemas/pagerduty-event.json");

/// 28 KB, of which nobody says how a KB is counted: the smaller one.
const TEAMS_BYTES: usize = 28_000;
/// 512 KB.
const PAGERDUTY_BYTES: usize = 512_000;

/// Status and body of what the vendor at this path says of a request.
pub(super) fn answer(request: &Request) -> (u16, String) {
    let vendor = request.path.split(['/', '?']).nth(1).unwrap_or("");
    let refused = |problems: &[String]| (400, problems.join("; "));
    match (vendor, problems(vendor, request).as_slice()) {
        ("slack", []) => (200, "ok".to_owned()),
        ("teams", []) => (202, String::new()),
        ("pagerduty", []) => (
            202,
            r#"{"status":"success","message":"Event processed"}"#.to_owned(),
        ),
        ("ours", []) => (204, String::new()),
        ("slack", problems) => (400, format!("invalid_payload: {}", problems.join("; "))),
        ("teams" | "pagerduty" | "ours", problems) => refused(problems),
        _ => (404, "no_service".to_owned()),
    }
}

/// What is wrong with a request.
pub(super) fn problems(vendor: &str, request: &Request) -> Vec<String> {
    let mut found = Vec::new();
    let is_json = request
        .header("content-type")
        .is_some_and(|own| own.starts_with("application/json"));
    if !is_json {
        found.push("the content type is not JSON".to_owned());
    }
    match vendor {
        "slack" => found.extend(against(SLACK, &request.body)),
        "teams" => found.extend(of_teams(&request.body)),
        "pagerduty" => found.extend(of_pagerduty(&request.body)),
        _ => found.extend(of_ours(request)),
    }
    found
}

/// What a schema says of a body.
fn against(schema: &str, body: &str) -> Vec<String> {
    let schema: Value = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let Ok(body) = serde_json::from_str::<Value>(body) else {
        return vec!["the body is not JSON".to_owned()];
    };
    let problem = |error: jsonschema::ValidationError<'_>| {
        let at = error.instance_path().to_string();
        let what: String = error.to_string().chars().take(100).collect();
        format!("{at}: {what}")
    };
    validator.iter_errors(&body).map(problem).collect()
}

fn of_teams(body: &str) -> Vec<String> {
    let mut found = against(TEAMS, body);
    if body.len() > TEAMS_BYTES || body.encode_utf16().count() * 2 > TEAMS_BYTES {
        found.push(format!("{} bytes are more than 28 KB", body.len()));
    }
    found
}

fn of_pagerduty(body: &str) -> Vec<String> {
    let mut found = against(PAGERDUTY, body);
    if body.len() > PAGERDUTY_BYTES {
        found.push(format!("{} bytes are more than 512 KB", body.len()));
    }
    found
}

/// As docs/notifications.md tells receivers to: the signature over the moment
/// and the body as it came.
fn of_ours(request: &Request) -> Vec<String> {
    let mut found = Vec::new();
    let signature = request.header("sluice-signature").unwrap_or("");
    let seconds = signature
        .strip_prefix("t=")
        .and_then(|own| own.split_once(','));
    let seconds = seconds.and_then(|(seconds, _)| seconds.parse().ok());
    let at = jiff::Timestamp::from_second(seconds.unwrap_or(0)).unwrap();
    let expected = sluice_host::signature(super::SIGNING_KEY, at, request.body.as_bytes());
    if signature != expected {
        found.push("the signature does not hold".to_owned());
    }
    if jiff::Timestamp::now().duration_since(at).abs() > jiff::SignedDuration::from_mins(5) {
        found.push("the signature is old".to_owned());
    }
    let notice: Value = serde_json::from_str(&request.body).unwrap_or_default();
    if request.header("sluice-notice") != notice["id"].as_str() {
        found.push("the header names another notice".to_owned());
    }
    found
}
