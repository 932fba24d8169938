//! What functions are told and may ask: events, artifacts, lists of actions.

use http::Request;

use super::*;

async fn event_of(user_parameters: Option<&str>, action_before: &str) -> (Bench, Value, String) {
    let bench = Bench::answering(every(30), |pipelines, job, number| {
        let variables = json!({ "Message": "fix \"quotes\"\nand lines" });
        let input = json!({ "jobId": job, "outputVariables": variables });
        let input = if number == 0 {
            input
        } else {
            json!({ "jobId": job })
        };
        ask(pipelines, "PutJobSuccessResult", &input).unwrap();
    });
    let stages = vec![
        ("source", vec![source(b"content")]),
        ("build", vec![gate(action_before, None)]),
        ("prod", vec![gate("bake", user_parameters)]),
    ];
    bench
        .pipelines
        .define(pipeline(Mode::Superseded, stages))
        .unwrap();
    let id = bench.pipelines.start("checkout").unwrap();
    bench.pipelines.finished(&id).await.unwrap();
    let event = bench.run(1).event;
    (bench, event, id)
}

fn user_parameters(event: &Value) -> Option<&str> {
    event["CodePipeline.job"]["data"]["actionConfiguration"]["configuration"]
        .get("UserParameters")?
        .as_str()
}

#[tokio::test(start_paused = true)]
async fn variables_are_pasted_without_escaping_so_they_may_break_json() {
    let text = r##"{"release":"#{codepipeline.PipelineExecutionId}","note":"#{info.Message}"}"##;
    let (_, event, id) = event_of(Some(text), "info").await;
    let pasted = user_parameters(&event).unwrap();
    let expected = format!("{{\"release\":\"{id}\",\"note\":\"fix \"quotes\"\nand lines\"}}");
    assert_eq!(pasted, expected);
    assert!(serde_json::from_str::<Value>(pasted).is_err());
}

#[tokio::test(start_paused = true)]
async fn a_variable_that_nobody_set_stays_as_it_is() {
    let (_, event, _) = event_of(Some("#{other.Message}"), "info").await;
    assert_eq!(user_parameters(&event), Some("#{other.Message}"));
}

#[tokio::test(start_paused = true)]
async fn an_event_names_no_pipeline_stage_or_release() {
    let (_, event, id) = event_of(None, "info").await;
    assert_eq!(user_parameters(&event), None);
    let mut text = event.clone();
    // The artifact's key begins with the pipeline's name, as in AWS.
    text["CodePipeline.job"]["data"]["inputArtifacts"] = Value::Null;
    let text = text.to_string();
    for word in ["checkout", "prod", id.as_str()] {
        assert!(!text.contains(word), "{word} in {text}");
    }
}

#[tokio::test(start_paused = true)]
async fn user_parameters_have_at_most_1000_characters() {
    let bench = Bench::answering(every(30), |_, _, _| {});
    let define = |count| {
        let text = "ä".repeat(count);
        let stages = vec![("prod", vec![gate("bake", Some(&text))])];
        bench.pipelines.define(pipeline(Mode::Superseded, stages))
    };
    assert_eq!(define(1000), Ok(()));
    for count in [0, 1001] {
        let error = define(count).unwrap_err();
        assert_eq!(error.code, "ValidationException");
        assert!(error.message.contains("1000"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_artifact_is_read_where_the_event_says_with_its_credentials() {
    let (bench, event, _) = event_of(None, "info").await;
    let data = &event["CodePipeline.job"]["data"];
    let place = &data["inputArtifacts"][0]["location"]["s3Location"];
    let (bucket, key) = (
        place["bucketName"].as_str().unwrap(),
        place["objectKey"].as_str().unwrap(),
    );
    let access_key = data["artifactCredentials"]["accessKeyId"].as_str().unwrap();
    let (own, home) = (access_key.to_owned(), bucket.to_owned());
    bench.s3.set_policy(Arc::new(move |who, where_to| {
        who == own && where_to == home
    }));
    let get = || {
        Request::get("https://s3.amazonaws.com/")
            .body(Vec::new())
            .unwrap()
    };
    let read = bench.s3.answer(&get(), bucket, key, access_key);
    assert_eq!(
        (read.status().as_u16(), read.body().as_slice()),
        (200, b"content".as_slice())
    );
    let denied = bench.s3.answer(&get(), bucket, key, "AKIASOMEBODYELSE");
    assert_eq!(denied.status().as_u16(), 403);
}

#[tokio::test(start_paused = true)]
async fn job_details_name_the_release_only_where_the_switch_is_on() {
    for job_details in [false, true] {
        let settings = Settings {
            job_details,
            ..every(30)
        };
        let bench = Bench::answering(settings, |_, _, _| {});
        bench.pipelines.define(one_gate(Mode::Superseded)).unwrap();
        let id = bench.pipelines.start("checkout").unwrap();
        bench.until(1).await;
        let run = bench.run(0);
        let told = ask(
            &bench.pipelines,
            "GetJobDetails",
            &json!({ "jobId": job(&run) }),
        );
        if !job_details {
            assert_eq!(code(told), "JobNotFoundException");
            continue;
        }
        let context = told.unwrap()["jobDetails"]["data"]["pipelineContext"].clone();
        assert_eq!(context["pipelineName"], json!("checkout"));
        assert_eq!(context["pipelineExecutionId"], json!(id));
        assert_eq!(context["stage"]["name"], json!("prod"));
        assert_eq!(context["action"]["name"], json!("bake"));
    }
}

/// Two releases of three actions each, all over.
async fn history() -> (Bench, Vec<String>) {
    let bench = Bench::answering(every(30), |pipelines, job, _| {
        succeed(pipelines, job).unwrap();
    });
    let actions = vec![deploy(100), gate("bake", None)];
    let stages = vec![("source", vec![source(b"")]), ("prod", actions)];
    bench
        .pipelines
        .define(pipeline(Mode::Queued, stages))
        .unwrap();
    let mut ids = Vec::new();
    for _ in 0..2 {
        let id = bench.pipelines.start("checkout").unwrap();
        bench.pipelines.finished(&id).await.unwrap();
        ids.push(id);
    }
    (bench, ids)
}

fn list(bench: &Bench, mut input: Value) -> Result<Value, ApiError> {
    input["pipelineName"] = json!("checkout");
    ask(&bench.pipelines, "ListActionExecutions", &input)
}

fn names(page: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let details = page["actionExecutionDetails"].as_array().unwrap().iter();
    details
        .map(|d| (text(&d["pipelineExecutionId"]), text(&d["actionName"])))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn actions_are_listed_newest_first_in_pages() {
    let (bench, ids) = history().await;
    let expected: Vec<(String, String)> = [1, 0]
        .iter()
        .flat_map(|release: &usize| {
            ["bake", "deploy", "source"].map(|action| (ids[*release].clone(), action.to_owned()))
        })
        .collect();
    let whole = list(&bench, json!({})).unwrap();
    assert_eq!(names(&whole), expected);
    assert_eq!(whole.get("nextToken"), None);
    let (mut paged, mut pages, mut token) = (Vec::new(), 0, Value::Null);
    loop {
        let page = list(&bench, json!({ "maxResults": 4, "nextToken": token })).unwrap();
        paged.extend(names(&page));
        pages += 1;
        match page.get("nextToken") {
            Some(next) => token = next.clone(),
            None => break,
        }
    }
    assert_eq!((paged, pages), (expected, 2));
}

#[tokio::test(start_paused = true)]
async fn actions_of_one_release_are_listed_alone() {
    let (bench, ids) = history().await;
    let page = list(
        &bench,
        json!({ "filter": { "pipelineExecutionId": ids[0] } }),
    )
    .unwrap();
    assert_eq!(names(&page).len(), 3);
    assert!(names(&page).iter().all(|(release, _)| release == &ids[0]));
    let deploy = &page["actionExecutionDetails"][1];
    assert_eq!(deploy["input"]["actionTypeId"]["category"], json!("Deploy"));
    assert_eq!(deploy["stageName"], json!("prod"));
    assert_eq!(deploy["status"], json!("Succeeded"));
}

#[tokio::test(start_paused = true)]
async fn pages_of_no_size_and_tokens_of_nobody_are_refused() {
    let (bench, _) = history().await;
    for size in [0, 101] {
        let got = code(list(&bench, json!({ "maxResults": size })));
        assert_eq!(got, "ValidationException", "{size}");
    }
    let got = code(list(&bench, json!({ "nextToken": "garbage" })));
    assert_eq!(got, "InvalidNextTokenException");
}

#[tokio::test(start_paused = true)]
async fn what_does_not_exist_is_said_with_its_code() {
    let (bench, ids) = history().await;
    let execution = |pipeline: &str, id: &str| {
        let input = json!({ "pipelineName": pipeline, "pipelineExecutionId": id });
        code(ask(&bench.pipelines, "GetPipelineExecution", &input))
    };
    assert_eq!(execution("checkout", &ids[0]), "taken");
    assert_eq!(
        execution("checkout", "11111111-abcd-1111-abcd-111111abcdef"),
        "PipelineExecutionNotFoundException"
    );
    assert_eq!(execution("other", &ids[0]), "PipelineNotFoundException");
    let state = ask(
        &bench.pipelines,
        "GetPipelineState",
        &json!({ "name": "other" }),
    );
    assert_eq!(code(state), "PipelineNotFoundException");
}

#[tokio::test(start_paused = true)]
async fn a_stage_shows_its_latest_release() {
    let (bench, ids) = history().await;
    let state = ask(
        &bench.pipelines,
        "GetPipelineState",
        &json!({ "name": "checkout" }),
    )
    .unwrap();
    let stage = &state["stageStates"][1];
    assert_eq!(stage["stageName"], json!("prod"));
    assert_eq!(
        stage["latestExecution"]["pipelineExecutionId"],
        json!(ids[1])
    );
}
