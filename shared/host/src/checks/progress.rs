//! How far the gates of a stage are, from their own executions. A convenience:
//! what cannot be told is left out.

use futures_util::future::join_all;
use serde_json::Value;
use sluice_aws::{Execution, ExecutionStatus, execution_arn};
use sluice_core::layers::names::gate_execution;
use sluice_core::plan::ResolvedPlan;

use sluice_core::reading::Place;

use super::Checks;
use super::parameters::{Parameters, text};

/// What is said before anything is known of a gate.
const STARTING: &str = "the gates of this stage are being started";

/// Percentage of the gates that have answered, and a line for people.
pub(super) async fn of(parameters: &Parameters, arn: &str, checks: &Checks) -> (u8, String) {
    let (Some(machine), Some(plan)) = (&checks.gate_machine, plan(parameters, checks).await) else {
        return (0, STARTING.to_owned());
    };
    let gates = plan.plan.gates.iter();
    let names: Vec<&str> = gates.map(|gate| gate.name.as_str()).collect();
    let looks = names.iter().map(async |gate| {
        let name = gate_execution(arn, &parameters.stage, gate);
        let child = execution_arn(machine, &name)?;
        checks.aws.execution(&Place::default(), &child).await.ok()?
    });
    let executions = join_all(looks).await;
    line(&names, &executions)
}

/// The plan that holds for this release, once it is resolved.
async fn plan(parameters: &Parameters, checks: &Checks) -> Option<ResolvedPlan> {
    let bucket = checks.evidence_bucket.as_deref()?;
    let key = ResolvedPlan::key_of(&parameters.pipeline, &parameters.release, &parameters.stage);
    let read = checks
        .aws
        .read_object(bucket, &key, ResolvedPlan::BYTES_MAX)
        .await;
    ResolvedPlan::read_any(&read.ok()?).ok()
}

fn line(gates: &[&str], executions: &[Option<Execution>]) -> (u8, String) {
    let mut ended = 0;
    let mut said = Vec::new();
    for (gate, execution) in gates.iter().zip(executions) {
        said.push(match execution {
            None => format!("{gate} not started"),
            Some(execution) if execution.status == ExecutionStatus::Running => {
                format!("{gate} looks on")
            }
            Some(execution) => {
                ended += 1;
                let output = execution.output.as_deref();
                let output: Option<Value> = output.and_then(|text| serde_json::from_str(text).ok());
                output.map_or_else(
                    || format!("{gate} ended without an answer"),
                    |o| self::said(&o),
                )
            }
        });
    }
    let share = ended * 100 / gates.len().max(1);
    let percent = u8::try_from(share).unwrap_or(100).min(99);
    let line = format!(
        "{ended} of {} gates answered: {}",
        gates.len(),
        said.join(", ")
    );
    (percent, line)
}

/// What an execution of the machine `gate` gave, in words.
pub(super) fn said(output: &Value) -> String {
    let gate = text(output, "gate").unwrap_or("a gate");
    let look = text(output, "look").unwrap_or("unknown");
    match (text(output, "outcome"), text(output, "decided_by")) {
        (Some("go"), Some("verdict")) => format!("{gate} {look}"),
        (Some("go"), Some(by)) => format!("{gate} {look} (goes on: {by})"),
        _ => format!("{gate} {look} (stop)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use serde_json::json;

    fn execution(status: ExecutionStatus, output: Option<Value>) -> Option<Execution> {
        Some(Execution {
            arn: "arn".to_owned(),
            status,
            started: Timestamp::UNIX_EPOCH,
            stopped: None,
            error: None,
            cause: None,
            output: output.map(|output| output.to_string()),
        })
    }

    #[test]
    fn gates_are_told_apart_by_what_became_of_them() {
        let clear =
            json!({"gate": "clear", "look": "pass", "outcome": "go", "decided_by": "verdict"});
        let watch =
            json!({"gate": "canary", "look": "fail", "outcome": "go", "decided_by": "watch_only"});
        let executions = [
            execution(ExecutionStatus::Succeeded, Some(clear)),
            execution(ExecutionStatus::Succeeded, Some(watch)),
            execution(ExecutionStatus::Running, None),
            execution(ExecutionStatus::Aborted, None),
            None,
        ];
        let gates = ["clear", "canary", "bake", "tests", "late"];
        let (percent, line) = line(&gates, &executions);
        assert_eq!(percent, 60);
        assert_eq!(
            line,
            "3 of 5 gates answered: clear pass, canary fail (goes on: watch_only), bake looks on, \
             tests ended without an answer, late not started"
        );
    }

    #[test]
    fn nothing_is_done_as_long_as_the_execution_runs() {
        let said =
            json!({"gate": "clear", "look": "pass", "outcome": "go", "decided_by": "verdict"});
        let (percent, _) = line(
            &["clear"],
            &[execution(ExecutionStatus::Succeeded, Some(said))],
        );
        assert_eq!(percent, 99);
    }
}
