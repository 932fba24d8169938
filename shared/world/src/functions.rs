//! Functions that run elsewhere and are invoked over HTTP, as in
//! cargo-lambda's emulator: `POST URL/2015-03-31/functions/NAME/invocations`.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use http::{Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::codepipeline::{FunctionError, Functions, Invocation};

/// Where functions are invoked, such as `http://127.0.0.1:9000`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(Uri);

/// What is no address of functions.
#[derive(Debug, thiserror::Error)]
#[error("write an address such as `http://127.0.0.1:9000`")]
pub struct NoAddress;

impl FromStr for Address {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<Address, NoAddress> {
        let url: Uri = text.parse().map_err(|_| NoAddress)?;
        let plain = url.scheme_str() == Some("http") && url.query().is_none();
        match url.host() {
            Some(host) if plain && !host.is_empty() => Ok(Address(url)),
            _ => Err(NoAddress),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.to_string().trim_end_matches('/'))
    }
}

impl Address {
    /// Whether anybody listens there now.
    pub async fn is_up(&self) -> bool {
        let host = self.0.host().unwrap_or_default();
        let port = self.0.port_u16().unwrap_or(80);
        let host = host.trim_start_matches('[').trim_end_matches(']');
        TcpStream::connect((host, port)).await.is_ok()
    }
}

/// Functions at an address.
///
/// An answer is success, and its body what the function returned. A status
/// other than 200 (which is what the emulator answers with), the header
/// `X-Amz-Function-Error` (as Lambda) and a body that is an error are the
/// function's error; a bare 404 is no such function. A connection that breaks
/// is a process that died.
pub fn functions_at(address: &Address) -> Functions {
    // A kept connection to an emulator that was started anew would look like
    // a function that died.
    let client = Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(0)
        .build_http();
    let url = address.to_string();
    Arc::new(move |invocation| {
        let (client, url) = (client.clone(), url.clone());
        Box::pin(async move { invoke(&client, &url, invocation).await })
    })
}

async fn invoke(
    client: &Client<HttpConnector, Full<Bytes>>,
    url: &str,
    invocation: Invocation,
) -> Result<Value, FunctionError> {
    let id = invocation.request_id;
    let function = invocation.function;
    let request = Request::post(format!("{url}/2015-03-31/functions/{function}/invocations"))
        .header("content-type", "application/json")
        .body(Full::from(invocation.event.to_string()));
    let request = request.map_err(|error| died(&id, &error.to_string()))?;
    let response = client.request(request).await.map_err(|error| {
        if error.is_connect() {
            died(&id, &format!("nothing listens at {url}"))
        } else {
            died(&id, "the connection broke")
        }
    })?;
    let (parts, body) = response.into_parts();
    let body = body.collect().await;
    let body = body.map_err(|_| died(&id, "the connection broke"))?;
    judged(&function, &Response::from_parts(parts, body.to_bytes()))
}

/// What a function says of its own error.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    error_type: String,
    error_message: String,
}

fn judged(function: &str, response: &Response<Bytes>) -> Result<Value, FunctionError> {
    let told = serde_json::from_slice::<Told>(response.body());
    let marked = response.headers().contains_key("x-amz-function-error");
    match told {
        // The emulator passes a failed start on with status 200.
        Ok(told) => Err(FunctionError {
            error_type: told.error_type,
            message: told.error_message,
        }),
        Err(_) if response.status() == StatusCode::OK && !marked => Ok(returned(response.body())),
        Err(_) if response.status() == StatusCode::NOT_FOUND => {
            Err(FunctionError::not_found(function))
        }
        Err(_) => Err(FunctionError {
            error_type: "Unhandled".to_owned(),
            message: format!(
                "status {}: {}",
                response.status().as_u16(),
                String::from_utf8_lossy(response.body())
            ),
        }),
    }
}

/// What a function returned; one that returned nothing gives `null`.
fn returned(body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    let text = || Value::String(String::from_utf8_lossy(body).into_owned());
    serde_json::from_slice(body).unwrap_or_else(|_| text())
}

fn died(request_id: &str, why: &str) -> FunctionError {
    FunctionError {
        error_type: "Runtime.ExitError".to_owned(),
        message: format!("RequestId: {request_id} Error: Runtime exited: {why}"),
    }
}

#[cfg(test)]
mod tests;
