//! A world behind a socket, for clients that are other processes.
//!
//! It is for one machine: signatures are not verified, and whoever reaches
//! the socket may do everything. Time is real here, because those clients
//! have clocks of their own: [`serve`] refuses to run on paused time.

mod address;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::World;
use crate::wire::Broken;
use address::{Nowhere, at_aws};

/// Longer bodies are not read.
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Answers whoever connects, until `end` comes.
///
/// # Panics
///
/// On paused time: a client on the other side of a socket cannot see it jump.
pub async fn serve(listener: TcpListener, world: World, end: impl Future<Output = ()>) {
    assert!(
        time_is_real(),
        "a world behind a socket needs real time, and this runtime's is paused"
    );
    let mut connections = JoinSet::new();
    tokio::pin!(end);
    loop {
        tokio::select! {
            () = &mut end => return,
            // Only to let go of them.
            Some(_ended) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, world.clone()));
                }
                // Too many open files pass; a loop without a pause would not.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
        }
    }
}

/// Whether tokio's clock goes on by itself. Paused, it stands still while a
/// thread sleeps.
fn time_is_real() -> bool {
    let before = tokio::time::Instant::now();
    std::thread::sleep(Duration::from_millis(1));
    tokio::time::Instant::now() > before
}

async fn connection(stream: TcpStream, world: World) {
    let service = service_fn(move |request| {
        let world = world.clone();
        async move { answer(&world, request).await }
    });
    // A connection that breaks is the client's to notice.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// An error closes the connection without an answer.
async fn answer(
    world: &World,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Broken> {
    let (mut parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, BODY_BYTES_MAX).collect().await else {
        return Ok(refused(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestTooLarge",
            "the body is longer than this world reads",
        ));
    };
    parts.uri = match at_aws(&parts) {
        Ok(uri) => uri,
        Err(nowhere) => return Ok(nowhere_to_go(&nowhere)),
    };
    let request = Request::from_parts(parts, body.to_bytes().to_vec());
    let mut response = world.answer(request).await?;
    let headers = response.headers_mut();
    headers
        .entry("x-amzn-requestid")
        .or_insert_with(new_request_id);
    Ok(response.map(Full::from))
}

fn nowhere_to_go(nowhere: &Nowhere) -> Response<Full<Bytes>> {
    match nowhere {
        Nowhere::Unsigned => refused(
            StatusCode::FORBIDDEN,
            "MissingAuthenticationToken",
            "this is a simulated AWS for AWS clients; the request is not signed",
        ),
        Nowhere::Unknown(service) => {
            let message = format!("this world has no service `{service}`");
            refused(StatusCode::NOT_FOUND, "UnknownService", &message)
        }
    }
}

fn refused(status: StatusCode, code: &str, message: &str) -> Response<Full<Bytes>> {
    let body = serde_json::json!({ "__type": code, "message": message });
    let response = Response::builder()
        .status(status)
        .header("content-type", "application/x-amz-json-1.1")
        .body(Full::from(body.to_string()));
    response.expect("these headers are valid")
}

fn new_request_id() -> HeaderValue {
    static REQUESTS: AtomicU64 = AtomicU64::new(1);
    let number = REQUESTS.fetch_add(1, Ordering::Relaxed);
    let id = format!("00000000-0000-4000-8002-{number:012x}");
    HeaderValue::try_from(id).expect("hexadecimal digits make a header value")
}

#[cfg(test)]
mod tests;
