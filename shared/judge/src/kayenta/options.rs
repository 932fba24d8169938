//! The options of one metric: Kayenta's `analysisConfigurations.canary`.
//!
//! Source: `peers.md` C1.

use serde_json::Value;

use super::classify::{Direction, EffectMeasure, MetricRules};
use super::configuration::{ConfigurationError, Unread};
use super::object::Object;
use super::prepare::NanStrategy;

impl MetricRules {
    /// Reads a metric's `analysisConfigurations`, with or without its level
    /// `canary`. Answers the rules, whether the metric is muted, and what has
    /// no counterpart.
    pub fn from_analysis(
        value: &Value,
    ) -> Result<(MetricRules, bool, Vec<Unread>), ConfigurationError> {
        let mut unread = Vec::new();
        let outer = Object::new(value, "analysisConfigurations".into())?;
        let canary = match outer.object("canary")? {
            Some(canary) => {
                outer.rest_is_unread(&["canary"], &mut unread);
                canary
            }
            None => outer,
        };
        let (rules, muted) = read_rules(&canary, &mut unread)?;
        Ok((rules, muted, unread))
    }
}

/// Reads the options, and whether the metric is muted.
pub(super) fn read_rules(
    canary: &Object<'_>,
    unread: &mut Vec<Unread>,
) -> Result<(MetricRules, bool), ConfigurationError> {
    canary.rest_is_unread(
        &[
            "direction",
            "nanStrategy",
            "critical",
            "mustHaveData",
            "muted",
            "effectSize",
            "outliers",
        ],
        unread,
    );
    let mut rules = read_effect(canary, unread)?;
    rules.direction = canary.choice("direction", &DIRECTIONS, unread)?;
    rules.nan_strategy = canary.choice("nanStrategy", &STRATEGIES, unread)?;
    rules.critical = canary.flag("critical")?;
    rules.must_have_data = canary.flag("mustHaveData")?;
    if let Some(outliers) = canary.object("outliers")? {
        outliers.rest_is_unread(&["strategy", "outlierFactor"], unread);
        let remove = outliers.choice("strategy", &[("keep", false), ("remove", true)], unread)?;
        let factor = outliers.number("outlierFactor")?.unwrap_or(3.0);
        rules.outlier_factor = remove.then_some(factor);
    }
    Ok((rules, canary.flag("muted")?))
}

const DIRECTIONS: [(&str, Direction); 3] = [
    ("either", Direction::Either),
    ("increase", Direction::Increase),
    ("decrease", Direction::Decrease),
];
const STRATEGIES: [(&str, NanStrategy); 2] = [
    ("remove", NanStrategy::Remove),
    ("replace", NanStrategy::Replace),
];
const MEASURES: [(&str, EffectMeasure); 2] = [
    ("meanRatio", EffectMeasure::MeanRatio),
    ("cles", EffectMeasure::Cles),
];

fn read_effect(
    canary: &Object<'_>,
    unread: &mut Vec<Unread>,
) -> Result<MetricRules, ConfigurationError> {
    let Some(effect) = canary.object("effectSize")? else {
        return Ok(MetricRules::default());
    };
    let limits = [
        "allowedIncrease",
        "allowedDecrease",
        "criticalIncrease",
        "criticalDecrease",
    ];
    effect.rest_is_unread(
        &["measure", limits[0], limits[1], limits[2], limits[3]],
        unread,
    );
    let mut rules = MetricRules::for_measure(effect.choice("measure", &MEASURES, unread)?);
    let slots = [
        &mut rules.allowed.increase,
        &mut rules.allowed.decrease,
        &mut rules.critical_at.increase,
        &mut rules.critical_at.decrease,
    ];
    for (limit, slot) in limits.iter().zip(slots) {
        *slot = effect.number(limit)?.unwrap_or(*slot);
    }
    Ok(rules)
}
