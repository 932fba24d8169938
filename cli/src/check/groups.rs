//! What `sluice check` says of a canary's groups and metrics, presets resolved.

use sluice_core::settings::{Canary, CanaryGroup, CanaryMetric, MetricRef, Preset};

use super::show::printable;

/// Which series belong to which version, and what is compared of them.
pub(super) fn lines(canary: &Canary) -> Vec<String> {
    let mut lines = groups(canary);
    lines.extend(canary.metrics.iter().map(metric));
    lines.extend(canary.before_after.as_ref().map(|own| own.remark()));
    lines
}

fn groups(canary: &Canary) -> Vec<String> {
    if let Some(own) = &canary.before_after {
        let group = canary.known_groups();
        let group = group.map(|both| series(&both.canary)).unwrap_or_default();
        let time = own.time();
        return vec![
            format!("new version: {group}"),
            format!("compared with: {time}"),
        ];
    }
    match (canary.known_groups(), canary.preset.as_deref()) {
        (Some(both), _) => vec![
            format!("old version: {}", series(&both.baseline)),
            format!("new version: {}", series(&both.canary)),
        ],
        (None, Some(Preset::LambdaAlias(own))) => {
            let name = format!("{}:{}", own.function, own.alias);
            let name = printable(&name);
            vec![format!(
                "old and new version: what alias {name} divides between at the first look"
            )]
        }
        (None, _) => Vec::new(),
    }
}

fn series(group: &CanaryGroup) -> String {
    let dimensions = group.dimensions.iter();
    let dimensions = dimensions.map(|(name, value)| format!("{name}={value}"));
    let whereabouts = [&group.region, &group.account, &group.role];
    let whereabouts = whereabouts
        .into_iter()
        .flatten()
        .map(|own| format!("in {own}"));
    let parts: Vec<String> = dimensions.chain(whereabouts).collect();
    printable(&parts.join(", "))
}

fn metric(metric: &CanaryMetric) -> String {
    let or = |said: Option<String>, default: &str| said.unwrap_or_else(|| default.to_owned());
    let (what, tolerance, floor) = match metric {
        CanaryMetric::Count(own) => (
            format!("{} of {}", name(&own.count), name(&own.of)),
            or(own.tolerance.map(|own| own.to_string()), "100%"),
            or(own.floor.map(|own| own.to_string()), "0.1%"),
        ),
        CanaryMetric::Series(own) => (
            format!("{} {}", own.stat, name(&own.series)),
            or(own.tolerance.map(|own| own.to_string()), "25%"),
            or(own.floor.map(|own| own.to_string()), "0"),
        ),
    };
    let text = format!(
        "{}: {what}, tolerance {tolerance}, floor {floor}",
        metric.name()
    );
    printable(&text)
}

fn name(metric: &MetricRef) -> String {
    match metric.namespace() {
        Some(namespace) => format!("{namespace}/{}", metric.name()),
        None => metric.name().to_owned(),
    }
}
