//! What S3 answers, by status and code.

use jiff::SignedDuration;

use super::*;

const EPOCH: &str = "2026-03-02T09:00:00Z";

fn s3() -> (S3, Clock) {
    let clock = Clock::starting_at(EPOCH.parse().expect("a timestamp"));
    let s3 = S3::new(clock);
    s3.put("evidence", "a/b.json", b"0123456789".to_vec());
    (s3, clock)
}

fn request(method: &str, headers: &[(&str, &str)], body: &[u8]) -> Request<Vec<u8>> {
    let request = Request::builder().method(method).uri("/");
    let request = (headers.iter()).fold(request, |r, (name, value)| r.header(*name, *value));
    request.body(body.to_vec()).expect("a request")
}

fn text(response: &Response<Vec<u8>>) -> &str {
    std::str::from_utf8(response.body()).expect("text")
}

#[track_caller]
fn check(response: &Response<Vec<u8>>, status: u16, code: &str) {
    assert_eq!(response.status(), status, "{}", text(response));
    assert!(
        text(response).contains(&format!("<Code>{code}</Code>")),
        "{}",
        text(response)
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_put_is_read_back_with_tag_length_and_date() {
    let (s3, _) = s3();
    let put = s3.answer(&request("PUT", &[], b"hello"), "evidence", "c", "me");
    assert_eq!(put.status(), 200);
    let got = s3.answer(&request("GET", &[], b""), "evidence", "c", "me");
    assert_eq!(got.body(), b"hello");
    assert_eq!(got.headers()["etag"], put.headers()["etag"]);
    assert_eq!(got.headers()["content-length"], "5");
    assert_eq!(
        got.headers()["last-modified"],
        "Mon, 02 Mar 2026 09:00:00 GMT"
    );
    assert_eq!(
        s3.list("evidence", ""),
        [("a/b.json".to_owned(), 10), ("c".to_owned(), 5)]
    );
}

#[tokio::test(start_paused = true)]
async fn head_tells_the_size_without_the_bytes() {
    let (s3, _) = s3();
    let head = s3.answer(&request("HEAD", &[], b""), "evidence", "a/b.json", "me");
    assert_eq!((head.status().as_u16(), head.body().len()), (200, 0));
    assert_eq!(head.headers()["content-length"], "10");
    let head = s3.answer(&request("HEAD", &[], b""), "evidence", "nothing", "me");
    assert_eq!((head.status().as_u16(), head.body().len()), (404, 0));
}

#[tokio::test(start_paused = true)]
async fn ranges_are_cut_and_said() {
    let (s3, _) = s3();
    let get = |range| {
        s3.answer(
            &request("GET", &[("range", range)], b""),
            "evidence",
            "a/b.json",
            "me",
        )
    };
    for (range, expected, said) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=8-", "89", "bytes 8-9/10"),
        ("bytes=-3", "789", "bytes 7-9/10"),
        ("bytes=0-99", "0123456789", "bytes 0-9/10"),
    ] {
        let got = get(range);
        assert_eq!((got.status().as_u16(), text(&got)), (206, expected));
        assert_eq!(got.headers()["content-range"], said);
    }
    check(&get("bytes=10-"), 416, "InvalidRange");
    assert_eq!(get("lines=1-2").status(), 200);
}

#[tokio::test(start_paused = true)]
async fn absent_keys_and_buckets_are_told_apart() {
    let (s3, _) = s3();
    let get = |bucket, key| s3.answer(&request("GET", &[], b""), bucket, key, "me");
    let missing = get("evidence", "a&b");
    check(&missing, 404, "NoSuchKey");
    assert!(text(&missing).contains("<Key>a&amp;b</Key>"));
    check(&get("other", "a"), 404, "NoSuchBucket");
    let put = s3.answer(&request("PUT", &[], b""), "other", "a", "me");
    check(&put, 404, "NoSuchBucket");
}

#[tokio::test(start_paused = true)]
async fn of_two_puts_if_absent_the_second_loses_and_changes_nothing() {
    let (s3, _) = s3();
    let put = |body| {
        s3.answer(
            &request("PUT", &[("if-none-match", "*")], body),
            "evidence",
            "begun",
            "me",
        )
    };
    assert_eq!(put(b"first").status(), 200);
    check(&put(b"second"), 412, "PreconditionFailed");
    assert_eq!(s3.get("evidence", "begun").as_deref(), Some(&b"first"[..]));
}

#[tokio::test(start_paused = true)]
async fn a_conflict_is_answered_as_often_as_asked_and_writes_nothing() {
    let (s3, _) = s3();
    s3.conflict_next_writes(1);
    let put = || {
        s3.answer(
            &request("PUT", &[("if-none-match", "*")], b"x"),
            "evidence",
            "begun",
            "me",
        )
    };
    check(&put(), 409, "ConditionalRequestConflict");
    assert_eq!(s3.get("evidence", "begun"), None);
    assert_eq!(put().status(), 200);
}

#[tokio::test(start_paused = true)]
async fn artifact_credentials_reach_their_bucket_only_and_not_for_ever() {
    let (s3, clock) = s3();
    s3.create_bucket("artifacts");
    s3.grant(
        "ASIAJOB",
        "artifacts",
        clock.now() + SignedDuration::from_hours(1),
    );
    let put = |bucket| s3.answer(&request("PUT", &[], b"x"), bucket, "key", "ASIAJOB");
    assert_eq!(put("artifacts").status(), 200);
    check(&put("evidence"), 403, "AccessDenied");
    tokio::time::advance(std::time::Duration::from_secs(3600)).await;
    check(&put("artifacts"), 400, "ExpiredToken");
}

#[tokio::test(start_paused = true)]
async fn the_policy_decides_over_everybody_else() {
    let (s3, _) = s3();
    s3.set_policy(|access| access.credentials == "writer" || !access.writes);
    let call = |method, who| s3.answer(&request(method, &[], b"x"), "evidence", "a/b.json", who);
    assert_eq!(call("GET", "reader").status(), 200);
    check(&call("PUT", "reader"), 403, "AccessDenied");
    assert_eq!(call("PUT", "writer").status(), 200);
}

#[tokio::test(start_paused = true)]
async fn chunked_bodies_lose_their_chunks_and_trailers() {
    let (s3, _) = s3();
    let headers = [
        ("content-encoding", "aws-chunked"),
        ("x-amz-decoded-content-length", "8"),
    ];
    let body =
        b"5\r\nhello\r\n3;chunk-signature=0\r\n\r\n!\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";
    let put = s3.answer(&request("PUT", &headers, body), "evidence", "c", "me");
    assert_eq!(put.status(), 200);
    assert_eq!(s3.get("evidence", "c").as_deref(), Some(&b"hello\r\n!"[..]));
    let cut = s3.answer(&request("PUT", &headers, &body[..9]), "evidence", "d", "me");
    check(&cut, 400, "IncompleteBody");
    assert_eq!(s3.get("evidence", "d"), None);
}

#[test]
fn bucket_and_key_are_found_in_both_styles() {
    #[track_caller]
    fn check(host: &str, path: &str, expected: Option<(&str, &str)>) {
        let found = bucket_and_key(host, path);
        assert_eq!(
            found.as_ref().map(|(b, k)| (b.as_str(), k.as_str())),
            expected
        );
    }
    check(
        "logs.s3.us-east-1.amazonaws.com",
        "/a%20b/c?x-id=GetObject",
        Some(("logs", "a b/c")),
    );
    check("my.logs.s3.amazonaws.com", "/c", Some(("my.logs", "c")));
    check(
        "a.s3.b.s3.eu-west-1.amazonaws.com:443",
        "/c",
        Some(("a.s3.b", "c")),
    );
    check(
        "s3.us-east-1.amazonaws.com",
        "/logs/a/b%2",
        Some(("logs", "a/b%2")),
    );
    check("s3.us-east-1.amazonaws.com", "/", None);
    check("sts.us-east-1.amazonaws.com", "/", None);
    check("example.com", "/a/b", None);
}
