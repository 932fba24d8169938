//! A Lambda action of a pipeline that has something to say: that a release
//! came this far, for instance.

use serde::Deserialize;
use serde_json::Value;
use sluice_aws::{AwsError, FailureType, Summary};
use sluice_core::{GateError, NAME_HINT, is_name};

use super::{Say, Turn};
use crate::answer::{MESSAGE_CHARACTERS_MAX, SUMMARY_CHARACTERS_MAX};
use crate::parameters::{json, unresolved_variable};
use crate::{Handled, Job, fitted, handled};

/// What to write where there is nothing useful.
const EXAMPLE: &str = r##"{"pipeline":"NAME","release":"#{codepipeline.PipelineExecutionId}","stage":"NAME","text":"deployed to production"}"##;

/// What an action's `UserParameters` say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    pipeline: String,
    release: String,
    stage: Option<String>,
    text: Option<String>,
    #[serde(default)]
    to: Vec<String>,
    /// Whether the action fails where nobody can be told. It does not stop a
    /// release unless somebody wants that.
    #[serde(default)]
    required: bool,
}

impl Turn<'_> {
    /// Says what the action wants to be said, and answers it.
    pub(super) async fn job(&self, raw: &Value, job: &str) -> Result<Handled, GateError> {
        let answered = match parameters(raw) {
            Err(error) => self.fail(job, &error).await?,
            Ok(parameters) => {
                let required = parameters.required;
                match self.say(&parameters.say(), job).await {
                    Err(error) if required => self.fail(job, &error).await?,
                    said => self.succeed(job, said.err()).await?,
                }
            }
        };
        Ok(handled(answered, Handled::Followed))
    }

    async fn succeed(
        &self,
        job: &str,
        error: Option<GateError>,
    ) -> Result<sluice_aws::Answered, AwsError> {
        let text = match error {
            None => "said; the function's log has each channel".to_owned(),
            Some(error) => format!("not said: {error}"),
        };
        let summary = Summary {
            text: fitted(&text, SUMMARY_CHARACTERS_MAX),
            percent: 100,
            external_id: None,
        };
        self.host.aws.answer_success(job, None, &summary, &[]).await
    }

    async fn fail(&self, job: &str, error: &GateError) -> Result<sluice_aws::Answered, AwsError> {
        let text = format!("{error}\n\nhint: {}", error.hint());
        let text = fitted(&text, MESSAGE_CHARACTERS_MAX);
        let kind = FailureType::from(error.fault());
        self.host.aws.answer_failure(job, kind, &text, None).await
    }
}

fn parameters(raw: &Value) -> Result<Parameters, GateError> {
    let invalid = |detail: String, mend: String| GateError::ParametersInvalid { detail, mend };
    let job = Job::read(raw).map_err(|error| {
        invalid(
            format!("the event is not one of a Lambda action: {error}"),
            "let a Lambda action of CodePipeline invoke this function".to_owned(),
        )
    })?;
    let value = json(job.user_parameters(), EXAMPLE)?;
    unresolved_variable(&value)?;
    let parameters = Parameters::deserialize(&value)
        .map_err(|error| invalid(error.to_string(), format!("write {EXAMPLE}")))?;
    match parameters.not_a_name() {
        None => Ok(parameters),
        Some(name) => Err(invalid(
            format!("`{}` is no name", name.escape_debug()),
            format!("a name has {NAME_HINT}; write {EXAMPLE}"),
        )),
    }
}

impl Parameters {
    fn not_a_name(&self) -> Option<&str> {
        let own = [
            Some(&self.pipeline),
            Some(&self.release),
            self.stage.as_ref(),
        ];
        let mut names = own.into_iter().flatten().chain(&self.to);
        names.find(|name| !is_name(name)).map(String::as_str)
    }

    fn say(self) -> Say {
        let text = self.text.unwrap_or_else(|| match &self.stage {
            Some(stage) => format!("release `{}` came to stage `{stage}`", self.release),
            None => format!("release `{}` came this far", self.release),
        });
        Say {
            pipeline: self.pipeline,
            release: Some(self.release),
            stage: self.stage,
            text,
            to: self.to,
        }
    }
}
