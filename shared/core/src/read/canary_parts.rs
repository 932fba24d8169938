//! Groups and metrics of the gate `canary`.

use std::collections::BTreeMap;

use super::scalars::{flag, name_like, number_with, region, role, text, text_up_to, word};
use super::traffic::{METRIC_NAME_CHARACTERS_MAX, dimensions};
use crate::decimal::{Decimal, Percent};
use crate::fields::{Fields, Place, list_of};
use crate::problems::Problems;
use crate::settings::{
    CANARY_METRICS_MAX, CanaryGroup, CanaryGroups, CanaryMetric, CanaryTraffic, CountMetric,
    FullMetric, MetricRef, SeriesMetric,
};
use crate::tree::Value;
use crate::words::quote;

/// The judge's own bound.
const TOLERANCE_MAX: Decimal = Decimal::whole(10_000);
const WHOLE: Decimal = Decimal::whole(100);
const ZERO: Decimal = Decimal::whole(0);

const STATISTICS_HINT: &str =
    "write `Average`, `Minimum`, `Maximum`, or a percentile such as `p99`";

/// Both groups, which have to be two.
pub(super) fn groups(place: &Place<'_>, problems: &mut Problems) -> Option<CanaryGroups> {
    let mut fields = Fields::of("`groups`", place, problems)?;
    let baseline = fields.required("baseline", group);
    let canary = fields.required("canary", group);
    if let (Some(baseline), Some(canary)) = (&baseline, &canary)
        && same_place(baseline, canary)
    {
        if baseline.dimensions == canary.dimensions {
            let message = "both groups are the same series, so nothing is compared";
            let hint = "give the canary the dimensions of the new version's own series";
            fields.report("canary", message, hint);
        } else if contains(&baseline.dimensions, &canary.dimensions) {
            fields.report("baseline", PART_OF_IT, PART_HINT);
        } else if contains(&canary.dimensions, &baseline.dimensions) {
            fields.report("canary", PART_OF_IT, PART_HINT);
        }
    }
    fields.finish();
    Some(CanaryGroups {
        baseline: baseline?,
        canary: canary?,
    })
}

const PART_OF_IT: &str =
    "has only a part of the other group's dimensions, so it is the whole that the other is part of";
const PART_HINT: &str = "add the dimension that tells the two versions apart to both groups, \
     such as `TargetGroup`";

fn same_place(one: &CanaryGroup, other: &CanaryGroup) -> bool {
    (&one.region, &one.role, &one.account) == (&other.region, &other.role, &other.account)
}

/// Whether a set of dimensions is a proper part of another one.
fn contains(part: &BTreeMap<String, String>, whole: &BTreeMap<String, String>) -> bool {
    part.iter()
        .all(|(name, value)| whole.get(name) == Some(value))
}

fn group(place: &Place<'_>, problems: &mut Problems) -> Option<CanaryGroup> {
    let mut fields = Fields::of("a group", place, problems)?;
    let hint = "write the complete set: `dimensions: { LoadBalancer: app/..., TargetGroup: ... }`";
    let dimensions = fields.required_or("dimensions", hint, dimensions);
    if dimensions.as_ref().is_some_and(BTreeMap::is_empty) {
        let message = "names no dimension, so both versions would be in it";
        fields.report("dimensions", message, hint);
    }
    let region = fields.optional("region", region);
    let role = fields.optional("role", role);
    let account = fields.optional("account", account);
    // Without its place a series would be taken for another of that name.
    let is_whole = fields.has("region") == region.is_some()
        && fields.has("role") == role.is_some()
        && fields.has("account") == account.is_some();
    fields.finish();
    let dimensions = dimensions.filter(|_| is_whole)?;
    Some(CanaryGroup {
        dimensions,
        region,
        role,
        account,
    })
}

fn account(place: &Place<'_>, problems: &mut Problems) -> Option<String> {
    let text = text(place, problems)?;
    if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
        return Some(text.to_owned());
    }
    let message = format!("{} is not the number of an account", quote(text));
    let hint = "write its twelve digits in quotes: `\"111122223333\"`";
    problems.push(place.error(message).hint(hint.to_owned()));
    None
}

/// The metrics: at least one, none twice, and one that decides.
pub(super) fn metrics(place: &Place<'_>, problems: &mut Problems) -> Option<Vec<CanaryMetric>> {
    if let Value::List(items) = &place.node.value
        && !(1..=CANARY_METRICS_MAX).contains(&items.len())
    {
        let message = match items.len() {
            0 => "names no metric, so nothing could be judged".to_owned(),
            more => format!("has {more} metrics, and at most {CANARY_METRICS_MAX} are read"),
        };
        let hint = format!("name 1 to {CANARY_METRICS_MAX} metrics");
        problems.push(place.error(message).hint(hint));
        return None;
    }
    let metrics = list_of(metric)(place, problems)?;
    if let Value::List(items) = &place.node.value {
        for (index, (own, node)) in metrics.iter().zip(items).enumerate() {
            if metrics[..index]
                .iter()
                .any(|other| other.name() == own.name())
            {
                let name = own.name();
                let message = format!("a second metric has the name {}", quote(name));
                let hint = format!("give one of them another: `name: {name}-2`");
                problems.push(place.item(index, node).error(message).hint(hint));
            }
        }
    }
    if !metrics.iter().any(CanaryMetric::is_gating) {
        let message = "no metric decides, so nothing could be judged";
        let hint = "remove `gating: false` from at least one";
        problems.push(place.error(message).hint(hint.to_owned()));
    }
    Some(metrics)
}

fn metric(place: &Place<'_>, problems: &mut Problems) -> Option<CanaryMetric> {
    let mut fields = Fields::of("a metric of a canary", place, problems)?;
    let name = fields.required_or("name", "write `name: errors`", name_like);
    let count = fields.optional("count", metric_ref);
    let of = fields.optional("of", metric_ref);
    let series = fields.optional("series", metric_ref);
    let stat = fields.optional("stat", statistic);
    let tolerance = fields.optional("tolerance", tolerance);
    let has_series = fields.has("series");
    let (mut share, mut units) = (None, None);
    if has_series {
        units = fields.optional("floor", units_floor);
    } else {
        share = fields.optional("floor", share_floor);
    }
    let worse = fields.defaulted("worse", word);
    let gating = fields.optional("gating", flag).unwrap_or(true);
    let must_have_data = fields.defaulted("must_have_data", flag);
    check_kind(&mut fields);
    if let (Some(count), Some(of)) = (&count, &of)
        && same_metric(count, of)
    {
        let message = "is the same as `count`, so every request would be an event";
        fields.report("of", message, "write what counts all requests");
    }
    if let Some(MetricRef::Full(full)) = &series
        && full.stat.is_some()
    {
        let message = "has a `stat` inside, and that of a series stands beside it";
        let hint = "write `series: { name: ... }, stat: p99`";
        fields.report("series", message, hint);
    }
    fields.finish();
    let name = name?;
    if has_series {
        return Some(CanaryMetric::Series(SeriesMetric {
            name,
            series: series?,
            stat: stat?,
            tolerance,
            floor: units,
            worse,
            gating,
            must_have_data,
        }));
    }
    Some(CanaryMetric::Count(CountMetric {
        name,
        count: count?,
        of: of?,
        tolerance,
        floor: share,
        worse,
        gating,
        must_have_data,
    }))
}

fn same_metric(one: &MetricRef, other: &MetricRef) -> bool {
    let key = |metric: &MetricRef| {
        let namespace = metric.namespace().map(str::to_owned);
        (
            namespace,
            metric.name().to_owned(),
            metric.count_statistic(),
        )
    };
    key(one) == key(other)
}

/// A metric is `count` with `of`, or `series` with `stat`.
fn check_kind(fields: &mut Fields<'_, '_>) {
    const KINDS: &str = "write `count: ERRORS, of: REQUESTS` for events of requests, or \
         `series: LATENCY, stat: p99` for one value a period";
    let has = ["count", "of", "series", "stat"].map(|field| fields.has(field));
    match has {
        [true, true, false, false] | [false, false, true, true] => {}
        [false, false, false, false] => {
            let message = "does not say what is measured";
            fields.report("", message, KINDS);
        }
        [true, false, false, _] => {
            let message = "has no `of`: how many events are many depends on the requests";
            fields.report("count", message, KINDS);
        }
        [_, _, true, false] if !has[0] && !has[1] => {
            fields.report("series", "has no `stat`", STATISTICS_HINT);
        }
        _ => fields.report("", "mixes the fields of two kinds of metric", KINDS),
    }
}

fn metric_ref(place: &Place<'_>, problems: &mut Problems) -> Option<MetricRef> {
    if !matches!(place.node.value, Value::Map(_)) {
        return text_up_to(METRIC_NAME_CHARACTERS_MAX)(place, problems).map(MetricRef::Name);
    }
    let mut fields = Fields::of("a metric of both groups", place, problems)?;
    let namespace = fields.optional("namespace", text_up_to(METRIC_NAME_CHARACTERS_MAX));
    let name = fields.required("name", text_up_to(METRIC_NAME_CHARACTERS_MAX));
    let stat = fields.optional("stat", word);
    fields.finish();
    Some(MetricRef::Full(FullMetric {
        namespace,
        name: name?,
        stat,
    }))
}

/// What the new version should get of all requests.
pub(super) fn traffic(place: &Place<'_>, problems: &mut Problems) -> Option<CanaryTraffic> {
    let mut fields = Fields::of("`traffic` of a canary", place, problems)?;
    let count = fields.required_or("count", "write `count: RequestCount`", metric_ref);
    let hint = "write the new version's share of all requests: `canary_share: 10%`";
    let canary_share = fields.required_or("canary_share", hint, percent);
    if canary_share.is_some_and(|Percent(share)| share <= ZERO || share >= WHOLE) {
        let message = "has to be above `0%` and below `100%`";
        fields.report("canary_share", message, hint);
    }
    fields.finish();
    Some(CanaryTraffic {
        count: count?,
        canary_share: canary_share?,
    })
}

fn statistic(place: &Place<'_>, problems: &mut Problems) -> Option<String> {
    let text = text(place, problems)?;
    let message = match text {
        "Average" | "Minimum" | "Maximum" => return Some(text.to_owned()),
        _ if is_percentile(text) => return Some(text.to_owned()),
        "Sum" | "SampleCount" => format!(
            "{} grows with the traffic, and the groups do not have to get as much",
            quote(text)
        ),
        _ => format!("{} is not a statistic of a series", quote(text)),
    };
    let hint = match text {
        "Sum" | "SampleCount" => "compare rates: `count: EVENTS, of: REQUESTS`",
        _ => STATISTICS_HINT,
    };
    problems.push(place.error(message).hint(hint.to_owned()));
    None
}

/// `p50` or `p99.9`: above 0 and below 100.
fn is_percentile(text: &str) -> bool {
    text.strip_prefix('p')
        .and_then(Decimal::read)
        .is_some_and(|number| number > ZERO && number < WHOLE)
}

fn percent(place: &Place<'_>, problems: &mut Problems) -> Option<Percent> {
    number_with(
        "a share",
        "write it with its sign, such as `10%`",
        Percent::read,
    )(place, problems)
}

fn tolerance(place: &Place<'_>, problems: &mut Problems) -> Option<Percent> {
    at_most(percent(place, problems)?, TOLERANCE_MAX, place, problems)
}

fn share_floor(place: &Place<'_>, problems: &mut Problems) -> Option<Percent> {
    at_most(percent(place, problems)?, WHOLE, place, problems)
}

fn at_most(
    percent: Percent,
    max: Decimal,
    place: &Place<'_>,
    problems: &mut Problems,
) -> Option<Percent> {
    if percent.0 <= max {
        return Some(percent);
    }
    problems.push(place.error(format!("`{percent}` is more than `{max}%`")));
    None
}

fn units_floor(place: &Place<'_>, problems: &mut Problems) -> Option<Decimal> {
    let hint = "write a number in the metric's units, such as `0.005`";
    number_with("a number", hint, Decimal::read)(place, problems)
}
