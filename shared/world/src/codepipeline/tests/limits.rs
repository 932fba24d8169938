//! Every limit of the answer API at its boundary.

use super::*;

/// Whether an answer with `more` in it is taken by a fresh job.
async fn answer(settings: Settings, operation: &str, more: Value) -> Result<(), String> {
    let stand = Stand::new(settings, |_, _| async { Ok(Value::Null) });
    stand.pipelines.define(usual()).expect("a definition");
    stand.pipelines.start("checkout").expect("a start");
    tokio::time::sleep(std::time::Duration::from_secs(301)).await;
    let mut body = json!({ "jobId": job(&stand.seen()[0]) });
    for (key, value) in more.as_object().into_iter().flatten() {
        body[key] = value.clone();
    }
    let answer = stand.call(operation, &body);
    answer.map(drop).map_err(|error| error.code)
}

async fn success(more: Value) -> Result<(), String> {
    answer(Settings::default(), "PutJobSuccessResult", more).await
}

async fn failure(details: Value) -> Result<(), String> {
    let more = json!({ "failureDetails": details });
    answer(Settings::default(), "PutJobFailureResult", more).await
}

fn refused() -> Result<(), String> {
    Err("ValidationException".to_owned())
}

#[tokio::test(start_paused = true)]
async fn texts_of_an_answer_have_at_least_one_and_at_most_so_many_characters() {
    let details = |name: &str, text: String| json!({ "executionDetails": { name: text } });
    let revision = |name: &str, text: String| {
        let mut current = json!({ "revision": "1", "changeIdentifier": "1" });
        current[name] = json!(text);
        json!({ "currentRevision": current })
    };
    type Make<'a> = &'a dyn Fn(String) -> Value;
    let cases: [(usize, Make<'_>); 6] = [
        (2048, &|text| json!({ "continuationToken": text })),
        (2048, &|text| details("summary", text)),
        (1500, &|text| details("externalExecutionId", text)),
        (1500, &|text| revision("revision", text)),
        (100, &|text| revision("changeIdentifier", text)),
        (2048, &|text| revision("revisionSummary", text)),
    ];
    for (most, make) in cases {
        assert_eq!(success(make(String::new())).await, refused());
        assert_eq!(success(make("x".to_owned())).await, Ok(()));
        assert_eq!(success(make("x".repeat(most))).await, Ok(()));
        assert_eq!(success(make("x".repeat(most + 1))).await, refused());
    }
}

#[tokio::test(start_paused = true)]
async fn lengths_beyond_ascii_count_as_the_switch_says() {
    for (lengths, expected) in [
        (LengthUnit::Characters, Ok(())),
        (LengthUnit::Utf16, refused()),
        (LengthUnit::Bytes, refused()),
    ] {
        let settings = Settings {
            lengths,
            ..Settings::default()
        };
        let more = json!({ "continuationToken": "🚀".repeat(2048) });
        assert_eq!(
            answer(settings, "PutJobSuccessResult", more).await,
            expected
        );
    }
}

#[tokio::test(start_paused = true)]
async fn percentages_are_from_0_to_100() {
    for (percent, expected) in [
        (-1, refused()),
        (0, Ok(())),
        (100, Ok(())),
        (101, refused()),
    ] {
        let more = json!({ "executionDetails": { "percentComplete": percent } });
        assert_eq!(success(more).await, expected, "{percent}");
    }
}

#[tokio::test(start_paused = true)]
async fn job_ids_are_lowercase_uuids() {
    for id in [
        "",
        "x",
        "00000000-0000-4000-8000-00000000000A",
        "00000000-0000-4000-8000-0000000000000",
    ] {
        assert_eq!(success(json!({ "jobId": id })).await, refused(), "{id}");
    }
    assert_eq!(success(json!({ "jobId": null })).await, refused());
}

#[tokio::test(start_paused = true)]
async fn output_variables_have_plain_names_and_come_without_a_token() {
    let with = |key: &str| json!({ "outputVariables": { key: "" } });
    assert_eq!(success(with("a-Z_0@")).await, Ok(()));
    assert_eq!(success(with("a.b")).await, refused());
    assert_eq!(success(with("")).await, refused());
    let both = json!({ "continuationToken": "t", "outputVariables": { "a": "b" } });
    assert_eq!(success(both).await, refused());
    let none = json!({ "continuationToken": "t", "outputVariables": {} });
    assert_eq!(success(none).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn output_variables_have_at_most_122880_bytes_in_all() {
    let of = |bytes: usize| json!({ "outputVariables": { "a": "x".repeat(bytes - 2), "b": "" } });
    assert_eq!(success(of(122_880)).await, Ok(()));
    let code = "OutputVariablesSizeExceededException".to_owned();
    assert_eq!(success(of(122_881)).await, Err(code));
}

#[tokio::test(start_paused = true)]
async fn failures_have_a_known_type_and_a_message_of_1_to_5000_characters() {
    let of = |kind: &str, message: String| json!({ "type": kind, "message": message });
    let types = [
        "JobFailed",
        "ConfigurationError",
        "PermissionError",
        "RevisionOutOfSync",
        "RevisionUnavailable",
        "SystemUnavailable",
    ];
    for kind in types {
        assert_eq!(failure(of(kind, "x".repeat(5000))).await, Ok(()));
    }
    assert_eq!(failure(of("jobFailed", "x".to_owned())).await, refused());
    assert_eq!(failure(of("JobFailed", "x".repeat(5001))).await, refused());
    assert_eq!(failure(of("JobFailed", String::new())).await, refused());
    assert_eq!(failure(json!({ "type": "JobFailed" })).await, refused());
    assert_eq!(failure(json!({ "message": "x" })).await, refused());
    assert_eq!(failure(Value::Null).await, refused());
    for (length, expected) in [(0, refused()), (1500, Ok(())), (1501, refused())] {
        let mut details = of("JobFailed", "x".to_owned());
        details["externalExecutionId"] = json!("x".repeat(length));
        assert_eq!(failure(details).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn user_parameters_have_1_to_1000_characters_when_defined() {
    let stand = Stand::new(Settings::default(), |_, _| async { Ok(Value::Null) });
    for (length, taken) in [(0, false), (1000, true), (1001, false)] {
        let mut pipeline = usual();
        pipeline.stages[1].actions[1].work = Work::Lambda {
            function: "bake".to_owned(),
            user_parameters: Some("x".repeat(length)),
        };
        assert_eq!(stand.pipelines.define(pipeline).is_ok(), taken, "{length}");
    }
}

#[tokio::test(start_paused = true)]
async fn all_that_is_wrong_is_said_at_once() {
    let stand = Stand::new(Settings::default(), |_, _| async { Ok(Value::Null) });
    let body = json!({ "jobId": "x", "continuationToken": "" });
    let error = stand
        .call("PutJobSuccessResult", &body)
        .expect_err("refused");
    assert!(
        error
            .message
            .starts_with("2 validation errors detected: Value at 'jobId'")
    );
}
