//! `DescribeAlarms`.

use std::ops::Bound;

use serde::{Deserialize, Serialize};

use super::alarms::{Alarm, Kind, Watch};
use super::terms::{AlarmState, Comparison, EvaluationState, MissingData, Statistic};
use super::{ApiError, CloudWatch, Time, cursor, invalid, one_of, page_size, time};

/// At most so many names in a call.
const NAMES_MAX: usize = 100;

/// How many alarms a page has unless asked.
const PAGE: i64 = 50;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct DescribeAlarmsInput {
    alarm_names: Option<Vec<String>>,
    alarm_name_prefix: Option<String>,
    alarm_types: Option<Vec<String>>,
    children_of_alarm_name: Option<String>,
    parents_of_alarm_name: Option<String>,
    state_value: Option<String>,
    action_prefix: Option<String>,
    max_records: Option<i64>,
    next_token: Option<String>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeAlarmsOutput<'a> {
    composite_alarms: Vec<CompositeAlarm<'a>>,
    metric_alarms: Vec<MetricAlarm<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// What both kinds of alarm have.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Common<'a> {
    alarm_name: &'a str,
    alarm_arn: String,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    state: Option<CommonState<'a>>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    rest: Option<CommonRest<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct CommonState<'a> {
    state_value: StateValue<'a>,
    state_updated_timestamp: Time,
}

/// A state that AWS has today, or one that it adds later.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum StateValue<'a> {
    Known(AlarmState),
    Later(&'a str),
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct CommonRest<'a> {
    state_reason: &'a str,
    state_transitioned_timestamp: Time,
    alarm_configuration_updated_timestamp: Time,
    actions_enabled: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct CompositeAlarm<'a> {
    #[serde(flatten)]
    common: Common<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alarm_rule: Option<&'a str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct MetricAlarm<'a> {
    #[serde(flatten)]
    common: Common<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evaluation_state: Option<EvaluationState>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    configuration: Option<Configuration<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Configuration<'a> {
    namespace: &'a str,
    metric_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    statistic: Option<Statistic>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extended_statistic: Option<Statistic>,
    dimensions: Vec<Dimension<'a>>,
    period: i64,
    evaluation_periods: u32,
    datapoints_to_alarm: u32,
    threshold: f64,
    comparison_operator: Comparison,
    treat_missing_data: MissingData,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Dimension<'a> {
    name: &'a str,
    value: &'a str,
}

/// How much is told of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Detail {
    /// Everything.
    Full,
    /// Of children: name and state.
    State,
    /// Of parents: the name.
    Name,
}

impl CloudWatch {
    pub(super) fn describe_alarms(
        &self,
        input: &DescribeAlarmsInput,
        now: i64,
    ) -> Result<DescribeAlarmsOutput<'_>, ApiError> {
        input.check()?;
        let size = page_size(input.max_records, PAGE, self.switches.page_size_max)?;
        let from = cursor(input.next_token.as_deref(), "alarm")?.unwrap_or_default();
        let mut output = DescribeAlarmsOutput::default();
        let detail = match input {
            DescribeAlarmsInput {
                children_of_alarm_name: Some(_),
                ..
            } => Detail::State,
            DescribeAlarmsInput {
                parents_of_alarm_name: Some(_),
                ..
            } => Detail::Name,
            _ => Detail::Full,
        };
        for (told, (name, _)) in self.selected(input, from).enumerate() {
            if told == size {
                output.next_token = Some(format!("alarm/{name}"));
                break;
            }
            self.tell(name, detail, now, &mut output);
        }
        Ok(output)
    }

    /// The alarms asked for from this name on, by name.
    fn selected<'a>(
        &'a self,
        input: &'a DescribeAlarmsInput,
        from: &'a str,
    ) -> Box<dyn Iterator<Item = (&'a str, &'a Alarm)> + 'a> {
        let state = input.state_value.as_deref();
        let state = state.map(|text| one_of::<AlarmState>("stateValue", text));
        // What is no state was refused before.
        let state = state.and_then(Result::ok);
        let wanted = move |(name, alarm): &(&str, &Alarm)| {
            *name >= from && state.is_none_or(|state| state == alarm.state)
        };
        if let Some(parent) = &input.children_of_alarm_name {
            let mut children = match self.alarms.get(parent).map(|alarm| &alarm.kind) {
                Some(Kind::Composite(composite)) => composite.rule.children(),
                _ => Vec::new(),
            };
            children.sort_unstable();
            return Box::new(self.named(children).filter(wanted));
        }
        if let Some(child) = &input.parents_of_alarm_name {
            let parents = self.parents(child).collect();
            return Box::new(self.named(parents).filter(wanted));
        }
        let typed = move |(_, alarm): &(&str, &Alarm)| input.takes(alarm);
        if let Some(names) = input.alarm_names.as_ref().filter(|names| !names.is_empty()) {
            let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
            names.sort_unstable();
            names.dedup();
            return Box::new(self.named(names).filter(wanted).filter(typed));
        }
        let prefix = input.alarm_name_prefix.as_deref().unwrap_or_default();
        let range = (Bound::Included(from.max(prefix)), Bound::Unbounded);
        let found = self
            .alarms
            .range::<str, _>(range)
            .map(|(name, alarm)| (name.as_str(), alarm));
        Box::new(
            found
                .take_while(move |(name, _)| name.starts_with(prefix))
                .filter(wanted)
                .filter(typed),
        )
    }

    /// The alarms of these names; names without one are left out silently.
    fn named<'a>(&'a self, names: Vec<&'a str>) -> impl Iterator<Item = (&'a str, &'a Alarm)> {
        names
            .into_iter()
            .filter_map(|name| Some((name, self.alarms.get(name)?)))
    }

    /// Names of the composite alarms whose rule names this alarm.
    pub(super) fn parents<'a>(&'a self, child: &str) -> impl Iterator<Item = &'a str> {
        self.alarms
            .iter()
            .filter_map(move |(name, alarm)| match &alarm.kind {
                Kind::Composite(composite) if composite.rule.children().contains(&child) => {
                    Some(name.as_str())
                }
                _ => None,
            })
    }

    fn tell<'a>(
        &'a self,
        name: &str,
        detail: Detail,
        now: i64,
        output: &mut DescribeAlarmsOutput<'a>,
    ) {
        let Some((name, alarm)) = self.alarms.get_key_value(name) else {
            return;
        };
        let common = Common {
            alarm_name: name,
            alarm_arn: format!(
                "arn:aws:cloudwatch:{}:{}:alarm:{name}",
                self.region, self.account
            ),
            state: (detail != Detail::Name).then(|| CommonState {
                state_value: match &self.switches.later_state {
                    Some(word) => StateValue::Later(word),
                    None => StateValue::Known(alarm.state),
                },
                state_updated_timestamp: time(alarm.state_updated(now)),
            }),
            rest: (detail == Detail::Full).then(|| CommonRest {
                state_reason: &alarm.reason,
                state_transitioned_timestamp: time(alarm.transitioned),
                alarm_configuration_updated_timestamp: time(alarm.configured),
                actions_enabled: alarm.actions_enabled,
            }),
        };
        match &alarm.kind {
            Kind::Composite(composite) => output.composite_alarms.push(CompositeAlarm {
                common,
                alarm_rule: (detail == Detail::Full).then_some(&composite.text),
            }),
            Kind::Metric(watch) | Kind::Scripted(watch) => {
                output.metric_alarms.push(MetricAlarm {
                    common,
                    evaluation_state: match detail {
                        Detail::Full => alarm.evaluation_state(now),
                        Detail::State | Detail::Name => None,
                    },
                    configuration: (detail == Detail::Full).then(|| self.configuration(watch)),
                });
            }
        }
    }

    fn configuration(&self, watch: &Watch) -> Configuration<'_> {
        let identity = &self.series[watch.series].identity;
        let extended = watch.statistic.is_extended();
        Configuration {
            namespace: &identity.namespace,
            metric_name: &identity.name,
            statistic: (!extended).then_some(watch.statistic),
            extended_statistic: extended.then_some(watch.statistic),
            dimensions: identity
                .dimensions
                .iter()
                .map(|(name, value)| Dimension { name, value })
                .collect(),
            period: watch.period / 1000,
            evaluation_periods: watch.of,
            datapoints_to_alarm: watch.breaching,
            threshold: watch.threshold,
            comparison_operator: watch.comparison,
            treat_missing_data: watch.missing,
        }
    }
}

impl DescribeAlarmsInput {
    fn check(&self) -> Result<(), ApiError> {
        if let Some(state) = &self.state_value {
            one_of::<AlarmState>("stateValue", state)?;
        }
        let names = self.alarm_names.as_ref().map_or(0, Vec::len);
        if names > NAMES_MAX {
            return Err(invalid(format!(
                "AlarmNames has {names} members, more than {NAMES_MAX}"
            )));
        }
        if names > 0 && self.alarm_name_prefix.is_some() {
            return Err(invalid("AlarmNames and AlarmNamePrefix exclude each other"));
        }
        let family = [&self.children_of_alarm_name, &self.parents_of_alarm_name]
            .into_iter()
            .flatten()
            .count();
        let others = names > 0
            || self.alarm_name_prefix.is_some()
            || self.alarm_types.is_some()
            || self.state_value.is_some()
            || self.action_prefix.is_some();
        if family > 1 || (family == 1 && others) {
            return Err(invalid(
                "ChildrenOfAlarmName and ParentsOfAlarmName go with MaxRecords and NextToken only",
            ));
        }
        let known = ["MetricAlarm", "CompositeAlarm", "LogAlarm"];
        match self
            .alarm_types
            .iter()
            .flatten()
            .find(|kind| !known.contains(&kind.as_str()))
        {
            Some(kind) => Err(invalid(format!("`{kind}` is no type of alarm"))),
            None => Ok(()),
        }
    }

    /// Metric alarms only, unless asked for others.
    fn takes(&self, alarm: &Alarm) -> bool {
        let kind = if alarm.is_composite() {
            "CompositeAlarm"
        } else {
            "MetricAlarm"
        };
        match &self.alarm_types {
            Some(types) if !types.is_empty() => types.iter().any(|wanted| wanted == kind),
            _ => !alarm.is_composite(),
        }
    }
}
