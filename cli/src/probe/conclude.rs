//! From what was seen to what it means. Pure: it is given everything.
//!
//! A measure that could not be told says why, and changes nothing in a world.

mod alarms;
mod looks;
mod rollback;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sluice_world::Assumed;

use super::seen::Seen;

/// What can be measured.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    clap::ValueEnum,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Name {
    /// The time between two looks
    LookEvery,
    /// Whether `GetJobDetails` answers for jobs of Lambda actions
    JobDetails,
    /// What a second answer to a job is told
    SecondAnswer,
    /// What the length of a text counts
    Lengths,
    /// Whether a stage that runs can be rolled back
    RollbackWhileRunning,
    /// Whether a rollback runs gates, and says that it is one
    Rollback,
    /// How late an alarm's history is
    History,
    /// Whether an alarm and its history give the same times
    Moments,
    /// How late datapoints and their alarm are
    Metrics,
}

/// One measure: what was seen, and what follows from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// Its name, as `--only` takes it.
    pub name: Name,
    /// The entry of docs/assumptions.md that it is about.
    pub assumption: String,
    /// The raw figures and words.
    pub saw: Value,
    /// What follows from them; absent where it could not be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concludes: Option<String>,
    /// Why it could not be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_told: Option<String>,
}

impl Name {
    /// All of them, in the order in which they are shown.
    pub fn all() -> &'static [Name] {
        <Name as clap::ValueEnum>::value_variants()
    }

    /// The title of the entry in docs/assumptions.md.
    pub fn assumption(self) -> &'static str {
        match self {
            Name::LookEvery => "The time between two looks",
            Name::JobDetails => "A Lambda action's job may tell its release",
            Name::SecondAnswer => "What a second answer is told",
            Name::Lengths => "What a length counts",
            Name::RollbackWhileRunning => "A stage that runs is not rolled back",
            Name::Rollback => "A rollback runs the stage's gates again",
            Name::History => "History follows at once",
            Name::Moments => "Two calls give the same moment",
            Name::Metrics => "Metrics are a few minutes late",
        }
    }

    /// The part of a probe in which it is measured.
    pub(super) fn part(self) -> &'static str {
        match self {
            Name::LookEvery | Name::JobDetails | Name::SecondAnswer | Name::Lengths => "looks",
            Name::RollbackWhileRunning | Name::Rollback => "rollback",
            Name::History | Name::Moments => "history",
            Name::Metrics => "metrics",
        }
    }
}

/// What came of one measure: what it concludes, or why it could not be told.
type Told = Result<String, String>;

/// What follows from all that was seen, and what a world takes from it.
pub(super) fn conclude(seen: &Seen, wanted: &[Name]) -> (Vec<Measure>, Assumed) {
    let mut world = Assumed::default();
    let measures = wanted.iter().map(|name| {
        let (saw, told) = one(*name, seen, &mut world);
        let trouble = seen.trouble.get(name.part());
        // What was seen before a part broke off still counts.
        let told = told.map_err(|why| trouble.cloned().unwrap_or(why));
        Measure {
            name: *name,
            assumption: name.assumption().to_owned(),
            saw,
            concludes: told.as_ref().ok().cloned(),
            not_told: told.err(),
        }
    });
    (measures.collect(), world)
}

fn one(name: Name, seen: &Seen, world: &mut Assumed) -> (Value, Told) {
    match name {
        Name::LookEvery => looks::every(&seen.notes, world),
        Name::JobDetails => looks::job_details(&seen.notes, world),
        Name::SecondAnswer => looks::second_answer(&seen.notes, world),
        Name::Lengths => looks::lengths(&seen.notes, world),
        Name::RollbackWhileRunning => rollback::while_running(seen.while_running.as_deref(), world),
        Name::Rollback => rollback::ended(seen.rollback.as_ref(), world),
        Name::History => alarms::history(&seen.changes, world),
        Name::Moments => alarms::moments(&seen.changes),
        Name::Metrics => alarms::metrics(&seen.datapoints, world),
    }
}

/// Milliseconds as people read them.
fn seconds(milliseconds: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
    let seconds = milliseconds as f64 / 1000.0;
    format!("{seconds:.1} s")
}
