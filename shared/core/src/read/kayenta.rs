//! A Kayenta configuration in the settings of a canary: what the gate cannot
//! do as Kayenta does is refused, with what to write instead.

use super::canary_parts::{TOLERANCE_MAX, listed, measured};
use super::scalars::{flag, name_like, number_with, word};
use crate::decimal::{Decimal, Percent};
use crate::fields::{Fields, Place};
use crate::problems::Problems;
use crate::settings::{
    Anything, Direction, EffectSize, Kayenta, KayentaAnalysis, KayentaMetric, KayentaOptions,
    Measured, NanStrategy, Outliers,
};
use crate::tree::Value;

const QUERY_HINT: &str = "write in its place what CloudWatch has: \
     `query: { count: HTTPCode_Target_5XX_Count, of: RequestCount }`, or \
     `query: { series: TargetResponseTime, stat: p99 }`";

const DIRECTION_HINT: &str = "write which way is bad: `direction: increase` or \
     `direction: decrease`";

/// Reads the configuration.
pub(super) fn kayenta(place: &Place<'_>, problems: &mut Problems) -> Option<Kayenta> {
    let mut fields = Fields::of("a Kayenta configuration", place, problems)?;
    fields.refuse(
        "judge",
        "cannot be chosen: the gate has a judge of its own, which may look at any time",
        "remove it; `sluice judge --method kayenta` compares two files as Kayenta does",
    );
    fields.refuse(
        "classifier",
        "has no counterpart: there is no score, every deciding metric has to be proven",
        "remove it, and write `muted: true` at metrics that should only be watched",
    );
    let name = fields.optional("name", anything);
    let description = fields.optional("description", anything);
    let config_version = fields.optional("configVersion", anything);
    let applications = fields.optional("applications", anything);
    let templates = fields.optional("templates", anything);
    let metrics = listed(
        metric,
        KayentaMetric::name,
        KayentaMetric::is_gating,
        "remove `muted: true` from at least one",
    );
    let metrics = fields.required("metrics", metrics);
    fields.finish();
    Some(Kayenta {
        name,
        description,
        config_version,
        applications,
        templates,
        metrics: metrics?,
    })
}

/// What changes nothing.
#[expect(
    clippy::unnecessary_wraps,
    reason = "readers answer whether they could read"
)]
fn anything(_: &Place<'_>, _: &mut Problems) -> Option<Anything> {
    Some(Anything)
}

fn metric(place: &Place<'_>, problems: &mut Problems) -> Option<KayentaMetric> {
    let mut fields = Fields::of("a metric of a Kayenta configuration", place, problems)?;
    let name = fields.required("name", name_like);
    let query = fields.required_or("query", QUERY_HINT, query);
    let hint = "write `analysisConfigurations: { canary: { direction: increase } }`";
    let analysis = fields.required_or("analysisConfigurations", hint, analysis);
    let groups = fields.optional("groups", anything);
    let scope_name = fields.optional("scopeName", anything);
    if let (Some(query), Some(analysis)) = (&query, &analysis) {
        check_tolerance(&mut fields, query, &analysis.canary);
        let replaces = analysis.canary.nan_strategy == NanStrategy::Replace;
        if replaces && matches!(query, Measured::Series(_)) {
            let message = "has `nanStrategy: replace`, which would take missing values of a \
                 series for 0";
            let hint = "remove `nanStrategy`: a period without a value is no data";
            fields.report("analysisConfigurations", message, hint);
        }
    }
    fields.finish();
    Some(KayentaMetric {
        name: name?,
        query: query?,
        analysis_configurations: analysis?,
        groups,
        scope_name,
    })
}

/// What is allowed has to be said once: Kayenta's default, nothing, is never
/// proven, and the gate's own would be wider than what Kayenta was told.
fn check_tolerance(fields: &mut Fields<'_, '_>, query: &Measured, options: &KayentaOptions) {
    let limit = match options.direction {
        Direction::Increase => "allowedIncrease",
        Direction::Decrease => "allowedDecrease",
    };
    match (query.tolerance(), options.tolerance()) {
        (None, None) => {
            let message = format!(
                "nothing says how much worse is allowed: there is no `effectSize` with \
                 `{limit}`, and the `query` has no `tolerance`"
            );
            let hint = "write how much worse is still allowed into the `query`: `tolerance: 25%`";
            fields.report("", message, hint);
        }
        (Some(_), Some(_)) => {
            let message = format!("has a `tolerance`, and `effectSize` says `{limit}`");
            fields.report("query", message, "remove one of them");
        }
        _ => {}
    }
}

/// Kayenta's queries ask other sources, and none of them is CloudWatch.
fn query(place: &Place<'_>, problems: &mut Problems) -> Option<Measured> {
    let foreign = ["type", "serviceType", "metricName", "customInlineTemplate"];
    let is_foreign = matches!(&place.node.value, Value::Map(entries)
        if entries.iter().any(|(key, _)| foreign.contains(&key.name.as_str())));
    if is_foreign {
        let message = "asks another source, and the gate reads CloudWatch";
        problems.push(place.error(message).hint(QUERY_HINT.to_owned()));
        return None;
    }
    let mut fields = Fields::of("`query` of a Kayenta metric", place, problems)?;
    let measured = measured(&mut fields);
    fields.finish();
    measured
}

fn analysis(place: &Place<'_>, problems: &mut Problems) -> Option<KayentaAnalysis> {
    let mut fields = Fields::of("`analysisConfigurations`", place, problems)?;
    let canary = fields.required("canary", options);
    fields.finish();
    Some(KayentaAnalysis { canary: canary? })
}

fn options(place: &Place<'_>, problems: &mut Problems) -> Option<KayentaOptions> {
    let mut fields = Fields::of("`canary` of a Kayenta metric", place, problems)?;
    let direction = fields.required_or("direction", DIRECTION_HINT, direction);
    let critical = fields.defaulted("critical", flag);
    let must_have_data = fields.defaulted("mustHaveData", flag);
    let muted = fields.optional("muted", flag);
    let nan_strategy = fields.optional("nanStrategy", word);
    let effect_size = fields.optional("effectSize", effect_size);
    let outliers = fields.optional("outliers", outliers);
    let is_unread = |name, read: bool| fields.has(name) && !read;
    let is_whole = !is_unread("muted", muted.is_some())
        && !is_unread("nanStrategy", nan_strategy.is_some())
        && !is_unread("effectSize", effect_size.is_some());
    fields.finish();
    Some(KayentaOptions {
        direction: direction.filter(|_| is_whole)?,
        critical,
        must_have_data,
        muted: muted.unwrap_or_default(),
        nan_strategy: nan_strategy.unwrap_or_default(),
        effect_size,
        outliers,
    })
}

fn direction(place: &Place<'_>, problems: &mut Problems) -> Option<Direction> {
    if matches!(&place.node.value, Value::String(text) if text == "either") {
        let message = "`either` looks both ways, and the gate asks whether a version is worse";
        problems.push(place.error(message).hint(DIRECTION_HINT.to_owned()));
        return None;
    }
    word(place, problems)
}

fn effect_size(place: &Place<'_>, problems: &mut Problems) -> Option<EffectSize> {
    let mut fields = Fields::of("`effectSize`", place, problems)?;
    for name in ["criticalIncrease", "criticalDecrease"] {
        fields.refuse(
            name,
            "has no counterpart: what is worse than allowed stops the release",
            "remove it, and say in `allowedIncrease` or `allowedDecrease` what is allowed",
        );
    }
    let is_cles = fields
        .find("measure")
        .is_some_and(|place| matches!(&place.node.value, Value::String(text) if text == "cles"));
    if is_cles {
        let message = "`cles` has no counterpart: the gate compares ratios";
        let hint = "remove it, and write ratios, such as `allowedIncrease: 1.2`";
        fields.refuse("measure", message, hint);
    }
    let measure = if is_cles {
        None
    } else {
        fields.optional("measure", word)
    };
    let increase = fields.optional("allowedIncrease", ratio(Decimal::share_above_one));
    let decrease = fields.optional("allowedDecrease", ratio(Decimal::share_below_one));
    let is_whole = fields.has("measure") == measure.is_some()
        && fields.has("allowedIncrease") == increase.is_some()
        && fields.has("allowedDecrease") == decrease.is_some();
    fields.finish();
    is_whole.then_some(EffectSize {
        measure: measure.unwrap_or_default(),
        allowed_increase: increase,
        allowed_decrease: decrease,
    })
}

/// A ratio that lets something through, and not everything.
fn ratio<'a>(
    share: fn(Decimal) -> Option<Percent>,
) -> impl FnOnce(&Place<'a>, &mut Problems) -> Option<Decimal> {
    move |place, problems| {
        let hint = "write the canary's mean over the baseline's, such as `1.2`";
        let ratio = number_with("a ratio", hint, Decimal::read)(place, problems)?;
        let allowed = share(ratio).map(|Percent(share)| share);
        let is_some = |share: &Decimal| *share > Decimal::whole(0) && *share <= TOLERANCE_MAX;
        if allowed.filter(is_some).is_some() {
            return Some(ratio);
        }
        let message = format!("`{ratio}` allows no harm at all, or any");
        let hint = "write `allowedIncrease: 1.2` for a fifth more, or `allowedDecrease: 0.8` \
             for a fifth less";
        problems.push(place.error(message).hint(hint.to_owned()));
        None
    }
}

fn outliers(place: &Place<'_>, problems: &mut Problems) -> Option<Outliers> {
    let mut fields = Fields::of("`outliers`", place, problems)?;
    let removes = fields
        .find("strategy")
        .is_some_and(|place| matches!(&place.node.value, Value::String(text) if text == "remove"));
    let strategy = if removes {
        let message = "`remove` has no counterpart: an outlier may be the harm";
        let hint = "remove it: every value counts";
        fields.refuse("strategy", message, hint);
        None
    } else {
        fields.optional("strategy", word)
    };
    let outlier_factor = fields.optional("outlierFactor", anything);
    fields.finish();
    Some(Outliers {
        strategy: strategy.unwrap_or_default(),
        outlier_factor,
    })
}
