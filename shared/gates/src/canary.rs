//! The gate `canary`: reads the metrics of the old and of the new version, and
//! asks the judge whether the new one is worse.
//!
//! Each look reads everything since the gate began, and judges it anew from
//! the first period on. So the verdict does not depend on when or how often
//! one looks, and no statistics are carried. Only closed periods are judged; a
//! look before the next one has closed reads nothing.
//!
//! Start at [`judge`], which is pure; `read` is all that speaks to AWS.

mod begin;
mod facts;
mod lack;
mod marks;
mod plan;
mod read;
mod replay;
mod rule;
#[cfg(test)]
mod tests;

use serde::Serialize;
use sluice_aws::Aws;
use sluice_core::bake::Progress;
use sluice_core::plan::GateSettings;
use sluice_core::settings::{Canary, OnRollback};
use sluice_core::{Duration, GateError, Reason, ReasonCode, Verdict};
use sluice_judge::sequential::Judgement;

pub use facts::{Begun, Both, Earlier, Facts, Memory, MetricFacts, Routing, Series};
pub use plan::plan;
pub(crate) use replay::{comparison, ruling};
pub use rule::{Judged, RULE_VERSION, judge};

use crate::{Ask, Gate, Look, Reached, json, looked, wrong_settings};

/// The gate `canary`.
#[derive(Debug, Clone, Copy, Default)]
pub struct CanaryGate;

/// The host has to be answered this long before it ends.
const HOST_MARGIN: jiff::SignedDuration = jiff::SignedDuration::from_mins(10);

fn settings(ask: &Ask) -> Result<&Canary, GateError> {
    match &ask.settings {
        GateSettings::Canary(settings) => Ok(settings),
        _ => Err(wrong_settings(CanaryGate::KIND, ask)),
    }
}

fn is_skipped(ask: &Ask, settings: &Canary) -> bool {
    ask.rollback && settings.on_rollback == OnRollback::Wait
}

impl Gate for CanaryGate {
    const KIND: &'static str = "canary";
    const RULE: u32 = RULE_VERSION;
    type Begun = Begun;
    type Memory = Memory;

    /// Another judge would be another rule.
    fn rule() -> String {
        let judge = sluice_judge::VERSION;
        format!("{}/{}+judge/{judge}", Self::KIND, Self::RULE)
    }

    async fn begin(&self, ask: &Ask, aws: &Aws) -> Result<Begun, GateError> {
        begin::begin(ask, settings(ask)?, aws).await
    }

    async fn look(
        &self,
        ask: &Ask,
        begun: &Begun,
        memory: Memory,
        aws: &Aws,
    ) -> Result<Look, GateError> {
        let settings = settings(ask)?;
        if is_skipped(ask, settings) {
            return Ok(skipped());
        }
        let over = ask.last_chance || ask.now >= begun.ends(settings);
        let closed = begun.closed(settings, ask.now);
        let nothing_new = closed == memory.judged && memory.failed_reads == 0;
        if !over && (closed == 0 || nothing_new) {
            return Ok(nothing_closed(begun, settings, closed, &memory));
        }
        let (facts, sources) = read::read(ask, settings, begun, closed, over, aws).await?;
        let judged =
            judge(begun, settings, &facts, &memory).map_err(|error| GateError::RecordInvalid {
                detail: format!("its settings cannot be judged: {error}"),
            })?;
        let shown = Shown {
            facts: &facts,
            judgement: judged.judgement.as_ref(),
            revised: judged.memory.revised,
        };
        Ok(looked(judged.ruling, &shown, sources, &judged.memory))
    }

    fn shorten(memory: Memory) -> Memory {
        Memory {
            marks: String::new(),
            ..memory
        }
    }
}

/// What stands in the evidence: the readings, and what the judge made of them,
/// for people. That is computed again from the readings, never read.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    facts: &'a Facts,
    judgement: Option<&'a Judgement>,
    revised: u32,
}

/// What stands in the readings where there are none.
const SKIPPED: &str = "skipped";

fn skipped_reason() -> Reason {
    Reason {
        code: ReasonCode::SkippedRollback,
        seen: "skipped: rollback".to_owned(),
        allowed: "with `on_rollback: wait` a canary judges no rollback".to_owned(),
    }
}

/// A rollback brings back what was judged before, and its old version is the
/// one that is rolled back: comparing the two says nothing.
fn skipped() -> Look {
    Look::Reached(Box::new(Reached {
        verdict: Verdict::Inconclusive,
        reason: skipped_reason(),
        also: Vec::new(),
        facts: serde_json::json!({ SKIPPED: "rollback" }),
        sources: Vec::new(),
    }))
}

/// A look that came too early for anything new.
fn nothing_closed(begun: &Begun, settings: &Canary, closed: u32, memory: &Memory) -> Look {
    let done = Duration::from_seconds(settings.period().as_seconds() * closed);
    let line = format!(
        "judged {done} of at most {}; the next period is not closed yet",
        settings.horizon()
    );
    Look::Again {
        not_before: begun.closes(settings, closed + 1),
        progress: Progress {
            percent: rule::percent(closed, settings),
            line,
        },
        memory: json(memory),
    }
}
