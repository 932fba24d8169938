//! Reads hours of the day, with their place.

use super::notifications::some_of;
use super::scalars::{flag, text, word};
use crate::fields::{Fields, Place};
use crate::notices::{ClockTime, Hours, Quiet, zone_names};
use crate::problems::Problems;
use crate::words::{closest, quote};

const TIME_HINT: &str = "write a time such as `\"22:00\"`";

/// Hours in which a route tells.
pub(super) fn between(place: &Place<'_>, problems: &mut Problems) -> Option<Hours> {
    let mut fields = Fields::of("`between`", place, problems)?;
    let hours = hours(&mut fields);
    fields.finish();
    hours
}

/// Hours in which people are left alone.
pub(super) fn quiet(place: &Place<'_>, problems: &mut Problems) -> Option<Quiet> {
    let mut fields = Fields::of("`quiet`", place, problems)?;
    let hours = hours(&mut fields);
    let silence_production = fields.defaulted("silence_production", flag);
    if hours.as_ref().is_some_and(Hours::are_always) {
        let hint = "to tell nobody of something, leave it out of the routes";
        fields.report(
            "to",
            "these hours never end, so nothing would ever be told",
            hint,
        );
    }
    fields.finish();
    Some(Quiet::new(hours?, silence_production))
}

fn hours(fields: &mut Fields<'_, '_>) -> Option<Hours> {
    let from = fields.required("from", begin);
    let to = fields.required("to", clock_time);
    let days = fields.defaulted("days", some_of(word));
    let zone = fields.required_or("zone", "write the place, such as `Europe/Berlin`", zone);
    Some(Hours {
        from: from?,
        to: to?,
        days,
        zone: zone?,
    })
}

fn begin(place: &Place<'_>, problems: &mut Problems) -> Option<ClockTime> {
    let time = clock_time(place, problems)?;
    if time == ClockTime::END_OF_DAY {
        let problem = place.error("is the end of a day, and hours begin before it");
        problems.push(problem.hint("write `\"00:00\"`".to_owned()));
        return None;
    }
    Some(time)
}

fn clock_time(place: &Place<'_>, problems: &mut Problems) -> Option<ClockTime> {
    let written = text(place, problems)?;
    let read = written.parse().ok();
    if read.is_none() {
        let message = format!("{} is not a time of day", quote(written));
        problems.push(place.error(message).hint(TIME_HINT.to_owned()));
    }
    read
}

/// A place of the IANA time zone database, under its exact name.
fn zone(place: &Place<'_>, problems: &mut Problems) -> Option<String> {
    let written = text(place, problems)?;
    let known: Vec<&str> = zone_names().collect();
    if known.contains(&written) {
        return Some(written.to_owned());
    }
    let message = format!(
        "{} is not a place of the time zone database",
        quote(written)
    );
    let hint = match closest(written, &known).or_else(|| by_city(written, &known)) {
        Some(guess) => format!("did you mean `{guess}`?"),
        None => "write one such as `Europe/Berlin`".to_owned(),
    };
    problems.push(place.error(message).hint(hint));
    None
}

/// `Berlin` for `Europe/Berlin`.
fn by_city<'w>(written: &str, known: &[&'w str]) -> Option<&'w str> {
    let city = |name: &'w str| name.rsplit('/').next().unwrap_or(name);
    let cities: Vec<&str> = known.iter().map(|name| city(name)).collect();
    let guess = closest(written, &cities)?;
    known.iter().find(|name| city(name) == guess).copied()
}
