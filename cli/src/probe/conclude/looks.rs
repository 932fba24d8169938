//! What the looks of one release tell.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sluice_world::Assumed;
use sluice_world::assumed::Range;
use sluice_world::codepipeline::{ClosedJob, LengthUnit};

use super::{Told, seconds};
use crate::probe::seen::{Note, TAKEN};

/// Refusals that say something about the job, and not about who asks.
const ABOUT_THE_JOB: [&str; 3] = [
    "JobNotFoundException",
    "InvalidJobStateException",
    "ValidationException",
];

/// The first note of each look: an event may come twice.
fn by_step(notes: &[Note]) -> BTreeMap<u32, &Note> {
    let mut first: BTreeMap<u32, &Note> = BTreeMap::new();
    for note in notes {
        let own = first.entry(note.step).or_insert(note);
        if note.began < own.began {
            *own = note;
        }
    }
    first
}

pub(super) fn every(notes: &[Note], world: &mut Assumed) -> (Value, Told) {
    let steps = by_step(notes);
    let follows = |(step, note): (&u32, &&Note)| {
        let next = steps.get(&(step + 1))?;
        milliseconds(next.began - note.answered)
    };
    let gaps: Vec<u64> = steps.iter().filter_map(follows).collect();
    let saw = json!({ "milliseconds": gaps, "notes": notes.len(), "looks": steps.len() });
    let (Some(from), Some(to)) = (gaps.iter().min(), gaps.iter().max()) else {
        return (saw, Err("no look followed another".to_owned()));
    };
    world.look_every = Some(Range {
        from_milliseconds: *from,
        to_milliseconds: *to,
    });
    let (from, to, count) = (seconds(*from), seconds(*to), gaps.len());
    let said = format!("from an answer to the next look: {from} to {to}, of {count}");
    (saw, Ok(said))
}

/// Whole milliseconds; nothing where the second look came before the first
/// one's answer, which only clocks that differ could show.
fn milliseconds(seconds: f64) -> Option<u64> {
    let length = std::time::Duration::try_from_secs_f64(seconds).ok()?;
    u64::try_from(length.as_millis()).ok()
}

pub(super) fn job_details(notes: &[Note], world: &mut Assumed) -> (Value, Told) {
    let said = |note: &Note| match (&note.details.refused, &note.details.release) {
        (Some(code), _) => code.clone(),
        (None, Some(release)) if *release == note.release => "its release".to_owned(),
        (None, Some(_)) => "another release".to_owned(),
        (None, None) => "no release".to_owned(),
    };
    let all: BTreeSet<String> = notes.iter().map(said).collect();
    let saw = json!(all);
    let told = match alone(&all) {
        Err(why) => return (saw, Err(why)),
        Ok("its release") => true,
        Ok(code) if code == "no release" || ABOUT_THE_JOB.contains(&code) => false,
        Ok(other) => return (saw, Err(format!("`GetJobDetails` said {other}"))),
    };
    world.job_details = Some(told);
    let said = match told {
        true => "`GetJobDetails` names the release of a Lambda action's job",
        false => "`GetJobDetails` does not answer for a Lambda action's job",
    };
    (saw, Ok(said.to_owned()))
}

pub(super) fn second_answer(notes: &[Note], world: &mut Assumed) -> (Value, Told) {
    let answered = notes.iter().filter(|note| note.first == TAKEN);
    let all: BTreeSet<String> = answered.map(|note| note.second.clone()).collect();
    let saw = json!(all);
    let told = match alone(&all) {
        Err(why) => return (saw, Err(why)),
        Ok("InvalidJobStateException") => ClosedJob::InvalidState,
        Ok("JobNotFoundException") => ClosedJob::NotFound,
        Ok(TAKEN) => ClosedJob::Taken,
        Ok(other) => return (saw, Err(format!("a second answer was told {other}"))),
    };
    world.closed_job = Some(told);
    let said = match told {
        ClosedJob::InvalidState => "a second answer is refused, with `InvalidJobStateException`",
        ClosedJob::NotFound => "a second answer is refused, with `JobNotFoundException`",
        ClosedJob::Taken => "a second answer is taken",
    };
    (saw, Ok(said.to_owned()))
}

pub(super) fn lengths(notes: &[Note], world: &mut Assumed) -> (Value, Told) {
    let tried = notes.iter().filter(|note| !note.lengths.is_empty());
    let said = |note: &Note| {
        let told = |unit: &str| note.lengths.get(unit).map_or("", String::as_str);
        match (told("utf16"), told("bytes")) {
            (TAKEN, _) => "characters".to_owned(),
            ("ValidationException", TAKEN) => "UTF-16 units".to_owned(),
            ("ValidationException", "ValidationException") => "bytes".to_owned(),
            (utf16, bytes) => format!("{utf16} {bytes}").trim().to_owned(),
        }
    };
    let all: BTreeSet<String> = tried.map(said).collect();
    let saw = json!(all);
    let unit = match alone(&all) {
        Err(why) => return (saw, Err(why)),
        Ok("characters") => LengthUnit::Characters,
        Ok("UTF-16 units") => LengthUnit::Utf16,
        Ok("bytes") => LengthUnit::Bytes,
        Ok(other) => return (saw, Err(format!("long summaries were told {other}"))),
    };
    world.lengths = Some(unit);
    let unit = all.first().map_or("", String::as_str);
    (saw, Ok(format!("a summary's length counts {unit}")))
}

/// What all looks agree on.
fn alone(all: &BTreeSet<String>) -> Result<&str, String> {
    let mut words = all.iter();
    match (words.next(), words.next()) {
        (None, _) => Err("no look was noted".to_owned()),
        (Some(only), None) => Ok(only),
        _ => {
            let all: Vec<&str> = all.iter().map(String::as_str).collect();
            Err(format!("looks differ: {}", all.join(", ")))
        }
    }
}
