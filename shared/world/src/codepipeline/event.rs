//! The `CodePipeline.job` event, and what `GetJobDetails` tells beyond it.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::record::{ActionRun, Artifact};
use crate::random::Random;

/// How long a job's artifact credentials hold.
const CREDENTIALS_HOLD: SignedDuration = SignedDuration::from_hours(1);

/// What a job's event says that its action does not know.
pub(super) struct Context<'a> {
    pub(super) account: &'a str,
    pub(super) job: &'a str,
    pub(super) token: Option<&'a str>,
    pub(super) credentials: &'a Credentials,
}

/// Keys for the artifact bucket, each job's own. The secrets are marked, so
/// that a test can look for them where they must not be.
pub(super) struct Credentials {
    pub(super) access_key_id: String,
    secret_access_key: String,
    session_token: String,
    pub(super) expires: Timestamp,
}

impl Credentials {
    pub(super) fn draw(random: &mut Random, now: Timestamp) -> Credentials {
        Credentials {
            access_key_id: format!("ASIA{}", random.letters(16)),
            secret_access_key: format!("ArtifactSecretKey{}", random.letters(23)),
            session_token: format!("ArtifactSessionToken{}", random.letters(44)),
            expires: now
                .saturating_add(CREDENTIALS_HOLD)
                .unwrap_or(Timestamp::MAX),
        }
    }
}

/// The payload that CodePipeline sends to the function.
pub(super) fn job_event(context: &Context<'_>, run: &ActionRun) -> Value {
    let credentials = context.credentials;
    let mut data = json!({
        "actionConfiguration": { "configuration": run.resolved_configuration },
        "inputArtifacts": artifacts(&run.input_artifacts),
        "outputArtifacts": artifacts(&run.output_artifacts),
        "artifactCredentials": {
            "accessKeyId": credentials.access_key_id,
            "secretAccessKey": credentials.secret_access_key,
            "sessionToken": credentials.session_token,
            "expirationTime": credentials.expires.as_millisecond(),
        },
    });
    if let Some(token) = context.token {
        data["continuationToken"] = json!(token);
    }
    json!({ "CodePipeline.job": {
        "id": context.job,
        "accountId": context.account,
        "data": data,
    }})
}

/// Where a job belongs, as only `GetJobDetails` tells.
pub(super) struct Origin<'a> {
    pub(super) pipeline: &'a str,
    pub(super) pipeline_arn: String,
    pub(super) execution: &'a str,
    pub(super) stage: &'a str,
}

/// The answer of `GetJobDetails` for the job that `event` was sent for.
pub(super) fn job_details(event: &Value, origin: &Origin<'_>, run: &ActionRun) -> Value {
    let job = &event["CodePipeline.job"];
    let mut data = job["data"].as_object().cloned().unwrap_or_default();
    if let Some(credentials) = data
        .get_mut("artifactCredentials")
        .and_then(Value::as_object_mut)
    {
        credentials.remove("expirationTime");
    }
    data.insert("actionTypeId".to_owned(), action_type(run));
    data.insert(
        "pipelineContext".to_owned(),
        json!({
            "pipelineName": origin.pipeline,
            "stage": { "name": origin.stage },
            "action": { "name": run.name, "actionExecutionId": run.id },
            "pipelineArn": origin.pipeline_arn,
            "pipelineExecutionId": origin.execution,
        }),
    );
    json!({ "jobDetails": { "id": job["id"], "accountId": job["accountId"], "data": data } })
}

fn action_type(run: &ActionRun) -> Value {
    let (category, provider) = run.action_type;
    json!({ "category": category, "owner": "AWS", "provider": provider, "version": "1" })
}

fn artifacts(artifacts: &[Artifact]) -> Vec<Map<String, Value>> {
    let describe = |artifact: &Artifact| {
        let location = json!({
            "type": "S3",
            "s3Location": { "bucketName": artifact.bucket, "objectKey": artifact.key },
        });
        Map::from_iter([
            ("name".to_owned(), json!(artifact.name)),
            ("revision".to_owned(), json!(artifact.revision)),
            ("location".to_owned(), location),
        ])
    };
    artifacts.iter().map(describe).collect()
}
