//! What the job is told of the checks.

use serde_json::json;
use sluice_aws::Summary;
use sluice_core::token::TOKEN_CHARACTERS_MAX;

use super::{Checks, Concluded};
use crate::Handled;
use crate::answer::{MESSAGE_CHARACTERS_MAX, SUMMARY_CHARACTERS_MAX, fitted};
use crate::given::JobAnswer;

impl Concluded {
    /// What the job is told.
    pub(super) fn answer(self) -> JobAnswer {
        match self {
            Concluded::Continue { token, summary } => {
                let token = token.write();
                debug_assert!(token.chars().count() <= TOKEN_CHARACTERS_MAX);
                let summary = Summary {
                    text: fitted(&summary.text, SUMMARY_CHARACTERS_MAX),
                    ..summary
                };
                JobAnswer::Continue { token, summary }
            }
            Concluded::Succeeded { execution, line } => JobAnswer::Success {
                summary: Summary {
                    text: fitted(&line, SUMMARY_CHARACTERS_MAX),
                    percent: 100,
                    external_id: Some(execution.clone()),
                },
                variables: vec![
                    ("Outcome".to_owned(), "go".to_owned()),
                    ("Execution".to_owned(), execution),
                ],
            },
            Concluded::Failed {
                kind,
                message,
                execution,
            } => JobAnswer::Failure {
                kind,
                message: fitted(&message, MESSAGE_CHARACTERS_MAX),
                external_id: execution,
            },
        }
    }

    /// What becomes of the job once it is told.
    pub(super) fn handled(&self) -> Handled {
        match self {
            Concluded::Continue { summary, .. } => Handled::Continued {
                line: fitted(&summary.text, SUMMARY_CHARACTERS_MAX),
            },
            Concluded::Succeeded { .. } | Concluded::Failed { .. } => Handled::Followed,
        }
    }

    /// Says it in the log.
    pub(super) fn log(&self, job: &str, checks: &Checks) {
        let (level, text) = match self {
            Concluded::Continue { summary, .. } => ("INFO", &summary.text),
            Concluded::Succeeded { line, .. } => ("INFO", line),
            Concluded::Failed { message, .. } => ("ERROR", message),
        };
        (checks.log)(json!({ "level": level, "message": "checks", "job": job, "text": text }));
    }
}
