//! Actions of custom types: who gets their jobs, and what ends them.

mod polling;
mod types;

use super::*;

/// The type that most of these tests use.
fn described() -> Value {
    let property = |name: &str, required, secret, queryable| {
        json!({
            "name": name, "required": required, "key": false, "secret": secret,
            "queryable": queryable, "type": "String",
        })
    };
    json!({
        "category": "Test", "provider": "Bake", "version": "1",
        "settings": {
            "entityUrlTemplate": "https://example.com/gates/{Config:Gate}",
            "executionUrlTemplate": "https://example.com/runs/{ExternalExecutionId}",
        },
        "configurationProperties": [
            property("Gate", true, false, false),
            property("Token", false, true, false),
        ],
        "inputArtifactDetails": { "minimumCount": 0, "maximumCount": 1 },
        "outputArtifactDetails": { "minimumCount": 0, "maximumCount": 1 },
    })
}

fn asked_for() -> Value {
    json!({ "actionTypeId": {
        "category": "Test", "owner": "Custom", "provider": "Bake", "version": "1",
    }})
}

/// The usual pipeline, whose gate is of that type.
fn with_custom_gate(configuration: &[(&str, &str)]) -> Pipeline {
    let mut pipeline = usual();
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pipeline.stages[1].actions[1].work = Work::Custom {
        action_type: ActionTypeId::custom("Test", "Bake", "1"),
        configuration: configuration.iter().map(pair).collect(),
    };
    pipeline
}

/// Releases whose gates wait for a worker.
async fn waiting(settings: Settings, releases: usize) -> (Stand, Vec<String>) {
    let stand = defined(settings, Mode::Parallel);
    let mut ids = Vec::new();
    for _ in 0..releases {
        ids.push(stand.started().await);
    }
    (stand, ids)
}

fn defined(settings: Settings, mode: Mode) -> Stand {
    let stand = Stand::new(settings, |_, _| async { Ok(Value::Null) });
    stand.pipelines.create_action_type(&described()).unwrap();
    let gate = [
        ("Gate", "#{codepipeline.PipelineExecutionId}"),
        ("Token", "hunter2"),
    ];
    let pipeline = with_custom_gate(&gate);
    stand
        .pipelines
        .define(Pipeline { mode, ..pipeline })
        .unwrap();
    stand
}

/// The settings under which AWS is kind to workers.
fn kind() -> Settings {
    Settings {
        dispatch_order: DispatchOrder::OldestFirst,
        ..Settings::default()
    }
}

impl Stand {
    /// A release whose gate waits.
    async fn started(&self) -> String {
        let id = self.pipelines.start("checkout").unwrap();
        tokio::time::sleep(std::time::Duration::from_secs(301)).await;
        id
    }

    /// The jobs that a worker gets.
    fn polled(&self, most: u32) -> Vec<Value> {
        let mut body = asked_for();
        body["maxBatchSize"] = json!(most);
        let answer = self.call("PollForJobs", &body).expect("jobs");
        answer["jobs"].as_array().cloned().expect("a list")
    }

    fn acknowledge(&self, job: &Value) -> Result<String, String> {
        let body = json!({ "jobId": job["id"], "nonce": job["nonce"] });
        let answer = self.call("AcknowledgeJob", &body);
        let answer = answer.map(|own| own["status"].as_str().unwrap_or_default().to_owned());
        answer.map_err(|error| error.code)
    }

    /// Answers a job with success and more.
    fn answer(&self, job: &Value, more: &Value) -> Result<(), String> {
        let mut body = json!({ "jobId": job["id"] });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let answer = self.call("PutJobSuccessResult", &body);
        answer.map(drop).map_err(|error| error.code)
    }

    /// A job that a worker has taken for its own.
    fn taken(&self) -> Value {
        let job = self.polled(1).remove(0);
        assert_eq!(self.acknowledge(&job).as_deref(), Ok("InProgress"));
        job
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_polled_tells_its_release_and_what_the_action_was_given() {
    let (stand, ids) = waiting(Settings::default(), 1).await;
    let job = stand.polled(1).remove(0);
    let data = &job["data"];
    let context = &data["pipelineContext"];
    assert_eq!(context["pipelineExecutionId"], ids[0]);
    assert_eq!(context["pipelineName"], "checkout");
    assert_eq!(context["stage"]["name"], "prod");
    assert_eq!(context["action"]["name"], "bake");
    assert_eq!(data["actionTypeId"], asked_for()["actionTypeId"]);
    let expected = json!({ "Gate": ids[0], "Token": "hunter2" });
    assert_eq!(data["actionConfiguration"]["configuration"], expected);
    assert_eq!(data["inputArtifacts"][0]["name"], "code");
    assert!(data.get("continuationToken").is_none());
    let credentials = data["artifactCredentials"].as_object().unwrap();
    assert_eq!(credentials.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn each_continuation_is_a_new_job_that_is_there_at_once() {
    let (stand, ids) = waiting(Settings::default(), 1).await;
    let first = stand.taken();
    let details = json!({ "summary": "half", "percentComplete": 50, "externalExecutionId": "e-1" });
    let more = json!({ "continuationToken": "t-1", "executionDetails": details });
    stand.answer(&first, &more).unwrap();
    tokio::task::yield_now().await;
    let before = stand.seconds();
    let second = stand.taken();
    assert_eq!(stand.seconds(), before);
    assert_ne!(second["id"], first["id"]);
    assert_eq!(second["data"]["continuationToken"], "t-1");
    stand.answer(&second, &json!({})).unwrap();
    let execution = stand.pipelines.finished(&ids[0]).await;
    assert_eq!(execution.status, ExecutionStatus::Succeeded);
    let run = execution.action("bake").unwrap();
    assert_eq!((run.jobs.len(), run.percent_complete), (2, Some(50)));
}

#[tokio::test(start_paused = true)]
async fn a_custom_action_may_be_silent_for_a_day_and_no_longer() {
    let (stand, ids) = waiting(Settings::default(), 1).await;
    let job = stand.taken();
    let execution = stand.pipelines.finished(&ids[0]).await;
    assert_eq!(execution.status, ExecutionStatus::Failed);
    assert_eq!(stand.seconds(), 300 + 24 * 3600);
    assert_eq!(
        execution.action("bake").unwrap().jobs[0].state,
        JobState::TimedOut
    );
    assert_eq!(
        stand.answer(&job, &json!({})),
        Err("InvalidJobStateException".to_owned())
    );
}

#[tokio::test(start_paused = true)]
async fn people_see_where_it_stands_and_its_addresses_and_no_secret() {
    let (stand, ids) = waiting(Settings::default(), 1).await;
    let state = |stand: &Stand| {
        let state = stand
            .call("GetPipelineState", &json!({ "name": "checkout" }))
            .unwrap();
        state["stageStates"][1]["actionStates"][1].clone()
    };
    let url = format!("https://example.com/gates/{}", ids[0]);
    assert_eq!(state(&stand)["entityUrl"], url);
    assert!(
        state(&stand)["latestExecution"]
            .get("externalExecutionUrl")
            .is_none()
    );
    let details = json!({ "summary": "half", "percentComplete": 50, "externalExecutionId": "e-1" });
    let more = json!({ "continuationToken": "t-1", "executionDetails": details });
    stand.answer(&stand.taken(), &more).unwrap();
    let latest = &state(&stand)["latestExecution"];
    assert_eq!(
        (&latest["summary"], &latest["percentComplete"]),
        (&json!("half"), &json!(50))
    );
    assert_eq!(
        latest["externalExecutionUrl"],
        "https://example.com/runs/e-1"
    );
    let listed = stand.call(
        "ListActionExecutions",
        &json!({ "pipelineName": "checkout" }),
    );
    let listed = &listed.unwrap()["actionExecutionDetails"][0];
    for name in ["configuration", "resolvedConfiguration"] {
        assert_eq!(listed["input"][name]["Token"], "****");
    }
    assert_eq!(listed["input"]["resolvedConfiguration"]["Gate"], ids[0]);
    assert_eq!(listed["input"]["actionTypeId"], asked_for()["actionTypeId"]);
    let result = &listed["output"]["executionResult"];
    assert_eq!(
        result["externalExecutionUrl"],
        "https://example.com/runs/e-1"
    );
}

#[tokio::test(start_paused = true)]
async fn details_come_with_the_context_and_fresh_credentials() {
    let (stand, ids) = waiting(Settings::default(), 1).await;
    let job = stand.taken();
    tokio::time::sleep(std::time::Duration::from_secs(7200)).await;
    let body = json!({ "jobId": job["id"] });
    let details = stand.call("GetJobDetails", &body).unwrap();
    let data = &details["jobDetails"]["data"];
    assert_eq!(data["pipelineContext"]["pipelineExecutionId"], ids[0]);
    let key = |data: &Value| data["artifactCredentials"]["accessKeyId"].clone();
    assert_ne!(key(data), key(&job["data"]));
    let key = key(data);
    assert!(stand.s3.is_granted(key.as_str().unwrap()));
}

#[tokio::test(start_paused = true)]
async fn an_action_that_is_abandoned_takes_no_more_answers_and_gives_no_more_jobs() {
    let (stand, ids) = waiting(kind(), 2).await;
    let job = stand.taken();
    for id in &ids {
        let body =
            json!({ "pipelineName": "checkout", "pipelineExecutionId": id, "abandon": true });
        stand.call("StopPipelineExecution", &body).unwrap();
    }
    assert_eq!(
        stand.answer(&job, &json!({})),
        Err("InvalidJobStateException".to_owned())
    );
    assert_eq!(stand.polled(9), Vec::<Value>::new());
}

#[tokio::test(start_paused = true)]
async fn a_rollback_runs_custom_gates_only_where_it_runs_gates() {
    for (runs, expected) in [(true, 1), (false, 0)] {
        let settings = Settings {
            rollback_runs_gates: runs,
            ..Settings::default()
        };
        let stand = defined(settings, Mode::Queued);
        let mut ids = Vec::new();
        for _ in 0..2 {
            ids.push(stand.started().await);
            stand.answer(&stand.taken(), &json!({})).unwrap();
            stand.pipelines.finished(ids.last().unwrap()).await;
        }
        let body = json!({
            "pipelineName": "checkout", "stageName": "prod", "targetPipelineExecutionId": ids[0],
        });
        stand.call("RollbackStage", &body).unwrap();
        tokio::time::sleep(std::time::Duration::from_secs(301)).await;
        assert_eq!(stand.polled(9).len(), expected);
    }
}
