//! What alarms, their history and datapoints tell.

use serde_json::{Value, json};
use sluice_world::Assumed;

use super::{Told, seconds};
use crate::probe::seen::{Change, Datapoint};

/// All of them, if all were seen and there are any.
fn all(values: impl IntoIterator<Item = Option<u64>>) -> Option<Vec<u64>> {
    let values: Option<Vec<u64>> = values.into_iter().collect();
    values.filter(|values| !values.is_empty())
}

fn greatest(values: &[u64]) -> u64 {
    values.iter().copied().max().unwrap_or_default()
}

pub(super) fn history(changes: &[Change], world: &mut Assumed) -> (Value, Told) {
    let after = changes.iter().map(|change| change.history_after);
    let saw = json!({ "milliseconds": after.clone().collect::<Vec<_>>() });
    let Some(delays) = all(after) else {
        let why = "a change of state was not seen, or not in the history";
        return (saw, Err(why.to_owned()));
    };
    let most = greatest(&delays);
    world.history_delay_milliseconds = Some(most);
    let (most, count) = (seconds(most), delays.len());
    let said = format!("the history showed {count} changes of an alarm within {most} of the alarm");
    (saw, Ok(said))
}

pub(super) fn moments(changes: &[Change]) -> (Value, Told) {
    let apart = changes.iter().map(|change| change.apart);
    let saw = json!({ "milliseconds": apart.clone().collect::<Vec<_>>() });
    let Some(apart) = all(apart) else {
        let why = "not both calls gave the time of each change";
        return (saw, Err(why.to_owned()));
    };
    let said = match greatest(&apart) {
        0 => "an alarm and its history give the same times".to_owned(),
        most => format!("times of an alarm and its history are up to {most} ms apart"),
    };
    (saw, Ok(said))
}

pub(super) fn metrics(datapoints: &[Datapoint], world: &mut Assumed) -> (Value, Told) {
    let read = datapoints.iter().map(|own| own.read_after);
    let fired = datapoints.iter().find_map(|own| own.fired_after);
    let saw = json!({
        "milliseconds": read.clone().collect::<Vec<_>>(),
        "alarm_milliseconds": fired,
    });
    let Some(late) = all(read) else {
        return (saw, Err("a datapoint could not be read in time".to_owned()));
    };
    let most = greatest(&late);
    world.put_late_milliseconds = Some(most);
    let alarm = fired.map_or_else(
        || "its alarm was not seen to fire".to_owned(),
        |after| format!("its alarm fired {} after it", seconds(after)),
    );
    let said = format!(
        "a datapoint could be read within {}; {alarm}",
        seconds(most)
    );
    (saw, Ok(said))
}
