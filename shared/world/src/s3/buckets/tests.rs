//! Listings, as pages of XML.

use http::Request;
use jiff::Timestamp;

use super::S3;
use crate::clock::Clock;

fn s3() -> S3 {
    let s3 = S3::new(Clock::starting_at(Timestamp::UNIX_EPOCH));
    for key in ["a/1", "a/2", "b/1", "c d", "e"] {
        s3.put("bucket", key, key.as_bytes().to_vec());
    }
    s3
}

fn asked(s3: &S3, method: &str, bucket: &str, query: &str) -> (u16, String) {
    let address = format!("https://s3.us-east-1.amazonaws.com/{bucket}?{query}");
    let request = Request::builder().method(method).uri(address);
    let response = s3.answer(&request.body(Vec::new()).unwrap(), bucket, "", "me");
    let body = String::from_utf8(response.body().clone()).unwrap();
    (response.status().as_u16(), body)
}

/// The texts of one element, in order.
fn all(body: &str, element: &str) -> Vec<String> {
    let opening = format!("<{element}>");
    let parts = body.split(&opening).skip(1);
    parts
        .map(|part| part.split("</").next().unwrap().to_owned())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_page_ends_where_it_is_full_and_the_next_goes_on_there() {
    let s3 = s3();
    let (mut token, mut pages) = (String::new(), Vec::new());
    while pages.len() < 9 {
        let query = format!("list-type=2&max-keys=2{token}");
        let (status, body) = asked(&s3, "GET", "bucket", &query);
        assert_eq!(status, 200);
        pages.push(all(&body, "Key"));
        let next = all(&body, "NextContinuationToken");
        assert_eq!(all(&body, "IsTruncated"), [(!next.is_empty()).to_string()]);
        match next.first() {
            Some(next) => token = format!("&continuation-token={}", next.replace(' ', "+")),
            None => break,
        }
    }
    let expected = [vec!["a/1", "a/2"], vec!["b/1", "c d"], vec!["e"]];
    assert_eq!(pages, expected);
}

#[tokio::test(start_paused = true)]
async fn keys_behind_a_delimiter_count_as_one_on_a_page() {
    let s3 = s3();
    let query = "list-type=2&delimiter=%2F&max-keys=3&encoding-type=url";
    let (_, body) = asked(&s3, "GET", "bucket", query);
    let common = all(&body, "CommonPrefixes><Prefix");
    assert_eq!(common, ["a/", "b/"]);
    assert_eq!(all(&body, "Key"), ["c%20d"]);
    assert_eq!(all(&body, "NextContinuationToken"), ["c d"]);
    let query = "list-type=2&delimiter=%2F&continuation-token=a%2F";
    let (_, body) = asked(&s3, "GET", "bucket", query);
    assert_eq!(all(&body, "CommonPrefixes><Prefix"), ["b/"]);
}

#[tokio::test(start_paused = true)]
async fn buckets_are_created_and_asked_for() {
    let s3 = s3();
    assert_eq!(asked(&s3, "HEAD", "new", "").0, 404);
    assert_eq!(asked(&s3, "PUT", "new", "").0, 200);
    assert_eq!(asked(&s3, "HEAD", "new", "").0, 200);
    let (_, body) = asked(&s3, "GET", "new", "list-type=2");
    assert_eq!(all(&body, "KeyCount"), ["0"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_imitated_is_refused() {
    let s3 = s3();
    assert_eq!(asked(&s3, "GET", "bucket", "versioning").0, 501);
    let (status, body) = asked(&s3, "GET", "bucket", "list-type=2&max-keys=x");
    assert_eq!(status, 400);
    assert_eq!(all(&body, "Code"), ["InvalidArgument"]);
}

#[tokio::test(start_paused = true)]
async fn a_policy_is_asked_about_listings_too() {
    let s3 = s3();
    s3.set_policy(|access| access.bucket != "bucket");
    assert_eq!(asked(&s3, "GET", "bucket", "list-type=2").0, 403);
    assert_eq!(asked(&s3, "PUT", "bucket", "").0, 403);
}
