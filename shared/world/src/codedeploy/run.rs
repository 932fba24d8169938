//! A deployment from its first hook to its end.

use http::Request;
use jiff::SignedDuration;
use serde_json::json;

use super::{DeploymentRun, HookRun};
use crate::World;
use crate::caller::uuid;

/// How often the deployment sees whether its hook was answered.
const SEEN_EVERY: SignedDuration = SignedDuration::from_secs(5);

impl World {
    /// Deploys to a group, asking `hooks` (lifecycle event and function) one
    /// after the other, and gives the deployment as it ended. `creator` is who
    /// made it, in CodeDeploy's words.
    pub async fn deploy(
        &self,
        (application, group): (&str, &str),
        creator: &str,
        hooks: &[(&str, &str)],
    ) -> DeploymentRun {
        let index = self.with_deployments(|own| {
            own.deployments.push(DeploymentRun {
                id: format!("d-{:09}", own.deployments.len() + 1),
                application: application.to_owned(),
                group: group.to_owned(),
                creator: creator.to_owned(),
                status: "InProgress".to_owned(),
                hooks: Vec::new(),
            });
            own.deployments.len() - 1
        });
        let mut goes_on = true;
        for (event, function) in hooks {
            goes_on = goes_on && self.ask(index, event, function).await;
        }
        self.with_deployments(|own| {
            let run = &mut own.deployments[index];
            run.status = if goes_on { "Succeeded" } else { "Failed" }.to_owned();
            run.clone()
        })
    }

    /// Calls a hook, and says whether the deployment goes on.
    async fn ask(&self, index: usize, event: &str, function: &str) -> bool {
        let began = self.clock().now();
        let (deployment, hook, twice, limit) = self.with_deployments(|own| {
            let run = &mut own.deployments[index];
            let number = (index * 100 + run.hooks.len()) as u64;
            let id = uuid(0x8020, number);
            run.hooks.push(HookRun {
                event: event.to_owned(),
                id: id.clone(),
                began,
                answered: None,
                is_open: true,
            });
            let switches = &own.switches;
            (
                run.id.clone(),
                id,
                switches.sends_twice,
                switches.silence_limit,
            )
        });
        let event = json!({
            "DeploymentId": deployment,
            "LifecycleEventHookExecutionId": hook,
        });
        for _ in 0..=u8::from(twice) {
            self.send(function, &event.to_string()).await;
        }
        self.answered(index, began + limit).await
    }

    /// Hands an event to Lambda, which runs the function as it does.
    async fn send(&self, function: &str, event: &str) {
        let region = &self.scenario().region;
        let address = format!(
            "https://lambda.{region}.amazonaws.com/2015-03-31/functions/{function}/invocations"
        );
        let request = Request::post(address)
            .header("x-amz-invocation-type", "Event")
            .body(event.as_bytes().to_vec())
            .expect("the address is one");
        // A function that is not there is asked in vain.
        let _ = self.answer(request).await;
    }

    async fn answered(&self, index: usize, ends: jiff::Timestamp) -> bool {
        loop {
            let now = self.clock().now();
            let seen = self.with_deployments(|own| {
                let hook = own.deployments[index].hooks.last_mut()?;
                hook.is_open = hook.answered.is_none() && now < ends;
                match &hook.answered {
                    Some((status, _)) => Some(status == "Succeeded"),
                    None if hook.is_open => None,
                    None => Some(false),
                }
            });
            match seen {
                Some(goes_on) => return goes_on,
                None => self.clock().sleep_until(ends.min(now + SEEN_EVERY)).await,
            }
        }
    }
}
