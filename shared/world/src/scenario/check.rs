//! What can be wrong with a scenario that parses.

mod tested;

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Alarm, Change, Datapoints, Layer, Length, LookEvery, Metric, Place, Scenario, ScenarioError,
};
use crate::cloudwatch::rule::Rule;

/// Finds the first mistake.
pub(super) fn check(scenario: &Scenario, file: &str) -> Result<(), ScenarioError> {
    find(scenario).map_err(|mistake| ScenarioError::Impossible {
        file: file.to_owned(),
        place: mistake.place,
        what: mistake.what,
        mend: mistake.mend,
    })
}

struct Mistake {
    place: Place,
    what: String,
    mend: String,
}

type Checked = Result<(), Mistake>;

fn wrong(place: Place, what: impl Into<String>, mend: impl Into<String>) -> Checked {
    Err(Mistake {
        place,
        what: what.into(),
        mend: mend.into(),
    })
}

fn find(scenario: &Scenario) -> Checked {
    metrics(scenario)?;
    let mut names = BTreeMap::new();
    for alarm in &scenario.alarms {
        let (account, region) = scenario.home_of_alarm(alarm);
        let name = &alarm.name;
        if name.is_empty() || name.chars().count() > 255 {
            let mend = "give it a `name` of 1 to 255 characters";
            return wrong(alarm.place, "an alarm has no usable name", mend);
        }
        if names
            .insert((account, region, name.as_str()), alarm)
            .is_some()
        {
            let what =
                format!("alarm `{name}` is there twice in account {account}, region {region}");
            return wrong(
                alarm.place,
                what,
                "rename one of them, or give it another `region`",
            );
        }
        kind(scenario, alarm)?;
        changes(alarm)?;
    }
    composites(scenario, &names)?;
    refusals(scenario)?;
    tested::check(scenario)?;
    hosts(scenario)?;
    pipeline(scenario)
}

fn hosts(scenario: &Scenario) -> Checked {
    for (host, answers) in &scenario.hosts {
        if let Some(mistake) = answers.iter().find_map(crate::hosts::mistake) {
            let what = format!("host `{host}` cannot answer so: {mistake}");
            return wrong(Place::default(), what, "mend its `status` or `headers`");
        }
    }
    Ok(())
}

fn metrics(scenario: &Scenario) -> Checked {
    let mut identities = BTreeMap::new();
    for (key, metric) in &scenario.metrics {
        let home = scenario.home_of_metric(metric);
        let identity = (home, &metric.namespace, &metric.name, &metric.dimensions);
        if let Some(other) = identities.insert(identity, key) {
            let what = format!("metrics `{other}` and `{key}` are the same metric");
            let mend = "give one of them another name or other dimensions, or join their layers";
            return wrong(metric.place, what, mend);
        }
        layers(key, metric)?;
    }
    Ok(())
}

fn layers(key: &str, metric: &Metric) -> Checked {
    let place = metric.place;
    if metric.every.as_milliseconds() < 1000 {
        let what = format!("metric `{key}` has datapoints less than a second apart");
        return wrong(place, what, "write `every: 60s`");
    }
    if metric.samples.is_nan() || metric.samples <= 0.0 {
        let what = format!("metric `{key}` has datapoints without samples");
        return wrong(
            place,
            what,
            "write `samples: 1` or more, or a `gap` for no datapoints",
        );
    }
    if metric.values.is_empty() {
        let what = format!("metric `{key}` has no values");
        return wrong(
            place,
            what,
            "write at least one layer, for instance `- constant: 0`",
        );
    }
    for layer in &metric.values {
        match layer {
            Layer::Spike(spike) if spike.add.is_some() == spike.set.is_some() => {
                let what = format!("a spike of metric `{key}` needs either `add` or `set`");
                return wrong(place, what, "write one of the two");
            }
            Layer::Cycle(cycle) if cycle.every <= Length::default() => {
                let what = format!("a cycle of metric `{key}` takes no time");
                return wrong(place, what, "write `every: 24h`");
            }
            Layer::Noise(noise) if noise.sd.is_nan() || noise.sd < 0.0 => {
                let what = format!("noise of metric `{key}` has a negative `sd`");
                return wrong(place, what, "write a standard deviation of 0 or more");
            }
            _ => {}
        }
    }
    Ok(())
}

/// A metric alarm, a composite or a scripted one, and complete as such.
fn kind(scenario: &Scenario, alarm: &Alarm) -> Checked {
    let name = &alarm.name;
    let kinds = [
        alarm.metric.is_some(),
        alarm.rule.is_some(),
        alarm.states.is_some(),
    ];
    if kinds.into_iter().filter(|given| *given).count() != 1 {
        let what = format!("alarm `{name}` needs one of `metric`, `rule` and `states`");
        let mend =
            "`metric` is evaluated, `rule` makes a composite, `states` are set by hand; write one";
        return wrong(alarm.place, what, mend);
    }
    if alarm.states.as_ref().is_some_and(Vec::is_empty) {
        let what = format!("alarm `{name}` has no states");
        return wrong(
            alarm.place,
            what,
            "write at least one, for instance `- { at: -2h, state: OK }`",
        );
    }
    if let Some(key) = &alarm.metric {
        watched(scenario, alarm, key)?;
    } else if !alarm.thresholds().is_empty() || alarm.stat.is_some() {
        let what = format!("alarm `{name}` has a threshold or a statistic, but no metric");
        return wrong(alarm.place, what, "remove it, or name a `metric`");
    }
    periods(alarm)
}

fn watched(scenario: &Scenario, alarm: &Alarm, key: &str) -> Checked {
    let name = &alarm.name;
    let Some(metric) = scenario.metrics.get(key) else {
        let what = format!("alarm `{name}` watches the metric `{key}`, which does not exist");
        let known: Vec<&str> = scenario.metrics.keys().map(String::as_str).collect();
        let mend = match known.as_slice() {
            [] => format!("describe it under `metrics: {{ {key}: ... }}`"),
            known => format!(
                "describe it under `metrics`, or write one of: {}",
                known.join(", ")
            ),
        };
        return wrong(alarm.place, what, mend);
    };
    if scenario.home_of_alarm(alarm) != scenario.home_of_metric(metric) {
        let what =
            format!("alarm `{name}` and its metric `{key}` are in different accounts or regions");
        return wrong(
            alarm.place,
            what,
            "leave `account` and `region` of the alarm away",
        );
    }
    if alarm.thresholds().len() != 1 {
        let what = format!("alarm `{name}` needs one threshold");
        return wrong(
            alarm.place,
            what,
            "write one of `above`, `at_least`, `below` and `at_most`",
        );
    }
    if alarm.stat.is_none() {
        let what = format!("alarm `{name}` does not say which statistic it watches");
        return wrong(alarm.place, what, "write `stat: Sum` or another statistic");
    }
    Ok(())
}

fn periods(alarm: &Alarm) -> Checked {
    let name = &alarm.name;
    let Datapoints { breaching, of } = alarm.datapoints.unwrap_or(Datapoints::DEFAULT);
    if breaching == 0 || breaching > of {
        let what = format!("alarm `{name}` wants {breaching} of {of} datapoints");
        let mend = format!(
            "the first number is 1 to {}, as in `datapoints: 2 of 3`",
            of.max(1)
        );
        return wrong(alarm.place, what, mend);
    }
    let period = alarm.period.map_or(60_000, Length::as_milliseconds);
    if !matches!(period, 10_000 | 20_000 | 30_000) && (period == 0 || period % 60_000 != 0) {
        let what = format!("alarm `{name}` has a period that CloudWatch does not offer");
        return wrong(alarm.place, what, "write 10s, 20s, 30s or whole minutes");
    }
    if period.saturating_mul(i64::from(of)) > 604_800_000 {
        let what = format!("alarm `{name}` looks back more than seven days");
        return wrong(
            alarm.place,
            what,
            "period times datapoints is at most seven days",
        );
    }
    Ok(())
}

fn changes(alarm: &Alarm) -> Checked {
    let name = &alarm.name;
    for change in &alarm.changes {
        let Change { rename, delete, .. } = change;
        let thresholds = change.thresholds().len();
        if thresholds + usize::from(rename.is_some()) + usize::from(*delete) != 1 {
            let what = format!("a change of alarm `{name}` needs to be one thing");
            return wrong(
                alarm.place,
                what,
                "write one threshold, `rename` or `delete: true`",
            );
        }
        if thresholds == 1 && alarm.metric.is_none() {
            let what = format!("a change gives alarm `{name}` a threshold, but it has no metric");
            return wrong(
                alarm.place,
                what,
                "only alarms with a `metric` have a threshold",
            );
        }
    }
    Ok(())
}

type Names<'a> = BTreeMap<(&'a str, &'a str, &'a str), &'a Alarm>;

/// Rules parse, and name alarms that exist at some time, without cycles.
fn composites<'a>(scenario: &'a Scenario, names: &Names<'a>) -> Checked {
    let mut children = BTreeMap::new();
    for alarm in &scenario.alarms {
        let Some(text) = &alarm.rule else { continue };
        let (name, home) = (&alarm.name, scenario.home_of_alarm(alarm));
        let rule = match Rule::parse(text, home.0, home.1) {
            Ok(rule) => rule,
            Err(reason) => {
                let what = format!("the rule of alarm `{name}` does not parse: {reason}");
                let mend = r#"write it like ALARM("a") OR (ALARM("b") AND NOT OK("c"))"#;
                return wrong(alarm.place, what, mend);
            }
        };
        for child in rule.children() {
            if !names.contains_key(&(home.0, home.1, child)) && !is_new_name(scenario, home, child)
            {
                let what =
                    format!("the rule of alarm `{name}` names `{child}`, which does not exist");
                let mend = "name an alarm of the same account and region";
                return wrong(alarm.place, what, mend);
            }
        }
        children.insert((home, name.as_str()), (alarm.place, rule));
    }
    for (home, name) in children.keys() {
        let mut path = vec![*name];
        cycle(*home, &mut path, &mut BTreeSet::new(), &children)?;
    }
    Ok(())
}

/// Whether an alarm gets this name later.
fn is_new_name(scenario: &Scenario, home: (&str, &str), name: &str) -> bool {
    let renamed = |alarm: &Alarm| {
        let becomes = |change: &Change| change.rename.as_deref() == Some(name);
        scenario.home_of_alarm(alarm) == home && alarm.changes.iter().any(becomes)
    };
    scenario.alarms.iter().any(renamed)
}

type Rules<'a> = BTreeMap<((&'a str, &'a str), &'a str), (Place, Rule)>;

fn cycle<'a>(
    home: (&'a str, &'a str),
    path: &mut Vec<&'a str>,
    done: &mut BTreeSet<&'a str>,
    rules: &'a Rules<'a>,
) -> Checked {
    let Some(last) = path.last().copied() else {
        return Ok(());
    };
    let Some((place, rule)) = rules.get(&(home, last)) else {
        return Ok(());
    };
    for child in rule.children() {
        if path.contains(&child) {
            let round = [path.as_slice(), &[child]].concat().join("` -> `");
            let what = format!("composite alarms depend on each other: `{round}`");
            return wrong(*place, what, "take one of them out of the other's rule");
        }
        if done.insert(child) {
            path.push(child);
            cycle(home, path, done, rules)?;
            path.pop();
        }
    }
    Ok(())
}

fn refusals(scenario: &Scenario) -> Checked {
    for refusal in &scenario.refusals {
        let named =
            |(service, operation): (&str, &str)| !service.is_empty() && !operation.is_empty();
        if !refusal.call.split_once(':').is_some_and(named) {
            let what = format!("a refusal is about `{}`, which is no call", refusal.call);
            let mend = "write it like cloudwatch:DescribeAlarms or cloudwatch:*";
            return wrong(refusal.place, what, mend);
        }
    }
    Ok(())
}

fn pipeline(scenario: &Scenario) -> Checked {
    let pipeline = &scenario.pipeline;
    for happening in &pipeline.happenings {
        if happening.stop.is_some() == happening.next_release.is_some() {
            let what = "something that happens to the pipeline needs to be one thing";
            return wrong(
                pipeline.place,
                what,
                "write one of `stop: {}` and `next_release: {}`",
            );
        }
    }
    let shortest = match pipeline.look_every {
        LookEvery::Fixed(length) => length,
        LookEvery::Drawn(interval) if interval.from > interval.to => {
            let what = "`look_every` is longest where it is shortest";
            return wrong(
                pipeline.place,
                what,
                "write the shorter length under `from`",
            );
        }
        LookEvery::Drawn(interval) => interval.from,
    };
    if shortest == Length::default() {
        return wrong(
            pipeline.place,
            "`look_every` takes no time",
            "write at least 1s",
        );
    }
    Ok(())
}
