//! The checks of a stage as a Lambda action: starts the state machine that runs
//! every gate of the stage, and follows it.
//!
//! CodePipeline's own action for state machines runs longer, but shows neither
//! progress nor which gate said no. The execution's name follows from the job,
//! so that an event that comes twice starts it once. The action succeeds only
//! where the execution did.

mod answer;
mod parameters;
mod progress;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sluice_aws::{Aws, AwsError, Execution, ExecutionStatus, FailureType, Summary};
use sluice_core::GateError;
use sluice_core::reading::Place;
use sluice_core::token::{Subject, Token};
use sluice_core::tree::Node;

use crate::asked;
use crate::carried::{BEGIN_WITHIN, host_ends, last_chance};
use crate::given::JobAnswer;
use crate::job::Job;
use crate::plan::{Wanted, artifact};
use crate::{Cut, Handled, Log, job_id, time_to_work, within};

use parameters::Parameters;

/// How long before CodePipeline ends the action its gates have to have ended,
/// so that there is time to say what they said.
const GATES_END_BEFORE: SignedDuration = SignedDuration::from_mins(40);
/// What stands for the gate in the token.
const ALL_GATES: &str = "all-gates";
/// Bytes of a plan that is handed on. An execution takes 256 KiB of input.
const PLAN_BYTES_MAX: usize = 150 * 1024;

/// What the function `checks` is made of.
pub struct Checks {
    /// AWS.
    pub aws: Aws,
    /// The ARN of the state machine `stage-checks`.
    pub machine: String,
    /// The ARN of the state machine `gate`, whose executions show progress.
    pub gate_machine: Option<String>,
    /// Where plans are kept that were resolved.
    pub evidence_bucket: Option<String>,
    /// Where its log goes.
    pub log: Log,
}

/// What an invocation comes to.
enum Concluded {
    Continue {
        token: Box<Token>,
        summary: Summary,
    },
    Succeeded {
        execution: String,
        line: String,
    },
    Failed {
        kind: FailureType,
        message: String,
        execution: Option<String>,
    },
}

impl Concluded {
    fn failed(error: &GateError) -> Concluded {
        Concluded::Failed {
            kind: error.fault().into(),
            message: format!(
                "the checks of this stage could not be run ({}): {error}\n\nhint: {}; more: docs/errors/{}.md",
                error.name(),
                error.hint(),
                error.name()
            ),
            execution: None,
        }
    }
}

/// Handles one event of the action. `deadline` is when the function is killed.
///
/// # Errors
///
/// Only where the answer did not get through, so that Lambda runs the same
/// event again.
pub async fn handle_checks(
    raw: &Value,
    deadline: Timestamp,
    checks: &Checks,
) -> Result<Handled, AwsError> {
    let Some(job_id) = job_id(raw) else {
        (checks.log)(json!({
            "level": "ERROR",
            "message": "the event has no job id, so there is nobody to answer",
            "hint": "this function answers CodePipeline's Lambda actions: let one invoke it",
        }));
        return Ok(Handled::NobodyToAnswer);
    };
    let concluded = concluded(raw, job_id, deadline, checks).await;
    let handled = concluded.handled();
    concluded.log(job_id, checks);
    let answered = concluded.answer().give(job_id, &checks.aws).await?;
    Ok(crate::handled(answered, handled))
}

/// Handles one job of a worker, which gives the answer. `deadline` is when the
/// function is killed.
pub async fn handle_asked_checks(raw: &Value, deadline: Timestamp, checks: &Checks) -> JobAnswer {
    let Some(job_id) = asked::job_id(raw) else {
        return Concluded::failed(&asked::without_id()).answer();
    };
    let concluded = concluded(raw, job_id, deadline, checks).await;
    concluded.log(job_id, checks);
    concluded.answer()
}

/// What one look comes to, before the function's end and whatever happens.
async fn concluded(raw: &Value, job_id: &str, deadline: Timestamp, checks: &Checks) -> Concluded {
    let now = checks.aws.now();
    let time = time_to_work(now, deadline);
    match within(time, follow(raw, job_id, now, checks), &checks.aws).await {
        Ok(Ok(concluded)) => concluded,
        Ok(Err(error)) => Concluded::failed(&error),
        Err(Cut::Panicked(detail)) => Concluded::failed(&GateError::Crashed { detail }),
        Err(Cut::OutOfTime) => out_of_time(raw, job_id, now, deadline, checks),
    }
}

/// Nothing was learned in time: an action that can go on does.
fn out_of_time(
    raw: &Value,
    job_id: &str,
    now: Timestamp,
    deadline: Timestamp,
    checks: &Checks,
) -> Concluded {
    let left = sluice_core::Duration::from_signed(deadline.duration_since(checks.aws.now()));
    let error = GateError::OutOfTime { left };
    match Asked::read(raw, job_id, now) {
        Ok(asked) if !last_chance(&asked.token, now) => {
            asked.again(0, format!("{error}; looking again"))
        }
        _ => Concluded::failed(&error),
    }
}

/// An event, read.
struct Asked {
    job: Job,
    parameters: Parameters,
    token: Token,
    now: Timestamp,
}

impl Asked {
    fn read(raw: &Value, job_id: &str, now: Timestamp) -> Result<Asked, GateError> {
        let job = Job::read(raw).map_err(|error| GateError::ParametersInvalid {
            detail: format!("the event is not one of a Lambda action: {error}"),
            mend: "let a Lambda action of CodePipeline invoke this function".to_owned(),
        })?;
        if let Some(mistake) = job.of_action.as_ref().and_then(|own| own.mistake.as_ref()) {
            return Err(mistake.clone());
        }
        let parameters = Parameters::read(job.user_parameters())?;
        let subject = Subject {
            release: parameters.release.clone(),
            stage: parameters.stage.clone(),
            gate: ALL_GATES.to_owned(),
        };
        let token = match &job.data.continuation_token {
            Some(text) => Token::read(text, &subject, now)?.looked(now),
            None => Token::first(subject, job_id, now).looked(now),
        };
        Ok(Asked {
            job,
            parameters,
            token,
            now,
        })
    }

    /// The execution that was started, as far as the token knows.
    fn execution(&self) -> Option<&str> {
        self.token.memory.get("execution")?.as_str()
    }

    fn again(self, percent: u8, line: String) -> Concluded {
        let external_id = self.execution().map(str::to_owned);
        Concluded::Continue {
            token: Box::new(self.token),
            summary: Summary {
                text: line,
                percent,
                external_id,
            },
        }
    }

    /// What AWS cannot do at this look it may at the next one.
    fn not_now(self, error: &AwsError, what: &str) -> Result<Concluded, GateError> {
        let begins_late =
            self.execution().is_none() && self.now.duration_since(self.token.first) >= BEGIN_WITHIN;
        if !error.is_passing() || begins_late || last_chance(&self.token, self.now) {
            return Err(error.clone().into());
        }
        Ok(self.again(0, format!("{what} at this look: {error}")))
    }
}

/// Starts the execution or looks at it.
async fn follow(
    raw: &Value,
    job_id: &str,
    now: Timestamp,
    checks: &Checks,
) -> Result<Concluded, GateError> {
    let mut asked = Asked::read(raw, job_id, now)?;
    let arn = match asked.execution() {
        Some(arn) => arn.to_owned(),
        None => {
            let is_known = asked.job.of_action.is_some();
            if !is_known && let Ok(Some(context)) = checks.aws.job_context(job_id).await {
                asked.parameters.agree_with(&context)?;
            }
            let input = input(&asked, checks).await?;
            match start(&asked, &input, checks).await {
                Ok(arn) => {
                    asked.token.memory = json!({ "execution": arn });
                    arn
                }
                Err(error) => return asked.not_now(&error, "the checks could not be started"),
            }
        }
    };
    match checks.aws.execution(&Place::default(), &arn).await {
        Ok(Some(execution)) => match &execution.status {
            ExecutionStatus::Running | ExecutionStatus::Unknown(_) => {
                running(asked, &arn, checks).await
            }
            ExecutionStatus::Succeeded => Ok(Concluded::Succeeded {
                line: passed(execution.output.as_deref()),
                execution: arn,
            }),
            ended => Ok(Concluded::Failed {
                kind: fault(execution.error.as_deref()),
                message: stopped(ended, &execution, &checks.aws),
                execution: Some(arn),
            }),
        },
        Ok(None) => Err(GateError::CallRefused {
            operation: "states:DescribeExecution".to_owned(),
            detail: format!("there is no execution `{arn}`"),
        }),
        Err(error) => asked.not_now(&error, "the checks could not be read"),
    }
}

/// What the execution is started with: the same for an event that comes twice.
async fn input(asked: &Asked, checks: &Checks) -> Result<Value, GateError> {
    let parameters = &asked.parameters;
    let ends = host_ends(&asked.token) - GATES_END_BEFORE;
    let mut input = json!({
        "pipeline": parameters.pipeline,
        "release": parameters.release,
        "stage": parameters.stage,
        "ends": ends,
    });
    if let Some(service) = &parameters.service {
        input["service"] = json!(service);
    }
    let artifacts = asked.job.data.input_artifacts.as_deref();
    if artifacts.is_some_and(|artifacts| !artifacts.is_empty()) {
        input["plan"] = plan(asked, checks).await?;
    }
    Ok(input)
}

/// The plan of the release's artifact.
async fn plan(asked: &Asked, checks: &Checks) -> Result<Value, GateError> {
    let path = asked.parameters.path.as_str();
    let wanted = Wanted {
        artifact: asked.parameters.artifact.as_deref(),
        path,
    };
    let text = artifact(&wanted, &asked.job, &checks.aws).await?;
    let plan = Node::from_yaml(&text).map_err(|problem| GateError::SettingsInvalid {
        place: format!("`{path}`"),
        problems: problem.to_string(),
    })?;
    let plan = plan.to_json();
    let bytes = plan.to_string().len();
    if bytes > PLAN_BYTES_MAX {
        return Err(GateError::PlanUnreadable {
            detail: format!(
                "`{path}` has {bytes} bytes, and at most {PLAN_BYTES_MAX} are handed on"
            ),
            mend: "keep the plan in the plan store: `sluice plan push`".to_owned(),
        });
    }
    Ok(plan)
}

/// Starts the execution, or finds the one that this job started before.
async fn start(asked: &Asked, input: &Value, checks: &Checks) -> Result<String, AwsError> {
    let name = format!("sluice-{}", asked.token.attempt);
    let place = Place::default();
    let started = checks
        .aws
        .start_execution(&place, &checks.machine, &name, &input.to_string())
        .await?;
    Ok(started.arn().to_owned())
}

/// The execution goes on, as long as CodePipeline lets it.
async fn running(asked: Asked, arn: &str, checks: &Checks) -> Result<Concluded, GateError> {
    if last_chance(&asked.token, asked.now) {
        let why = "CodePipeline ends the action that follows this execution";
        let stopped = checks.aws.stop_execution(&Place::default(), arn, why).await;
        let note = stopped.err().map_or(String::new(), |error| {
            format!("; it could not be stopped either: {error}")
        });
        return Ok(Concluded::Failed {
            kind: FailureType::JobFailed,
            message: format!(
                "the checks of this stage had not ended when CodePipeline's 24 hours for an action nearly had{note}\n\n\
                 hint: checks that take longer are started by CodePipeline's own action for state machines\nexecution: {arn}"
            ),
            execution: Some(arn.to_owned()),
        });
    }
    let (percent, line) = progress::of(&asked.parameters, arn, checks).await;
    Ok(asked.again(percent, line))
}

/// Which gates let the release go on, in one line.
fn passed(output: Option<&str>) -> String {
    let output: Value = output
        .and_then(|output| serde_json::from_str(output).ok())
        .unwrap_or_default();
    let gates = output.get("gates").and_then(Value::as_array);
    let said: Vec<String> = gates.into_iter().flatten().map(progress::said).collect();
    match said.as_slice() {
        [] => "every gate of this stage lets the release go on".to_owned(),
        said => format!(
            "every gate of this stage lets the release go on: {}",
            said.join(", ")
        ),
    }
}

/// What an execution says that did not succeed. The state machine writes its
/// causes for people.
fn stopped(status: &ExecutionStatus, execution: &Execution, aws: &Aws) -> String {
    let shown = aws.execution_address(&execution.arn);
    let how = match status {
        ExecutionStatus::TimedOut => "the checks of this stage took longer than they may",
        ExecutionStatus::Aborted => "the checks of this stage were stopped by somebody",
        _ => "the checks of this stage failed without a cause",
    };
    let cause = execution.cause.as_deref().filter(|cause| !cause.is_empty());
    format!("{}\nexecution: {shown}", cause.unwrap_or(how))
}

/// Whom an error of the state machine concerns.
fn fault(error: Option<&str>) -> FailureType {
    match error {
        Some("PlanError") => FailureType::ConfigurationError,
        _ => FailureType::JobFailed,
    }
}
