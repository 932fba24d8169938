//! Functions that somebody waits for, and what befalls the call.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::json;

use super::*;
use crate::Scenario;
use crate::wire::Broken;
use crate::world::Fault;

/// A world with functions that take ten seconds, and how often they ran.
fn world(scenario: &str) -> (World, Arc<AtomicU32>) {
    let world = World::new(Scenario::parse(scenario, Path::new(".")).unwrap());
    let ran = Arc::new(AtomicU32::new(0));
    let own = Arc::clone(&ran);
    world.set_functions(Arc::new(move |_| {
        let own = Arc::clone(&own);
        Box::pin(async move {
            tokio::time::sleep(Duration::from_secs(10)).await;
            own.fetch_add(1, Ordering::Relaxed);
            Ok(json!({ "ok": true }))
        })
    }));
    (world, ran)
}

/// Status and code or body of an invocation.
async fn invoked(world: &World) -> Result<(u16, String), Broken> {
    let request = Request::post(
        "https://lambda.us-east-1.amazonaws.com/2015-03-31/functions/gate/invocations",
    )
    .body(b"{}".to_vec())
    .unwrap();
    let answer = world.answer(request).await?;
    let code = answer.headers().get("x-amzn-errortype");
    let code = code.map(|code| code.to_str().unwrap().to_owned());
    let body = String::from_utf8_lossy(answer.body()).into_owned();
    Ok((answer.status().as_u16(), code.unwrap_or(body)))
}

#[tokio::test(start_paused = true)]
async fn a_function_runs_for_as_long_as_somebody_waits_for_it() {
    let (world, ran) = world("about: functions");
    let own = world.clone();
    let waits = tokio::spawn(async move { invoked(&own).await });
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(
        (world.functions_running(), ran.load(Ordering::Relaxed)),
        (1, 0)
    );
    let answer = waits.await.unwrap();
    assert_eq!(answer, Ok((200, r#"{"ok":true}"#.to_owned())));
    assert_eq!(
        (world.functions_running(), ran.load(Ordering::Relaxed)),
        (0, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_world_without_functions_has_none_to_wait_for() {
    let world = World::new(Scenario::parse("about: none", Path::new(".")).unwrap());
    let code = "ResourceNotFoundException".to_owned();
    assert_eq!(invoked(&world).await, Ok((404, code)));
}

#[tokio::test(start_paused = true)]
async fn a_throttled_call_runs_nothing_and_one_whose_answer_is_lost_does() {
    let refusal = "refusals: [{ call: 'lambda:Invoke', error: Throttling, times: 1 }]";
    let (world, ran) = world(&format!("about: functions\n{refusal}\n"));
    let code = "TooManyRequestsException".to_owned();
    assert_eq!(invoked(&world).await, Ok((429, code)));
    assert_eq!(ran.load(Ordering::Relaxed), 0);
    world.set_faults(Arc::new(|_| Some(Fault::AnswerLost)));
    assert_eq!(invoked(&world).await, Err(Broken::Reset));
    assert_eq!(ran.load(Ordering::Relaxed), 1);
}
