//! Who gets a job, and who keeps it.

use super::*;

const LATER: std::time::Duration = std::time::Duration::from_secs(60);

fn refused(code: &str) -> Result<String, String> {
    Err(code.to_owned())
}

fn in_progress() -> Result<String, String> {
    Ok("InProgress".to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_job_is_given_out_once_and_only_for_its_own_type() {
    let (stand, _) = waiting(Settings::default(), 1).await;
    let other = json!({ "category": "Test", "provider": "Bake", "version": "2",
        "inputArtifactDetails": { "minimumCount": 0, "maximumCount": 1 },
        "outputArtifactDetails": { "minimumCount": 0, "maximumCount": 1 } });
    stand.pipelines.create_action_type(&other).unwrap();
    let mut body = asked_for();
    body["actionTypeId"]["version"] = json!("2");
    assert_eq!(stand.call("PollForJobs", &body).unwrap()["jobs"], json!([]));
    assert_eq!(stand.polled(9).len(), 1);
    tokio::time::sleep(LATER).await;
    assert_eq!(stand.polled(9).len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_nobody_acknowledged_is_given_out_again_where_that_is_so() {
    let settings = Settings {
        dispatched_again_after: Some(SignedDuration::from_secs(60)),
        ..Settings::default()
    };
    let (stand, _) = waiting(settings, 1).await;
    let first = stand.polled(1).remove(0);
    assert!(stand.polled(1).is_empty());
    tokio::time::sleep(LATER).await;
    let second = stand.polled(1).remove(0);
    assert_eq!(first["id"], second["id"]);
    assert_eq!(stand.acknowledge(&first), refused("InvalidNonceException"));
    assert_eq!(stand.acknowledge(&second), in_progress());
    tokio::time::sleep(LATER).await;
    assert!(stand.polled(1).is_empty());
}

#[tokio::test(start_paused = true)]
async fn of_two_workers_with_one_nonce_the_first_keeps_the_job() {
    let settings = Settings {
        dispatched_again_after: Some(SignedDuration::ZERO),
        nonce_stays: true,
        ..Settings::default()
    };
    let (stand, _) = waiting(settings, 1).await;
    let (first, second) = (stand.polled(1).remove(0), stand.polled(1).remove(0));
    assert_eq!(first["nonce"], second["nonce"]);
    assert_eq!(stand.acknowledge(&second), in_progress());
    assert_eq!(stand.acknowledge(&first), refused("InvalidNonceException"));
}

#[tokio::test(start_paused = true)]
async fn acknowledging_again_may_be_told_the_same() {
    let settings = Settings {
        acknowledged_again: AcknowledgedAgain::InProgress,
        ..Settings::default()
    };
    let (stand, _) = waiting(settings, 1).await;
    let job = stand.taken();
    assert_eq!(stand.acknowledge(&job), in_progress());
    stand.answer(&job, &json!({})).unwrap();
    assert_eq!(stand.acknowledge(&job), Ok("Succeeded".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_nonce_that_was_not_given_and_a_job_that_was_not_polled_are_refused() {
    let (stand, _) = waiting(kind(), 2).await;
    let mut job = stand.polled(1).remove(0);
    job["nonce"] = json!("1");
    assert_eq!(stand.acknowledge(&job), refused("InvalidNonceException"));
    job["id"] = json!("00000000-0000-4000-8000-000000000000");
    assert_eq!(stand.acknowledge(&job), refused("JobNotFoundException"));
    let unseen = {
        let all = stand.pipelines.executions("checkout");
        let second = stand.pipelines.execution(&all[1]).unwrap();
        second.action("bake").unwrap().jobs[0].id.clone()
    };
    let body = json!({ "id": unseen, "nonce": "1" });
    assert_eq!(stand.acknowledge(&body), refused("InvalidNonceException"));
}

#[tokio::test(start_paused = true)]
async fn jobs_are_given_out_in_the_order_of_the_switch() {
    let given = async |order| {
        let settings = Settings {
            dispatch_order: order,
            ..Settings::default()
        };
        let (stand, ids) = waiting(settings, 5).await;
        let place = |job: &Value| {
            let id = &job["data"]["pipelineContext"]["pipelineExecutionId"];
            ids.iter().position(|own| id == own).unwrap()
        };
        stand.polled(9).iter().map(place).collect::<Vec<usize>>()
    };
    assert_eq!(given(DispatchOrder::OldestFirst).await, [0, 1, 2, 3, 4]);
    assert_eq!(given(DispatchOrder::NewestFirst).await, [4, 3, 2, 1, 0]);
    let mut drawn = given(DispatchOrder::Drawn).await;
    assert_ne!(drawn, [0, 1, 2, 3, 4]);
    drawn.sort_unstable();
    assert_eq!(drawn, [0, 1, 2, 3, 4]);
}

#[tokio::test(start_paused = true)]
async fn a_poll_gives_as_many_as_are_asked_for_and_one_by_default() {
    let (stand, _) = waiting(Settings::default(), 4).await;
    assert_eq!(stand.polled(2).len(), 2);
    let answer = stand.call("PollForJobs", &asked_for()).unwrap();
    assert_eq!(answer["jobs"].as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_job_may_be_seen_late() {
    let settings = Settings {
        job_seen_after: SignedDuration::from_secs(60),
        ..Settings::default()
    };
    let (stand, _) = waiting(settings, 1).await;
    assert!(stand.polled(1).is_empty());
    tokio::time::sleep(LATER).await;
    assert_eq!(stand.polled(1).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_a_job_that_nobody_acknowledged_counts_as_the_switch_says() {
    let (stand, _) = waiting(Settings::default(), 1).await;
    let job = stand.polled(1).remove(0);
    let refused = stand.answer(&job, &json!({}));
    assert_eq!(refused, Err("InvalidJobStateException".to_owned()));
    assert_eq!(stand.acknowledge(&job), in_progress());
    let settings = Settings {
        answers_unacknowledged: true,
        ..Settings::default()
    };
    let (stand, ids) = waiting(settings, 1).await;
    stand.answer(&stand.polled(1)[0], &json!({})).unwrap();
    let execution = stand.pipelines.finished(&ids[0]).await;
    assert_eq!(execution.status, ExecutionStatus::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn details_of_a_job_that_is_over_are_told_as_the_switch_says() {
    for (told, expected) in [(false, Some("JobNotFoundException")), (true, None)] {
        let settings = Settings {
            closed_job_details: told,
            ..Settings::default()
        };
        let (stand, _) = waiting(settings, 1).await;
        let job = stand.taken();
        stand.answer(&job, &json!({})).unwrap();
        let details = stand.call("GetJobDetails", &json!({ "jobId": job["id"] }));
        let code = details.err().map(|error| error.code);
        assert_eq!(code.as_deref(), expected);
    }
}
