//! A test that is an execution of a state machine: how it is, and what that
//! means.

use jiff::{SignedDuration, Timestamp};
use sluice_aws::{Aws, AwsError, Execution, ExecutionStatus};
use sluice_core::Duration;
use sluice_core::reading::Place;

use super::followed::{arn_parts, console};
use super::{Followed, Lack, State};

/// Where a machine is: in the region that its ARN names, with this role.
pub fn place_of(machine: &str, role: Option<&str>) -> Place {
    let region = arn_parts(machine).map(|[_, region, _, _]| region.to_owned());
    Place {
        region: region.filter(|region| !region.is_empty()),
        role: role.map(str::to_owned),
    }
}

/// How an execution is.
pub async fn follow(aws: &Aws, place: &Place, arn: &str) -> Result<Followed, AwsError> {
    if arn.contains(":express:") {
        return Ok(express(arn));
    }
    match aws.execution(place, arn).await {
        Ok(Some(execution)) => Ok(judged(&execution, aws.now())),
        Ok(None) => Ok(Followed::new(
            State::Unknown(Lack::Service),
            "Step Functions does not know the execution that was started",
        )
        .with_link(page(arn))),
        Err(error) => Followed::refused(error),
    }
}

/// Nobody can ask how an Express execution is.
fn express(arn: &str) -> Followed {
    let line = "this is an Express machine: its executions cannot be followed, \
                and a name does not keep them from running twice; use a Standard one";
    Followed::new(State::Unknown(Lack::Settings), line).with_link(page(arn))
}

/// What an execution means for its test.
pub fn judged(execution: &Execution, now: Timestamp) -> Followed {
    let took = length(execution, now);
    let error = execution.error.as_deref();
    let followed = match &execution.status {
        ExecutionStatus::Running => {
            Followed::new(State::Running, format!("the execution has run for {took}"))
        }
        ExecutionStatus::Succeeded => {
            Followed::new(State::Passed, format!("the execution succeeded in {took}"))
        }
        ExecutionStatus::Failed => Followed::new(
            State::Failed,
            match error {
                Some(error) => format!("the execution failed with `{error}`"),
                None => "the execution failed".to_owned(),
            },
        ),
        ExecutionStatus::TimedOut => Followed::new(
            State::Failed,
            format!("the execution ran out of its time after {took}"),
        ),
        ExecutionStatus::Aborted => Followed::new(
            State::Unknown(Lack::Test),
            format!("somebody stopped the execution after {took}"),
        ),
        ExecutionStatus::Unknown(word) => Followed::new(
            State::Unknown(Lack::Service),
            format!("the execution has the status `{word}`, which is not known"),
        ),
    };
    followed
        .with_detail(execution.cause.clone())
        .with_link(page(&execution.arn))
}

fn length(execution: &Execution, now: Timestamp) -> Duration {
    let end = execution.stopped.unwrap_or(now);
    let length = end
        .duration_since(execution.started)
        .max(SignedDuration::ZERO);
    Duration::from_signed(SignedDuration::from_secs(length.as_secs()))
}

/// The execution's page in AWS's console.
fn page(arn: &str) -> Option<String> {
    let [partition, region, _, _] = arn_parts(arn)?;
    let console = console(partition, region);
    let kind = if arn.contains(":express:") {
        "express-executions"
    } else {
        "v2/executions"
    };
    Some(format!(
        "{console}/states/home?region={region}#/{kind}/details/{arn}"
    ))
}
