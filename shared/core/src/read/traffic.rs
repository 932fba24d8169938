//! How it is known that somebody used what was deployed.

use std::collections::BTreeMap;

use super::scalars::{count, region, role, text_up_to, word};
use crate::fields::{Fields, Place};
use crate::problems::Problems;
use crate::settings::{MeasuredTraffic, Metric, Traffic};
use crate::tree::Value;
use crate::words::quote;

/// Both ways to say it, in full.
pub(super) const TRAFFIC_HINT: &str = "OK may mean that nobody came, so say what counts the requests:\n\
     `traffic: { metric: { namespace: AWS/ApplicationELB, name: RequestCount, \
     dimensions: { LoadBalancer: app/..., TargetGroup: targetgroup/... } }, at_least: 100 }`\n\
     or, if nothing can: `traffic: not_measured`";

/// CloudWatch's bounds of a metric.
pub(super) const METRIC_NAME_CHARACTERS_MAX: usize = 255;
const DIMENSION_VALUE_CHARACTERS_MAX: usize = 1024;
const DIMENSIONS_MAX: usize = 30;

pub(super) fn traffic(place: &Place<'_>, problems: &mut Problems) -> Option<Traffic> {
    match &place.node.value {
        Value::Map(_) => {
            let mut fields = Fields::of("`traffic`", place, problems)?;
            let metric = fields.required("metric", metric);
            let at_least = fields.required_or("at_least", "write `at_least: 100`", count);
            fields.finish();
            Some(Traffic::Measured(MeasuredTraffic {
                metric: metric?,
                at_least: at_least?,
            }))
        }
        Value::String(text) if text == "not_measured" => Some(Traffic::NotMeasured(
            crate::settings::NotMeasured::NotMeasured,
        )),
        Value::String(text) => {
            let message = format!("{} is not allowed here", quote(text));
            problems.push(place.error(message).hint(TRAFFIC_HINT.to_owned()));
            None
        }
        _ => {
            let problem = place.wrong_kind("a map or `not_measured`");
            problems.push(problem.hint(TRAFFIC_HINT.to_owned()));
            None
        }
    }
}

fn metric(place: &Place<'_>, problems: &mut Problems) -> Option<Metric> {
    let mut fields = Fields::of("a metric", place, problems)?;
    let namespace = fields.required("namespace", text_up_to(METRIC_NAME_CHARACTERS_MAX));
    let name = fields.required("name", text_up_to(METRIC_NAME_CHARACTERS_MAX));
    let stat = fields.defaulted("stat", word);
    let dimensions = fields.defaulted("dimensions", dimensions);
    let region = fields.optional("region", region);
    let role = fields.optional("role", role);
    fields.finish();
    Some(Metric {
        namespace: namespace?,
        name: name?,
        stat,
        dimensions,
        region,
        role,
    })
}

pub(super) fn dimensions(
    place: &Place<'_>,
    problems: &mut Problems,
) -> Option<BTreeMap<String, String>> {
    let entries = place.entries(problems)?;
    if entries.len() > DIMENSIONS_MAX {
        problems.push(place.error(format!(
            "has {} dimensions, and a metric has at most {DIMENSIONS_MAX}",
            entries.len()
        )));
        return None;
    }
    let mut dimensions = BTreeMap::new();
    let mut complete = true;
    for (key, node) in entries {
        let entry = place.entry(key, node);
        let length = key.name.chars().count();
        if !(1..=METRIC_NAME_CHARACTERS_MAX).contains(&length)
            || key.name.chars().any(char::is_control)
        {
            problems.push(entry.error(format!(
                "{} is not the name of a dimension: 1 to 255 characters",
                quote(&key.name)
            )));
            complete = false;
        }
        match text_up_to(DIMENSION_VALUE_CHARACTERS_MAX)(&entry, problems) {
            Some(value) => {
                dimensions.insert(key.name.clone(), value);
            }
            None => complete = false,
        }
    }
    complete.then_some(dimensions)
}
