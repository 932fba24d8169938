//! What is known of a pipeline's stages: when they broke, when they were
//! mended, and what people have still to be told of it.
//!
//! What happened is read again from CodePipeline at each look; the ledger says
//! which of it was there before. So what comes twice, late or out of order
//! changes nothing, and whatever broke is mended once. Start at
//! [`Ledger::reconcile`].

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Kind, Outage};
use crate::delivery::Happening;

/// The form of [`Ledger`] that this code reads and writes.
pub const LEDGER_FORM: u32 = 1;
/// Outages of a stage that are remembered, the last ones.
const OUTAGES_MAX: usize = 20;
/// Releases of an outage that are told apart; later ones are still counted.
const RELEASES_MAX: usize = 100;

/// One pipeline's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// Its form.
    pub form: u32,
    /// What happened before this moment is told to nobody.
    pub since: Timestamp,
    /// The last look at the pipeline.
    pub looked: Timestamp,
    /// Outages by stage, in the order of time.
    #[serde(default)]
    pub stages: BTreeMap<String, Vec<KnownOutage>>,
    /// What has still to be told, in the order of time.
    #[serde(default)]
    pub pending: Vec<Pending>,
    /// Deployments up to this moment are counted.
    pub counted: Timestamp,
}

/// A time in which a stage was broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownOutage {
    /// Its first failure.
    pub since: Timestamp,
    /// The release that failed first.
    pub by: String,
    /// The releases that failed in it, that one included.
    pub releases: BTreeSet<String>,
    /// The next success of the stage, and the release that succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mended: Option<(Timestamp, String)>,
}

impl KnownOutage {
    /// As people are told of it.
    pub fn told(&self) -> Outage {
        let mended = self.mended.as_ref();
        Outage {
            since: self.since,
            by: self.by.clone(),
            failures: u32::try_from(self.releases.len()).unwrap_or(u32::MAX),
            mended: mended.map(|(at, _)| *at),
            mended_by: mended.map(|(_, by)| by.clone()),
        }
    }

    /// Whether a failure at this moment is a part of it.
    fn holds(&self, at: Timestamp) -> bool {
        at >= self.since && self.mended.as_ref().is_none_or(|(end, _)| at < *end)
    }
}

/// What has still to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pending {
    /// What it says about which release: the same each time.
    pub id: String,
    /// What it says.
    pub kind: Kind,
    /// When it happened.
    pub at: Timestamp,
    /// The stage.
    pub stage: Option<String>,
    /// The release.
    pub release: Option<String>,
    /// The outage that it is about, as it was then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outage: Option<Outage>,
    /// What it says besides, where that is read nowhere again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub says: Option<Value>,
}

impl Ledger {
    /// One of a pipeline that was never looked at.
    pub fn new(since: Timestamp) -> Ledger {
        Ledger {
            form: LEDGER_FORM,
            since,
            looked: since,
            stages: BTreeMap::new(),
            pending: Vec::new(),
            counted: since,
        }
    }

    /// The stages that are broken, with since when.
    pub fn broken(&self) -> impl Iterator<Item = (&str, &KnownOutage)> {
        (self.stages.iter()).filter_map(|(stage, all)| {
            let last = all.last().filter(|own| own.mended.is_none())?;
            Some((stage.as_str(), last))
        })
    }

    /// Takes in what happened, of which any part may have been there before,
    /// and adds what has to be told of it to what is pending.
    pub fn reconcile(&mut self, pipeline: &str, happenings: &[Happening]) {
        let mut by_stage: BTreeMap<&str, Vec<&Happening>> = BTreeMap::new();
        for one in happenings {
            by_stage.entry(&one.stage).or_default().push(one);
        }
        for (stage, mut all) in by_stage {
            all.sort();
            let mut known = self.stages.remove(stage).unwrap_or_default();
            let told = Stage {
                pipeline,
                stage,
                since: self.since,
            }
            .reconcile(&mut known, &all);
            known.drain(..known.len().saturating_sub(OUTAGES_MAX));
            if !known.is_empty() {
                self.stages.insert(stage.to_owned(), known);
            }
            for pending in told {
                self.add(pending);
            }
        }
        self.pending
            .sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    }

    /// Adds what has to be told, unless it is there.
    pub fn add(&mut self, pending: Pending) {
        if self.pending.iter().all(|own| own.id != pending.id) {
            self.pending.push(pending);
        }
    }

    /// Takes away what was told.
    pub fn told(&mut self, ids: &BTreeSet<String>) {
        self.pending.retain(|own| !ids.contains(&own.id));
    }
}

/// One stage, as it is taken in.
struct Stage<'a> {
    pipeline: &'a str,
    stage: &'a str,
    since: Timestamp,
}

impl Stage<'_> {
    fn reconcile(&self, known: &mut Vec<KnownOutage>, happenings: &[&Happening]) -> Vec<Pending> {
        let mut told = Vec::new();
        let successes: Vec<&Happening> = (happenings.iter().copied())
            .filter(|one| !one.failed)
            .collect();
        // Before the failures, so that one after an outage's end is not taken for a part of it.
        for outage in known.iter_mut().filter(|own| own.mended.is_none()) {
            told.extend(self.mended(outage, &successes));
        }
        for failure in happenings.iter().filter(|one| one.failed) {
            told.extend(self.failed(known, failure, &successes));
        }
        // What was seen at once with an outage's end is a part of it as well.
        for mended in told.iter_mut().filter(|own| own.kind == Kind::Mended) {
            let since = mended.outage.as_ref().map(|own| own.since);
            let outage = known.iter().find(|own| Some(own.since) == since);
            mended.outage = outage.map(KnownOutage::told);
        }
        told
    }

    fn mended(&self, outage: &mut KnownOutage, successes: &[&Happening]) -> Option<Pending> {
        let success = after(successes, outage.since)?;
        outage.mended = Some((success.at, success.release.clone()));
        Some(self.pending(Kind::Mended, outage, success))
    }

    /// A failure begins an outage, or is a part of one.
    fn failed(
        &self,
        known: &mut Vec<KnownOutage>,
        failure: &Happening,
        successes: &[&Happening],
    ) -> Vec<Pending> {
        let end = after(successes, failure.at).map(|success| success.at);
        // One that is seen late may be from before the beginning that is known.
        let same = |own: &&mut KnownOutage| {
            own.holds(failure.at)
                || (failure.at < own.since && end.is_none_or(|end| end > own.since))
        };
        if let Some(outage) = known.iter_mut().find(same) {
            let room = outage.releases.len() < RELEASES_MAX;
            let is_new = room && outage.releases.insert(failure.release.clone());
            let again = is_new.then(|| self.pending(Kind::FailedAgain, outage, failure));
            return again.into_iter().collect();
        }
        if failure.at < self.since {
            return Vec::new();
        }
        let mut outage = KnownOutage {
            since: failure.at,
            by: failure.release.clone(),
            releases: BTreeSet::from([failure.release.clone()]),
            mended: None,
        };
        let mut told = vec![self.pending(Kind::Broken, &outage, failure)];
        told.extend(self.mended(&mut outage, successes));
        let place = known.partition_point(|own| own.since <= outage.since);
        known.insert(place, outage);
        told
    }

    fn pending(&self, kind: Kind, outage: &KnownOutage, by: &Happening) -> Pending {
        let (word, release) = match kind {
            Kind::FailedAgain => ("failed-again", by.release.as_str()),
            Kind::Mended => ("mended", outage.by.as_str()),
            _ => ("broken", outage.by.as_str()),
        };
        let Stage {
            pipeline, stage, ..
        } = self;
        Pending {
            id: format!("{word}/{pipeline}/{stage}/{}/{release}", outage.since),
            kind,
            at: by.at,
            stage: Some((*stage).to_owned()),
            release: Some(by.release.clone()),
            outage: Some(outage.told()),
            says: None,
        }
    }
}

/// The first success after a moment. One of the same moment as a failure was
/// before it.
fn after<'a>(successes: &[&'a Happening], moment: Timestamp) -> Option<&'a Happening> {
    successes.iter().copied().find(|one| one.at > moment)
}
