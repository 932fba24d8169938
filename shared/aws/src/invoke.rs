//! Functions of the user: invoked, and waited for.

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::timeout::TimeoutConfig;
use jiff::SignedDuration;
use serde::Deserialize;
use sluice_core::reading::Place;

use crate::clients::Aws;
use crate::error::{AwsError, Refusal, sorted};

/// Bytes that Lambda takes and gives in one invocation that is waited for.
pub const PAYLOAD_BYTES_MAX: usize = 6 * 1024 * 1024;
/// What is kept of a function's own error.
const ERROR_CHARACTERS_MAX: usize = 1000;
const OPERATION: &str = "lambda:InvokeFunction";

/// An invocation that is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation<'a> {
    /// Where.
    pub place: &'a Place,
    /// Its name or ARN, with or without a version or alias.
    pub function: &'a str,
    /// JSON.
    pub payload: String,
    /// How long it is waited for.
    pub within: SignedDuration,
}

/// What came of an invocation that Lambda took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invoked {
    /// The function returned.
    Returned {
        /// What it returned, normally JSON.
        payload: Vec<u8>,
        /// Which version ran.
        version: Option<String>,
    },
    /// The function ended with an error, ran out of its time or memory, or
    /// returned more than Lambda hands on.
    Failed {
        /// The error's type, or Lambda's `Unhandled` where it says none.
        error_type: String,
        /// Its message, cut to a length that can be shown.
        message: String,
    },
    /// It did not return in the time that it was waited for. It may still run.
    Late,
}

/// How Lambda writes a function's error.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Told {
    error_type: Option<String>,
    error_message: Option<String>,
}

impl Aws {
    /// Invokes a function once and waits for what it returns. Whether one that
    /// got no answer ran is not known.
    pub async fn invoke(&self, invocation: Invocation<'_>) -> Result<Invoked, AwsError> {
        let Invocation {
            place,
            function,
            payload,
            within,
        } = invocation;
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Err(too_large(place, function, payload.len()));
        }
        let limits = TimeoutConfig::builder()
            .operation_attempt_timeout(within.try_into().unwrap_or_default())
            .operation_timeout(within.try_into().unwrap_or_default())
            .build();
        let answer = self
            .invoking(place)
            .invoke()
            .function_name(function)
            .invocation_type(InvocationType::RequestResponse)
            .payload(Blob::new(payload))
            .customize()
            .config_override(aws_sdk_lambda::config::Builder::new().timeout_config(limits))
            .send()
            .await;
        match answer {
            Ok(answer) => {
                let payload = answer.payload.map(Blob::into_inner).unwrap_or_default();
                Ok(match answer.function_error {
                    Some(kind) => failed(kind, &payload),
                    None => Invoked::Returned {
                        payload,
                        version: answer.executed_version,
                    },
                })
            }
            Err(SdkError::TimeoutError(_)) => Ok(Invoked::Late),
            Err(error) => Err(sorted(OPERATION, place, error).about(function)),
        }
    }
}

fn failed(kind: String, payload: &[u8]) -> Invoked {
    let told: Told = serde_json::from_slice(payload).unwrap_or_default();
    let message = told
        .error_message
        .unwrap_or_else(|| String::from_utf8_lossy(payload).into_owned());
    Invoked::Failed {
        error_type: told.error_type.unwrap_or(kind),
        message: message.chars().take(ERROR_CHARACTERS_MAX).collect(),
    }
}

fn too_large(place: &Place, function: &str, bytes: usize) -> AwsError {
    AwsError {
        operation: OPERATION.to_owned(),
        refusal: Refusal::Code("RequestTooLargeException".to_owned()),
        message: format!("a payload of {bytes} bytes; Lambda takes {PAYLOAD_BYTES_MAX}"),
        place: place.clone(),
        resource: Some(function.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_functions_error_keeps_its_type_and_message() {
        let payload = br#"{"errorType":"KeyError","errorMessage":"'id'","stackTrace":[]}"#;
        let expected = Invoked::Failed {
            error_type: "KeyError".to_owned(),
            message: "'id'".to_owned(),
        };
        assert_eq!(failed("Unhandled".to_owned(), payload), expected);
    }

    #[test]
    fn an_error_that_is_no_json_is_shown_as_it_is_up_to_a_length() {
        let payload = "x".repeat(5000);
        let Invoked::Failed {
            error_type,
            message,
        } = failed("Unhandled".to_owned(), payload.as_bytes())
        else {
            panic!("it failed");
        };
        assert_eq!(error_type, "Unhandled");
        assert_eq!(message.len(), ERROR_CHARACTERS_MAX);
    }
}
