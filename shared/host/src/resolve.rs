//! What holds for a release at a stage, for the state machine `stage-checks`.
//!
//! It is resolved from the plan store and the artifact's plan, and stored once
//! in the evidence bucket, so that a release keeps the plan it began with:
//! whoever comes second takes what is there. Safe to repeat: it reads, and
//! puts if absent. Start at [`resolve_plan`].

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use sluice_aws::{Aws, PutOutcome, Refusal};
use sluice_core::layers::{Asked, Layer, names, resolve};
use sluice_core::plan::{Policy, ResolvedPlan};
use sluice_core::token::sha256;
use sluice_core::{GateError, is_name};

use crate::Log;
use crate::plan_store::PlanStore;

/// What the state machine keeps of an answer.
pub const PLAN_ANSWER_BYTES_MAX: usize = 8 * 1024;

/// Reads of a plan that another invocation is just putting.
const READS_MAX: u32 = 4;

/// The form of payloads that this code reads.
const FORM: u64 = 1;

/// What the function `plan` is made of.
pub struct Plans {
    /// AWS.
    pub aws: Aws,
    /// The plan store (`SLUICE_PLANS_TABLE`); without one the artifact decides.
    pub plans_table: Option<String>,
    /// Where gates of a stage mark that one says stop (`SLUICE_CLAIMS_TABLE`).
    pub claims_table: Option<String>,
    /// Where plans go (`SLUICE_EVIDENCE_BUCKET`).
    pub evidence_bucket: Option<String>,
    /// Where its log goes.
    pub log: Log,
}

/// What the state machine asks.
#[derive(Debug, Deserialize)]
struct Payload {
    sluice_plan: u64,
    pipeline: String,
    release: String,
    stage: String,
    service: Option<String>,
    plan: Option<Value>,
    execution: String,
    /// When the action ends that started these checks, where it does before
    /// CodePipeline's own for state machines.
    #[serde(default)]
    ends: Option<Timestamp>,
}

/// A stored plan, and what people have to know beside it.
struct Stored {
    plan: ResolvedPlan,
    sha256: String,
    remarks: Vec<String>,
}

impl Stored {
    /// As it will be stored.
    fn of(plan: ResolvedPlan) -> Stored {
        Stored {
            sha256: sha256(&plan.write()),
            plan,
            remarks: Vec::new(),
        }
    }
}

/// Answers one payload of the state machine.
///
/// # Errors
///
/// Whatever keeps the plan from being known. Nothing is stored then.
pub async fn resolve_plan(raw: &Value, host: &Plans) -> Result<Value, GateError> {
    let payload = read_payload(raw)?;
    let bucket = wanted(host.evidence_bucket.as_ref(), "SLUICE_EVIDENCE_BUCKET")?;
    let marks = wanted(host.claims_table.as_ref(), "SLUICE_CLAIMS_TABLE")?;
    let stored = match resolve_now(&payload, host).await {
        Ok(plan) => {
            // One that could not be handed on is not stored.
            let candidate = Stored::of(plan);
            answer(&payload, &candidate, marks)?;
            store(candidate, bucket, host).await?
        }
        Err(error) => begun_with(error, &payload, bucket, host).await?,
    };
    check_is_asked(&stored.plan, &payload)?;
    (host.log)(json!({
        "level": "INFO", "message": "resolved a plan", "pipeline": payload.pipeline, "release": payload.release,
        "stage": payload.stage, "service": stored.plan.service, "from": stored.plan.from, "remarks": stored.remarks,
    }));
    answer(&payload, &stored, marks)
}

fn read_payload(raw: &Value) -> Result<Payload, GateError> {
    let invalid = |detail: String| GateError::ParametersInvalid {
        detail,
        mend: "let the state machine `stage-checks` of this version call the function".to_owned(),
    };
    let payload = Payload::deserialize(raw)
        .map_err(|error| invalid(format!("the payload does not read: {error}")))?;
    if payload.sluice_plan != FORM {
        let form = payload.sluice_plan;
        return Err(invalid(format!(
            "the payload has form {form}, and form {FORM} is read"
        )));
    }
    let names = [
        ("pipeline", Some(&payload.pipeline)),
        ("release", Some(&payload.release)),
        ("stage", Some(&payload.stage)),
        ("service", payload.service.as_ref()),
    ];
    for (what, name) in names {
        if let Some(name) = name.filter(|name| !is_name(name)) {
            return Err(invalid(format!("`{name}` in `{what}` is not a name")));
        }
    }
    Ok(payload)
}

fn wanted<'a>(value: Option<&'a String>, name: &str) -> Result<&'a str, GateError> {
    value
        .map(String::as_str)
        .ok_or_else(|| GateError::SettingsInvalid {
            place: "the function's environment".to_owned(),
            problems: format!("`{name}` is not set"),
        })
}

/// What the plan store and the artifact say now.
async fn resolve_now(payload: &Payload, host: &Plans) -> Result<ResolvedPlan, GateError> {
    let artifact = match &payload.plan {
        None | Some(Value::Null) => None,
        Some(plan) => Some(read_artifact(plan)?),
    };
    let store = host.plans_table.as_deref().map(|table| PlanStore {
        aws: &host.aws,
        table,
    });
    let vouched = vouched(payload, store).await?;
    let service = service(payload, vouched.as_deref(), artifact.as_ref())?;
    let mut layers = match store {
        Some(store) => store.layers(&service, &payload.stage).await?,
        None => Vec::new(),
    };
    layers.extend(artifact);
    let asked = Asked {
        pipeline: Some(&payload.pipeline),
        release: &payload.release,
        stage: &payload.stage,
        service: &service,
        at: host.aws.now(),
    };
    let plan = resolve(&asked, &layers)?;
    Ok(ResolvedPlan {
        service_only_claimed: vouched.is_none(),
        ..plan
    })
}

fn read_artifact(plan: &Value) -> Result<Layer, GateError> {
    Layer::artifact(plan).map_err(|problems| GateError::SettingsInvalid {
        place: "the plan of the release's artifact".to_owned(),
        problems: problems.render("sluice.yaml", None).trim_end().to_owned(),
    })
}

/// Whose release it is as somebody else says than who writes its plan: the
/// pipeline, or the store that binds it.
async fn vouched(
    payload: &Payload,
    store: Option<PlanStore<'_>>,
) -> Result<Option<String>, GateError> {
    match (&payload.service, store) {
        (Some(service), _) => Ok(Some(service.clone())),
        (None, Some(store)) => store.service_of(&payload.pipeline).await,
        (None, None) => Ok(None),
    }
}

/// Whose release it is, in the end as the artifact says.
fn service(
    payload: &Payload,
    vouched: Option<&str>,
    artifact: Option<&Layer>,
) -> Result<String, GateError> {
    let said = artifact.and_then(|artifact| artifact.service.clone());
    let pipeline = &payload.pipeline;
    let vouched = vouched.map(str::to_owned);
    vouched.or(said).ok_or_else(|| GateError::GateNotInPlan {
        detail: format!(
            "nothing says of which service pipeline `{pipeline}` is: pass `service` in the input, \
             or push a service with `pipelines: [{pipeline}]`"
        ),
    })
}

/// Stores a plan once. Where another one is there, the release began with that.
async fn store(candidate: Stored, bucket: &str, host: &Plans) -> Result<Stored, GateError> {
    let plan = &candidate.plan;
    let bytes = plan.write();
    if host.aws.put_if_absent(bucket, &plan.key(), bytes).await? == PutOutcome::Put {
        return Ok(candidate);
    }
    let mut stored = fetch(&plan.key(), bucket, host).await?;
    if (&stored.plan.plan, &stored.plan.from) != (&plan.plan, &plan.from) {
        stored.remarks.push(format!(
            "the plan has changed since this release began ({}, now {}); the one that it began with holds",
            stored.plan.from.join(", "),
            plan.from.join(", ")
        ));
    }
    Ok(stored)
}

/// A release goes on with the plan it began with, also where nothing can be
/// resolved any more.
async fn begun_with(
    error: GateError,
    payload: &Payload,
    bucket: &str,
    host: &Plans,
) -> Result<Stored, GateError> {
    let key = ResolvedPlan::key_of(&payload.pipeline, &payload.release, &payload.stage);
    let Ok(bytes) = host
        .aws
        .read_object(bucket, &key, ResolvedPlan::BYTES_MAX)
        .await
    else {
        return Err(error);
    };
    let plan = ResolvedPlan::read_any(&bytes)?;
    let remark = format!(
        "the plan cannot be resolved now ({}: {error}); the one that this release began with holds",
        error.name()
    );
    Ok(Stored {
        plan,
        sha256: sha256(&bytes),
        remarks: vec![remark.chars().take(REMARK_CHARACTERS_MAX).collect()],
    })
}

const REMARK_CHARACTERS_MAX: usize = 500;

async fn fetch(key: &str, bucket: &str, host: &Plans) -> Result<Stored, GateError> {
    let mut last = None;
    for _ in 0..READS_MAX {
        match host
            .aws
            .read_object(bucket, key, ResolvedPlan::BYTES_MAX)
            .await
        {
            Ok(bytes) => {
                return Ok(Stored {
                    plan: ResolvedPlan::read_any(&bytes)?,
                    sha256: sha256(&bytes),
                    remarks: Vec::new(),
                });
            }
            Err(error) if error.has_code("NoSuchKey") => last = Some(error),
            Err(error) => return Err(error.into()),
        }
        host.aws.pause(SignedDuration::from_millis(250)).await;
    }
    let message = last.map_or_else(String::new, |error| match error.refusal {
        Refusal::Code(code) => code,
        _ => error.message,
    });
    Err(GateError::PlanUnreadable {
        detail: format!("s3://{bucket}/{key} is there and is not there: {message}"),
        mend: "run the stage's checks again".to_owned(),
    })
}

fn check_is_asked(plan: &ResolvedPlan, payload: &Payload) -> Result<(), GateError> {
    let is_other = |own: &str, asked: &str| own != asked;
    if is_other(&plan.pipeline, &payload.pipeline)
        || is_other(&plan.release, &payload.release)
        || is_other(&plan.stage, &payload.stage)
    {
        return Err(GateError::PlanUnreadable {
            detail: "the stored plan is of another release or stage".to_owned(),
            mend: "start the release anew".to_owned(),
        });
    }
    match &payload.service {
        Some(service) if *service != plan.service => Err(GateError::ReleaseMismatch {
            detail: format!(
                "this release began with the plan of service `{}`, and now service `{service}` is asked for",
                plan.service
            ),
            mend: "start the release anew, or name the service that it began with".to_owned(),
        }),
        _ => Ok(()),
    }
}

fn answer(payload: &Payload, stored: &Stored, marks: &str) -> Result<Value, GateError> {
    let Payload {
        pipeline,
        release,
        stage,
        execution,
        ..
    } = payload;
    let plan = &stored.plan;
    let gates: Vec<Value> = plan
        .plan
        .gates
        .iter()
        .map(|gate| {
            json!({
                "gate": gate.name,
                "kind": gate.settings.kind(),
                "execution": names::gate_execution(execution, stage, &gate.name),
                "attempt": names::attempt(execution, &gate.name),
            })
        })
        .collect();
    let policies = &plan.plan.policies;
    let mut handed_on = json!({ "key": plan.key(), "sha256": stored.sha256 });
    if let Some(ends) = payload.ends {
        handed_on["ends"] = json!(ends);
    }
    let answer = json!({
        "service": plan.service,
        "plan": handed_on,
        "gates": gates,
        "stop_others": plan.plan.stop_others,
        "policies": {
            "on_fail": policy(&policies.on_fail),
            "on_inconclusive": policy(&policies.on_inconclusive),
            "on_error": policy(&policies.on_error),
        },
        "mark": { "table": marks, "id": names::stop_mark(pipeline, release, stage, execution) },
        "order": {
            "id": names::rollback_order(pipeline, release, stage),
            "execution": names::rollback_execution(pipeline, release, stage),
        },
        "from": plan.from,
        "remarks": stored.remarks,
    });
    let bytes = answer.to_string().len();
    if bytes <= PLAN_ANSWER_BYTES_MAX {
        return Ok(answer);
    }
    Err(GateError::SettingsInvalid {
        place: format!("the plan of stage `{stage}`"),
        problems: format!(
            "its gates and whom they notify come to {bytes} bytes of names, and at most {PLAN_ANSWER_BYTES_MAX} are handed on: give them shorter names"
        ),
    })
}

fn policy(policy: &Policy) -> Value {
    json!({
        "roll_back": { "by": policy.roll_back.by(), "target": policy.roll_back.target() },
        "notify": policy.notify,
    })
}
