//! What a bake writes down at its first look, and the settings that only the
//! alarms themselves can show to be wrong.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use sluice_aws::{ActionRun, Aws};
use sluice_core::bake::{Begun, BegunAlarm, RULE_VERSION, SETTLE_MARGIN, WatchedFrom};
use sluice_core::reading::{Alarm, AlarmKind};
use sluice_core::settings::{AlreadyInAlarm, Bake, OnRollback, Settle, Since};
use sluice_core::{Duration, GateError};

use crate::Ask;
use crate::alarms::resolve;
use crate::deployment::is_deployment;

/// Settle time of an alarm whose own delay is not known.
const SETTLE_UNKNOWN: Duration = Duration::from_minutes(10);

/// The host has to be answered this long before it ends.
const HOST_MARGIN: SignedDuration = SignedDuration::from_mins(10);

pub(super) async fn begin(ask: &Ask, settings: &Bake, aws: &Aws) -> Result<Begun, GateError> {
    let alarms = resolve(&settings.alarms, aws).await?;
    for alarm in &alarms {
        if let Some(range) = range(&alarm.alarm)
            && settings.bake_for < range
        {
            let bake_for = settings.bake_for;
            return Err(GateError::BakeTooShort {
                alarm: alarm.alarm.name.clone(),
                range,
                bake_for,
            });
        }
    }
    let settle = match settings.settle {
        Settle::For(length) => length,
        Settle::Auto => settle(&alarms, aws).await?,
    };
    fits(ask, settings, settle)?;
    Ok(Begun {
        rule: RULE_VERSION,
        began: ask.now,
        watched_from: watched_from(ask, settings, aws).await?,
        settle,
        recovering: ask.rollback
            && settings.on_rollback == OnRollback::Wait
            && settings.already_in_alarm != AlreadyInAlarm::Ignore,
        alarms,
    })
}

/// Period x evaluation periods: what the alarm looks at.
fn range(alarm: &Alarm) -> Option<Duration> {
    Some(Duration::from_seconds(
        alarm
            .period_seconds?
            .saturating_mul(alarm.evaluation_periods?),
    ))
}

/// How long an alarm may take to fire over the last minutes of the bake.
fn delay(alarm: &Alarm) -> Option<Duration> {
    let datapoints = alarm.datapoints_to_alarm.or(alarm.evaluation_periods)?;
    let own = Duration::from_seconds(alarm.period_seconds?.saturating_mul(datapoints));
    Some(own.saturating_add(Duration::from_signed(SETTLE_MARGIN)))
}

/// The largest delay of all alarms; of composite ones, of what they watch.
async fn settle(alarms: &[BegunAlarm], aws: &Aws) -> Result<Duration, GateError> {
    let mut longest = Duration::ZERO;
    for BegunAlarm {
        place,
        alarm,
        children,
    } in alarms
    {
        let own = match alarm.kind {
            AlarmKind::Metric => delay(alarm).unwrap_or(SETTLE_UNKNOWN),
            AlarmKind::Composite => {
                let shown = aws.alarms_named(place, children).await?;
                let delays = shown
                    .iter()
                    .map(|child| delay(child).unwrap_or(SETTLE_UNKNOWN));
                // One that is not shown may be the slowest.
                let hidden = (shown.len() < children.len()).then_some(SETTLE_UNKNOWN);
                delays.chain(hidden).max().unwrap_or(SETTLE_UNKNOWN)
            }
        };
        longest = longest.max(own);
    }
    Ok(longest)
}

/// Whether the bake can be over before its own limit and the host's.
fn fits(ask: &Ask, settings: &Bake, settle: Duration) -> Result<(), GateError> {
    let needed = settings.bake_for.saturating_add(settle);
    if needed > settings.at_most() {
        let whence = if settings.at_most.is_some() {
            ""
        } else {
            ", four times `for`"
        };
        let limit = format!("`at_most` is {}{whence}", settings.at_most());
        return Err(GateError::BakeTooLong { needed, limit });
    }
    match ask.host_ends {
        Some(ends) if ask.now + SignedDuration::from(needed) > ends.at - HOST_MARGIN => {
            let limit = format!("{}, at {}", ends.why, ends.at);
            Err(GateError::BakeTooLong { needed, limit })
        }
        _ => Ok(()),
    }
}

/// The start of this release's deployment to the stage, where it can be told;
/// else the first look.
async fn watched_from(ask: &Ask, settings: &Bake, aws: &Aws) -> Result<WatchedFrom, GateError> {
    let gate = WatchedFrom {
        at: ask.now,
        action: None,
    };
    if settings.since == Since::Gate || !ask.release_checked {
        return Ok(gate);
    }
    let runs = aws.action_runs(&ask.pipeline, Some(&ask.release)).await?;
    let retried = retried(ask, &runs);
    let names = &settings.deployed_by;
    // After a retry of the stage an action has several runs, of which the last
    // one counts; of several actions it is the one that began first.
    let mut last: BTreeMap<(String, String), Timestamp> = BTreeMap::new();
    let deploys = runs.into_iter();
    let deploys = deploys.filter(|run| is_deployment(run, ask, names));
    for run in deploys {
        let began = last.entry((run.stage, run.action)).or_insert(run.began);
        *began = run.began.max(*began);
    }
    let first = last.into_iter().min_by_key(|(_, began)| *began);
    // What this gate judged after that deployment is judged: it begins anew.
    if first
        .as_ref()
        .is_some_and(|(_, began)| retried > Some(*began))
    {
        return Ok(gate);
    }
    Ok(first.map_or(gate, |((stage, action), began)| WatchedFrom {
        at: began,
        action: Some(format!("{stage}/{action}")),
    }))
}

/// When this gate's own action last began and failed, where somebody retried
/// it.
fn retried(ask: &Ask, runs: &[ActionRun]) -> Option<Timestamp> {
    runs.iter()
        .filter(|run| run.failed && run.stage == ask.stage && is_own(run, ask))
        .map(|run| run.began)
        .max()
}

/// Whether a run of this stage is one of the gate's own action. Where its name
/// is not known it is told by its parameters, which AWS may not show.
fn is_own(run: &ActionRun, ask: &Ask) -> bool {
    if let Some(action) = &ask.action {
        return run.action == *action;
    }
    let shown = run.parameters.as_ref();
    shown.is_some_and(|shown| match ask.stage_checks {
        true => checks_stage(shown, ask),
        false => ask.user_parameters.as_ref() == Some(shown),
    })
}

/// Whether parameters are of an action that has all gates of this stage
/// looked at.
fn checks_stage(parameters: &str, ask: &Ask) -> bool {
    let Ok(said) = serde_json::from_str::<serde_json::Value>(parameters) else {
        return false;
    };
    let says = |name: &str, own: &str| said.get(name).and_then(|said| said.as_str()) == Some(own);
    says("stage", &ask.stage) && says("pipeline", &ask.pipeline) && said.get("gate").is_none()
}
