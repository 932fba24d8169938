//! Continuation tokens that this gate cannot have written.

use std::sync::{Arc, OnceLock};

use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::{Value, json};
use sluice_core::token::sha256;
use sluice_world::codepipeline::{ActionStatus, ExecutionStatus};

use super::bench::{Case, Done};

/// Which invocation finds another token in its event: the third look, ten
/// minutes into a bake of thirty.
const LOOK: usize = 2;

fn with_token(bucket: bool, change: impl Fn(String) -> String + Send + Sync + 'static) -> Case {
    Case {
        bucket,
        doctor: Arc::new(move |number, event, _| {
            if number == LOOK {
                let token = &mut event["CodePipeline.job"]["data"]["continuationToken"];
                *token = json!(change(token.as_str().unwrap().to_owned()));
            }
        }),
        ..Case::default()
    }
}

/// Holds that a token at the third look ends the release with a failure.
#[track_caller]
fn check_refused(bucket: bool, text: String) -> Done {
    let done = with_token(bucket, move |_| text.clone())
        .check_refused("JobFailed", &["TokenInvalid", "retry the stage"]);
    assert_eq!(done.events.len(), LOOK + 1);
    done
}

/// The tokens of the third look, with a bucket and without. What is drawn in
/// a world is drawn from its seed, so they fit each of these releases.
fn good(bucket: bool) -> &'static str {
    static GOOD: [OnceLock<String>; 2] = [OnceLock::new(), OnceLock::new()];
    GOOD[usize::from(bucket)].get_or_init(|| {
        let done = with_token(bucket, |token| token).run();
        assert_eq!(done.execution.status, ExecutionStatus::Succeeded);
        done.token(LOOK)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_no_token(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check_refused(true, String::from_utf8_lossy(&bytes).into_owned());
    }

    #[test]
    fn a_good_token_with_one_bit_flipped_is_refused(
        bucket: bool, at in any::<prop::sample::Index>(), bit in 0..7_u8,
    ) {
        let mut bytes = good(bucket).as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        check_refused(bucket, String::from_utf8(bytes).unwrap());
    }

    #[test]
    fn a_good_token_that_was_cut_is_refused(bucket: bool, at in any::<prop::sample::Index>()) {
        let good = good(bucket);
        check_refused(bucket, good[..at.index(good.len())].to_owned());
    }

    #[test]
    fn a_good_token_with_another_value_in_a_field_is_refused(
        bucket: bool, at in any::<prop::sample::Index>(), value in odd_value(),
    ) {
        check_refused(bucket, with_value(good(bucket), at, value).to_string());
    }

    /// As far as somebody gets who knows how a token is summed.
    #[test]
    fn a_token_with_another_value_and_the_right_sum_gives_no_go_before_its_time(
        at in any::<prop::sample::Index>(), value in odd_value(),
    ) {
        let mut token = with_value(good(true), at, value);
        token.as_object_mut().unwrap().remove("sum");
        let text = token.to_string();
        let sum = &sha256(text.as_bytes())[..16];
        let forged = format!("{{\"sum\":\"{sum}\",{}", &text[1..]);
        let done = with_token(true, move |_| forged.clone()).run();
        assert!(done.crashed.is_empty(), "{:?}", done.crashed);
        let gate = done.gate();
        assert!(gate.jobs.iter().all(|job| job.accepted() == 1));
        let took = gate.ended.unwrap().duration_since(gate.began);
        assert!(gate.status == ActionStatus::Failed || took >= SignedDuration::from_mins(30), "{took}");
    }
}

fn odd_value() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!(null),
        json!(0),
        json!(-1),
        json!(u32::MAX),
        json!(u64::MAX),
        json!(1e308),
        json!(""),
        json!("2026-03-03T00:00:00Z"),
        json!("-009999-01-03T00:00:00Z"),
        json!("9999-12-30T00:00:00Z"),
        json!("../../x"),
        json!({}),
        json!([]),
        json!(true),
    ])
}

/// A token with another value in one of its fields.
fn with_value(token: &str, at: prop::sample::Index, value: Value) -> Value {
    let mut token: Value = serde_json::from_str(token).unwrap();
    let mut pointers = Vec::new();
    leaves(&token, "", &mut pointers);
    *token
        .pointer_mut(&pointers[at.index(pointers.len())])
        .unwrap() = value;
    token
}

/// The JSON pointers of all values.
fn leaves(value: &Value, own: &str, found: &mut Vec<String>) {
    if !own.is_empty() {
        found.push(own.to_owned());
    }
    match value {
        Value::Object(map) => map
            .iter()
            .for_each(|(key, value)| leaves(value, &format!("{own}/{key}"), found)),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .for_each(|(index, value)| leaves(value, &format!("{own}/{index}"), found)),
        _ => {}
    }
}

/// The good token with one text in it replaced.
#[track_caller]
fn replaced(bucket: bool, from: &str, to: &str) -> String {
    let good = good(bucket);
    assert!(good.contains(from), "no {from} in {good}");
    good.replace(from, to)
}

#[track_caller]
fn check_says(bucket: bool, token: String, expected: &str) {
    let done = check_refused(bucket, token);
    let (_, message) = done.failure();
    assert!(message.contains(expected), "{message}");
}

#[test]
fn a_token_of_another_release_stage_or_gate_says_whose_it_is() {
    let token: Value = serde_json::from_str(good(true)).unwrap();
    let release = token["of"]["release"].as_str().unwrap();
    let other = "11111111-abcd-1111-abcd-111111abcdef";
    check_says(
        true,
        replaced(true, release, other),
        &format!("release `{other}`"),
    );
    check_says(true, replaced(true, "\"prod\"", "\"beta\""), "stage `beta`");
    check_says(
        true,
        replaced(true, "\"gate\":\"bake\"", "\"gate\":\"clear\""),
        "gate `clear`",
    );
}

#[test]
fn a_token_from_the_future_is_refused() {
    let token: Value = serde_json::from_str(good(true)).unwrap();
    let last = token["last"].as_str().unwrap();
    check_says(
        true,
        replaced(true, last, "2026-03-04T09:00:00Z"),
        "from the future",
    );
}

#[test]
fn a_token_of_a_later_form_is_refused_by_its_number() {
    check_says(true, replaced(true, "\"v\":1", "\"v\":2"), "form 2");
}

#[test]
fn a_token_that_is_too_long_is_refused() {
    check_says(true, " ".repeat(2049), "more than 2048 characters");
}

#[test]
fn a_record_in_the_token_that_says_the_bake_began_long_ago_is_refused() {
    let token: Value = serde_json::from_str(good(false)).unwrap();
    let began = &token["record"]["inline"]["begun"]["began"];
    let began = format!("\"began\":{began}");
    check_says(
        false,
        replaced(false, &began, "\"began\":\"2026-03-03T08:20:00Z\""),
        "changed on its way",
    );
}
