//! Roles of other accounts.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use sluice_core::reading::Place;

use crate::error::{AwsError, Refusal, sorted};

/// How the assumed sessions are called in CloudTrail.
const SESSION_NAME: &str = "sluice";

/// Credentials of a role, asked for when they are needed. The client that they
/// belong to keeps them until they expire.
#[derive(Debug)]
pub(crate) struct AssumedRole {
    sts: aws_sdk_sts::Client,
    role: String,
}

impl AssumedRole {
    pub(crate) fn new(sts: aws_sdk_sts::Client, role: &str) -> AssumedRole {
        AssumedRole {
            sts,
            role: role.to_owned(),
        }
    }

    async fn assume(&self) -> Result<Credentials, AwsError> {
        let operation = "sts:AssumeRole";
        let place = Place {
            region: None,
            role: Some(self.role.clone()),
        };
        let answer = self
            .sts
            .assume_role()
            .role_arn(&self.role)
            .role_session_name(SESSION_NAME)
            .send()
            .await
            .map_err(|error| sorted(operation, &place, error))?;
        let Some(given) = answer.credentials else {
            return Err(AwsError {
                operation: operation.to_owned(),
                refusal: Refusal::Unavailable,
                message: "the answer has no credentials".to_owned(),
                place,
                resource: None,
            });
        };
        let expires = SystemTime::try_from(given.expiration).ok();
        Ok(Credentials::new(
            given.access_key_id,
            given.secret_access_key,
            Some(given.session_token),
            expires,
            "sluice",
        ))
    }
}

impl ProvideCredentials for AssumedRole {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            self.assume()
                .await
                .map_err(CredentialsError::provider_error)
        })
    }
}
