//! A Kayenta canary configuration (JSON), read as it is.
//!
//! Everything that has no counterpart here is listed in
//! [`Configuration::unread`]; nothing is dropped in silence. What would make
//! the judge's part ambiguous (a wrong type, no thresholds) is an error.
//!
//! Source: `peers.md` C1 and C7. Start at [`Configuration::from_json`].

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use thiserror::Error;

use super::classify::MetricRules;
use super::object::{Object, note};
use super::options::read_rules;
use super::score::Thresholds;

/// Why a configuration could not be read.
#[derive(Debug, Error)]
pub enum ConfigurationError {
    /// The text is not JSON.
    #[error("read the Kayenta configuration as JSON")]
    NotJson(#[source] serde_json::Error),
    /// A field is absent that the judge cannot do without.
    #[error("the Kayenta configuration has no `{path}`")]
    Missing {
        /// Where it should be.
        path: String,
    },
    /// A field has the wrong type or an impossible value.
    #[error("`{path}` in the Kayenta configuration should be {expected}")]
    Wrong {
        /// Where it is.
        path: String,
        /// What it should be.
        expected: &'static str,
    },
}

/// A part of the configuration without a counterpart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unread {
    /// Where it is, as `metrics[0].query`.
    pub path: String,
    /// What that means.
    pub meaning: String,
}

/// One metric of the configuration.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Metric {
    /// Its name.
    pub name: String,
    /// The groups it counts in.
    pub groups: Vec<String>,
    /// Whether its result is left out.
    pub muted: bool,
    /// How it is judged.
    pub rules: MetricRules,
    /// The query of its own source, which somebody has to map.
    pub query: Value,
}

/// The judge's part of a Kayenta configuration.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Configuration {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// The metrics, in order.
    pub metrics: Vec<Metric>,
    /// Weights of groups in percent.
    pub group_weights: BTreeMap<String, f64>,
    /// When the whole is good.
    pub thresholds: Thresholds,
    /// What has no counterpart.
    pub unread: Vec<Unread>,
}

impl Configuration {
    /// Reads a canary configuration.
    pub fn from_json(text: &str) -> Result<Configuration, ConfigurationError> {
        let value: Value = serde_json::from_str(text).map_err(ConfigurationError::NotJson)?;
        let mut unread = Vec::new();
        let whole = Object::new(&value, String::new())?;
        whole.rest_is_unread(
            &[
                "name",
                "metrics",
                "judge",
                "classifier",
                "templates",
                "description",
                "configVersion",
            ],
            &mut unread,
        );
        read_judge(&whole, &mut unread)?;
        if whole
            .get("templates")
            .and_then(Value::as_object)
            .is_some_and(|templates| !templates.is_empty())
        {
            note(
                &mut unread,
                "templates",
                "query templates belong to the source and are not used",
            );
        }
        let classifier = whole
            .object("classifier")?
            .ok_or_else(|| whole.missing("classifier"))?;
        classifier.rest_is_unread(&["groupWeights", "scoreThresholds"], &mut unread);
        let thresholds = read_thresholds(&classifier, &mut unread)?;
        let group_weights = read_weights(&classifier)?;
        Ok(Configuration {
            name: whole.text("name")?.map(str::to_owned),
            metrics: read_metrics(&whole, &mut unread)?,
            group_weights,
            thresholds,
            unread,
        })
    }
}

fn read_judge(whole: &Object<'_>, unread: &mut Vec<Unread>) -> Result<(), ConfigurationError> {
    let Some(judge) = whole.object("judge")? else {
        return Ok(());
    };
    judge.rest_is_unread(&["name", "judgeConfigurations"], unread);
    if let Some(name) = judge
        .text("name")?
        .filter(|name| !name.starts_with("NetflixACAJudge"))
    {
        note(
            unread,
            "judge.name",
            &format!("the judge `{name}` is not known; NetflixACAJudge's rules are used"),
        );
    }
    if let Some(options) = judge.object("judgeConfigurations")? {
        options.rest_is_unread(&[], unread);
    }
    Ok(())
}

fn read_thresholds(
    classifier: &Object<'_>,
    unread: &mut Vec<Unread>,
) -> Result<Thresholds, ConfigurationError> {
    let thresholds = classifier
        .object("scoreThresholds")?
        .ok_or_else(|| classifier.missing("scoreThresholds"))?;
    thresholds.rest_is_unread(&["pass", "marginal"], unread);
    let required = |key: &str| {
        thresholds
            .number(key)?
            .ok_or_else(|| thresholds.missing(key))
    };
    Ok(Thresholds {
        pass: required("pass")?,
        marginal: required("marginal")?,
    })
}

fn read_weights(classifier: &Object<'_>) -> Result<BTreeMap<String, f64>, ConfigurationError> {
    let Some(weights) = classifier.object("groupWeights")? else {
        return Ok(BTreeMap::new());
    };
    weights
        .fields
        .keys()
        .map(|group| Ok((group.clone(), weights.number(group)?.unwrap_or(0.0))))
        .collect()
}

fn read_metrics(
    whole: &Object<'_>,
    unread: &mut Vec<Unread>,
) -> Result<Vec<Metric>, ConfigurationError> {
    let metrics = whole
        .get("metrics")
        .ok_or_else(|| whole.missing("metrics"))?;
    let metrics = metrics
        .as_array()
        .ok_or_else(|| whole.wrong("metrics", "a list"))?;
    metrics
        .iter()
        .enumerate()
        .map(|(index, metric)| read_metric(index, metric, unread))
        .collect()
}

fn read_metric(
    index: usize,
    value: &Value,
    unread: &mut Vec<Unread>,
) -> Result<Metric, ConfigurationError> {
    let metric = Object::new(value, format!("metrics[{index}]"))?;
    metric.rest_is_unread(
        &[
            "name",
            "query",
            "analysisConfigurations",
            "groups",
            "scopeName",
        ],
        unread,
    );
    if let Some(scope) = metric
        .text("scopeName")?
        .filter(|scope| *scope != "default")
    {
        note(
            unread,
            &metric.path_of("scopeName"),
            &format!("the scope `{scope}` belongs to the source"),
        );
    }
    let query = metric.get("query").cloned().unwrap_or(Value::Null);
    if !query.is_null() {
        let source = query
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or("unknown");
        let meaning =
            format!("a query of `{source}`: the metric has to be mapped to a series by hand");
        note(unread, &metric.path_of("query"), &meaning);
    }
    let canary = match metric.object("analysisConfigurations")? {
        Some(analysis) => {
            analysis.rest_is_unread(&["canary"], unread);
            analysis.object("canary")?
        }
        None => None,
    };
    let (rules, muted) = match canary {
        Some(canary) => read_rules(&canary, unread)?,
        None => (MetricRules::default(), false),
    };
    let name = metric
        .text("name")?
        .ok_or_else(|| metric.missing("name"))?
        .to_owned();
    Ok(Metric {
        name,
        groups: metric.texts("groups")?,
        muted,
        rules,
        query,
    })
}
