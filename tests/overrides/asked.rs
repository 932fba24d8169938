//! Requests that are not followed.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{RED, Stopped, once_stopped, once_stopped_in, posted, signed};

/// Gives an order with one field changed, which has to be refused.
#[track_caller]
fn check_refused(field: &str, value: &Value, status: u64, error: &str) {
    once_stopped(async |stopped: Stopped| {
        let mut order = stopped.order();
        order[field] = value.clone();
        let (given, body) = stopped.given(&order).await;
        assert_eq!(given, status, "{field} {value}: {body}");
        assert!(body["error"].as_str().unwrap().contains(error), "{body}");
        assert!(
            body["hint"].as_str().is_some_and(|hint| hint.len() > 10),
            "{body}"
        );
        assert!(stopped.listed().await.is_empty());
    });
}

#[test]
fn who_is_not_known_by_their_signature_gets_nothing_and_nothing_is_written() {
    once_stopped(async |stopped: Stopped| {
        let mut whole = posted(&stopped.order());
        whole["headers"]["x-user-arn"] = json!("arn:aws:iam::111122223333:user/mallory");
        for authorizer in [
            json!(null),
            json!({}),
            json!({ "iam": null }),
            json!({ "iam": { "userArn": "arn:aws:iam::111122223333:user/mallory" } }),
            json!({ "iam": { "userArn": "", "accountId": "1", "callerId": "2" } }),
            json!({ "iam": { "userArn": 7, "accountId": "1", "callerId": "2" } }),
            json!({ "jwt": signed()["iam"] }),
        ] {
            let mut event = whole.clone();
            event["requestContext"]["authorizer"] = authorizer.clone();
            let (status, body) = stopped.asked(&event).await;
            assert_eq!(status, 403, "{authorizer}: {body}");
        }
        for event in [
            json!(null),
            json!([]),
            json!({}),
            json!({ "iam": signed()["iam"] }),
            stopped.order(),
        ] {
            assert_eq!(stopped.asked(&event).await.0, 403, "{event}");
        }
        assert!(stopped.listed().await.is_empty());
        assert_eq!(
            stopped.world.calls_by_operation().get("dynamodb:PutItem"),
            None
        );
    });
}

#[test]
fn a_caller_named_in_the_body_is_refused() {
    check_refused(
        "by",
        &json!("arn:aws:iam::111122223333:user/bob"),
        400,
        "`by`",
    );
}

#[test]
fn a_reason_is_required_and_has_to_say_something() {
    for reason in ["", "          ", "x", "it is ok!", "a\u{0}bcdefghijkl"] {
        check_refused("reason", &json!(reason), 400, "`reason`");
    }
    check_refused("reason", &json!("x".repeat(501)), 400, "501 characters");
    check_refused("reason", &Value::Null, 400, "body");
}

#[test]
fn hours_have_a_cap() {
    for hours in [0, 25, 1000] {
        check_refused("hours", &json!(hours), 400, "1 to 24 hours");
    }
    for hours in [json!(-1), json!(1.5), json!("4"), json!(100_000)] {
        check_refused("hours", &hours, 400, "body");
    }
}

#[test]
fn an_installation_may_have_a_lower_cap_and_no_higher_one() {
    for (cap, hours, expected) in [(2, 2, 200), (2, 3, 400), (48, 24, 200), (48, 25, 400)] {
        once_stopped(async |mut stopped: Stopped| {
            stopped.grantor.hours_max = cap;
            let mut order = stopped.order();
            order["hours"] = json!(hours);
            assert_eq!(stopped.given(&order).await.0, expected, "{cap} {hours}");
        });
    }
}

#[test]
fn names_have_to_be_names() {
    for field in ["pipeline", "stage", "gate"] {
        for name in ["", "a/b", "a b", "*x", "ä", &"x".repeat(101)] {
            check_refused(field, &json!(name), 400, field);
        }
    }
    for field in ["pipeline", "stage"] {
        check_refused(field, &json!("*"), 400, field);
    }
    for release in [
        "",
        "latest",
        "*",
        "../prod",
        "11111111-2222-4333-8444-55555555555Z",
    ] {
        check_refused("release", &json!(release), 400, "release");
    }
}

#[test]
fn what_does_not_exist_is_not_found() {
    let none = "11111111-2222-4333-8444-555555555555";
    check_refused("release", &json!(none), 404, "no execution");
    check_refused("pipeline", &json!("checkin"), 404, "no pipeline");
    check_refused("stage", &json!("prud"), 404, "no stage");
}

#[test]
fn a_release_that_went_through_needs_no_waiver() {
    let quiet = RED.replace(", { at: prod + 12m, state: ALARM }", "");
    once_stopped_in(&quiet, async |stopped: Stopped| {
        let (status, body) = stopped.given(&stopped.order()).await;
        assert_eq!(status, 400, "{body}");
        assert!(
            body["error"].as_str().unwrap().contains("Succeeded"),
            "{body}"
        );
    });
}

#[test]
fn a_release_that_another_one_replaced_in_the_stage_gets_no_waiver() {
    let next = RED.replace(
        "look_every: 5m",
        "look_every: 5m, happenings: [ { at: prod + 2h, next_release: {} } ]",
    );
    once_stopped_in(&next, async |stopped: Stopped| {
        stopped.later(SignedDuration::from_hours(4)).await;
        let (status, body) = stopped.given(&stopped.order()).await;
        assert_eq!(status, 400, "{body}");
        let error = body["error"].as_str().unwrap();
        assert!(error.contains("not the one in stage `prod`"), "{body}");
    });
}

#[test]
fn a_table_that_does_not_answer_is_said_with_what_to_do() {
    for call in ["dynamodb:Query", "dynamodb:PutItem"] {
        let denied = format!("{RED}refusals: [ {{ call: '{call}', error: AccessDenied }} ]\n");
        once_stopped_in(&denied, async |stopped: Stopped| {
            let (status, body) = stopped.given(&stopped.order()).await;
            assert_eq!(status, 500, "{body}");
            assert!(body["error"].as_str().unwrap().contains(call), "{body}");
        });
    }
    once_stopped(async |mut stopped: Stopped| {
        stopped.grantor.waivers_table = None;
        let (status, body) = stopped.given(&stopped.order()).await;
        assert_eq!(status, 500, "{body}");
        assert!(
            body["hint"]
                .as_str()
                .unwrap()
                .contains("SLUICE_WAIVERS_TABLE"),
            "{body}"
        );
    });
}

#[test]
fn other_methods_do_nothing() {
    once_stopped(async |stopped: Stopped| {
        for method in ["PUT", "DELETE", "", "post"] {
            let mut event = posted(&stopped.order());
            event["requestContext"]["http"]["method"] = json!(method);
            assert_eq!(stopped.asked(&event).await.0, 400, "{method}");
        }
        assert!(stopped.listed().await.is_empty());
    });
}
