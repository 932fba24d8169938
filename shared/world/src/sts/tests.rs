//! Who gets keys for which account, and for how long.

use std::time::Duration;

use super::*;

const ROLE: &str = "arn:aws:iam::222233334444:role/sluice/read";

fn sts() -> Sts {
    let epoch = "2026-03-02T09:00:00Z".parse().expect("a timestamp");
    Sts::new(Clock::starting_at(epoch), "111122223333")
}

fn call(sts: &Sts, credentials: &str, form: &str) -> (u16, String) {
    let request = Request::post("/").body(form.as_bytes().to_vec());
    let response = sts.answer(&request.expect("a request"), credentials);
    let status = response.status().as_u16();
    (
        status,
        String::from_utf8(response.into_body()).expect("text"),
    )
}

fn assume(sts: &Sts, more: &str) -> (u16, String) {
    let role = ROLE.replace(':', "%3A").replace('/', "%2F");
    let form =
        format!("Action=AssumeRole&Version=2011-06-15&RoleArn={role}&RoleSessionName=gate{more}");
    call(sts, "AKIAHOME", &form)
}

fn key(answer: &str) -> &str {
    let (_, rest) = answer.split_once("<AccessKeyId>").expect("a key");
    rest.split_once("</AccessKeyId>").expect("a key").0
}

#[tokio::test(start_paused = true)]
async fn an_allowed_role_gives_keys_of_its_account_until_they_expire() {
    let sts = sts();
    sts.allow(ROLE, None);
    let (status, answer) = assume(&sts, "&DurationSeconds=900");
    assert_eq!(status, 200, "{answer}");
    assert!(answer.contains("<Expiration>2026-03-02T09:15:00Z</Expiration>"));
    let key = key(&answer);
    assert_eq!(key.len(), 20);
    assert_eq!(sts.account_of(key).as_deref(), Some("222233334444"));
    tokio::time::advance(Duration::from_secs(900)).await;
    assert_eq!(sts.account_of(key), None);
    assert!(sts.has_expired(key));
    assert_eq!(call(&sts, key, "Action=GetCallerIdentity").0, 403);
}

#[tokio::test(start_paused = true)]
async fn a_role_that_nobody_allowed_is_denied_and_named() {
    let (status, answer) = assume(&sts(), "");
    assert_eq!(status, 403);
    assert!(answer.contains("<Code>AccessDenied</Code>") && answer.contains(ROLE));
}

#[tokio::test(start_paused = true)]
async fn a_role_with_an_external_id_asks_for_it() {
    let sts = sts();
    sts.allow(ROLE, Some("checkout 1"));
    assert_eq!(assume(&sts, "").0, 403);
    assert_eq!(assume(&sts, "&ExternalId=other").0, 403);
    assert_eq!(assume(&sts, "&ExternalId=checkout+1").0, 200);
}

#[tokio::test(start_paused = true)]
async fn sessions_of_an_impossible_length_are_refused() {
    let sts = sts();
    sts.allow(ROLE, None);
    for (seconds, status) in [(899, 400), (900, 200), (43_200, 200), (43_201, 400)] {
        let (got, answer) = assume(&sts, &format!("&DurationSeconds={seconds}"));
        assert_eq!(got, status, "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn callers_learn_who_they_are() {
    let sts = sts();
    sts.allow(ROLE, None);
    let (_, answer) = assume(&sts, "");
    let (_, assumed) = call(&sts, key(&answer), "Action=GetCallerIdentity");
    assert!(assumed.contains("<Account>222233334444</Account>"));
    assert!(assumed.contains("arn:aws:sts::222233334444:assumed-role/read/gate"));
    let (_, home) = call(&sts, "AKIAHOME", "Action=GetCallerIdentity");
    assert!(home.contains("<Account>111122223333</Account>"));
}

#[tokio::test(start_paused = true)]
async fn unknown_actions_are_refused() {
    let (status, answer) = call(&sts(), "AKIAHOME", "Action=GetSessionToken");
    assert_eq!(status, 400);
    assert!(answer.contains("<Code>InvalidAction</Code>"));
}
