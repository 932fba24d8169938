//! Histories from files: as the AWS CLI prints them, or our own.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{History, Release, ReleaseStatus, Revision, Run, RunStatus};

/// What our own documents say they are.
pub const FORMAT: &str = "sluice-history/1";

/// Histories of pipelines, and until when they tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// [`FORMAT`].
    pub format: String,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// One history for each pipeline.
    pub pipelines: Vec<History>,
}

/// Why a text is no history.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is no JSON, or a field of it is not what it has to be.
    #[error("{0}")]
    Json(String),
    /// It is JSON, and something else.
    #[error(
        "it is neither what `aws codepipeline list-pipeline-executions` or \
         `list-action-executions` prints, nor a `{FORMAT}`"
    )]
    SomethingElse,
    /// It tells of nothing.
    #[error("there is no execution in it")]
    Empty,
}

impl From<serde_json::Error> for Unreadable {
    fn from(error: serde_json::Error) -> Unreadable {
        Unreadable::Json(error.to_string())
    }
}

impl Recorded {
    /// Histories of the same moment.
    pub fn new(recorded_at: Timestamp, pipelines: Vec<History>) -> Recorded {
        Recorded {
            format: FORMAT.to_owned(),
            recorded_at,
            pipelines,
        }
    }

    /// Reads one file. What the AWS CLI prints does not name the pipeline.
    ///
    /// # Errors
    ///
    /// Where the text is no history.
    pub fn read(text: &str, pipeline: &str) -> Result<Recorded, Unreadable> {
        let document: Value = serde_json::from_str(text)?;
        if document["format"] == FORMAT {
            return Ok(serde_json::from_value(document)?);
        }
        if !document["format"].is_null() {
            return Err(Unreadable::SomethingElse);
        }
        let printed: Printed = serde_json::from_value(document)?;
        printed.history(pipeline)
    }

    /// What several files say together: executions and runs of actions come in
    /// two from the AWS CLI.
    pub fn joined(all: Vec<Recorded>) -> Option<Recorded> {
        let recorded_at = all.iter().map(|one| one.recorded_at).max()?;
        let mut by_name: BTreeMap<String, History> = BTreeMap::new();
        for history in all.into_iter().flat_map(|one| one.pipelines) {
            match by_name.get_mut(&history.pipeline) {
                Some(known) => {
                    known.known_since = known.known_since.max(history.known_since);
                    known.runs_known |= history.runs_known;
                    known.releases.extend(history.releases);
                }
                None => {
                    by_name.insert(history.pipeline.clone(), history);
                }
            }
        }
        Some(Recorded::new(recorded_at, by_name.into_values().collect()))
    }
}

/// A page that the AWS CLI printed, or all of them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Printed {
    pipeline_execution_summaries: Option<Vec<Summary>>,
    action_execution_details: Option<Vec<Detail>>,
    #[serde(alias = "NextToken")]
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    pipeline_execution_id: String,
    status: ReleaseStatus,
    start_time: Time,
    last_update_time: Option<Time>,
    #[serde(default)]
    source_revisions: Vec<SourceRevision>,
    trigger: Option<Trigger>,
    execution_type: Option<String>,
    rollback_metadata: Option<RollbackMetadata>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SourceRevision {
    action_name: String,
    revision_id: Option<String>,
    revision_summary: Option<String>,
    revision_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Trigger {
    trigger_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RollbackMetadata {
    rollback_target_pipeline_execution_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    pipeline_execution_id: String,
    action_execution_id: String,
    stage_name: String,
    action_name: String,
    start_time: Time,
    last_update_time: Option<Time>,
    status: RunStatus,
    #[serde(default)]
    input: Value,
    #[serde(default)]
    output: Value,
}

/// The CLI prints ISO 8601 or seconds since 1970, as it was told.
#[derive(Clone, Copy, Deserialize)]
#[serde(untagged)]
enum Time {
    Written(Timestamp),
    Seconds(f64),
}

impl From<Time> for Timestamp {
    fn from(time: Time) -> Timestamp {
        match time {
            Time::Written(at) => at,
            Time::Seconds(seconds) => {
                let length = jiff::SignedDuration::try_from_secs_f64(seconds).unwrap_or_default();
                Timestamp::from_duration(length).unwrap_or(Timestamp::UNIX_EPOCH)
            }
        }
    }
}

impl Printed {
    fn history(self, pipeline: &str) -> Result<Recorded, Unreadable> {
        if self.pipeline_execution_summaries.is_none() && self.action_execution_details.is_none() {
            return Err(Unreadable::SomethingElse);
        }
        let runs_known = self.action_execution_details.is_some();
        let summaries = self.pipeline_execution_summaries.into_iter().flatten();
        let mut releases: Vec<Release> = summaries.map(Release::from).collect();
        let details = self.action_execution_details.into_iter().flatten();
        releases.extend(details.map(Release::from));
        let oldest = releases.iter().map(|release| release.began).min();
        let newest = releases.iter().map(|release| release.updated).max();
        let recorded_at = newest.ok_or(Unreadable::Empty)?;
        let history = History {
            pipeline: pipeline.to_owned(),
            known_since: oldest.filter(|_| self.next_token.is_some()),
            runs_known,
            releases,
        };
        Ok(Recorded::new(recorded_at, vec![history]))
    }
}

impl From<Summary> for Release {
    fn from(told: Summary) -> Release {
        let began = told.start_time.into();
        let rolled = told.rollback_metadata;
        let revisions = told.source_revisions.into_iter();
        Release {
            id: told.pipeline_execution_id,
            status: told.status,
            rollback: told.execution_type.as_deref() == Some("ROLLBACK"),
            target: rolled.and_then(|told| told.rollback_target_pipeline_execution_id),
            trigger: told.trigger.and_then(|trigger| trigger.trigger_type),
            began,
            updated: told.last_update_time.map_or(began, Timestamp::from),
            revisions: revisions.filter_map(SourceRevision::known).collect(),
            runs: Vec::new(),
        }
    }
}

impl SourceRevision {
    fn known(self) -> Option<Revision> {
        Some(Revision {
            source: self.action_name,
            id: self.revision_id?,
            summary: self.revision_summary,
            url: self.revision_url,
            committed: None,
        })
    }
}

/// A run alone, as a release that is told of elsewhere.
impl From<Detail> for Release {
    fn from(told: Detail) -> Release {
        let began = told.start_time.into();
        let updated = told.last_update_time.map_or(began, Timestamp::from);
        let category = &told.input["actionTypeId"]["category"];
        let verdict = &told.output["outputVariables"]["Verdict"];
        let result = &told.output["executionResult"];
        let error = &result["errorDetails"]["message"];
        let says = (error.as_str()).or_else(|| result["externalExecutionSummary"].as_str());
        let run = Run {
            id: told.action_execution_id,
            stage: told.stage_name,
            action: told.action_name,
            deploys: category == "Deploy",
            began,
            updated,
            status: told.status,
            verdict: verdict.as_str().map(str::to_owned),
            says: says.map(str::to_owned),
            evidence: result["externalExecutionId"].as_str().map(str::to_owned),
        };
        Release {
            id: told.pipeline_execution_id,
            status: ReleaseStatus::Unknown,
            rollback: false,
            target: None,
            trigger: None,
            began,
            updated,
            revisions: Vec::new(),
            runs: vec![run],
        }
    }
}
