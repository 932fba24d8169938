//! Deadlines, side by side, back-off: on virtual time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Request, Response};
use sluice_aws::{Outside, OutsideHandler, Unanswered};
use sluice_core::validation::TestOutcome;
use tokio::time::Instant;

use super::{run, run_of, settings};

fn outside(handler: OutsideHandler) -> Outside {
    Outside::simulated(sluice_core::address::AddressRule::default(), handler)
}

/// Never answers.
fn hanging() -> Outside {
    outside(Arc::new(|_| Box::pin(std::future::pending())))
}

#[tokio::test(start_paused = true)]
async fn a_hanging_service_ends_at_the_deadline_of_its_test() {
    let settings = settings(
        "http: [{ get: \"http://a.example/\", timeout: 10s, at_most: 25s, retry: { for: 1h } }]",
    );
    let results = run(&settings, &run_of(&settings, hanging()), &|_| ()).await;
    assert_eq!(results[0].outcome, TestOutcome::Failed);
    assert_eq!(results[0].took_ms, 25_000);
    assert_eq!(
        results[0].detail(),
        "GET http://a.example/: time: got not done after 25s; the try before: answer: got none \
         within 10s, wanted all steps within 25s"
    );
}

#[tokio::test(start_paused = true)]
async fn what_the_end_of_the_gate_cuts_off_could_not_be_evaluated() {
    let settings = settings(
        "at_once: 1\nhttp: [{ get: \"http://a.example/\", timeout: 50s }, { get: \"http://b.example/\" }]",
    );
    let mut short = run_of(&settings, hanging());
    short.at_most = Duration::from_secs(20);
    let began = Instant::now();
    let results = run(&settings, &short, &|_| ()).await;
    assert_eq!(began.elapsed(), Duration::from_secs(20));
    let details: Vec<String> = results.iter().map(|result| result.detail()).collect();
    assert!(details[0].contains("the time of the gate was over during"));
    assert!(details[1].contains("before the test could begin"));
    for result in results {
        assert_eq!(result.outcome, TestOutcome::NotEvaluated);
    }
}

#[tokio::test(start_paused = true)]
async fn tests_run_side_by_side_up_to_the_limit_and_keep_their_order() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counted, peak) = (Arc::clone(&now), Arc::clone(&most));
    let handler: OutsideHandler = Arc::new(move |request: Request<Vec<u8>>| {
        let (now, most) = (Arc::clone(&counted), Arc::clone(&peak));
        Box::pin(async move {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            let slow = u64::from(request.uri().path() == "/0") * 5 + 1;
            tokio::time::sleep(Duration::from_secs(slow)).await;
            now.fetch_sub(1, Ordering::SeqCst);
            Ok(Response::new(Vec::new()))
        })
    });
    let tests: Vec<String> = (0..7)
        .map(|index| format!("{{ get: \"http://a.example/{index}\" }}"))
        .collect();
    let settings = settings(&format!("at_once: 3\nhttp: [{}]", tests.join(", ")));
    let results = run(&settings, &run_of(&settings, outside(handler)), &|_| ()).await;
    assert_eq!(most.load(Ordering::SeqCst), 3);
    let names: Vec<&str> = results.iter().map(|result| result.name.as_str()).collect();
    let expected: Vec<String> = (1..=7).map(|index| format!("http-{index}")).collect();
    assert_eq!(names, expected);
}

#[tokio::test(start_paused = true)]
async fn the_pause_between_tries_doubles_until_the_deadline() {
    let began = Instant::now();
    let tries: Arc<Mutex<Vec<u64>>> = Arc::default();
    let noted = Arc::clone(&tries);
    let handler: OutsideHandler = Arc::new(move |_| {
        noted.lock().unwrap().push(began.elapsed().as_secs());
        Box::pin(async { Err(Unanswered::NoConnection("refused".to_owned())) })
    });
    let settings =
        settings("http: [{ get: \"http://a.example/\", at_most: 2m, retry: { for: 1m } }]");
    let results = run(&settings, &run_of(&settings, outside(handler)), &|_| ()).await;
    assert_eq!(*tries.lock().unwrap(), [0, 1, 3, 7, 15, 30, 45]);
    assert_eq!(results[0].attempts, 7);
    assert_eq!(results[0].outcome, TestOutcome::Failed);
}

#[tokio::test]
async fn a_host_that_a_scenario_does_not_name_is_refused_with_advice() {
    let handler: OutsideHandler =
        Arc::new(|_| Box::pin(async { Err(Unanswered::NotInScenario("a.example".to_owned())) }));
    let settings = settings("http: [{ get: \"http://a.example/\", retry: { for: 1m } }]");
    let results = run(&settings, &run_of(&settings, outside(handler)), &|_| ()).await;
    assert_eq!(results[0].outcome, TestOutcome::NotEvaluated);
    assert_eq!(results[0].attempts, 1);
    let detail = results[0].detail();
    assert!(
        detail.contains("names no host `a.example`: write what"),
        "{detail}"
    );
}
