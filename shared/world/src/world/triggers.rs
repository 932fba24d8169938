//! What has a function invoked without anybody waiting: EventBridge's events
//! of actions that started, and its schedules.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::{WeakWorld, World};
use crate::caller::uuid;
use crate::codepipeline::{Happening, Invocation, What};

/// Has a function invoked again and again, for as long as it is held and the
/// world is there.
#[must_use = "a schedule ends when it is dropped"]
#[derive(Debug)]
pub struct Schedule(JoinHandle<()>);

impl Drop for Schedule {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl World {
    /// Has EventBridge invoke a function each time that an action of a custom
    /// type has started. What befalls the events of CodePipeline befalls
    /// these: they are counted together.
    pub fn invoke_on_started(&self, function: &str) {
        let (weak, function) = (self.downgraded(), function.to_owned());
        self.observe(Arc::new(move |happening| {
            if let Some(world) = weak.upgrade() {
                world.tell_started(happening, &function);
            }
        }));
    }

    /// Has EventBridge invoke a function in this interval, the first time one
    /// interval from now. Needs a tokio runtime.
    pub fn invoke_every(&self, interval: SignedDuration, function: &str) -> Schedule {
        let (weak, function) = (self.downgraded(), function.to_owned());
        Schedule(tokio::spawn(async move {
            for number in 1.. {
                tokio::time::sleep(interval.try_into().unwrap_or_default()).await;
                let Some(world) = weak.upgrade() else { return };
                let id = uuid(0x8012, number);
                let resource = world.arn("events", "rule/schedule");
                let kind = ("aws.events", "Scheduled Event");
                let event = world.envelope(&id, kind, &resource, &json!({}));
                world.0.lambda.send(invocation(&function, event, id));
            }
        }))
    }

    fn tell_started(&self, happening: &Happening, function: &str) {
        let What::JobCreated {
            stage,
            action,
            continues: false,
            number: Some(number),
            ..
        } = &happening.what
        else {
            return;
        };
        let Some(detail) = self.detail(happening, stage, action) else {
            return;
        };
        let id = uuid(0x8010, *number);
        let resource = self.arn("codepipeline", &happening.pipeline);
        let kind = (
            "aws.codepipeline",
            "CodePipeline Action Execution State Change",
        );
        let event = self.envelope(&id, kind, &resource, &detail);
        let arrivals = self.0.codepipeline.arrivals(*number);
        for (copy, delay) in arrivals.into_iter().enumerate() {
            let id = uuid(0x8011, *number * 2 + copy as u64);
            send_after(
                self.downgraded(),
                delay,
                invocation(function, event.clone(), id),
            );
        }
    }

    /// The detail of the event, where the action is of a custom type.
    fn detail(&self, happening: &Happening, stage: &str, action: &str) -> Option<Value> {
        let execution = self.0.codepipeline.execution(&happening.execution)?;
        let mut stages = execution.stages.iter();
        let stage = stages.find(|own| own.name == stage)?;
        let run = stage.actions.iter().rfind(|own| own.name == action)?;
        (run.action_type.owner == "Custom").then(|| {
            json!({
                "pipeline": happening.pipeline,
                "execution-id": happening.execution,
                "stage": stage.name,
                "action": action,
                "action-execution-id": run.id,
                "state": "STARTED",
                "region": self.0.scenario.region,
                "type": run.action_type,
                "version": execution.pipeline_version,
                "pipeline-execution-attempt": 1,
            })
        })
    }

    fn arn(&self, service: &str, resource: &str) -> String {
        let (region, account) = (&self.0.scenario.region, &self.0.scenario.account);
        format!("arn:aws:{service}:{region}:{account}:{resource}")
    }

    fn envelope(&self, id: &str, kind: (&str, &str), resource: &str, detail: &Value) -> Value {
        json!({
            "version": "0",
            "id": id,
            "source": kind.0,
            "detail-type": kind.1,
            "account": self.0.scenario.account,
            "time": format!("{:.0}", self.0.clock.now()),
            "region": self.0.scenario.region,
            "resources": [resource],
            "detail": detail,
        })
    }
}

fn invocation(function: &str, event: Value, request_id: String) -> Invocation {
    Invocation {
        function: function.to_owned(),
        event,
        request_id,
        deadline: Timestamp::MAX,
        attempt: 1,
    }
}

fn send_after(world: WeakWorld, delay: SignedDuration, invocation: Invocation) {
    tokio::spawn(async move {
        tokio::time::sleep(delay.try_into().unwrap_or_default()).await;
        if let Some(world) = world.upgrade() {
            world.0.lambda.send(invocation);
        }
    });
}

#[cfg(test)]
mod tests;
