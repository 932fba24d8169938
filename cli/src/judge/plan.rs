//! The sequential judge's plan of one metric. A flag goes before the
//! configuration file, the file before the default.

use std::path::Path;

use sluice_judge::sequential::{Kind, MetricPlan, Plan, PlanError, SplitRules, Worse};

use super::JudgeArguments;
use super::flags::{Switch, WorseWord};
use super::trouble::Trouble;
use super::values::text;

/// The sequential judge's plan.
pub(super) fn plan(arguments: &JudgeArguments, kind: Kind) -> Result<Plan, Trouble> {
    let given = &arguments.sequential;
    let mut plan = match &arguments.config {
        Some(path) => read_plan(path, kind)?,
        None => {
            let name = if kind == Kind::Count { "rate" } else { "value" };
            Plan::for_metrics(vec![MetricPlan::new(name, kind)])
        }
    };
    plan.horizon = given.horizon.unwrap_or(plan.horizon);
    plan.min_bake = given.min_bake.unwrap_or(plan.min_bake);
    plan.alpha = given.alpha.unwrap_or(plan.alpha);
    plan.beta = given.beta.unwrap_or(plan.beta);
    plan.split_alpha = given.split_alpha.unwrap_or(plan.split_alpha);
    if let Some(share) = given.split {
        plan.split = Some(SplitRules::for_share(share.share()));
    }
    for metric in &mut plan.metrics {
        metric.tolerance = given.tolerance.or(metric.tolerance);
        metric.floor = given.floor.or(metric.floor);
        metric.sign |= given.sign;
        metric.must_have_data |= arguments.must_have_data;
        metric.worse = match arguments.worse {
            Some(WorseWord::Lower) => Worse::Lower,
            Some(_) => Worse::Higher,
            None => metric.worse,
        };
        if let Some(switch) = given.autocorrelation {
            metric.autocorrelation = switch == Switch::On;
        }
        if let Some(switch) = given.guard {
            metric.guard = switch == Switch::On;
        }
    }
    if plan.split.is_some() && kind == Kind::Series {
        return Err(Trouble::parameters(
            arguments.config.as_deref(),
            "`split` needs counts: `timestamp,count,total`",
        ));
    }
    plan.check().map_err(|error| unusable(arguments, &error))?;
    Ok(plan)
}

fn unusable(arguments: &JudgeArguments, error: &PlanError) -> Trouble {
    let trouble = Trouble::parameters(arguments.config.as_deref(), &error.to_string());
    match error.hint() {
        Some(hint) => trouble.hint(hint),
        None => trouble,
    }
}

fn read_plan(path: &Path, kind: Kind) -> Result<Plan, Trouble> {
    let plan: Plan = serde_json::from_str(&text(path)?)
        .map_err(|error| Trouble::file(path, format!("is no plan of the judge: {error}")))?;
    match plan.metrics.as_slice() {
        [metric] if metric.kind == kind => Ok(plan),
        [_] => Err(
            Trouble::file(path, "the metric's `kind` is not that of the files")
                .hint("`count` reads `timestamp,count,total`, `series` reads `timestamp,value`"),
        ),
        metrics => {
            let message = format!("has {} metrics, two files are one", metrics.len());
            Err(Trouble::file(path, message))
        }
    }
}
