//! One metric under Kayenta's rules: `Pass`, `High`, `Low`, no data, or an
//! error.
//!
//! The classification is Kayenta's own. Where Kayenta lets a metric through
//! for want of evidence, the classification says the same word, and
//! [`MetricOutcome::departures`] says why Sluice does not count it as a pass.
//!
//! Source: `peers.md` C1 to C6 and C8. Start at [`classify`].

use serde::{Deserialize, Serialize};

use super::departure::Departure;
use super::mann_whitney::{RankError, Samples, Shift};
use super::prepare::{
    NanStrategy, handle_missing, is_constant, mean, remove_outliers, spread_constant,
};

/// Which changes count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Only an increase is bad.
    Increase,
    /// Only a decrease is bad.
    Decrease,
    /// Both are.
    #[default]
    Either,
}

/// How the size of the effect is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectMeasure {
    /// Mean of the canary over mean of the baseline.
    #[default]
    MeanRatio,
    /// Chance that a value of the canary is above one of the baseline.
    Cles,
}

/// Least and greatest effect that are let through.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EffectRange {
    /// A `Low` needs an effect at or below this.
    pub decrease: f64,
    /// A `High` needs an effect at or above this.
    pub increase: f64,
}

/// All options of one metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricRules {
    /// Which changes count.
    pub direction: Direction,
    /// What becomes of missing values.
    pub nan_strategy: NanStrategy,
    /// Factor of the outlier fences; `None` keeps outliers.
    pub outlier_factor: Option<f64>,
    /// Whether a failure of this metric fails the whole canary.
    pub critical: bool,
    /// Whether missing data is a failure.
    pub must_have_data: bool,
    /// How the effect is measured.
    pub effect_measure: EffectMeasure,
    /// Effects that are let through.
    pub allowed: EffectRange,
    /// Effects that are not critical.
    pub critical_at: EffectRange,
    /// Confidence of the interval; Kayenta fixes 0.98.
    pub confidence: f64,
    /// Share of the estimate around 0 that is let through; Kayenta fixes 0.25.
    pub band: f64,
}

impl MetricRules {
    /// Kayenta's defaults for a measure of the effect.
    pub fn for_measure(effect_measure: EffectMeasure) -> MetricRules {
        let neutral = match effect_measure {
            EffectMeasure::MeanRatio => 1.0,
            EffectMeasure::Cles => 0.5,
        };
        let range = EffectRange {
            decrease: neutral,
            increase: neutral,
        };
        MetricRules {
            direction: Direction::default(),
            nan_strategy: NanStrategy::default(),
            outlier_factor: None,
            critical: false,
            must_have_data: false,
            effect_measure,
            allowed: range,
            critical_at: range,
            confidence: 0.98,
            band: 0.25,
        }
    }
}

impl Default for MetricRules {
    fn default() -> MetricRules {
        MetricRules::for_measure(EffectMeasure::MeanRatio)
    }
}

/// Kayenta's words for one metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Classification {
    /// No change that counts.
    Pass,
    /// The canary is higher.
    High,
    /// The canary is lower.
    Low,
    /// No data, and that is accepted.
    Nodata,
    /// No data where there must be some.
    NodataFailMetric,
    /// The comparison could not be made.
    Error,
}

/// What came out for one metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricOutcome {
    /// Kayenta's classification.
    pub classification: Classification,
    /// Whether this result alone fails the canary.
    pub critical: bool,
    /// Mean of the canary over mean of the baseline, Kayenta's "ratio"; 1
    /// without data, `None` where a mean is 0.
    pub deviation: Option<f64>,
    /// The shift of the canary in the metric's units, where it was computed.
    pub shift: Option<ReportedShift>,
    /// The effect; `None` where it cannot be computed and is ignored.
    pub effect: Option<f64>,
    /// Values compared: canary, baseline.
    pub values: [usize; 2],
    /// Where Sluice judges otherwise than Kayenta.
    pub departures: Vec<Departure>,
    /// One sentence why.
    pub reason: String,
}

/// Interval and estimate as reported.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ReportedShift {
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
    /// Hodges–Lehmann estimate.
    pub estimate: f64,
}

impl From<Shift> for ReportedShift {
    fn from(shift: Shift) -> ReportedShift {
        ReportedShift {
            lower: shift.lower,
            upper: shift.upper,
            estimate: shift.estimate,
        }
    }
}

/// Classifies a metric. NaN is a missing value.
pub fn classify(rules: &MetricRules, experiment: &[f64], control: &[f64]) -> MetricOutcome {
    let mut outcome = classify_prepared(rules, experiment, control);
    let hides = rules.outlier_factor.is_some() && outcome.classification == Classification::Pass;
    if hides {
        let kept = MetricRules {
            outlier_factor: None,
            ..rules.clone()
        };
        let with_outliers = classify_prepared(&kept, experiment, control).classification;
        if matches!(with_outliers, Classification::High | Classification::Low) {
            outcome.departures.push(Departure::OutliersHidAChange);
        }
    }
    outcome
}

fn classify_prepared(rules: &MetricRules, experiment: &[f64], control: &[f64]) -> MetricOutcome {
    let prepare = |values: &[f64]| {
        let present = handle_missing(values, rules.nan_strategy);
        match rules.outlier_factor {
            Some(factor) => remove_outliers(&present, factor),
            None => present,
        }
    };
    let (mut canary, mut baseline) = (prepare(experiment), prepare(control));
    if canary.is_empty() || baseline.is_empty() {
        return without_data(rules, [canary.len(), baseline.len()]);
    }
    let all_missing = |values: &[f64]| values.iter().all(|value| value.is_nan());
    let only_replaced = all_missing(experiment) || all_missing(control);
    if is_constant(&canary) && is_constant(&baseline) && canary[0] != baseline[0] {
        canary = spread_constant(&canary);
        baseline = spread_constant(&baseline);
    }
    let mut outcome = compare(rules, &canary, &baseline);
    if only_replaced {
        outcome.departures.push(Departure::OnlyReplacedValues);
    }
    outcome
}

fn compare(rules: &MetricRules, canary: &[f64], baseline: &[f64]) -> MetricOutcome {
    let deviation = mean_ratio(canary, baseline);
    let mut outcome = MetricOutcome {
        classification: Classification::Pass,
        critical: false,
        deviation,
        shift: None,
        effect: None,
        values: [canary.len(), baseline.len()],
        departures: Vec::new(),
        reason: "both sides hold the same values".into(),
    };
    let constant = is_constant(canary) && is_constant(baseline) && canary[0] == baseline[0];
    let result = Samples::new(canary, baseline).and_then(|samples| {
        if constant || samples.are_identical() {
            return Ok(None);
        }
        let effect = match rules.effect_measure {
            EffectMeasure::MeanRatio => deviation,
            EffectMeasure::Cles => Some(samples.chance_above()),
        };
        Ok(Some((samples.interval(rules.confidence)?, effect)))
    });
    match result {
        Ok(None) => {}
        Ok(Some((shift, effect))) => apply_rule(rules, shift, effect, &mut outcome),
        Err(error) => fail(error, &mut outcome),
    }
    outcome
}

/// The rule of C6: beyond the band and beyond the allowed effect.
fn apply_rule(rules: &MetricRules, shift: Shift, effect: Option<f64>, outcome: &mut MetricOutcome) {
    let band = rules.band * shift.estimate.abs();
    let at_least = |limit: f64| effect.is_none_or(|effect| effect >= limit);
    let at_most = |limit: f64| effect.is_none_or(|effect| effect <= limit);
    let high = rules.direction != Direction::Decrease
        && shift.lower > band
        && at_least(rules.allowed.increase);
    let low = !high
        && rules.direction != Direction::Increase
        && shift.upper < -band
        && at_most(rules.allowed.decrease);
    outcome.shift = Some(shift.into());
    outcome.effect = effect;
    let words = if high {
        outcome.classification = Classification::High;
        outcome.critical = rules.critical && at_least(rules.critical_at.increase);
        "is higher"
    } else if low {
        outcome.classification = Classification::Low;
        outcome.critical = rules.critical && at_most(rules.critical_at.decrease);
        "is lower"
    } else {
        "shows no change beyond the band"
    };
    outcome.reason = format!(
        "the canary {words}: shift {:.4} (between {:.4} and {:.4}), band {band:.4}",
        shift.estimate, shift.lower, shift.upper
    );
}

fn without_data(rules: &MetricRules, values: [usize; 2]) -> MetricOutcome {
    let mut departures = Vec::new();
    let classification = match rules.nan_strategy {
        NanStrategy::Replace => {
            departures.push(Departure::EmptySidePassed);
            Classification::Pass
        }
        NanStrategy::Remove if rules.must_have_data && !rules.critical => {
            Classification::NodataFailMetric
        }
        NanStrategy::Remove => Classification::Nodata,
    };
    let side = if values[0] == 0 { "canary" } else { "baseline" };
    MetricOutcome {
        critical: classification == Classification::Nodata && rules.critical,
        classification,
        deviation: Some(1.0),
        shift: None,
        effect: None,
        values,
        departures,
        reason: format!("the {side} has no data"),
    }
}

fn fail(error: RankError, outcome: &mut MetricOutcome) {
    outcome.classification = Classification::Error;
    outcome.departures.push(Departure::ErrorIsNoPass);
    outcome.reason = format!("not compared: {error}");
}

fn mean_ratio(canary: &[f64], baseline: &[f64]) -> Option<f64> {
    let (upper, lower) = (mean(canary), mean(baseline));
    let ratio = upper / lower;
    (upper != 0.0 && lower != 0.0 && ratio.is_finite()).then_some(ratio)
}
