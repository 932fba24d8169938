//! Behaviour of releases under paused time, as sentences.

mod answering;
mod artifacts;
mod created;
mod custom;
mod invoking;
mod limits;
mod measured;
mod modes;
mod reading;
mod releases;

use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::*;

const ACCOUNT: &str = "111122223333";

/// What a function does with an event.
type Reaction = Arc<dyn Fn(&Stand, Invocation) -> Doing + Send + Sync>;
type Doing = futures_util::future::BoxFuture<'static, Result<Value, FunctionError>>;

/// A CodePipeline whose functions all react in one way.
#[derive(Clone)]
struct Stand {
    pipelines: CodePipeline,
    clock: Clock,
    s3: S3,
    seen: Arc<Mutex<Vec<Invocation>>>,
}

impl Stand {
    fn new<R, F>(settings: Settings, react: R) -> Stand
    where
        R: Fn(Stand, Invocation) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Value, FunctionError>> + Send + 'static,
    {
        let react: Reaction = Arc::new(move |stand, i| react(stand.clone(), i).boxed());
        let clock = Clock::starting_at("2026-03-02T09:00:00Z".parse().expect("a timestamp"));
        let s3 = S3::new(clock);
        let seen: Arc<Mutex<Vec<Invocation>>> = Arc::default();
        let slot: Arc<Mutex<Option<Stand>>> = Arc::default();
        let (calls, here) = (Arc::clone(&seen), Arc::clone(&slot));
        let functions: Functions = Arc::new(move |invocation: Invocation| {
            calls.lock().expect("no panic").push(invocation.clone());
            let stand = here.lock().expect("no panic").clone().expect("set below");
            react(&stand, invocation)
        });
        let pipelines = CodePipeline::new(
            clock,
            settings,
            7,
            ACCOUNT,
            "us-east-1",
            s3.clone(),
            functions,
        );
        let stand = Stand {
            pipelines,
            clock,
            s3,
            seen,
        };
        *slot.lock().expect("no panic") = Some(stand.clone());
        stand
    }

    fn call(&self, operation: &str, body: &Value) -> Result<Value, ApiError> {
        let body = serde_json::to_vec(body).expect("JSON");
        let answer = self
            .pipelines
            .call(operation, Protocol::Json, &body, "AKIAGATE")?;
        Ok(serde_json::from_slice(&answer).unwrap_or_default())
    }

    fn succeed(&self, invocation: &Invocation, more: &Value) -> Result<(), ApiError> {
        let mut body = json!({ "jobId": job(invocation) });
        for (key, value) in more.as_object().into_iter().flatten() {
            body[key] = value.clone();
        }
        self.call("PutJobSuccessResult", &body).map(drop)
    }

    fn fail(&self, invocation: &Invocation, message: &str) -> Result<(), ApiError> {
        let details = json!({ "type": "JobFailed", "message": message });
        let body = json!({ "jobId": job(invocation), "failureDetails": details });
        self.call("PutJobFailureResult", &body).map(drop)
    }

    fn seen(&self) -> Vec<Invocation> {
        self.seen.lock().expect("no panic").clone()
    }

    /// Defines the usual pipeline, runs it, and gives what it did.
    async fn release(&self) -> Execution {
        self.pipelines.define(usual()).expect("a definition");
        let id = self.pipelines.start("checkout").expect("a start");
        self.pipelines.finished(&id).await
    }

    fn seconds(&self) -> i64 {
        let began = "2026-03-02T09:00:00Z".parse().expect("a timestamp");
        self.clock.now().duration_since(began).as_secs()
    }
}

/// The job's id in an event.
fn job(invocation: &Invocation) -> &str {
    let id = &invocation.event["CodePipeline.job"]["id"];
    id.as_str().expect("every event has a job id")
}

fn token(invocation: &Invocation) -> Option<&str> {
    invocation.event["CodePipeline.job"]["data"]["continuationToken"].as_str()
}

fn crash() -> FunctionError {
    FunctionError {
        error_type: "Boom".to_owned(),
        message: "it broke".to_owned(),
    }
}

/// Source, then a deployment of 5 minutes with a gate after it.
fn usual() -> Pipeline {
    let action = |name: &str, run_order, work| Action {
        name: name.to_owned(),
        run_order,
        work,
        input_artifacts: Vec::new(),
        output_artifacts: Vec::new(),
        namespace: None,
    };
    let source = Work::Source {
        artifact: b"zipped".to_vec(),
    };
    let takes = SignedDuration::from_mins(5);
    let lambda = Work::Lambda {
        function: "bake".to_owned(),
        user_parameters: Some(r##"{"release":"#{codepipeline.PipelineExecutionId}"}"##.to_owned()),
    };
    Pipeline {
        name: "checkout".to_owned(),
        mode: Mode::Superseded,
        version: 1,
        artifact_bucket: "artifacts".to_owned(),
        stages: vec![
            Stage {
                name: "source".to_owned(),
                actions: vec![Action {
                    output_artifacts: vec!["code".to_owned()],
                    ..action("fetch", 1, source)
                }],
            },
            Stage {
                name: "prod".to_owned(),
                actions: vec![
                    action("deploy", 1, Work::Deploy { takes }),
                    Action {
                        input_artifacts: vec!["code".to_owned()],
                        output_artifacts: vec!["report".to_owned()],
                        ..action("bake", 2, lambda)
                    },
                ],
            },
        ],
    }
}
