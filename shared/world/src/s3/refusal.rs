//! Refusals in S3's words: a status, a code, and an XML document.

use http::{Response, StatusCode, header};
use quick_xml::escape::escape;

pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, message: &str) -> Refusal {
        Refusal {
            status,
            code,
            message: message.to_owned(),
        }
    }

    pub(super) fn no_such_key() -> Refusal {
        let message = "The specified key does not exist.";
        Refusal::new(StatusCode::NOT_FOUND, "NoSuchKey", message)
    }

    pub(super) fn no_such_bucket() -> Refusal {
        let message = "The specified bucket does not exist";
        Refusal::new(StatusCode::NOT_FOUND, "NoSuchBucket", message)
    }

    pub(super) fn access_denied() -> Refusal {
        Refusal::new(StatusCode::FORBIDDEN, "AccessDenied", "Access Denied")
    }

    pub(super) fn expired() -> Refusal {
        let message = "The provided token has expired.";
        Refusal::new(StatusCode::BAD_REQUEST, "ExpiredToken", message)
    }

    pub(super) fn precondition_failed() -> Refusal {
        let message = "At least one of the pre-conditions you specified did not hold";
        Refusal::new(
            StatusCode::PRECONDITION_FAILED,
            "PreconditionFailed",
            message,
        )
    }

    pub(super) fn conflict() -> Refusal {
        let message = "The conditional request cannot succeed due to a conflicting operation \
                       against this resource.";
        Refusal::new(StatusCode::CONFLICT, "ConditionalRequestConflict", message)
    }

    pub(super) fn invalid_range() -> Refusal {
        let message = "The requested range is not satisfiable";
        Refusal::new(StatusCode::RANGE_NOT_SATISFIABLE, "InvalidRange", message)
    }

    pub(super) fn incomplete_body() -> Refusal {
        let message = "You did not provide the number of bytes specified by the Content-Length \
                       HTTP header.";
        Refusal::new(StatusCode::BAD_REQUEST, "IncompleteBody", message)
    }

    pub(super) fn method_not_allowed() -> Refusal {
        let message = "The specified method is not allowed against this resource.";
        Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message)
    }

    pub(super) fn invalid_argument(what: &str) -> Refusal {
        let message = format!("Invalid Argument: {what}");
        Refusal::new(StatusCode::BAD_REQUEST, "InvalidArgument", &message)
    }

    pub(super) fn not_implemented(what: &str) -> Refusal {
        let message =
            format!("A header you provided implies functionality that is not implemented: {what}");
        Refusal::new(StatusCode::NOT_IMPLEMENTED, "NotImplemented", &message)
    }

    pub(super) fn into_response(self, bucket: &str, key: &str, id: &str) -> Response<Vec<u8>> {
        let resource = match self.code {
            "NoSuchKey" => format!("<Key>{}</Key>", escape(key)),
            "NoSuchBucket" => format!("<BucketName>{}</BucketName>", escape(bucket)),
            "PreconditionFailed" | "ConditionalRequestConflict" => {
                "<Condition>If-None-Match</Condition>".to_owned()
            }
            _ => String::new(),
        };
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code>\
             <Message>{}</Message>{resource}<RequestId>{id}</RequestId>\
             <HostId>host</HostId></Error>",
            self.code,
            escape(&self.message),
        );
        let response = Response::builder()
            .status(self.status)
            .header(header::CONTENT_TYPE, "application/xml")
            .body(body.into_bytes());
        response.expect("a status and a fixed header make a response")
    }
}
