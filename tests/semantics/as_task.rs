//! The same conditions, asked by a state machine: what a gate writes down is
//! the same, but for the id of the last job.
//!
//! The looks stay where CodePipeline has them, so that both see the same world
//! at the same moments: each job of the gate's action becomes one task, and
//! what the task returns becomes the job's answer. What is said on the bus is
//! the same, too, once for each gate that ended.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sluice::rehearsal::{
    CLAIMS_TABLE, EVENT_BUS, EVIDENCE_BUCKET, WAIVERS_TABLE, aws_of, gates, in_virtual_time, run_in,
};
use sluice_aws::{Aws, FailureType, Summary};
use sluice_core::notices::{GATE_VERDICT, SOURCE};
use sluice_core::plan::{FORM, Plan, ResolvedPlan};
use sluice_core::token::sha256;
use sluice_core::verdict::Outcome;
use sluice_host::{Host, TASK_ANSWER_BYTES_MAX, TaskAnswer, TaskFailed, TaskLook, handle_task};
use sluice_world::World;
use sluice_world::codepipeline::{FunctionError, Functions, Invocation};

use super::{Case, cases, run};

/// Until functions have done what they do after their answers.
pub(super) const AFTERWARDS: Duration = Duration::from_secs(10);

/// What gates wrote down, by where they did.
pub(super) type Written = BTreeMap<String, Value>;

pub(super) fn written(world: &World) -> Written {
    let keys = world.s3().list(EVIDENCE_BUCKET, "evidence/");
    let json = keys.into_iter().filter(|(key, _)| key.ends_with(".json"));
    json.map(|(key, _)| {
        let bytes = world.s3().get(EVIDENCE_BUCKET, &key).unwrap();
        let mut evidence: Value = serde_json::from_slice(&bytes).unwrap();
        evidence["job"] = Value::Null;
        (key, evidence)
    })
    .collect()
}

/// What was judged, without the moments.
pub(super) fn judged(written: &Written) -> Vec<Value> {
    const FIELDS: [&str; 6] = [
        "of",
        "verdict",
        "gate_error",
        "outcome",
        "decided_by",
        "rule",
    ];
    let own = |evidence: &Value| {
        let mut judged: Vec<Value> = FIELDS.iter().map(|name| evidence[*name].clone()).collect();
        judged.push(evidence["reason"]["code"].clone());
        Value::from(judged)
    };
    written.values().map(own).collect()
}

/// What was said on the bus, but for who asked and which addresses were given.
pub(super) fn said(world: &World) -> Vec<Value> {
    let events = world.published().into_iter();
    events
        .map(|event| {
            assert_eq!(
                (
                    event.bus.as_str(),
                    event.source.as_str(),
                    event.detail_type.as_str()
                ),
                (EVENT_BUS, SOURCE, GATE_VERDICT)
            );
            let mut detail = event.detail;
            detail["host"] = Value::Null;
            detail
        })
        .collect()
}

/// Release, stage and gate.
pub(super) fn gates_of<'a>(all: impl Iterator<Item = &'a Value>) -> BTreeSet<String> {
    let of = |one: &Value| format!("{}/{}/{}", one["release"], one["stage"], one["gate"]);
    all.map(of).collect()
}

/// What gates said, and what they wrote down, say the same, of the same gates.
/// A job whose event comes twice writes down twice, and says what was answered.
pub(super) fn hold_to_evidence(said: &[Value], written: &Written, name: &str) {
    let subjects = written.values().map(|evidence| &evidence["of"]);
    assert!(
        gates_of(subjects).is_subset(&gates_of(said.iter())),
        "{name}"
    );
    for event in said {
        let address = event["evidence"].as_str().unwrap();
        // Where the bucket takes nothing, it is in the log.
        let Some(key) = address.strip_prefix("s3://sluice-evidence/") else {
            continue;
        };
        let evidence = &written[key];
        for field in ["outcome", "decided_by", "verdict", "attempt", "kind"] {
            assert_eq!(event[field], evidence[field], "{name}: {field}");
        }
        assert_eq!(event["code"], evidence["reason"]["code"], "{name}");
        assert_eq!(
            json!([event["began"], event["ended"]]),
            evidence["looked"],
            "{name}"
        );
    }
}

pub(super) fn by_jobs(case: &Case) -> (Written, Vec<Value>) {
    in_virtual_time(async {
        let (world, pipeline) = run::prepared(case);
        run_in(&world, pipeline, true, Arc::new(|_| {}))
            .await
            .unwrap();
        tokio::time::sleep(AFTERWARDS).await;
        (written(&world), said(&world))
    })
    .unwrap()
}

fn by_tasks(case: &Case) -> (Written, Vec<Value>) {
    in_virtual_time(async {
        let (world, pipeline) = run::prepared(case);
        world.s3().create_bucket(EVIDENCE_BUCKET);
        let plan = Plan::read_yaml(&run::plan(case)).unwrap();
        world.set_functions(asked_by_tasks(&world, plan));
        let id = world.start(pipeline).unwrap();
        world.codepipeline().finished(&id).await;
        tokio::time::sleep(AFTERWARDS).await;
        (written(&world), said(&world))
    })
    .unwrap()
}

/// Functions that take a job for the task of a state machine.
fn asked_by_tasks(world: &World, plan: Plan) -> Functions {
    let bucket = Some(EVIDENCE_BUCKET.to_owned());
    let mut host = Host::new(aws_of(world), gates(), bucket, Arc::new(|_| {}));
    let waivers = world.scenario().tables.contains_key(WAIVERS_TABLE);
    host.waivers_table = waivers.then(|| WAIVERS_TABLE.to_owned());
    host.event_bus = Some(EVENT_BUS.to_owned());
    let host = Arc::new(host);
    let (plan, first, weak) = (Arc::new(plan), Arc::default(), world.downgraded());
    Arc::new(move |invocation: Invocation| {
        let (host, plan, first) = (Arc::clone(&host), Arc::clone(&plan), Arc::clone(&first));
        let world = weak.upgrade().unwrap();
        Box::pin(async move {
            let job = &invocation.event["CodePipeline.job"];
            let Some(id) = job["id"].as_str() else {
                return Err(FunctionError::not_found(&invocation.function));
            };
            let payload = payload(job, &plan, &first, &world);
            let answer = handle_task(&payload, invocation.deadline, &host).await;
            let text = serde_json::to_vec(&answer.as_ref().ok()).unwrap();
            assert!(text.len() <= TASK_ANSWER_BYTES_MAX, "{} bytes", text.len());
            answer_job(id, answer, &host.aws).await
        })
    })
}

/// The first job of each release, stage and gate, and when CodePipeline ends
/// its action.
type First = Arc<Mutex<BTreeMap<String, (String, Timestamp)>>>;

fn payload(job: &Value, plan: &Plan, first: &First, world: &World) -> Value {
    let configuration = &job["data"]["actionConfiguration"]["configuration"];
    let parameters = configuration["UserParameters"].as_str().unwrap();
    let parameters: Value = serde_json::from_str(parameters).unwrap();
    let text = |name: &str| parameters[name].as_str().unwrap().to_owned();
    let (release, stage) = (text("release"), text("stage"));
    let resolved = ResolvedPlan {
        resolved: FORM,
        pipeline: text("pipeline"),
        release: release.clone(),
        stage: stage.clone(),
        service: plan.service.clone(),
        service_only_claimed: false,
        at: Timestamp::UNIX_EPOCH,
        from: vec!["artifact".to_owned()],
        plan: plan
            .stages
            .iter()
            .find(|own| own.name == stage)
            .unwrap()
            .clone(),
        sources: BTreeMap::new(),
    };
    let bytes = resolved.write();
    let sha256 = sha256(&bytes);
    world.s3().put(EVIDENCE_BUCKET, &resolved.key(), bytes);
    let of = format!("{release}/{stage}/{}", text("gate"));
    let id = job["id"].as_str().unwrap().to_owned();
    let ends = world.clock().now() + SignedDuration::from_mins(23 * 60 - 5);
    let (attempt, ends) = first
        .lock()
        .unwrap()
        .entry(of)
        .or_insert((id, ends))
        .clone();
    json!({
        "sluice_task": 1, "pipeline": text("pipeline"), "release": release, "stage": stage,
        "service": plan.service, "gate": text("gate"), "attempt": attempt,
        "plan": {"key": resolved.key(), "sha256": sha256, "ends": ends},
        "mark": {"table": CLAIMS_TABLE, "id": "stop/nobody"},
        "memory": job["data"]["continuationToken"],
    })
}

async fn answer_job(
    id: &str,
    answer: Result<TaskAnswer, TaskFailed>,
    aws: &Aws,
) -> Result<Value, FunctionError> {
    let said = |text: &str| match text {
        "" => "-".to_owned(),
        text => text.chars().take(500).collect(),
    };
    let summary = |text: &str, percent| Summary {
        text: said(text),
        percent,
        external_id: None,
    };
    let answered = match &answer {
        Ok(again) if again.look == TaskLook::Again => {
            assert!(again.outcome.is_none() && again.evidence.is_none());
            let summary = summary(&again.line, again.percent);
            aws.answer_success(id, again.memory.clone(), &summary, &[])
                .await
        }
        Ok(ended) if ended.outcome == Some(Outcome::Go) => {
            aws.answer_success(id, None, &summary(&ended.reason, 100), &[])
                .await
        }
        Ok(ended) => {
            let text = said(&ended.reason);
            aws.answer_failure(id, FailureType::JobFailed, &text, None)
                .await
        }
        Err(failed) => {
            let text = said(&failed.message);
            aws.answer_failure(id, FailureType::JobFailed, &text, None)
                .await
        }
    };
    answered
        .map(|_| Value::Null)
        .map_err(|error| FunctionError {
            error_type: "AnswerNotTaken".to_owned(),
            message: error.to_string(),
        })
}

#[test]
fn a_task_of_a_state_machine_writes_down_what_a_job_does() {
    let mut compared = 0;
    for case in cases::GROUPS.iter().flat_map(|group| group.cases) {
        // A task's plan was read by whoever resolved it, not from an artifact.
        let unread = case.refusals.iter().any(|own| own.contains("s3:GetObject"));
        if unread || Plan::read_yaml(&run::plan(case)).is_err() {
            continue;
        }
        let ((jobs, by_jobs), (tasks, by_tasks)) = (by_jobs(case), by_tasks(case));
        hold_to_evidence(&by_jobs, &jobs, case.name);
        hold_to_evidence(&by_tasks, &tasks, case.name);
        let said_of = gates_of(by_jobs.iter()).len();
        assert_eq!(by_jobs.len(), said_of, "{}: each once", case.name);
        // How long a refused call waits before it is tried again is drawn.
        if case.refusals.is_empty() {
            assert_eq!(jobs, tasks, "{}", case.name);
            // A task that comes twice answers twice.
            if jobs.len() == said_of {
                assert_eq!(by_jobs, by_tasks, "{}", case.name);
            }
        } else {
            assert_eq!(judged(&jobs), judged(&tasks), "{}", case.name);
        }
        compared += usize::from(!jobs.is_empty());
    }
    assert!(compared > 100, "{compared} rows were compared");
}
