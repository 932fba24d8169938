//! The stack of a probe: made, and removed with all that came into it.

use std::sync::OnceLock;

use sluice_aws::{AwsError, StackState};

use super::TEMPLATE;
use super::run::Probe;
use crate::region::Stopped;

/// How often removing is begun again: the function may still write into a
/// bucket that was just emptied.
const REMOVALS_MAX: usize = 3;

/// The stack.
pub(super) struct Stack {
    pub(super) name: String,
    made: OnceLock<StackState>,
}

impl Stack {
    pub(super) fn named(name: &str) -> Stack {
        let name = name.to_owned();
        let made = OnceLock::new();
        Stack { name, made }
    }

    /// One of its outputs; empty before it is made.
    pub(super) fn output(&self, name: &str) -> &str {
        let outputs = self.made.get().map(|made| &made.outputs);
        let output = outputs.and_then(|outputs| outputs.get(name));
        output.map_or("", String::as_str)
    }

    /// What removes it by hand.
    pub(super) fn how_to_remove(&self) -> String {
        let name = &self.name;
        let bucket = match self.output("Bucket") {
            "" => "its bucket".to_owned(),
            bucket => format!("the bucket `{bucket}`, all versions"),
        };
        format!("empty {bucket}, then `aws cloudformation delete-stack --stack-name {name}`")
    }

    /// Makes it, and waits until it is there.
    pub(super) async fn make(&self, probe: &Probe<'_>) -> Result<(), Stopped> {
        let name = &self.name;
        probe.say(&format!("making the stack {name}"));
        probe.aws.create_stack(name, TEMPLATE).await?;
        let ended = async || {
            let stack = probe.aws.stack(name).await?;
            Ok(stack.filter(|stack| !stack.status.ends_with("_IN_PROGRESS")))
        };
        let made = probe.until(ended).await?;
        let made = made.ok_or_else(|| {
            let error = format!("the stack `{name}` was not made in time");
            Stopped::unread(error, "`--patience 30m` waits longer")
        })?;
        if made.status != "CREATE_COMPLETE" {
            let failures = probe.aws.stack_failures(name).await.unwrap_or_default();
            let why = failures.join("; ");
            let error = format!("the stack `{name}` is {}: {why}", made.status);
            let hint = "sign in as somebody who may create it: `sluice probe` says what is in it";
            return Err(Stopped::unread(error, hint));
        }
        probe.say("the stack is there");
        // It is made once.
        let _ = self.made.set(made);
        Ok(())
    }

    /// Removes it, or says why it is still there.
    pub(super) async fn remove(&self, probe: &Probe<'_>) -> Result<(), String> {
        let name = &self.name;
        let mut last = String::new();
        for _ in 0..REMOVALS_MAX {
            match self.try_to_remove(probe).await {
                Ok(None) => {
                    probe.say("nothing is left of the stack");
                    return Ok(());
                }
                Ok(Some(why)) => last = why,
                Err(error) => last = error.to_string(),
            }
        }
        Err(format!("the stack `{name}`: {last}"))
    }

    /// Why it is still there, if it is.
    async fn try_to_remove(&self, probe: &Probe<'_>) -> Result<Option<String>, AwsError> {
        let Stack { name, .. } = self;
        let aws = probe.aws;
        if aws.stack(name).await?.is_none() {
            return Ok(None);
        }
        probe.say("removing the stack");
        let bucket = self.output("Bucket");
        if !bucket.is_empty() {
            stop_all(probe).await?;
            aws.empty_bucket(bucket).await?;
        }
        aws.delete_stack(name).await?;
        let ended = async || {
            Ok(match aws.stack(name).await? {
                None => Some(None),
                Some(stack) if stack.status == "DELETE_COMPLETE" => Some(None),
                Some(stack) if stack.status.ends_with("_IN_PROGRESS") => None,
                Some(stack) => Some(Some(stack.status)),
            })
        };
        match probe.until(ended).await? {
            Some(None) => Ok(None),
            None => Ok(Some("it was not removed in time".to_owned())),
            Some(Some(status)) => {
                let failures = aws.stack_failures(name).await.unwrap_or_default();
                Ok(Some(format!("{status}: {}", failures.join("; "))))
            }
        }
    }
}

/// Stops all releases of the probe's pipeline, those among them that began by
/// themselves when it was made.
pub(super) async fn stop_all(probe: &Probe<'_>) -> Result<(), AwsError> {
    let pipeline = probe.stack.output("Pipeline");
    for release in probe.aws.newest_releases(pipeline).await? {
        if !release.may_go_on() {
            continue;
        }
        match probe.aws.abandon_release(pipeline, &release.id).await {
            // It ended in this moment, or cannot be stopped any more.
            Err(error) if error.has_code("PipelineExecutionNotStoppableException") => {}
            Err(error) if error.has_code("DuplicatedStopRequestException") => {}
            other => other?,
        }
    }
    Ok(())
}
