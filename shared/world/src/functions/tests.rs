//! What an answer of a function's address means.

use http::Response;
use hyper::body::Bytes;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{Address, functions_at, judged};
use crate::codepipeline::{FunctionError, Invocation};

#[track_caller]
fn check(status: u16, header: Option<&str>, body: &str, expected: Option<(&str, &str)>) {
    let mut response = Response::builder().status(status);
    if let Some(kind) = header {
        response = response.header("X-Amz-Function-Error", kind);
    }
    let response = response.body(Bytes::from(body.to_owned())).unwrap();
    let expected = expected.map(|(error_type, message)| FunctionError {
        error_type: error_type.to_owned(),
        message: message.to_owned(),
    });
    assert_eq!(judged("f", &response).err(), expected);
}

#[test]
fn only_an_answer_without_an_error_is_success() {
    let error = "{\"errorType\":\"T\",\"errorMessage\":\"m\"}";
    check(200, None, "{\"handled\":\"went on\"}", None);
    check(200, None, "", None);
    check(500, None, error, Some(("T", "m")));
    check(200, Some("Unhandled"), error, Some(("T", "m")));
    check(200, None, error, Some(("T", "m")));
    let bare = Some(("Unhandled", "status 200: oh"));
    check(200, Some("Unhandled"), "oh", bare);
    let missing = Some(("ResourceNotFoundException", "Function not found: f"));
    check(404, None, "no such function", missing);
}

fn invocation() -> Invocation {
    Invocation {
        function: "sluice-bake".to_owned(),
        event: serde_json::json!({ "a": 1 }),
        request_id: "r-1".to_owned(),
        deadline: jiff::Timestamp::MAX,
        attempt: 1,
    }
}

/// What comes of an invocation where the peer reads it and answers this, and
/// what it read.
async fn invoked(answer: &'static [u8]) -> (Result<Value, FunctionError>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let peer = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut read = Vec::new();
        while !read.ends_with(b"{\"a\":1}") {
            let mut some = [0; 1024];
            let bytes = stream.read(&mut some).await.unwrap();
            assert_ne!(bytes, 0, "the client went away");
            read.extend_from_slice(&some[..bytes]);
        }
        stream.write_all(answer).await.unwrap();
        String::from_utf8(read).unwrap()
    });
    let functions = functions_at(&url.parse().unwrap());
    let result = functions(invocation()).await;
    (result, peer.await.unwrap())
}

#[tokio::test]
async fn the_event_is_posted_where_lambda_takes_it() {
    let (result, request) = invoked(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
    assert_eq!(result, Ok(serde_json::json!({})));
    let path = "POST /2015-03-31/functions/sluice-bake/invocations HTTP/1.1\r\n";
    assert!(request.starts_with(path), "{request}");
}

#[tokio::test]
async fn a_connection_that_breaks_is_a_function_that_died() {
    for answer in [&b""[..], b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}"] {
        let (result, _) = invoked(answer).await;
        assert_eq!(result.unwrap_err().error_type, "Runtime.ExitError");
    }
}

#[tokio::test]
async fn an_address_where_nobody_listens_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let result = functions_at(&url.parse().unwrap())(invocation()).await;
    let error = result.unwrap_err();
    assert_eq!(error.error_type, "Runtime.ExitError");
    let address = url.trim_end_matches('/');
    assert!(
        error
            .message
            .contains(&format!("nothing listens at {address}")),
        "{error}"
    );
}

#[test]
fn an_address_is_plain_http_with_a_host() {
    for good in [
        "http://127.0.0.1:9000",
        "http://localhost:9000/",
        "http://[::1]:9000",
    ] {
        assert!(good.parse::<Address>().is_ok(), "{good}");
    }
    for bad in ["", "9000", "127.0.0.1:9000", "https://a.b", "http://a/?b"] {
        assert!(bad.parse::<Address>().is_err(), "{bad}");
    }
}
