//! Roles that plans name: those of a service, and those of other accounts.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_sdk_sts::types::Tag;
use sluice_core::reading::Place;

use crate::error::{AwsError, Refusal, sorted};

/// How assumed sessions are called in CloudTrail, where nobody vouches for a service.
const SESSION_NAME: &str = "sluice";
/// Characters that STS takes as a session's name.
const SESSION_NAME_MAX: usize = 64;

/// For whom a role is assumed. A role's trust policy can ask for the external
/// id, so that no plan of another service has it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ActingFor {
    /// The service, as somebody else says it than who writes its plan.
    pub service: String,
    /// Pipeline and stage, where the sessions are tagged: a role whose trust
    /// policy does not allow `sts:TagSession` refuses those that are.
    pub tagged: Option<(String, String)>,
}

impl ActingFor {
    /// What a role's trust policy can ask for (`sts:ExternalId`).
    pub fn external_id(&self) -> String {
        external_id(&self.service)
    }

    fn session_name(&self) -> String {
        let name = format!("{SESSION_NAME}-{}", self.service);
        name.chars().take(SESSION_NAME_MAX).collect()
    }

    fn tags(&self) -> Option<Vec<Tag>> {
        let (pipeline, stage) = self.tagged.as_ref()?;
        let all = [
            ("service", &self.service),
            ("pipeline", pipeline),
            ("stage", stage),
        ];
        let tags = all.into_iter().filter_map(|(key, value)| {
            let tag = Tag::builder().key(format!("sluice:{key}")).value(value);
            tag.build().ok()
        });
        Some(tags.collect())
    }
}

/// The external id with which the role of a service is assumed.
pub fn external_id(service: &str) -> String {
    format!("sluice:{service}")
}

/// Credentials of a role, asked for when they are needed. The client that they
/// belong to keeps them until they expire.
#[derive(Debug)]
pub(crate) struct AssumedRole {
    sts: aws_sdk_sts::Client,
    role: String,
    acting: Option<ActingFor>,
}

impl AssumedRole {
    pub(crate) fn new(
        sts: aws_sdk_sts::Client,
        role: &str,
        acting: Option<ActingFor>,
    ) -> AssumedRole {
        AssumedRole {
            sts,
            role: role.to_owned(),
            acting,
        }
    }

    async fn assume(&self) -> Result<Credentials, AwsError> {
        let operation = "sts:AssumeRole";
        let place = Place {
            region: None,
            role: Some(self.role.clone()),
        };
        let acting = self.acting.as_ref();
        let name = acting.map_or_else(|| SESSION_NAME.to_owned(), ActingFor::session_name);
        let answer = self
            .sts
            .assume_role()
            .role_arn(&self.role)
            .role_session_name(name)
            .set_external_id(acting.map(ActingFor::external_id))
            .set_tags(acting.and_then(ActingFor::tags))
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
