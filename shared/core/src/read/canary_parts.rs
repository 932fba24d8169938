//! Metrics and traffic of the gate `canary`.

use super::scalars::{flag, name_like, number_with, text, text_up_to, word};
use super::traffic::METRIC_NAME_CHARACTERS_MAX;
use crate::decimal::{Decimal, Percent};
use crate::fields::{Fields, Place, list_of};
use crate::problems::Problems;
use crate::settings::{
    CANARY_METRICS_MAX, CanaryMetric, CanaryTraffic, CountMetric, FullMetric, Measured,
    MeasuredCount, MeasuredSeries, MetricRef, Preset, SeriesMetric,
};
use crate::tree::Value;
use crate::words::quote;

/// The judge's own bound.
pub(super) const TOLERANCE_MAX: Decimal = Decimal::whole(10_000);
const WHOLE: Decimal = Decimal::whole(100);
const ZERO: Decimal = Decimal::whole(0);

const STATISTICS_HINT: &str =
    "write `Average`, `Minimum`, `Maximum`, or a percentile such as `p99`";

/// The metrics: at least one, none twice, and one that decides.
pub(super) fn metrics(place: &Place<'_>, problems: &mut Problems) -> Option<Vec<CanaryMetric>> {
    let hint = "remove `gating: false` from at least one";
    listed(metric, CanaryMetric::name, CanaryMetric::is_gating, hint)(place, problems)
}

/// A list of metrics: at least one, none twice, and one that decides.
pub(super) fn listed<'a, T>(
    read: impl Fn(&Place<'a>, &mut Problems) -> Option<T>,
    name: fn(&T) -> &str,
    decides: fn(&T) -> bool,
    hint: &'static str,
) -> impl FnOnce(&Place<'a>, &mut Problems) -> Option<Vec<T>> {
    move |place, problems| {
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
        let metrics = list_of(read)(place, problems)?;
        let names: Vec<&str> = metrics.iter().map(name).collect();
        check_names(place, &names, problems);
        if !metrics.iter().any(decides) {
            let message = "no metric decides, so nothing could be judged";
            problems.push(place.error(message).hint(hint.to_owned()));
        }
        Some(metrics)
    }
}

fn check_names(place: &Place<'_>, names: &[&str], problems: &mut Problems) {
    let Value::List(items) = &place.node.value else {
        return;
    };
    for (index, (name, node)) in names.iter().zip(items).enumerate() {
        if names[..index].contains(name) {
            let message = format!("a second metric has the name {}", quote(name));
            let hint = format!("give one of them another: `name: {name}-2`");
            problems.push(place.item(index, node).error(message).hint(hint));
        }
    }
}

fn metric(place: &Place<'_>, problems: &mut Problems) -> Option<CanaryMetric> {
    let mut fields = Fields::of("a metric of a canary", place, problems)?;
    let name = fields.required_or("name", "write `name: errors`", name_like);
    let measured = measured(&mut fields);
    let worse = fields.defaulted("worse", word);
    let gating = fields.optional("gating", flag).unwrap_or(true);
    let must_have_data = fields.defaulted("must_have_data", flag);
    fields.finish();
    let name = name?;
    Some(match measured? {
        Measured::Series(own) => CanaryMetric::Series(SeriesMetric {
            name,
            series: own.series,
            stat: own.stat,
            tolerance: own.tolerance,
            floor: own.floor,
            worse,
            gating,
            must_have_data,
        }),
        Measured::Count(own) => CanaryMetric::Count(CountMetric {
            name,
            count: own.count,
            of: own.of,
            tolerance: own.tolerance,
            floor: own.floor,
            worse,
            gating,
            must_have_data,
        }),
    })
}

/// The fields that say what is measured: `count` with `of`, or `series` with
/// `stat`, and how much of it matters.
pub(super) fn measured(fields: &mut Fields<'_, '_>) -> Option<Measured> {
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
    check_kind(fields);
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
    if has_series {
        return Some(Measured::Series(MeasuredSeries {
            series: series?,
            stat: stat?,
            tolerance,
            floor: units,
        }));
    }
    Some(Measured::Count(MeasuredCount {
        count: count?,
        of: of?,
        tolerance,
        floor: share,
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
pub(super) fn traffic(
    preset: Option<&Preset>,
    place: &Place<'_>,
    problems: &mut Problems,
) -> Option<CanaryTraffic> {
    let mut fields = Fields::of("`traffic` of a canary", place, problems)?;
    let count = fields.optional("count", metric_ref);
    let brought = preset.map(Preset::requests);
    if !fields.has("count") && brought.is_none() {
        fields.miss("count", "write `count: RequestCount`");
    }
    let hint = "write the new version's share of all requests: `canary_share: 10%`";
    let canary_share = fields.required_or("canary_share", hint, percent);
    if canary_share.is_some_and(|Percent(share)| share <= ZERO || share >= WHOLE) {
        let message = "has to be above `0%` and below `100%`";
        fields.report("canary_share", message, hint);
    }
    let is_unread = fields.has("count") && count.is_none();
    fields.finish();
    Some(CanaryTraffic {
        count: count.or(brought).filter(|_| !is_unread)?,
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
