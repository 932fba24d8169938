//! The host of ECS's lifecycle hooks: the same gate, asked by a deployment of
//! a service, which waits for the answer.
//!
//! ECS calls the function again until it says how the hook ended. A call
//! becomes a job of the types that a task's payload is read into, so that a
//! look is the same look; what it hands to the next one stands in
//! `hookDetails`, and in the bucket for the case that ECS does not give it
//! back. `SUCCEEDED` is said of a `go` alone, and of a deployment that is
//! already going back, which no gate holds up. Start at [`handle_hook`].

mod event;
mod progress;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use sluice_core::token::Token;
use sluice_core::verdict::Outcome;

use crate::Host;
use crate::answer::{log_open, say};
use crate::look::{Concluded, Ending, gate_error};
use crate::publish::{ECS_HOOK, verdict};

use event::Called;
pub use event::is_hook;
pub(crate) use event::job;

/// What to write into a hook's `hookDetails`.
pub(crate) const EXAMPLE: &str =
    r#"{"service":"NAME","stage":"NAME","gate":"bake","settings":{...}}"#;

/// The shortest and the longest time until the next call, in seconds. ECS's
/// own is 30; which ones it takes is not documented.
const DELAY_SECONDS: (i64, i64) = (5, 300);

/// What ECS is told of a hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HookStatus {
    /// The deployment goes on.
    Succeeded,
    /// The deployment goes back.
    Failed,
    /// ECS is to call again.
    InProgress,
}

/// What the function returns to ECS.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HookAnswer {
    /// How the hook is.
    pub hook_status: HookStatus,
    /// Seconds until the next call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_back_delay: Option<i64>,
    /// What the next call is to bring.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hook_details: Option<Value>,
}

impl HookAnswer {
    fn ended(hook_status: HookStatus) -> HookAnswer {
        HookAnswer {
            hook_status,
            call_back_delay: None,
            hook_details: None,
        }
    }
}

/// Handles one call. `deadline` is when the function is killed.
pub async fn handle_hook(raw: &Value, deadline: Timestamp, host: &Host) -> HookAnswer {
    let mut called = Called::read(raw);
    if called.goes_back() {
        (host.log)(logged(
            &called,
            "the deployment goes back: no gate is asked",
        ));
        return HookAnswer::ended(HookStatus::Succeeded);
    }
    let now = host.aws.now();
    let concluded = match called.problem.take() {
        Some(problem) => gate_error(&called.event(None), &called.attempt, now, problem),
        None => {
            let token = progress::token(&called, host).await;
            let event = called.event(token);
            crate::concluded(&event, &called.attempt, deadline, host).await
        }
    };
    match concluded {
        Concluded::Continue { token, line, .. } => again(&called, &token, &line, host).await,
        Concluded::End(ending) => end(&called, *ending, deadline, host).await,
    }
}

/// The gate goes on.
async fn again(called: &Called, token: &Token, line: &str, host: &Host) -> HookAnswer {
    let text = token.write();
    progress::keep(called, &text, host).await;
    log_open(logged(called, line), token, host);
    let wait = token
        .not_before
        .map_or(0, |moment| moment.duration_since(host.aws.now()).as_secs());
    HookAnswer {
        hook_status: HookStatus::InProgress,
        call_back_delay: Some(wait.clamp(DELAY_SECONDS.0, DELAY_SECONDS.1)),
        hook_details: Some(called.details_with(&text)),
    }
}

/// The gate has its answer, which the release may go on with or not.
async fn end(called: &Called, ending: Ending, deadline: Timestamp, host: &Host) -> HookAnswer {
    let said = say(ending, host).await;
    said.log(&called.attempt, host);
    host.bus()
        .publish(&verdict(&said, ECS_HOOK), deadline)
        .await;
    HookAnswer::ended(match said.evidence.decision.outcome {
        Outcome::Go => HookStatus::Succeeded,
        Outcome::Stop => HookStatus::Failed,
    })
}

fn logged(called: &Called, text: &str) -> Value {
    json!({
        "level": "INFO",
        "message": "goes on",
        "deployment": called.deployment,
        "lifecycle_stage": called.lifecycle_stage,
        "job": called.attempt,
        "text": text,
    })
}
