//! The event of a Lambda action, in our own types: what is missing in it is
//! missing, and no credential of it can be printed. The payload of a task of a
//! state machine is read into the same types (`task/event.rs`).

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use sluice_aws::ArtifactAccess;
use sluice_core::token::is_job_id;

use crate::asked::{self, OfAction};
use crate::hook;
use crate::task::{self, Asked};

/// The id of the job, found before anything else is read. `None`: the event is
/// not a job's.
pub fn job_id(raw: &Value) -> Option<&str> {
    raw.get(EVENT)?
        .get("id")?
        .as_str()
        .filter(|id| is_job_id(id))
}

/// The field that an event of a Lambda action has.
const EVENT: &str = "CodePipeline.job";

/// What an event says, as far as it is used.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Job {
    /// Settings and tokens.
    #[serde(default)]
    pub(crate) data: Data,
    /// What a state machine says beside that, if it is one that asks.
    #[serde(skip)]
    pub(crate) task: Option<Asked>,
    /// What is said of a custom action beside that, if it is one.
    #[serde(skip)]
    pub(crate) of_action: Option<OfAction>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Data {
    // What the event of a stage condition's rule calls it is not documented.
    #[serde(default, alias = "ruleConfiguration")]
    pub(crate) action_configuration: Option<ActionConfiguration>,
    #[serde(default)]
    pub(crate) input_artifacts: Option<Vec<Artifact>>,
    #[serde(default)]
    pub(crate) output_artifacts: Option<Vec<Artifact>>,
    #[serde(default)]
    pub(crate) encryption_key: Option<EncryptionKey>,
    #[serde(default, deserialize_with = "credentials")]
    pub(crate) artifact_credentials: Option<Credentials>,
    #[serde(default)]
    pub(crate) continuation_token: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct ActionConfiguration {
    #[serde(default)]
    pub(crate) configuration: Option<Configuration>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Configuration {
    #[serde(default)]
    pub(crate) user_parameters: Option<String>,
}

/// The key of KMS that artifacts are encrypted with, where it is not S3's own.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct EncryptionKey {
    pub(crate) id: String,
}

/// An artifact: a ZIP in S3.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Artifact {
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) location: Option<Location>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Location {
    #[serde(default)]
    pub(crate) s3_location: Option<S3Location>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct S3Location {
    pub(crate) bucket_name: String,
    pub(crate) object_key: String,
}

/// Credentials for the artifacts. Never printed.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Credentials {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
}

/// Credentials of another form are as good as none. An error would quote them.
fn credentials<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Credentials>, D::Error> {
    Ok(Credentials::deserialize(Value::deserialize(deserializer)?).ok())
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(redacted)")
    }
}

impl From<Credentials> for ArtifactAccess {
    fn from(credentials: Credentials) -> ArtifactAccess {
        ArtifactAccess {
            access_key: credentials.access_key_id,
            secret_key: credentials.secret_access_key,
            session_token: credentials.session_token,
        }
    }
}

impl Job {
    /// Reads an event that has a job id, or a task's payload.
    pub fn read(raw: &Value) -> Result<Job, serde_json::Error> {
        match raw.get(EVENT) {
            Some(event) => Job::deserialize(event),
            None if task::is_task(raw) => task::job(raw),
            None if asked::is_asked(raw) => asked::job(raw),
            None => Ok(hook::job(raw).unwrap_or_default()),
        }
    }

    /// `UserParameters`, if the action has any; a task's payload in their form.
    pub(crate) fn user_parameters(&self) -> Option<&str> {
        self.data
            .action_configuration
            .as_ref()?
            .configuration
            .as_ref()?
            .user_parameters
            .as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_event_without_arrays_and_credentials_is_read() {
        let raw = json!({"CodePipeline.job": {"id": "11111111-abcd-1111-abcd-111111abcdef", "data": {
            "inputArtifacts": null, "actionConfiguration": {"configuration": {"FunctionName": "f"}}}}});
        let job = Job::read(&raw).expect("readable");
        assert_eq!(job.user_parameters(), None);
        assert_eq!(job_id(&raw), Some("11111111-abcd-1111-abcd-111111abcdef"));
    }

    #[test]
    fn credentials_are_never_printed() {
        let raw = json!({"CodePipeline.job": {"id": "11111111-abcd-1111-abcd-111111abcdef", "data": {
            "artifactCredentials": {"accessKeyId": "AKIAPLANTED", "secretAccessKey": "planted-secret",
                "sessionToken": "planted-token", "expirationTime": 1_575_493_418_000_u64}}}});
        let job = Job::read(&raw).expect("readable");
        let printed = format!(
            "{job:?} {:?}",
            job.data
                .artifact_credentials
                .clone()
                .map(ArtifactAccess::from)
        );
        assert!(
            !printed.contains("planted") && !printed.contains("PLANTED"),
            "{printed}"
        );
    }

    #[test]
    fn credentials_of_another_form_are_none_and_no_error_quotes_them() {
        for credentials in [json!(null), json!("planted"), json!({ "accessKeyId": 7 })] {
            let raw = json!({"CodePipeline.job": {"data": {"artifactCredentials": credentials}}});
            let job = Job::read(&raw).expect("readable");
            assert!(job.data.artifact_credentials.is_none());
        }
    }

    #[test]
    fn what_is_no_job_has_no_id() {
        for raw in [
            json!({}),
            json!(null),
            json!({"CodePipeline.job": {"id": "../../etc"}}),
            json!({"id": "x"}),
        ] {
            assert_eq!(job_id(&raw), None);
        }
    }
}
