//! How a release goes through its stages, and how its gate's jobs end.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_gate_that_continues_three_times_gets_four_jobs_and_passes() {
    let stand = Stand::new(Settings::default(), |stand, invocation| async move {
        let step: u32 = token(&invocation).map_or(0, |t| t.parse().expect("a number"));
        let answer = if step < 3 {
            json!({ "continuationToken": (step + 1).to_string(),
                    "executionDetails": { "summary": format!("step {step}"), "percentComplete": step * 25 } })
        } else {
            json!({ "executionDetails": { "summary": "done" }, "outputVariables": { "verdict": "pass" } })
        };
        stand.succeed(&invocation, &answer).expect("accepted");
        Ok(Value::Null)
    });
    let execution = stand.release().await;
    assert_eq!(execution.status, ExecutionStatus::Succeeded);
    let bake = execution.action("bake").expect("it ran");
    let tokens: Vec<_> = bake.jobs.iter().map(|j| j.token_in.as_deref()).collect();
    assert_eq!(tokens, [None, Some("1"), Some("2"), Some("3")]);
    assert!(bake.jobs.iter().all(|job| job.accepted() == 1));
    let ids: std::collections::BTreeSet<_> = bake.jobs.iter().map(|job| &job.id).collect();
    assert_eq!(ids.len(), 4);
    assert_eq!(bake.summary.as_deref(), Some("done"));
    assert_eq!(bake.percent_complete, Some(50));
    assert_eq!(bake.output_variables["verdict"], "pass");
    // Five minutes of deployment and three intervals of 30 s.
    assert_eq!(stand.seconds(), 300 + 90);
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_fails_fails_the_stage_and_the_release() {
    let stand = Stand::new(Settings::default(), |stand, invocation| async move {
        stand.fail(&invocation, "5xx fired").expect("accepted");
        Ok(Value::Null)
    });
    let execution = stand.release().await;
    assert_eq!(execution.status, ExecutionStatus::Failed);
    assert_eq!(execution.stages[1].status, StageStatus::Failed);
    let failure = execution
        .action("bake")
        .and_then(|bake| bake.failure.clone());
    let failure = failure.expect("it failed");
    assert_eq!(
        (&*failure.failure_type, &*failure.message),
        ("JobFailed", "5xx fired")
    );
}

#[tokio::test(start_paused = true)]
async fn actions_beside_a_failed_one_go_on_to_their_end() {
    let stand = Stand::new(Settings::default(), |stand, invocation| async move {
        stand.fail(&invocation, "no").expect("accepted");
        Ok(Value::Null)
    });
    let mut pipeline = usual();
    pipeline.stages[1].actions[1].run_order = 1;
    pipeline.stages.push(Stage {
        name: "later".to_owned(),
        actions: vec![pipeline.stages[1].actions[0].clone()],
    });
    stand.pipelines.define(pipeline).expect("a definition");
    let id = stand.pipelines.start("checkout").expect("a start");
    let execution = stand.pipelines.finished(&id).await;
    let deploy = execution.action("deploy").expect("it ran");
    assert_eq!(deploy.status, ActionStatus::Succeeded);
    assert_eq!(execution.status, ExecutionStatus::Failed);
    assert_eq!((execution.stages.len(), stand.seconds()), (2, 300));
}

#[tokio::test(start_paused = true)]
async fn no_reply_within_twenty_minutes_ends_the_action() {
    let stand = Stand::new(Settings::default(), |_, _| async { Ok(Value::Null) });
    let execution = stand.release().await;
    let bake = execution.action("bake").expect("it ran");
    let message = &bake.failure.as_ref().expect("it failed").message;
    assert!(message.starts_with("The AWS Lambda function bake failed to return a result."));
    assert_eq!(bake.jobs[0].state, JobState::TimedOut);
    assert_eq!(stand.seconds(), 300 + 20 * 60);
    assert_eq!(stand.pipelines.faults().actions_timed_out, 1);
    let late = stand.succeed(&stand.seen()[0], &json!({}));
    assert_eq!(late.expect_err("refused").code, "InvalidJobStateException");
}

#[tokio::test(start_paused = true)]
async fn each_reply_gives_twenty_minutes_more_and_silence_counts_from_it() {
    for (from, minutes) in [(SilenceFrom::LastReply, 20), (SilenceFrom::JobCreation, 30)] {
        let settings = Settings {
            look_every: Interval::Fixed(SignedDuration::from_mins(10)),
            silence_from: from,
            ..Settings::default()
        };
        let stand = Stand::new(settings, |stand, invocation| async move {
            if token(&invocation).is_none() {
                let answer = json!({ "continuationToken": "t" });
                stand.succeed(&invocation, &answer).expect("accepted");
            }
            Ok(Value::Null)
        });
        let execution = stand.release().await;
        assert_eq!(execution.status, ExecutionStatus::Failed);
        assert_eq!(stand.seconds(), 300 + minutes * 60);
    }
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_continues_for_ever_ends_after_a_day() {
    let stand = Stand::new(Settings::default(), |stand, invocation| async move {
        let answer = json!({ "continuationToken": "again" });
        stand.succeed(&invocation, &answer).expect("accepted");
        Ok(Value::Null)
    });
    let execution = stand.release().await;
    assert_eq!(execution.status, ExecutionStatus::Failed);
    let bake = execution.action("bake").expect("it ran");
    assert_eq!(stand.seconds(), 300 + 24 * 3600);
    assert_eq!(bake.jobs.len(), 24 * 120);
    let message = &bake.failure.as_ref().expect("it failed").message;
    assert!(message.contains("exceeded its time limit"));
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_release_even_with_drawn_intervals() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let settings = Settings {
            look_every: Interval::Between {
                from: SignedDuration::from_secs(5),
                to: SignedDuration::from_mins(15),
            },
            ..Settings::default()
        };
        let stand = Stand::new(settings, |stand, invocation| async move {
            let enough = stand.seen().len() == 20;
            let answer = if enough {
                json!({})
            } else {
                json!({ "continuationToken": "t" })
            };
            stand.succeed(&invocation, &answer).expect("accepted");
            Ok(Value::Null)
        });
        runs.push(stand.release().await);
    }
    assert_eq!(runs[0].status, ExecutionStatus::Succeeded);
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test(start_paused = true)]
async fn observers_hear_the_whole_story_in_order() {
    let stand = Stand::new(Settings::default(), |stand, invocation| async move {
        stand.succeed(&invocation, &json!({})).expect("accepted");
        Ok(Value::Null)
    });
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let told_there = Arc::clone(&told);
    stand.pipelines.on_happening(move |happening| {
        let text = format!("{:?}", happening.what);
        let word: String = text.chars().take_while(|c| c.is_alphanumeric()).collect();
        told_there.lock().expect("no panic").push(word);
    });
    stand.release().await;
    let expected = "ExecutionStarted StageStarted ActionStarted ActionEnded StageEnded \
                    StageStarted ActionStarted DeploymentEnded ActionEnded ActionStarted \
                    JobCreated Invoked Answered ActionEnded StageEnded ExecutionEnded";
    assert_eq!(told.lock().expect("no panic").join(" "), expected);
}
