//! What goes over the wire: the protocols' shared types, and how an operation
//! written as a plain function answers in each of them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::io::Read;

use http::Request;
use jiff::Timestamp;
use serde::de::{DeserializeOwned, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::s3::percent_decoded;

/// A body that is longer than this when unpacked is not read.
const UNPACKED_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// A refusal as AWS publishes it: an error code with a status and a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    /// HTTP status, for instance 400.
    pub status: u16,
    /// The published code, for instance `JobNotFoundException`.
    pub code: String,
    /// What a person reads.
    pub message: String,
}

impl ApiError {
    /// A refusal for which the caller is to blame (status 400).
    pub fn client(code: &str, message: impl Into<String>) -> ApiError {
        ApiError {
            status: 400,
            code: code.to_owned(),
            message: message.into(),
        }
    }

    /// A failure of the service itself (status 500).
    pub fn server(code: &str, message: impl Into<String>) -> ApiError {
        ApiError {
            status: 500,
            code: code.to_owned(),
            message: message.into(),
        }
    }
}

/// The connection did not bring an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// Nothing came before the client gave up.
    #[error("timed out")]
    Timeout,
    /// The peer closed the connection.
    #[error("connection reset")]
    Reset,
}

/// A timestamp as AWS protocols carry it: epoch seconds with a fraction in
/// JSON, the same under tag 1 in CBOR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub Timestamp);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Milliseconds are what AWS keeps; i64 milliseconds fit f64 exactly.
        #[expect(
            clippy::cast_precision_loss,
            reason = "milliseconds since 1970 stay far below 2^53"
        )]
        let seconds = self.0.as_millisecond() as f64 / 1000.0;
        if serializer.is_human_readable() {
            seconds.serialize(serializer)
        } else {
            ciborium::tag::Required::<f64, 1>(seconds).serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
        let Seconds(seconds) = if deserializer.is_human_readable() {
            Seconds::deserialize(deserializer)?
        } else {
            ciborium::tag::Accepted::<Seconds, 1>::deserialize(deserializer)?.0
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "saturates, and the range check follows"
        )]
        let milliseconds = (seconds * 1000.0).round() as i64;
        Timestamp::from_millisecond(milliseconds)
            .map(Time)
            .map_err(serde::de::Error::custom)
    }
}

/// Seconds as clients write them: with a fraction or as an integer.
struct Seconds(f64);

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Seconds, D::Error> {
        struct Number;
        impl Visitor<'_> for Number {
            type Value = Seconds;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("seconds since 1970")
            }

            fn visit_f64<E: serde::de::Error>(self, seconds: f64) -> Result<Seconds, E> {
                Ok(Seconds(seconds))
            }

            #[expect(
                clippy::cast_precision_loss,
                reason = "the range is checked afterwards"
            )]
            fn visit_i64<E: serde::de::Error>(self, seconds: i64) -> Result<Seconds, E> {
                Ok(Seconds(seconds as f64))
            }

            #[expect(
                clippy::cast_precision_loss,
                reason = "the range is checked afterwards"
            )]
            fn visit_u64<E: serde::de::Error>(self, seconds: u64) -> Result<Seconds, E> {
                Ok(Seconds(seconds as f64))
            }
        }
        deserializer.deserialize_any(Number)
    }
}

/// How a request's body is written, and so its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// `awsJson1_1`: the operation in `x-amz-target`.
    Json,
    /// `rpc-v2-cbor`: the operation at the end of the path.
    Cbor,
}

impl Protocol {
    /// Reads an operation's input; a body that does not fit is what AWS calls
    /// a `SerializationException`.
    pub fn read<I: DeserializeOwned>(self, body: &[u8]) -> Result<I, ApiError> {
        let refused = |error: String| ApiError::client("SerializationException", error);
        match self {
            Protocol::Json => serde_json::from_slice(body).map_err(|e| refused(e.to_string())),
            Protocol::Cbor => ciborium::from_reader(body).map_err(|e| refused(e.to_string())),
        }
    }

    /// Writes an operation's output.
    pub fn write<O: Serialize>(self, output: &O) -> Result<Vec<u8>, ApiError> {
        let failed = |error: String| ApiError::server("InternalFailure", error);
        match self {
            Protocol::Json => serde_json::to_vec(output).map_err(|e| failed(e.to_string())),
            Protocol::Cbor => {
                let mut body = Vec::new();
                ciborium::into_writer(output, &mut body).map_err(|e| failed(e.to_string()))?;
                Ok(body)
            }
        }
    }

    /// Runs one operation: reads its input, calls it, writes its output.
    pub fn run<I: DeserializeOwned, O: Serialize>(
        self,
        body: &[u8],
        operation: impl FnOnce(I) -> Result<O, ApiError>,
    ) -> Result<Vec<u8>, ApiError> {
        self.write(&operation(self.read(body)?)?)
    }
}

/// `a=b&c=d%20e` as a map; a name without a value has an empty one.
pub(crate) fn read_form(text: &str) -> HashMap<String, String> {
    let decoded = |text: &str| percent_decoded(&text.replace('+', " "));
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (decoded(key), decoded(value)))
        .collect()
}

/// The body as its operation wants it: SDKs compress long ones.
pub(crate) fn unpacked(request: &Request<Vec<u8>>) -> Result<Cow<'_, [u8]>, ApiError> {
    let encoding = request.headers().get(http::header::CONTENT_ENCODING);
    if encoding.is_none_or(|encoding| encoding != "gzip") {
        return Ok(Cow::Borrowed(request.body()));
    }
    let mut unpacked = Vec::new();
    let mut reader = flate2::read::GzDecoder::new(request.body().as_slice());
    let read = (&mut reader)
        .take(UNPACKED_BYTES_MAX + 1)
        .read_to_end(&mut unpacked);
    match read {
        Ok(bytes) if bytes as u64 <= UNPACKED_BYTES_MAX => Ok(Cow::Owned(unpacked)),
        Ok(_) => Err(ApiError {
            status: 413,
            code: "RequestEntityTooLargeException".to_owned(),
            message: "the body is too long when unpacked".to_owned(),
        }),
        Err(error) => Err(ApiError::client(
            "SerializationException",
            format!("the body is not gzip: {error}"),
        )),
    }
}

#[cfg(test)]
mod tests;
