//! Reading alarms: those that a plan names, and the same ones again later.

use std::collections::{BTreeMap, BTreeSet};

use sluice_aws::{Aws, AwsError};
use sluice_core::GateError;
use sluice_core::bake::BegunAlarm;
use sluice_core::evidence::Source;
use sluice_core::reading::{Alarm, AlarmKind, Place};
use sluice_core::settings::{ALARMS_MAX, AlarmRef};

/// Region and role in words, for errors.
fn words(place: &Place) -> String {
    let region = place.region.as_deref().unwrap_or("the function's region");
    match &place.role {
        Some(role) => format!("{region} (as `{role}`)"),
        None => region.to_owned(),
    }
}

/// What to read in one place.
#[derive(Default)]
struct Asked {
    names: Vec<String>,
    prefixes: Vec<String>,
}

/// Finds the alarms that a plan names. One that does not exist is an error
/// that names it, and so is a prefix that nothing begins with.
pub(crate) async fn resolve(refs: &[AlarmRef], aws: &Aws) -> Result<Vec<BegunAlarm>, GateError> {
    let mut asked: BTreeMap<Place, Asked> = BTreeMap::new();
    for alarm in refs {
        let (place, name, prefix) = match alarm {
            AlarmRef::Name(name) => (Place::default(), Some(name), None),
            AlarmRef::Elsewhere(a) => (
                Place {
                    region: a.region.clone(),
                    role: a.role.clone(),
                },
                Some(&a.name),
                None,
            ),
            AlarmRef::Prefix(a) => (
                Place {
                    region: a.region.clone(),
                    role: a.role.clone(),
                },
                None,
                Some(&a.prefix),
            ),
        };
        let here = asked.entry(place).or_default();
        here.names.extend(name.cloned());
        here.prefixes.extend(prefix.cloned());
    }
    let mut found: Vec<BegunAlarm> = Vec::new();
    let mut seen = BTreeSet::new();
    for (place, asked) in asked {
        let mut alarms = if asked.names.is_empty() {
            Vec::new()
        } else {
            aws.alarms_named(&place, &asked.names).await?
        };
        let mut missing: Vec<String> = asked
            .names
            .iter()
            .filter(|name| !alarms.iter().any(|a| &a.name == *name))
            .cloned()
            .collect();
        for prefix in asked.prefixes {
            let matching = aws.alarms_with_prefix(&place, &prefix).await?;
            if matching.is_empty() {
                missing.push(format!("{prefix}*"));
            }
            alarms.extend(matching);
        }
        if !missing.is_empty() {
            return Err(GateError::AlarmNotFound {
                names: missing,
                place: words(&place),
                were_there: false,
            });
        }
        // The same alarm may be named twice, by its name and by a prefix.
        alarms.sort_by(|a, b| a.name.cmp(&b.name));
        for alarm in alarms {
            if !seen.insert(alarm.arn.clone()) {
                continue;
            }
            let children = match alarm.kind {
                AlarmKind::Metric => Vec::new(),
                AlarmKind::Composite => aws.children_of(&place, &alarm.name).await?,
            };
            found.push(BegunAlarm {
                place: place.clone(),
                alarm,
                children,
            });
        }
    }
    if found.len() > ALARMS_MAX {
        return Err(GateError::SettingsInvalid {
            place: "`alarms`".to_owned(),
            problems: format!(
                "the prefixes match {} alarms, and a gate takes at most {ALARMS_MAX}",
                found.len()
            ),
        });
    }
    Ok(found)
}

/// Why alarms could not be read again.
pub(crate) enum Unread {
    /// It may work a little later.
    Passing(AwsError),
    /// The gate cannot answer.
    Final(GateError),
}

impl From<AwsError> for Unread {
    fn from(error: AwsError) -> Unread {
        if error.is_passing() {
            Unread::Passing(error)
        } else {
            Unread::Final(error.into())
        }
    }
}

/// Reads the same alarms again, in the same order, and says where from.
pub(crate) async fn reread(
    begun: &[BegunAlarm],
    aws: &Aws,
) -> Result<(Vec<Alarm>, Vec<Source>), Unread> {
    let mut places: BTreeMap<&Place, BTreeSet<String>> = BTreeMap::new();
    for alarm in begun {
        let names = places.entry(&alarm.place).or_default();
        names.insert(alarm.alarm.name.clone());
        names.extend(alarm.children.iter().cloned());
    }
    let mut present: BTreeMap<(&Place, String), Alarm> = BTreeMap::new();
    let mut sources = Vec::new();
    for (place, names) in places {
        let names: Vec<String> = names.into_iter().collect();
        for alarm in aws.alarms_named(place, &names).await? {
            present.insert((place, alarm.name.clone()), alarm);
        }
        let missing: Vec<String> = begun
            .iter()
            .filter(|alarm| &alarm.place == place)
            .map(|alarm| alarm.alarm.name.clone())
            .filter(|name| !present.contains_key(&(place, name.clone())))
            .collect();
        if !missing.is_empty() {
            let error = GateError::AlarmNotFound {
                names: missing,
                place: words(place),
                were_there: true,
            };
            return Err(Unread::Final(error));
        }
        sources.push(Source {
            operation: "cloudwatch:DescribeAlarms".to_owned(),
            place: place.clone(),
            at: aws.now(),
        });
    }
    let alarms = begun
        .iter()
        .filter_map(|begun| {
            let find = |name: &str| present.get(&(&begun.place, name.to_owned()));
            let mut alarm = find(&begun.alarm.name)?.clone();
            // CloudWatch shows no evaluation state of a composite alarm.
            let blind = begun.children.iter().find_map(|child| match find(child) {
                Some(child) => Some(format!(
                    "child `{}`: {}",
                    child.name,
                    child.evaluation.as_ref()?
                )),
                None => Some(format!("child `{child}` is gone")),
            });
            alarm.evaluation = alarm.evaluation.or(blind);
            Some(alarm)
        })
        .collect();
    Ok((alarms, sources))
}
