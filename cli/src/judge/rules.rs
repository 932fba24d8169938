//! Kayenta's rules of one metric. A flag goes before the configuration file,
//! the file before the default.

use std::path::Path;

use serde_json::Value;
use sluice_judge::kayenta::{Direction, EffectMeasure, MetricRules, NanStrategy, Unread};

use super::JudgeArguments;
use super::flags::{EffectWord, StrategyWord, WorseWord};
use super::trouble::Trouble;
use super::values::text;

/// The rules of one metric under Kayenta's judge.
pub(super) struct Rules {
    pub(super) rules: MetricRules,
    pub(super) muted: bool,
    pub(super) unread: Vec<Unread>,
}

/// Kayenta's rules.
pub(super) fn rules(arguments: &JudgeArguments) -> Result<Rules, Trouble> {
    let given = &arguments.kayenta;
    let mut read = match &arguments.config {
        Some(path) => read_rules(path)?,
        None => Rules {
            rules: MetricRules::default(),
            muted: false,
            unread: Vec::new(),
        },
    };
    let rules = &mut read.rules;
    if let Some(word) = given.effect {
        let measure = match word {
            EffectWord::MeanRatio => EffectMeasure::MeanRatio,
            EffectWord::Cles => EffectMeasure::Cles,
        };
        // Limits on the scale of another measure mean nothing.
        if measure != rules.effect_measure {
            let neutral = MetricRules::for_measure(measure);
            rules.effect_measure = measure;
            (rules.allowed, rules.critical_at) = (neutral.allowed, neutral.critical_at);
        }
    }
    for (limit, slot) in [
        (given.allowed_increase, &mut rules.allowed.increase),
        (given.allowed_decrease, &mut rules.allowed.decrease),
        (given.critical_increase, &mut rules.critical_at.increase),
        (given.critical_decrease, &mut rules.critical_at.decrease),
        (given.confidence, &mut rules.confidence),
        (given.band, &mut rules.band),
    ] {
        *slot = limit.unwrap_or(*slot);
    }
    rules.outlier_factor = given.outliers.or(rules.outlier_factor);
    rules.critical |= given.critical;
    rules.must_have_data |= arguments.must_have_data;
    rules.direction = match arguments.worse {
        Some(WorseWord::Higher) => Direction::Increase,
        Some(WorseWord::Lower) => Direction::Decrease,
        Some(WorseWord::Either) => Direction::Either,
        None => rules.direction,
    };
    rules.nan_strategy = match given.nan_strategy {
        Some(StrategyWord::Remove) => NanStrategy::Remove,
        Some(StrategyWord::Replace) => NanStrategy::Replace,
        None => rules.nan_strategy,
    };
    check_rules(arguments, rules)?;
    Ok(read)
}

fn check_rules(arguments: &JudgeArguments, rules: &MetricRules) -> Result<(), Trouble> {
    let limits = [
        rules.allowed.increase,
        rules.allowed.decrease,
        rules.critical_at.increase,
        rules.critical_at.decrease,
    ];
    let is_share = rules.confidence > 0.0 && rules.confidence < 1.0;
    let factor = rules.outlier_factor.unwrap_or(3.0);
    for (holds, message) in [
        (
            is_share,
            "the confidence should be above 0 and below 1, as 0.98",
        ),
        (
            (0.0..=1e6).contains(&rules.band),
            "the band should be at least 0, as 0.25",
        ),
        (
            (0.0..=1e6).contains(&factor),
            "the outlier factor should be at least 0, as 3",
        ),
        (
            limits.iter().all(|limit| limit.is_finite()),
            "effects should be numbers, as 1.2",
        ),
    ] {
        if !holds {
            return Err(Trouble::parameters(arguments.config.as_deref(), message));
        }
    }
    Ok(())
}

fn read_rules(path: &Path) -> Result<Rules, Trouble> {
    let value: Value = serde_json::from_str(&text(path)?)
        .map_err(|error| Trouble::file(path, format!("is not JSON: {error}")))?;
    if value.get("metrics").is_some() {
        return Err(Trouble::file(
            path,
            "is a whole canary configuration, two files are one metric",
        )
        .hint("give the `analysisConfigurations` of that metric"));
    }
    let analysis = value.get("analysisConfigurations").unwrap_or(&value);
    let (rules, muted, unread) = MetricRules::from_analysis(analysis)
        .map_err(|error| Trouble::file(path, error.to_string()))?;
    Ok(Rules {
        rules,
        muted,
        unread,
    })
}
