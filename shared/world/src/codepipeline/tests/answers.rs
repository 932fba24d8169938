//! Which answers are taken: every limit of the API, on both of its sides.

use super::*;

/// A bench with one open job, and its id.
async fn open_job() -> (Bench, String) {
    let bench = Bench::answering(every(30), |_, _, _| {});
    bench.pipelines.define(one_gate(Mode::Superseded)).unwrap();
    bench.pipelines.start("checkout").unwrap();
    bench.until(1).await;
    let id = job(&bench.run(0)).to_owned();
    (bench, id)
}

/// Gives an open job an answer, and holds what CodePipeline says.
#[track_caller]
fn check(bench: &(Bench, String), operation: &str, mut input: Value, expected: &str) {
    input["jobId"] = json!(bench.1);
    let got = code(ask(&bench.0.pipelines, operation, &input));
    assert_eq!(got, expected, "{operation}");
}

async fn check_success(input: Value, expected: &str) {
    check(&open_job().await, "PutJobSuccessResult", input, expected);
}

async fn check_failure(details: Value, expected: &str) {
    let input = json!({ "failureDetails": details });
    check(&open_job().await, "PutJobFailureResult", input, expected);
}

fn letters(count: usize) -> String {
    // Two bytes each: limits count characters.
    "ä".repeat(count)
}

#[tokio::test(start_paused = true)]
async fn a_token_has_1_to_2048_characters() {
    let token = |count| json!({ "continuationToken": letters(count) });
    check_success(token(0), "ValidationException").await;
    check_success(token(1), "taken").await;
    check_success(token(2048), "taken").await;
    check_success(token(2049), "ValidationException").await;
}

#[tokio::test(start_paused = true)]
async fn a_summary_has_1_to_2048_characters() {
    let summary = |count| json!({ "executionDetails": { "summary": letters(count) } });
    check_success(summary(0), "ValidationException").await;
    check_success(summary(1), "taken").await;
    check_success(summary(2048), "taken").await;
    check_success(summary(2049), "ValidationException").await;
}

#[tokio::test(start_paused = true)]
async fn an_outside_id_has_1_to_1500_characters() {
    let id = |count| json!({ "executionDetails": { "externalExecutionId": letters(count) } });
    check_success(id(0), "ValidationException").await;
    check_success(id(1500), "taken").await;
    check_success(id(1501), "ValidationException").await;
    let failed = |count| json!({ "type": "JobFailed", "message": "no", "externalExecutionId": letters(count) });
    check_failure(failed(0), "ValidationException").await;
    check_failure(failed(1500), "taken").await;
    check_failure(failed(1501), "ValidationException").await;
}

#[tokio::test(start_paused = true)]
async fn a_percentage_is_from_0_to_100() {
    let percent = |percent: i64| json!({ "executionDetails": { "percentComplete": percent } });
    check_success(percent(-1), "ValidationException").await;
    check_success(percent(0), "taken").await;
    check_success(percent(100), "taken").await;
    check_success(percent(101), "ValidationException").await;
}

#[tokio::test(start_paused = true)]
async fn output_variables_come_with_the_last_answer_only() {
    let variables = json!({ "Verdict": "pass", "with-all_kinds@9": "" });
    check_success(json!({ "outputVariables": variables.clone() }), "taken").await;
    let both = json!({ "outputVariables": variables, "continuationToken": "t" });
    check_success(both, "ValidationException").await;
    for key in ["", "two words", "dotted.name", "ä"] {
        let input = json!({ "outputVariables": { key: "value" } });
        check_success(input, "ValidationException").await;
    }
    // 122,880 bytes for all together, their names included.
    let sized =
        |bytes: usize| json!({ "outputVariables": { "a": "x".repeat(bytes - 2), "b": "" } });
    check_success(sized(122_880), "taken").await;
    check_success(sized(122_881), "OutputVariablesSizeExceededException").await;
}

#[tokio::test(start_paused = true)]
async fn a_failure_needs_a_known_type_and_a_message_of_1_to_5000_characters() {
    for kind in [
        "JobFailed",
        "ConfigurationError",
        "PermissionError",
        "RevisionOutOfSync",
        "RevisionUnavailable",
        "SystemUnavailable",
    ] {
        check_failure(json!({ "type": kind, "message": "no" }), "taken").await;
    }
    check_failure(
        json!({ "type": "GateFailed", "message": "no" }),
        "ValidationException",
    )
    .await;
    check_failure(json!({ "message": "no" }), "ValidationException").await;
    check_failure(json!({ "type": "JobFailed" }), "ValidationException").await;
    let message = |count| json!({ "type": "JobFailed", "message": letters(count) });
    check_failure(message(0), "ValidationException").await;
    check_failure(message(5000), "taken").await;
    check_failure(message(5001), "ValidationException").await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_answer_leaves_the_job_open() {
    let bench = open_job().await;
    let empty = json!({ "executionDetails": { "summary": "" } });
    check(&bench, "PutJobSuccessResult", empty, "ValidationException");
    check(&bench, "PutJobSuccessResult", json!({}), "taken");
    check(
        &bench,
        "PutJobSuccessResult",
        json!({}),
        "InvalidJobStateException",
    );
    let details = json!({ "failureDetails": { "type": "JobFailed", "message": "no" } });
    check(
        &bench,
        "PutJobFailureResult",
        details,
        "InvalidJobStateException",
    );
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_not_known_is_not_found_and_an_id_of_another_form_not_valid() {
    let bench = Bench::answering(every(30), |_, _, _| {});
    let unknown = "11111111-abcd-1111-abcd-111111abcdef";
    let not_found = "JobNotFoundException";
    assert_eq!(code(succeed(&bench.pipelines, unknown)), not_found);
    assert_eq!(code(fail(&bench.pipelines, unknown)), not_found);
    for id in ["", "1", &unknown.to_uppercase(), &format!("{unknown}0")] {
        let got = code(succeed(&bench.pipelines, id));
        assert_eq!(got, "ValidationException", "{id}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_an_answer_shows_is_kept() {
    let bench = open_job().await;
    let details =
        json!({ "summary": "half", "percentComplete": 50, "externalExecutionId": "s3://x" });
    let input = json!({ "executionDetails": details, "outputVariables": { "Verdict": "pass" } });
    check(&bench, "PutJobSuccessResult", input, "taken");
    bench.0.until(2).await;
    let state = ask(
        &bench.0.pipelines,
        "GetPipelineState",
        &json!({ "name": "checkout" }),
    )
    .unwrap();
    let shown = &state["stageStates"][1]["actionStates"][0]["latestExecution"];
    assert_eq!(shown["status"], json!("Succeeded"));
    assert_eq!(shown["summary"], json!("half"));
    assert_eq!(shown["percentComplete"], json!(50));
    assert_eq!(shown["externalExecutionId"], json!("s3://x"));
}
