//! Telling CodePipeline, within its limits.

use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sluice_aws::{Answered, AwsError, FailureType, PutOutcome, Summary};
use sluice_core::GateError;
use sluice_core::evidence::Evidence;
use sluice_core::plan::Notify;
use sluice_core::token::{Subject, Token, sha256};
use sluice_core::verdict::Outcome;

use crate::embedded::open;
use crate::given::JobAnswer;
use crate::handed::hand_on;
use crate::look::{Concluded, Ended, Ending};
use crate::message::{self, About, Kept};
use crate::publish::{LAMBDA_ACTION, verdict};
use crate::{Handled, Host, handled};

/// Characters of a summary (CodePipeline's `ExecutionSummary`).
pub const SUMMARY_CHARACTERS_MAX: usize = 2048;
/// Characters of a failure's message (CodePipeline's `Message`).
pub const MESSAGE_CHARACTERS_MAX: usize = 5000;
/// How long writing evidence may take of the time that is kept for answering.
const EVIDENCE_WITHIN: SignedDuration = SignedDuration::from_secs(8);
/// How long writing its page may take after that.
const PAGE_WITHIN: SignedDuration = SignedDuration::from_secs(4);
/// Bytes of evidence, as JSON, that a page is made of: it takes many times
/// that in memory.
const PAGE_OF_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Characters of an id of something outside (CodePipeline's `ExecutionId`).
const EXTERNAL_ID_CHARACTERS_MAX: usize = 1500;

/// A text that CodePipeline takes: not empty, cut between characters.
pub fn fitted(text: &str, characters_max: usize) -> String {
    let text = text.trim();
    if text.is_empty() {
        return "-".to_owned();
    }
    if text.chars().count() <= characters_max {
        return text.to_owned();
    }
    const CUT: &str = " ... (cut)";
    let kept: String = text.chars().take(characters_max - CUT.len()).collect();
    format!("{kept}{CUT}")
}

/// Gives the answer. `pipeline` is for the log.
pub(crate) async fn answer(
    job: &str,
    pipeline: Option<&str>,
    concluded: Concluded,
    deadline: Timestamp,
    host: &Host,
) -> Result<Handled, AwsError> {
    match concluded {
        Concluded::Continue {
            token,
            percent,
            line,
        } => {
            let answer = goes_on(&token, percent, &line);
            let answered = answer.give(job, &host.aws).await?;
            log_continued(job, pipeline, &token, &line, host);
            Ok(handled(answered, Handled::Continued { line }))
        }
        Concluded::End(ending) => end(job, *ending, deadline, host).await,
    }
}

/// What a job is told that goes on.
pub(crate) fn goes_on(token: &Token, percent: u8, line: &str) -> JobAnswer {
    JobAnswer::Continue {
        token: token.write(),
        summary: Summary {
            text: fitted(line, SUMMARY_CHARACTERS_MAX),
            percent,
            external_id: None,
        },
    }
}

pub(crate) fn log_continued(
    job: &str,
    pipeline: Option<&str>,
    token: &Token,
    line: &str,
    host: &Host,
) {
    let line = Line {
        level: "INFO",
        message: "goes on",
        pipeline,
        subject: &token.subject,
        job,
        look: token.looks,
        text: line,
    };
    log_open(line.written(), token, host);
}

/// Says in the log that a gate goes on, and how long it has been open.
pub(crate) fn log_open(mut line: Value, token: &Token, host: &Host) {
    if let Some(function) = &host.function {
        for (name, value) in open(function, token, host.aws.now()) {
            line[name] = value;
        }
    }
    (host.log)(line);
}

/// An ending whose evidence is kept, with the text for people.
pub(crate) struct Said {
    pub(crate) evidence: Evidence,
    pub(crate) error: Option<GateError>,
    pub(crate) kept: Kept,
    pub(crate) text: String,
    pub(crate) look: u32,
    /// Whether the release is itself a rollback.
    pub(crate) rollback: bool,
    /// The service, where somebody named it.
    pub(crate) service: Option<String>,
    /// Whom the plan wants told.
    pub(crate) notify: Notify,
}

impl Said {
    /// What the job is told. Without a verdict nothing but watch-only mode or
    /// a waiver can say go.
    pub(crate) fn answer(&self) -> JobAnswer {
        let (evidence, kept) = (&self.evidence, &self.kept);
        let external_id = Some(fitted(&kept.address(), EXTERNAL_ID_CHARACTERS_MAX));
        if evidence.decision.outcome == Outcome::Stop {
            let kind = self.error.as_ref().map(|error| error.fault().into());
            return JobAnswer::Failure {
                kind: kind.unwrap_or(FailureType::JobFailed),
                message: fitted(&self.text, MESSAGE_CHARACTERS_MAX),
                external_id,
            };
        }
        let verdict = evidence.verdict.map_or("none", |verdict| verdict.word());
        let variables = [
            ("Verdict", verdict.to_owned()),
            ("Outcome", evidence.decision.outcome.to_string()),
            ("Reason", reason_word(evidence)),
            ("Evidence", kept.address()),
            ("Page", kept.page().unwrap_or("none").to_owned()),
        ];
        JobAnswer::Success {
            summary: Summary {
                text: fitted(&self.text, SUMMARY_CHARACTERS_MAX),
                percent: 100,
                external_id,
            },
            variables: variables
                .map(|(name, value)| (name.to_owned(), value))
                .into(),
        }
    }

    /// Says it in the log. `job` is the job's id, or the task's.
    pub(crate) fn log(&self, job: &str, host: &Host) {
        let line = Line {
            level: if self.error.is_some() {
                "ERROR"
            } else {
                "INFO"
            },
            message: "ended",
            pipeline: Some(&self.evidence.pipeline),
            subject: &self.evidence.subject,
            job,
            look: self.look,
            text: &self.text,
        };
        (host.log)(line.written());
    }
}

/// Keeps the evidence of an ending, and puts it into words.
pub(crate) async fn say(ending: Ending, host: &Host) -> Said {
    let Ending {
        mut evidence,
        error,
        artifact,
        look,
        rollback,
        service,
        notify,
    } = ending;
    let kept = keep(&mut evidence, host).await;
    let subject = evidence.subject.clone();
    let mut remarks = evidence.remarks.clone();
    remarks.extend(hand_on(artifact, &evidence, host).await);
    let about = About {
        gate: &subject.gate,
        stage: &subject.stage,
        remarks: &remarks,
        waiver: evidence.waiver.as_ref(),
        tests: &sluice_report::test_lines(&evidence),
        evidence: &kept,
    };
    let text = match (&error, &evidence.verdict, &evidence.reason) {
        (Some(error), _, _) => message::gate_error(error, evidence.decision, &about),
        (None, Some(verdict), Some(reason)) => {
            message::verdict(*verdict, reason, &evidence.also, evidence.decision, &about)
        }
        (None, _, _) => "the gate ended without a verdict".to_owned(),
    };
    Said {
        evidence,
        error,
        kept,
        text,
        look,
        rollback,
        service,
        notify,
    }
}

async fn end(
    job: &str,
    ending: Ending,
    deadline: Timestamp,
    host: &Host,
) -> Result<Handled, AwsError> {
    let said = say(ending, host).await;
    let answered = said.answer().give(job, &host.aws).await?;
    said.log(job, host);
    if answered == Answered::Taken {
        let verdict = verdict(&said, LAMBDA_ACTION);
        host.bus().publish(&verdict, deadline).await;
    }
    let ended = Ended {
        evidence_address: said.kept.address(),
        message: said.text,
        evidence: said.evidence,
    };
    Ok(handled(answered, Handled::Ended(Box::new(ended))))
}

pub(crate) fn reason_word(evidence: &Evidence) -> String {
    match (&evidence.reason, &evidence.gate_error) {
        (Some(reason), _) => reason.code.to_string(),
        (None, Some((name, _))) => name.clone(),
        (None, None) => "-".to_owned(),
    }
}

/// Writes the evidence to the bucket, or else to the log in one line. A
/// refused write changes no verdict, and is said.
async fn keep(evidence: &mut Evidence, host: &Host) -> Kept {
    if let Some(bucket) = &host.evidence_bucket {
        let key = message::evidence_key(evidence);
        // The answer itself needs time, too.
        let failed = tokio::select! {
            biased;
            put = put(bucket, key, evidence, host) => match put {
                Ok(put) => {
                    let page = put_page(bucket, &put.key, put.size, evidence, host).await;
                    return Kept::Bucket {
                        address: format!("s3://{bucket}/{}", put.key),
                        sha256: put.sha256,
                        page,
                    };
                }
                Err(error) => error.to_string(),
            },
            () = host.aws.pause(EVIDENCE_WITHIN) => {
                format!("it took more than {} s", EVIDENCE_WITHIN.as_secs())
            }
        };
        evidence.remarks.push(format!(
            "the evidence could not be written to the bucket ({failed}); it is in the log"
        ));
    }
    let body = serde_json::to_value(&evidence).expect("evidence is JSON");
    let digest = sha256(body.to_string().as_bytes());
    (host.log)(
        json!({ "level": "INFO", "message": "evidence", "sha256": digest, "sluice_evidence": body }),
    );
    Kept::Log(digest)
}

/// Evidence that was put.
struct Written {
    key: String,
    /// Bytes.
    size: usize,
    sha256: String,
}

/// Puts evidence, and gives its key and how many bytes it has. What another
/// run of the same attempt put is never overwritten: that one may have given
/// the answer.
async fn put(
    bucket: &str,
    key: String,
    evidence: &Evidence,
    host: &Host,
) -> Result<Written, AwsError> {
    // Written anew where it is needed twice: a copy that is kept costs memory.
    let body = || serde_json::to_vec(evidence).expect("evidence is JSON");
    let first = body();
    let mut written = Written {
        key,
        size: first.len(),
        sha256: sha256(&first),
    };
    if host.aws.put_if_absent(bucket, &written.key, first).await? == PutOutcome::AlreadyThere {
        written.key = message::evidence_key_beside(evidence);
        host.aws.put_object(bucket, &written.key, body()).await?;
    }
    Ok(written)
}

/// The page of evidence that has so many bytes as JSON, or why there is none.
pub(crate) fn made_page(evidence: &Evidence, size: usize, host: &Host) -> Result<String, String> {
    if size > PAGE_OF_BYTES_MAX {
        return Err(format!("the evidence has {size} bytes"));
    }
    let made = catch_unwind(AssertUnwindSafe(|| (host.page)(evidence)));
    made.map_err(|_| "it could not be made".to_owned())
}

/// Writes the page beside the evidence, and gives where it is shown. It is a
/// convenience: what goes wrong with it changes nothing else, and is said.
async fn put_page(
    bucket: &str,
    key: &str,
    size: usize,
    evidence: &mut Evidence,
    host: &Host,
) -> Option<String> {
    let key = message::page_key(key);
    let put = async {
        let html = made_page(evidence, size, host)?;
        let put = host.aws.put_page(bucket, &key, html).await;
        put.map_err(|error| error.to_string())
    };
    let failed = tokio::select! {
        biased;
        put = put => match put {
            Ok(()) => return Some(host.aws.console_address(bucket, &key)),
            Err(error) => error,
        },
        () = host.aws.pause(PAGE_WITHIN) => format!("it took more than {} s", PAGE_WITHIN.as_secs()),
    };
    let remark = format!("the page of the evidence could not be written ({failed})");
    evidence.remarks.push(remark);
    None
}

/// A line of the log about a look that was answered.
struct Line<'a> {
    level: &'static str,
    message: &'static str,
    pipeline: Option<&'a str>,
    subject: &'a Subject,
    job: &'a str,
    look: u32,
    text: &'a str,
}

impl Line<'_> {
    fn written(&self) -> Value {
        json!({
            "level": self.level,
            "message": self.message,
            "pipeline": self.pipeline,
            "release": self.subject.release,
            "stage": self.subject.stage,
            "gate": self.subject.gate,
            "job": self.job,
            "look": self.look,
            "text": self.text,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters_and_never_empty() {
        assert_eq!(fitted("", 10), "-");
        assert_eq!(fitted(" \n", 10), "-");
        assert_eq!(fitted("0123456789", 10), "0123456789");
        let cut = fitted(&"ä".repeat(3000), SUMMARY_CHARACTERS_MAX);
        assert_eq!(cut.chars().count(), SUMMARY_CHARACTERS_MAX);
        assert!(cut.ends_with("(cut)"));
    }
}
