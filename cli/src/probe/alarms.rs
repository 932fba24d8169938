//! What is seen of the probe's alarms: how late their history is, and how late
//! a datapoint and what it sets off.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use sluice_aws::{AwsError, Counted, OwnMetric};
use sluice_core::reading::{Alarm, AlarmState, Place, Transition};
use sluice_core::settings::{CountStatistic, Metric};

use super::run::Probe;
use super::seen::{Change, Datapoint, Seen};

/// Changes of state that are looked at.
const CHANGES: usize = 6;
/// Datapoints that are put.
const DATAPOINTS: usize = 3;
const NAMESPACE: &str = "SluiceProbe";
const METRIC: &str = "Fires";
const DIMENSION: &str = "Stack";

/// Looks at what these parts want. Why one was not finished is noted.
pub(super) async fn look(probe: &Probe<'_>, parts: &[&str], seen: &mut Seen) {
    if parts.contains(&"history")
        && let Err(error) = changes(probe, &mut seen.changes).await
    {
        seen.trouble.insert("history", error.to_string());
    }
    if parts.contains(&"metrics")
        && let Err(error) = datapoints(probe, &mut seen.datapoints).await
    {
        seen.trouble.insert("metrics", error.to_string());
    }
}

/// Sets an alarm's state again and again, and looks for it in the history.
async fn changes(probe: &Probe<'_>, seen: &mut Vec<Change>) -> Result<(), AwsError> {
    let name = probe.stack.output("Stays");
    let began = probe.aws.now() - SignedDuration::from_hours(1);
    let mut known = history(probe, name, began).await?.len();
    for number in 0..CHANGES {
        let state = match number % 2 {
            0 => AlarmState::Alarm,
            _ => AlarmState::Ok,
        };
        let change = change(probe, name, &state, (began, known)).await?;
        seen.push(change);
        if change.history_after.is_none() {
            break;
        }
        known += 1;
    }
    probe.say(&format!(
        "the history of {} changes of an alarm was read",
        seen.len()
    ));
    Ok(())
}

/// One change, where the history knows so many from a moment on.
async fn change(
    probe: &Probe<'_>,
    name: &str,
    state: &AlarmState,
    (began, known): (Timestamp, usize),
) -> Result<Change, AwsError> {
    probe.aws.set_alarm(name, state).await?;
    let shown = async || Ok(alarm(probe, name).await?.filter(|own| own.state == *state));
    let Some(alarm) = probe.until_soon(shown).await? else {
        return Ok(Change {
            history_after: None,
            apart: None,
        });
    };
    let shown = probe.aws.now();
    let told = async || Ok(history(probe, name, began).await?.into_iter().nth(known));
    let Some(told) = probe.until_soon(told).await? else {
        return Ok(Change {
            history_after: None,
            apart: None,
        });
    };
    let apart = alarm
        .transitioned
        .map(|at| told.at.duration_since(at).abs());
    Ok(Change {
        history_after: Some(since(probe, shown)),
        apart: apart.map(milliseconds),
    })
}

async fn alarm(probe: &Probe<'_>, name: &str) -> Result<Option<Alarm>, AwsError> {
    let names = [name.to_owned()];
    let found = probe.aws.alarms_named(&Place::default(), &names).await?;
    Ok(found.into_iter().next())
}

async fn history(
    probe: &Probe<'_>,
    name: &str,
    from: Timestamp,
) -> Result<Vec<Transition>, AwsError> {
    probe.aws.history_of(&Place::default(), name, from).await
}

/// Puts datapoints, and looks for them and, after the first, for the alarm.
async fn datapoints(probe: &Probe<'_>, seen: &mut Vec<Datapoint>) -> Result<(), AwsError> {
    for number in 0..DATAPOINTS {
        let own = datapoint(probe, number == 0).await?;
        seen.push(own);
        if own.read_after.is_none() {
            break;
        }
    }
    probe.say(&format!("{} datapoints were put and read", seen.len()));
    Ok(())
}

async fn datapoint(probe: &Probe<'_>, fires: bool) -> Result<Datapoint, AwsError> {
    let stack = &probe.stack.name;
    let before = count(probe).await?;
    let metric = OwnMetric {
        namespace: NAMESPACE,
        name: METRIC,
        dimension: (DIMENSION, stack),
    };
    probe.aws.put_datapoint(metric, 1.0).await?;
    let put = probe.aws.now();
    let read = async || Ok((count(probe).await? > before).then_some(()));
    let read_after = probe.until_soon(read).await?.map(|()| since(probe, put));
    let name = probe.stack.output("Fires");
    let is_red = |own: &Alarm| own.state == AlarmState::Alarm;
    let red = async || Ok(alarm(probe, name).await?.filter(is_red));
    let fired = match fires && read_after.is_some() {
        true => probe.until_soon(red).await?,
        false => None,
    };
    Ok(Datapoint {
        read_after,
        fired_after: fired.map(|_| since(probe, put)),
    })
}

/// How many datapoints can be read.
async fn count(probe: &Probe<'_>) -> Result<f64, AwsError> {
    let metric = Metric {
        namespace: NAMESPACE.to_owned(),
        name: METRIC.to_owned(),
        dimensions: BTreeMap::from([(DIMENSION.to_owned(), probe.stack.name.clone())]),
        stat: CountStatistic::SampleCount,
        region: None,
        role: None,
    };
    let now = probe.aws.now();
    let (from, to) = (
        now - SignedDuration::from_mins(90),
        now + SignedDuration::from_mins(2),
    );
    let minute = |at: Timestamp| {
        let seconds = at.as_second().div_euclid(60) * 60;
        Timestamp::from_second(seconds).unwrap_or(at)
    };
    let counted = probe
        .aws
        .count(&metric, 60, minute(from), minute(to))
        .await?;
    Ok(match counted {
        Counted::Whole(counts) => counts.iter().map(|own| own.count).sum(),
        // What is not whole does not show it yet.
        Counted::Incomplete(_) => 0.0,
    })
}

fn since(probe: &Probe<'_>, at: Timestamp) -> u64 {
    milliseconds(probe.aws.now().duration_since(at))
}

fn milliseconds(length: SignedDuration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or_default()
}
