//! A world behind a real socket, asked by hand-written requests.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::serve;
use crate::{Scenario, World};

const SIGNED: &str =
    "AWS4-HMAC-SHA256 Credential=AKIA/20260303/us-east-1/SERVICE/aws4_request, Signature=0";

fn world() -> World {
    let text = "about: t\nrefusals: [ { call: 'codepipeline:*', error: Reset } ]\n";
    World::new(Scenario::parse(text, ".".as_ref()).unwrap())
}

/// The whole answer to a request, which is empty where the connection closes.
async fn asked(service: &str, request: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(serve(listener, world(), std::future::pending()));
    let mut stream = TcpStream::connect(address).await.unwrap();
    let signed = SIGNED.replace("SERVICE", service);
    let request = request.replace("SIGNED", &format!("authorization: {signed}"));
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    served.abort();
    answer
}

#[tokio::test]
async fn a_signed_request_reaches_its_service() {
    let answer = asked(
        "sts",
        "POST / HTTP/1.1\r\nhost: 127.0.0.1\r\nSIGNED\r\nconnection: close\r\n\
         content-length: 43\r\n\r\nAction=GetCallerIdentity&Version=2011-06-15",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("x-amzn-requestid: "), "{answer}");
    assert!(
        answer.contains("<Account>111122223333</Account>"),
        "{answer}"
    );
}

#[tokio::test]
async fn an_unsigned_request_is_refused_with_the_reason() {
    let answer = asked(
        "sts",
        "GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    assert!(answer.contains("MissingAuthenticationToken"), "{answer}");
}

#[tokio::test]
async fn a_reset_of_the_scenario_closes_the_connection_without_an_answer() {
    let answer = asked(
        "codepipeline",
        "POST / HTTP/1.1\r\nhost: 127.0.0.1\r\nSIGNED\r\n\
         x-amz-target: CodePipeline_20150709.GetPipelineState\r\ncontent-length: 2\r\n\r\n{}",
    )
    .await;
    assert_eq!(answer, "");
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "needs real time")]
async fn a_world_is_not_served_on_paused_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    serve(listener, world(), std::future::ready(())).await;
}
