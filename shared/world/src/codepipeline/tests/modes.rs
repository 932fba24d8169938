//! Executions that meet: superseding, queues, stops, rollbacks, retries.

use super::*;

/// A stand whose gate takes 10 minutes, in pipelines of a mode.
fn slow(mode: Mode) -> Stand {
    let settings = Settings {
        look_every: Interval::Fixed(SignedDuration::from_mins(10)),
        ..Settings::default()
    };
    let stand = Stand::new(settings, |stand, invocation| async move {
        let answer = match token(&invocation) {
            None => json!({ "continuationToken": "t" }),
            Some(_) => json!({}),
        };
        let _closed_if_abandoned = stand.succeed(&invocation, &answer);
        Ok(Value::Null)
    });
    let pipeline = Pipeline { mode, ..usual() };
    stand.pipelines.define(pipeline).expect("a definition");
    stand
}

async fn pause(seconds: u64) {
    tokio::time::sleep(std::time::Duration::from_secs(seconds)).await;
}

/// Three executions a second apart; how each ended, and when in seconds.
async fn three(mode: Mode) -> Vec<(ExecutionStatus, i64)> {
    let stand = slow(mode);
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(stand.pipelines.start("checkout").expect("a start"));
        pause(1).await;
    }
    let mut ends = Vec::new();
    for id in ids {
        let execution = stand.pipelines.finished(&id).await;
        let ended = execution.ended.expect("it ended");
        let began = "2026-03-02T09:00:00Z".parse().expect("a timestamp");
        ends.push((execution.status, ended.duration_since(began).as_secs()));
    }
    ends
}

#[tokio::test(start_paused = true)]
async fn a_later_execution_supersedes_the_one_that_waits() {
    use ExecutionStatus::{Succeeded, Superseded};
    let ends = three(Mode::Superseded).await;
    assert_eq!(ends, [(Succeeded, 900), (Superseded, 2), (Succeeded, 1800)]);
}

#[tokio::test(start_paused = true)]
async fn queued_executions_pass_one_after_another() {
    let ends = three(Mode::Queued).await;
    let expected = [900, 1800, 2700].map(|end| (ExecutionStatus::Succeeded, end));
    assert_eq!(ends, expected);
}

#[tokio::test(start_paused = true)]
async fn parallel_executions_do_not_wait() {
    let ends = three(Mode::Parallel).await;
    let expected = [900, 901, 902].map(|end| (ExecutionStatus::Succeeded, end));
    assert_eq!(ends, expected);
}

fn stop(stand: &Stand, id: &str, abandon: bool) -> Result<Value, ApiError> {
    let body = json!({ "pipelineName": "checkout", "pipelineExecutionId": id,
                       "abandon": abandon, "reason": "wrong build" });
    stand.call("StopPipelineExecution", &body)
}

#[tokio::test(start_paused = true)]
async fn a_stop_without_abandon_lets_the_running_action_end() {
    let stand = slow(Mode::Superseded);
    let id = stand.pipelines.start("checkout").expect("a start");
    pause(10).await;
    stop(&stand, &id, false).expect("it stops");
    assert_eq!(
        stop(&stand, &id, false).expect_err("refused").code,
        "DuplicatedStopRequestException"
    );
    let status = stand.pipelines.execution(&id).expect("it runs").status;
    assert_eq!(status, ExecutionStatus::Stopping);
    let execution = stand.pipelines.finished(&id).await;
    assert_eq!(
        (execution.status, stand.seconds()),
        (ExecutionStatus::Stopped, 300)
    );
    assert_eq!(execution.stop_reason.as_deref(), Some("wrong build"));
    assert_eq!(execution.stages[1].status, StageStatus::Stopped);
    assert!(execution.action("bake").is_none());
    let again = stop(&stand, &id, true).expect_err("refused");
    assert_eq!(again.code, "PipelineExecutionNotStoppableException");
}

#[tokio::test(start_paused = true)]
async fn an_abandoned_execution_is_over_at_once_and_its_job_takes_nothing() {
    let stand = Stand::new(Settings::default(), |_, _| async { Ok(Value::Null) });
    stand.pipelines.define(usual()).expect("a definition");
    let id = stand.pipelines.start("checkout").expect("a start");
    pause(400).await;
    stop(&stand, &id, true).expect("it stops");
    let execution = stand.pipelines.finished(&id).await;
    assert_eq!(
        (execution.status, stand.seconds()),
        (ExecutionStatus::Stopped, 400)
    );
    let bake = execution.action("bake").expect("it ran");
    assert_eq!(
        (bake.status, bake.jobs[0].state),
        (ActionStatus::Abandoned, JobState::Abandoned)
    );
    let late = stand
        .succeed(&stand.seen()[0], &json!({}))
        .expect_err("refused");
    assert_eq!(late.code, "InvalidJobStateException");
    let next = stand.pipelines.start("checkout").expect("a start");
    pause(1).await;
    let next = stand.pipelines.execution(&next).expect("it runs");
    assert_eq!(next.stages.len(), 2, "the stage is free again");
}

#[tokio::test(start_paused = true)]
async fn an_execution_that_waits_for_a_stage_stops_at_once() {
    let stand = slow(Mode::Queued);
    stand.pipelines.start("checkout").expect("a start");
    let waiting = stand.pipelines.start("checkout").expect("a start");
    pause(10).await;
    stop(&stand, &waiting, false).expect("it stops");
    let execution = stand.pipelines.finished(&waiting).await;
    assert_eq!(
        (execution.status, stand.seconds()),
        (ExecutionStatus::Stopped, 10)
    );
}

#[tokio::test(start_paused = true)]
async fn a_changed_definition_cancels_what_runs() {
    let stand = slow(Mode::Superseded);
    let id = stand.pipelines.start("checkout").expect("a start");
    pause(10).await;
    let pipeline = Pipeline {
        version: 2,
        ..usual()
    };
    stand.pipelines.define(pipeline).expect("a definition");
    let execution = stand.pipelines.finished(&id).await;
    assert_eq!(execution.status, ExecutionStatus::Cancelled);
}

fn roll_back(stand: &Stand, stage: &str, target: &str) -> Result<String, String> {
    let body = json!({ "pipelineName": "checkout", "stageName": stage, "targetPipelineExecutionId": target });
    let answer = stand
        .call("RollbackStage", &body)
        .map_err(|error| error.code)?;
    Ok(answer["pipelineExecutionId"]
        .as_str()
        .expect("an id")
        .to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_rollback_runs_the_stage_again_with_the_targets_artifacts() {
    let stand = slow(Mode::Superseded);
    let first = stand.pipelines.start("checkout").expect("a start");
    stand.pipelines.finished(&first).await;
    let second = stand.pipelines.start("checkout").expect("a start");
    pause(10).await;
    let unable = Err("UnableToRollbackStageException".to_owned());
    assert_eq!(
        roll_back(&stand, "prod", &first),
        unable,
        "it is in progress"
    );
    stand.pipelines.finished(&second).await;
    assert_eq!(
        roll_back(&stand, "source", &first),
        unable,
        "it is a source stage"
    );
    assert_eq!(
        roll_back(&stand, "none", &first),
        Err("StageNotFoundException".to_owned())
    );
    let rollback = roll_back(&stand, "prod", &first).expect("it rolls back");
    let execution = stand.pipelines.finished(&rollback).await;
    assert_eq!(execution.status, ExecutionStatus::Succeeded);
    assert_eq!(execution.rollback_target.as_ref(), Some(&first));
    assert_eq!(execution.stages.len(), 1);
    let original = stand.pipelines.execution(&first).expect("it ran");
    let artifacts = |e: &Execution| e.action("bake").map(|a| a.input_artifacts.clone());
    assert_eq!(artifacts(&execution), artifacts(&original));
    assert_eq!(
        roll_back(&stand, "prod", &rollback),
        unable,
        "it is a rollback"
    );
    let read = json!({ "pipelineName": "checkout", "pipelineExecutionId": rollback });
    let read = stand
        .call("GetPipelineExecution", &read)
        .expect("an answer");
    let read = &read["pipelineExecution"];
    assert_eq!(read["executionType"], "ROLLBACK");
    assert_eq!(
        read["rollbackMetadata"]["rollbackTargetPipelineExecutionId"],
        first
    );
    stand
        .pipelines
        .define(Pipeline {
            version: 2,
            ..usual()
        })
        .expect("a definition");
    let outdated = Err("PipelineExecutionOutdatedException".to_owned());
    assert_eq!(roll_back(&stand, "prod", &first), outdated);
}

#[tokio::test(start_paused = true)]
async fn a_retry_runs_only_what_failed_and_goes_on() {
    let stand = Stand::new(Settings::default(), |stand, invocation| async move {
        match stand.seen().len() {
            1 => stand.fail(&invocation, "no"),
            _ => stand.succeed(&invocation, &json!({})),
        }
        .expect("accepted");
        Ok(Value::Null)
    });
    let failed = stand.release().await;
    let body = json!({ "pipelineName": "checkout", "stageName": "prod",
                       "pipelineExecutionId": failed.id, "retryMode": "FAILED_ACTIONS" });
    stand
        .call("RetryStageExecution", &body)
        .expect("it retries");
    let execution = stand.pipelines.finished(&failed.id).await;
    assert_eq!(execution.status, ExecutionStatus::Succeeded);
    let names: Vec<_> = execution.stages[1]
        .actions
        .iter()
        .map(|a| a.name.as_str())
        .collect();
    assert_eq!(names, ["deploy", "bake", "bake"]);
    let again = stand
        .call("RetryStageExecution", &body)
        .expect_err("refused");
    assert_eq!(again.code, "StageNotRetryableException");
}

#[tokio::test(start_paused = true)]
async fn a_start_with_the_same_token_starts_once() {
    let stand = slow(Mode::Parallel);
    let body = json!({ "name": "checkout", "clientRequestToken": "one" });
    let first = stand
        .call("StartPipelineExecution", &body)
        .expect("a start");
    assert_eq!(stand.call("StartPipelineExecution", &body), Ok(first));
    assert_eq!(stand.pipelines.executions("checkout").len(), 1);
}
