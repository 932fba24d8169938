//! What only `sluice probe` does in an account: it starts, stops and rolls
//! back releases of its own pipeline, puts data to its own metric, sets its own
//! alarm, and empties its own bucket. No function calls it.

use aws_sdk_cloudwatch::types::{Dimension, MetricDatum, StateValue};
use aws_sdk_s3::types::ObjectIdentifier;
use sluice_core::reading::{AlarmState, Place};

use crate::clients::Aws;
use crate::error::{AwsError, Refusal, sorted};

/// Pages of keys that are read, 1,000 each.
const KEY_PAGES_MAX: usize = 10;

/// A metric with one dimension.
#[derive(Debug, Clone, Copy)]
pub struct OwnMetric<'a> {
    /// The namespace.
    pub namespace: &'a str,
    /// The name.
    pub name: &'a str,
    /// The dimension's name and value.
    pub dimension: (&'a str, &'a str),
}

impl Aws {
    /// Whether any request went to an address that is none of AWS's: an
    /// emulator's, or one of the user's own.
    pub fn went_elsewhere(&self) -> bool {
        self.apart.went_elsewhere()
    }

    /// Starts a release, and gives its id.
    ///
    /// # Errors
    ///
    /// Where AWS does not answer, or refuses.
    pub async fn start_release(&self, pipeline: &str) -> Result<String, AwsError> {
        let operation = "codepipeline:StartPipelineExecution";
        let call = self.codepipeline().start_pipeline_execution();
        let answer = call.name(pipeline).send().await;
        let answer = answer.map_err(|e| sorted(operation, &Place::default(), e).about(pipeline))?;
        answer
            .pipeline_execution_id
            .ok_or_else(|| without_id(operation))
    }

    /// Stops a release at once, and abandons its actions.
    ///
    /// # Errors
    ///
    /// Where AWS does not answer, or refuses.
    pub async fn abandon_release(&self, pipeline: &str, release: &str) -> Result<(), AwsError> {
        let operation = "codepipeline:StopPipelineExecution";
        let call = self.codepipeline().stop_pipeline_execution();
        let call = call.pipeline_name(pipeline).pipeline_execution_id(release);
        let answer = call.abandon(true).send().await;
        answer
            .map(drop)
            .map_err(|e| sorted(operation, &Place::default(), e).about(pipeline))
    }

    /// Orders a stage to be rolled back to a release, and gives the id of the
    /// release that does it.
    ///
    /// # Errors
    ///
    /// Where AWS does not answer, or refuses.
    pub async fn roll_back_stage(
        &self,
        pipeline: &str,
        stage: &str,
        target: &str,
    ) -> Result<String, AwsError> {
        let operation = "codepipeline:RollbackStage";
        let call = self.codepipeline().rollback_stage();
        let call = call.pipeline_name(pipeline).stage_name(stage);
        let answer = call.target_pipeline_execution_id(target).send().await;
        let answer = answer.map_err(|e| sorted(operation, &Place::default(), e).about(pipeline))?;
        Ok(answer.pipeline_execution_id)
    }

    /// Puts one datapoint, of now.
    ///
    /// # Errors
    ///
    /// Where AWS does not answer, or refuses.
    pub async fn put_datapoint(&self, metric: OwnMetric<'_>, value: f64) -> Result<(), AwsError> {
        let (name, own) = metric.dimension;
        let dimension = Dimension::builder().name(name).value(own).build();
        let datum = MetricDatum::builder().metric_name(metric.name).value(value);
        let place = Place::default();
        let call = self.cloudwatch(&place).put_metric_data();
        let call = call.namespace(metric.namespace);
        let call = call.metric_data(datum.dimensions(dimension).build());
        let answer = call.send().await;
        answer
            .map(drop)
            .map_err(|e| sorted("cloudwatch:PutMetricData", &place, e))
    }

    /// Sets an alarm's state by hand.
    ///
    /// # Errors
    ///
    /// Where AWS does not answer, or refuses.
    pub async fn set_alarm(&self, name: &str, state: &AlarmState) -> Result<(), AwsError> {
        let place = Place::default();
        let call = self.cloudwatch(&place).set_alarm_state().alarm_name(name);
        let call = call.state_value(StateValue::from(state.to_string().as_str()));
        let answer = call.state_reason("sluice probe").send().await;
        answer
            .map(drop)
            .map_err(|e| sorted("cloudwatch:SetAlarmState", &place, e).about(name))
    }

    /// The keys of a bucket that begin so, in their order.
    ///
    /// # Errors
    ///
    /// Where AWS does not answer, or refuses.
    pub async fn keys(&self, bucket: &str, prefix: &str) -> Result<Vec<String>, AwsError> {
        let mut keys = Vec::new();
        let mut next = None;
        for _ in 0..KEY_PAGES_MAX {
            let call = self.s3().list_objects_v2().bucket(bucket).prefix(prefix);
            let answer = call.set_continuation_token(next).send().await;
            let answer =
                answer.map_err(|e| sorted("s3:ListBucket", &Place::default(), e).about(bucket))?;
            let page = answer.contents.unwrap_or_default();
            keys.extend(page.into_iter().filter_map(|own| own.key));
            next = answer.next_continuation_token;
            if next.is_none() {
                break;
            }
        }
        Ok(keys)
    }

    /// Removes every version of every object of a bucket.
    ///
    /// # Errors
    ///
    /// Where AWS does not answer, or refuses.
    pub async fn empty_bucket(&self, bucket: &str) -> Result<(), AwsError> {
        for _ in 0..KEY_PAGES_MAX {
            let found = self.versions(bucket).await?;
            if found.is_empty() {
                break;
            }
            for object in found {
                let call = self.s3().delete_object().bucket(bucket).key(object.key);
                let answer = call.set_version_id(object.version_id).send().await;
                answer.map_err(|e| {
                    let operation = "s3:DeleteObjectVersion";
                    sorted(operation, &Place::default(), e).about(bucket)
                })?;
            }
        }
        Ok(())
    }

    /// The first page of a bucket's versions, markers of deletion among them.
    async fn versions(&self, bucket: &str) -> Result<Vec<ObjectIdentifier>, AwsError> {
        let call = self.s3().list_object_versions().bucket(bucket);
        let answer = call.send().await;
        let answer = answer
            .map_err(|e| sorted("s3:ListBucketVersions", &Place::default(), e).about(bucket))?;
        let versions = answer.versions.unwrap_or_default().into_iter();
        let versions = versions.map(|own| (own.key, own.version_id));
        let markers = answer.delete_markers.unwrap_or_default().into_iter();
        let markers = markers.map(|own| (own.key, own.version_id));
        let built = versions.chain(markers).filter_map(|(key, version)| {
            let built = ObjectIdentifier::builder().key(key?);
            built.set_version_id(version).build().ok()
        });
        Ok(built.collect())
    }
}

fn without_id(operation: &str) -> AwsError {
    AwsError {
        operation: operation.to_owned(),
        refusal: Refusal::Unavailable,
        message: "the answer has no id".to_owned(),
        place: Place::default(),
        resource: None,
    }
}
