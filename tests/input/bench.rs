//! One release of a pipeline with one gate, with whatever is wrong in it.

use std::path::Path;
use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use serde_json::{Value, json};
use sluice::rehearsal::{
    EVENT_BUS, EVIDENCE_BUCKET, REAPER, artifact, aws_for, aws_of, in_virtual_time,
};
use sluice_core::evidence::Evidence;
use sluice_gates::{AnyGate, BakeGate, ClearGate};
use sluice_host::{Ended, Handled, Host, handle, reap};
use sluice_world::codepipeline::{
    Action, ActionRun, Answer, Execution, ExecutionStatus, FunctionError, Invocation, Mode,
    Pipeline, Stage, What, Work,
};
use sluice_world::{Scenario, World};

pub(super) const PLAN: &str = "
service: checkout
stages:
  prod:
    gates:
      - bake: { for: 30m, traffic: not_measured, alarms: [errors] }
";

/// An alarm that is always OK, and a look every five minutes.
pub(super) const QUIET: &str = "
about: nothing happens
alarms: [ { name: errors, states: [ { at: -2h, state: OK } ] } ]
pipeline: { look_every: 5m }
";

/// Changes the event of an invocation, counted from 0.
pub(super) type Doctor = Arc<dyn Fn(usize, &mut Value, &World) + Send + Sync>;

/// Makes Lambda's record of an event that no function handled.
pub(super) type Record = Arc<dyn Fn(&Value) -> Value + Send + Sync>;

/// A release, and what is wrong with it.
pub(super) struct Case {
    pub(super) artifact: Vec<u8>,
    pub(super) input_artifacts: Vec<String>,
    pub(super) parameters: Option<String>,
    pub(super) scenario: String,
    pub(super) bucket: bool,
    pub(super) gates: Vec<Box<dyn AnyGate>>,
    pub(super) doctor: Doctor,
    pub(super) prepare: Arc<dyn Fn(&World) + Send + Sync>,
    /// The function's end, if not Lambda's timeout.
    pub(super) lives: Option<SignedDuration>,
    /// Whether the first event is handled twice at the same time.
    pub(super) twice: bool,
    /// From this invocation on the function dies, and the reaper gets what
    /// Lambda records of it.
    pub(super) dies: Option<(usize, Record)>,
    /// Whether the last event comes once more when all is over.
    pub(super) once_more: bool,
    /// What makes the page of evidence.
    pub(super) page: fn(&Evidence) -> String,
}

impl Default for Case {
    fn default() -> Case {
        Case {
            artifact: artifact("sluice.yaml", PLAN),
            input_artifacts: vec!["source".to_owned()],
            parameters: Some(parameters().to_string()),
            scenario: QUIET.to_owned(),
            bucket: true,
            gates: vec![Box::new(BakeGate), Box::new(ClearGate)],
            doctor: Arc::new(|_, _, _| {}),
            prepare: Arc::new(|_| {}),
            lives: None,
            twice: false,
            dies: None,
            once_more: false,
            page: sluice_host::page,
        }
    }
}

/// What an action writes, as it should be.
pub(super) fn parameters() -> Value {
    json!({
        "pipeline": "checkout",
        "release": "#{codepipeline.PipelineExecutionId}",
        "service": "checkout",
        "stage": "prod",
        "gate": "bake",
    })
}

impl Case {
    /// With this plan in the artifact.
    pub(super) fn plan(text: &str) -> Case {
        Case {
            artifact: artifact("sluice.yaml", text),
            ..Case::default()
        }
    }

    /// With these `UserParameters`.
    pub(super) fn parameters(text: impl ToString) -> Case {
        Case {
            parameters: Some(text.to_string()),
            ..Case::default()
        }
    }

    /// With every event changed.
    pub(super) fn event(change: impl Fn(&mut Value) + Send + Sync + 'static) -> Case {
        Case {
            doctor: Arc::new(move |_, event, _| change(event)),
            ..Case::default()
        }
    }

    /// Runs it to its end.
    pub(super) fn run(self) -> Done {
        in_virtual_time(run(self)).unwrap()
    }

    /// Runs it, and holds that it was refused with a failure of this type
    /// that says all of this.
    #[track_caller]
    pub(super) fn check_refused(self, kind: &str, expected: &[&str]) -> Done {
        let done = self.run();
        let (got, message) = done.failure();
        assert_eq!(got, kind, "{message}");
        for text in expected {
            assert!(message.contains(text), "no `{text}` in: {message}");
        }
        done
    }
}

/// What came of it.
pub(super) struct Done {
    pub(super) execution: Execution,
    pub(super) handled: Vec<Handled>,
    pub(super) events: Vec<Value>,
    pub(super) log: Vec<Value>,
    /// Functions that crashed, or asked to be run again.
    pub(super) crashed: Vec<String>,
    pub(super) world: World,
}

impl Done {
    pub(super) fn gate(&self) -> &ActionRun {
        &self.execution.stages[1].actions[1]
    }

    /// Type and message of the gate's failure, after holding that nothing
    /// said go and no function crashed.
    #[track_caller]
    pub(super) fn failure(&self) -> (String, String) {
        assert_eq!(self.crashed, Vec::<String>::new());
        assert_eq!(self.execution.status, ExecutionStatus::Failed);
        let gate = self.gate();
        assert!(
            gate.jobs
                .iter()
                .flat_map(|job| &job.answers)
                .all(|sent| !matches!(sent.answer, Answer::Success { .. })),
            "a job was answered with go"
        );
        assert!(gate.output_variables.is_empty());
        let failure = gate.failure.clone().unwrap();
        (failure.failure_type, failure.message)
    }

    /// The final answer.
    #[track_caller]
    pub(super) fn ended(&self) -> &Ended {
        let ended = self.handled.iter().rev().find_map(|handled| match handled {
            Handled::Ended(ended) => Some(ended.as_ref()),
            _ => None,
        });
        ended.unwrap()
    }

    /// The token that the event of an invocation brought.
    #[track_caller]
    pub(super) fn token(&self, number: usize) -> String {
        let token = &self.events[number]["CodePipeline.job"]["data"]["continuationToken"];
        token.as_str().unwrap().to_owned()
    }

    /// What the reaper makes of a record when all is over.
    pub(super) fn reap(&self, record: &Value) -> Handled {
        let log: sluice_host::Log = Arc::new(|_| {});
        in_virtual_time(async {
            let aws = aws_of(&self.world);
            let deadline = aws.now() + SignedDuration::from_secs(60);
            reap(record, deadline, &aws, Some(EVENT_BUS), &log).await
        })
        .unwrap()
        .unwrap()
    }

    pub(super) fn evidence_keys(&self, beginning: &str) -> Vec<String> {
        keys(&self.world, beginning)
    }
}

/// The keys in the evidence bucket that begin so.
pub(super) fn keys(world: &World, beginning: &str) -> Vec<String> {
    let found = world.s3().list(EVIDENCE_BUCKET, beginning);
    found.into_iter().map(|(key, _)| key).collect()
}

fn pipeline(case: &Case) -> Pipeline {
    let action = |name: &str, run_order, work, input_artifacts| Action {
        name: name.to_owned(),
        run_order,
        output_artifacts: match &work {
            Work::Source { .. } => vec!["source".to_owned()],
            _ => Vec::new(),
        },
        namespace: None,
        work,
        input_artifacts,
    };
    let source = Work::Source {
        artifact: case.artifact.clone(),
    };
    let deploy = Work::Deploy {
        takes: SignedDuration::from_mins(3),
    };
    let gate = Work::Lambda {
        function: "sluice-bake".to_owned(),
        user_parameters: case.parameters.clone(),
    };
    let stage = |name: &str, actions| Stage {
        name: name.to_owned(),
        actions,
    };
    Pipeline {
        name: "checkout".to_owned(),
        mode: Mode::Superseded,
        version: 1,
        artifact_bucket: "artifacts".to_owned(),
        stages: vec![
            stage("source", vec![action("source", 1, source, Vec::new())]),
            stage(
                "prod",
                vec![
                    action("deploy", 2, deploy, Vec::new()),
                    action("bake", 3, gate, case.input_artifacts.clone()),
                ],
            ),
        ],
    }
}

#[derive(Default)]
struct Gathered {
    handled: Vec<Handled>,
    events: Vec<Value>,
    log: Vec<Value>,
    crashed: Vec<String>,
}

async fn run(case: Case) -> Done {
    let world = World::new(Scenario::parse(&case.scenario, Path::new(".")).unwrap());
    let pipeline = pipeline(&case);
    if case.bucket {
        world.s3().create_bucket(EVIDENCE_BUCKET);
    }
    (case.prepare)(&world);
    let gathered: Arc<Mutex<Gathered>> = Arc::default();
    let log = Arc::clone(&gathered);
    let mut host = Host::new(
        aws_for(&world, "sluice-bake"),
        case.gates,
        case.bucket.then(|| EVIDENCE_BUCKET.to_owned()),
        Arc::new(move |line| log.lock().unwrap().log.push(line)),
    );
    host.page = case.page;
    host.event_bus = Some(EVENT_BUS.to_owned());
    let host = Arc::new(host);
    let reaper = Arc::new(aws_for(&world, REAPER));
    let (doctor, lives, twice) = (case.doctor, case.lives, case.twice);
    let dies = case.dies;
    let (own, weak) = (Arc::clone(&gathered), world.downgraded());
    let late = Arc::clone(&host);
    world.set_functions(Arc::new(move |invocation: Invocation| {
        let (host, own, doctor) = (Arc::clone(&host), Arc::clone(&own), Arc::clone(&doctor));
        let (weak, dies, reaper) = (weak.clone(), dies.clone(), Arc::clone(&reaper));
        Box::pin(async move {
            let mut event = invocation.event;
            let number = own.lock().unwrap().events.len();
            doctor(number, &mut event, &weak.upgrade().unwrap());
            own.lock().unwrap().events.push(event.clone());
            let deadline = lives.map_or(invocation.deadline, |lives| host.aws.now() + lives);
            let results = if twice && number == 0 {
                let (first, second) = tokio::join!(
                    handle(&event, deadline, &host),
                    handle(&event, deadline, &host)
                );
                vec![first, second]
            } else if let Some((from, record)) = &dies
                && number >= *from
            {
                let bus = host.event_bus.as_deref();
                vec![reap(&record(&event), deadline, &reaper, bus, &host.log).await]
            } else {
                vec![handle(&event, deadline, &host).await]
            };
            for result in results {
                let handled = result.map_err(|error| FunctionError {
                    error_type: "AwsError".to_owned(),
                    message: error.to_string(),
                })?;
                own.lock().unwrap().handled.push(handled);
            }
            Ok(Value::Null)
        })
    }));
    let own = Arc::clone(&gathered);
    world.observe(Arc::new(move |happening| {
        if let What::FunctionFailed { error, .. } = &happening.what {
            own.lock().unwrap().crashed.push(error.to_string());
        }
    }));
    let id = world.start(pipeline).unwrap();
    let execution = world.codepipeline().finished(&id).await;
    // What a function does after its answer.
    tokio::time::sleep(std::time::Duration::from_secs(10)).await;
    if case.once_more {
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        let event = gathered.lock().unwrap().events.last().cloned().unwrap();
        let deadline = late.aws.now() + SignedDuration::from_secs(120);
        let handled = handle(&event, deadline, &late).await.unwrap();
        assert!(matches!(handled, Handled::AlreadyAnswered), "{handled:?}");
    }
    let gathered = std::mem::take(&mut *gathered.lock().unwrap());
    Done {
        execution,
        handled: gathered.handled,
        events: gathered.events,
        log: gathered.log,
        crashed: gathered.crashed,
        world,
    }
}
