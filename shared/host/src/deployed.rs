//! The function `hook`: a deployment of CodeDeploy asks whether it may go on.
//!
//! The event names a deployment and nothing else. What it is of is read, what
//! the installation says of that group is looked up, and the state machine
//! `hook` is started, under a name that follows from the hook: it has the gate
//! asked and answers. Whatever keeps it from being started is answered
//! `Failed` here, so that no deployment waits for an hour. A deployment that
//! goes back is held up by no gate. Start at [`answer_deployment`].

mod groups;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sluice_aws::{Aws, AwsError, RunningEvent};
use sluice_core::GateError;
use sluice_core::reading::Place;
use sluice_core::token::sha256;

use crate::{Cut, Log, time_to_work, within};
use groups::{Group, group};

/// CodeDeploy fails a hook that is silent for an hour. Ten minutes of that are
/// kept, for starting and for answering.
const GATE_ENDS_AFTER: SignedDuration = SignedDuration::from_mins(50);

/// What the function `hook` is made of.
pub struct Deployments {
    /// AWS.
    pub aws: Aws,
    /// The ARN of the state machine `hook` (`SLUICE_HOOK_ARN`).
    pub machine: String,
    /// Which gates deployment groups ask (`SLUICE_HOOK_GROUPS`), as JSON.
    pub groups: Option<String>,
    /// Where its log goes.
    pub log: Log,
}

/// What a hook's event says.
#[derive(Debug, Clone, Copy)]
struct Hook<'a> {
    deployment: &'a str,
    id: &'a str,
}

impl Hook<'_> {
    fn read(raw: &Value) -> Option<Hook<'_>> {
        let text = |name: &str| raw.get(name)?.as_str().filter(|text| !text.is_empty());
        Some(Hook {
            deployment: text("DeploymentId")?,
            id: text("LifecycleEventHookExecutionId")?,
        })
    }

    /// A name for what is started: the same for an event that comes twice.
    fn execution(&self) -> String {
        const DIGITS: usize = 40;
        let digest = sha256(format!("{}/{}", self.deployment, self.id).as_bytes());
        format!("hook-{}", &digest[..DIGITS])
    }
}

/// Handles one event: has the gate asked, or answers that the deployment may
/// not go on. Gives a word for whoever invoked the function.
///
/// # Errors
///
/// Only where that answer did not get through, so that Lambda runs the same
/// event again.
pub async fn answer_deployment(
    raw: &Value,
    deadline: Timestamp,
    host: &Deployments,
) -> Result<&'static str, AwsError> {
    let Some(hook) = Hook::read(raw) else {
        (host.log)(json!({
            "level": "ERROR",
            "message": "the event is of no hook, so there is nobody to answer",
            "hint": "name this function as a hook of CodeDeploy: docs/hooks.md",
        }));
        return Ok("nobody to answer");
    };
    let time = time_to_work(host.aws.now(), deadline);
    let error = match within(time, begin(hook, host), &host.aws).await {
        Ok(Ok(Begun::Asked)) => return Ok("started"),
        Ok(Ok(Begun::GoesBack)) => {
            host.aws.answer_hook(hook.deployment, hook.id, true).await?;
            return Ok("goes back");
        }
        Ok(Err(error)) => error,
        Err(Cut::Panicked(detail)) => GateError::Crashed { detail },
        Err(Cut::OutOfTime) => GateError::OutOfTime {
            left: sluice_core::Duration::from_signed(deadline.duration_since(host.aws.now())),
        },
    };
    (host.log)(json!({
        "level": "ERROR",
        "message": "no gate could be asked, so the deployment does not go on",
        "deployment": hook.deployment,
        "error": error.name(),
        "text": format!("{error}\n\nhint: {}", error.hint()),
    }));
    host.aws
        .answer_hook(hook.deployment, hook.id, false)
        .await?;
    Ok("failed")
}

/// What a hook's event begins.
enum Begun {
    /// A gate is asked.
    Asked,
    /// The deployment goes back: the earlier revision was judged before.
    GoesBack,
}

/// Starts the state machine, or finds that it was started before.
async fn begin(hook: Hook<'_>, host: &Deployments) -> Result<Begun, GateError> {
    let deployment = host.aws.deployment(hook.deployment).await?;
    let name = format!("{}/{}", deployment.application, deployment.group);
    if deployment.rollback {
        (host.log)(json!({
            "level": "INFO",
            "message": "the deployment goes back: no gate is asked",
            "deployment": hook.deployment,
            "group": name,
        }));
        return Ok(Begun::GoesBack);
    }
    let group = group(host.groups.as_deref(), &name)?;
    // One event that runs is this hook's. Where it cannot be told, a group that
    // has one gate has that one asked.
    let running = host.aws.running_events(hook.deployment).await;
    let running = running.unwrap_or_default();
    let gate = group.gate(&name, &running)?;
    let input = input(hook, &deployment.application, &group, gate, &running, host);
    let place = Place::default();
    let started = host
        .aws
        .start_execution(&place, &host.machine, &hook.execution(), &input.to_string())
        .await?;
    (host.log)(json!({
        "level": "INFO",
        "message": "a gate is asked",
        "deployment": hook.deployment,
        "group": name,
        "gate": gate,
        "execution": started.arn(),
    }));
    Ok(Begun::Asked)
}

/// What the state machine is started with. It is the same for an event that
/// comes twice, where CodeDeploy says when the hook was called.
fn input(
    hook: Hook<'_>,
    application: &str,
    group: &Group,
    gate: &str,
    running: &[RunningEvent],
    host: &Deployments,
) -> Value {
    let now = host.aws.now();
    let began = running.iter().filter_map(|event| event.began).min();
    let ends = began.unwrap_or(now).min(now) + GATE_ENDS_AFTER;
    json!({
        "deployment": hook.deployment,
        "hook": hook.id,
        "pipeline": group.pipeline.as_deref().unwrap_or(application),
        "release": hook.deployment,
        "stage": group.stage,
        "service": group.service,
        "gate": gate,
        "ends": ends,
    })
}
