//! The texts that people read: first what they need first.

use sluice_core::evidence::Evidence;
use sluice_core::verdict::{DecidedBy, Decision, Outcome};
use sluice_core::waiver::GivenWaiver;
use sluice_core::{GateError, Reason, Verdict};

/// What a final answer is about.
pub(crate) struct About<'a> {
    pub(crate) gate: &'a str,
    pub(crate) stage: &'a str,
    pub(crate) remarks: &'a [String],
    /// The waiver that lets the release go on, if one does.
    pub(crate) waiver: Option<&'a GivenWaiver>,
    /// What became of tests, a line each.
    pub(crate) tests: &'a [String],
    /// Where the evidence is, and the command that shows it.
    pub(crate) evidence: &'a Kept,
}

/// Where evidence was put.
pub(crate) enum Kept {
    /// In the bucket.
    Bucket {
        /// Its address.
        address: String,
        /// SHA-256 of the object, in hexadecimal.
        sha256: String,
        /// The address of its page in AWS's console.
        page: Option<String>,
    },
    /// In the function's log, with its digest.
    Log(String),
    /// There is none: the function died.
    NotAtAll,
}

impl Kept {
    /// The key of its page in the bucket, if there is one.
    pub(crate) fn page_key(&self) -> Option<String> {
        let Kept::Bucket { address, page, .. } = self else {
            return None;
        };
        page.as_ref()?;
        let (_, key) = address.strip_prefix("s3://")?.split_once('/')?;
        Some(page_key(key))
    }

    /// For the output variable `Evidence`.
    pub(crate) fn address(&self) -> String {
        match self {
            Kept::Bucket { address, .. } => address.clone(),
            Kept::Log(digest) => format!("log:sha256:{digest}"),
            Kept::NotAtAll => "none".to_owned(),
        }
    }

    /// Where people read it, if there is a page.
    pub(crate) fn page(&self) -> Option<&str> {
        match self {
            Kept::Bucket { page, .. } => page.as_deref(),
            Kept::Log(_) | Kept::NotAtAll => None,
        }
    }

    /// The last lines of an answer.
    fn lines(&self) -> String {
        let page = self.page().map(|page| format!("\npage: {page}"));
        format!("\nevidence: {}{}", self.address(), page.unwrap_or_default())
    }

    fn command(&self) -> String {
        match self {
            Kept::Bucket { address, .. } => format!("`aws s3 cp {address} -`"),
            Kept::Log(digest) => format!("a search for `{digest}` in the function's log"),
            Kept::NotAtAll => "the function's log".to_owned(),
        }
    }
}

/// Why the outcome is not what the verdict alone would give.
fn although(decision: Decision) -> &'static str {
    match (decision.outcome, decision.decided_by) {
        (Outcome::Go, DecidedBy::WatchOnly) => " (goes on: the gate only watches)",
        (Outcome::Go, DecidedBy::Waiver) => " (would have stopped the release; goes on: waived)",
        (Outcome::Go, DecidedBy::Policy) => {
            " (goes on undecided: the plan says `on_inconclusive: { proceed: true }`)"
        }
        _ => "",
    }
}

fn waiver(about: &About<'_>) -> String {
    about
        .waiver
        .map(|waiver| format!("\nwaiver {waiver}"))
        .unwrap_or_default()
}

fn remarks(about: &About<'_>) -> String {
    about
        .remarks
        .iter()
        .map(|remark| format!("\nnote: {remark}"))
        .collect()
}

/// What a verdict's answer says.
pub(crate) fn verdict(
    verdict: Verdict,
    reason: &Reason,
    also: &[Reason],
    decision: Decision,
    about: &About<'_>,
) -> String {
    let mut text = format!(
        "gate `{}` of stage `{}`: {verdict}{}: {reason}",
        about.gate,
        about.stage,
        although(decision)
    );
    text.push_str(&waiver(about));
    const ALSO_MAX: usize = 5;
    for other in also.iter().take(ALSO_MAX) {
        text.push_str(&format!("\nalso: {other}"));
    }
    if also.len() > ALSO_MAX {
        text.push_str(&format!(
            "\nalso: {} more in the evidence",
            also.len() - ALSO_MAX
        ));
    }
    for test in about.tests {
        text.push_str(&format!("\ntest {test}"));
    }
    text.push_str(&remarks(about));
    if decision.outcome == Outcome::Stop {
        let advice = match verdict {
            Verdict::Inconclusive => {
                "nothing is known to be wrong; retrying the stage runs the gate anew"
            }
            _ => "look at the signal first; retrying the stage runs the gate anew",
        };
        text.push_str(&format!(
            "\n\nhint: {advice}; all readings: {}",
            about.evidence.command()
        ));
    }
    text.push_str(&about.evidence.lines());
    text
}

/// What a gate error's answer says.
pub(crate) fn gate_error(error: &GateError, decision: Decision, about: &About<'_>) -> String {
    format!(
        "gate `{}` of stage `{}` could not answer ({}){}: {error}{}{}\n\nhint: {}; more: docs/errors/{}.md{}",
        about.gate,
        about.stage,
        error.name(),
        although(decision),
        waiver(about),
        remarks(about),
        error.hint(),
        error.name(),
        about.evidence.lines(),
    )
}

/// What the page of evidence of this key is filed under.
pub(crate) fn page_key(key: &str) -> String {
    format!("{}.html", key.strip_suffix(".json").unwrap_or(key))
}

/// What evidence is filed under.
pub(crate) fn evidence_key(evidence: &Evidence) -> String {
    format!("{}.json", evidence_path(evidence))
}

/// What it is filed under where the attempt already has some.
pub(crate) fn evidence_key_beside(evidence: &Evidence) -> String {
    let looked = evidence.looked.1.as_millisecond();
    format!("{}-{looked}.json", evidence_path(evidence))
}

fn evidence_path(evidence: &Evidence) -> String {
    let of = &evidence.subject;
    format!(
        "evidence/{}/{}/{}/{}/{}",
        evidence.pipeline, of.release, of.stage, of.gate, evidence.attempt
    )
}
