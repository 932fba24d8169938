//! Telling what is pending: each notice to each of its channels, once.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sluice_aws::{EntryPut, Event};
use sluice_core::GateError;
use sluice_core::layers::Layer;
use sluice_core::notices::{
    Channel, Kind, Known, Notice, Notifications, Pending, SOURCE, Saying, Telling, TellingState,
    TellingStep, Told, compose, route, step,
};

use super::Turn;
use super::look::Found;
use crate::deliver::Delivered;
use crate::plan_store::PlanStore;

/// `detail-type` of what could not be delivered.
const UNDELIVERED: &str = "Sluice Notification Undelivered";
/// With less time than this, what is left is left to the next sweep.
const TIME_LEFT_MIN: SignedDuration = SignedDuration::from_secs(20);
/// How long it is waited for the plan store before the default channel is told
/// instead.
const PLANS_WITHIN: SignedDuration = SignedDuration::from_mins(10);
/// How long it is remembered what was told.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Who is told what, as the plan store says it for a stage.
#[derive(Debug, Clone, Default)]
struct Sections {
    service: Option<String>,
    layers: Vec<(String, Notifications)>,
    remark: Option<String>,
}

/// How one notice at one channel went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Went {
    Done,
    /// It is tried again.
    Later,
}

impl Turn<'_> {
    /// Tells what is pending; gives the ids of what needs no more telling.
    pub(super) async fn tell(&self, pipeline: &str, found: &Found) -> BTreeSet<String> {
        let mut done = BTreeSet::new();
        let mut sections: BTreeMap<Option<&str>, Sections> = BTreeMap::new();
        // Where a notice of a stage waits, later ones of it wait behind it: a
        // stage is not told to be mended before it is told to be broken.
        let mut waiting: BTreeSet<(String, Option<&str>)> = BTreeSet::new();
        for pending in &found.ledger.pending {
            if self.left() < TIME_LEFT_MIN {
                break;
            }
            let stage = pending.stage.as_deref();
            let sections = match sections.entry(stage) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => match self.sections(pipeline, stage, pending.at).await {
                    Some(own) => place.insert(own),
                    None => continue,
                },
            };
            let (notice, told) = self.whom(pipeline, pending, found, sections);
            let (free, held): (Vec<Told>, Vec<Told>) =
                (told.into_iter()).partition(|own| !waiting.contains(&(own.name.clone(), stage)));
            let names: Vec<String> = free.iter().map(|own| own.name.clone()).collect();
            let went = join_all(free.iter().map(|own| self.tell_one(&notice, own))).await;
            let later = names.into_iter().zip(&went);
            let later = later.filter(|(_, went)| **went == Went::Later);
            waiting.extend(later.map(|(name, _)| (name, stage)));
            if held.is_empty() && went.iter().all(|own| *own == Went::Done) {
                done.insert(pending.id.clone());
            }
        }
        done
    }

    /// The notice, and who is told.
    fn whom(
        &self,
        pipeline: &str,
        pending: &Pending,
        found: &Found,
        sections: &Sections,
    ) -> (Notice, Vec<Told>) {
        let stage = pending.stage.as_deref();
        let release = pending.release.as_deref();
        let slips = told_by(pending).and_then(|release| found.slips.get(release));
        let (verdicts, checks) = slips.map(|own| own.at(stage)).unwrap_or_default();
        let layers: Vec<(&str, &Notifications)> = (sections.layers.iter())
            .map(|(label, own)| (label.as_str(), own))
            .collect();
        let link = release.map(|release| self.host.aws.release_link(pipeline, release));
        let known = Known {
            pipeline,
            region: self.host.aws.region_name(),
            service: sections.service.as_deref(),
            release: release.and_then(|release| found.releases.get(release)),
            verdicts: &verdicts,
            checks,
            layers: &layers,
            link: link.as_deref(),
        };
        let mut notice = compose(pending, &known);
        notice.remarks.extend(sections.remark.clone());
        notice.remarks.extend(found.unread.as_ref().map(|why| {
            format!("CodePipeline could not be read, so there may be more to say: {why}")
        }));
        let named = named(pending, found);
        let default = self.host.failure_topic.as_ref();
        let default = default.map(|topic| Channel::Sns {
            topic: topic.clone(),
        });
        let told = route(&notice, &named, &layers, default.as_ref(), self.now());
        (notice, told)
    }

    /// Who is told what at a stage; nothing while the plan store is unwell.
    async fn sections(
        &self,
        pipeline: &str,
        stage: Option<&str>,
        since: Timestamp,
    ) -> Option<Sections> {
        let Some(table) = self.host.plans_table.as_deref() else {
            return Some(Sections::default());
        };
        let store = PlanStore {
            aws: &self.host.aws,
            table,
        };
        let error = match read_sections(&store, pipeline, stage).await {
            Ok(sections) => return Some(sections),
            Err(error) => error,
        };
        let more = json!({ "pipeline": pipeline, "error": error.to_string() });
        self.log("WARN", "who is told could not be read", more);
        if error.is_passing() && self.now().duration_since(since) < PLANS_WITHIN {
            return None;
        }
        Some(Sections {
            remark: Some(format!("who else is told could not be read: {error}")),
            ..Sections::default()
        })
    }

    /// Sends one notice to one channel, unless that was done.
    async fn tell_one(&self, notice: &Notice, told: &Told) -> Went {
        let now = self.now();
        if told.not_before.is_some_and(|moment| now < moment) {
            return Went::Later;
        }
        match self.sent(notice, told).await {
            Ok(went) => went,
            Err(error) => {
                let more = json!({ "notice": notice.id, "channel": told.name, "error": error.to_string() });
                self.log("WARN", "what was told could not be written down", more);
                Went::Later
            }
        }
    }

    async fn sent(&self, notice: &Notice, told: &Told) -> Result<Went, GateError> {
        let entries = self.entries();
        let id = format!("notice/{}", notice.id);
        let key = (id.as_str(), told.name.as_str());
        let known = entries.get::<Telling>(key).await?;
        let telling = match step(known.value.as_ref(), self.by, self.now()) {
            TellingStep::Done => return Ok(Went::Done),
            TellingStep::Wait => return Ok(Went::Later),
            TellingStep::Send(telling) => telling,
        };
        let expires = Some(self.now() + KEPT_FOR);
        let put = entries.put(key, (&telling, known.version), expires);
        if put.await? == EntryPut::Taken {
            return Ok(Went::Later);
        }
        let mut notice = notice.clone();
        notice.remarks.extend(told.remark.clone());
        if telling.perhaps_told {
            notice
                .remarks
                .push("this may have been told before".to_owned());
        }
        let delivered = self
            .host
            .messenger
            .deliver(
                &self.host.aws,
                &told.channel,
                &notice,
                &told.templates.clone().unwrap_or_default(),
                self.until - TIME_LEFT_MIN / 2,
            )
            .await;
        let telling = match delivered {
            Delivered::Told { .. } | Delivered::NotForIt { .. } => telling.told(self.now()),
            Delivered::Later { why, not_before } => {
                telling.failed(why, Some(not_before), self.now())
            }
            Delivered::Never { why } => telling.refused(why, self.now()),
        };
        let telling = match telling.state {
            TellingState::GivenUp => self.given_up(&notice, told, telling).await,
            _ => telling,
        };
        self.log_told(&notice, told, &telling);
        let put = entries.put(key, (&telling, known.version + 1), expires);
        // Whoever wrote in between took this for dead, and sends it again.
        put.await?;
        Ok(match telling.state {
            TellingState::Told | TellingState::GivenUp => Went::Done,
            TellingState::Sending | TellingState::Later => Went::Later,
        })
    }

    /// Gives a notice up once somebody knows of that.
    async fn given_up(&self, notice: &Notice, told: &Told, telling: Telling) -> Telling {
        match self.undelivered(notice, told, &telling).await {
            Ok(()) => telling,
            Err(error) => {
                let more = json!({ "notice": notice.id, "channel": told.name, "error": error.to_string() });
                self.log("ERROR", "what cannot be told could not be handed on", more);
                telling.held(self.now())
            }
        }
    }

    fn log_told(&self, notice: &Notice, told: &Told, telling: &Telling) {
        let (level, message) = match telling.state {
            TellingState::Told => ("INFO", "told"),
            TellingState::GivenUp => ("ERROR", "could not be told"),
            TellingState::Sending | TellingState::Later => ("WARN", "is told later"),
        };
        let more = json!({
            "notice": notice.id, "kind": notice.kind, "channel": told.name, "to": told.channel.kind(),
            "tries": telling.tries, "why": telling.why, "again": telling.perhaps_told,
        });
        self.log(level, message, more);
    }

    /// Hands on what could not be delivered, with the reason, to be looked at
    /// by people.
    async fn undelivered(
        &self,
        notice: &Notice,
        told: &Told,
        telling: &Telling,
    ) -> Result<(), GateError> {
        let Some(bus) = &self.host.event_bus else {
            return Ok(());
        };
        let detail = json!({
            "version": "1", "channel": told.name, "to": told.channel.kind(), "why": telling.why,
            "tries": telling.tries, "first": telling.first, "notice": notice,
        });
        let event = Event {
            bus,
            source: SOURCE,
            detail_type: UNDELIVERED,
            detail: detail.to_string(),
        };
        Ok(self.host.aws.publish_event(event).await?)
    }

    /// Whether a route wants to hear of a gate that passed: nobody has to.
    pub(super) async fn is_asked_for(&self, pending: &Pending, pipeline: &str) -> bool {
        let stage = pending.stage.as_deref();
        let sections = self.sections(pipeline, stage, pending.at).await;
        let sections = sections.unwrap_or_default();
        let mut routes = sections.layers.iter().flat_map(|(_, own)| &own.routes);
        routes.any(|route| route.about.contains(&pending.kind))
    }
}

/// The release whose gates say what this is about: the one that broke the
/// stage, where it is mended.
fn told_by(pending: &Pending) -> Option<&str> {
    match (&pending.outage, pending.kind) {
        (Some(outage), Kind::Mended) => Some(&outage.by),
        _ => pending.release.as_deref(),
    }
}

/// The channels that the plan names for this answer, of the release that broke
/// the stage where this is its mending.
fn named(pending: &Pending, found: &Found) -> Vec<String> {
    if pending.kind == Kind::Said {
        let saying = pending.says.clone().map(serde_json::from_value::<Saying>);
        return saying
            .and_then(Result::ok)
            .map(|own| own.to)
            .unwrap_or_default();
    }
    let slips = told_by(pending).and_then(|release| found.slips.get(release));
    let Some(slips) = slips else {
        return Vec::new();
    };
    let (verdicts, checks) = slips.at(pending.stage.as_deref());
    let mut names: Vec<String> = (verdicts.into_iter())
        .filter(|own| own.is_stop())
        .flat_map(|own| own.notify)
        .chain(checks.into_iter().flat_map(|own| own.notify.clone()))
        .collect();
    names.sort();
    names.dedup();
    names
}

async fn read_sections(
    store: &PlanStore<'_>,
    pipeline: &str,
    stage: Option<&str>,
) -> Result<Sections, GateError> {
    let service = store.service_of(pipeline).await?;
    let layers = store.layers_of(service.as_deref(), stage).await?;
    let section = |layer: Layer| Some((layer.label, layer.notifications?));
    Ok(Sections {
        service,
        layers: layers.into_iter().filter_map(section).collect(),
        remark: None,
    })
}
