//! What can go wrong with a call, in the four kinds that matter here.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use sluice_core::GateError;
use sluice_core::reading::Place;

/// Why a call brought nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Lack of rights.
    Denied,
    /// Too many calls.
    Throttled,
    /// No answer, or a failure on AWS's side.
    Unavailable,
    /// Any other error code.
    Code(String),
}

/// A call that brought nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{operation}` {}: {message}", match &.refusal {
    Refusal::Denied => "was denied",
    Refusal::Throttled => "was throttled",
    Refusal::Unavailable => "got no answer",
    Refusal::Code(_) => "was refused",
})]
pub struct AwsError {
    /// As in a policy, for instance `cloudwatch:DescribeAlarms`.
    pub operation: String,
    /// Why.
    pub refusal: Refusal,
    /// AWS's code and message.
    pub message: String,
    /// Where.
    pub place: Place,
    /// What it was about, where the operation alone does not say it.
    pub resource: Option<String>,
}

impl AwsError {
    /// The same, saying what the call was about.
    pub(crate) fn about(mut self, resource: &str) -> AwsError {
        self.resource = Some(resource.to_owned());
        self
    }

    /// Whether what the call was about is not there.
    pub fn is_missing(&self) -> bool {
        [
            "ResourceNotFoundException",
            "StateMachineDoesNotExist",
            "ExecutionDoesNotExist",
        ]
        .iter()
        .any(|code| self.has_code(code))
    }

    /// Whether the same call may bring something a little later.
    pub fn is_passing(&self) -> bool {
        matches!(self.refusal, Refusal::Throttled | Refusal::Unavailable)
    }

    /// Whether AWS's code is this one.
    pub fn has_code(&self, code: &str) -> bool {
        matches!(&self.refusal, Refusal::Code(own) if own == code)
    }
}

/// Region and role in words.
pub(crate) fn scope(place: &Place) -> String {
    let role = place.role.as_ref().map_or_else(
        || "with the function's role".to_owned(),
        |r| format!("with role `{r}`"),
    );
    match &place.region {
        Some(region) => format!("in {region} {role}"),
        None => role,
    }
}

/// What, where and with which role.
fn on(resource: Option<&str>, place: &Place) -> String {
    match resource {
        Some(resource) => format!("on `{resource}` {}", scope(place)),
        None => scope(place),
    }
}

impl From<AwsError> for GateError {
    fn from(error: AwsError) -> GateError {
        let AwsError {
            operation,
            refusal,
            message,
            place,
            resource,
        } = error;
        match refusal {
            Refusal::Denied => GateError::AccessDenied {
                operation,
                scope: on(resource.as_deref(), &place),
            },
            Refusal::Throttled | Refusal::Unavailable => GateError::ServiceUnavailable {
                operation,
                detail: message,
            },
            Refusal::Code(_) => GateError::CallRefused {
                operation,
                detail: message,
            },
        }
    }
}

/// What stands for the code of an error that has none.
const NO_CODE: &str = "no error code";

/// Sorts an SDK's error into ours.
pub(crate) fn sorted<E>(
    operation: &str,
    place: &Place,
    error: SdkError<E, HttpResponse>,
) -> AwsError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let made = |refusal, message| AwsError {
        operation: operation.to_owned(),
        refusal,
        message,
        place: place.clone(),
        resource: None,
    };
    if let SdkError::ServiceError(context) = &error {
        let status = context.raw().status().as_u16();
        // The SDK calls it an error of the service, too, when an answer is cut
        // off on its way.
        if context.raw().status().is_success() && context.err().code().is_none() {
            let message = format!("the answer cannot be read: {}", root(context.err()));
            return made(Refusal::Unavailable, message);
        }
        let code = context.err().code().unwrap_or(NO_CODE);
        let message = format!(
            "{code}: {}",
            context.err().message().unwrap_or("without a message")
        );
        return made(kind(code, status), message);
    }
    // Credentials come by a call of their own, whose error is the one to show.
    let mut source: Option<&(dyn Error + 'static)> = Some(&error);
    while let Some(cause) = source {
        if let Some(own) = cause.downcast_ref::<AwsError>() {
            return own.clone();
        }
        source = cause.source();
    }
    made(Refusal::Unavailable, root(&error))
}

fn kind(code: &str, status: u16) -> Refusal {
    match code {
        "AccessDenied"
        | "AccessDeniedException"
        | "UnauthorizedOperation"
        | "NotAuthorized"
        | "AuthorizationError"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidAccessKeyId"
        | "SignatureDoesNotMatch" => Refusal::Denied,
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestLimitExceeded"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "TooManyRequestsException"
        | "SlowDown"
        | "LimitExceeded"
        | "LimitExceededException"
        | "LimitExceededFault"
        // CodeBuild: too many builds wait. Step Functions: too many run.
        | "AccountLimitExceededException"
        | "ExecutionLimitExceeded"
        | "KmsThrottlingException"
        // DynamoDB.
        | "ProvisionedThroughputExceededException"
        | "BandwidthLimitExceeded"
        | "PriorRequestNotComplete" => Refusal::Throttled,
        // S3 says this with 400.
        "RequestTimeout" | "RequestTimeoutException" => Refusal::Unavailable,
        // Services that speak JSON write no status into their models.
        "InternalServiceError" | "InternalServerError" | "InternalFailure" => Refusal::Unavailable,
        // AWS says why it refuses: this was cut off on its way.
        NO_CODE if status == 400 => Refusal::Unavailable,
        _ if status == 429 => Refusal::Throttled,
        _ if status >= 500 => Refusal::Unavailable,
        _ => Refusal::Code(code.to_owned()),
    }
}

/// The innermost cause: the outer ones only say that something failed.
fn root(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_told_from_what_may_not() {
        assert_eq!(kind("RequestTimeout", 400), Refusal::Unavailable);
        assert_eq!(kind("InternalError", 500), Refusal::Unavailable);
        assert_eq!(kind("SlowDown", 503), Refusal::Throttled);
        assert_eq!(kind(NO_CODE, 429), Refusal::Throttled);
        assert_eq!(kind(NO_CODE, 400), Refusal::Unavailable);
        assert_eq!(kind("AccessDenied", 403), Refusal::Denied);
        let other = Refusal::Code("NoSuchKey".to_owned());
        assert_eq!(kind("NoSuchKey", 404), other);
    }

    #[test]
    fn what_a_call_was_about_is_told_with_where_and_as_whom() {
        let error = AwsError {
            operation: "codebuild:StartBuild".to_owned(),
            refusal: Refusal::Denied,
            message: "AccessDeniedException: no".to_owned(),
            place: Place {
                region: Some("eu-west-1".to_owned()),
                role: None,
            },
            resource: None,
        };
        let error = GateError::from(error.about("smoke"));
        assert_eq!(
            error.to_string(),
            "no permission for `codebuild:StartBuild` on `smoke` in eu-west-1 with the function's role"
        );
    }
}
