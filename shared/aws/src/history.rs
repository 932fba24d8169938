//! Alarm histories.

use std::collections::{HashMap, HashSet};

use aws_sdk_cloudwatch::types::{AlarmHistoryItem, AlarmType, HistoryItemType, ScanBy};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use sluice_core::reading::{AlarmState, Place, Transition};

use crate::clients::Aws;
use crate::cloudwatch::{PAGE_RECORDS, PAGES_MAX, date, moment, too_many_pages, unreadable};
use crate::error::{AwsError, sorted};

/// AWS allows three history calls a second for the whole account, and a page
/// is a call.
const BETWEEN_HISTORY_PAGES: SignedDuration = SignedDuration::from_millis(500);

/// The histories of all alarms of a region, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Histories {
    /// All of it.
    Whole(HashMap<String, Vec<Transition>>),
    /// It has more pages than one is willing to read.
    TooLong,
}

/// The part of an alarm's history record that says what changed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HistoryData {
    old_state: HistoryState,
    new_state: HistoryState,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HistoryState {
    state_value: String,
}

impl Aws {
    /// All state changes of one alarm from `from` on, oldest first. A throttled
    /// call is not tried again here.
    pub async fn history_of(
        &self,
        place: &Place,
        name: &str,
        from: Timestamp,
    ) -> Result<Vec<Transition>, AwsError> {
        let names = HashSet::from([name]);
        match self
            .histories(place, Some(name), &names, from, PAGES_MAX)
            .await?
        {
            Histories::Whole(mut by_name) => Ok(by_name.remove(name).unwrap_or_default()),
            Histories::TooLong => Err(too_many_pages(
                "cloudwatch:DescribeAlarmHistory",
                place,
                PAGES_MAX,
            )),
        }
    }

    /// The state changes of these alarms from `from` on, out of those of all
    /// alarms of the region, if they fit on so many pages of 100. A throttled
    /// call is not tried again here.
    pub async fn history_of_all(
        &self,
        place: &Place,
        names: &HashSet<&str>,
        from: Timestamp,
        pages_max: usize,
    ) -> Result<Histories, AwsError> {
        self.histories(place, None, names, from, pages_max).await
    }

    async fn histories(
        &self,
        place: &Place,
        name: Option<&str>,
        names: &HashSet<&str>,
        from: Timestamp,
        pages_max: usize,
    ) -> Result<Histories, AwsError> {
        let operation = "cloudwatch:DescribeAlarmHistory";
        let client = self.cloudwatch_history(place);
        let mut by_name: HashMap<String, Vec<Transition>> = HashMap::new();
        let mut next = None;
        for page in 0..pages_max {
            if page > 0 {
                self.pause(BETWEEN_HISTORY_PAGES).await;
            }
            let answer = client
                .describe_alarm_history()
                .set_alarm_name(name.map(str::to_owned))
                .alarm_types(AlarmType::MetricAlarm)
                .alarm_types(AlarmType::CompositeAlarm)
                .history_item_type(HistoryItemType::StateUpdate)
                .start_date(date(from))
                .scan_by(ScanBy::TimestampAscending)
                .max_records(PAGE_RECORDS)
                .set_next_token(next)
                .send()
                .await
                .map_err(|error| sorted(operation, place, error))?;
            for item in answer.alarm_history_items.unwrap_or_default() {
                let found =
                    transition(item, names).map_err(|what| unreadable(operation, place, &what))?;
                if let Some((alarm, transition)) = found {
                    by_name.entry(alarm).or_default().push(transition);
                }
            }
            next = answer.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                for transitions in by_name.values_mut() {
                    transitions.sort_by_key(|t| t.at);
                }
                return Ok(Histories::Whole(by_name));
            }
        }
        Ok(Histories::TooLong)
    }
}

/// Reads one history item, if it is of one of these alarms. What is not
/// readable of others is their own matter.
fn transition(
    item: AlarmHistoryItem,
    names: &HashSet<&str>,
) -> Result<Option<(String, Transition)>, String> {
    let Some(alarm) = item.alarm_name else {
        return Err("an item without a name".to_owned());
    };
    if !names.contains(alarm.as_str()) {
        return Ok(None);
    }
    let (Some(at), Some(data)) = (item.timestamp, item.history_data) else {
        return Err(format!("an item of `{alarm}` without time or data"));
    };
    let Ok(data) = serde_json::from_str::<HistoryData>(&data) else {
        return Err(format!("the history data of `{alarm}` is not readable"));
    };
    let transition = Transition {
        at: moment(&at),
        old: AlarmState::from_word(&data.old_state.state_value),
        new: AlarmState::from_word(&data.new_state.state_value),
    };
    Ok(Some((alarm, transition)))
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::DateTime;

    use super::*;

    #[test]
    fn an_unreadable_history_of_an_alarm_that_nobody_asked_for_is_no_error() {
        let item = || {
            AlarmHistoryItem::builder()
                .alarm_name("of-another-team")
                .timestamp(DateTime::from_secs(1_800_000_000))
                .history_data("{\"oldState\": cut off")
                .build()
        };
        assert_eq!(transition(item(), &HashSet::from(["errors"])), Ok(None));
        assert!(transition(item(), &HashSet::from(["of-another-team"])).is_err());
    }
}
