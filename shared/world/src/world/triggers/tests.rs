//! Functions that EventBridge invokes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use super::*;
use crate::Scenario;
use crate::codepipeline::{
    Action, ActionTypeId, FunctionError, Mode, Pipeline, Settings, Stage, Work,
};

type Seen = Arc<Mutex<Vec<Invocation>>>;

/// A world with one custom gate, whose worker fails so often.
fn world(failures: u32, change: impl FnOnce(&mut Settings)) -> (World, Seen) {
    let scenario = Scenario::parse("about: a worker", Path::new(".")).unwrap();
    let world = World::with_settings(scenario, change);
    let seen = Seen::default();
    let own = Arc::clone(&seen);
    world.set_functions(Arc::new(move |invocation| {
        let fails = invocation.attempt <= failures;
        own.lock().unwrap().push(invocation);
        Box::pin(async move {
            if fails {
                return Err(FunctionError::not_found("worker"));
            }
            Ok(Value::Null)
        })
    }));
    world
        .codepipeline()
        .create_action_type(&json!({
            "category": "Test", "provider": "Bake", "version": "1",
            "inputArtifactDetails": { "minimumCount": 0, "maximumCount": 0 },
            "outputArtifactDetails": { "minimumCount": 0, "maximumCount": 0 },
        }))
        .unwrap();
    world.codepipeline().define(pipeline()).unwrap();
    (world, seen)
}

fn pipeline() -> Pipeline {
    let action = |name: &str, run_order, work| Action {
        name: name.to_owned(),
        run_order,
        work,
        input_artifacts: Vec::new(),
        output_artifacts: Vec::new(),
        namespace: None,
    };
    let deploy = Work::Deploy {
        takes: SignedDuration::from_secs(60),
    };
    let gate = Work::Custom {
        action_type: ActionTypeId::custom("Test", "Bake", "1"),
        configuration: BTreeMap::new(),
    };
    Pipeline {
        name: "checkout".to_owned(),
        mode: Mode::Superseded,
        version: 3,
        stages: vec![Stage {
            name: "prod".to_owned(),
            actions: vec![action("deploy", 1, deploy), action("bake", 2, gate)],
        }],
        artifact_bucket: "artifacts".to_owned(),
    }
}

/// What the worker was invoked with within ten minutes, and at which seconds.
async fn started(failures: u32, change: impl FnOnce(&mut Settings)) -> Vec<(i64, Invocation)> {
    let (world, seen) = world(failures, change);
    let begin = world.clock().now();
    world.invoke_on_started("worker");
    world.codepipeline().start("checkout").unwrap();
    tokio::time::sleep(Duration::from_secs(600)).await;
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    let second = |own: &Invocation| {
        let limit = SignedDuration::from_secs(120);
        (own.deadline - limit).duration_since(begin).as_secs()
    };
    seen.into_iter().map(|own| (second(&own), own)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_worker_hears_of_a_custom_action_that_started_and_of_no_other() {
    let seen = started(0, |_| {}).await;
    let [(second, only)] = &seen[..] else {
        panic!("{seen:?}");
    };
    assert_eq!((*second, only.function.as_str()), (60, "worker"));
    let event = &only.event;
    assert_eq!(event["source"], "aws.codepipeline");
    assert_eq!(
        event["detail-type"],
        "CodePipeline Action Execution State Change"
    );
    let detail = &event["detail"];
    assert_eq!(
        (&detail["action"], &detail["state"]),
        (&json!("bake"), &json!("STARTED"))
    );
    let expected =
        json!({ "category": "Test", "owner": "Custom", "provider": "Bake", "version": "1" });
    assert_eq!(detail["type"], expected);
    let arn = event["resources"][0].as_str().unwrap();
    assert!(arn.ends_with(":checkout"), "{arn}");
}

#[tokio::test(start_paused = true)]
async fn an_event_that_a_worker_fails_at_comes_again() {
    let seconds: Vec<i64> = started(1, |_| {}).await.iter().map(|own| own.0).collect();
    assert_eq!(seconds, [60, 120]);
}

#[tokio::test(start_paused = true)]
async fn events_of_started_actions_get_lost_or_come_late_or_twice() {
    let seconds = async |change: fn(&mut Settings)| {
        let seen = started(0, change).await;
        let mut seconds: Vec<i64> = seen.iter().map(|own| own.0).collect();
        seconds.sort_unstable();
        seconds
    };
    let lost = seconds(|settings| {
        settings.lose_events.insert(1);
    });
    assert_eq!(lost.await, [0; 0]);
    let late = seconds(|settings| {
        settings
            .delay_events
            .insert(1, SignedDuration::from_secs(90));
    });
    assert_eq!(late.await, [150]);
    let twice = seconds(|settings| {
        settings.duplicate_events.insert(1);
        settings.duplicate_delay = SignedDuration::from_secs(5);
    });
    assert_eq!(twice.await, [60, 65]);
}

#[tokio::test(start_paused = true)]
async fn a_schedule_invokes_each_minute_until_it_is_dropped() {
    let (world, seen) = world(0, |_| {});
    let schedule = world.invoke_every(SignedDuration::from_secs(60), "worker");
    tokio::time::sleep(Duration::from_secs(190)).await;
    drop(schedule);
    tokio::time::sleep(Duration::from_secs(600)).await;
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 3);
    let event = &seen[0].event;
    let kind = (&event["source"], &event["detail-type"]);
    assert_eq!(kind, (&json!("aws.events"), &json!("Scheduled Event")));
}

#[tokio::test(start_paused = true)]
async fn a_schedule_ends_with_its_world() {
    let (world, _) = world(0, |_| {});
    let schedule = world.invoke_every(SignedDuration::from_secs(60), "worker");
    drop(world);
    tokio::time::sleep(Duration::from_secs(61)).await;
    assert!(schedule.0.is_finished());
}
