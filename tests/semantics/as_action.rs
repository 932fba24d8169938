//! The same conditions, asked by custom actions: what a gate writes down is the
//! same to the byte.
//!
//! As for tasks, the looks stay where CodePipeline has them: each job of the
//! gate's Lambda action becomes what the worker hands to the gate's function,
//! and what that returns is the job's answer.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice::rehearsal::{
    EVENT_BUS, EVIDENCE_BUCKET, WAIVERS_TABLE, aws_of, configuration, gates, in_virtual_time,
};
use sluice_aws::Aws;
use sluice_core::actions::action_types;
use sluice_core::plan::Plan;
use sluice_host::{Host, JobAnswer, handle_asked};
use sluice_world::World;
use sluice_world::codepipeline::{FunctionError, Functions, Invocation};

use super::as_task::{
    AFTERWARDS, Written, by_jobs, gates_of, hold_to_evidence, judged, said, written,
};
use super::{Case, cases, run};

fn by_actions(case: &Case) -> (Written, Vec<Value>) {
    in_virtual_time(async {
        let (world, pipeline) = run::prepared(case);
        world.s3().create_bucket(EVIDENCE_BUCKET);
        world.set_functions(asked_by_the_worker(&world));
        let id = world.start(pipeline).unwrap();
        world.codepipeline().finished(&id).await;
        tokio::time::sleep(AFTERWARDS).await;
        (written(&world), said(&world))
    })
    .unwrap()
}

/// Functions that take a job for one that the worker hands over.
fn asked_by_the_worker(world: &World) -> Functions {
    let bucket = Some(EVIDENCE_BUCKET.to_owned());
    let mut host = Host::new(aws_of(world), gates(), bucket, Arc::new(|_| {}));
    let waivers = world.scenario().tables.contains_key(WAIVERS_TABLE);
    host.waivers_table = waivers.then(|| WAIVERS_TABLE.to_owned());
    host.event_bus = Some(EVENT_BUS.to_owned());
    let host = Arc::new(host);
    Arc::new(move |invocation: Invocation| {
        let host = Arc::clone(&host);
        Box::pin(async move {
            let job = &invocation.event["CodePipeline.job"];
            let payload = payload(job, &invocation.function);
            let answer = handle_asked(&payload, invocation.deadline, &host).await;
            // As it goes from the gate's function to the worker.
            let text = serde_json::to_string(&answer).unwrap();
            let answer: JobAnswer = serde_json::from_str(&text).unwrap();
            give(job["id"].as_str().unwrap(), answer, &host.aws).await
        })
    })
}

fn payload(job: &Value, function: &str) -> Value {
    let configured = &job["data"]["actionConfiguration"]["configuration"];
    let parameters = configured["UserParameters"].as_str().unwrap();
    let parameters: Value = serde_json::from_str(parameters).unwrap();
    let mut data = job["data"].clone();
    data["actionConfiguration"]["configuration"] = json!(configuration(&parameters));
    let types = action_types();
    let own = types.iter().find(|own| own.function == function).unwrap();
    json!({ "sluice.job": {
        "id": job["id"], "provider": own.provider, "version": own.version,
        "context": {
            "pipeline": parameters["pipeline"], "release": parameters["release"],
            "stage": parameters["stage"], "action": parameters["gate"],
        },
        "data": data,
    } })
}

async fn give(id: &str, answer: JobAnswer, aws: &Aws) -> Result<Value, FunctionError> {
    let answered = match answer {
        JobAnswer::Continue { token, summary } => {
            aws.answer_success(id, Some(token), &summary, &[]).await
        }
        JobAnswer::Success { summary, variables } => {
            aws.answer_success(id, None, &summary, &variables).await
        }
        JobAnswer::Failure {
            kind,
            message,
            external_id,
        } => aws.answer_failure(id, kind, &message, external_id).await,
    };
    answered
        .map(|_| Value::Null)
        .map_err(|error| FunctionError {
            error_type: "AnswerNotTaken".to_owned(),
            message: error.to_string(),
        })
}

#[test]
fn a_custom_action_writes_down_what_a_lambda_action_does() {
    let mut compared = 0;
    for case in cases::GROUPS.iter().flat_map(|group| group.cases) {
        if Plan::read_yaml(&run::plan(case)).is_err() {
            continue;
        }
        let ((jobs, by_jobs), (actions, by_actions)) = (by_jobs(case), by_actions(case));
        hold_to_evidence(&by_actions, &actions, case.name);
        // How long a refused call waits before it is tried again is drawn.
        if case.refusals.is_empty() {
            assert_eq!(jobs, actions, "{}", case.name);
            // An event that comes twice answers twice.
            if jobs.len() == gates_of(by_jobs.iter()).len() {
                assert_eq!(by_jobs, by_actions, "{}", case.name);
            }
        } else {
            assert_eq!(judged(&jobs), judged(&actions), "{}", case.name);
        }
        compared += usize::from(!jobs.is_empty());
    }
    assert!(compared > 100, "{compared} rows were compared");
}
