//! Runs the vectors of the sequential judge.

use serde_json::{Value, json};
use sluice_judge::sequential::combine::{Weighted, combined_log_e, culprits};
use sluice_judge::sequential::count::{CountRules, CountTest, Counts};
use sluice_judge::sequential::decide::{Decision, DecisionRules, Evidence};
use sluice_judge::sequential::interval::{Interval, count_interval, count_ratio, series_interval};
use sluice_judge::sequential::large_count::AutoCountTest;
use sluice_judge::sequential::normal_mixture::NormalMixture;
use sluice_judge::sequential::series::{SeriesRules, SeriesTest};
use sluice_judge::sequential::sign::SignTest;
use sluice_judge::sequential::split::{SplitRules, SplitTest};
use sluice_judge::sequential::t_mixture::{Moments, Side, half_width, one_sided, two_sided};

use crate::case::{Case, first_reaching, written};

const ALPHA: f64 = 0.05;

pub(crate) fn normal_mixture(case: &Case<'_>) -> Result<(), String> {
    case.only_params(&["s", "v", "v_opt", "alpha_opt", "one_sided", "bound_alpha"])?;
    let time = case.number("v")?;
    let mixture = NormalMixture::tightest_at(
        case.number("v_opt")?,
        case.number("alpha_opt")?,
        case.flag_or("one_sided", true),
    );
    case.compare(&json!({
        "rho": mixture.rho,
        "log_e": mixture.log_e(case.number("s")?, time),
        "bound": mixture.bound(time, case.number_or("bound_alpha", ALPHA)),
    }))
}

pub(crate) fn t_mixture(case: &Case<'_>) -> Result<(), String> {
    case.only_params(&["n", "mean", "m2", "delta", "lam", "alpha"])?;
    let moments = Moments {
        degrees: case.number("n")?,
        mean: case.number("mean")?,
        squares: case.number("m2")?,
    };
    let (null, lambda) = (case.number("delta")?, case.number("lam")?);
    let width = half_width(moments, lambda, case.number_or("alpha", ALPHA));
    case.compare(&json!({
        "two_sided": two_sided(moments, null, lambda),
        "harm": one_sided(moments, null, lambda, Side::Above),
        "safe": one_sided(moments, null, lambda, Side::Below),
        "cs": [written(moments.mean - width), written(moments.mean + width)],
    }))
}

pub(crate) fn split(case: &Case<'_>) -> Result<(), String> {
    case.only_params(&["share", "band", "k", "guard", "alpha"])?;
    let mut test = SplitTest::new(SplitRules {
        share: case.number("share")?,
        band: case.number_or("band", 0.05),
        concentration: case.number_or("k", 100.0),
        guard: case.flag_or("guard", true),
    });
    let (mut log_e, mut dispersion) = (Vec::new(), Vec::new());
    for (baseline, canary) in case
        .list_with_gaps("baseline")?
        .into_iter()
        .zip(case.list_with_gaps("canary")?)
    {
        test.fold(baseline, canary);
        log_e.push(test.log_e());
        dispersion.push(test.dispersion());
    }
    let first = first_reaching(&log_e, -case.number_or("alpha", 0.001).ln());
    case.compare(&json!({ "log_e": log_e, "dispersion": dispersion, "first_invalid": first }))
}

const COUNT_PARAMS: [&str; 7] = [
    "tolerance",
    "floor",
    "horizon",
    "guard",
    "restart",
    "alpha_harm",
    "alpha_safe",
];

fn count_rules(case: &Case<'_>) -> Result<CountRules, String> {
    case.only_params(&COUNT_PARAMS)?;
    Ok(CountRules {
        tolerance: case.number_or("tolerance", 0.1),
        floor: case.number_or("floor", 0.0),
        horizon: case.count_or("horizon", 60),
        guard: case.flag_or("guard", true),
        late_harm: case.flag_or("restart", true),
    })
}

/// One group's periods; requests are a list or one number for all periods.
fn counts(case: &Case<'_>, group: &str) -> Result<Vec<Option<Counts>>, String> {
    let errors = case.list(&format!("{group}_errors"))?;
    let everywhere = case.input("requests").and_then(Value::as_f64);
    let totals = match everywhere {
        Some(total) => vec![Some(total); errors.len()],
        None => case.list(&format!("{group}_requests"))?,
    };
    // A null in a vector's list of errors means no data, not zero.
    let pair = |(count, total): (Option<f64>, Option<f64>)| {
        Some(Counts {
            count: count?,
            total: total?,
        })
    };
    Ok(errors.into_iter().zip(totals).map(pair).collect())
}

pub(crate) fn count(case: &Case<'_>) -> Result<(), String> {
    let mut test = CountTest::new(count_rules(case)?);
    let (mut harm, mut safe, mut dispersion) = (Vec::new(), Vec::new(), Vec::new());
    for (baseline, canary) in counts(case, "baseline")?
        .into_iter()
        .zip(counts(case, "canary")?)
    {
        if let Some((baseline, canary)) = baseline.zip(canary) {
            test.fold(baseline, canary);
        }
        harm.push(test.log_e_harm());
        safe.push(test.log_e_safe());
        dispersion.push(test.dispersion());
    }
    let mut computed = evidence(case, harm, safe);
    computed["dispersion"] = json!(dispersion);
    computed["ratio"] = count_ratio(&test).into();
    computed["ratio_cs"] = ends(count_interval(&test, ALPHA));
    case.compare(&computed)
}

pub(crate) fn count_auto(case: &Case<'_>) -> Result<(), String> {
    let mut test = AutoCountTest::new(count_rules(case)?);
    let (mut harm, mut safe) = (Vec::new(), Vec::new());
    for (baseline, canary) in counts(case, "baseline")?
        .into_iter()
        .zip(counts(case, "canary")?)
    {
        let missing = Counts {
            count: f64::NAN,
            total: f64::NAN,
        };
        test.fold(baseline.unwrap_or(missing), canary.unwrap_or(missing));
        harm.push(test.log_e_harm());
        safe.push(test.log_e_safe());
    }
    case.compare(&evidence(case, harm, safe))
}

pub(crate) fn series(case: &Case<'_>) -> Result<(), String> {
    case.only_params(&[
        "tolerance",
        "floor",
        "horizon",
        "ar",
        "restart",
        "higher_is_worse",
        "alpha_harm",
        "alpha_safe",
    ])?;
    let rules = SeriesRules {
        tolerance: case.number_or("tolerance", 0.1),
        floor: case.number_or("floor", 0.0),
        horizon: case.count_or("horizon", 60),
        higher_is_worse: case.flag_or("higher_is_worse", true),
        autocorrelation: case.flag_or("ar", true),
        late_harm: case.flag_or("restart", true),
    };
    let mut test = SeriesTest::new(rules);
    let (mut harm, mut safe, mut log_ratios, mut phi) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (baseline, canary) in case
        .list_with_gaps("baseline")?
        .into_iter()
        .zip(case.list_with_gaps("canary")?)
    {
        test.fold(baseline, canary);
        log_ratios.push(SeriesTest::log_ratio(baseline, canary, rules.floor));
        harm.push(test.log_e_harm());
        safe.push(test.log_e_safe());
        phi.push(test.correlation());
    }
    let mut computed = evidence(case, harm, safe);
    computed["d"] = json!(log_ratios);
    computed["phi"] = json!(phi);
    computed["ratio"] = test.mean_log_ratio().exp().into();
    computed["ratio_cs"] = ends(series_interval(&test, ALPHA));
    case.compare(&computed)
}

pub(crate) fn sign(case: &Case<'_>) -> Result<(), String> {
    case.only_params(&["tolerance", "a", "b"])?;
    if [case.number_or("a", 0.5), case.number_or("b", 0.5)] != [0.5, 0.5] {
        return Err("only a Beta(0.5, 0.5) mixture is implemented".into());
    }
    let mut test = SignTest::new(case.number("tolerance")?);
    let (mut harm, mut safe) = (Vec::new(), Vec::new());
    for log_ratio in case.list_with_gaps("d")? {
        test.fold(log_ratio);
        harm.push(test.log_e_harm());
        safe.push(test.log_e_safe());
    }
    case.compare(&evidence(case, harm, safe))
}

pub(crate) fn combine(case: &Case<'_>) -> Result<(), String> {
    case.only_params(&["alpha"])?;
    let weights = case.list_with_gaps("weights")?;
    let metrics: Vec<Weighted> = case
        .list_with_gaps("log_e")?
        .into_iter()
        .zip(weights)
        .map(|(log_e, weight)| Weighted { weight, log_e })
        .collect();
    let alpha = case.number_or("alpha", ALPHA);
    let log_e = combined_log_e(&metrics);
    let harm = log_e >= -alpha.ln();
    let guilty = if harm {
        culprits(&metrics, alpha)
    } else {
        Vec::new()
    };
    case.compare(&json!({ "log_e": log_e, "harm": harm, "culprits": guilty }))
}

pub(crate) fn decide(case: &Case<'_>) -> Result<(), String> {
    case.only_params(&["alpha_harm", "alpha_safe", "alpha_split"])?;
    let input = |key: &str| {
        case.input(key)
            .and_then(Value::as_u64)
            .and_then(|n| u32::try_from(n).ok())
    };
    let rules = DecisionRules {
        alpha: case.number_or("alpha_harm", ALPHA),
        beta: case.number_or("alpha_safe", ALPHA),
        split_alpha: case.number_or("alpha_split", 0.001),
        min_bake: input("min_bake").ok_or("no min_bake")?,
        horizon: input("horizon").ok_or("no horizon")?,
    };
    let safe = case.list_with_gaps("log_safe_latched")?;
    let weights = case.list_with_gaps("weights")?;
    let metrics: Vec<Evidence> = case
        .list_with_gaps("log_harm")?
        .into_iter()
        .zip(safe)
        .zip(weights)
        .map(|((log_e_harm, log_e_safe), weight)| Evidence {
            weight,
            log_e_harm,
            log_e_safe,
        })
        .collect();
    let split_names = [
        "log_split",
        "log_e_split",
        "split_log_e",
        "log_srm",
        "split",
    ];
    let split = split_names
        .iter()
        .find_map(|name| case.input(name))
        .and_then(Value::as_f64)
        .unwrap_or(0.0);
    let periods = input("n_used").ok_or("no n_used")?;
    let word = match sluice_judge::sequential::decide::decide(&metrics, split, periods, &rules) {
        Decision::Harm => "HARM",
        Decision::Safe => "SAFE",
        Decision::Inconclusive => "INCONCLUSIVE",
        Decision::Invalid => "INVALID",
        Decision::Continue => "CONTINUE",
    };
    case.compare(&json!({ "verdict": word }))
}

fn evidence(case: &Case<'_>, harm: Vec<f64>, safe: Vec<f64>) -> Value {
    let first_harm = first_reaching(&harm, -case.number_or("alpha_harm", ALPHA).ln());
    let first_safe = first_reaching(&safe, -case.number_or("alpha_safe", ALPHA).ln());
    json!({ "log_e_harm": harm, "log_e_safe": safe, "first_harm": first_harm, "first_safe": first_safe })
}

fn ends(interval: Interval) -> Value {
    json!([
        interval.lower,
        written(interval.upper.unwrap_or(f64::INFINITY))
    ])
}
