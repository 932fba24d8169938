//! What a job says: in the `CodePipeline.job` event, and with the context that
//! `PollForJobs` and `GetJobDetails` tell beyond it.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::record::{ActionRun, Artifact};
use super::state::{Place, Sent, Shared, State};
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
    json!({ "CodePipeline.job": {
        "id": context.job,
        "accountId": context.account,
        "data": data(context.credentials, context.token, run),
    }})
}

fn data(credentials: &Credentials, token: Option<&str>, run: &ActionRun) -> Value {
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
    if let Some(token) = token {
        data["continuationToken"] = json!(token);
    }
    data
}

/// The data of a custom action's job, with credentials made just now.
pub(super) fn polled_data(shared: &Shared, state: &mut State, id: &str) -> Value {
    let now = state.clock.now();
    let credentials = Credentials::draw(&mut state.random, now);
    let job = &state.jobs[id];
    let (place, index) = (job.place, job.index);
    let bucket = &state.executions[place.execution].definition.artifact_bucket;
    let key = &credentials.access_key_id;
    shared.s3.grant(key, bucket, credentials.expires);
    let run = state.action(place);
    let token = run.jobs[index].token_in.as_deref();
    with_context(data(&credentials, token, run), shared, state, place)
}

/// The answer of `GetJobDetails`.
pub(super) fn job_details(shared: &Shared, state: &mut State, id: &str) -> Value {
    let job = &state.jobs[id];
    let data = match &job.sent {
        Sent::Event(event) => {
            let data = event["CodePipeline.job"]["data"].clone();
            with_context(data, shared, state, job.place)
        }
        Sent::Polled(_) => polled_data(shared, state, id),
    };
    json!({ "jobDetails": { "id": id, "accountId": shared.account, "data": data } })
}

/// A job's data as the API tells it, which says more than an event.
fn with_context(mut data: Value, shared: &Shared, state: &State, place: Place) -> Value {
    let record = &state.executions[place.execution].record;
    let run = state.action(place);
    let (account, region, pipeline) = (&shared.account, &shared.region, &record.pipeline);
    if let Some(credentials) = data["artifactCredentials"].as_object_mut() {
        credentials.remove("expirationTime");
    }
    data["actionTypeId"] = json!(run.action_type);
    data["pipelineContext"] = json!({
        "pipelineName": pipeline,
        "stage": { "name": record.stages[place.stage].name },
        "action": { "name": run.name, "actionExecutionId": run.id },
        "pipelineArn": format!("arn:aws:codepipeline:{region}:{account}:{pipeline}"),
        "pipelineExecutionId": record.id,
    });
    data
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
