//! Operations that change alarms: `PutMetricAlarm`, `PutCompositeAlarm`,
//! `DeleteAlarms`, `SetAlarmState`.

use serde::Deserialize;

use super::alarms::{Alarm, Composite, Kind, Watch};
use super::metric_data::{Dimension, dimensions};
use super::put_data::Nothing;
use super::rule::Rule;
use super::series::Identity;
use super::terms::{AlarmState, Comparison, MissingData, Statistic};
use super::{ApiError, CloudWatch, invalid, one_of};

/// At most so many alarms are deleted in a call.
const DELETED_MAX: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutMetricAlarmInput {
    alarm_name: String,
    actions_enabled: Option<bool>,
    metric_name: Option<String>,
    namespace: Option<String>,
    statistic: Option<String>,
    extended_statistic: Option<String>,
    #[serde(default)]
    dimensions: Vec<Dimension>,
    period: Option<i64>,
    evaluation_periods: Option<u32>,
    datapoints_to_alarm: Option<u32>,
    threshold: Option<f64>,
    comparison_operator: Option<String>,
    treat_missing_data: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutCompositeAlarmInput {
    alarm_name: String,
    alarm_rule: String,
    actions_enabled: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteAlarmsInput {
    alarm_names: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SetAlarmStateInput {
    alarm_name: String,
    state_value: String,
    state_reason: String,
}

impl CloudWatch {
    pub(super) fn put_metric_alarm(
        &mut self,
        input: PutMetricAlarmInput,
        now: i64,
    ) -> Result<Nothing, ApiError> {
        let (Some(namespace), Some(name)) = (input.namespace, input.metric_name) else {
            return Err(invalid(
                "this world knows alarms on one metric: Namespace and MetricName",
            ));
        };
        let statistic = match (input.statistic, input.extended_statistic) {
            (Some(statistic), None) | (None, Some(statistic)) => statistic,
            _ => {
                return Err(invalid(
                    "either Statistic or ExtendedStatistic has to be given",
                ));
            }
        };
        let statistic: Statistic = statistic
            .parse()
            .map_err(|_| invalid(format!("`{statistic}` is no statistic")))?;
        let period = input.period.unwrap_or_default().saturating_mul(1000);
        if period <= 0 || (period % 60_000 != 0 && !matches!(period, 10_000 | 20_000 | 30_000)) {
            return Err(invalid("Period has to be 10, 20, 30 or a multiple of 60"));
        }
        let of = input.evaluation_periods.unwrap_or_default();
        let breaching = input.datapoints_to_alarm.unwrap_or(of);
        if breaching == 0 || breaching > of {
            return Err(invalid(
                "DatapointsToAlarm has to be 1 to EvaluationPeriods",
            ));
        }
        let (Some(threshold), Some(comparison)) = (input.threshold, input.comparison_operator)
        else {
            return Err(invalid("Threshold and ComparisonOperator have to be given"));
        };
        let comparison: Comparison = one_of("comparisonOperator", &comparison)?;
        let missing = input.treat_missing_data;
        let missing = missing.map(|text| one_of::<MissingData>("treatMissingData", &text));
        let missing = missing.transpose()?.unwrap_or_default();
        let identity = Identity {
            namespace,
            name,
            dimensions: dimensions(input.dimensions),
        };
        let series = self.series_of(identity);
        let kind = Kind::Metric(Watch {
            series,
            statistic,
            period,
            breaching,
            of,
            comparison,
            threshold,
            missing,
        });
        self.put(input.alarm_name, kind, input.actions_enabled, now)
    }

    pub(super) fn put_composite_alarm(
        &mut self,
        input: PutCompositeAlarmInput,
        now: i64,
    ) -> Result<Nothing, ApiError> {
        let rule = Rule::parse(&input.alarm_rule, &self.account, &self.region)
            .map_err(|reason| invalid(format!("AlarmRule does not parse: {reason}")))?;
        if let Some(child) = rule
            .children()
            .into_iter()
            .find(|name| !self.alarms.contains_key(*name))
        {
            return Err(invalid(format!(
                "AlarmRule names `{child}`, which does not exist"
            )));
        }
        let kind = Kind::Composite(Composite {
            text: input.alarm_rule,
            rule,
            stale: true,
        });
        self.put(input.alarm_name, kind, input.actions_enabled, now)
    }

    /// A new alarm begins without data; one that exists keeps its state.
    fn put(
        &mut self,
        name: String,
        kind: Kind,
        actions_enabled: Option<bool>,
        now: i64,
    ) -> Result<Nothing, ApiError> {
        if name.is_empty() || name.chars().count() > 255 {
            return Err(invalid("AlarmName has to have 1 to 255 characters"));
        }
        let composite = matches!(kind, Kind::Composite(_));
        let existed = self.alarms.get(&name);
        if existed.is_some_and(|alarm| alarm.is_composite() != composite) {
            return Err(invalid("an alarm of the other kind has this name"));
        }
        let what = if existed.is_some() {
            "updated"
        } else {
            "created"
        };
        let mut alarm = match self.alarms.remove(&name) {
            Some(existing) => Alarm { kind, ..existing },
            None => Alarm::new(kind, now),
        };
        alarm.configured = now;
        alarm.actions_enabled = actions_enabled.unwrap_or(true);
        self.alarms.insert(name.clone(), alarm);
        self.remember(&name, composite, what, now);
        if what == "created" {
            self.disturb_parents(&name);
        }
        self.evaluate_composites(now);
        Ok(Nothing {})
    }

    pub(super) fn delete_alarms(
        &mut self,
        input: DeleteAlarmsInput,
        now: i64,
    ) -> Result<Nothing, ApiError> {
        let names = input.alarm_names;
        if names.len() > DELETED_MAX {
            return Err(invalid(format!(
                "AlarmNames has more than {DELETED_MAX} members"
            )));
        }
        let composites = names.iter().filter_map(|name| self.alarms.get(name));
        if composites.filter(|alarm| alarm.is_composite()).count() > 1 {
            return Err(invalid(
                "one composite alarm at most can be deleted in a call",
            ));
        }
        for name in &names {
            if let Some(parent) = self
                .parents(name)
                .find(|parent| !names.iter().any(|n| n == parent))
            {
                return Err(ApiError {
                    status: 409,
                    code: "ResourceConflict".to_owned(),
                    message: format!("the composite alarm `{parent}` depends on `{name}`"),
                });
            }
        }
        let unknown = names
            .iter()
            .filter(|name| self.remove(name, now).is_none())
            .count();
        match unknown {
            0 => Ok(Nothing {}),
            _ => Err(not_found(
                "some of the alarms do not exist; the others were deleted",
            )),
        }
    }

    pub(super) fn set_alarm_state(
        &mut self,
        input: SetAlarmStateInput,
        now: i64,
    ) -> Result<Nothing, ApiError> {
        let state: AlarmState = one_of("stateValue", &input.state_value)?;
        if !self.alarms.contains_key(&input.alarm_name) {
            return Err(not_found(format!(
                "there is no alarm `{}`",
                input.alarm_name
            )));
        }
        self.set_state(&input.alarm_name, state, input.state_reason, now);
        self.evaluate_composites(now);
        Ok(Nothing {})
    }
}

fn not_found(message: impl Into<String>) -> ApiError {
    ApiError {
        status: 404,
        code: "ResourceNotFound".to_owned(),
        message: message.into(),
    }
}
