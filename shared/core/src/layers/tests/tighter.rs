//! Which way is tighter, one setting after the other.

use serde_json::{Value as Json, json};

use crate::layers::tighter::{STAGE, row_of, table};

#[track_caller]
fn check(block: &str, setting: &str, held: Json, new: Json, expected: bool) {
    let held = (!held.is_null()).then_some(held);
    let hour = json!("1h");
    let row = row_of(block, setting).expect("a row");
    let is = row.is_no_looser(held.as_ref(), &new, Some(&hour));
    assert_eq!(is, expected, "{block}.{setting}: {held:?} to {new}");
}

#[test]
fn a_longer_bake_is_tighter_and_a_shorter_one_is_not() {
    check("bake", "for", json!("1h"), json!("2h"), true);
    check("bake", "for", json!("1h"), json!("60m"), true);
    check("bake", "for", json!("1h"), json!("59m"), false);
    check("bake", "for", json!("1h"), json!("soon"), false);
    check("bake", "for", Json::Null, json!("1m"), true);
}

#[test]
fn what_nobody_wrote_is_compared_with_what_holds_then() {
    check("bake", "quiet_for", Json::Null, json!("15m"), true);
    check("bake", "quiet_for", Json::Null, json!("16m"), false);
    check("bake", "at_most", Json::Null, json!("4h"), true);
    check("bake", "at_most", Json::Null, json!("5h"), false);
    check("bake", "quiet_after", Json::Null, json!("30m"), true);
    check("bake", "quiet_after", Json::Null, json!("29m"), false);
    check("clear", "within", Json::Null, json!("1m"), false);
    check("clear", "within", json!("5m"), json!("1m"), true);
    check("clear", "quiet", Json::Null, json!("9m"), false);
}

#[test]
fn words_are_tighter_in_their_order_and_unknown_ones_never() {
    check("bake", "mode", Json::Null, json!("watch_only"), false);
    check("bake", "mode", json!("watch_only"), json!("enforce"), true);
    check("bake", "release_check", Json::Null, json!("off"), false);
    check("bake", "insufficient_data", Json::Null, json!("fail"), true);
    check(
        "bake",
        "insufficient_data",
        json!("fail"),
        json!("wait"),
        false,
    );
    check(
        "canary",
        "on_rollback",
        json!("watch"),
        json!("full"),
        false,
    );
    check(
        "bake",
        "since",
        json!("someday"),
        json!("deployment"),
        false,
    );
    check("bake", "settle", Json::Null, json!("auto"), true);
    check("bake", "settle", Json::Null, json!("10m"), false);
}

#[test]
fn numbers_are_compared_with_their_sign() {
    check("bake", "traffic.at_least", json!(100), json!(101), true);
    check("bake", "traffic.at_least", json!(100), json!(99), false);
    check(
        "canary",
        "metrics[].tolerance",
        json!("25%"),
        json!("5%"),
        true,
    );
    check(
        "canary",
        "metrics[].tolerance",
        json!("25%"),
        json!("5x"),
        false,
    );
    check(
        "canary",
        "metrics[].tolerance",
        Json::Null,
        json!("5%"),
        false,
    );
    check(
        "canary",
        "metrics[].gating",
        Json::Null,
        json!(false),
        false,
    );
    check(
        "canary",
        "metrics[].must_have_data",
        Json::Null,
        json!(true),
        true,
    );
    check(
        "canary",
        "metrics[].must_have_data",
        json!(true),
        json!(false),
        false,
    );
}

#[test]
fn a_stage_may_be_told_to_roll_back_and_no_longer_not_to() {
    check(
        STAGE,
        "on_fail.roll_back",
        Json::Null,
        json!("native"),
        true,
    );
    check(
        STAGE,
        "on_fail.roll_back",
        json!("no"),
        json!("stage"),
        true,
    );
    check(
        STAGE,
        "on_fail.roll_back",
        json!("native"),
        json!("no"),
        false,
    );
    check(
        STAGE,
        "on_fail.roll_back",
        json!("native"),
        json!("stage"),
        false,
    );
    check(
        STAGE,
        "on_inconclusive.proceed",
        Json::Null,
        json!(true),
        false,
    );
    check(
        STAGE,
        "on_inconclusive.proceed",
        json!(true),
        json!(false),
        true,
    );
    check(STAGE, "stop_others", Json::Null, json!(true), true);
    check(STAGE, "stop_others", json!(true), json!(false), false);
}

#[test]
fn no_setting_has_two_rows() {
    for (index, row) in table().iter().enumerate() {
        let twice = table()[..index]
            .iter()
            .any(|other| (other.block, other.setting) == (row.block, row.setting));
        assert!(!twice, "{row:?}");
    }
}
