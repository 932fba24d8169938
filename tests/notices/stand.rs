//! The function `notify` in a world where nothing goes wrong by itself.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Response;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sluice_aws::{Aws, Disconnected, Wire};
use sluice_core::GateError;
use sluice_core::notices::Notice;
use sluice_host::{CountedBy, Messenger, Notifier, notify};
use sluice_world::World;
use sluice_world::codepipeline::{FunctionError, Functions, Invocation};
use sluice_world::rights::access_key_of;
use tokio::time::sleep;

use super::place::{PIPELINE, event, pipeline, retry, scenario};

/// A world with a plan store, in which a release's only action fails as long
/// as it is told to.
pub(super) struct Stand {
    pub(super) world: World,
    pub(super) heard: Arc<Mutex<Vec<(String, Notice)>>>,
    pub(super) log: Arc<Mutex<Vec<Value>>>,
    /// What the people's server answers.
    pub(super) status: Arc<Mutex<u16>>,
    /// For how long the next claim of a notice is on its way.
    pub(super) held_up: Arc<Mutex<Option<Duration>>>,
    pub(super) fails: Arc<Mutex<bool>>,
    requests: Mutex<u32>,
    pub(super) notifier: Notifier,
}

impl Stand {
    /// With these `notifications` of the organisation, and more of a scenario.
    pub(super) fn new(notifications: &str, more: &str) -> Stand {
        let world = World::new(scenario(notifications, more));
        let (heard, log) = (Arc::default(), Arc::<Mutex<Vec<Value>>>::default());
        let status = Arc::new(Mutex::new(200));
        let held_up = Arc::default();
        let fails = Arc::new(Mutex::new(true));
        world.codepipeline().define(pipeline(&["prod"])).unwrap();
        world.set_functions(functions(&world, &fails));
        let lines = Arc::clone(&log);
        let notifier = Notifier {
            aws: aws(&world, &heard, &status, &held_up),
            notices_table: "sluice-notices".to_owned(),
            plans_table: Some("sluice-plans".to_owned()),
            failure_topic: None,
            event_bus: Some("sluice".to_owned()),
            messenger: Messenger::new(),
            counted_by: CountedBy::Kind,
            log: Arc::new(move |line| lines.lock().unwrap().push(line)),
        };
        Stand {
            world,
            heard,
            log,
            status,
            held_up,
            fails,
            requests: Mutex::default(),
            notifier,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.world.clock().now()
    }

    /// Has an event handled.
    pub(super) async fn handle(&self, event: &Value) -> Result<Value, GateError> {
        let number = {
            let mut requests = self.requests.lock().unwrap();
            *requests += 1;
            *requests
        };
        let deadline = self.now() + SignedDuration::from_secs(120);
        notify(
            event,
            (&format!("request-{number}"), deadline),
            &self.notifier,
        )
        .await
    }

    pub(super) async fn sweep(&self) {
        let event = event("aws.events", "Scheduled Event", self.now(), &json!({}));
        self.handle(&event).await.unwrap();
    }

    /// A release from its beginning to its end.
    pub(super) async fn release(&self) -> String {
        let id = self.world.codepipeline().start(PIPELINE).unwrap();
        self.world.codepipeline().finished(&id).await;
        id
    }

    /// What was told, by kind and channel's path.
    pub(super) fn told(&self) -> Vec<(String, String)> {
        let heard = self.heard.lock().unwrap();
        let kind = |notice: &Notice| json!(notice.kind).as_str().unwrap().to_owned();
        heard
            .iter()
            .map(|(path, own)| (path.clone(), kind(own)))
            .collect()
    }

    /// The log's lines with this message.
    pub(super) fn logged(&self, message: &str) -> Vec<Value> {
        let log = self.log.lock().unwrap();
        log.iter()
            .filter(|line| line["message"] == message)
            .cloned()
            .collect()
    }

    pub(super) async fn retry(&self, release: &str) {
        assert!(retry(&self.world, release, "prod"));
        self.world.codepipeline().finished(release).await;
    }
}

fn functions(world: &World, fails: &Arc<Mutex<bool>>) -> Functions {
    let aws = Arc::new(sluice::rehearsal::aws_of(world));
    let fails = Arc::clone(fails);
    Arc::new(move |invocation: Invocation| {
        let (aws, fails) = (Arc::clone(&aws), Arc::clone(&fails));
        Box::pin(async move {
            sleep(Duration::from_secs(10)).await;
            let job = invocation.event["CodePipeline.job"]["id"].as_str().unwrap();
            let fails = *fails.lock().unwrap();
            answer(&aws, job, fails).await
        })
    })
}

async fn answer(aws: &Aws, job: &str, fails: bool) -> Result<Value, FunctionError> {
    let answered = if fails {
        let kind = sluice_aws::FailureType::JobFailed;
        aws.answer_failure(job, kind, "3 of 14 tests failed\nhint: look", None)
            .await
    } else {
        let summary = sluice_aws::Summary {
            text: "passed".to_owned(),
            percent: 100,
            external_id: None,
        };
        aws.answer_success(job, None, &summary, &[]).await
    };
    answered
        .map(|_| Value::Null)
        .map_err(|error| FunctionError {
            error_type: "AnswerNotTaken".to_owned(),
            message: error.to_string(),
        })
}

fn aws(
    world: &World,
    heard: &Arc<Mutex<Vec<(String, Notice)>>>,
    status: &Arc<Mutex<u16>>,
    held_up: &Arc<Mutex<Option<Duration>>>,
) -> Aws {
    let (handler, clock) = (world.handler(), world.clock());
    let held_up = Arc::clone(held_up);
    let wire = Wire::simulated(
        Arc::new(move |request| {
            let body = String::from_utf8_lossy(request.body());
            let is_claim = body.contains("notice/") && body.contains("ConditionExpression");
            let answer = handler(request);
            let held = held_up
                .lock()
                .unwrap()
                .take_if(|_| is_claim)
                .unwrap_or_default();
            Box::pin(async move {
                sleep(held).await;
                answer.await.map_err(|_| Disconnected::Reset)
            })
        }),
        move || clock.now(),
    );
    let (heard, status) = (Arc::clone(heard), Arc::clone(status));
    let wire = wire.with_outside(Arc::new(move |request| {
        let status = *status.lock().unwrap();
        if status == 200 {
            let notice = serde_json::from_slice(request.body()).unwrap();
            let path = request.uri().path().to_owned();
            heard.lock().unwrap().push((path, notice));
        }
        let answer = Response::builder().status(status).body(Vec::new()).unwrap();
        Box::pin(async move { Ok(answer) })
    }));
    Aws::simulated(wire, "us-east-1", &access_key_of("sluice-notify"))
}
