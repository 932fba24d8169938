//! Lambda's side: retries, kills, copies and losses of events.

use super::*;

fn reaper() -> Settings {
    Settings {
        on_failure: Some("reaper".to_owned()),
        ..Settings::default()
    }
}

/// Crashes as `bake`; as `reaper` fails the job that the record names.
async fn crash_and_reap(stand: Stand, invocation: Invocation) -> Result<Value, FunctionError> {
    if invocation.function != "reaper" {
        return Err(crash());
    }
    let inner = Invocation {
        event: invocation.event["requestPayload"].clone(),
        ..invocation
    };
    stand.fail(&inner, "the gate died").expect("accepted");
    Ok(Value::Null)
}

#[tokio::test(start_paused = true)]
async fn a_crash_is_run_again_after_one_and_two_minutes_with_the_same_event_then_reaped() {
    let stand = Stand::new(reaper(), crash_and_reap);
    let execution = stand.release().await;
    let seen = stand.seen();
    let functions: Vec<_> = seen
        .iter()
        .map(|i| (i.function.as_str(), i.attempt))
        .collect();
    assert_eq!(
        functions,
        [("bake", 1), ("bake", 2), ("bake", 3), ("reaper", 1)]
    );
    assert_eq!(seen[0].event, seen[2].event);
    assert_eq!(seen[0].request_id, seen[2].request_id);
    assert_eq!(stand.seconds(), 300 + 180);
    let bake = execution.action("bake").expect("it ran");
    assert_eq!(
        bake.failure.as_ref().expect("it failed").message,
        "the gate died"
    );
    assert_eq!(bake.invocations.len(), 4);
    let record = &seen[3].event;
    assert_eq!(record["requestContext"]["condition"], "RetriesExhausted");
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 3);
    assert_eq!(record["requestContext"]["requestId"], seen[0].request_id);
    assert_eq!(record["requestPayload"], seen[0].event);
    assert_eq!(record["responseContext"]["functionError"], "Unhandled");
    assert_eq!(record["responsePayload"]["errorType"], "Boom");
    let faults = stand.pipelines.faults();
    assert_eq!((faults.attempts_failed, faults.failures_passed_on), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn a_panic_counts_as_a_crash() {
    let stand = Stand::new(reaper(), |stand, invocation| async move {
        assert_eq!(invocation.function, "reaper", "panics as bake");
        crash_and_reap(stand, invocation).await
    });
    stand.release().await;
    let record = &stand.seen()[3].event;
    assert_eq!(record["responsePayload"]["errorType"], "Runtime.ExitError");
}

#[tokio::test(start_paused = true)]
async fn a_function_that_hangs_is_killed_at_its_deadline() {
    let stand = Stand::new(reaper(), |stand, invocation| async move {
        if invocation.function == "bake" {
            std::future::pending::<()>().await;
        }
        crash_and_reap(stand, invocation).await
    });
    stand.release().await;
    let seen = stand.seen();
    assert_eq!(stand.seconds(), 300 + 3 * 120 + 180);
    assert_eq!(stand.pipelines.faults().attempts_killed, 3);
    assert_eq!(
        seen[3].event["responsePayload"]["errorType"],
        "Sandbox.Timedout"
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_destination_a_crashing_gate_ends_by_silence() {
    let stand = Stand::new(Settings::default(), |_, _| async { Err(crash()) });
    stand.release().await;
    assert_eq!((stand.seen().len(), stand.seconds()), (3, 300 + 1200));
}

#[tokio::test(start_paused = true)]
async fn a_duplicated_event_runs_twice_and_its_second_answer_is_refused() {
    let settings = Settings {
        duplicate_events: [1].into(),
        duplicate_delay: SignedDuration::from_secs(3),
        ..Settings::default()
    };
    let stand = Stand::new(settings, |stand, invocation| async move {
        tokio::time::sleep(std::time::Duration::from_secs(5)).await;
        let _first_wins = stand.succeed(&invocation, &json!({ "continuationToken": "t" }));
        Ok(Value::Null)
    });
    stand.pipelines.define(usual()).expect("a definition");
    let id = stand.pipelines.start("checkout").expect("a start");
    tokio::time::sleep(std::time::Duration::from_secs(320)).await;
    let seen = stand.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(
        (&seen[0].event, seen[0].attempt),
        (&seen[1].event, seen[1].attempt)
    );
    let execution = stand.pipelines.execution(&id).expect("it runs");
    let job = &execution.action("bake").expect("it runs").jobs[0];
    assert_eq!(job.accepted(), 1);
    assert_eq!(
        job.refused().collect::<Vec<_>>(),
        ["InvalidJobStateException"]
    );
    assert_eq!(stand.pipelines.faults().events_duplicated, 1);
}

#[tokio::test(start_paused = true)]
async fn a_lost_event_reaches_nobody_and_ends_by_silence() {
    let settings = Settings {
        lose_events: [2].into(),
        ..Settings::default()
    };
    let stand = Stand::new(settings, |stand, invocation| async move {
        let answer = json!({ "continuationToken": "t" });
        stand.succeed(&invocation, &answer).expect("accepted");
        Ok(Value::Null)
    });
    let execution = stand.release().await;
    assert_eq!(execution.status, ExecutionStatus::Failed);
    assert_eq!(stand.seen().len(), 1);
    assert_eq!(stand.seconds(), 300 + 1200);
    assert_eq!(stand.pipelines.faults().events_lost, 1);
}

#[tokio::test(start_paused = true)]
async fn a_lost_event_that_was_also_copied_arrives_late() {
    let settings = Settings {
        lose_events: [1].into(),
        duplicate_events: [1].into(),
        duplicate_delay: SignedDuration::from_mins(6),
        ..Settings::default()
    };
    let stand = Stand::new(settings, |stand, invocation| async move {
        stand.succeed(&invocation, &json!({})).expect("accepted");
        Ok(Value::Null)
    });
    let execution = stand.release().await;
    assert_eq!(execution.status, ExecutionStatus::Succeeded);
    assert_eq!((stand.seen().len(), stand.seconds()), (1, 300 + 360));
}
