//! What there is to tell of a pipeline: what CodePipeline has, what gates
//! said, and what was told before.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sluice_aws::EntryPut;
use sluice_core::GateError;
use sluice_core::delivery::{
    Happening, History, Landed, Release, ReleaseStatus, RunStatus, happenings, landed,
};
use sluice_core::notices::{Kind, LEDGER_FORM, Ledger, Pending};

use super::metrics::of_look;
use super::slips::Slips;
use super::{Turn, busy};

/// What happened so long before a pipeline was first heard of is told.
const FIRST_LOOK_BACK: SignedDuration = SignedDuration::from_hours(1);
/// What CodePipeline lists late is still found.
const OVERLAP: SignedDuration = SignedDuration::from_mins(15);
/// Tries to write over what others write at the same time.
const TRIES_MAX: u32 = 6;
/// Notices of a pipeline that wait; of more, those that nobody has to act on
/// are left out.
const PENDING_MAX: usize = 200;

/// A pipeline that sweeps look at, whatever became of it.
pub(super) const WATCHED: &str = "watched";

/// Why they do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Watched {
    /// Something has still to be told; otherwise a stage is broken.
    pub(super) pending: bool,
}

/// What is asked of a pipeline.
#[derive(Debug, Default)]
pub(super) struct Asked<'a> {
    pub(super) pipeline: &'a str,
    /// When what it is about happened.
    pub(super) about: Option<Timestamp>,
    /// The release that it is about.
    pub(super) release: Option<&'a str>,
    /// What an event says.
    pub(super) seen: Vec<Happening>,
    /// What is told besides.
    pub(super) more: Vec<Pending>,
}

/// What there is to tell.
pub(super) struct Found {
    pub(super) ledger: Ledger,
    /// The ledger's version in the table.
    pub(super) version: u64,
    pub(super) releases: BTreeMap<String, Release>,
    pub(super) slips: BTreeMap<String, Slips>,
    /// Why CodePipeline could not be read.
    pub(super) unread: Option<String>,
}

/// What was read of a pipeline, taken in.
struct Seen {
    ledger: Ledger,
    history: History,
    landed: Vec<Landed>,
    slips: BTreeMap<String, Slips>,
    unread: Option<String>,
}

fn ledger_of(pipeline: &str) -> String {
    format!("ledger/{pipeline}")
}

/// The part of partitions that have only one.
pub(super) const ONLY: &str = "-";

impl Turn<'_> {
    /// Finds out what there is to tell of a pipeline, and tells it.
    pub(super) async fn look(&self, asked: Asked<'_>) -> Result<(), GateError> {
        let pipeline = asked.pipeline;
        let marked = self.watch(pipeline).await?;
        let found = self.find_out(&asked).await?;
        let told = self.tell(pipeline, &found).await;
        self.settle(pipeline, found, &told, marked).await
    }

    /// Whether a stage of the pipeline is broken, or something has still to be
    /// told of it.
    pub(super) async fn is_watched(&self, pipeline: &str) -> Result<bool, GateError> {
        let watched = self.entries().get::<Watched>((WATCHED, pipeline)).await?;
        Ok(watched.value.is_some())
    }

    /// Marks that something has still to be told of a pipeline, so that sweeps
    /// look at it; gives the mark's version.
    pub(super) async fn watch(&self, pipeline: &str) -> Result<u64, GateError> {
        let entries = self.entries();
        for _ in 0..TRIES_MAX {
            let known = entries.get::<Watched>((WATCHED, pipeline)).await?;
            let watched = (&Watched { pending: true }, known.version);
            if entries.put((WATCHED, pipeline), watched, None).await? == EntryPut::Done {
                return Ok(known.version + 1);
            }
        }
        Err(busy())
    }

    async fn find_out(&self, asked: &Asked<'_>) -> Result<Found, GateError> {
        let entries = self.entries();
        for _ in 0..TRIES_MAX {
            let (ledger, version) = self.ledger(asked).await?;
            let counted = ledger.counted;
            let before: BTreeSet<String> = ids(&ledger.pending).map(str::to_owned).collect();
            let seen = self.see(asked, ledger).await?;
            let key = ledger_of(asked.pipeline);
            let written = (&seen.ledger, version);
            let put = entries.put((&key, ONLY), written, None);
            if put.await? == EntryPut::Done {
                self.count(&seen, (&before, counted));
                return self.found(seen, version + 1).await;
            }
        }
        Err(busy())
    }

    /// What is known of a pipeline, and its version in the table.
    async fn ledger(&self, asked: &Asked<'_>) -> Result<(Ledger, u64), GateError> {
        let now = self.now();
        let key = ledger_of(asked.pipeline);
        let known = self.entries().get::<Ledger>((&key, ONLY)).await?;
        let begun = || Ledger::new(asked.about.unwrap_or(now).min(now) - FIRST_LOOK_BACK);
        let ledger = known.value.unwrap_or_else(begun);
        check_form(asked.pipeline, &ledger)?;
        Ok((ledger, known.version))
    }

    /// Takes in what CodePipeline has, what gates said and what is told
    /// besides.
    async fn see(&self, asked: &Asked<'_>, mut ledger: Ledger) -> Result<Seen, GateError> {
        let now = self.now();
        let since = ledger
            .looked
            .saturating_sub(OVERLAP)
            .unwrap_or(Timestamp::MIN);
        let (releases, unread) = self.releases(asked.pipeline, since).await;
        let history = History {
            pipeline: asked.pipeline.to_owned(),
            known_since: None,
            runs_known: true,
            releases,
        };
        let mut happened = self.happened(&history).await;
        let slips = self.slips_of(asked, &ledger, &happened).await?;
        happened.extend(asked.seen.iter().cloned());
        happened.extend(slips.values().flat_map(Slips::failures));
        ledger.reconcile(asked.pipeline, &happened);
        for pending in &asked.more {
            ledger.add(pending.clone());
        }
        leave_out(&mut ledger.pending);
        let landed = landed(&history);
        let last = landed.iter().map(|own| own.at);
        ledger.counted = last.fold(ledger.counted, Timestamp::max);
        if unread.is_none() {
            ledger.looked = ledger.looked.max(now);
        }
        Ok(Seen {
            ledger,
            history,
            landed,
            slips,
            unread,
        })
    }

    /// Counts what is new since a ledger with these pending notices.
    fn count(&self, seen: &Seen, (before, counted): (&BTreeSet<String>, Timestamp)) {
        let pending = seen.ledger.pending.iter();
        let new: Vec<&Pending> = pending.filter(|own| !before.contains(&own.id)).collect();
        let landed = (seen.landed.as_slice(), counted);
        for line in of_look(&seen.history.pipeline, &new, landed, self.host.counted_by) {
            (self.host.log)(line);
        }
    }

    /// With all that the notices need which are pending.
    async fn found(&self, seen: Seen, version: u64) -> Result<Found, GateError> {
        let pipeline = seen.history.pipeline;
        let releases = seen.history.releases;
        let about = mentioned(&seen.ledger.pending);
        Ok(Found {
            releases: self.with_pending(&pipeline, &seen.ledger, releases).await,
            slips: self.with_slips(&pipeline, seen.slips, about).await?,
            ledger: seen.ledger,
            version,
            unread: seen.unread,
        })
    }

    /// What CodePipeline has. What gates said and events say is told without
    /// it, too.
    async fn releases(&self, pipeline: &str, since: Timestamp) -> (Vec<Release>, Option<String>) {
        match self.host.aws.changed_releases(pipeline, since).await {
            Ok(releases) => (releases, None),
            Err(error) => {
                let more = json!({ "pipeline": pipeline, "error": error.to_string() });
                self.log("WARN", "a pipeline could not be read", more);
                (Vec::new(), Some(error.to_string()))
            }
        }
    }

    /// Failures and successes of stages, as CodePipeline has them.
    async fn happened(&self, history: &History) -> Vec<Happening> {
        let mut all = happenings(history);
        let odd = self.failed_without_action(&history.pipeline, &history.releases);
        all.extend(odd.await);
        all
    }

    /// A stage's own conditions fail it without any action that failed. Which
    /// stage that was, only its present state says.
    async fn failed_without_action(&self, pipeline: &str, releases: &[Release]) -> Vec<Happening> {
        let is_odd = |own: &&Release| {
            let any_failed = own.runs.iter().any(|run| run.status == RunStatus::Failed);
            own.status == ReleaseStatus::Failed && !any_failed
        };
        let odd: Vec<&Release> = releases.iter().filter(is_odd).collect();
        if odd.is_empty() {
            return Vec::new();
        }
        let states = self.host.aws.pipeline_state(pipeline).await;
        let stages = states.unwrap_or_default().into_iter().filter_map(|state| {
            let (release, _) = state.latest.filter(|(_, status)| status == "Failed")?;
            let own = odd.iter().find(|own| own.id == release)?;
            Some(Happening {
                at: own.updated,
                failed: true,
                stage: state.stage,
                release,
            })
        });
        stages.collect()
    }

    /// What was said of the releases that this is about.
    async fn slips_of(
        &self,
        asked: &Asked<'_>,
        ledger: &Ledger,
        happened: &[Happening],
    ) -> Result<BTreeMap<String, Slips>, GateError> {
        let failed = happened.iter().chain(&asked.seen).filter(|own| own.failed);
        let failed = failed
            .filter(|own| own.at >= ledger.since)
            .map(|own| own.release.as_str());
        let about = failed.chain(asked.release);
        self.with_slips(asked.pipeline, BTreeMap::new(), about)
            .await
    }

    /// With what was said of these releases, too.
    async fn with_slips<'a>(
        &self,
        pipeline: &str,
        mut slips: BTreeMap<String, Slips>,
        releases: impl Iterator<Item = &'a str>,
    ) -> Result<BTreeMap<String, Slips>, GateError> {
        for release in releases {
            if !slips.contains_key(release) {
                slips.insert(release.to_owned(), self.slips(pipeline, release).await?);
            }
        }
        Ok(slips)
    }

    /// With the releases that are still to be told of, as far as CodePipeline
    /// still has them.
    async fn with_pending(
        &self,
        pipeline: &str,
        ledger: &Ledger,
        releases: Vec<Release>,
    ) -> BTreeMap<String, Release> {
        let mut by_id: BTreeMap<String, Release> = releases
            .into_iter()
            .map(|own| (own.id.clone(), own))
            .collect();
        let missing: BTreeSet<&str> = mentioned(&ledger.pending)
            .filter(|id| !by_id.contains_key(*id))
            .collect();
        if missing.is_empty() {
            return by_id;
        }
        if let Ok(more) = self.host.aws.named_releases(pipeline, &missing).await {
            by_id.extend(more.into_iter().map(|own| (own.id.clone(), own)));
        }
        by_id
    }

    /// Takes what was told out of the ledger, and the mark away where there is
    /// nothing left that sweeps have to look at.
    async fn settle(
        &self,
        pipeline: &str,
        found: Found,
        told: &BTreeSet<String>,
        marked: u64,
    ) -> Result<(), GateError> {
        let entries = self.entries();
        let key = ledger_of(pipeline);
        let (mut ledger, mut version) = (found.ledger, found.version);
        for _ in 0..TRIES_MAX {
            if !told.is_empty() {
                ledger.told(told);
                let put = entries.put((&key, ONLY), (&ledger, version), None);
                if put.await? == EntryPut::Taken {
                    let known = entries.get::<Ledger>((&key, ONLY)).await?;
                    version = known.version;
                    ledger = known.value.unwrap_or(ledger);
                    continue;
                }
            }
            if !ledger.pending.is_empty() {
                return Ok(());
            }
            if ledger.broken().next().is_none() {
                entries.remove((WATCHED, pipeline), marked).await?;
            } else {
                let watched = Watched { pending: false };
                // Whoever wrote it since has something to tell.
                entries
                    .put((WATCHED, pipeline), (&watched, marked), None)
                    .await?;
            }
            return Ok(());
        }
        Err(busy())
    }
}

fn ids(pending: &[Pending]) -> impl Iterator<Item = &str> {
    pending.iter().map(|own| own.id.as_str())
}

/// The releases that notices are about.
fn mentioned(pending: &[Pending]) -> impl Iterator<Item = &str> {
    pending.iter().flat_map(|own| {
        let outage = own.outage.as_ref().map(|outage| outage.by.as_str());
        own.release.as_deref().into_iter().chain(outage)
    })
}

fn check_form(pipeline: &str, ledger: &Ledger) -> Result<(), GateError> {
    if ledger.form == LEDGER_FORM {
        return Ok(());
    }
    Err(GateError::RecordInvalid {
        detail: format!(
            "the ledger of pipeline `{pipeline}` has form {}, and form {LEDGER_FORM} is read",
            ledger.form
        ),
    })
}

/// Where nobody can be told for long, what asks nobody to act gives way.
fn leave_out(pending: &mut Vec<Pending>) {
    let mut over = pending.len().saturating_sub(PENDING_MAX);
    pending.retain(|own| {
        let gives_way = matches!(own.kind, Kind::FailedAgain | Kind::Passed | Kind::WentOn);
        let is_out = over > 0 && gives_way;
        over -= usize::from(is_out);
        !is_out
    });
}
