//! Kayenta's judge on two files: all values of each side, in the order of
//! their times. One metric has no score, so the verdict comes from its
//! classification.

use serde_json::{Value, json};
use sluice_judge::Verdict;
use sluice_judge::kayenta::{Classification, MetricOutcome, MetricValues, ReportedShift, classify};

use super::Report;
use super::chart::{self, Range};
use super::number::{count, paragraph, short};
use super::report::word;
use super::rules::Rules;
use super::trouble::Trouble;
use super::values::{Pair, Row};

/// With fewer values on a side a Pass says nothing: Kayenta's rule would flag
/// one in four healthy canaries with two, and most changes slip through.
const VALUES_MIN: usize = 3;
/// Kayenta's own pages warn below so many.
const VALUES_GOOD: usize = 50;

/// Judges both files under one metric's rules.
pub(super) fn judged(rules: &Rules, pair: &Pair) -> Result<Report, Trouble> {
    let values = |rows: &[Row]| rows.iter().map(Row::value).collect::<Vec<_>>();
    let (baseline, canary) = (values(&pair.baseline), values(&pair.canary));
    let with_missing =
        |side: &[Option<f64>]| side.iter().map(|value| value.unwrap_or(f64::NAN)).collect();
    let both = MetricValues {
        baseline: with_missing(&baseline),
        canary: with_missing(&canary),
    }
    .padded(baseline.len().max(canary.len()));
    let outcome = classify(&rules.rules, &both.canary, &both.baseline);
    let verdict = verdict(&outcome, rules.muted);
    let why = why(&outcome, rules);
    Ok(Report {
        verdict,
        document: document(rules, &outcome, verdict, &why),
        text: text(rules, &outcome, verdict, &why, [&baseline, &canary]),
        compared: None,
    })
}

/// Kayenta's word as a verdict. What it lets through without evidence is no
/// pass, and missing data are a failure only where they are said to be.
fn verdict(outcome: &MetricOutcome, muted: bool) -> Verdict {
    let doubt = outcome
        .departures
        .iter()
        .any(|departure| departure.prevents_pass());
    match outcome.classification {
        _ if muted => Verdict::Inconclusive,
        Classification::High | Classification::Low | Classification::NodataFailMetric => {
            Verdict::Fail
        }
        Classification::Nodata if outcome.critical => Verdict::Fail,
        Classification::Nodata | Classification::Error => Verdict::Inconclusive,
        Classification::Pass if doubt || has_few_values(outcome) => Verdict::Inconclusive,
        Classification::Pass => Verdict::Pass,
    }
}

fn has_few_values(outcome: &MetricOutcome) -> bool {
    outcome.values.iter().any(|values| *values < VALUES_MIN)
}

fn why(outcome: &MetricOutcome, rules: &Rules) -> String {
    let mut why = match outcome.shift {
        Some(shift) => shifted(outcome, shift, rules.rules.band),
        None => sentence(&outcome.reason),
    };
    if outcome.classification == Classification::Pass && has_few_values(outcome) {
        why.push_str(" Fewer than 3 values on a side prove nothing, so this is no pass.");
    }
    if rules.muted {
        why.push_str(" The metric is muted, so it decides nothing.");
    }
    for departure in &outcome.departures {
        why.push(' ');
        why.push_str(&sentence(departure.explanation()));
    }
    why
}

fn shifted(outcome: &MetricOutcome, shift: ReportedShift, band: f64) -> String {
    let words = match outcome.classification {
        Classification::High => "is higher",
        Classification::Low => "is lower",
        _ => "is neither high nor low",
    };
    let effect = match outcome.effect {
        Some(effect) => format!("an effect of {}", short(effect)),
        None => "no effect that could be computed".into(),
    };
    format!(
        "The canary {words}: a shift of {} (between {} and {}) with a band of {} around 0, and \
         {effect}.",
        short(shift.estimate),
        short(shift.lower),
        short(shift.upper),
        short(band * shift.estimate.abs())
    )
}

/// With a capital at its beginning and a stop at its end.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters
        .next()
        .map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), characters.as_str())
}

fn notes(rules: &Rules, outcome: &MetricOutcome) -> Vec<String> {
    let unread = rules.unread.iter();
    let mut notes: Vec<String> = unread
        .map(|unread| format!("{}: {}", unread.path, unread.meaning))
        .collect();
    if outcome.values.iter().any(|values| *values < VALUES_GOOD) {
        notes.push(format!(
            "fewer than {VALUES_GOOD} values on a side, below which Kayenta itself warns"
        ));
    }
    notes.push(
        "this method knows nothing of repeated looks: look once, at the end, or its false alarms add up"
            .into(),
    );
    notes
}

fn document(rules: &Rules, outcome: &MetricOutcome, verdict: Verdict, why: &str) -> Value {
    let [canary, baseline] = outcome.values;
    let shift = outcome.shift;
    json!({
        "method": "kayenta",
        "verdict": verdict,
        "classification": outcome.classification,
        "critical": outcome.critical,
        "muted": rules.muted,
        "why": why,
        "notes": notes(rules, outcome),
        "estimate": shift.map(|shift| shift.estimate),
        "interval": shift.map(|shift| json!({ "lower": shift.lower, "upper": shift.upper })),
        "allowed": shift.map(|shift| rules.rules.band * shift.estimate.abs()),
        "ratio": outcome.deviation,
        "effect_size": outcome.effect,
        "n": canary.min(baseline),
        "values": { "baseline": baseline, "canary": canary },
        "stopping_index": null,
        "log_e_harm": null,
        "log_e_safe": null,
        "smallest_detectable": null,
        "departures": outcome.departures,
        "unread": rules.unread,
        "rules": rules.rules,
    })
}

fn text(
    rules: &Rules,
    outcome: &MetricOutcome,
    verdict: Verdict,
    why: &str,
    [baseline, canary]: [&[Option<f64>]; 2],
) -> String {
    let [canary_count, baseline_count] = outcome.values;
    let mut out = format!(
        "{}: {:?} from {} of the canary and {} of the baseline\n\
         kayenta, confidence {}, band {}\n",
        word(verdict),
        outcome.classification,
        count(canary_count as u64, "value"),
        count(baseline_count as u64, "value"),
        rules.rules.confidence,
        rules.rules.band
    );
    out.push('\n');
    out.push_str(&chart::values(baseline, canary, None));
    if let Some(shift) = outcome.shift {
        let band = rules.rules.band * shift.estimate.abs();
        let marks = [
            (-band, format!("-{} band", short(band))),
            (0.0, "no shift".to_owned()),
            (band, format!("+{} band", short(band))),
        ];
        out.push('\n');
        out.push_str(&chart::range(&Range {
            name: &short(shift.estimate),
            lower: shift.lower,
            estimate: shift.estimate,
            upper: Some(shift.upper),
            marks: if band == 0.0 { &marks[1..2] } else { &marks },
            is_ratio: false,
        }));
    }
    out.push('\n');
    out.push_str(&paragraph(why));
    for note in notes(rules, outcome) {
        out.push_str(&paragraph(&format!("note: {note}")));
    }
    out
}
