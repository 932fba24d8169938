//! Jobs of custom actions: polled for, acknowledged, and read again.

use std::fmt;

use aws_sdk_codepipeline::types::{
    ActionCategory, ActionOwner, ActionTypeId, Artifact, Job as SdkJob, JobData as SdkJobData,
};
use aws_smithy_types::retry::RetryConfig;
use serde_json::{Value, json};
use sluice_core::reading::Place;

use crate::clients::Aws;
use crate::codepipeline::{Context, context};
use crate::error::{AwsError, sorted};

/// A job that `PollForJobs` gave.
#[derive(Debug, Clone)]
pub struct PolledJob {
    /// Its id.
    pub id: String,
    /// What acknowledges it, once.
    pub nonce: String,
    /// What it is about.
    pub data: JobData,
}

/// What a job is about.
#[derive(Clone)]
pub struct JobData {
    /// What it is part of.
    pub context: Option<Context>,
    /// The token of the job before it.
    pub token: Option<String>,
    /// All of it as in the event of a Lambda action. It has credentials.
    data: Value,
}

impl JobData {
    /// All of it as in the event of a Lambda action, with its credentials:
    /// nothing that is printed or kept.
    pub fn as_event(&self) -> &Value {
        &self.data
    }
}

/// Without its credentials.
impl fmt::Debug for JobData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobData")
            .field("context", &self.context)
            .field("token", &self.token)
            .finish_non_exhaustive()
    }
}

/// What became of acknowledging a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acknowledged {
    /// It is ours.
    Ours,
    /// It was somebody else's before, or its nonce is an old one.
    NotOurs,
    /// It has ended: `TimedOut`, `Succeeded`, `Failed`, or is gone.
    Over,
}

impl Aws {
    /// Jobs of an action type (`Test`, of this account) that nobody has taken.
    ///
    /// # Errors
    ///
    /// What AWS said.
    pub async fn poll_jobs(
        &self,
        (provider, version): (&str, &str),
        at_most: i32,
    ) -> Result<Vec<PolledJob>, AwsError> {
        let operation = "codepipeline:PollForJobs";
        let of_type = ActionTypeId::builder()
            .category(ActionCategory::Test)
            .owner(ActionOwner::Custom)
            .provider(provider)
            .version(version)
            .build()
            .expect("all parts are there");
        let call = self.codepipeline().poll_for_jobs();
        let call = call.action_type_id(of_type).max_batch_size(at_most);
        let answer = call.send().await;
        let answer = answer.map_err(|e| sorted(operation, &Place::default(), e).about(provider))?;
        let jobs = answer.jobs.unwrap_or_default().into_iter();
        Ok(jobs.filter_map(polled).collect())
    }

    /// Says that a job is taken. Tried once: after an answer that was lost it
    /// is not known whose a job is that is no longer to be had.
    ///
    /// # Errors
    ///
    /// What AWS said, or that it said nothing.
    pub async fn acknowledge_job(&self, job: &str, nonce: &str) -> Result<Acknowledged, AwsError> {
        let operation = "codepipeline:AcknowledgeJob";
        let once = aws_sdk_codepipeline::config::Builder::new();
        let once = once.retry_config(RetryConfig::disabled());
        let call = self.codepipeline().acknowledge_job();
        let call = call.job_id(job).nonce(nonce).customize();
        match call.config_override(once).send().await {
            Ok(answer) => Ok(match answer.status.as_ref().map(|own| own.as_str()) {
                Some("TimedOut" | "Succeeded" | "Failed") => Acknowledged::Over,
                _ => Acknowledged::Ours,
            }),
            Err(error) => {
                let error = sorted(operation, &Place::default(), error).about(job);
                match error {
                    error if error.has_code("InvalidNonceException") => Ok(Acknowledged::NotOurs),
                    error if error.has_code("JobNotFoundException") => Ok(Acknowledged::Over),
                    error => Err(error),
                }
            }
        }
    }

    /// What a job is about, with credentials that are new; `None` if it is
    /// gone.
    ///
    /// # Errors
    ///
    /// What AWS said.
    pub async fn job_data(&self, job: &str) -> Result<Option<JobData>, AwsError> {
        let operation = "codepipeline:GetJobDetails";
        let answer = self.codepipeline().get_job_details().job_id(job);
        match answer.send().await {
            Ok(answer) => {
                let data = answer.job_details.and_then(|details| details.data);
                Ok(data.map(job_data))
            }
            Err(error) => {
                let error = sorted(operation, &Place::default(), error).about(job);
                match error.has_code("JobNotFoundException") {
                    true => Ok(None),
                    false => Err(error),
                }
            }
        }
    }
}

fn polled(job: SdkJob) -> Option<PolledJob> {
    Some(PolledJob {
        id: job.id?,
        nonce: job.nonce?,
        data: job_data(job.data?),
    })
}

fn job_data(told: SdkJobData) -> JobData {
    let configuration = told.action_configuration.and_then(|own| own.configuration);
    let credentials = told.artifact_credentials.map(|own| {
        json!({
            "accessKeyId": own.access_key_id,
            "secretAccessKey": own.secret_access_key,
            "sessionToken": own.session_token,
        })
    });
    let key = told.encryption_key.map(|own| json!({ "id": own.id }));
    let artifacts = |own: Option<Vec<Artifact>>| -> Vec<Value> {
        own.unwrap_or_default().into_iter().map(artifact).collect()
    };
    let data = json!({
        "actionConfiguration": { "configuration": configuration },
        "inputArtifacts": artifacts(told.input_artifacts),
        "outputArtifacts": artifacts(told.output_artifacts),
        "artifactCredentials": credentials,
        "encryptionKey": key,
        "continuationToken": told.continuation_token,
    });
    JobData {
        context: told.pipeline_context.and_then(context),
        token: told.continuation_token,
        data,
    }
}

fn artifact(told: Artifact) -> Value {
    let place = told.location.and_then(|own| own.s3_location);
    let place =
        place.map(|own| json!({ "bucketName": own.bucket_name, "objectKey": own.object_key }));
    json!({ "name": told.name, "location": place.map(|own| json!({ "s3Location": own })) })
}
