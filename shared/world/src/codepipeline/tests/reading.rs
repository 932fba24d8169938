//! What the reads show.

use super::*;

async fn running() -> (Stand, String) {
    let stand = Stand::new(Settings::default(), |stand, invocation| async move {
        let answer = json!({ "continuationToken": "t", "executionDetails":
            { "summary": "baking", "percentComplete": 40, "externalExecutionId": "x" } });
        stand.succeed(&invocation, &answer).expect("accepted");
        Ok(Value::Null)
    });
    stand.pipelines.define(usual()).expect("a definition");
    let id = stand.pipelines.start("checkout").expect("a start");
    tokio::time::sleep(std::time::Duration::from_secs(301)).await;
    (stand, id)
}

#[tokio::test(start_paused = true)]
async fn the_pipelines_state_shows_the_release_in_each_stage_and_the_gates_progress() {
    let (stand, id) = running().await;
    let state = stand.call("GetPipelineState", &json!({ "name": "checkout" }));
    let state = state.expect("an answer");
    let prod = &state["stageStates"][1];
    assert_eq!(
        state["stageStates"][0]["latestExecution"]["status"],
        "Succeeded"
    );
    assert_eq!(prod["latestExecution"]["pipelineExecutionId"], id);
    assert_eq!(prod["latestExecution"]["status"], "InProgress");
    let bake = &prod["actionStates"][1]["latestExecution"];
    assert_eq!(bake["status"], "InProgress");
    assert_eq!(
        (&bake["summary"], &bake["percentComplete"]),
        (&json!("baking"), &json!(40))
    );
    assert_eq!(bake["externalExecutionId"], "x");
    assert!(bake["lastStatusChange"].is_f64());
}

#[tokio::test(start_paused = true)]
async fn a_stage_that_its_own_condition_failed_has_no_failed_action() {
    let stand = Stand::new(Settings::default(), |stand, invocation| async move {
        stand.succeed(&invocation, &json!({})).expect("accepted");
        Ok(Value::Null)
    });
    stand.pipelines.define(usual()).expect("a definition");
    stand.pipelines.fail_condition("checkout", "prod");
    let id = stand.pipelines.start("checkout").expect("a start");
    let ended = stand.pipelines.finished(&id).await;
    assert_eq!(ended.status, ExecutionStatus::Failed);
    assert!(
        ended
            .actions()
            .all(|run| run.status == ActionStatus::Succeeded)
    );
    let state = stand.call("GetPipelineState", &json!({ "name": "checkout" }));
    let prod = &state.expect("an answer")["stageStates"][1];
    assert_eq!(prod["latestExecution"]["status"], "Failed");
}

#[tokio::test(start_paused = true)]
async fn an_execution_that_waits_is_shown_as_inbound() {
    let (stand, first) = running().await;
    let second = stand.pipelines.start("checkout").expect("a start");
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let state = stand.call("GetPipelineState", &json!({ "name": "checkout" }));
    let prod = &state.expect("an answer")["stageStates"][1];
    assert_eq!(prod["latestExecution"]["pipelineExecutionId"], first);
    assert_eq!(prod["inboundExecution"]["pipelineExecutionId"], second);
}

#[tokio::test(start_paused = true)]
async fn an_execution_shows_its_sources_and_status() {
    let (stand, id) = running().await;
    let body = json!({ "pipelineName": "checkout", "pipelineExecutionId": id });
    let answer = stand
        .call("GetPipelineExecution", &body)
        .expect("an answer");
    let execution = &answer["pipelineExecution"];
    assert_eq!(execution["status"], "InProgress");
    assert_eq!(execution["executionMode"], "SUPERSEDED");
    assert_eq!(execution["executionType"], "STANDARD");
    assert_eq!(execution["pipelineVersion"], 1);
    assert_eq!(execution["artifactRevisions"][0]["name"], "code");
    assert_eq!(
        execution["trigger"]["triggerType"],
        "StartPipelineExecution"
    );
    assert!(execution.get("rollbackMetadata").is_none());
}

#[tokio::test(start_paused = true)]
async fn actions_are_listed_newest_first_in_pages() {
    let (stand, id) = running().await;
    let filter = json!({ "pipelineExecutionId": id });
    let mut body = json!({ "pipelineName": "checkout", "filter": filter, "maxResults": 2 });
    let first = stand.call("ListActionExecutions", &body).expect("a page");
    let names = |page: &Value| -> Vec<String> {
        let details = page["actionExecutionDetails"].as_array().expect("a list");
        let name = |d: &Value| d["actionName"].as_str().expect("a name").to_owned();
        details.iter().map(name).collect()
    };
    assert_eq!(names(&first), ["bake", "deploy"]);
    body["nextToken"] = first["nextToken"].clone();
    let second = stand.call("ListActionExecutions", &body).expect("a page");
    assert_eq!(
        (names(&second), second.get("nextToken")),
        (vec!["fetch".to_owned()], None)
    );
    let bake = &first["actionExecutionDetails"][0];
    assert_eq!(bake["pipelineExecutionId"], id);
    assert_eq!(bake["stageName"], "prod");
    assert_eq!(bake["input"]["actionTypeId"]["category"], "Invoke");
    assert_eq!(bake["input"]["configuration"]["FunctionName"], "bake");
    assert_eq!(
        bake["input"]["inputArtifacts"][0]["s3location"]["bucket"],
        "artifacts"
    );
    assert_eq!(
        bake["output"]["executionResult"]["externalExecutionSummary"],
        "baking"
    );
    body["maxResults"] = json!(101);
    let refused = stand
        .call("ListActionExecutions", &body)
        .expect_err("refused");
    assert_eq!(refused.code, "ValidationException");
}

#[tokio::test(start_paused = true)]
async fn executions_that_succeeded_in_a_stage_can_be_found() {
    let (stand, id) = running().await;
    let find = |stage: &str| {
        let filter = json!({ "succeededInStage": { "stageName": stage } });
        let body = json!({ "pipelineName": "checkout", "filter": filter });
        let answer = stand
            .call("ListPipelineExecutions", &body)
            .expect("an answer");
        answer["pipelineExecutionSummaries"].clone()
    };
    assert_eq!(find("source")[0]["pipelineExecutionId"], id);
    assert_eq!(find("prod"), json!([]));
}

#[tokio::test(start_paused = true)]
async fn what_does_not_exist_is_named() {
    let (stand, id) = running().await;
    let unknown = "00000000-0000-4000-8000-000000000000";
    let code = |pipeline: &str, execution: &str| {
        let body = json!({ "pipelineName": pipeline, "pipelineExecutionId": execution });
        stand
            .call("GetPipelineExecution", &body)
            .expect_err("refused")
            .code
    };
    assert_eq!(code("other", &id), "PipelineNotFoundException");
    assert_eq!(
        code("checkout", unknown),
        "PipelineExecutionNotFoundException"
    );
    assert_eq!(code("checkout", "x"), "ValidationException");
}

#[tokio::test(start_paused = true)]
async fn pipelines_are_listed_by_name_in_pages() {
    let (stand, _) = running().await;
    let mut other = usual();
    other.name = "billing".to_owned();
    stand.pipelines.define(other).expect("a definition");
    let page = |body: Value| stand.call("ListPipelines", &body).expect("an answer");
    let first = page(json!({ "maxResults": 1 }));
    assert_eq!(first["pipelines"][0]["name"], "billing");
    let second = page(json!({ "maxResults": 1, "nextToken": first["nextToken"] }));
    assert_eq!(second["pipelines"][0]["name"], "checkout");
    assert_eq!(second["nextToken"], Value::Null);
}
