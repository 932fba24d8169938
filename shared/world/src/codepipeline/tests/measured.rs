//! The switches that only measuring can set.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_second_answer_may_be_taken_and_changes_nothing() {
    let settings = Settings {
        closed_job: ClosedJob::Taken,
        ..Settings::default()
    };
    let stand = Stand::new(settings, |stand, invocation| async move {
        stand.succeed(&invocation, &json!({})).expect("the first");
        stand.fail(&invocation, "no").expect("the second");
        Ok(Value::Null)
    });
    let execution = stand.release().await;
    assert_eq!(execution.status, ExecutionStatus::Succeeded);
    let bake = execution.action("bake").expect("it ran");
    assert_eq!(bake.jobs[0].answers.len(), 2);
    assert_eq!(bake.failure, None);
}

/// What rolling back a stage while it runs is told, and how the rollback's
/// own run of the stage ended up beside the first.
async fn rolled_back_while_running(allowed: bool) -> Result<String, String> {
    let settings = Settings {
        rollback_while_running: allowed,
        ..Settings::default()
    };
    let stand = Stand::new(settings, |stand, invocation| async move {
        stand.succeed(&invocation, &json!({})).expect("taken");
        Ok(Value::Null)
    });
    let first = stand.release().await;
    let second = stand.pipelines.start("checkout").expect("a start");
    // The deployment of the second release takes five minutes.
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    let body = json!({
        "pipelineName": "checkout",
        "stageName": "prod",
        "targetPipelineExecutionId": first.id,
    });
    let told = stand.call("RollbackStage", &body);
    let told = told.map_err(|error| error.code)?;
    let rollback = told["pipelineExecutionId"].as_str().expect("an id");
    let rollback = stand.pipelines.finished(rollback).await;
    let second = stand.pipelines.execution(&second).expect("it is known");
    assert_eq!(rollback.status, ExecutionStatus::Succeeded);
    assert!(rollback.stages[0].actions[0].began >= second.ended.expect("it ended"));
    Ok(rollback.rollback_target.expect("it is a rollback"))
}

#[tokio::test(start_paused = true)]
async fn a_running_stage_is_not_rolled_back_unless_the_switch_says_so() {
    let refused = rolled_back_while_running(false).await;
    assert_eq!(
        refused.expect_err("refused"),
        "UnableToRollbackStageException"
    );
    assert!(rolled_back_while_running(true).await.is_ok());
}
