//! The event that a function gets, as AWS documents it.

use serde_json::{Value, json};

use super::model::{Execution, State};
use super::{Action, CodePipeline, Pipeline, Work};

/// The access key of a job's credentials, which reach its artifacts only.
pub const ARTIFACT_ACCESS_KEY: &str = "ASIAARTIFACTS000000";

/// Where an artifact of an execution is.
pub(super) fn artifact_key(pipeline: &str, execution: &str, artifact: &str) -> String {
    format!("{pipeline}/{artifact}/{}", &execution[..8])
}

impl CodePipeline {
    /// The event of a job.
    pub(super) fn event(
        &self,
        pipeline: &Pipeline,
        action: &Action,
        execution: &str,
        job: &str,
        token: Option<&str>,
    ) -> Value {
        let mut configuration = json!({});
        if let Work::Lambda {
            function,
            user_parameters,
        } = &action.work
        {
            configuration["FunctionName"] = json!(function);
            if let Some(text) = user_parameters {
                configuration["UserParameters"] = json!(self.resolved(text, execution));
            }
        }
        let artifacts: Vec<Value> = action
            .input_artifacts
            .iter()
            .map(|name| {
                json!({ "name": name, "revision": null, "location": { "type": "S3", "s3Location": {
                    "bucketName": pipeline.artifact_bucket,
                    "objectKey": artifact_key(&pipeline.name, execution, name),
                }}})
            })
            .collect();
        let mut data = json!({
            "actionConfiguration": { "configuration": configuration },
            "inputArtifacts": artifacts,
            "outputArtifacts": [],
            "artifactCredentials": {
                "accessKeyId": ARTIFACT_ACCESS_KEY,
                "secretAccessKey": "simulated-artifact-secret",
                "sessionToken": "simulated-artifact-session",
            },
        });
        if let Some(token) = token {
            data["continuationToken"] = json!(token);
        }
        json!({ "CodePipeline.job": { "id": job, "accountId": self.0.account, "data": data } })
    }

    /// Variables in a text replaced by their values, which are not escaped.
    pub(super) fn resolved(&self, text: &str, execution: &str) -> String {
        let mut text = text.replace("#{codepipeline.PipelineExecutionId}", execution);
        let state = self.state();
        if let Some(run) = state.executions.get(execution) {
            for (name, value) in variables(run) {
                text = text.replace(&format!("#{{{name}}}"), &value);
            }
        }
        text
    }
}

/// Output variables of actions that ended, as `ACTION.NAME`.
fn variables(run: &Execution) -> Vec<(String, String)> {
    run.stages
        .iter()
        .flat_map(|stage| &stage.actions)
        .flat_map(|action| {
            action
                .output_variables
                .iter()
                .map(|(k, v)| (format!("{}.{k}", action.name), v.clone()))
        })
        .collect()
}

/// What a failed event's destination is told.
pub(super) fn failure_record(
    event: &Value,
    request_id: &str,
    function: &str,
    attempts: usize,
    now: jiff::Timestamp,
    error: &str,
) -> Value {
    json!({
        "version": "1.0",
        "timestamp": now.to_string(),
        "requestContext": {
            "requestId": request_id,
            "functionArn": format!("arn:aws:lambda:us-east-1:111122223333:function:{function}:$LATEST"),
            "condition": "RetriesExhausted",
            "approximateInvokeCount": attempts,
        },
        "requestPayload": event,
        "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
        "responsePayload": { "errorMessage": error },
    })
}

/// For `GetJobDetails`.
pub(super) fn context(state: &State, job: &str) -> Option<Value> {
    let place = state.jobs.get(job)?;
    let run = state.executions.get(&place.execution)?;
    let stage = run.stages.get(place.stage)?;
    let action = stage.actions.get(place.action)?;
    Some(json!({
        "pipelineName": run.pipeline,
        "pipelineExecutionId": run.id,
        "stage": { "name": stage.name },
        "action": { "name": action.name, "actionExecutionId": action.id },
    }))
}
