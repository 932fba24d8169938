//! What a job's event carries: artifacts, credentials, variables.

use super::*;

async fn succeed(stand: Stand, invocation: Invocation) -> Result<Value, FunctionError> {
    stand.succeed(&invocation, &json!({})).expect("accepted");
    Ok(Value::Null)
}

fn get(stand: &Stand, location: &Value, credentials: &str) -> http::Response<Vec<u8>> {
    let text = |name: &str| location[name].as_str().expect("text").to_owned();
    let request = http::Request::get("/").body(Vec::new()).expect("a request");
    stand.s3.answer(
        &request,
        &text("bucketName"),
        &text("objectKey"),
        credentials,
    )
}

#[tokio::test(start_paused = true)]
async fn the_source_is_readable_with_the_jobs_credentials_and_only_there() {
    let stand = Stand::new(Settings::default(), succeed);
    stand.s3.put("evidence", "key", b"secret".to_vec());
    stand.s3.set_policy(|access| access.bucket == "evidence");
    stand.release().await;
    let data = stand.seen()[0].event["CodePipeline.job"]["data"].clone();
    let credentials = data["artifactCredentials"]["accessKeyId"]
        .as_str()
        .expect("a key");
    let input = &data["inputArtifacts"][0];
    assert_eq!(input["name"], "code");
    assert_eq!(input["revision"].as_str().map(str::len), Some(40));
    let source = &input["location"]["s3Location"];
    assert_eq!(get(&stand, source, credentials).body(), b"zipped");
    assert_eq!(get(&stand, source, "AKIAGATE").status(), 403);
    let other = json!({ "bucketName": "evidence", "objectKey": "key" });
    assert_eq!(get(&stand, &other, credentials).status(), 403);
    assert_eq!(get(&stand, &other, "AKIAGATE").status(), 200);
}

#[tokio::test(start_paused = true)]
async fn the_event_has_the_documented_members_and_names_no_pipeline() {
    let stand = Stand::new(Settings::default(), succeed);
    let execution = stand.release().await;
    let event = stand.seen()[0].event.clone();
    let job = &event["CodePipeline.job"];
    assert_eq!(job["accountId"], ACCOUNT);
    let members: Vec<_> = job["data"]
        .as_object()
        .expect("data")
        .keys()
        .cloned()
        .collect();
    let expected = [
        "actionConfiguration",
        "artifactCredentials",
        "inputArtifacts",
        "outputArtifacts",
    ];
    assert_eq!(members, expected);
    let configuration = &job["data"]["actionConfiguration"]["configuration"];
    let parameters = json!({ "release": execution.id }).to_string();
    assert_eq!(configuration["UserParameters"], parameters);
    assert!(job["data"]["outputArtifacts"][0]["revision"].is_null());
}

#[tokio::test(start_paused = true)]
async fn absent_user_parameters_are_absent() {
    let stand = Stand::new(Settings::default(), succeed);
    let mut pipeline = usual();
    pipeline.stages[1].actions[1].work = Work::Lambda {
        function: "bake".to_owned(),
        user_parameters: None,
    };
    stand.pipelines.define(pipeline).expect("a definition");
    let id = stand.pipelines.start("checkout").expect("a start");
    stand.pipelines.finished(&id).await;
    let event = stand.seen()[0].event.clone();
    let data = &event["CodePipeline.job"]["data"];
    assert_eq!(
        data["actionConfiguration"],
        json!({ "configuration": { "FunctionName": "bake" } })
    );
}

#[tokio::test(start_paused = true)]
async fn variables_are_pasted_without_escaping_and_can_break_the_json() {
    let stand = Stand::new(Settings::default(), succeed);
    let mut pipeline = usual();
    pipeline.stages[1].actions[1].work = Work::Lambda {
        function: "bake".to_owned(),
        user_parameters: Some(r##"{"why":"#{variables.why}"}"##.to_owned()),
    };
    stand.pipelines.define(pipeline).expect("a definition");
    let variables = BTreeMap::from([("why".to_owned(), "fix \"it\"".to_owned())]);
    let id = stand
        .pipelines
        .start_with("checkout", variables)
        .expect("a start");
    stand.pipelines.finished(&id).await;
    let event = stand.seen()[0].event.clone();
    let configuration = &event["CodePipeline.job"]["data"]["actionConfiguration"]["configuration"];
    let parameters = configuration["UserParameters"].as_str().expect("text");
    assert_eq!(parameters, r#"{"why":"fix "it""}"#);
    assert!(serde_json::from_str::<Value>(parameters).is_err());
}

#[tokio::test(start_paused = true)]
async fn output_variables_reach_later_actions_by_namespace() {
    let stand = Stand::new(Settings::default(), |stand, invocation| async move {
        let answer = json!({ "outputVariables": { "verdict": "pass" } });
        stand.succeed(&invocation, &answer).expect("accepted");
        Ok(Value::Null)
    });
    let mut pipeline = usual();
    let prod = &mut pipeline.stages[1].actions;
    prod[1].namespace = Some("gate".to_owned());
    prod.push(Action {
        name: "after".to_owned(),
        run_order: 3,
        work: Work::Lambda {
            function: "notify".to_owned(),
            user_parameters: Some("#{gate.verdict}".to_owned()),
        },
        input_artifacts: Vec::new(),
        output_artifacts: Vec::new(),
        namespace: None,
    });
    stand.pipelines.define(pipeline).expect("a definition");
    let id = stand.pipelines.start("checkout").expect("a start");
    let execution = stand.pipelines.finished(&id).await;
    let after = execution.action("after").expect("it ran");
    assert_eq!(after.resolved_configuration["UserParameters"], "pass");
    assert_eq!(after.configuration["UserParameters"], "#{gate.verdict}");
}

#[tokio::test(start_paused = true)]
async fn a_reference_to_nothing_fails_the_action_without_a_job() {
    let stand = Stand::new(Settings::default(), succeed);
    let mut pipeline = usual();
    pipeline.stages[1].actions[1].work = Work::Lambda {
        function: "bake".to_owned(),
        user_parameters: Some("#{gate.verdict}".to_owned()),
    };
    stand.pipelines.define(pipeline).expect("a definition");
    let id = stand.pipelines.start("checkout").expect("a start");
    let execution = stand.pipelines.finished(&id).await;
    let bake = execution.action("bake").expect("it was tried");
    assert!(
        bake.failure
            .as_ref()
            .expect("it failed")
            .message
            .contains("#{gate.verdict}")
    );
    assert!(stand.seen().is_empty());
}
