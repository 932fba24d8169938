//! Jobs, executions and actions of CodePipeline.

use aws_sdk_codepipeline::types::{
    ActionCategory, ActionExecutionFilter, ActionExecutionStatus, ExecutionDetails, FailureDetails,
    FailureType as SdkFailureType, PipelineContext,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sluice_core::error::Fault;
use sluice_core::reading::Place;

use crate::clients::Aws;
use crate::cloudwatch::moment;
use crate::error::{AwsError, sorted};

/// What is shown of a job that answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// One line for people, not empty.
    pub text: String,
    /// 0 to 100.
    pub percent: u8,
    /// What to look at outside, for instance the evidence's key.
    pub external_id: Option<String>,
}

/// Why a job failed, in CodePipeline's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureType {
    /// A verdict says stop, or the gate itself failed.
    JobFailed,
    /// The settings have to be changed.
    ConfigurationError,
    /// Rights are missing.
    PermissionError,
    /// AWS is unwell.
    SystemUnavailable,
}

impl From<Fault> for FailureType {
    fn from(fault: Fault) -> FailureType {
        match fault {
            Fault::Settings => FailureType::ConfigurationError,
            Fault::Rights => FailureType::PermissionError,
            Fault::Service => FailureType::SystemUnavailable,
            Fault::Gate => FailureType::JobFailed,
        }
    }
}

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// CodePipeline took it.
    Taken,
    /// The job had its answer already, or is gone.
    AlreadyAnswered,
}

/// What a job is part of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The pipeline's name.
    pub pipeline: String,
    /// The pipeline execution's id.
    pub release: String,
    /// The stage.
    pub stage: String,
    /// The action.
    pub action: String,
    /// The action execution's id.
    pub action_execution: String,
}

/// A pipeline execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseState {
    /// `InProgress`, `Stopping`, `Stopped`, `Succeeded`, `Superseded`, `Failed`, `Cancelled`, ...
    pub status: String,
    /// Whether it is of type `ROLLBACK`.
    pub rollback: bool,
    /// Whether the pipeline runs executions side by side.
    pub parallel: bool,
}

/// A stage's latest execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionState {
    /// The stage.
    pub stage: String,
    /// The id of its latest execution, if it ever had one.
    pub latest: Option<String>,
}

/// One execution of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionRun {
    /// The action execution's id.
    pub id: String,
    /// The pipeline execution's id.
    pub release: String,
    /// Its stage.
    pub stage: String,
    /// Its name.
    pub action: String,
    /// Whether it is of category Deploy.
    pub deploys: bool,
    /// When it began, by AWS's clock.
    pub began: Timestamp,
    /// Whether it failed.
    pub failed: bool,
    /// What it passes on, with variables filled in, where AWS shows it: the
    /// `UserParameters` of a Lambda action, the `Input` of a state machine.
    pub parameters: Option<String>,
}

/// Newest action executions of a pipeline that are looked through.
const ACTIONS_MAX: i32 = 100;
const ACTION_PAGES_MAX: usize = 10;

impl Aws {
    /// Tells CodePipeline that a job goes on (`token`) or ended well.
    pub async fn answer_success(
        &self,
        job: &str,
        token: Option<String>,
        summary: &Summary,
        variables: &[(String, String)],
    ) -> Result<Answered, AwsError> {
        let call = self
            .codepipeline()
            .put_job_success_result()
            .job_id(job)
            .set_continuation_token(token)
            .execution_details(
                ExecutionDetails::builder()
                    .summary(&summary.text)
                    .percent_complete(i32::from(summary.percent))
                    .set_external_execution_id(summary.external_id.clone())
                    .build(),
            )
            .set_output_variables(
                (!variables.is_empty()).then(|| variables.iter().cloned().collect()),
            );
        taken(
            call.send()
                .await
                .map_err(|e| sorted("codepipeline:PutJobSuccessResult", &Place::default(), e)),
        )
    }

    /// Tells CodePipeline that a job failed.
    pub async fn answer_failure(
        &self,
        job: &str,
        kind: FailureType,
        message: &str,
        external_id: Option<String>,
    ) -> Result<Answered, AwsError> {
        let kind = match kind {
            FailureType::JobFailed => SdkFailureType::JobFailed,
            FailureType::ConfigurationError => SdkFailureType::ConfigurationError,
            FailureType::PermissionError => SdkFailureType::PermissionError,
            FailureType::SystemUnavailable => SdkFailureType::SystemUnavailable,
        };
        let operation = "codepipeline:PutJobFailureResult";
        let details = FailureDetails::builder()
            .r#type(kind)
            .message(message)
            .set_external_execution_id(external_id)
            .build()
            .map_err(|error| {
                sorted::<aws_sdk_codepipeline::Error>(
                    operation,
                    &Place::default(),
                    aws_smithy_runtime_api::client::result::SdkError::construction_failure(error),
                )
            })?;
        let call = self
            .codepipeline()
            .put_job_failure_result()
            .job_id(job)
            .failure_details(details);
        taken(
            call.send()
                .await
                .map_err(|e| sorted(operation, &Place::default(), e)),
        )
    }

    /// What a job is part of, where `GetJobDetails` says it. Whether it does
    /// for jobs of Lambda actions is not documented: a refusal is `None`, and
    /// only what may pass is an error.
    pub async fn job_context(&self, job: &str) -> Result<Option<Context>, AwsError> {
        let answer = self
            .codepipeline()
            .get_job_details()
            .job_id(job)
            .send()
            .await
            .map_err(|e| sorted("codepipeline:GetJobDetails", &Place::default(), e));
        match answer {
            Ok(answer) => Ok(answer
                .job_details
                .and_then(|details| context(details.data?.pipeline_context?))),
            Err(error) if error.is_passing() => Err(error),
            Err(_) => Ok(None),
        }
    }

    /// How a pipeline execution is.
    pub async fn release_state(
        &self,
        pipeline: &str,
        release: &str,
    ) -> Result<ReleaseState, AwsError> {
        let operation = "codepipeline:GetPipelineExecution";
        let answer = self
            .codepipeline()
            .get_pipeline_execution()
            .pipeline_name(pipeline)
            .pipeline_execution_id(release)
            .send()
            .await
            .map_err(|e| sorted(operation, &Place::default(), e))?;
        let execution = answer.pipeline_execution;
        Ok(ReleaseState {
            status: execution
                .as_ref()
                .and_then(|e| e.status.as_ref())
                .map_or_else(|| "unknown".to_owned(), |s| s.as_str().to_owned()),
            rollback: execution
                .as_ref()
                .and_then(|e| e.execution_type.as_ref())
                .is_some_and(|t| t.as_str() == "ROLLBACK"),
            parallel: execution
                .as_ref()
                .and_then(|e| e.execution_mode.as_ref())
                .is_some_and(|m| m.as_str() == "PARALLEL"),
        })
    }

    /// The latest execution of each stage.
    pub async fn stage_states(&self, pipeline: &str) -> Result<Vec<ExecutionState>, AwsError> {
        let operation = "codepipeline:GetPipelineState";
        let answer = self
            .codepipeline()
            .get_pipeline_state()
            .name(pipeline)
            .send()
            .await
            .map_err(|e| sorted(operation, &Place::default(), e))?;
        Ok(answer
            .stage_states
            .unwrap_or_default()
            .into_iter()
            .map(|stage| ExecutionState {
                stage: stage.stage_name.unwrap_or_default(),
                latest: stage
                    .latest_execution
                    .map(|latest| latest.pipeline_execution_id),
            })
            .collect())
    }

    /// Executions of actions, newest first: all of one release, or the newest
    /// hundred of all releases of a pipeline.
    pub async fn action_runs(
        &self,
        pipeline: &str,
        release: Option<&str>,
    ) -> Result<Vec<ActionRun>, AwsError> {
        let operation = "codepipeline:ListActionExecutions";
        let filter = release.map(|id| {
            ActionExecutionFilter::builder()
                .pipeline_execution_id(id)
                .build()
        });
        let mut runs = Vec::new();
        let mut next = None;
        for _ in 0..if release.is_some() {
            ACTION_PAGES_MAX
        } else {
            1
        } {
            let answer = self
                .codepipeline()
                .list_action_executions()
                .pipeline_name(pipeline)
                .set_filter(filter.clone())
                .max_results(ACTIONS_MAX)
                .set_next_token(next)
                .send()
                .await
                .map_err(|e| sorted(operation, &Place::default(), e))?;
            for detail in answer.action_execution_details.unwrap_or_default() {
                let Some(began) = detail.start_time.as_ref().map(moment) else {
                    continue;
                };
                let input = detail.input;
                let parameters = input.as_ref().and_then(|input| {
                    let resolved = input.resolved_configuration.as_ref()?;
                    let passed = resolved
                        .get("UserParameters")
                        .or_else(|| resolved.get("Input"));
                    passed.cloned()
                });
                let category = input.and_then(|i| i.action_type_id).map(|t| t.category);
                runs.push(ActionRun {
                    id: detail.action_execution_id.unwrap_or_default(),
                    release: detail.pipeline_execution_id.unwrap_or_default(),
                    stage: detail.stage_name.unwrap_or_default(),
                    action: detail.action_name.unwrap_or_default(),
                    deploys: category == Some(ActionCategory::Deploy),
                    began,
                    failed: detail.status == Some(ActionExecutionStatus::Failed),
                    parameters,
                });
            }
            next = answer.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                break;
            }
        }
        Ok(runs)
    }
}

pub(crate) fn context(told: PipelineContext) -> Option<Context> {
    let action = told.action?;
    Some(Context {
        pipeline: told.pipeline_name?,
        release: told.pipeline_execution_id?,
        stage: told.stage?.name?,
        action: action.name?,
        action_execution: action.action_execution_id?,
    })
}

fn taken<T>(answer: Result<T, AwsError>) -> Result<Answered, AwsError> {
    match answer {
        Ok(_) => Ok(Answered::Taken),
        // Which of the two AWS gives for a job that was answered is not documented.
        Err(error)
            if error.has_code("InvalidJobStateException")
                || error.has_code("JobNotFoundException") =>
        {
            Ok(Answered::AlreadyAnswered)
        }
        Err(error) => Err(error),
    }
}
