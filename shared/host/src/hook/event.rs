//! What ECS passes to a hook's function: which deployment at which stage, and
//! `hookDetails`, which hold the parameters of the gate and what we handed on.
//!
//! The form is documented (`docs/hooks.md`), but untried; so a field is found
//! in any spelling, and `hookDetails` where it stands beside the rest or
//! within it, as an object or as text.

use jiff::SignedDuration;
use serde_json::{Map, Value, json};
use sluice_core::token::derived_id;
use sluice_core::{GateError, is_name};

use super::EXAMPLE;
use crate::job::{ActionConfiguration, Configuration, Data, Job};
use crate::task::Asked;

/// The field of `hookDetails` that holds what we handed on.
const PROGRESS: &str = "sluice_progress";
/// The field of `hookDetails` that says how long ECS waits for the hook.
const TIMEOUT: &str = "timeout_minutes";
/// How long it waits where nobody says so, in minutes, and at most.
const TIMEOUT_MINUTES: (i64, i64) = (1440, 20_160);
/// The field of a call that was read, as a job is made of it.
const CALL: &str = "sluice_hook";

/// Whether an event is a call of one of ECS's lifecycle hooks.
pub fn is_hook(raw: &Value) -> bool {
    field(raw, "lifecycleStage").is_some() || field(raw, "hookDetails").is_some()
}

/// A call, as far as it can be read.
pub(super) struct Called {
    /// The ARN of the service deployment.
    pub(super) deployment: String,
    /// ECS's name of the stage.
    pub(super) lifecycle_stage: String,
    /// Names what the gate judges: this step of this deployment.
    pub(super) attempt: String,
    /// Whether what we handed on came back.
    pub(super) token: Option<String>,
    /// Why no gate can be asked.
    pub(super) problem: Option<GateError>,
    details: Map<String, Value>,
    parameters: Value,
    minutes: i64,
    execution: Value,
}

impl Called {
    pub(super) fn read(raw: &Value) -> Called {
        let execution = field(raw, "executionDetails").cloned().unwrap_or_default();
        let text = |name: &str| text_in(&[raw, &execution], name);
        let deployment = text("resourceArn").or_else(|| text("serviceDeploymentArn"));
        let mut called = Called {
            deployment: deployment.unwrap_or_default(),
            lifecycle_stage: text("lifecycleStage").unwrap_or_default(),
            attempt: String::new(),
            token: None,
            problem: None,
            details: Map::new(),
            parameters: Value::Null,
            minutes: TIMEOUT_MINUTES.0,
            execution,
        };
        if let Err(problem) = called.take_details(raw) {
            called.problem = Some(problem);
        }
        called.attempt = called.named(raw);
        called.token = called.handed_on();
        called
    }

    fn take_details(&mut self, raw: &Value) -> Result<(), GateError> {
        let details = field(raw, "hookDetails").or_else(|| field(&self.execution, "hookDetails"));
        self.details = object(details)?;
        let mut parameters = self.details.clone();
        parameters.remove(PROGRESS);
        let minutes = parameters.remove(TIMEOUT);
        self.fill(&mut parameters);
        self.parameters = Value::Object(parameters);
        if let Some(minutes) = minutes {
            self.minutes = minutes_of(&minutes)?;
        }
        if self.deployment.is_empty() || self.lifecycle_stage.is_empty() {
            return Err(invalid(
                "the call does not say `resourceArn` and `lifecycleStage`, so it is of no deployment",
            ));
        }
        Ok(())
    }

    /// Says which release it is where the parameters do not. No pipeline is
    /// known then, so nobody can be asked whether it is still the deployed one.
    fn fill(&self, parameters: &mut Map<String, Value>) {
        let is_named = ["pipeline", "release"]
            .iter()
            .all(|name| parameters.get(*name).is_some_and(|value| !value.is_null()));
        if !is_named {
            set(parameters, "release_check", "off");
        }
        let mut parts = self.deployment.rsplit('/');
        let (id, service) = (parts.next(), parts.next());
        let known = |name: Option<&str>| name.filter(|name| is_name(name)).map(str::to_owned);
        if let Some(service) = known(service) {
            set(parameters, "pipeline", &service);
        }
        if let Some(id) = known(id) {
            set(parameters, "release", &id);
        }
        if is_name(&self.lifecycle_stage) {
            set(parameters, "stage", &self.lifecycle_stage);
        }
    }

    /// A stage may come once for each step of a deployment, which the weights
    /// tell apart; what ECS calls the hook's execution may change between calls.
    fn named(&self, raw: &Value) -> String {
        if self.deployment.is_empty() {
            return derived_id(&["ecs-hook", &raw.to_string()]);
        }
        let gate = self.parameters.get("gate").and_then(Value::as_str);
        let weights = [self.weights("production"), self.weights("test")];
        derived_id(&[
            "ecs-hook",
            &self.deployment,
            &self.lifecycle_stage,
            &json!(weights).to_string(),
            gate.unwrap_or(""),
        ])
    }

    fn weights(&self, of: &str) -> Value {
        let weights = field(&self.execution, &format!("{of}TrafficWeights"));
        weights.cloned().unwrap_or(Value::Null)
    }

    /// The token of this step. What another one left is not handed on.
    fn handed_on(&self) -> Option<String> {
        let progress = self.details.get(PROGRESS)?;
        let text = |name: &str| progress.get(name)?.as_str().map(str::to_owned);
        let token = text("token")?;
        (text("of")? == self.attempt).then_some(token)
    }

    /// Whether the deployment already goes back: ECS then calls the hooks of
    /// these two stages again, and the new revision is given nothing any more.
    pub(super) fn goes_back(&self) -> bool {
        let weights = match self.lifecycle_stage.as_str() {
            "PRODUCTION_TRAFFIC_SHIFT" => self.weights("production"),
            "TEST_TRAFFIC_SHIFT" => self.weights("test"),
            _ => return false,
        };
        let target = text_in(&[&self.execution], "targetServiceRevisionArn");
        let (Some(target), Some(weights)) = (target, weights.as_object()) else {
            return false;
        };
        let share = |value: &Value| value.as_f64();
        let mut others = weights.iter().filter(|(revision, _)| **revision != target);
        weights.get(&target).and_then(share) == Some(0.0)
            && others.any(|(_, weight)| share(weight) == Some(100.0))
    }

    /// The call in the form that a job is made of.
    pub(super) fn event(&self, token: Option<String>) -> Value {
        json!({ CALL: {
            "parameters": self.parameters.to_string(),
            "token": token,
            "minutes": self.minutes,
        }})
    }

    /// `hookDetails` as they came, with what the next call is to bring. Whether
    /// ECS puts them in the place of the old ones or beside them, all are there.
    pub(super) fn details_with(&self, token: &str) -> Value {
        let mut details = self.details.clone();
        let progress = json!({ "of": self.attempt, "token": token });
        details.insert(PROGRESS.to_owned(), progress);
        Value::Object(details)
    }
}

fn set(parameters: &mut Map<String, Value>, name: &str, value: &str) {
    let own = parameters.entry(name).or_insert(Value::Null);
    if own.is_null() {
        *own = json!(value);
    }
}

/// A call that was read as a job; nothing where the event is none.
pub(crate) fn job(raw: &Value) -> Option<Job> {
    let call = raw.get(CALL)?;
    let text = |name: &str| call.get(name)?.as_str().map(str::to_owned);
    let minutes = call.get("minutes")?.as_i64()?;
    let configuration = Configuration {
        user_parameters: text("parameters"),
    };
    Some(Job {
        data: Data {
            action_configuration: Some(ActionConfiguration {
                configuration: Some(configuration),
            }),
            continuation_token: text("token"),
            ..Data::default()
        },
        task: Some(Asked::by_hook(SignedDuration::from_mins(minutes))),
        of_action: None,
    })
}

/// A field of an object, however its name is spelled.
fn field<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let same = |own: &str| own.replace('_', "").eq_ignore_ascii_case(name);
    let mut fields = value.as_object()?.iter();
    fields
        .find(|(own, value)| same(own) && !value.is_null())
        .map(|(_, value)| value)
}

fn text_in(values: &[&Value], name: &str) -> Option<String> {
    let mut found = values.iter().filter_map(|value| field(value, name));
    found.find_map(|value| value.as_str().map(str::to_owned))
}

fn object(details: Option<&Value>) -> Result<Map<String, Value>, GateError> {
    let read = match details {
        None => None,
        Some(Value::String(text)) => serde_json::from_str(text).ok(),
        Some(value) => Some(value.clone()),
    };
    match read {
        Some(Value::Object(details)) => Ok(details),
        _ => Err(invalid("the hook has no `hookDetails` that are an object")),
    }
}

fn minutes_of(value: &Value) -> Result<i64, GateError> {
    // CloudFormation makes texts of numbers.
    let number = value
        .as_i64()
        .or_else(|| value.as_str()?.parse::<i64>().ok());
    number
        .filter(|minutes| (1..=TIMEOUT_MINUTES.1).contains(minutes))
        .ok_or_else(|| {
            invalid(&format!(
                "`{TIMEOUT}` is `{value}`: it takes the minutes of the hook's `timeoutConfiguration`, 1 to {}",
                TIMEOUT_MINUTES.1
            ))
        })
}

fn invalid(detail: &str) -> GateError {
    GateError::ParametersInvalid {
        detail: detail.to_owned(),
        mend: format!("write {EXAMPLE} into the hook's `hookDetails`: docs/hooks.md"),
    }
}
