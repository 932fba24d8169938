//! What a request is for, and refusals in the form of each protocol.

use std::collections::BTreeMap;

use http::{Request, Response};

use crate::s3;
use crate::scenario::RefusalKind;
use crate::wire::{ApiError, Protocol};

/// What a request is for.
pub(super) struct Target {
    pub(super) service: &'static str,
    pub(super) operation: String,
    pub(super) protocol: Protocol,
    pub(super) region: String,
    pub(super) access_key: String,
    pub(super) object: (String, String),
}

impl Target {
    pub(super) fn of(request: &Request<Vec<u8>>) -> Option<Target> {
        let host = request.uri().host()?;
        let header = |name: &str| {
            request
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or("")
        };
        let access_key = header("authorization")
            .split_once("Credential=")
            .and_then(|(_, rest)| rest.split('/').next())
            .unwrap_or("")
            .to_owned();
        let path = request.uri().path();
        let protocol = if header("smithy-protocol") == "rpc-v2-cbor" {
            Protocol::Cbor
        } else {
            Protocol::Json
        };
        let object = s3::bucket_and_key(host, path).unwrap_or_default();
        let (service, operation) = if host.starts_with("s3.") || host.contains(".s3.") {
            let operation = if request.method() == "PUT" {
                "PutObject"
            } else {
                "GetObject"
            };
            ("s3", operation.to_owned())
        } else {
            let service = match host.split('.').next()? {
                "monitoring" => "cloudwatch",
                "codepipeline" => "codepipeline",
                "sts" => "sts",
                _ => return None,
            };
            let operation = match protocol {
                Protocol::Cbor => path.rsplit('/').next().unwrap_or(""),
                Protocol::Json if service == "sts" => "AssumeRole",
                Protocol::Json => header("x-amz-target").rsplit('.').next().unwrap_or(""),
            };
            (service, operation.to_owned())
        };
        let region = host
            .trim_end_matches(".amazonaws.com")
            .rsplit('.')
            .next()
            .unwrap_or("")
            .to_owned();
        Some(Target {
            service,
            operation,
            protocol,
            region,
            access_key,
            object,
        })
    }

    pub(super) fn response(&self, status: u16, body: Vec<u8>) -> Response<Vec<u8>> {
        let response = Response::builder().status(status);
        let response = match self.protocol {
            Protocol::Cbor => response
                .header("content-type", "application/cbor")
                .header("smithy-protocol", "rpc-v2-cbor"),
            Protocol::Json => response.header("content-type", "application/x-amz-json-1.1"),
        };
        response.body(body).expect("these headers are valid")
    }

    /// An error in the form of the service's protocol.
    pub(super) fn refused(&self, error: &ApiError) -> Response<Vec<u8>> {
        match self.service {
            "s3" => xml(
                error.status,
                format!("<Error>{}</Error>", error_in_xml(error)),
            ),
            "sts" => {
                let body = format!(
                    "<ErrorResponse><Error>{}</Error></ErrorResponse>",
                    error_in_xml(error)
                );
                xml(error.status, body)
            }
            _ => {
                let body = BTreeMap::from([
                    ("__type", error.code.as_str()),
                    ("message", error.message.as_str()),
                ]);
                let body = self
                    .protocol
                    .write(&body)
                    .expect("two texts can be written");
                self.response(error.status, body)
            }
        }
    }
}

fn error_in_xml(error: &ApiError) -> String {
    let message = quick_xml::escape::escape(error.message.as_str());
    format!("<Code>{}</Code><Message>{message}</Message>", error.code)
}

fn xml(status: u16, body: String) -> Response<Vec<u8>> {
    let response = Response::builder()
        .status(status)
        .header("content-type", "application/xml");
    response
        .body(body.into_bytes())
        .expect("the status is one of HTTP's")
}

pub(super) fn refusal(target: &Target, kind: RefusalKind) -> ApiError {
    let (status, code) = match (kind, target.service) {
        (RefusalKind::AccessDenied, "codepipeline") => (400, "AccessDeniedException"),
        (RefusalKind::AccessDenied, _) => (403, "AccessDenied"),
        (RefusalKind::Throttling, "s3") => (503, "SlowDown"),
        (RefusalKind::Throttling, "sts") => (400, "Throttling"),
        (RefusalKind::Throttling, _) => (400, "ThrottlingException"),
        (_, "s3") => (500, "InternalError"),
        (_, _) => (500, "InternalFailure"),
    };
    let message = match kind {
        RefusalKind::AccessDenied => {
            format!(
                "User is not authorized to perform: {}:{}",
                target.service, target.operation
            )
        }
        RefusalKind::Throttling => "Rate exceeded".to_owned(),
        _ => "The request processing has failed because of an unknown error.".to_owned(),
    };
    ApiError {
        status,
        code: code.to_owned(),
        message,
    }
}
