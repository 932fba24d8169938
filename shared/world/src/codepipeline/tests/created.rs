//! Pipelines that are created over the API.

use super::*;

fn described() -> Value {
    let kind = |category: &str, provider: &str| json!({ "category": category, "owner": "AWS", "provider": provider, "version": "1" });
    json!({ "pipeline": {
        "name": "looks",
        "roleArn": "arn:aws:iam::111122223333:role/pipeline",
        "artifactStore": { "type": "S3", "location": "artifacts" },
        "pipelineType": "V2",
        "executionMode": "QUEUED",
        "stages": [
            { "name": "source", "actions": [{
                "name": "s3",
                "actionTypeId": kind("Source", "S3"),
                "configuration": { "S3Bucket": "artifacts", "S3ObjectKey": "source.zip" },
                "outputArtifacts": [{ "name": "source" }],
            }] },
            { "name": "look", "actions": [{
                "name": "look",
                "actionTypeId": kind("Invoke", "Lambda"),
                "configuration": { "FunctionName": "looks", "UserParameters": "#{codepipeline.PipelineExecutionId}" },
            }] },
        ],
    } })
}

fn stand() -> Stand {
    Stand::new(Settings::default(), |stand, invocation| async move {
        stand.succeed(&invocation, &json!({})).expect("taken");
        Ok(Value::Null)
    })
}

#[tokio::test(start_paused = true)]
async fn a_pipeline_that_is_created_starts_by_itself() {
    let stand = stand();
    let answer = stand.call("CreatePipeline", &described()).expect("taken");
    assert_eq!(answer, described());
    let first = &stand.pipelines.executions("looks")[0];
    let execution = stand.pipelines.finished(first).await;
    assert_eq!(execution.status, ExecutionStatus::Succeeded);
    assert_eq!(execution.mode, Mode::Queued);
    let configuration =
        &stand.seen()[0].event["CodePipeline.job"]["data"]["actionConfiguration"]["configuration"];
    assert_eq!(configuration["UserParameters"], **first);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_taken_and_an_action_that_is_not_known_are_refused() {
    let stand = stand();
    let mut unknown = described();
    unknown["pipeline"]["stages"][1]["actions"][0]["actionTypeId"]["provider"] = json!("ECS");
    let refused = stand.call("CreatePipeline", &unknown).expect_err("refused");
    assert_eq!(refused.code, "InvalidActionDeclarationException");
    stand.call("CreatePipeline", &described()).expect("taken");
    let refused = stand.call("CreatePipeline", &described());
    assert_eq!(
        refused.expect_err("refused").code,
        "PipelineNameInUseException"
    );
}
