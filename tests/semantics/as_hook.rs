//! The same conditions, asked by a lifecycle hook of ECS: what a gate writes
//! down is the same to the byte, but for the names of job and attempt.
//!
//! The looks stay where CodePipeline has them: each job of the gate's action
//! becomes a call of the hook. Hooks of CodeDeploy ask by the state machine
//! whose tasks `as_task.rs` holds to the same.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use sluice::rehearsal::{
    EVENT_BUS, EVIDENCE_BUCKET, WAIVERS_TABLE, aws_for, gates, in_virtual_time,
};
use sluice_aws::{Aws, FailureType, Summary};
use sluice_core::plan::Plan;
use sluice_host::{HookAnswer, HookStatus, Host, handle_hook};
use sluice_world::World;
use sluice_world::codepipeline::{FunctionError, Functions, Invocation};

use super::as_task::{AFTERWARDS, Written, by_jobs, function_of, written};
use super::{Case, cases, run};

/// As long as CodePipeline waits for a Lambda action.
const TIMEOUT_MINUTES: u32 = 24 * 60;

pub(crate) fn by_hooks(case: &Case, plan: Plan) -> Written {
    in_virtual_time(async {
        let (world, pipeline) = run::prepared(case);
        world.s3().create_bucket(EVIDENCE_BUCKET);
        world.set_functions(asked_by_hooks(&world, plan, function_of(case)));
        let id = world.start(pipeline).unwrap();
        world.codepipeline().finished(&id).await;
        tokio::time::sleep(AFTERWARDS).await;
        written(&world)
    })
    .unwrap()
}

/// What ECS brings again, by release, stage and gate: the first job, which
/// names the deployment, and the details.
type Brought = Arc<Mutex<BTreeMap<String, (String, Value)>>>;

/// Functions that take a job for the call of a hook.
fn asked_by_hooks(world: &World, plan: Plan, function: &str) -> Functions {
    let bucket = Some(EVIDENCE_BUCKET.to_owned());
    let mut host = Host::new(aws_for(world, function), gates(), bucket, Arc::new(|_| {}));
    let waivers = world.scenario().tables.contains_key(WAIVERS_TABLE);
    host.waivers_table = waivers.then(|| WAIVERS_TABLE.to_owned());
    host.event_bus = Some(EVENT_BUS.to_owned());
    let (host, plan, brought) = (Arc::new(host), Arc::new(plan), Brought::default());
    Arc::new(move |invocation: Invocation| {
        let (host, plan) = (Arc::clone(&host), Arc::clone(&plan));
        let brought = Arc::clone(&brought);
        Box::pin(async move {
            let job = &invocation.event["CodePipeline.job"];
            let Some(parameters) = parameters(job) else {
                return Err(FunctionError::not_found(&invocation.function));
            };
            let id = job["id"].as_str().unwrap();
            let of = format!(
                "{}/{}/{}",
                parameters["release"], parameters["stage"], parameters["gate"]
            );
            let first = || (id.to_owned(), details(&parameters, &plan));
            let (deployment, details) = {
                let mut all = brought.lock().unwrap();
                all.entry(of.clone()).or_insert_with(first).clone()
            };
            let call = json!({
                "lifecycleStage": "POST_TEST_TRAFFIC_SHIFT", "hookDetails": details,
                "resourceArn": format!("arn:aws:ecs:eu-west-1:123456789012:service-deployment/shop/checkout/{deployment}"),
            });
            let answer = handle_hook(&call, invocation.deadline, &host).await;
            if let Some(details) = &answer.hook_details {
                let again = (deployment, details.clone());
                brought.lock().unwrap().insert(of, again);
            }
            give(id, &answer, &host.aws).await
        })
    })
}

/// None where it is the job of no gate.
fn parameters(job: &Value) -> Option<Value> {
    let configured = &job["data"]["actionConfiguration"]["configuration"];
    serde_json::from_str(configured["UserParameters"].as_str()?).ok()
}

fn details(parameters: &Value, plan: &Plan) -> Value {
    let (stage, gate) = (
        parameters["stage"].as_str().unwrap(),
        parameters["gate"].as_str().unwrap(),
    );
    let (_, found) = plan.find(stage, gate).unwrap();
    let mut details = parameters.clone();
    details["settings"] = found.settings.to_json()[gate].clone();
    details["service"] = json!(plan.service);
    details["timeout_minutes"] = json!(TIMEOUT_MINUTES);
    details
}

async fn give(id: &str, answer: &HookAnswer, aws: &Aws) -> Result<Value, FunctionError> {
    let summary = Summary {
        text: "asked by a hook".to_owned(),
        percent: 0,
        external_id: None,
    };
    let answered = match answer.hook_status {
        HookStatus::InProgress => {
            aws.answer_success(id, Some("again".to_owned()), &summary, &[])
                .await
        }
        HookStatus::Succeeded => aws.answer_success(id, None, &summary, &[]).await,
        HookStatus::Failed => {
            let kind = FailureType::JobFailed;
            aws.answer_failure(id, kind, "the hook failed", None).await
        }
    };
    answered
        .map(|_| Value::Null)
        .map_err(|error| FunctionError {
            error_type: "AnswerNotTaken".to_owned(),
            message: error.to_string(),
        })
}

/// Ids that follow from the attempt are long runs of hexadecimal digits.
fn without_ids(text: &str) -> String {
    let mut parts: Vec<String> = vec![String::new()];
    for own in text.chars() {
        if own.is_ascii_hexdigit() != parts.last().is_some_and(|part| is_hex(part)) {
            parts.push(String::new());
        }
        parts.last_mut().unwrap().push(own);
    }
    let parts = parts.into_iter();
    let named = parts.map(|part| match is_hex(&part) && part.len() >= 32 {
        true => "ID".to_owned(),
        false => part,
    });
    named.collect()
}

fn is_hex(part: &str) -> bool {
    part.chars()
        .next()
        .is_some_and(|own| own.is_ascii_hexdigit())
}

/// Without the attempt's name, wherever it stands.
fn unnamed(written: &Written) -> Vec<String> {
    let own = written.iter().map(|(key, evidence)| {
        let attempt = evidence["attempt"].as_str().unwrap();
        without_ids(&format!("{key}: {evidence}").replace(attempt, "ATTEMPT"))
    });
    own.collect()
}

/// Whether a hook can be told all that holds: it reads settings, and no plan.
pub(crate) fn can_be_asked(plan: &Plan) -> bool {
    let is_whole = |gate: &sluice_core::plan::GatePlan| gate.name == gate.settings.kind();
    plan.stages
        .iter()
        .all(|stage| !stage.policies.on_inconclusive.proceed && stage.gates.iter().all(is_whole))
}

#[test]
fn a_hook_of_ecs_writes_down_what_a_lambda_action_does() {
    let mut compared = 0;
    for case in cases::GROUPS.iter().flat_map(|group| group.cases) {
        let Ok(plan) = Plan::read_yaml(&run::plan(case)) else {
            continue;
        };
        // How long a refused call waits before it is tried again is drawn.
        if !can_be_asked(&plan) || !case.refusals.is_empty() {
            continue;
        }
        let (jobs, _) = by_jobs(case);
        let hooks = by_hooks(case, plan);
        // How long a bake may be is up to the host.
        let error = |own: &Value| own["gate_error"][0] == "BakeTooLong";
        if jobs.values().any(error) {
            continue;
        }
        assert_eq!(unnamed(&jobs), unnamed(&hooks), "{}", case.name);
        compared += usize::from(!jobs.is_empty());
    }
    assert!(compared > 100, "{compared} rows were compared");
}
