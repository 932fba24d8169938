//! What a job is told, whoever tells it: the function itself, or the worker
//! that asked it.

use serde::{Deserialize, Serialize};
use sluice_aws::{Answered, Aws, AwsError, FailureType, Summary};
use sluice_core::actions::execution_id;

/// What a job is told, within CodePipeline's limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum JobAnswer {
    /// The job goes on with a token.
    Continue {
        /// What the next look is given.
        token: String,
        /// What people are shown.
        summary: Summary,
    },
    /// The job ended well.
    Success {
        /// What people are shown.
        summary: Summary,
        /// The action's output variables.
        variables: Vec<(String, String)>,
    },
    /// The job failed.
    Failure {
        /// Whom it concerns.
        kind: FailureType,
        /// What people read.
        message: String,
        /// What to look at outside.
        external_id: Option<String>,
    },
}

impl JobAnswer {
    /// The same, with the link of a custom action's run leading to an object
    /// of the evidence bucket.
    pub(crate) fn linked(mut self, key: Option<&str>) -> JobAnswer {
        let link = key.and_then(execution_id).map(str::to_owned);
        match &mut self {
            JobAnswer::Continue { summary, .. } | JobAnswer::Success { summary, .. } => {
                summary.external_id = link;
            }
            JobAnswer::Failure { external_id, .. } => *external_id = link,
        }
        self
    }

    /// Tells CodePipeline.
    pub(crate) async fn give(self, job: &str, aws: &Aws) -> Result<Answered, AwsError> {
        match self {
            JobAnswer::Continue { token, summary } => {
                aws.answer_success(job, Some(token), &summary, &[]).await
            }
            JobAnswer::Success { summary, variables } => {
                aws.answer_success(job, None, &summary, &variables).await
            }
            JobAnswer::Failure {
                kind,
                message,
                external_id,
            } => aws.answer_failure(job, kind, &message, external_id).await,
        }
    }
}
