//! What CodePipeline says to answers that it does not take.

use super::*;

/// A release whose gate was invoked and has not answered.
async fn asked(settings: Settings) -> (Stand, Invocation, String) {
    let stand = Stand::new(settings, |_, _| async { Ok(Value::Null) });
    stand.pipelines.define(usual()).expect("a definition");
    let id = stand.pipelines.start("checkout").expect("a start");
    tokio::time::sleep(std::time::Duration::from_secs(301)).await;
    let invocation = stand.seen().remove(0);
    (stand, invocation, id)
}

#[tokio::test(start_paused = true)]
async fn a_second_answer_is_refused_and_changes_nothing() {
    let (stand, invocation, id) = asked(Settings::default()).await;
    stand.succeed(&invocation, &json!({})).expect("accepted");
    let second = stand.fail(&invocation, "no").expect_err("refused");
    assert_eq!(second.code, "InvalidJobStateException");
    let execution = stand.pipelines.finished(&id).await;
    assert_eq!(execution.status, ExecutionStatus::Succeeded);
    let job = &execution.action("bake").expect("it ran").jobs[0];
    assert_eq!((job.accepted(), job.answers.len()), (1, 2));
    assert!(job.answers.iter().all(|sent| sent.answer.is_final()));
}

#[tokio::test(start_paused = true)]
async fn a_closed_job_may_be_said_not_to_exist() {
    let settings = Settings {
        closed_job: ClosedJob::NotFound,
        ..Settings::default()
    };
    let (stand, invocation, _) = asked(settings).await;
    stand.succeed(&invocation, &json!({})).expect("accepted");
    let second = stand.succeed(&invocation, &json!({})).expect_err("refused");
    assert_eq!(second.code, "JobNotFoundException");
}

#[tokio::test(start_paused = true)]
async fn unknown_jobs_operations_and_bodies_have_their_own_codes() {
    let (stand, _, _) = asked(Settings::default()).await;
    let id = "00000000-0000-4000-8000-000000000000";
    let code =
        |operation: &str, body: Value| stand.call(operation, &body).expect_err("refused").code;
    assert_eq!(
        code("PutJobSuccessResult", json!({ "jobId": id })),
        "JobNotFoundException"
    );
    assert_eq!(
        code("GetJobDetails", json!({ "jobId": id })),
        "JobNotFoundException"
    );
    assert_eq!(code("PollForJobs", json!({})), "UnknownOperationException");
    assert_eq!(
        code("PutJobSuccessResult", json!({ "jobId": 1 })),
        "SerializationException"
    );
}

#[tokio::test(start_paused = true)]
async fn artifact_credentials_may_not_answer() {
    let (stand, invocation, _) = asked(Settings::default()).await;
    let data = &invocation.event["CodePipeline.job"]["data"];
    let key = data["artifactCredentials"]["accessKeyId"]
        .as_str()
        .expect("a key");
    let body = json!({ "jobId": job(&invocation) }).to_string();
    let call = |who| {
        stand
            .pipelines
            .call("PutJobSuccessResult", Protocol::Json, body.as_bytes(), who)
    };
    assert_eq!(
        call(key).expect_err("refused").code,
        "AccessDeniedException"
    );
    call("AKIAGATE").expect("accepted");
}

#[tokio::test(start_paused = true)]
async fn job_details_name_the_release_only_where_the_switch_is_on() {
    let (stand, invocation, _) = asked(Settings::default()).await;
    let body = json!({ "jobId": job(&invocation) });
    let refused = stand.call("GetJobDetails", &body).expect_err("refused");
    assert_eq!(refused.code, "JobNotFoundException");
    let settings = Settings {
        job_details: true,
        ..Settings::default()
    };
    let (stand, invocation, id) = asked(settings).await;
    let body = json!({ "jobId": job(&invocation) });
    let details = stand.call("GetJobDetails", &body).expect("details");
    let data = &details["jobDetails"]["data"];
    let context = &data["pipelineContext"];
    assert_eq!(context["pipelineExecutionId"], id);
    assert_eq!(context["pipelineName"], "checkout");
    assert_eq!(context["stage"]["name"], "prod");
    assert_eq!(context["action"]["name"], "bake");
    assert_eq!(
        context["pipelineArn"],
        "arn:aws:codepipeline:us-east-1:111122223333:checkout"
    );
    assert_eq!(data["actionTypeId"]["category"], "Invoke");
    assert_eq!(
        data["artifactCredentials"]
            .as_object()
            .map(serde_json::Map::len),
        Some(3)
    );
}

#[tokio::test(start_paused = true)]
async fn the_same_answer_in_cbor_is_taken_too() {
    let (stand, invocation, _) = asked(Settings::default()).await;
    let mut body = Vec::new();
    ciborium::into_writer(&json!({ "jobId": job(&invocation) }), &mut body).expect("CBOR");
    let call = stand
        .pipelines
        .call("PutJobSuccessResult", Protocol::Cbor, &body, "AKIAGATE");
    assert!(call.is_ok());
}
