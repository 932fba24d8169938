//! Which alarms a gate reads.

use super::scalars::{no_twice, region, role, text_up_to};
use crate::fields::{Fields, Place, list_of};
use crate::problems::Problems;
use crate::settings::{ALARMS_MAX, AlarmPrefix, AlarmRef, NamedAlarm};
use crate::tree::Value;
use crate::words::quote;

/// The longest name that CloudWatch gives an alarm.
const ALARM_NAME_CHARACTERS_MAX: usize = 255;

/// The alarms of a gate: at least one, at most [`ALARMS_MAX`], none twice.
pub(super) fn alarms(place: &Place<'_>, problems: &mut Problems) -> Option<Vec<AlarmRef>> {
    if let Value::List(items) = &place.node.value {
        let message = match items.len() {
            0 => "names no alarm, so it would pass every release".to_owned(),
            more if more > ALARMS_MAX => {
                format!("has {more} alarms, and at most {ALARMS_MAX} are read at once")
            }
            _ => String::new(),
        };
        if !message.is_empty() {
            let hint = "name 1 to 100 alarms, or put several into one composite alarm";
            problems.push(place.error(message).hint(hint.to_owned()));
            return None;
        }
    }
    let alarms = list_of(alarm)(place, problems)?;
    let keys: Vec<AlarmKey<'_>> = alarms.iter().map(alarm_key).collect();
    no_twice(&keys, place, problems, |key| {
        format!("alarm {}", quote(key.name))
    });
    Some(alarms)
}

/// What makes two references name the same alarms, however they are written.
#[derive(PartialEq)]
struct AlarmKey<'a> {
    is_prefix: bool,
    name: &'a str,
    region: Option<&'a str>,
    role: Option<&'a str>,
}

fn alarm_key(alarm: &AlarmRef) -> AlarmKey<'_> {
    let (is_prefix, name, region, role) = match alarm {
        AlarmRef::Name(name) => (false, name, None, None),
        AlarmRef::Elsewhere(alarm) => (
            false,
            &alarm.name,
            alarm.region.as_deref(),
            alarm.role.as_deref(),
        ),
        AlarmRef::Prefix(alarm) => (
            true,
            &alarm.prefix,
            alarm.region.as_deref(),
            alarm.role.as_deref(),
        ),
    };
    AlarmKey {
        is_prefix,
        name,
        region,
        role,
    }
}

fn alarm(place: &Place<'_>, problems: &mut Problems) -> Option<AlarmRef> {
    if !matches!(place.node.value, Value::Map(_)) {
        return alarm_name(place, problems).map(AlarmRef::Name);
    }
    let mut fields = Fields::of("an alarm", place, problems)?;
    let has_prefix = fields.has("prefix");
    if has_prefix && fields.has("name") {
        fields.report(
            "prefix",
            "stands beside `name`, and an alarm is named by one of the two",
            "keep `name` for one alarm, or `prefix` for all that begin so",
        );
    }
    let name = if has_prefix {
        fields.optional("name", alarm_name)
    } else {
        fields.required("name", alarm_name)
    };
    let prefix = fields.optional("prefix", alarm_name);
    let region = fields.optional("region", region);
    let role = fields.optional("role", role);
    // Without its region an alarm would be taken for another of that name.
    let is_whole = fields.has("region") == region.is_some() && fields.has("role") == role.is_some();
    fields.finish();
    match (name, prefix) {
        _ if !is_whole => None,
        (Some(name), None) => Some(AlarmRef::Elsewhere(NamedAlarm { name, region, role })),
        (None, Some(prefix)) => Some(AlarmRef::Prefix(AlarmPrefix {
            prefix,
            region,
            role,
        })),
        _ => None,
    }
}

fn alarm_name(place: &Place<'_>, problems: &mut Problems) -> Option<String> {
    let name = text_up_to(ALARM_NAME_CHARACTERS_MAX)(place, problems)?;
    let Some(arn) = name.strip_prefix("arn:") else {
        return Some(name);
    };
    let mut parts = arn.splitn(6, ':').skip(2);
    let hint = match (parts.next(), parts.nth(2)) {
        (Some(region), Some(name)) => format!("write `{{ name: {name}, region: {region} }}`"),
        _ => "write the alarm's name".to_owned(),
    };
    let message = format!("{} is an ARN, and alarms are read by name", quote(&name));
    problems.push(place.error(message).hint(hint));
    None
}
