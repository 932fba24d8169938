//! How AWS behaves where its documentation leaves it open, as somebody
//! measured it: data that a world takes the place of its defaults with.

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cloudwatch::CloudWatchSwitches;
use crate::codepipeline::{ClosedJob, Interval, LengthUnit, Settings};

/// What was measured. What is absent was not, and stays as the world has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Assumed {
    /// Time from an answer with a continuation token to the next look.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub look_every: Option<Range>,
    /// Whether `GetJobDetails` answers for the jobs of Lambda actions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_details: Option<bool>,
    /// What a second answer to a job is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_job: Option<ClosedJob>,
    /// What the length of a text counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lengths: Option<LengthUnit>,
    /// Whether a stage that is running can be rolled back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback_while_running: Option<bool>,
    /// Whether a rollback runs the stage's Lambda actions again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback_runs_gates: Option<bool>,
    /// Whether a rollback says so in `executionType`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback_type_shown: Option<bool>,
    /// How long after an alarm's change of state its history shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history_delay_milliseconds: Option<u64>,
    /// How long after `PutMetricData` a datapoint can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub put_late_milliseconds: Option<u64>,
}

/// From the shortest that was seen to the longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// The shortest.
    #[schemars(range(min = 1))]
    pub from_milliseconds: u64,
    /// The longest.
    #[schemars(range(min = 1))]
    pub to_milliseconds: u64,
}

impl Range {
    fn interval(self) -> Interval {
        // A look that takes no time at all would never end.
        let from = self.from_milliseconds.max(1);
        let to = self.to_milliseconds.max(from);
        let (from, to) = (milliseconds(from), milliseconds(to));
        match from == to {
            true => Interval::Fixed(from),
            false => Interval::Between { from, to },
        }
    }
}

fn milliseconds(count: u64) -> SignedDuration {
    SignedDuration::from_millis(i64::try_from(count).unwrap_or(i64::MAX))
}

impl Assumed {
    /// What it changes about CodePipeline.
    pub fn apply(&self, to: &mut Settings) {
        fn take<T>(own: &mut T, measured: Option<T>) {
            if let Some(measured) = measured {
                *own = measured;
            }
        }
        take(&mut to.look_every, self.look_every.map(Range::interval));
        take(&mut to.job_details, self.job_details);
        take(&mut to.closed_job, self.closed_job);
        take(&mut to.lengths, self.lengths);
        let running = self.rollback_while_running;
        take(&mut to.rollback_while_running, running);
        take(&mut to.rollback_runs_gates, self.rollback_runs_gates);
        take(&mut to.rollback_type_shown, self.rollback_type_shown);
    }

    /// What it changes about CloudWatch.
    pub fn apply_to_cloudwatch(&self, to: &mut CloudWatchSwitches) {
        if let Some(delay) = self.history_delay_milliseconds {
            to.history_delay = milliseconds(delay);
        }
        if let Some(late) = self.put_late_milliseconds {
            to.put_late = milliseconds(late);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: &str = r#"{
        "look_every": { "from_milliseconds": 29000, "to_milliseconds": 33000 },
        "job_details": true,
        "closed_job": "taken",
        "lengths": "bytes",
        "rollback_while_running": true,
        "rollback_runs_gates": false,
        "rollback_type_shown": false,
        "history_delay_milliseconds": 4000,
        "put_late_milliseconds": 1500
    }"#;

    fn read(text: &str) -> Assumed {
        serde_json::from_str(text).expect("it is one")
    }

    #[test]
    fn what_was_measured_takes_the_place_of_the_defaults() {
        let mut settings = Settings::default();
        read(FULL).apply(&mut settings);
        let (from, to) = (milliseconds(29_000), milliseconds(33_000));
        assert_eq!(settings.look_every, Interval::Between { from, to });
        assert!(settings.job_details && settings.rollback_while_running);
        assert!(!settings.rollback_runs_gates && !settings.rollback_type_shown);
        assert_eq!(settings.closed_job, ClosedJob::Taken);
        assert_eq!(settings.lengths, LengthUnit::Bytes);
        let mut switches = CloudWatchSwitches::default();
        read(FULL).apply_to_cloudwatch(&mut switches);
        assert_eq!(switches.history_delay, milliseconds(4000));
        assert_eq!(switches.put_late, milliseconds(1500));
    }

    #[test]
    fn what_was_not_measured_stays_as_it_is() {
        let mut settings = Settings {
            job_details: true,
            ..Settings::default()
        };
        read("{}").apply(&mut settings);
        assert!(settings.job_details && settings.rollback_runs_gates);
        assert_eq!(settings.closed_job, ClosedJob::InvalidState);
        let mut switches = CloudWatchSwitches::default();
        read("{}").apply_to_cloudwatch(&mut switches);
        assert_eq!(switches.history_delay, SignedDuration::ZERO);
    }

    #[test]
    fn one_interval_is_always_the_same_and_none_is_no_time_at_all() {
        let range = |from, to| Range {
            from_milliseconds: from,
            to_milliseconds: to,
        };
        assert_eq!(
            range(0, 0).interval(),
            Interval::Fixed(milliseconds(1)),
            "looks without a pause would never end"
        );
        assert_eq!(
            range(9, 3).interval(),
            Interval::Fixed(milliseconds(9)),
            "the wrong way round"
        );
    }

    #[test]
    fn a_setting_that_is_not_known_is_refused() {
        let refused = serde_json::from_str::<Assumed>(r#"{ "look_evry": null }"#);
        let error = refused.expect_err("it is misspelt").to_string();
        assert!(error.starts_with("unknown field `look_evry`"), "{error}");
    }
}
