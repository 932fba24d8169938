//! Telling CodePipeline what became of the checks.

use serde_json::json;
use sluice_aws::{Answered, AwsError, Summary};
use sluice_core::token::TOKEN_CHARACTERS_MAX;

use super::{Checks, Concluded};
use crate::answer::{MESSAGE_CHARACTERS_MAX, SUMMARY_CHARACTERS_MAX, fitted};
use crate::{Handled, handled};

/// Gives the answer.
pub(super) async fn answer(
    job: &str,
    concluded: Concluded,
    checks: &Checks,
) -> Result<Handled, AwsError> {
    let (level, text) = match &concluded {
        Concluded::Continue { summary, .. } => ("INFO", summary.text.clone()),
        Concluded::Succeeded { line, .. } => ("INFO", line.clone()),
        Concluded::Failed { message, .. } => ("ERROR", message.clone()),
    };
    let answered = send(job, concluded, checks).await?;
    (checks.log)(json!({ "level": level, "message": "checks", "job": job, "text": text }));
    Ok(handled(answered.0, answered.1))
}

async fn send(
    job: &str,
    concluded: Concluded,
    checks: &Checks,
) -> Result<(Answered, Handled), AwsError> {
    let aws = &checks.aws;
    match concluded {
        Concluded::Continue { token, summary } => {
            debug_assert!(token.write().chars().count() <= TOKEN_CHARACTERS_MAX);
            let line = fitted(&summary.text, SUMMARY_CHARACTERS_MAX);
            let summary = Summary {
                text: line.clone(),
                ..summary
            };
            let answered = aws
                .answer_success(job, Some(token.write()), &summary, &[])
                .await?;
            Ok((answered, Handled::Continued { line }))
        }
        Concluded::Succeeded { execution, line } => {
            let summary = Summary {
                text: fitted(&line, SUMMARY_CHARACTERS_MAX),
                percent: 100,
                external_id: Some(execution.clone()),
            };
            let variables = [("Outcome", "go".to_owned()), ("Execution", execution)];
            let answered = aws.answer_success(job, None, &summary, &variables).await?;
            Ok((answered, Handled::Followed))
        }
        Concluded::Failed {
            kind,
            message,
            execution,
        } => {
            let message = fitted(&message, MESSAGE_CHARACTERS_MAX);
            let answered = aws.answer_failure(job, kind, &message, execution).await?;
            Ok((answered, Handled::Followed))
        }
    }
}
