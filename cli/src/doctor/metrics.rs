//! The series that a plan reads: whether they ever had data. CloudWatch
//! matches dimensions exactly, so a missing one is named.

use std::collections::BTreeMap;

use sluice_aws::Aws;
use sluice_core::plan::GateSettings;
use sluice_core::reading::Place;
use sluice_core::settings::{Canary, CanaryGroup, CanaryMetric, Traffic};

use super::finding::{Finding, Status};

/// Series that are listed where the right one is not among them.
const LISTED_MAX: usize = 3;

/// A series that a gate reads.
struct Wanted {
    gate: String,
    place: Place,
    namespace: String,
    name: String,
    dimensions: BTreeMap<String, String>,
    /// Whether it may be absent before a deployment.
    may_come: bool,
}

/// Looks for each of them.
pub(super) async fn look(aws: &Aws, gates: &[(String, GateSettings)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for own in gates
        .iter()
        .flat_map(|(gate, settings)| wanted(gate, settings))
    {
        let about = format!("{}: {} ({})", own.gate, own.name, listed(&own.dimensions));
        findings.push(
            match aws.series_of(&own.place, &own.namespace, &own.name).await {
                Ok(found) => judged(&own, &about, &found),
                Err(error) => Finding::unread("metrics", &about, &error),
            },
        );
    }
    findings
}

fn wanted(gate: &str, settings: &GateSettings) -> Vec<Wanted> {
    match settings {
        GateSettings::Bake(bake) => match &bake.traffic {
            Traffic::Measured(own) => vec![Wanted {
                gate: gate.to_owned(),
                place: Place {
                    region: own.metric.region.clone(),
                    role: own.metric.role.clone(),
                },
                namespace: own.metric.namespace.clone(),
                name: own.metric.name.clone(),
                dimensions: own.metric.dimensions.clone(),
                may_come: false,
            }],
            Traffic::NotMeasured(_) => Vec::new(),
        },
        GateSettings::Canary(canary) => of_canary(gate, canary),
        GateSettings::Clear(_) | GateSettings::Validate(_) => Vec::new(),
    }
}

/// Of each group what has to be there in every period: requests, or values.
/// An alias's groups are known when a gate begins, and counts may be absent.
fn of_canary(gate: &str, canary: &Canary) -> Vec<Wanted> {
    let Some(groups) = canary.known_groups() else {
        return Vec::new();
    };
    let both = [(&groups.baseline, false), (&groups.canary, true)];
    let mut all: BTreeMap<(String, String, bool), Wanted> = BTreeMap::new();
    for metric in &canary.metrics {
        let own = match metric {
            CanaryMetric::Count(own) => &own.of,
            CanaryMetric::Series(own) => &own.series,
        };
        let of_preset = || {
            canary
                .preset
                .as_deref()
                .map(|own| own.namespace().to_owned())
        };
        let own_namespace = own.namespace().map(str::to_owned);
        let namespace = own_namespace
            .or_else(|| canary.namespace.clone())
            .or_else(of_preset);
        let Some(namespace) = namespace else { continue };
        for (group, may_come) in both {
            let key = (namespace.clone(), own.name().to_owned(), may_come);
            let wanted = of_group(gate, &namespace, own.name(), group, may_come);
            all.entry(key).or_insert(wanted);
        }
    }
    all.into_values().collect()
}

fn of_group(
    gate: &str,
    namespace: &str,
    name: &str,
    group: &CanaryGroup,
    may_come: bool,
) -> Wanted {
    Wanted {
        gate: gate.to_owned(),
        place: Place {
            region: group.region.clone(),
            role: group.role.clone(),
        },
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        dimensions: group.dimensions.clone(),
        may_come,
    }
}

fn judged(own: &Wanted, about: &str, found: &[BTreeMap<String, String>]) -> Finding {
    if found.contains(&own.dimensions) {
        return Finding::ok("metrics", about, "had data within two weeks");
    }
    let (why, mend) = absent(own, found);
    let status = if own.may_come {
        Status::Warning
    } else {
        Status::Problem
    };
    let says = format!("no data within two weeks; {why}{}", others(found));
    Finding::new(status, "metrics", about, &says).mend(&mend)
}

/// Why a series is not there, as far as the others tell, and the mend.
fn absent(own: &Wanted, found: &[BTreeMap<String, String>]) -> (String, String) {
    let has = |one: &BTreeMap<String, String>, other: &BTreeMap<String, String>| {
        one.iter()
            .all(|(name, value)| other.get(name) == Some(value))
    };
    if let Some(larger) = found.iter().find(|other| has(&own.dimensions, other)) {
        let more = larger
            .keys()
            .filter(|name| !own.dimensions.contains_key(*name));
        let more = more
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", ");
        let why = format!("the dimension {more} is missing");
        return (
            why,
            format!("add {more}: CloudWatch matches dimensions exactly"),
        );
    }
    if let Some(smaller) = found.iter().find(|other| has(other, &own.dimensions)) {
        let less = own
            .dimensions
            .keys()
            .filter(|name| !smaller.contains_key(*name));
        let less = less
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", ");
        let why = format!("there is one without the dimension {less}");
        return (
            why,
            format!("remove {less}, if that is the one that is meant"),
        );
    }
    let mend = "mend namespace, name or dimensions, or see that the service reports it";
    let why = match found.len() {
        0 => format!("there is none of this name in {}", own.namespace),
        count => format!("{count} others have this name"),
    };
    (why, mend.to_owned())
}

fn others(found: &[BTreeMap<String, String>]) -> String {
    if found.is_empty() {
        return String::new();
    }
    let shown = found
        .iter()
        .take(LISTED_MAX)
        .map(|own| format!("({})", listed(own)));
    let more = found.len().saturating_sub(LISTED_MAX);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!("; found: {}{more}", shown.collect::<Vec<_>>().join(", "))
}

fn listed(dimensions: &BTreeMap<String, String>) -> String {
    let pairs = dimensions.iter();
    let pairs = pairs.map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join(", ")
}
