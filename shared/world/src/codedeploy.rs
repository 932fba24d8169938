//! CodeDeploy: deployments that ask hooks, of functions and of services of ECS.
//!
//! A hook's function is sent an event, which Lambda delivers as any other. The
//! deployment waits until the hook is answered, for an hour at most. What its
//! documentation leaves open is a switch ([`DeploymentSwitches`]).

mod run;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::caller::Caller;
use crate::wire::{ApiError, Protocol, Time};

/// What the target of a deployment shows of an event whose hook runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ShownEvent {
    /// It is in progress.
    #[default]
    InProgress,
    /// It has not begun.
    Pending,
    /// Another one is in progress beside it.
    WithAnother,
}

/// How hooks of deployments behave where the documentation leaves it open.
#[derive(Debug, Clone)]
pub struct DeploymentSwitches {
    /// After so long without an answer the hook has failed. Documented: an hour.
    pub silence_limit: SignedDuration,
    /// What is shown of an event whose hook runs. Not documented; default in
    /// progress.
    pub shows: ShownEvent,
    /// Whether the event of a hook arrives twice. Lambda's events do; default
    /// no.
    pub sends_twice: bool,
}

impl Default for DeploymentSwitches {
    fn default() -> DeploymentSwitches {
        DeploymentSwitches {
            silence_limit: SignedDuration::from_hours(1),
            shows: ShownEvent::default(),
            sends_twice: false,
        }
    }
}

/// A deployment of the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentRun {
    /// Its id.
    pub id: String,
    /// The application's name.
    pub application: String,
    /// The deployment group's name.
    pub group: String,
    /// Who made it, in CodeDeploy's words.
    pub creator: String,
    /// In CodeDeploy's words.
    pub status: String,
    /// Its hooks that were called, in order.
    pub hooks: Vec<HookRun>,
}

/// A hook that was called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookRun {
    /// The lifecycle event.
    pub event: String,
    /// What names this call.
    pub id: String,
    /// When it was called.
    pub began: Timestamp,
    /// What it was answered, and when.
    pub answered: Option<(String, Timestamp)>,
    /// Whether it can still be answered.
    pub is_open: bool,
}

/// All deployments of the world.
#[derive(Debug, Default)]
pub(crate) struct CodeDeploy {
    pub(crate) switches: DeploymentSwitches,
    pub(crate) deployments: Vec<DeploymentRun>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Which {
    deployment_id: String,
    #[serde(default)]
    target_ids: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PutStatus {
    deployment_id: String,
    lifecycle_event_hook_execution_id: String,
    status: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    lifecycle_event_name: String,
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_time: Option<Time>,
}

impl CodeDeploy {
    pub(crate) fn call(
        &mut self,
        caller: &Caller<'_>,
        operation: &str,
        protocol: Protocol,
        body: &[u8],
    ) -> Result<Vec<u8>, ApiError> {
        match operation {
            "GetDeployment" => protocol.run(body, |input: Which| {
                let own = self.known(&input.deployment_id)?;
                Ok(json!({ "deploymentInfo": {
                    "deploymentId": own.id,
                    "applicationName": own.application,
                    "deploymentGroupName": own.group,
                    "creator": own.creator,
                    "status": own.status,
                    "computePlatform": "Lambda",
                }}))
            }),
            "ListDeploymentTargets" => protocol.run(body, |input: Which| {
                let own = self.known(&input.deployment_id)?;
                Ok(json!({ "targetIds": [target(own)] }))
            }),
            "BatchGetDeploymentTargets" => protocol.run(body, |input| self.targets(&input)),
            "PutLifecycleEventHookExecutionStatus" => {
                protocol.run(body, |input| self.put(caller.now, &input))
            }
            other => {
                let message = format!("this world's CodeDeploy has no operation {other}");
                Err(ApiError::client("UnknownOperationException", message))
            }
        }
    }

    fn known(&self, id: &str) -> Result<&DeploymentRun, ApiError> {
        let own = self.deployments.iter().find(|own| own.id == id);
        own.ok_or_else(|| {
            let message = format!("The deployment {id} could not be found");
            ApiError::client("DeploymentDoesNotExistException", message)
        })
    }

    fn targets(&self, input: &Which) -> Result<serde_json::Value, ApiError> {
        let own = self.known(&input.deployment_id)?;
        let mut found = Vec::new();
        for id in &input.target_ids {
            if *id != target(own) {
                let message = format!("The deployment target {id} could not be found");
                return Err(ApiError::client(
                    "DeploymentTargetDoesNotExistException",
                    message,
                ));
            }
            found.push(json!({
                "deploymentTargetType": "LambdaTarget",
                "lambdaTarget": {
                    "deploymentId": own.id,
                    "targetId": id,
                    "status": own.status,
                    "lifecycleEvents": self.events(own),
                },
            }));
        }
        Ok(json!({ "deploymentTargets": found }))
    }

    fn events(&self, own: &DeploymentRun) -> Vec<Event> {
        let shown = own.hooks.iter().map(|hook| {
            let status = match (&hook.answered, self.switches.shows) {
                (Some((status, _)), _) => status.as_str(),
                (None, ShownEvent::Pending) => "Pending",
                (None, _) if hook.is_open => "InProgress",
                (None, _) => "Failed",
            };
            Event {
                lifecycle_event_name: hook.event.clone(),
                status: status.to_owned(),
                start_time: (status != "Pending").then_some(Time(hook.began)),
            }
        });
        let another = (self.switches.shows == ShownEvent::WithAnother).then(|| Event {
            lifecycle_event_name: "AllowTraffic".to_owned(),
            status: "InProgress".to_owned(),
            start_time: None,
        });
        shown.chain(another).collect()
    }

    fn put(&mut self, now: Timestamp, input: &PutStatus) -> Result<serde_json::Value, ApiError> {
        self.known(&input.deployment_id)?;
        if !["Succeeded", "Failed"].contains(&input.status.as_str()) {
            let message = "The lifecycle event hook execution status is invalid";
            let code = "InvalidLifecycleEventHookExecutionStatusException";
            return Err(ApiError::client(code, message));
        }
        let name = &input.lifecycle_event_hook_execution_id;
        let mut own = self.deployments.iter_mut();
        let own = own.find(|own| own.id == input.deployment_id);
        let hook = own.and_then(|own| own.hooks.iter_mut().find(|hook| hook.id == *name));
        let Some(hook) = hook else {
            let message = "The lifecycle event hook execution ID is invalid";
            let code = "InvalidLifecycleEventHookExecutionIdException";
            return Err(ApiError::client(code, message));
        };
        if hook.answered.is_some() || !hook.is_open {
            let message = "The lifecycle event has already completed";
            let code = "LifecycleEventAlreadyCompletedException";
            return Err(ApiError::client(code, message));
        }
        hook.answered = Some((input.status.clone(), now));
        Ok(json!({ "lifecycleEventHookExecutionId": name }))
    }
}

fn target(own: &DeploymentRun) -> String {
    format!("{}:{}", own.application, own.group)
}
