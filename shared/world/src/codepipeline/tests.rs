//! How the simulated CodePipeline behaves, shown with small functions.

mod answers;
mod lambda;
mod questions;
mod sharing;

use std::sync::{Arc, Mutex, OnceLock};

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    Action, CodePipeline, Execution, FunctionError, Interval, Invocation, Mode, Pipeline, Settings,
    Stage, Work,
};
use crate::Clock;
use crate::s3::S3;
use crate::wire::{ApiError, Protocol};

const BEGIN: Timestamp = Timestamp::constant(1_772_528_400, 0);

type Run = BoxFuture<'static, Result<(), FunctionError>>;

/// A CodePipeline whose functions note when they ran.
struct Bench {
    pipelines: CodePipeline,
    s3: S3,
    clock: Clock,
    runs: Arc<Mutex<Vec<(SignedDuration, Invocation)>>>,
}

impl Bench {
    /// All functions are this one, which is told how often one ran before.
    fn new(
        settings: Settings,
        function: impl Fn(CodePipeline, Invocation, usize) -> Run + Send + Sync + 'static,
    ) -> Bench {
        let (clock, s3) = (Clock::starting_at(BEGIN), S3::new());
        let runs: Arc<Mutex<Vec<(SignedDuration, Invocation)>>> = Arc::default();
        let own: Arc<OnceLock<CodePipeline>> = Arc::default();
        let (noted, known) = (Arc::clone(&runs), Arc::clone(&own));
        let pipelines = CodePipeline::new(
            clock,
            settings,
            1,
            "111122223333",
            s3.clone(),
            Arc::new(move |invocation| {
                let number = {
                    let mut runs = noted.lock().unwrap();
                    runs.push((clock.now().duration_since(BEGIN), invocation.clone()));
                    runs.len() - 1
                };
                function(known.get().unwrap().clone(), invocation, number)
            }),
        );
        assert!(own.set(pipelines.clone()).is_ok());
        Bench {
            pipelines,
            s3,
            clock,
            runs,
        }
    }

    /// Functions that give an answer without waiting.
    fn answering(
        settings: Settings,
        answer: impl Fn(&CodePipeline, &str, usize) + Send + Sync + 'static,
    ) -> Bench {
        Bench::new(settings, move |pipelines, invocation, number| {
            answer(&pipelines, job(&invocation), number);
            Box::pin(async { Ok(()) })
        })
    }

    /// When functions ran, in whole seconds since the beginning.
    fn ran_at(&self) -> Vec<i64> {
        let runs = self.runs.lock().unwrap();
        runs.iter().map(|(at, _)| at.as_secs()).collect()
    }

    fn run(&self, number: usize) -> Invocation {
        self.runs.lock().unwrap()[number].1.clone()
    }

    /// Runs one release of a pipeline with one Lambda action to its end.
    async fn released(&self) -> Execution {
        self.pipelines.define(one_gate(Mode::Superseded)).unwrap();
        let id = self.pipelines.start("checkout").unwrap();
        self.pipelines.finished(&id).await.unwrap()
    }

    async fn until(&self, seconds: i64) {
        let moment = BEGIN + SignedDuration::from_secs(seconds);
        self.clock.sleep_until(moment).await;
    }

    fn status(&self, id: &str) -> String {
        self.pipelines.execution(id).unwrap().status
    }
}

/// Settings under which a job is looked at again after exactly so many seconds.
fn every(seconds: i64) -> Settings {
    let length = SignedDuration::from_secs(seconds);
    Settings {
        look_every: Interval {
            from: length,
            to: length,
        },
        ..Settings::default()
    }
}

fn job(invocation: &Invocation) -> &str {
    invocation.event["CodePipeline.job"]["id"].as_str().unwrap()
}

fn ask(pipelines: &CodePipeline, operation: &str, input: &Value) -> Result<Value, ApiError> {
    let body = pipelines.call(operation, Protocol::Json, input.to_string().as_bytes())?;
    Ok(serde_json::from_slice(&body).unwrap())
}

/// The code of a refusal, or `taken`.
fn code(result: Result<Value, ApiError>) -> String {
    result.map_or_else(|error| error.code, |_| "taken".to_owned())
}

fn succeed(pipelines: &CodePipeline, job: &str) -> Result<Value, ApiError> {
    ask(pipelines, "PutJobSuccessResult", &json!({ "jobId": job }))
}

fn go_on(pipelines: &CodePipeline, job: &str, token: &str) -> Result<Value, ApiError> {
    let input = json!({ "jobId": job, "continuationToken": token });
    ask(pipelines, "PutJobSuccessResult", &input)
}

fn fail(pipelines: &CodePipeline, job: &str) -> Result<Value, ApiError> {
    let details = json!({ "type": "JobFailed", "message": "no" });
    let input = json!({ "jobId": job, "failureDetails": details });
    ask(pipelines, "PutJobFailureResult", &input)
}

fn gate(name: &str, user_parameters: Option<&str>) -> Action {
    Action {
        name: name.to_owned(),
        run_order: 3,
        work: Work::Lambda {
            function: "gate".to_owned(),
            user_parameters: user_parameters.map(str::to_owned),
        },
        input_artifacts: vec!["source".to_owned()],
    }
}

fn deploy(seconds: i64) -> Action {
    Action {
        name: "deploy".to_owned(),
        run_order: 2,
        work: Work::Deploy {
            takes: SignedDuration::from_secs(seconds),
        },
        input_artifacts: Vec::new(),
    }
}

fn source(content: &[u8]) -> Action {
    Action {
        name: "source".to_owned(),
        run_order: 1,
        work: Work::Source {
            artifact: "source".to_owned(),
            content: content.to_vec(),
        },
        input_artifacts: Vec::new(),
    }
}

fn pipeline(mode: Mode, stages: Vec<(&str, Vec<Action>)>) -> Pipeline {
    Pipeline {
        name: "checkout".to_owned(),
        mode,
        artifact_bucket: "artifacts".to_owned(),
        stages: stages
            .into_iter()
            .map(|(name, actions)| Stage {
                name: name.to_owned(),
                actions,
            })
            .collect(),
    }
}

/// A source, and a stage with nothing but a gate.
fn one_gate(mode: Mode) -> Pipeline {
    let stages = vec![
        ("source", vec![source(b"content")]),
        ("prod", vec![gate("bake", Some("{}"))]),
    ];
    pipeline(mode, stages)
}

/// The only gate of a release of [`one_gate`].
#[track_caller]
fn the_gate(execution: &Execution) -> &super::ActionRun {
    &execution.stages[1].actions[0]
}
