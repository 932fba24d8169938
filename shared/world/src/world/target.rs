//! What a request is for, and refusals in the form of each protocol.

use std::collections::BTreeMap;

use http::{HeaderValue, Request, Response};
use serde_json::Value;

use crate::s3;
use crate::scenario::RefusalKind;
use crate::synthetics;
use crate::wire::{ApiError, Protocol, read_form};

/// What a request is for.
pub(super) struct Target {
    pub(super) service: &'static str,
    pub(super) operation: String,
    pub(super) protocol: Protocol,
    pub(super) region: String,
    pub(super) access_key: String,
    pub(super) object: (String, String),
    wants_query_codes: bool,
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
            let operation = s3_operation(request.method().as_str(), &object.1);
            ("s3", operation.to_owned())
        } else {
            let service = match host.split('.').next()? {
                "codebuild" => "codebuild",
                "codedeploy" => "codedeploy",
                "codepipeline" => "codepipeline",
                "dynamodb" => "dynamodb",
                "events" => "events",
                "lambda" => "lambda",
                "monitoring" => "cloudwatch",
                "secretsmanager" => "secretsmanager",
                "sns" => "sns",
                "states" => "states",
                "sts" => "sts",
                "synthetics" => "synthetics",
                _ => return None,
            };
            let operation = match protocol {
                Protocol::Cbor => path.rsplit('/').next().unwrap_or("").to_owned(),
                Protocol::Json if ["sns", "sts"].contains(&service) => action(request.body()),
                Protocol::Json if service == "lambda" && path.contains("/aliases/") => {
                    "GetAlias".to_owned()
                }
                Protocol::Json if service == "lambda" => "Invoke".to_owned(),
                Protocol::Json if service == "synthetics" => {
                    synthetics::operation(request.method().as_str(), path).to_owned()
                }
                Protocol::Json => {
                    let target = header("x-amz-target");
                    target.rsplit('.').next().unwrap_or("").to_owned()
                }
            };
            (service, operation)
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
            wants_query_codes: header("x-amzn-query-mode") == "true",
        })
    }

    pub(super) fn response(&self, status: u16, body: Vec<u8>) -> Response<Vec<u8>> {
        let response = Response::builder().status(status);
        let response = match self.protocol {
            Protocol::Cbor => response
                .header("content-type", "application/cbor")
                .header("smithy-protocol", "rpc-v2-cbor"),
            Protocol::Json if ["cloudwatch", "dynamodb", "states"].contains(&self.service) => {
                response.header("content-type", "application/x-amz-json-1.0")
            }
            Protocol::Json if ["lambda", "synthetics"].contains(&self.service) => {
                response.header("content-type", "application/json")
            }
            Protocol::Json => response.header("content-type", "application/x-amz-json-1.1"),
        };
        response.body(body).expect("these headers are valid")
    }

    /// An error in the form of the service's protocol.
    pub(super) fn refused(&self, error: &ApiError) -> Response<Vec<u8>> {
        self.refused_with(error, None)
    }

    /// The same, whose body says one thing more.
    pub(super) fn refused_with(
        &self,
        error: &ApiError,
        more: Option<(&'static str, Value)>,
    ) -> Response<Vec<u8>> {
        match self.service {
            "s3" => xml(
                error.status,
                format!("<Error>{}</Error>", error_in_xml(error)),
            ),
            "sns" | "sts" => {
                let body = format!(
                    "<ErrorResponse><Error>{}</Error></ErrorResponse>",
                    error_in_xml(error)
                );
                xml(error.status, body)
            }
            _ => {
                let body = [
                    ("__type", Value::from(error.code.as_str())),
                    ("message", Value::from(error.message.as_str())),
                ];
                let body: BTreeMap<&str, Value> = body.into_iter().chain(more).collect();
                let body = self
                    .protocol
                    .write(&body)
                    .expect("texts and JSON can be written");
                let mut response = self.response(error.status, body);
                if let Some((name, value)) = self.error_header(error) {
                    response.headers_mut().insert(name, value);
                }
                response
            }
        }
    }

    /// Where the code stands that clients go by, if not in the body.
    /// CloudWatch spoke the query protocol once: clients that ask for its
    /// codes get them in a header.
    fn error_header(&self, error: &ApiError) -> Option<(&'static str, HeaderValue)> {
        let (name, value) = match self.service {
            "lambda" | "synthetics" => ("x-amzn-errortype", error.code.clone()),
            "cloudwatch" if self.wants_query_codes => {
                let fault = if error.status < 500 {
                    "Sender"
                } else {
                    "Receiver"
                };
                let code = query_code(&error.code);
                ("x-amzn-query-error", format!("{code};{fault}"))
            }
            _ => return None,
        };
        Some((name, HeaderValue::try_from(value).ok()?))
    }
}

/// The code of the query protocol for an error's name. Those of CloudWatch's
/// own errors are in its service model; that a throttled call says
/// `Throttling` there is what its clients have always been told, and is not
/// written down.
fn query_code(name: &str) -> &str {
    match name {
        "InvalidParameterValueException" => "InvalidParameterValue",
        "InvalidParameterCombinationException" => "InvalidParameterCombination",
        "MissingRequiredParameterException" => "MissingParameter",
        "LimitExceededFault" => "LimitExceeded",
        "ThrottlingException" => "Throttling",
        "InternalServiceFault" => "InternalServiceError",
        same => same,
    }
}

/// What is done to a key, or to its bucket where there is no key.
fn s3_operation(method: &str, key: &str) -> &'static str {
    match (method, key) {
        ("PUT", "") => "CreateBucket",
        ("HEAD", "") => "HeadBucket",
        (_, "") => "ListObjectsV2",
        ("PUT", _) => "PutObject",
        // `HeadObject` needs the right to `GetObject`, and is refused with it.
        _ => "GetObject",
    }
}

/// The operation that a form names.
fn action(form: &[u8]) -> String {
    let mut form = read_form(&String::from_utf8_lossy(form));
    form.remove("Action").unwrap_or_default()
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
        (RefusalKind::AccessDenied, "cloudwatch" | "s3" | "sts") => (403, "AccessDenied"),
        (RefusalKind::AccessDenied, "sns") => (403, "AuthorizationError"),
        (RefusalKind::AccessDenied, "lambda" | "synthetics") => (403, "AccessDeniedException"),
        (RefusalKind::AccessDenied, _) => (400, "AccessDeniedException"),
        (RefusalKind::Throttling, "s3") => (503, "SlowDown"),
        (RefusalKind::Throttling, "sns" | "sts") => (400, "Throttling"),
        (RefusalKind::Throttling, "lambda" | "synthetics") => (429, "TooManyRequestsException"),
        (RefusalKind::Throttling, "dynamodb") => (400, "ProvisionedThroughputExceededException"),
        (RefusalKind::Throttling, _) => (400, "ThrottlingException"),
        (_, "s3") => (500, "InternalError"),
        (_, "dynamodb") => (500, "InternalServerError"),
        (_, "events") => (500, "InternalException"),
        (_, "lambda") => (500, "ServiceException"),
        (_, "secretsmanager") => (500, "InternalServiceError"),
        (_, "synthetics") => (500, "InternalServerException"),
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

#[cfg(test)]
mod tests;
