//! Deadlines, side by side, back-off: on virtual time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Request, Response};
use sluice_aws::{Outside, OutsideHandler, Unanswered};
use sluice_core::validate::TestState;
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
    let results = run(&settings, &[], &run_of(&settings, hanging()), &|_| ()).await;
    assert_eq!(results[0].state, TestState::Failed);
    assert_eq!(results[0].took, 25_000);
    assert_eq!(
        results[0].said(),
        "GET http://a.example/: time: got not done after 25s; the try before: answer: got none \
         within 10s, wanted all steps within 25s"
    );
}

#[tokio::test(start_paused = true)]
async fn what_the_end_of_a_run_cuts_off_has_not_ended() {
    let settings = settings(
        "at_once: 1\nhttp: [{ get: \"http://a.example/\", timeout: 50s }, { get: \"http://b.example/\" }]",
    );
    let mut short = run_of(&settings, hanging());
    short.at_most = Duration::from_secs(20);
    let began = Instant::now();
    let results = run(&settings, &[], &short, &|_| ()).await;
    assert_eq!(began.elapsed(), Duration::from_secs(20));
    let details: Vec<String> = results.iter().map(|result| result.said()).collect();
    assert_eq!(details[0], "at `GET http://a.example/`");
    assert_eq!(details[1], "it has not begun yet");
    for result in results {
        assert_eq!(result.state, TestState::Running);
    }
}

#[tokio::test(start_paused = true)]
async fn a_test_that_is_longer_than_a_run_counts_its_time_on_over_runs() {
    let settings = settings("http: [{ get: \"http://a.example/\", timeout: 1h, at_most: 1m }]");
    let mut short = run_of(&settings, hanging());
    (short.at_most, short.goes_on) = (Duration::from_secs(25), true);
    let mut earlier = Vec::new();
    for took in [25_000, 50_000] {
        earlier = run(&settings, &earlier, &short, &|_| ()).await;
        assert_eq!(
            (earlier[0].state, earlier[0].took),
            (TestState::Running, took)
        );
    }
    let last = run(&settings, &earlier, &short, &|_| ()).await;
    assert_eq!((last[0].state, last[0].took), (TestState::Failed, 60_000));
    let nothing = run(&settings, &last, &short, &|_| ()).await;
    assert_eq!(nothing, [], "what has ended is not run again");
}

#[tokio::test(start_paused = true)]
async fn a_test_that_fits_into_a_run_begins_only_where_it_has_its_whole_time() {
    let settings = settings(
        "at_once: 1\nhttp: [{ get: \"http://a.example/\", timeout: 1h, at_most: 20s }, \
         { get: \"http://b.example/\", timeout: 1h, at_most: 20s }]",
    );
    let mut short = run_of(&settings, hanging());
    (short.at_most, short.goes_on) = (Duration::from_secs(30), true);
    let results = run(&settings, &[], &short, &|_| ()).await;
    assert_eq!(results[0].state, TestState::Failed);
    assert_eq!((results[1].state, results[1].took), (TestState::Running, 0));
    let results = run(&settings, &results, &short, &|_| ()).await;
    assert_eq!(
        (results[0].name.as_str(), results[0].took),
        ("http-2", 20_000)
    );
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
    let results = run(
        &settings,
        &[],
        &run_of(&settings, outside(handler)),
        &|_| (),
    )
    .await;
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
    let results = run(
        &settings,
        &[],
        &run_of(&settings, outside(handler)),
        &|_| (),
    )
    .await;
    assert_eq!(*tries.lock().unwrap(), [0, 1, 3, 7, 15, 30, 45]);
    assert_eq!(results[0].attempts, 7);
    assert_eq!(results[0].state, TestState::Failed);
}

#[tokio::test]
async fn a_host_that_a_scenario_does_not_name_is_refused_with_advice() {
    let handler: OutsideHandler =
        Arc::new(|_| Box::pin(async { Err(Unanswered::NotInScenario("a.example".to_owned())) }));
    let settings = settings("http: [{ get: \"http://a.example/\", retry: { for: 1m } }]");
    let results = run(
        &settings,
        &[],
        &run_of(&settings, outside(handler)),
        &|_| (),
    )
    .await;
    assert_eq!(results[0].state, TestState::Unknown);
    assert_eq!(results[0].attempts, 1);
    let detail = results[0].said();
    assert!(
        detail.contains("names no host `a.example`: write what"),
        "{detail}"
    );
}
