//! What gates and the checks of stages said, kept until it is told.

use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sluice_aws::EntryPut;
use sluice_core::GateError;
use sluice_core::delivery::Happening;
use sluice_core::notices::{GateVerdict, StageChecks};
use sluice_core::verdict::Verdict;

use super::Turn;
use super::metrics::of_false_alarm;

/// How long it is kept: longer than a release takes.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Tries to write over what others write at the same time.
const TRIES_MAX: u32 = 4;

/// What was said of one release.
#[derive(Debug, Default)]
pub(super) struct Slips {
    pub(super) verdicts: Vec<GateVerdict>,
    pub(super) checks: Vec<KeptChecks>,
}

/// What the checks of a stage came to, and when that was heard: they do not
/// say when they ended.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct KeptChecks {
    at: Timestamp,
    told: StageChecks,
}

impl Slips {
    /// What was said at a stage.
    pub(super) fn at(&self, stage: Option<&str>) -> (Vec<GateVerdict>, Option<&StageChecks>) {
        let verdicts = self.verdicts.iter();
        let verdicts = verdicts.filter(|own| Some(own.stage.as_str()) == stage);
        let checks = self.checks.iter();
        let mut checks = checks.filter(|own| Some(own.told.stage.as_str()) == stage);
        (
            verdicts.cloned().collect(),
            checks.next().map(|own| &own.told),
        )
    }

    /// The stops in it: failures, some seconds before CodePipeline has them.
    pub(super) fn failures(&self) -> impl Iterator<Item = Happening> + '_ {
        let failure = |at: Timestamp, stage: &str, release: &str| Happening {
            at,
            failed: true,
            stage: stage.to_owned(),
            release: release.to_owned(),
        };
        let verdicts = self.verdicts.iter().filter(|own| own.is_stop());
        let verdicts = verdicts.map(move |own| failure(own.ended, &own.stage, &own.release));
        let checks = self.checks.iter().filter(|own| own.told.is_stop());
        let checks = checks.map(move |own| failure(own.at, &own.told.stage, &own.told.release));
        verdicts.chain(checks)
    }
}

fn verdicts_of(pipeline: &str, release: &str) -> String {
    format!("verdicts/{pipeline}/{release}")
}

fn checks_of(pipeline: &str, release: &str) -> String {
    format!("checks/{pipeline}/{release}")
}

impl Turn<'_> {
    pub(super) async fn slips(&self, pipeline: &str, release: &str) -> Result<Slips, GateError> {
        let entries = self.entries();
        let verdicts = verdicts_of(pipeline, release);
        let verdicts = entries.all::<GateVerdict>(&verdicts).await?;
        let checks = checks_of(pipeline, release);
        let checks = entries.all::<KeptChecks>(&checks).await?;
        Ok(Slips {
            verdicts: verdicts.into_iter().map(|(_, own)| own).collect(),
            checks: checks.into_iter().map(|(_, own)| own).collect(),
        })
    }

    /// Keeps what a gate said, and says whether that is new. Of two answers of
    /// a gate the later one holds.
    pub(super) async fn keep_verdict(&self, told: &GateVerdict) -> Result<bool, GateError> {
        let id = verdicts_of(&told.pipeline, &told.release);
        let part = format!("{}/{}", told.stage, told.gate);
        let is_newer = |known: &GateVerdict| known.ended < told.ended;
        self.keep((&id, &part), told, is_newer).await
    }

    /// Keeps what the checks of a stage came to.
    pub(super) async fn keep_checks(&self, told: &StageChecks) -> Result<(), GateError> {
        let id = checks_of(&told.pipeline, &told.release);
        let is_other = |known: &KeptChecks| known.told.execution != told.execution;
        let kept = KeptChecks {
            at: self.now(),
            told: told.clone(),
        };
        self.keep((&id, &told.stage), &kept, is_other).await?;
        Ok(())
    }

    /// Counts where a gate passes the revisions that it failed before: that
    /// may have been a false alarm.
    pub(super) async fn count_false_alarm(&self, told: &GateVerdict) -> Result<(), GateError> {
        let id = format!("failed/{}/{}", told.pipeline, told.stage);
        let key = (id.as_str(), told.gate.as_str());
        match told.verdict {
            Some(Verdict::Fail) => {
                let of_other = |known: &String| *known != told.release;
                self.keep(key, &told.release, of_other).await?;
            }
            Some(Verdict::Pass) => {
                let known = self.entries().get::<String>(key).await?;
                let Some(failed) = known.value else {
                    return Ok(());
                };
                if self
                    .are_the_same(&told.pipeline, &failed, &told.release)
                    .await
                {
                    (self.host.log)(of_false_alarm(told, self.host.counted_by));
                }
                self.entries().remove(key, known.version).await?;
            }
            Some(Verdict::Inconclusive) | None => {}
        }
        Ok(())
    }

    /// Whether two releases bring the same revisions; not where nobody knows.
    async fn are_the_same(&self, pipeline: &str, one: &str, other: &str) -> bool {
        if one == other {
            return true;
        }
        let releases = self
            .host
            .aws
            .newest_releases(pipeline)
            .await
            .unwrap_or_default();
        let revisions = |id: &str| {
            let release = releases.iter().find(|own| own.id == id)?;
            let mut all: Vec<(&str, &str)> = (release.revisions.iter())
                .map(|own| (own.source.as_str(), own.id.as_str()))
                .collect();
            all.sort_unstable();
            Some(all).filter(|all| !all.is_empty())
        };
        revisions(one).is_some_and(|own| Some(own) == revisions(other))
    }

    async fn keep<T: Serialize + DeserializeOwned>(
        &self,
        key: (&str, &str),
        told: &T,
        replaces: impl Fn(&T) -> bool,
    ) -> Result<bool, GateError> {
        let entries = self.entries();
        let expires: Timestamp = self.now() + KEPT_FOR;
        for _ in 0..TRIES_MAX {
            let known = entries.get::<T>(key).await?;
            if known.value.as_ref().is_some_and(|known| !replaces(known)) {
                return Ok(false);
            }
            let put = entries.put(key, (told, known.version), Some(expires));
            if put.await? == EntryPut::Done {
                return Ok(true);
            }
        }
        Err(super::busy())
    }
}
