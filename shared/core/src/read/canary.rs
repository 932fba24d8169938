//! The settings of the gate `canary`.

use super::bake::{AT_MOST_MAX, LONG_BAKES_HINT, deploy_actions};
use super::canary_groups::{before_after, groups, preset};
use super::canary_parts::{metrics, traffic};
use super::kayenta::kayenta;
use super::scalars::{duration, name_like, number_with, text_up_to, word};
use super::traffic::METRIC_NAME_CHARACTERS_MAX;
use crate::Duration;
use crate::decimal::{Decimal, Times};
use crate::fields::{Fields, Place};
use crate::problems::Problems;
use crate::settings::{
    BeforeAfter, CANARY_PERIODS_MAX, Canary, CanaryGroups, CanaryMetric, Kayenta,
    LAMBDA_ACTION_MAX, MetricRef, Preset, WhenUndecided,
};
use crate::words::quote_all;

/// The lengths of periods that are kept and begin with the hour: seconds.
const PERIODS: [u32; 16] = [
    1, 5, 10, 20, 30, 60, 120, 180, 240, 300, 360, 600, 720, 900, 1200, 1800,
];
const HOUR: u32 = 3600;

/// CloudWatch keeps periods of less than a minute for three hours.
const FINE_HORIZON_MAX: Duration = Duration::from_minutes(150);

/// Points that come later than this are no basis for a gate.
const CLOSED_AFTER_MAX: Duration = Duration::from_hours(1);

const GROUPS_HINT: &str = "say which series belong to the old and to the new version: \
     `groups: { baseline: { dimensions: {...} }, canary: { dimensions: {...} } }`, or\n\
     `preset: { alb: { load_balancer: app/..., baseline: targetgroup/..., canary: targetgroup/... } }`, or\n\
     `before_after: { dimensions: {...} }`, which says less";

const METRICS_HINT: &str = "write \
     `metrics: [{ name: errors, count: HTTPCode_Target_5XX_Count, of: RequestCount }]`";

/// Reads the settings of `canary` and checks them against each other.
pub(crate) fn canary(place: &Place<'_>, problems: &mut Problems) -> Option<Canary> {
    let mut fields = Fields::of("`canary`", place, problems)?;
    let name = fields.optional("name", name_like);
    let whose = whose(&mut fields);
    let own = whose.as_ref().and_then(|whose| whose.preset.as_ref());
    let namespace = fields.optional("namespace", text_up_to(METRIC_NAME_CHARACTERS_MAX));
    let namespace = namespace.or_else(|| own.map(|own| own.namespace().to_owned()));
    let (metrics, kayenta) = compared(&mut fields, own);
    let traffic = fields.optional("traffic", |place, problems| traffic(own, place, problems));
    let lengths = Lengths {
        period: fields.optional("period", duration),
        closed_after: fields.optional("closed_after", duration),
        horizon: fields.optional("horizon", duration),
        at_least: fields.optional("at_least", duration),
        at_most: fields.optional("at_most", duration),
    };
    let when_undecided = fields.defaulted("when_undecided", word);
    let accept_at_most = fields.optional("accept_at_most", times);
    let deployed_by = fields.defaulted("deployed_by", deploy_actions);
    let on_rollback = fields.defaulted("on_rollback", word);
    let release_check = fields.defaulted("release_check", word);
    let mode = fields.defaulted("mode", word);
    check_acceptance(&mut fields, when_undecided, accept_at_most);
    let is_unread = ["period", "closed_after", "horizon", "at_least", "at_most"]
        .into_iter()
        .zip(lengths.all())
        .any(|(field, length)| fields.has(field) && length.is_none());
    let read = metrics.zip(whose).map(|(metrics, whose)| Canary {
        name,
        groups: whose.groups,
        preset: whose.preset.map(Box::new),
        before_after: whose.before_after.map(Box::new),
        namespace,
        metrics,
        kayenta: kayenta.map(Box::new),
        traffic,
        period: lengths.period,
        closed_after: lengths.closed_after,
        horizon: lengths.horizon,
        at_least: lengths.at_least,
        at_most: lengths.at_most,
        when_undecided,
        accept_at_most,
        deployed_by,
        on_rollback,
        release_check,
        mode,
    });
    if let Some(canary) = &read {
        check_namespaces(&mut fields, canary);
        if canary.before_after.is_some() {
            check_before_after(&mut fields, canary);
        }
        if !is_unread {
            check_lengths(&mut fields, canary);
        }
    }
    fields.finish();
    read
}

/// What is compared with what: one of the three.
struct Whose {
    groups: Option<CanaryGroups>,
    preset: Option<Preset>,
    before_after: Option<BeforeAfter>,
}

fn whose(fields: &mut Fields<'_, '_>) -> Option<Whose> {
    let whose = Whose {
        groups: fields.optional("groups", groups),
        preset: fields.optional("preset", preset),
        before_after: fields.optional("before_after", before_after),
    };
    let written: Vec<&str> = ["groups", "preset", "before_after"]
        .into_iter()
        .filter(|name| fields.has(name))
        .collect();
    match written.as_slice() {
        [] => fields.miss("groups", GROUPS_HINT),
        [_] => {}
        [first, rest @ ..] => {
            let message = format!("stands beside `{first}`, and only one of them can hold");
            fields.report(rest[0], message, "remove one of them");
        }
    }
    let read = usize::from(whose.groups.is_some())
        + usize::from(whose.preset.is_some())
        + usize::from(whose.before_after.is_some());
    (read == 1 && written.len() == 1).then_some(whose)
}

/// What is compared: written out, as Kayenta has it, or as the preset has it.
fn compared(
    fields: &mut Fields<'_, '_>,
    preset: Option<&Preset>,
) -> (Option<Vec<CanaryMetric>>, Option<Kayenta>) {
    let written = fields.optional("metrics", metrics);
    let brought = fields.optional("kayenta", kayenta);
    if fields.has("metrics") && fields.has("kayenta") {
        let message = "stands beside `metrics`, and only one of them can hold";
        fields.report("kayenta", message, "remove one of them");
    }
    if !["metrics", "kayenta", "preset"]
        .iter()
        .any(|name| fields.has(name))
    {
        fields.miss("metrics", METRICS_HINT);
    }
    let metrics = if fields.has("metrics") {
        written
    } else if fields.has("kayenta") {
        brought.as_ref().map(Kayenta::metrics)
    } else {
        preset.map(Preset::metrics)
    };
    (metrics, brought)
}

/// One group is no split, and finely stored values are gone too soon.
fn check_before_after(fields: &mut Fields<'_, '_>, canary: &Canary) {
    if fields.has("traffic") {
        let message = "has no effect with `before_after`: nothing divides the requests";
        fields.report("traffic", message, "remove it");
    }
    if canary.period() < Duration::from_minutes(1) {
        let message = "CloudWatch keeps periods of less than a minute for three hours, \
             and `before_after` looks further back";
        fields.report("period", message, "write `1m`, or leave it out");
    }
}

/// What was written of the lengths of time.
struct Lengths {
    period: Option<Duration>,
    closed_after: Option<Duration>,
    horizon: Option<Duration>,
    at_least: Option<Duration>,
    at_most: Option<Duration>,
}

impl Lengths {
    fn all(&self) -> [Option<Duration>; 5] {
        [
            self.period,
            self.closed_after,
            self.horizon,
            self.at_least,
            self.at_most,
        ]
    }
}

fn times(place: &Place<'_>, problems: &mut Problems) -> Option<Times> {
    number_with(
        "a factor",
        "write it with its sign, such as `1.5x`",
        Times::read,
    )(place, problems)
}

fn check_acceptance(
    fields: &mut Fields<'_, '_>,
    when_undecided: WhenUndecided,
    accept_at_most: Option<Times>,
) {
    let accepts = when_undecided == WhenUndecided::Accept;
    if accepts && !fields.has("accept_at_most") {
        let message = "`accept` needs a limit: how many times worse a release may be";
        let hint = "write `accept_at_most: 1.5x` beside it";
        fields.report("when_undecided", message, hint);
    }
    if let Some(Times(times)) = accept_at_most
        && times <= Decimal::whole(1)
    {
        let message = "has to be more than `1x`, which is as good as the old version";
        fields.report("accept_at_most", message, "write `1.5x`");
    }
    if !accepts && fields.has("accept_at_most") {
        let message = "has no effect without `when_undecided: accept`";
        let hint = "remove it, or add `when_undecided: accept`";
        fields.report("accept_at_most", message, hint);
    }
}

/// Each metric needs a namespace, its own or the gate's.
fn check_namespaces(fields: &mut Fields<'_, '_>, canary: &Canary) {
    if canary.namespace.is_some() {
        return;
    }
    let without = |metric: &&MetricRef| metric.namespace().is_none();
    let of_metric = |metric: &'_ CanaryMetric| match metric {
        CanaryMetric::Count(metric) => vec![metric.count.clone(), metric.of.clone()],
        CanaryMetric::Series(metric) => vec![metric.series.clone()],
    };
    let mut used: Vec<MetricRef> = canary.metrics.iter().flat_map(of_metric).collect();
    used.extend(canary.traffic.as_ref().map(|traffic| traffic.count.clone()));
    let mut names: Vec<&str> = used.iter().filter(without).map(MetricRef::name).collect();
    names.sort_unstable();
    names.dedup();
    if !names.is_empty() {
        let message = format!("no namespace is known of {}", quote_all(&names));
        let hint = "write `namespace: AWS/ApplicationELB` beside `metrics`, or \
             `{ namespace: Shop, name: Orders }` for one metric";
        let field = if fields.has("kayenta") {
            "kayenta"
        } else {
            "metrics"
        };
        fields.report(field, message, hint);
    }
}

fn check_lengths(fields: &mut Fields<'_, '_>, canary: &Canary) {
    let (period, horizon) = (canary.period(), canary.horizon());
    let seconds = period.as_seconds();
    if !PERIODS.contains(&seconds) && seconds != HOUR {
        let message = format!("periods of `{period}` are not kept, or do not begin with the hour");
        let hint = "write `1m`, `5m`, `15m` or `1h`; `10s` for metrics that are stored so finely";
        return fields.report("period", message, hint);
    }
    if canary.closed_after() > CLOSED_AFTER_MAX {
        let message = format!("is more than `{CLOSED_AFTER_MAX}`");
        fields.report("closed_after", message, "write `2m`, or leave it out");
    }
    check_horizon(fields, canary);
    if let Some(at_least) = canary.at_least
        && at_least > horizon
    {
        let message = format!("is more than `{horizon}`, after which nothing is judged any more");
        fields.report("at_least", message, &format!("write at most `{horizon}`"));
    }
    let needed = canary.needed();
    match canary.at_most {
        Some(at_most) if at_most > AT_MOST_MAX => {
            let message = format!("`{at_most}` is more than `{AT_MOST_MAX}`, the longest possible");
            fields.report("at_most", message, LONG_BAKES_HINT);
        }
        Some(at_most) if at_most < needed => {
            let message = format!(
                "`{at_most}` is too short: `period`, `horizon` and `closed_after` come to `{needed}`"
            );
            let hint = format!("write at least `{needed}`, or a shorter `horizon`");
            fields.report("at_most", message, &hint);
        }
        _ => {}
    }
}

fn check_horizon(fields: &mut Fields<'_, '_>, canary: &Canary) {
    let (period, horizon) = (canary.period(), canary.horizon());
    let seconds = period.as_seconds();
    let (message, hint) = if horizon.as_seconds() < seconds {
        let message = format!("`{horizon}` is less than one period of `{period}`");
        (message, "write `1h`".to_owned())
    } else if !horizon.as_seconds().is_multiple_of(seconds) {
        let message = format!("`{horizon}` is not a whole number of periods of `{period}`");
        let whole = Duration::from_seconds(canary.periods() * seconds);
        (message, format!("write `{whole}`"))
    } else if canary.periods() > CANARY_PERIODS_MAX {
        let periods = canary.periods();
        let message = format!("has {periods} periods, and at most {CANARY_PERIODS_MAX} are read");
        (message, "write a longer `period`".to_owned())
    } else if seconds < 60 && horizon > FINE_HORIZON_MAX {
        let message = "CloudWatch keeps periods of less than a minute for three hours".to_owned();
        (message, format!("write at most `{FINE_HORIZON_MAX}`"))
    } else if canary.needed() > LAMBDA_ACTION_MAX {
        let needed = canary.needed();
        let message = format!(
            "with `period` and `closed_after` it comes to `{needed}`, more than \
             `{LAMBDA_ACTION_MAX}`, the longest possible"
        );
        (message, LONG_BAKES_HINT.to_owned())
    } else {
        return;
    };
    let field = if fields.has("horizon") {
        "horizon"
    } else {
        "period"
    };
    fields.report(field, message, &hint);
}
