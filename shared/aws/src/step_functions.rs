//! Executions of state machines: started by name, looked at, stopped.

use aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput;
use jiff::Timestamp;
use sluice_core::reading::Place;

use crate::clients::{Aws, console};
use crate::cloudwatch::moment;
use crate::error::{AwsError, sorted};

/// Bytes that an execution takes as its input.
pub const INPUT_BYTES_MAX: usize = 262_144;

/// An execution that is there after a start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartedExecution {
    /// It is new, or one of the same name and input still runs: Step Functions
    /// does not tell the two apart.
    Started(String),
    /// One of that name ran before, or was started with another input.
    AlreadyThere(String),
}

impl StartedExecution {
    /// Its ARN.
    pub fn arn(&self) -> &str {
        match self {
            StartedExecution::Started(arn) | StartedExecution::AlreadyThere(arn) => arn,
        }
    }
}

/// How an execution is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExecutionStatus {
    /// It runs, or waits for a redrive of its parts.
    Running,
    /// It reached a `Succeed`.
    Succeeded,
    /// It ended with an error.
    Failed,
    /// It took longer than it may.
    TimedOut,
    /// Somebody stopped it.
    Aborted,
    /// A word that we do not know. Never taken for success.
    Unknown(String),
}

impl ExecutionStatus {
    /// Reads Step Functions' word.
    pub fn from_word(word: &str) -> ExecutionStatus {
        match word {
            "RUNNING" | "PENDING_REDRIVE" => ExecutionStatus::Running,
            "SUCCEEDED" => ExecutionStatus::Succeeded,
            "FAILED" => ExecutionStatus::Failed,
            "TIMED_OUT" => ExecutionStatus::TimedOut,
            "ABORTED" => ExecutionStatus::Aborted,
            other => ExecutionStatus::Unknown(other.to_owned()),
        }
    }
}

/// An execution as `DescribeExecution` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// Its ARN.
    pub arn: String,
    /// How it is.
    pub status: ExecutionStatus,
    /// When it was started.
    pub started: Timestamp,
    /// When it ended.
    pub stopped: Option<Timestamp>,
    /// The error that it ended with.
    pub error: Option<String>,
    /// Why, in words.
    pub cause: Option<String>,
    /// What it gave.
    pub output: Option<String>,
}

impl Aws {
    /// Starts a Standard execution under a name. The same name starts nothing
    /// a second time for 90 days.
    pub async fn start_execution(
        &self,
        place: &Place,
        machine: &str,
        name: &str,
        input: &str,
    ) -> Result<StartedExecution, AwsError> {
        let operation = "states:StartExecution";
        let answer = self
            .step_functions(place)
            .start_execution()
            .state_machine_arn(machine)
            .name(name)
            .input(input)
            .send()
            .await
            .map_err(|error| sorted(operation, place, error).about(machine));
        match answer {
            Ok(answer) => Ok(StartedExecution::Started(answer.execution_arn)),
            Err(error) if error.has_code("ExecutionAlreadyExists") => {
                let arn = execution_arn(machine, name).ok_or(error)?;
                Ok(StartedExecution::AlreadyThere(arn))
            }
            Err(error) => Err(error),
        }
    }

    /// How an execution is; nothing where Step Functions knows none.
    pub async fn execution(&self, place: &Place, arn: &str) -> Result<Option<Execution>, AwsError> {
        let operation = "states:DescribeExecution";
        let answer = self
            .step_functions(place)
            .describe_execution()
            .execution_arn(arn)
            .send()
            .await
            .map_err(|error| sorted(operation, place, error).about(arn));
        match answer {
            Ok(answer) => Ok(Some(execution(answer))),
            Err(error) if error.has_code("ExecutionDoesNotExist") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Where AWS's console shows an execution.
    pub fn execution_address(&self, arn: &str) -> String {
        let region = self.region_name();
        format!(
            "https://{}/states/home?region={region}#/v2/executions/details/{arn}",
            console(region)
        )
    }

    /// Stops an execution, and says in it why. One that has ended stays as it is.
    pub async fn stop_execution(
        &self,
        place: &Place,
        arn: &str,
        why: &str,
    ) -> Result<(), AwsError> {
        let operation = "states:StopExecution";
        self.step_functions(place)
            .stop_execution()
            .execution_arn(arn)
            .error("StoppedBySluice")
            .cause(why)
            .send()
            .await
            .map(|_| ())
            .map_err(|error| sorted(operation, place, error).about(arn))
    }
}

fn execution(told: DescribeExecutionOutput) -> Execution {
    Execution {
        arn: told.execution_arn,
        status: ExecutionStatus::from_word(told.status.as_str()),
        started: moment(&told.start_date),
        stopped: told.stop_date.as_ref().map(moment),
        error: told.error,
        cause: told.cause,
        output: told.output,
    }
}

/// The ARN of a machine's execution of this name, where the machine's is one.
/// Neither a version nor an alias of the machine is a part of it.
pub fn execution_arn(machine: &str, name: &str) -> Option<String> {
    let mut parts = machine.splitn(8, ':');
    let [
        "arn",
        partition,
        "states",
        region,
        account,
        "stateMachine",
        own,
    ] = [(); 7].map(|()| parts.next().unwrap_or(""))
    else {
        return None;
    };
    Some(format!(
        "arn:{partition}:states:{region}:{account}:execution:{own}:{name}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(machine: &str, expected: Option<&str>) {
        assert_eq!(execution_arn(machine, "n-1").as_deref(), expected);
    }

    #[test]
    fn an_executions_arn_follows_from_its_machine_and_name() {
        let expected = "arn:aws:states:eu-west-1:111122223333:execution:smoke:n-1";
        let machine = "arn:aws:states:eu-west-1:111122223333:stateMachine:smoke";
        check(machine, Some(expected));
        check(&format!("{machine}:7"), Some(expected));
        check(&format!("{machine}:PROD"), Some(expected));
        check("smoke", None);
        check("arn:aws:lambda:eu-west-1:111122223333:function:smoke", None);
    }

    #[test]
    fn a_status_that_is_not_known_is_no_success() {
        let unknown = ExecutionStatus::Unknown("DONE".to_owned());
        assert_eq!(ExecutionStatus::from_word("DONE"), unknown);
        assert_eq!(
            ExecutionStatus::from_word("PENDING_REDRIVE"),
            ExecutionStatus::Running
        );
    }
}
