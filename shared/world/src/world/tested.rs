//! The services in which tests of a release start, follow and read things.

use std::sync::Mutex;

use http::{Request, Response};

use super::target::Target;
use super::{World, lock};
use crate::caller::Caller;
use crate::codebuild::{BuildSwitches, CodeBuild, StartedBuild};
use crate::codedeploy::{CodeDeploy, DeploymentSwitches};
use crate::dynamodb::DynamoDb;
use crate::events::{EventBridge, Published};
use crate::lambda::{Invoked, Taken, takes};
use crate::secrets;
use crate::sns::{Message, Sns};
use crate::step_functions::{StartedExecution, StepFunctions};
use crate::synthetics::{CanarySwitches, Synthetics};
use crate::wire::ApiError;

/// What those services hold.
#[derive(Default)]
pub(super) struct Tested {
    codebuild: Mutex<CodeBuild>,
    codedeploy: Mutex<CodeDeploy>,
    dynamodb: Mutex<DynamoDb>,
    events: EventBridge,
    sns: Sns,
    step_functions: Mutex<StepFunctions>,
    synthetics: Mutex<Synthetics>,
}

impl World {
    /// The builds that were started so far, in order.
    pub fn builds(&self) -> Vec<StartedBuild> {
        lock(&self.0.tested.codebuild).started()
    }

    /// The executions that were started so far, in order.
    pub fn executions(&self) -> Vec<StartedExecution> {
        lock(&self.0.tested.step_functions).started()
    }

    /// The events that were published so far, in order.
    pub fn published(&self) -> Vec<Published> {
        self.0.tested.events.published()
    }

    /// The messages that were published to topics so far, in order.
    pub fn messages(&self) -> Vec<Message> {
        self.0.tested.sns.messages()
    }

    /// The functions of the scenario that were invoked so far, in order.
    pub fn invoked(&self) -> Vec<Invoked> {
        self.0.lambda.invoked()
    }

    /// Changes how CodeBuild behaves.
    pub fn with_builds(&self, change: impl FnOnce(&mut BuildSwitches)) {
        change(&mut lock(&self.0.tested.codebuild).switches);
    }

    /// Changes how hooks of CodeDeploy's deployments behave.
    pub fn with_hooks(&self, change: impl FnOnce(&mut DeploymentSwitches)) {
        self.with_deployments(|own| change(&mut own.switches));
    }

    pub(crate) fn with_deployments<T>(&self, does: impl FnOnce(&mut CodeDeploy) -> T) -> T {
        does(&mut lock(&self.0.tested.codedeploy))
    }

    /// Changes how Synthetics behaves.
    pub fn with_canaries(&self, change: impl FnOnce(&mut CanarySwitches)) {
        change(&mut lock(&self.0.tested.synthetics).switches);
    }

    pub(super) fn calling<T>(&self, target: &Target, does: impl FnOnce(&Caller<'_>) -> T) -> T {
        let account = self.account_of(target);
        let session = self.0.sts.session_of(&target.access_key);
        let marks = lock(&self.0.marks).clone();
        does(&Caller {
            account: &account,
            region: &target.region,
            session: session.as_deref(),
            now: self.0.clock.now(),
            scenario: &self.0.scenario,
            marks: &marks,
        })
    }

    /// Lets the time pass that the call itself takes.
    pub(super) async fn take_time(&self, target: &Target, request: &Request<Vec<u8>>) {
        if target.service == "lambda" {
            let takes = self.calling(target, |caller| takes(caller, request));
            tokio::time::sleep(takes.try_into().unwrap_or_default()).await;
        }
    }

    fn check_session(&self, target: &Target) -> Result<(), ApiError> {
        if self.0.sts.has_expired(&target.access_key) {
            let message = "The security token included in the request is expired";
            return Err(ApiError::client("ExpiredTokenException", message));
        }
        Ok(())
    }

    /// Lambda's `Invoke`, which may wait for a function's end.
    pub(super) async fn invoke(
        &self,
        target: &Target,
        request: &Request<Vec<u8>>,
        number: u64,
    ) -> Response<Vec<u8>> {
        let invoked = self.check_session(target).and_then(|()| {
            let are_set = self.0.functions.get().is_some();
            let lambda = &self.0.lambda;
            self.calling(target, |caller| {
                lambda.invoke(caller, request, number, are_set)
            })
        });
        let answer = match invoked {
            Ok(Taken::Answered(answer)) => Ok(answer),
            Ok(Taken::Runs(function)) => function.ended().await,
            Err(error) => Err(error),
        };
        answer.unwrap_or_else(|error| target.refused(&error))
    }

    pub(super) fn of_tests(
        &self,
        target: &Target,
        request: &Request<Vec<u8>>,
        body: &[u8],
    ) -> Response<Vec<u8>> {
        if let Err(error) = self.check_session(target) {
            return target.refused(&error);
        }
        let (operation, protocol) = (target.operation.as_str(), target.protocol);
        let tested = &self.0.tested;
        let result = self.calling(target, |caller| {
            let answered = match target.service {
                "dynamodb" => {
                    let done = lock(&tested.dynamodb).call(caller, operation, protocol, body);
                    return Ok(match done {
                        Ok(body) => target.response(200, body),
                        Err(refused) => {
                            let (error, item) = refused.shown();
                            target.refused_with(&error, item.map(|item| ("Item", item)))
                        }
                    });
                }
                "codebuild" => lock(&tested.codebuild).call(caller, operation, protocol, body),
                "codedeploy" => lock(&tested.codedeploy).call(caller, operation, protocol, body),
                "events" => tested.events.call(caller, operation, protocol, body),
                "sns" => return Ok(tested.sns.publish(request)),
                "states" => lock(&tested.step_functions).call(caller, operation, protocol, body),
                "synthetics" => lock(&tested.synthetics).call(caller, operation, request),
                _ => secrets::call(caller, operation, protocol, body),
            };
            answered.map(|body| target.response(200, body))
        });
        result.unwrap_or_else(|error| target.refused(&error))
    }
}

#[cfg(test)]
mod tests;
