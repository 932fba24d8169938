//! A pipeline whose releases fail and are mended, and what its events do on
//! their way: they come twice, late, out of order and not at all, and the
//! function `notify` dies while it handles them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use http::{Request, Response};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sluice::rehearsal::{aws_of, in_virtual_time};
use sluice_aws::{Aws, Disconnected, FailureType, Summary, Unanswered, Wire};
use sluice_core::notices::{Kind, Notice};
use sluice_host::{CountedBy, Messenger, Notifier, notify};
use sluice_world::World;
use sluice_world::codepipeline::{Functions, Happening, Invocation, StageStatus, What};
use sluice_world::world::FUNCTION_ACCESS_KEY;
use tokio::sync::{Notify, mpsc};
use tokio::time::sleep;

use super::place::{PIPELINE, event, pipeline, retry, scenario, stage_event, verdict};

const STAGES: [&str; 2] = ["test", "prod"];
const RELEASES: usize = 5;
/// Attempts that Lambda makes of one event, with the waits between them.
const WAITS: [u64; 2] = [60, 120];
/// Calls of one handling of an event, about.
const CALLS: usize = 30;
const SWEEP_EVERY: Duration = Duration::from_secs(300);
/// By then all that was held up is told: events are late by half an hour, and
/// what could not be sent is tried again at the next sweep.
const SETTLED_AFTER: Duration = Duration::from_secs(1_500);

const NOTIFICATIONS: &str = r#"{ channels: { people: { webhook: { url: "https://people.example/hook", signing_key: { secret: sluice/notify/key } } } }, routes: [ { to: [people], about: [broken, mended, failed_again] } ] }"#;

/// One message that people got.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) notice: Notice,
    /// Which handling of an event sent it.
    pub(crate) by: usize,
}

/// What really happened to a stage.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Truth {
    pub(crate) at: Timestamp,
    pub(crate) failed: bool,
    pub(crate) stage: String,
    pub(crate) release: String,
}

/// What came of one seed.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) heard: Vec<Heard>,
    pub(crate) truth: Vec<Truth>,
    /// Handlings of events that did not come to their end, or whose delivery
    /// was taken without an answer.
    pub(crate) broke_off: BTreeSet<usize>,
    /// How often what happened to events and calls.
    pub(crate) occurred: BTreeMap<&'static str, u64>,
}

/// Shared by all that happens.
#[derive(Clone)]
struct Bed {
    world: World,
    told: Arc<Mutex<Told>>,
    random: Arc<Mutex<Rng>>,
    handlings: Arc<Mutex<usize>>,
    /// From then on nothing goes wrong any more.
    calm: Arc<Mutex<bool>>,
}

/// Runs one seed to its end.
pub(crate) fn told(seed: u64) -> Told {
    in_virtual_time(async {
        let bed = Bed::new(seed);
        let mut events = bed.events();
        let listening = bed.clone();
        let listener = tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                listening.deliver_event(event);
            }
        });
        let sweeping = bed.clone();
        let sweeper = tokio::spawn(async move {
            loop {
                sleep(SWEEP_EVERY).await;
                sweeping.sweep();
            }
        });
        bed.releases().await;
        sleep(Duration::from_secs(1_800)).await;
        *bed.calm.lock().unwrap() = true;
        sleep(SETTLED_AFTER).await;
        sweeper.abort();
        listener.abort();
        std::mem::take(&mut *bed.told.lock().unwrap())
    })
    .unwrap()
}

impl Bed {
    fn new(seed: u64) -> Bed {
        let world = World::new(scenario(NOTIFICATIONS, ""));
        let bed = Bed {
            random: Arc::new(Mutex::new(Rng::with_seed(seed))),
            told: Arc::default(),
            handlings: Arc::default(),
            calm: Arc::default(),
            world,
        };
        bed.world.codepipeline().define(pipeline(&STAGES)).unwrap();
        bed.world.set_functions(bed.functions());
        bed
    }

    /// Whether it happens, with this chance in a hundred; counted if it does.
    fn draws(&self, what: &'static str, percent: u8) -> bool {
        if *self.calm.lock().unwrap() {
            return false;
        }
        let happens = self.random.lock().unwrap().u8(0..100) < percent;
        if happens {
            *self.told.lock().unwrap().occurred.entry(what).or_default() += 1;
        }
        happens
    }

    fn seconds(&self, range: std::ops::Range<u64>) -> Duration {
        Duration::from_secs(self.random.lock().unwrap().u64(range))
    }

    /// What checks releases: it takes its time, and fails some.
    fn functions(&self) -> Functions {
        let bed = self.clone();
        let aws = Arc::new(aws_of(&self.world));
        Arc::new(move |invocation: Invocation| {
            let (bed, aws) = (bed.clone(), Arc::clone(&aws));
            Box::pin(async move {
                sleep(bed.seconds(5..90)).await;
                let job = invocation.event["CodePipeline.job"]["id"].as_str().unwrap();
                let fails = bed.random.lock().unwrap().u8(0..100) < 35;
                let answered = if fails {
                    if bed.draws("gate said why", 50) {
                        bed.deliver_event(bed.verdict(job));
                    }
                    let kind = FailureType::JobFailed;
                    aws.answer_failure(job, kind, "tests failed", None).await
                } else {
                    let summary = Summary {
                        text: "tests passed".to_owned(),
                        percent: 100,
                        external_id: None,
                    };
                    aws.answer_success(job, None, &summary, &[]).await
                };
                answered.unwrap();
                Ok(Value::Null)
            })
        })
    }

    /// What the gate says to whoever listens, a moment before its action
    /// fails.
    fn verdict(&self, job: &str) -> Value {
        let now = self.world.clock().now();
        let running = self.world.codepipeline().executions(PIPELINE).into_iter();
        let (release, stage) = (running.rev())
            .find_map(|id| {
                let release = self.world.codepipeline().execution(&id)?;
                let stages = release.stages.iter();
                let mut jobs = stages.flat_map(|stage| {
                    let actions = stage.actions.iter();
                    actions.flat_map(|own| own.jobs.iter().map(|job| (&stage.name, &job.id)))
                });
                let (stage, _) = jobs.find(|(_, id)| id.as_str() == job)?;
                Some((id, stage.clone()))
            })
            .unwrap();
        verdict(&release, &stage, now, &json!({ "attempt": job }))
    }

    /// Releases, some of whose failed stages are tried again.
    async fn releases(&self) {
        for _ in 0..RELEASES {
            let id = self.world.codepipeline().start(PIPELINE).unwrap();
            if self.random.lock().unwrap().bool() {
                self.world.codepipeline().finished(&id).await;
                self.retry(&id).await;
            }
            sleep(self.seconds(10..1_500)).await;
        }
    }

    async fn retry(&self, id: &str) {
        let failed = (self.told.lock().unwrap().truth.iter().rev())
            .find(|own| own.release == id && own.failed)
            .map(|own| own.stage.clone());
        let Some(stage) = failed else {
            return;
        };
        sleep(self.seconds(1..600)).await;
        // Another release may be in the stage by now: then there is no retry.
        retry(&self.world, id, &stage);
    }

    /// CodePipeline's events, as they happen; the truth is written down.
    fn events(&self) -> mpsc::UnboundedReceiver<Value> {
        let (send, receive) = mpsc::unbounded_channel();
        let told = Arc::clone(&self.told);
        self.world.codepipeline().on_happening(move |happening| {
            if let Some((event, truth)) = ended(happening) {
                told.lock().unwrap().truth.push(truth);
                let _ = send.send(event);
            }
        });
        receive
    }

    /// An event on its way.
    fn deliver_event(&self, event: Value) {
        if self.draws("event lost", 30) {
            return;
        }
        let copies = 1 + usize::from(self.draws("event twice", 25));
        for _ in 0..copies {
            let late = self.draws("event late", 30);
            let delay = if late {
                self.seconds(30..1_800)
            } else {
                self.seconds(0..3)
            };
            let (bed, event) = (self.clone(), event.clone());
            tokio::spawn(async move {
                sleep(delay).await;
                bed.handled(event).await;
            });
        }
    }

    fn sweep(&self) {
        let bed = self.clone();
        let now = self.world.clock().now();
        let event = event("aws.events", "Scheduled Event", now, &json!({}));
        tokio::spawn(async move { bed.handled(event).await });
    }

    /// Handles an event as Lambda does: again, where it failed.
    async fn handled(&self, event: Value) {
        for wait in [None].into_iter().chain(WAITS.map(Some)) {
            if let Some(wait) = wait {
                sleep(Duration::from_secs(wait)).await;
            }
            if self.handled_once(&event).await {
                return;
            }
        }
    }

    async fn handled_once(&self, event: &Value) -> bool {
        let by = {
            let mut handlings = self.handlings.lock().unwrap();
            *handlings += 1;
            *handlings
        };
        let killed = Arc::new(Notify::new());
        let at = self.draws("function killed", 20).then(|| {
            let mut random = self.random.lock().unwrap();
            (random.usize(1..CALLS), random.bool())
        });
        let notifier = Notifier {
            aws: self.aws(by, at, &killed),
            notices_table: "sluice-notices".to_owned(),
            plans_table: Some("sluice-plans".to_owned()),
            failure_topic: None,
            event_bus: None,
            messenger: Messenger::new(),
            counted_by: CountedBy::Kind,
            log: Arc::new(|_| ()),
        };
        let deadline = self.world.clock().now() + SignedDuration::from_secs(120);
        let id = format!("request-{by}");
        let done = tokio::select! {
            result = notify(event, (&id, deadline), &notifier) => Some(result),
            () = killed.notified() => None,
            () = sleep(Duration::from_secs(120)) => None,
        };
        if done.is_none() {
            self.told.lock().unwrap().broke_off.insert(by);
        }
        matches!(done, Some(Ok(_)))
    }

    /// AWS for one handling, which may be killed at one of its calls, before
    /// that has its effect or after.
    fn aws(&self, by: usize, kill: Option<(usize, bool)>, killed: &Arc<Notify>) -> Aws {
        let handler = self.world.handler();
        let calls = Arc::new(Mutex::new(0));
        let (bed, killed) = (self.clone(), Arc::clone(killed));
        let clock = self.world.clock();
        let wire = Wire::simulated(
            Arc::new(move |request| {
                let number = {
                    let mut calls = calls.lock().unwrap();
                    *calls += 1;
                    *calls
                };
                let (answer, killed) = (handler(request), Arc::clone(&killed));
                let (lost, refused) = (bed.draws("answer lost", 1), bed.draws("call failed", 2));
                Box::pin(async move {
                    let dies = kill.filter(|(at, _)| *at == number);
                    if let Some((_, true)) = dies {
                        killed.notify_one();
                        std::future::pending::<()>().await;
                    }
                    if refused {
                        return Err(Disconnected::Reset);
                    }
                    let answer = answer.await;
                    if dies.is_some() {
                        killed.notify_one();
                        std::future::pending::<()>().await;
                    }
                    if lost {
                        return Err(Disconnected::Reset);
                    }
                    answer.map_err(|_| Disconnected::Reset)
                })
            }),
            move || clock.now(),
        );
        let bed = self.clone();
        let wire = wire.with_outside(Arc::new(move |request| {
            let bed = bed.clone();
            Box::pin(async move { bed.heard(by, &request) })
        }));
        Aws::simulated(wire, "us-east-1", FUNCTION_ACCESS_KEY)
    }

    /// The people's side.
    fn heard(
        &self,
        by: usize,
        request: &Request<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, Unanswered> {
        let answer = |status| Ok(Response::builder().status(status).body(Vec::new()).unwrap());
        if self.draws("channel down", 10) {
            return answer(503);
        }
        let notice: Notice = serde_json::from_slice(request.body()).unwrap();
        let lost = self.draws("channel's answer lost", 3);
        let mut told = self.told.lock().unwrap();
        told.heard.push(Heard { notice, by });
        if lost {
            told.broke_off.insert(by);
            return Err(Unanswered::Broken("reset".to_owned()));
        }
        answer(200)
    }
}

/// What CodePipeline tells EventBridge of the end of a stage.
fn ended(happening: &Happening) -> Option<(Value, Truth)> {
    let What::StageEnded { stage, status } = &happening.what else {
        return None;
    };
    let (state, failed) = match status {
        StageStatus::Failed => ("FAILED", true),
        StageStatus::Succeeded => ("SUCCEEDED", false),
        _ => return None,
    };
    let event = stage_event(&happening.execution, stage, state, happening.at);
    let truth = Truth {
        at: happening.at,
        failed,
        stage: stage.clone(),
        release: happening.execution.clone(),
    };
    Some((event, truth))
}

impl Told {
    pub(crate) fn of(&self, kind: Kind) -> Vec<&Heard> {
        let heard = self.heard.iter();
        heard.filter(|own| own.notice.kind == kind).collect()
    }
}
