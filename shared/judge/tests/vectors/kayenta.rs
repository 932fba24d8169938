//! Runs the vectors of the Kayenta-compatible judge.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sluice_judge::kayenta::{
    Classification, Direction, EffectMeasure, EffectRange, MetricRules, NanStrategy, Samples,
    ScoredMetric, Thresholds, classify,
};

use crate::case::Case;

pub(crate) fn interval(case: &Case<'_>) -> Result<(), String> {
    case.only_params(&["conf"])?;
    let samples = Samples::new(
        &case.list_with_gaps("experiment")?,
        &case.list_with_gaps("control")?,
    )
    .map_err(|error| error.to_string())?;
    let shift = samples
        .interval(case.number_or("conf", 0.98))
        .map_err(|error| error.to_string())?;
    case.compare(&json!({ "lower": shift.lower, "upper": shift.upper, "estimate": shift.estimate }))
}

/// The first parameter present of several spellings.
fn any<'a>(case: &Case<'a>, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| case.param(name))
}

fn rules(case: &Case<'_>) -> Result<MetricRules, String> {
    const CRITICAL_AT: [&str; 4] = [
        "critical_at",
        "critical_thresholds",
        "critical_bounds",
        "critical_range",
    ];
    const OUTLIERS: [&str; 4] = [
        "outliers",
        "outlier_factor",
        "outlier_strategy",
        "remove_outliers",
    ];
    let mut known = vec![
        "tolerance",
        "conf",
        "allowed",
        "nan_strategy",
        "critical",
        "must_have_data",
        "direction",
        "measure",
    ];
    known.extend(CRITICAL_AT.iter().chain(&OUTLIERS));
    case.only_params(&known)?;
    let mut rules = match case.param("measure").and_then(Value::as_str) {
        Some("cles") => MetricRules::for_measure(EffectMeasure::Cles),
        _ => MetricRules::for_measure(EffectMeasure::MeanRatio),
    };
    rules.band = case.number_or("tolerance", 0.25);
    rules.confidence = case.number_or("conf", 0.98);
    rules.critical = case.flag_or("critical", false);
    rules.must_have_data = case.flag_or("must_have_data", false);
    // Without the parameter the vectors take missing values for 0.
    rules.nan_strategy = match case.param("nan_strategy").and_then(Value::as_str) {
        Some("remove") => NanStrategy::Remove,
        _ => NanStrategy::Replace,
    };
    rules.direction = match case.param("direction").and_then(Value::as_str) {
        Some("increase") => Direction::Increase,
        Some("decrease") => Direction::Decrease,
        _ => Direction::Either,
    };
    rules.allowed = case.param("allowed").map_or(Ok(rules.allowed), range)?;
    rules.critical_at = any(case, &CRITICAL_AT).map_or(Ok(rules.critical_at), range)?;
    if let Some(outliers) = any(case, &OUTLIERS) {
        let remove = outliers == "remove" || outliers == true || outliers.is_number();
        let factor = case.number_or("outlier_factor", 3.0);
        rules.outlier_factor = remove.then_some(factor);
    }
    Ok(rules)
}

/// `[decrease, increase]`.
fn range(value: &Value) -> Result<EffectRange, String> {
    match (
        value.get(0).and_then(Value::as_f64),
        value.get(1).and_then(Value::as_f64),
    ) {
        (Some(decrease), Some(increase)) => Ok(EffectRange { decrease, increase }),
        _ => Err(format!("{value} is no pair of effects")),
    }
}

pub(crate) fn classification(case: &Case<'_>) -> Result<(), String> {
    let (experiment, control) = (
        case.list_with_gaps("experiment")?,
        case.list_with_gaps("control")?,
    );
    let outcome = classify(&rules(case)?, &experiment, &control);
    let mut computed = json!({
        "classification": outcome.classification,
        "critical": outcome.critical,
        "deviation": outcome.deviation,
        "effect": outcome.effect,
        "lower": null,
        "upper": null,
        "estimate": null,
    });
    if let Some(shift) = outcome.shift {
        computed["lower"] = shift.lower.into();
        computed["upper"] = shift.upper.into();
        computed["estimate"] = shift.estimate.into();
    }
    case.compare(&computed)
}

pub(crate) fn score(case: &Case<'_>) -> Result<(), String> {
    case.only_params(&["pass_at", "marginal_at"])?;
    let results = case
        .input("results")
        .and_then(Value::as_array)
        .ok_or("no results")?;
    let metrics = results
        .iter()
        .map(scored)
        .collect::<Result<Vec<ScoredMetric>, String>>()?;
    let weights: BTreeMap<String, f64> = case
        .input("group_weights")
        .map_or(Ok(BTreeMap::new()), |weights| {
            serde_json::from_value(weights.clone())
        })
        .map_err(|error| error.to_string())?;
    let thresholds = Thresholds {
        pass: case.number_or("pass_at", 95.0),
        marginal: case.number_or("marginal_at", 75.0),
    };
    let score = sluice_judge::kayenta::score(&metrics, &weights, thresholds);
    case.compare(&json!({ "score": score.score, "classification": score.classification }))
}

fn scored(result: &Value) -> Result<ScoredMetric, String> {
    let classification: Classification = serde_json::from_value(result["classification"].clone())
        .map_err(|error| error.to_string())?;
    let groups = result["groups"].as_array().into_iter().flatten();
    Ok(ScoredMetric {
        classification,
        critical: result["critical"].as_bool().unwrap_or(false),
        muted: result["muted"].as_bool().unwrap_or(false),
        groups: groups
            .filter_map(|group| group.as_str().map(str::to_owned))
            .collect(),
    })
}
