//! ECS: deployments of services that call the functions of lifecycle hooks and
//! wait for what they return.
//!
//! A hook's function is called again until it says how the hook ended. A
//! function that fails, and an answer that is none, roll the deployment back.
//! What AWS documents and nobody has tried is a switch ([`HookSwitches`]).

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::Clock;
use crate::caller::uuid;
use crate::codepipeline::{FunctionError, Invocation};

/// Time until the next call where a function does not say it.
const DELAY_SECONDS: i64 = 30;
/// A function that runs longer is killed.
const FUNCTION_TIMEOUT: SignedDuration = SignedDuration::from_secs(120);

/// How `hookDetails` stand in a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DetailsForm {
    /// An object beside the rest, as documented.
    #[default]
    Object,
    /// The same as text.
    Text,
    /// An object within `executionDetails`.
    Within,
}

/// How hooks behave where nobody has tried what is documented.
#[derive(Debug, Clone)]
pub struct HookSwitches {
    /// Whether what a function returns in `hookDetails` comes back with the
    /// next call. Documented: yes.
    pub details_return: bool,
    /// Whether they come back in the place of those of the service, not beside
    /// them. Documented: beside them; default no.
    pub details_replace: bool,
    /// Whether what was left in one step of a deployment is given to the next.
    /// Not documented; default yes.
    pub details_outlive_steps: bool,
    /// How they stand in the call. Documented: an object beside the rest.
    pub details_form: DetailsForm,
    /// Whether each call has an `executionId` of its own. Not documented;
    /// default yes.
    pub execution_ids_change: bool,
}

impl Default for HookSwitches {
    fn default() -> HookSwitches {
        HookSwitches {
            details_return: true,
            details_replace: false,
            details_outlive_steps: true,
            details_form: DetailsForm::default(),
            execution_ids_change: true,
        }
    }
}

/// A hook as the service's definition has it.
#[derive(Debug, Clone)]
pub struct LifecycleHook {
    /// The function's name.
    pub function: String,
    /// For instance `POST_TEST_TRAFFIC_SHIFT`.
    pub lifecycle_stage: String,
    /// `hookDetails`.
    pub details: Value,
    /// How long ECS waits. Default 24 h.
    pub timeout: SignedDuration,
    /// Whether the deployment goes on after that time; else it goes back.
    pub continues_after_timeout: bool,
}

/// How a hook ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookEnd {
    /// The deployment goes on.
    WentOn,
    /// It goes back, and why.
    WentBack(String),
    /// ECS waited long enough, and the deployment goes on all the same.
    WentOnUnanswered,
}

/// A call that was made, and what came back.
#[derive(Debug, Clone)]
pub struct HookCall {
    /// When it was made.
    pub at: Timestamp,
    /// What was passed.
    pub event: Value,
    /// What came back.
    pub answer: Result<Value, FunctionError>,
}

/// One deployment of a service.
#[derive(Debug)]
pub struct ServiceDeployment {
    clock: Clock,
    switches: HookSwitches,
    id: String,
    left: Map<String, Value>,
    calls: Vec<HookCall>,
}

impl ServiceDeployment {
    /// A deployment of service `checkout` under this id.
    pub fn new(clock: Clock, id: &str, switches: HookSwitches) -> ServiceDeployment {
        ServiceDeployment {
            clock,
            switches,
            id: id.to_owned(),
            left: Map::new(),
            calls: Vec::new(),
        }
    }

    /// All calls so far, in order.
    pub fn calls(&self) -> &[HookCall] {
        &self.calls
    }

    /// Runs a hook to its end. `share` is the production traffic, in percent,
    /// that the new revision is given at this step; none: it is not about that.
    pub async fn run<F>(
        &mut self,
        hook: &LifecycleHook,
        share: Option<u8>,
        function: impl Fn(Invocation) -> F,
    ) -> HookEnd
    where
        F: Future<Output = Result<Value, FunctionError>>,
    {
        let ends = self.clock.now() + hook.timeout;
        if !self.switches.details_outlive_steps {
            self.left.clear();
        }
        loop {
            let answer = self.call(hook, share, &function).await;
            let delay = match taken(&answer) {
                Ok(Taken::Ended) => return HookEnd::WentOn,
                Ok(Taken::Again(delay)) => delay,
                Err(why) => return HookEnd::WentBack(why),
            };
            if let (true, Ok(Value::Object(answer))) = (self.switches.details_return, &answer)
                && let Some(Value::Object(details)) = answer.get("hookDetails")
            {
                self.left.extend(details.clone());
            }
            let next = self.clock.now() + SignedDuration::from_secs(delay);
            self.clock.sleep_until(next.min(ends)).await;
            if next >= ends {
                return match hook.continues_after_timeout {
                    true => HookEnd::WentOnUnanswered,
                    false => HookEnd::WentBack("the hook timed out".to_owned()),
                };
            }
        }
    }

    async fn call<F>(
        &mut self,
        hook: &LifecycleHook,
        share: Option<u8>,
        function: impl Fn(Invocation) -> F,
    ) -> Result<Value, FunctionError>
    where
        F: Future<Output = Result<Value, FunctionError>>,
    {
        let at = self.clock.now();
        let event = self.event(hook, share);
        let invocation = Invocation {
            function: hook.function.clone(),
            event: event.clone(),
            request_id: uuid(0x8010, self.calls.len() as u64 + 1),
            deadline: at + FUNCTION_TIMEOUT,
            attempt: 1,
        };
        let limit = FUNCTION_TIMEOUT.unsigned_abs();
        let answer = match tokio::time::timeout(limit, function(invocation)).await {
            Ok(answer) => answer,
            Err(_) => Err(FunctionError {
                error_type: "Sandbox.Timedout".to_owned(),
                message: "the task timed out".to_owned(),
            }),
        };
        self.calls.push(HookCall {
            at,
            event,
            answer: answer.clone(),
        });
        answer
    }

    /// A call as ECS makes it.
    fn event(&self, hook: &LifecycleHook, share: Option<u8>) -> Value {
        let arn = |what: &str| format!("arn:aws:ecs:us-east-1:111122223333:{what}");
        let revision = |id: &str| arn(&format!("service-revision/main/checkout/{id}"));
        let target = revision("9313423515462893900");
        let weights = share.map_or(
            json!({}),
            |share| json!({ target.clone(): share, revision("1920498462936580504"): 100 - share }),
        );
        let number = match self.switches.execution_ids_change {
            true => self.calls.len() as u64,
            false => 0,
        };
        let mut event = json!({
            "executionId": uuid(0x8011, number),
            "lifecycleStage": hook.lifecycle_stage,
            "resourceArn": arn(&format!("service-deployment/main/checkout/{}", self.id)),
            "executionDetails": {
                "serviceArn": arn("service/main/checkout"),
                "targetServiceRevisionArn": target,
                "testTrafficWeights": {},
                "productionTrafficWeights": weights,
            },
        });
        let details = self.details(hook);
        match self.switches.details_form {
            DetailsForm::Object => event["hookDetails"] = details,
            DetailsForm::Text => event["hookDetails"] = json!(details.to_string()),
            DetailsForm::Within => event["executionDetails"]["hookDetails"] = details,
        }
        event
    }

    fn details(&self, hook: &LifecycleHook) -> Value {
        let Value::Object(own) = &hook.details else {
            return hook.details.clone();
        };
        if self.switches.details_replace && !self.left.is_empty() {
            return Value::Object(self.left.clone());
        }
        let all: BTreeMap<_, _> = own.iter().chain(&self.left).collect();
        json!(all)
    }
}

/// What ECS makes of an answer.
enum Taken {
    Ended,
    Again(i64),
}

fn taken(answer: &Result<Value, FunctionError>) -> Result<Taken, String> {
    let answer = answer.as_ref().map_err(ToString::to_string)?;
    match answer.get("hookStatus").and_then(Value::as_str) {
        Some("SUCCEEDED") => Ok(Taken::Ended),
        Some("FAILED") => Err("the hook failed".to_owned()),
        Some("IN_PROGRESS") => match answer.get("callBackDelay") {
            None => Ok(Taken::Again(DELAY_SECONDS)),
            Some(delay) => match delay.as_i64().filter(|delay| *delay > 0) {
                Some(delay) => Ok(Taken::Again(delay)),
                None => Err(format!("`callBackDelay` is {delay}")),
            },
        },
        _ => Err("the function returned no valid hookStatus".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ends(answers: &[Result<Value, &str>]) -> (HookEnd, Vec<i64>) {
        let clock = Clock::starting_at(Timestamp::UNIX_EPOCH);
        let mut deployment = ServiceDeployment::new(clock, "d-1", HookSwitches::default());
        let hook = LifecycleHook {
            function: "bake".to_owned(),
            lifecycle_stage: "POST_SCALE_UP".to_owned(),
            details: json!({ "a": 1 }),
            timeout: SignedDuration::from_mins(10),
            continues_after_timeout: false,
        };
        let left = std::cell::RefCell::new(answers.iter().cloned());
        let end = deployment.run(&hook, None, |_| {
            let answer = left.borrow_mut().next();
            let answer = answer.unwrap_or(Ok(json!({ "hookStatus": "IN_PROGRESS" })));
            async { answer.map_err(failed) }
        });
        let end = end.await;
        let at = deployment.calls().iter().map(|call| call.at.as_second());
        (end, at.collect())
    }

    fn failed(message: &str) -> FunctionError {
        FunctionError {
            error_type: "Runtime.ExitError".to_owned(),
            message: message.to_owned(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_hook_is_called_again_when_it_says_or_after_half_a_minute() {
        let again = json!({ "hookStatus": "IN_PROGRESS" });
        let later = json!({ "hookStatus": "IN_PROGRESS", "callBackDelay": 90 });
        let done = json!({ "hookStatus": "SUCCEEDED" });
        let (end, at) = ends(&[Ok(again), Ok(later), Ok(done)]).await;
        assert_eq!((end, at), (HookEnd::WentOn, vec![0, 30, 120]));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_none_and_a_function_that_fails_go_back() {
        for answer in [
            Ok(json!({})),
            Ok(json!(null)),
            Ok(json!({ "hookStatus": "PASS" })),
            Ok(json!({ "hookStatus": "IN_PROGRESS", "callBackDelay": 0 })),
            Ok(json!({ "hookStatus": "FAILED" })),
            Err("it died"),
        ] {
            let (end, _) = ends(&[answer]).await;
            assert!(matches!(end, HookEnd::WentBack(_)), "{end:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_hook_that_never_ends_goes_back_when_its_time_is_over() {
        let (end, at) = ends(&[]).await;
        assert_eq!(end, HookEnd::WentBack("the hook timed out".to_owned()));
        assert_eq!(at.len(), 20);
    }
}
