//! What is installed, for who looks whether it is right: functions, what
//! Lambda does with those that fail, pipelines, and which series there are.
//! Nothing here changes anything, and no function calls it.

use std::collections::BTreeMap;

use aws_sdk_codepipeline::types::{
    ActionDeclaration, PipelineDeclaration, PipelineExecutionFilter, StageDeclaration,
    SucceededInStageFilter,
};
use serde_json::{Value, json};
use sluice_core::reading::Place;

use crate::clients::Aws;
use crate::error::{AwsError, sorted};

/// Pages of series that are read, 500 each.
const SERIES_PAGES_MAX: usize = 4;
/// Releases that are looked at for one to go back to.
const TARGETS_MAX: i32 = 20;

/// A function as it is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledFunction {
    /// Seconds after which Lambda ends it.
    pub timeout: u32,
    /// The SHA-256 of its zip, in base64.
    pub code_sha256: Option<String>,
    /// `Active`, or why it cannot run.
    pub state: Option<String>,
}

/// What Lambda does with events whose function fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureHandling {
    /// Further attempts; AWS's own number where nothing is said.
    pub retries: u32,
    /// Seconds for which an event may wait.
    pub age: u32,
    /// Who is told of what failed for good.
    pub on_failure: Option<String>,
}

/// AWS's own, where nothing is configured.
const RETRIES_DEFAULT: u32 = 2;
const AGE_DEFAULT: u32 = 21_600;

impl Aws {
    /// A function by its name or ARN; `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// Where AWS does not answer, or refuses.
    pub async fn installed_function(
        &self,
        name: &str,
    ) -> Result<Option<InstalledFunction>, AwsError> {
        let place = Place::default();
        let call = self.lambda(&place).get_function_configuration();
        let answer = call.function_name(name).send().await;
        let answer = answer
            .map_err(|error| sorted("lambda:GetFunctionConfiguration", &place, error).about(name));
        let own = match answer {
            Err(error) if error.is_missing() => return Ok(None),
            answer => answer?,
        };
        Ok(Some(InstalledFunction {
            timeout: own.timeout.and_then(|t| u32::try_from(t).ok()).unwrap_or(3),
            code_sha256: own.code_sha256,
            state: own.state.map(|state| state.as_str().to_owned()),
        }))
    }

    /// What Lambda does with failed events of a function, under the qualifier
    /// that is called by name; `None` if nothing is configured.
    ///
    /// # Errors
    ///
    /// Where AWS does not answer, or refuses.
    pub async fn failure_handling(&self, name: &str) -> Result<Option<FailureHandling>, AwsError> {
        let place = Place::default();
        let call = self.lambda(&place).get_function_event_invoke_config();
        let answer = call.function_name(name).send().await;
        let answer = answer.map_err(|error| {
            sorted("lambda:GetFunctionEventInvokeConfig", &place, error).about(name)
        });
        let own = match answer {
            Err(error) if error.is_missing() => return Ok(None),
            answer => answer?,
        };
        let number = |own: Option<i32>, default| {
            own.and_then(|own| u32::try_from(own).ok())
                .unwrap_or(default)
        };
        let failure = own.destination_config.and_then(|own| own.on_failure);
        Ok(Some(FailureHandling {
            retries: number(own.maximum_retry_attempts, RETRIES_DEFAULT),
            age: number(own.maximum_event_age_in_seconds, AGE_DEFAULT),
            on_failure: failure.and_then(|own| own.destination),
        }))
    }

    /// The complete dimensions of all series of a metric that had data within
    /// two weeks, as far as some pages tell.
    ///
    /// # Errors
    ///
    /// Where AWS does not answer, or refuses.
    pub async fn series_of(
        &self,
        place: &Place,
        namespace: &str,
        name: &str,
    ) -> Result<Vec<BTreeMap<String, String>>, AwsError> {
        let mut found = Vec::new();
        let mut next = None;
        for _ in 0..SERIES_PAGES_MAX {
            let call = self.cloudwatch(place).list_metrics();
            let call = call.namespace(namespace).metric_name(name);
            let answer = call.set_next_token(next).send().await;
            let answer = answer
                .map_err(|error| sorted("cloudwatch:ListMetrics", place, error).about(name))?;
            for metric in answer.metrics.unwrap_or_default() {
                let dimensions = metric.dimensions.unwrap_or_default().into_iter();
                let pair =
                    |own: aws_sdk_cloudwatch::types::Dimension| Some((own.name?, own.value?));
                found.push(dimensions.filter_map(pair).collect());
            }
            next = answer.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                break;
            }
        }
        Ok(found)
    }

    /// A pipeline as `get-pipeline` prints it, as far as it is checked; `None`
    /// if there is none.
    ///
    /// # Errors
    ///
    /// Where AWS does not answer, or refuses.
    pub async fn pipeline_definition(&self, name: &str) -> Result<Option<Value>, AwsError> {
        let answer = self.codepipeline().get_pipeline().name(name).send().await;
        let answer = answer.map_err(|error| {
            sorted("codepipeline:GetPipeline", &Place::default(), error).about(name)
        });
        let own = match answer {
            Err(error) if error.has_code("PipelineNotFoundException") => return Ok(None),
            answer => answer?.pipeline,
        };
        Ok(own.map(|own| json!({ "pipeline": pipeline(own) })))
    }

    /// The newest release that a stage could be rolled back to: it succeeded
    /// there, is no rollback and not the one that is to be left, and ran in
    /// this version of the pipeline.
    ///
    /// # Errors
    ///
    /// Where AWS does not answer, or refuses.
    pub async fn rollback_target(
        &self,
        pipeline: &str,
        stage: &str,
        version: i64,
        left: Option<&str>,
    ) -> Result<Option<String>, AwsError> {
        let filter = SucceededInStageFilter::builder().stage_name(stage).build();
        let filter = PipelineExecutionFilter::builder().succeeded_in_stage(filter);
        let call = self.codepipeline().list_pipeline_executions();
        let call = call.pipeline_name(pipeline).max_results(TARGETS_MAX);
        let answer = call.filter(filter.build()).send().await;
        let answer = answer.map_err(|error| {
            let operation = "codepipeline:ListPipelineExecutions";
            sorted(operation, &Place::default(), error).about(pipeline)
        })?;
        for own in answer.pipeline_execution_summaries.unwrap_or_default() {
            let rollback =
                own.execution_type.as_ref().map(|kind| kind.as_str()) == Some("ROLLBACK");
            let Some(id) = own.pipeline_execution_id else {
                continue;
            };
            if rollback || Some(id.as_str()) == left {
                continue;
            }
            if self.release_version(pipeline, &id).await? == Some(version) {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    async fn release_version(&self, pipeline: &str, id: &str) -> Result<Option<i64>, AwsError> {
        let call = self.codepipeline().get_pipeline_execution();
        let call = call.pipeline_name(pipeline).pipeline_execution_id(id);
        let answer = call.send().await.map_err(|error| {
            let operation = "codepipeline:GetPipelineExecution";
            sorted(operation, &Place::default(), error).about(pipeline)
        })?;
        let own = answer.pipeline_execution;
        Ok(own.and_then(|own| own.pipeline_version).map(i64::from))
    }
}

fn pipeline(own: PipelineDeclaration) -> Value {
    json!({
        "name": own.name,
        "version": own.version,
        "pipelineType": own.pipeline_type.map(|own| own.as_str().to_owned()),
        "executionMode": own.execution_mode.map(|own| own.as_str().to_owned()),
        "stages": own.stages.into_iter().map(stage).collect::<Vec<_>>(),
    })
}

fn stage(own: StageDeclaration) -> Value {
    let result = own.on_failure.and_then(|own| own.result);
    let on_failure = result.map(|result| json!({ "result": result.as_str() }));
    json!({
        "name": own.name,
        "onFailure": on_failure,
        "actions": own.actions.into_iter().map(action).collect::<Vec<_>>(),
    })
}

fn action(own: ActionDeclaration) -> Value {
    let kind = own.action_type_id.map(|kind| {
        json!({
            "category": kind.category.as_str(),
            "owner": kind.owner.as_str(),
            "provider": kind.provider,
            "version": kind.version,
        })
    });
    json!({
        "name": own.name,
        "actionTypeId": kind,
        "runOrder": own.run_order,
        "configuration": own.configuration.unwrap_or_default(),
        "region": own.region,
    })
}
