//! Computing a canary's verdict again from its evidence.

use serde_json::Value;
use sluice_core::Verdict;
use sluice_core::bake::Ruling;
use sluice_core::evidence::Evidence;
use sluice_core::plan::GateSettings;
use sluice_core::replay::{Unplayable, check_envelope, check_times, moments, of_the_release, part};
use sluice_core::settings::{Canary, OnRollback};
use sluice_judge::sequential::Comparison;

use super::facts::{Begun, Facts, Memory, MetricFacts};
use super::rule::{judge, periods};
use super::{CanaryGate, SKIPPED, plan, skipped_reason};
use crate::Gate;

/// More periods than any canary lasts.
const PERIODS_MAX: u32 = 100_000;

/// Applies the rule that gave the verdict to the readings that were written
/// down.
///
/// # Errors
///
/// Where the evidence does not allow it.
pub(crate) fn ruling(evidence: &Evidence) -> Result<Ruling, Unplayable> {
    check_envelope(evidence)?;
    if let Some(ruling) = of_the_release(evidence)? {
        return Ok(ruling);
    }
    let own = CanaryGate::rule();
    if evidence.rule != own {
        let recorded = evidence.rule.clone();
        let own = format!("`{own}`");
        return Err(Unplayable::Rule { recorded, own });
    }
    let Ok(GateSettings::Canary(settings)) = GateSettings::from_json(&evidence.settings) else {
        let why = "its settings are not those of a canary".to_owned();
        return Err(Unplayable::Contradiction(why));
    };
    if evidence.facts.get(SKIPPED).is_some() {
        return skipped(&settings);
    }
    judged(evidence, &settings)
}

fn skipped(settings: &Canary) -> Result<Ruling, Unplayable> {
    if settings.on_rollback != OnRollback::Wait {
        let why = "it was skipped, and its settings skip nothing".to_owned();
        return Err(Unplayable::Contradiction(why));
    }
    Ok(Ruling::Reached {
        verdict: Verdict::Inconclusive,
        reason: skipped_reason(),
        also: Vec::new(),
    })
}

fn judged(evidence: &Evidence, settings: &Canary) -> Result<Ruling, Unplayable> {
    let (begun, facts) = read(evidence, settings)?;
    let memory: Memory = match &evidence.memory {
        Value::Null => Memory::default(),
        memory => part("memory", memory)?,
    };
    let judged = judge(&begun, settings, &facts, &memory);
    let judged = judged.map_err(|error| Unplayable::Contradiction(error.to_string()))?;
    Ok(judged.ruling)
}

fn read(evidence: &Evidence, settings: &Canary) -> Result<(Begun, Facts), Unplayable> {
    let begun: Begun = part("begun", &evidence.begun)?;
    let facts: Facts = part("facts", &evidence.facts)?;
    check_times(evidence, begun.began, facts.now)?;
    moments([begun.start])?;
    check_begun(&begun, settings)?;
    check(&facts, settings)?;
    Ok((begun, facts))
}

/// What was compared, for those who show it to people. Nothing where nothing
/// was read, or not all of it.
pub(crate) fn comparison(evidence: &Evidence) -> Option<Comparison> {
    let Ok(GateSettings::Canary(settings)) = GateSettings::from_json(&evidence.settings) else {
        return None;
    };
    let (begun, facts) = read(evidence, &settings).ok()?;
    facts.incomplete.is_none().then(|| Comparison {
        plan: plan(&settings),
        start: begun.start.as_second(),
        period_seconds: settings.period().as_seconds(),
        periods: periods(&facts),
    })
}

/// What was compared has to be what the settings say, as far as they do.
fn check_begun(begun: &Begun, settings: &Canary) -> Result<(), Unplayable> {
    let known = settings.known_groups();
    let is_other = known.is_some() && known != begun.groups;
    if is_other || begun.groups.is_none() {
        let why = "its groups are not those of its settings".to_owned();
        return Err(Unplayable::Contradiction(why));
    }
    if begun.earlier.is_some() != settings.before_after.is_some() {
        let why = "it does not say which time was compared with which".to_owned();
        return Err(Unplayable::Contradiction(why));
    }
    Ok(())
}

/// Readings have to be of the metrics that were asked for, one a period.
fn check(facts: &Facts, settings: &Canary) -> Result<(), Unplayable> {
    if facts.incomplete.is_some() {
        return Ok(());
    }
    if facts.metrics.len() != settings.metrics.len() {
        return Err(Unplayable::Contradiction(format!(
            "it judges {} metrics, and {} were read",
            settings.metrics.len(),
            facts.metrics.len()
        )));
    }
    let periods = facts.periods;
    let whole = |length: usize| length == periods as usize;
    let are_whole = facts.metrics.iter().all(|metric| match metric {
        MetricFacts::Count { count, of } => [count, of]
            .iter()
            .all(|both| whole(both.baseline.len()) && whole(both.canary.len())),
        MetricFacts::Series { value, .. } => {
            whole(value.baseline.len()) && whole(value.canary.len())
        }
    });
    if periods > PERIODS_MAX || !are_whole {
        let why = format!("its readings are not of {periods} periods");
        return Err(Unplayable::Contradiction(why));
    }
    Ok(())
}
