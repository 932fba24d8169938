//! From a scenario to series, alarms and what will happen to them.

use std::collections::BTreeMap;

use super::CloudWatch;
use super::alarms::{Alarm, Composite, Kind, Trouble, Watch};
use super::rule::Rule;
use super::series::{Identity, Series};
use super::terms::{Comparison, Statistic};
use super::ticks::What;
use crate::scenario::{self, Change, Datapoints, Length, Scenario};

const MINUTE: i64 = 60_000;

impl CloudWatch {
    /// The scenario's metrics of this account and region; where each key is.
    pub(super) fn add_metrics(&mut self, scenario: &Scenario) -> BTreeMap<String, usize> {
        let mut keys = BTreeMap::new();
        for (key, metric) in &scenario.metrics {
            if scenario.home_of_metric(metric) != (self.account.as_str(), self.region.as_str()) {
                continue;
            }
            let series = Series::computed(key, metric, scenario.begin, scenario.seed);
            self.series_by_identity
                .insert(series.identity.clone(), self.series.len());
            keys.insert(key.clone(), self.series.len());
            self.series.push(series);
        }
        keys
    }

    /// The scenario's alarms of this account and region.
    pub(super) fn add_alarms(&mut self, scenario: &Scenario, keys: &BTreeMap<String, usize>) {
        for written in &scenario.alarms {
            if scenario.home_of_alarm(written) != (self.account.as_str(), self.region.as_str()) {
                continue;
            }
            let Some(kind) = self.kind(written, keys) else {
                continue;
            };
            let number = self.agenda.names.len();
            self.agenda.names.push(Some(written.name.clone()));
            let mut alarm = Alarm::new(kind, self.until);
            let trouble = |trouble: &scenario::EvaluationTrouble| Trouble {
                at: trouble.at.clone(),
                length: trouble.r#for,
                state: trouble.state,
                during: None,
            };
            alarm.troubles = written.evaluation_error.iter().map(trouble).collect();
            self.alarms.insert(written.name.clone(), alarm);
            for state in written.states.iter().flatten() {
                self.agenda.add(&state.at, number, What::State(state.state));
            }
            for change in &written.changes {
                if let Some(what) = what(change) {
                    self.agenda.add(&change.at, number, what);
                }
            }
        }
    }

    /// What decides the alarm's state. A checked scenario always says.
    fn kind(&mut self, written: &scenario::Alarm, keys: &BTreeMap<String, usize>) -> Option<Kind> {
        if let Some(text) = &written.rule {
            let rule = Rule::parse(text, &self.account, &self.region).ok()?;
            let text = text.clone();
            return Some(Kind::Composite(Composite {
                text,
                rule,
                stale: true,
            }));
        }
        let thresholds = written.thresholds();
        let (comparison, threshold) = *thresholds.first().unwrap_or(&(Comparison::Above, 0.0));
        let datapoints = written.datapoints.unwrap_or(Datapoints::DEFAULT);
        let series = match &written.metric {
            Some(key) => *keys.get(key)?,
            None => self.series_of(Identity {
                namespace: "Scripted".to_owned(),
                name: written.name.clone(),
                dimensions: BTreeMap::new(),
            }),
        };
        let watch = Watch {
            series,
            statistic: written.stat.unwrap_or(Statistic::Sum),
            period: written.period.map_or(MINUTE, Length::as_milliseconds),
            breaching: datapoints.breaching,
            of: datapoints.of,
            comparison,
            threshold,
            missing: written.missing.unwrap_or_default(),
        };
        Some(match written.metric {
            Some(_) => Kind::Metric(watch),
            None => Kind::Scripted(watch),
        })
    }
}

fn what(change: &Change) -> Option<What> {
    if let Some((comparison, threshold)) = change.thresholds().first() {
        return Some(What::Threshold(*comparison, *threshold));
    }
    match &change.rename {
        Some(name) => Some(What::Rename(name.clone())),
        None => change.delete.then_some(What::Delete),
    }
}
