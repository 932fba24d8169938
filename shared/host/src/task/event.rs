//! What a state machine passes to a gate's function: the payload of a task, in
//! the types that jobs are read into.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use sluice_core::GateError;
use sluice_core::settings::ReleaseCheck;
use sluice_core::token::is_job_id;

use crate::hook;
use crate::job::{ActionConfiguration, Configuration, Data, Job};

/// What to pass where nothing useful was.
pub(crate) const EXAMPLE: &str = r#"{"sluice_task":1,"pipeline":"NAME","release":"ID","stage":"NAME","service":"NAME","gate":"bake","attempt":"UUID","plan":{"key":"KEY","sha256":"DIGEST"},"started":"TIME","memory":null}"#;

/// CodePipeline's own action for state machines may take seven days. Four
/// hours of that are kept: for starting, and for what follows from a verdict.
const TASK_ENDS_AFTER: SignedDuration = SignedDuration::from_hours(6 * 24 + 20);

/// Of the time that a lifecycle hook has, this part is kept: an hour of a day.
const HOOK_KEEPS: i32 = 24;

/// The field that tells a task's payload, with the version of its form.
const TASK: &str = "sluice_task";

/// A task's payload.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    sluice_task: u32,
    pipeline: String,
    release: String,
    stage: String,
    gate: String,
    attempt: String,
    #[serde(default)]
    service: Option<String>,
    #[serde(default)]
    plan: Option<StoredPlan>,
    #[serde(default)]
    settings: Option<Value>,
    #[serde(default)]
    release_check: ReleaseCheck,
    #[serde(default)]
    mark: Option<Mark>,
    #[serde(default)]
    started: Option<Timestamp>,
    #[serde(default)]
    memory: Option<String>,
}

/// What a task says that a job does not.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Where the plan is that holds for this release.
    pub(crate) plan: Option<StoredPlan>,
    /// What ends this gate, once it is there.
    pub(crate) mark: Option<Mark>,
    started: Option<Timestamp>,
    by: By,
}

/// Who asks that is no action.
#[derive(Debug, Clone, Copy)]
enum By {
    /// A state machine.
    Machine,
    /// A lifecycle hook of ECS, which waits for so long.
    Hook(SignedDuration),
}

/// A plan that was resolved for a release and a stage.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredPlan {
    /// Its key in the evidence bucket.
    pub(crate) key: String,
    /// SHA-256 of the object, in hexadecimal.
    pub(crate) sha256: String,
    /// When whoever started the state machine ends, if that is sooner than
    /// CodePipeline's own action for state machines.
    #[serde(default)]
    ends: Option<Timestamp>,
    /// Whether that is a deployment's hook.
    #[serde(default)]
    hook: bool,
}

/// Where a mark is looked for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mark {
    /// The table.
    pub(crate) table: String,
    /// The item's key.
    pub(crate) id: String,
}

impl Asked {
    /// Asked by a lifecycle hook of ECS, which has its settings with it.
    pub(crate) fn by_hook(lasts: SignedDuration) -> Asked {
        Asked {
            plan: None,
            mark: None,
            started: None,
            by: By::Hook(lasts),
        }
    }

    /// When the host ends for good, for a task that is first looked at now.
    pub(crate) fn ends(&self, now: Timestamp) -> Timestamp {
        if let By::Hook(lasts) = self.by {
            return now + lasts - lasts / HOOK_KEEPS;
        }
        let started = self.started.unwrap_or(now).min(now);
        let own = started + TASK_ENDS_AFTER;
        let plan = self.plan.as_ref();
        plan.and_then(|plan| plan.ends)
            .map_or(own, |ends| ends.min(own))
    }

    /// That it was given no settings.
    pub(super) fn without_settings(&self) -> GateError {
        let (detail, mend) = match self.by {
            By::Machine => (
                "the task's payload has neither `plan` nor `settings`",
                format!("let the state machine pass {EXAMPLE}, or the gate's `settings`"),
            ),
            By::Hook(_) => (
                "the hook's `hookDetails` have no `settings`, and a hook has no plan",
                format!("write {} into them: docs/hooks.md", hook::EXAMPLE),
            ),
        };
        GateError::ParametersInvalid {
            detail: detail.to_owned(),
            mend,
        }
    }

    /// Why it ends then, for people.
    pub(crate) fn why(&self) -> &'static str {
        if let By::Hook(_) = self.by {
            return "ECS ends a lifecycle hook after its `timeoutConfiguration` (24h, or `timeout_minutes` in `hookDetails`)";
        }
        if self.plan.as_ref().is_some_and(|plan| plan.hook) {
            return "CodeDeploy ends a hook an hour after it called it";
        }
        match self.plan.as_ref().and_then(|plan| plan.ends) {
            Some(_) => "CodePipeline ends this action 24h after its start",
            None => "CodePipeline ends an action that runs a state machine 7d after its start",
        }
    }
}

/// Whether an event is a task of a state machine.
pub fn is_task(raw: &Value) -> bool {
    raw.get(TASK).is_some()
}

/// What names a task's attempt, found before anything else is read.
pub(super) fn attempt(raw: &Value) -> Option<&str> {
    raw.get("attempt")?.as_str().filter(|id| is_job_id(id))
}

/// A task as a job: what it says stands in the form of `UserParameters`, which
/// are then read and checked as those of an action.
pub(crate) fn job(raw: &Value) -> Result<Job, serde_json::Error> {
    let payload = Payload::deserialize(raw)?;
    if payload.sluice_task != 1 {
        let form = payload.sluice_task;
        return Err(serde::de::Error::custom(format!(
            "`{TASK}` is {form}, and this function reads 1"
        )));
    }
    if !is_job_id(&payload.attempt) {
        return Err(serde::de::Error::custom(
            "`attempt` is no UUID in lower case",
        ));
    }
    let mut parameters = json!({
        "pipeline": payload.pipeline,
        "release": payload.release,
        "stage": payload.stage,
        "gate": payload.gate,
        "release_check": payload.release_check,
    });
    if let Some(service) = payload.service {
        parameters["service"] = json!(service);
    }
    if let Some(settings) = payload.settings {
        parameters["settings"] = settings;
    }
    Ok(Job {
        data: Data {
            action_configuration: Some(ActionConfiguration {
                configuration: Some(Configuration {
                    user_parameters: Some(parameters.to_string()),
                }),
            }),
            continuation_token: payload.memory,
            ..Data::default()
        },
        task: Some(Asked {
            plan: payload.plan,
            mark: payload.mark,
            started: payload.started,
            by: By::Machine,
        }),
        of_action: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("in range")
    }

    fn payload() -> Value {
        json!({
            "sluice_task": 1, "pipeline": "checkout", "release": "r-1", "stage": "prod", "gate": "bake",
            "attempt": "11111111-abcd-1111-abcd-111111abcdef", "service": null, "mark": null, "memory": null,
            "started": at(0), "plan": {"key": "plans/checkout/r-1/prod.json", "sha256": "00"},
        })
    }

    #[test]
    fn a_task_ends_before_codepipelines_action_does() {
        let job = job(&payload()).expect("a task");
        let asked = job.task.expect("asked by a task");
        assert_eq!(asked.ends(at(600)), at(0) + TASK_ENDS_AFTER);
        assert!(TASK_ENDS_AFTER < SignedDuration::from_hours(7 * 24));
    }

    #[test]
    fn a_task_of_checks_that_an_action_started_ends_with_it() {
        let mut payload = payload();
        payload["plan"]["ends"] = json!(at(82_000));
        let asked = job(&payload).expect("a task").task.expect("asked");
        assert_eq!(asked.ends(at(600)), at(82_000));
        assert!(asked.why().contains("24h"));
    }

    #[test]
    fn a_start_in_the_future_gives_no_more_time() {
        let mut payload = payload();
        payload["started"] = json!(at(1_000_000));
        let asked = job(&payload).expect("a task").task.expect("asked");
        assert_eq!(asked.ends(at(0)), at(0) + TASK_ENDS_AFTER);
    }

    #[test]
    fn another_form_and_unknown_fields_are_refused() {
        for (field, value) in [("sluice_task", json!(2)), ("verdict", json!("pass"))] {
            let mut payload = payload();
            payload[field] = value;
            assert!(job(&payload).is_err(), "{field}");
        }
    }

    #[test]
    fn the_example_has_the_form_of_a_payload() {
        let filled = EXAMPLE
            .replace("TIME", "2026-01-01T00:00:00Z")
            .replace("UUID", "11111111-abcd-1111-abcd-111111abcdef");
        let example = serde_json::from_str(&filled).expect("JSON");
        assert!(is_task(&example) && job(&example).is_ok());
    }
}
