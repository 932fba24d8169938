//! What is remembered of alarms, and `DescribeAlarmHistory`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::terms::AlarmState;
use super::{ApiError, CloudWatch, Time, cursor, invalid, milliseconds, page_size, time};

/// Something that happened to an alarm.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) alarm: String,
    pub(super) composite: bool,
    /// Milliseconds since 1970.
    pub(super) at: i64,
    pub(super) event: Event,
}

/// What happened.
#[derive(Debug)]
pub(super) enum Event {
    State {
        old: (AlarmState, String),
        new: (AlarmState, String),
    },
    /// `created`, `updated` or `deleted`.
    Configuration(&'static str),
}

/// One change of state, for timelines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// The alarm's name.
    pub alarm: String,
    /// When, to the millisecond.
    pub at: Timestamp,
    /// The state before.
    pub old: AlarmState,
    /// The state after.
    pub new: AlarmState,
}

impl Item {
    /// The change of state, if it is one.
    pub(super) fn transition(&self) -> Option<Transition> {
        match &self.event {
            Event::State { old, new } => Some(Transition {
                alarm: self.alarm.clone(),
                at: time(self.at).0,
                old: old.0,
                new: new.0,
            }),
            Event::Configuration(_) => None,
        }
    }

    fn history_type(&self) -> &'static str {
        match self.event {
            Event::State { .. } => "StateUpdate",
            Event::Configuration(_) => "ConfigurationUpdate",
        }
    }

    fn told(&self) -> HistoryItem<'_> {
        let (summary, data) = match &self.event {
            Event::State { old, new } => {
                let state = |(state, reason): &(AlarmState, String)| serde_json::json!({ "stateValue": state, "stateReason": reason });
                let (from, to) = (old.0, new.0);
                (
                    format!("Alarm updated from {from} to {to}"),
                    serde_json::json!({ "version": "1.0", "oldState": state(old), "newState": state(new) }),
                )
            }
            Event::Configuration(what) => (
                format!("Alarm \"{}\" {what}", self.alarm),
                serde_json::json!({ "version": "1.0", "type": what }),
            ),
        };
        HistoryItem {
            alarm_name: &self.alarm,
            alarm_type: alarm_type(self.composite),
            timestamp: time(self.at),
            history_item_type: self.history_type(),
            history_summary: summary,
            history_data: data.to_string(),
        }
    }
}

/// What AWS calls the two kinds of alarm.
fn alarm_type(composite: bool) -> &'static str {
    if composite {
        "CompositeAlarm"
    } else {
        "MetricAlarm"
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct DescribeAlarmHistoryInput {
    alarm_name: Option<String>,
    alarm_types: Option<Vec<String>>,
    history_item_type: Option<String>,
    start_date: Option<Time>,
    end_date: Option<Time>,
    max_records: Option<i64>,
    next_token: Option<String>,
    scan_by: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeAlarmHistoryOutput<'a> {
    alarm_history_items: Vec<HistoryItem<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct HistoryItem<'a> {
    alarm_name: &'a str,
    alarm_type: &'static str,
    timestamp: Time,
    history_item_type: &'static str,
    history_summary: String,
    history_data: String,
}

impl CloudWatch {
    pub(super) fn describe_alarm_history(
        &self,
        input: DescribeAlarmHistoryInput,
        now: i64,
    ) -> Result<DescribeAlarmHistoryOutput<'_>, ApiError> {
        let descending = is_descending(input.scan_by.as_deref())?;
        let size = page_size(input.max_records, 100, self.switches.page_size_max)?;
        let start = input
            .start_date
            .map_or(i64::MIN, |start| milliseconds(start.0));
        let end = input.end_date.map_or(i64::MAX, |end| milliseconds(end.0));
        if start > end {
            return Err(invalid("StartDate is after EndDate"));
        }
        let types = input
            .alarm_types
            .unwrap_or_else(|| vec!["MetricAlarm".to_owned()]);
        let wanted = |item: &Item| {
            input
                .alarm_name
                .as_ref()
                .is_none_or(|name| *name == item.alarm)
                && input
                    .history_item_type
                    .as_ref()
                    .is_none_or(|kind| kind == item.history_type())
                && types.iter().any(|kind| kind == alarm_type(item.composite))
                && (start..=end).contains(&item.at)
        };
        // The token is the index to go on at: items only ever come behind.
        let from = cursor(input.next_token.as_deref(), "history")?;
        let from: Option<usize> = from
            .map(|text| text.parse().map_err(|_| super::bad_token()))
            .transpose()?;
        let visible = self.visible_history(now).filter(|(_, item)| wanted(item));
        let mut items: Vec<(usize, &Item)> = match (descending, from) {
            (_, None) => visible.collect(),
            (true, Some(from)) => visible.filter(|(index, _)| *index <= from).collect(),
            (false, Some(from)) => visible.filter(|(index, _)| *index >= from).collect(),
        };
        if descending {
            items.reverse();
        }
        let next_token = items.get(size).map(|(index, _)| format!("history/{index}"));
        items.truncate(size);
        Ok(DescribeAlarmHistoryOutput {
            alarm_history_items: items.into_iter().map(|(_, item)| item.told()).collect(),
            next_token,
        })
    }

    /// The history that AWS would show now, oldest first.
    fn visible_history(&self, now: i64) -> impl Iterator<Item = (usize, &Item)> {
        let switches = &self.switches;
        let newest = now.saturating_sub(super::length(switches.history_delay));
        let oldest = now.saturating_sub(super::length(switches.history_retention));
        let mut states = 0_usize;
        self.history.iter().enumerate().filter(move |(_, item)| {
            let mut dropped = false;
            if matches!(item.event, Event::State { .. }) {
                dropped = switches.drop_history.contains(&states);
                states += 1;
            }
            !dropped && (oldest..=newest).contains(&item.at)
        })
    }
}

/// Whether the newest comes first, which is what AWS does unless asked.
pub(super) fn is_descending(scan_by: Option<&str>) -> Result<bool, ApiError> {
    match scan_by {
        None | Some("TimestampDescending") => Ok(true),
        Some("TimestampAscending") => Ok(false),
        Some(other) => Err(invalid(format!("`{other}` is no order to scan by"))),
    }
}
