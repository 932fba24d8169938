//! Waivers: a person's leave for one release to pass a gate that says stop.
//!
//! The gate has judged by then, and its verdict stays what it is. Nothing is
//! read for a release that goes on anyway.

use jiff::{SignedDuration, Timestamp};
use sluice_core::evidence::Evidence;
use sluice_core::settings::Mode;
use sluice_core::verdict::{Outcome, Waiver, outcome};
use sluice_core::waiver::{GivenWaiver, Wanted, covering};

use crate::Host;
use crate::look::Concluded;

/// How long reading them may take of the time that is kept for answering.
const WITHIN: SignedDuration = SignedDuration::from_secs(3);

/// Lets a release go on that somebody gave leave to.
pub(crate) async fn honour(mut concluded: Concluded, host: &Host) -> Concluded {
    if let Concluded::End(ending) = &mut concluded
        && let Some(table) = &host.waivers_table
        && ending.evidence.decision.outcome == Outcome::Stop
    {
        waive(&mut ending.evidence, table, host).await;
    }
    concluded
}

async fn waive(evidence: &mut Evidence, table: &str, host: &Host) {
    match read(evidence, table, host).await {
        Ok(all) => match choose(evidence, all, host.aws.now()) {
            Ok(waiver) => apply(evidence, waiver),
            Err(why) => evidence.remarks.extend(why),
        },
        Err(why) => evidence.remarks.push(format!(
            "whether somebody gave a waiver could not be read, so none holds ({why})"
        )),
    }
}

async fn read(evidence: &Evidence, table: &str, host: &Host) -> Result<Vec<GivenWaiver>, String> {
    let (pipeline, release) = (&evidence.pipeline, &evidence.subject.release);
    tokio::select! {
        biased;
        all = host.aws.waivers(table, pipeline, release) => all.map_err(|error| error.to_string()),
        () = host.aws.pause(WITHIN) => Err(format!("it took more than {} s", WITHIN.as_secs())),
    }
}

fn choose(
    evidence: &Evidence,
    all: Vec<GivenWaiver>,
    now: Timestamp,
) -> Result<GivenWaiver, Vec<String>> {
    let wanted = Wanted {
        stage: &evidence.subject.stage,
        gate: &evidence.subject.gate,
        now,
        gate_error: evidence.verdict.is_none(),
    };
    let waiver = covering(all, wanted)?;
    if is_over(evidence) {
        let by = waiver.by;
        return Err(vec![format!(
            "a waiver of `{by}` does nothing: it is for the release, and that is over"
        )]);
    }
    Ok(waiver)
}

/// A waiver accepts what a gate says of a release. What a stage has once the
/// release is over is another one.
fn is_over(evidence: &Evidence) -> bool {
    let mut reasons = evidence.reason.iter().chain(&evidence.also);
    reasons.any(|reason| reason.code.is_about_the_release())
}

fn apply(evidence: &mut Evidence, waiver: GivenWaiver) {
    let leave = Waiver {
        covers_gate_errors: waiver.covers_gate_errors,
    };
    // It said stop, so it neither only watches nor accepts what is undecided.
    evidence.decision = outcome(evidence.verdict, false, Some(leave), Mode::Enforce);
    evidence.waiver = Some(waiver);
}
