//! Step Functions: executions that take their time, of machines that the
//! scenario describes. Nothing is interpreted.
//!
//! A name is taken for 90 days after its execution ended. While the execution
//! runs, the same name with the same input gives the same answer again.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::caller::{Caller, uuid};
use crate::scenario::{Length, Machine};
use crate::wire::{ApiError, Protocol, Time};

const NAME_FREE_AFTER: SignedDuration = SignedDuration::from_hours(90 * 24);
const INPUT_BYTES_MAX: usize = 262_144;
const NAME_CHARACTERS_MAX: usize = 80;

/// An execution that was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartedExecution {
    /// Its ARN.
    pub arn: String,
    /// Its machine's name.
    pub machine: String,
    /// Its own name.
    pub name: String,
    /// What it was started with.
    pub input: String,
    /// When it was started.
    pub at: Timestamp,
    /// When it was stopped, with which error and cause.
    pub stopped: Option<(Timestamp, String, String)>,
}

/// All executions of the world.
#[derive(Debug, Default)]
pub(crate) struct StepFunctions {
    executions: Vec<StartedExecution>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Start {
    state_machine_arn: String,
    name: Option<String>,
    input: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Started {
    execution_arn: String,
    start_date: Time,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Which {
    execution_arn: String,
    #[serde(default)]
    error: String,
    #[serde(default)]
    cause: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Stopped {
    stop_date: Time,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    execution_arn: String,
    state_machine_arn: String,
    name: String,
    status: String,
    start_date: Time,
    input: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_date: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
}

/// How an execution ended.
struct End {
    at: Timestamp,
    status: String,
    output: Option<String>,
    error: Option<String>,
    cause: Option<String>,
}

impl StepFunctions {
    /// All that were started, in order.
    pub(crate) fn started(&self) -> Vec<StartedExecution> {
        self.executions.clone()
    }

    pub(crate) fn call(
        &mut self,
        caller: &Caller<'_>,
        operation: &str,
        protocol: Protocol,
        body: &[u8],
    ) -> Result<Vec<u8>, ApiError> {
        match operation {
            "StartExecution" => protocol.run(body, |input| self.start(caller, input)),
            "DescribeExecution" => protocol.run(body, |input| self.describe(caller, &input)),
            "StopExecution" => protocol.run(body, |input| self.stop(caller, input)),
            other => {
                let message = format!("this world's Step Functions have no operation {other}");
                Err(ApiError::client("UnknownOperationException", message))
            }
        }
    }

    fn start(&mut self, caller: &Caller<'_>, input: Start) -> Result<Started, ApiError> {
        let (machine, own) = machine(caller, &input.state_machine_arn)?;
        let arn = caller.arn("states", &format!("stateMachine:{machine}"));
        caller.may("states:StartExecution", own, &arn)?;
        let number = self.executions.len() as u64 + 1;
        let name = input.name.unwrap_or_else(|| uuid(0x8004, number));
        check_name(&name)?;
        let given = input.input.unwrap_or_else(|| "{}".to_owned());
        check_input(&given)?;
        if own.express {
            let resource = format!("express:{machine}:{name}:{}", uuid(0x8005, number));
            return Ok(Started {
                execution_arn: caller.arn("states", &resource),
                start_date: Time(caller.now),
            });
        }
        let arn = caller.arn("states", &format!("execution:{machine}:{name}"));
        if let Some(answer) = self.same_name(caller, &arn, &given)? {
            return Ok(answer);
        }
        self.executions.push(StartedExecution {
            arn: arn.clone(),
            machine: machine.to_owned(),
            name,
            input: given,
            at: caller.now,
            stopped: None,
        });
        Ok(Started {
            execution_arn: arn,
            start_date: Time(caller.now),
        })
    }

    /// The answer for a name that was used before, as long as it counts.
    fn same_name(
        &self,
        caller: &Caller<'_>,
        arn: &str,
        input: &str,
    ) -> Result<Option<Started>, ApiError> {
        let Some(own) = self.executions.iter().rfind(|own| own.arn == arn) else {
            return Ok(None);
        };
        match end(caller, own) {
            None if own.input == input => Ok(Some(Started {
                execution_arn: arn.to_owned(),
                start_date: Time(own.at),
            })),
            Some(end) if caller.now.duration_since(end.at) >= NAME_FREE_AFTER => Ok(None),
            _ => Err(ApiError::client(
                "ExecutionAlreadyExists",
                format!("Execution Already Exists: '{arn}'"),
            )),
        }
    }

    fn describe(&mut self, caller: &Caller<'_>, input: &Which) -> Result<Described, ApiError> {
        let own = self.find(caller, "states:DescribeExecution", &input.execution_arn)?;
        let end = end(caller, own);
        let resource = format!("stateMachine:{}", own.machine);
        Ok(Described {
            execution_arn: own.arn.clone(),
            state_machine_arn: caller.arn("states", &resource),
            name: own.name.clone(),
            status: end.as_ref().map_or("RUNNING", |end| &end.status).to_owned(),
            start_date: Time(own.at),
            input: own.input.clone(),
            stop_date: end.as_ref().map(|end| Time(end.at)),
            output: end.as_ref().and_then(|end| end.output.clone()),
            error: end.as_ref().and_then(|end| end.error.clone()),
            cause: end.and_then(|end| end.cause),
        })
    }

    fn stop(&mut self, caller: &Caller<'_>, input: Which) -> Result<Stopped, ApiError> {
        let own = self.find(caller, "states:StopExecution", &input.execution_arn)?;
        if let Some(end) = end(caller, own) {
            return Ok(Stopped {
                stop_date: Time(end.at),
            });
        }
        own.stopped = Some((caller.now, input.error, input.cause));
        Ok(Stopped {
            stop_date: Time(caller.now),
        })
    }

    fn find(
        &mut self,
        caller: &Caller<'_>,
        action: &str,
        arn: &str,
    ) -> Result<&mut StartedExecution, ApiError> {
        if !arn.starts_with(&caller.arn("states", "execution:")) {
            return Err(ApiError::client(
                "InvalidArn",
                format!("Invalid Arn: '{arn}'"),
            ));
        }
        let own = self.executions.iter_mut().rfind(|own| own.arn == arn);
        let own = own.ok_or_else(|| {
            let message = format!("Execution Does Not Exist: '{arn}'");
            ApiError::client("ExecutionDoesNotExist", message)
        })?;
        if let Some(machine) = caller.scenario.machines.get(&own.machine) {
            caller.may(action, machine, arn)?;
        }
        Ok(own)
    }
}

/// A machine of this account and region by its ARN, which may name a version
/// or an alias.
fn machine<'a>(caller: &'a Caller<'_>, arn: &str) -> Result<(&'a str, &'a Machine), ApiError> {
    let missing = || {
        let message = format!("State Machine Does Not Exist: '{arn}'");
        ApiError::client("StateMachineDoesNotExist", message)
    };
    if !arn.starts_with("arn:aws:states:") {
        return Err(ApiError::client(
            "InvalidArn",
            format!("Invalid Arn: '{arn}'"),
        ));
    }
    let home = caller.arn("states", "stateMachine:");
    let name = arn.strip_prefix(&home).ok_or_else(missing)?;
    let name = name.split(':').next().unwrap_or(name);
    let own = caller.scenario.machines.get_key_value(name);
    let own = own.filter(|(_, own)| caller.is_home_of(*own));
    own.map(|(name, own)| (name.as_str(), own))
        .ok_or_else(missing)
}

fn check_name(name: &str) -> Result<(), ApiError> {
    let refused =
        |c: char| c.is_whitespace() || c.is_control() || "<>{}[]?*\"#%\\^|~`$&,;:/".contains(c);
    let count = name.chars().count();
    if (1..=NAME_CHARACTERS_MAX).contains(&count) && !name.contains(refused) {
        return Ok(());
    }
    Err(ApiError::client(
        "InvalidName",
        format!("Invalid Name: '{name}'"),
    ))
}

fn check_input(input: &str) -> Result<(), ApiError> {
    if input.len() > INPUT_BYTES_MAX {
        let message = "1 validation error detected: Value at 'input' failed to satisfy constraint: \
                       Member must have length less than or equal to 262144";
        return Err(ApiError::client("ValidationException", message));
    }
    serde_json::from_str::<Value>(input)
        .map(drop)
        .map_err(|error| {
            let message = format!("Invalid State Machine Execution Input: '{error}'");
            ApiError::client("InvalidExecutionInput", message)
        })
}

/// How an execution ended, if it has by now.
fn end(caller: &Caller<'_>, own: &StartedExecution) -> Option<End> {
    let default = Machine::default();
    let machine = caller
        .scenario
        .machines
        .get(&own.machine)
        .unwrap_or(&default);
    let Length(takes) = machine.takes;
    let at = own.at.saturating_add(takes).unwrap_or(Timestamp::MAX);
    if let Some((at, error, cause)) = &own.stopped {
        return Some(End {
            at: *at,
            status: "ABORTED".to_owned(),
            output: None,
            error: Some(error.clone()).filter(|error| !error.is_empty()),
            cause: Some(cause.clone()).filter(|cause| !cause.is_empty()),
        });
    }
    if caller.now < at {
        return None;
    }
    Some(match &machine.fails {
        None => End {
            at,
            status: "SUCCEEDED".to_owned(),
            output: Some(
                machine
                    .output
                    .as_ref()
                    .map_or_else(|| "{}".to_owned(), Value::to_string),
            ),
            error: None,
            cause: None,
        },
        Some(fails) => End {
            at,
            status: fails.status.clone().unwrap_or_else(|| "FAILED".to_owned()),
            output: None,
            error: Some(fails.error.clone()),
            cause: Some(fails.cause.clone()),
        },
    })
}
