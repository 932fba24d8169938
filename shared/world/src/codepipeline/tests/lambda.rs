//! How functions are invoked: continued, run again, twice, or not at all.

use std::time::Duration;

use super::*;

#[tokio::test(start_paused = true)]
async fn each_continuation_is_a_new_job_and_only_it_brings_a_token() {
    let bench = Bench::answering(every(30), |pipelines, job, number| {
        let answered = match number {
            0..3 => go_on(pipelines, job, &format!("look {number}")),
            _ => succeed(pipelines, job),
        };
        answered.unwrap();
    });
    let done = bench.released().await;
    assert_eq!(done.status, "Succeeded");
    assert_eq!(bench.ran_at(), [0, 30, 60, 90]);
    let jobs = &the_gate(&done).jobs;
    let tokens: Vec<_> = jobs.iter().map(|job| job.token.as_deref()).collect();
    assert_eq!(
        tokens,
        [None, Some("look 0"), Some("look 1"), Some("look 2")]
    );
    let mut ids: Vec<_> = jobs.iter().map(|job| &job.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 4);
    for (number, job) in jobs.iter().enumerate() {
        let event = bench.run(number).event;
        let data = &event["CodePipeline.job"]["data"];
        assert_eq!(event["CodePipeline.job"]["id"], json!(job.id));
        assert_eq!(
            data.get("continuationToken").cloned(),
            job.token.as_ref().map(|token| json!(token))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_ends_the_stage_and_the_release() {
    let bench = Bench::answering(every(30), |pipelines, job, _| {
        fail(pipelines, job).unwrap();
    });
    let done = bench.released().await;
    assert_eq!(
        (done.status.as_str(), done.stages[1].status.as_str()),
        ("Failed", "Failed")
    );
    let failure = the_gate(&done).failure.clone();
    assert_eq!(failure, Some(("JobFailed".to_owned(), "no".to_owned())));
}

/// Runs a function that never answers, with a destination for what failed.
async fn without_answer(how: fn() -> Run) -> (Bench, Execution) {
    let settings = Settings {
        on_failure: Some("reaper".to_owned()),
        ..every(30)
    };
    let bench = Bench::new(settings, move |pipelines, invocation, _| {
        if invocation.function == "gate" {
            return how();
        }
        let payload = &invocation.event["requestPayload"];
        let job = payload["CodePipeline.job"]["id"].as_str().unwrap();
        fail(&pipelines, job).unwrap();
        Box::pin(async { Ok(()) })
    });
    let done = bench.released().await;
    (bench, done)
}

#[tokio::test(start_paused = true)]
async fn a_crash_is_run_again_after_one_and_two_minutes_then_the_destination_is_told() {
    let (bench, done) =
        without_answer(|| Box::pin(async { Err(FunctionError("boom".to_owned())) })).await;
    assert_eq!(bench.ran_at(), [0, 60, 180, 180]);
    let attempts: Vec<_> = (0..3).map(|n| bench.run(n)).collect();
    for (number, run) in attempts.iter().enumerate() {
        assert_eq!(job(run), job(&attempts[0]));
        assert_eq!(run.request_id, attempts[0].request_id);
        assert_eq!(run.attempt as usize, number + 1);
    }
    let record = bench.run(3);
    assert_eq!(record.function, "reaper");
    assert_eq!(record.event["requestPayload"], attempts[0].event);
    let context = &record.event["requestContext"];
    assert_eq!(context["condition"], json!("RetriesExhausted"));
    assert_eq!(context["approximateInvokeCount"], json!(3));
    assert_eq!(
        record.event["responsePayload"]["errorMessage"],
        json!("boom")
    );
    assert_eq!(done.status, "Failed");
    assert_eq!(the_gate(&done).jobs.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_panic_counts_as_a_failed_attempt() {
    let (bench, done) = without_answer(|| Box::pin(async { panic!("on purpose") })).await;
    assert_eq!(bench.ran_at(), [0, 60, 180, 180]);
    let told = bench.run(3).event["responsePayload"]["errorMessage"].clone();
    assert_eq!(told, json!("the function panicked"));
    assert_eq!(done.status, "Failed");
}

#[tokio::test(start_paused = true)]
async fn a_function_that_takes_too_long_is_killed_at_its_timeout() {
    let (bench, done) = without_answer(|| {
        Box::pin(async {
            tokio::time::sleep(Duration::from_secs(3600)).await;
            Ok(())
        })
    })
    .await;
    // Each attempt lives 120 s; then the waits of 1 and 2 minutes.
    assert_eq!(bench.ran_at(), [0, 180, 420, 540]);
    let told = bench.run(3).event["responsePayload"]["errorMessage"].clone();
    assert_eq!(told, json!("Task timed out after 120.00 seconds"));
    let deadline = bench.run(1).deadline;
    assert_eq!(deadline, BEGIN + SignedDuration::from_secs(300));
    assert_eq!(done.status, "Failed");
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_answers_is_enough() {
    let bench = Bench::new(every(30), |pipelines, invocation, number| {
        let first = number == 0;
        Box::pin(async move {
            if first {
                return Err(FunctionError("once".to_owned()));
            }
            succeed(&pipelines, job(&invocation)).unwrap();
            Ok(())
        })
    });
    assert_eq!(bench.released().await.status, "Succeeded");
    assert_eq!(bench.ran_at(), [0, 60]);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_comes_twice_brings_the_same_job_and_one_answer_counts() {
    let settings = Settings {
        duplicate_events: [0].into(),
        ..every(30)
    };
    let bench = Bench::answering(settings, |pipelines, job, number| {
        let answered = code(match number {
            0 => go_on(pipelines, job, "token"),
            _ => succeed(pipelines, job),
        });
        let expected = if number == 1 {
            "InvalidJobStateException"
        } else {
            "taken"
        };
        assert_eq!(answered, expected, "run {number}");
    });
    let done = bench.released().await;
    assert_eq!(bench.ran_at(), [0, 1, 30]);
    assert_eq!(job(&bench.run(0)), job(&bench.run(1)));
    let jobs = &the_gate(&done).jobs;
    assert_eq!((jobs.len(), jobs[0].refused_answers), (2, 1));
}

/// CodePipeline's own words.
const NO_RESULT: &str = "The AWS Lambda function gate failed to return a result. Check the function to verify that \
                         it has permission to call the PutJobSuccessResult action and that it made a call to \
                         PutJobSuccessResult.";

#[tokio::test(start_paused = true)]
async fn a_lost_event_ends_the_action_after_twenty_minutes_of_silence() {
    let settings = Settings {
        lose_events: [0].into(),
        ..every(30)
    };
    let bench = Bench::answering(settings, |_, _, _| {});
    let done = bench.released().await;
    assert!(bench.ran_at().is_empty());
    let gate = the_gate(&done);
    let took = gate.ended.unwrap().duration_since(gate.began);
    assert_eq!(took, SignedDuration::from_mins(20));
    let failure = Some(("JobFailed".to_owned(), NO_RESULT.to_owned()));
    assert_eq!(gate.failure, failure);
}

#[tokio::test(start_paused = true)]
async fn silence_counts_from_the_last_answer_and_a_late_one_is_refused() {
    let bench = Bench::answering(every(30), |pipelines, job, number| {
        if number == 0 {
            go_on(pipelines, job, "token").unwrap();
        }
    });
    let done = bench.released().await;
    let gate = the_gate(&done);
    let took = gate.ended.unwrap().duration_since(gate.began);
    assert_eq!(took, SignedDuration::from_mins(20));
    let late = succeed(&bench.pipelines, job(&bench.run(1)));
    assert_eq!(code(late), "InvalidJobStateException");
    let now = bench.pipelines.execution(&done.id).unwrap();
    assert_eq!(the_gate(&now).jobs[1].refused_answers, 1);
}

#[tokio::test(start_paused = true)]
async fn an_action_that_goes_on_for_ever_ends_after_a_day() {
    let bench = Bench::answering(every(600), |pipelines, job, _| {
        go_on(pipelines, job, "token").unwrap();
    });
    let done = bench.released().await;
    let gate = the_gate(&done);
    let took = gate.ended.unwrap().duration_since(gate.began);
    assert_eq!(took, SignedDuration::from_hours(24));
    assert_eq!(gate.jobs.len(), 24 * 6);
    let (kind, message) = gate.failure.clone().unwrap();
    assert_eq!(kind, "JobFailed");
    assert!(message.contains("time limit"), "{message}");
}
