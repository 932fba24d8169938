//! The alarms that a plan names.

use std::collections::{BTreeMap, BTreeSet};

use sluice_aws::Aws;
use sluice_core::plan::GateSettings;
use sluice_core::reading::Place;
use sluice_core::settings::AlarmRef;

use super::finding::Finding;

/// Names and prefixes in one place, each with the gate that named it first.
type Named = BTreeMap<(String, bool), String>;

/// Looks for each alarm.
pub(super) async fn alarms(aws: &Aws, gates: &[(String, GateSettings)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (place, named) in places(gates) {
        let names: Vec<String> = of_kind(&named, false);
        if !names.is_empty() {
            match aws.alarms_named(&place, &names).await {
                Ok(found) => {
                    let found: BTreeSet<&str> = found.iter().map(|own| own.name.as_str()).collect();
                    for name in &names {
                        findings.push(known(
                            aws,
                            &named,
                            &place,
                            name,
                            found.contains(name.as_str()),
                        ));
                    }
                }
                Err(error) => findings.push(Finding::unread("alarms", &names.join(", "), &error)),
            }
        }
        for prefix in of_kind(&named, true) {
            findings.push(match aws.alarms_with_prefix(&place, &prefix).await {
                Ok(found) if found.is_empty() => {
                    let says = "no alarm's name begins so: the gate ends with `AlarmNotFound`";
                    Finding::problem("alarms", &format!("{prefix}*"), says, "mend the prefix")
                }
                Ok(found) => {
                    let says = format!("{} alarms", found.len());
                    Finding::ok("alarms", &format!("{prefix}*"), &says)
                }
                Err(error) => Finding::unread("alarms", &prefix, &error),
            });
        }
    }
    findings
}

fn of_kind(named: &Named, prefixes: bool) -> Vec<String> {
    let own = named.keys().filter(|(_, is_prefix)| *is_prefix == prefixes);
    own.map(|(name, _)| name.clone()).collect()
}

fn known(aws: &Aws, named: &Named, place: &Place, name: &str, is_there: bool) -> Finding {
    let region = place.region.as_deref().unwrap_or_else(|| aws.region_name());
    if is_there {
        return Finding::ok("alarms", name, "is there");
    }
    let gate = named.get(&(name.to_owned(), false));
    let gate = gate.map_or("", String::as_str);
    let says = format!("there is no such alarm in {region}, which the gate {gate} names");
    let mend =
        "write its name as CloudWatch does, and its `region` or `role` where it is elsewhere";
    Finding::problem("alarms", name, &says, mend)
}

fn places(gates: &[(String, GateSettings)]) -> BTreeMap<Place, Named> {
    let mut places: BTreeMap<Place, Named> = BTreeMap::new();
    for (gate, settings) in gates {
        let alarms = match settings {
            GateSettings::Bake(bake) => &bake.alarms[..],
            GateSettings::Clear(clear) => &clear.alarms[..],
            GateSettings::Canary(_) | GateSettings::Validate(_) => &[],
        };
        for alarm in alarms {
            let (region, role, name, is_prefix) = match alarm {
                AlarmRef::Name(name) => (None, None, name, false),
                AlarmRef::Elsewhere(own) => {
                    (own.region.clone(), own.role.clone(), &own.name, false)
                }
                AlarmRef::Prefix(own) => (own.region.clone(), own.role.clone(), &own.prefix, true),
            };
            let named = places.entry(Place { region, role }).or_default();
            named
                .entry((name.clone(), is_prefix))
                .or_insert_with(|| gate.clone());
        }
    }
    places
}
