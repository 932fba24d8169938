//! CodeDeploy: deployments that ask hooks, and how they are answered.

use aws_sdk_codedeploy::types::{DeploymentTarget, LifecycleEvent, LifecycleEventStatus};
use jiff::Timestamp;
use sluice_core::reading::Place;

use crate::clients::Aws;
use crate::cloudwatch::{moment, unreadable};
use crate::error::{AwsError, sorted};

/// Who makes deployments that go back.
const ROLLBACKS: [&str; 2] = ["codeDeployRollback", "CloudFormationRollback"];

/// A deployment, as far as a hook asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// The application's name.
    pub application: String,
    /// The deployment group's name.
    pub group: String,
    /// In CodeDeploy's words.
    pub status: String,
    /// Whether it was made to go back to an earlier revision, and not by a
    /// person.
    pub rollback: bool,
}

/// A lifecycle event of a deployment that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningEvent {
    /// For instance `BeforeAllowTraffic`.
    pub name: String,
    /// When it began, where CodeDeploy says so.
    pub began: Option<Timestamp>,
}

impl Aws {
    /// What a deployment is of.
    pub async fn deployment(&self, id: &str) -> Result<Deployment, AwsError> {
        let (operation, place) = ("codedeploy:GetDeployment", Place::default());
        let answer = self
            .codedeploy()
            .get_deployment()
            .deployment_id(id)
            .send()
            .await
            .map_err(|error| sorted(operation, &place, error).about(id))?;
        let told = answer.deployment_info;
        let read = told.and_then(|info| {
            Some(Deployment {
                application: info.application_name?,
                group: info.deployment_group_name?,
                status: info.status?.as_str().to_owned(),
                rollback: info
                    .creator
                    .is_some_and(|creator| ROLLBACKS.contains(&creator.as_str())),
            })
        });
        let what = "it does not say of which application and group it is";
        read.ok_or_else(|| unreadable(operation, &place, what).about(id))
    }

    /// The lifecycle events of a deployment that run now, each once. A
    /// deployment of a function or a service of ECS has one target.
    pub async fn running_events(&self, id: &str) -> Result<Vec<RunningEvent>, AwsError> {
        let place = Place::default();
        let listed = self
            .codedeploy()
            .list_deployment_targets()
            .deployment_id(id)
            .send()
            .await
            .map_err(|error| sorted("codedeploy:ListDeploymentTargets", &place, error).about(id))?;
        let answer = self
            .codedeploy()
            .batch_get_deployment_targets()
            .deployment_id(id)
            .set_target_ids(listed.target_ids)
            .send()
            .await
            .map_err(|error| {
                sorted("codedeploy:BatchGetDeploymentTargets", &place, error).about(id)
            })?;
        let mut running: Vec<RunningEvent> = Vec::new();
        for event in answer.deployment_targets.iter().flatten().flat_map(events) {
            let read = running_event(event);
            running.extend(read.filter(|own| running.iter().all(|other| other.name != own.name)));
        }
        Ok(running)
    }

    /// Answers a hook. Whether one was answered before makes no difference.
    pub async fn answer_hook(
        &self,
        deployment: &str,
        hook: &str,
        goes_on: bool,
    ) -> Result<(), AwsError> {
        let operation = "codedeploy:PutLifecycleEventHookExecutionStatus";
        let status = match goes_on {
            true => LifecycleEventStatus::Succeeded,
            false => LifecycleEventStatus::Failed,
        };
        let answer = self
            .codedeploy()
            .put_lifecycle_event_hook_execution_status()
            .deployment_id(deployment)
            .lifecycle_event_hook_execution_id(hook)
            .status(status)
            .send()
            .await
            .map_err(|error| sorted(operation, &Place::default(), error).about(deployment));
        match answer {
            Err(error) if !error.has_code("LifecycleEventAlreadyCompletedException") => Err(error),
            _ => Ok(()),
        }
    }
}

fn events(target: &DeploymentTarget) -> &[LifecycleEvent] {
    match (&target.lambda_target, &target.ecs_target) {
        (Some(lambda), _) => lambda.lifecycle_events(),
        (None, Some(ecs)) => ecs.lifecycle_events(),
        (None, None) => &[],
    }
}

fn running_event(event: &LifecycleEvent) -> Option<RunningEvent> {
    let runs = event.status == Some(LifecycleEventStatus::InProgress);
    let name = event.lifecycle_event_name.clone().filter(|_| runs)?;
    Some(RunningEvent {
        name,
        began: event.start_time.as_ref().map(moment),
    })
}
