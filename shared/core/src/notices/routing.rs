//! Who is told of a notice, and when.
//!
//! Every layer's section is asked on its own, with the channels of its own and
//! of earlier layers. What two of them say of one channel is told once, as
//! early as one of them wants it. Two things are kept whatever people write:
//!
//! * A failure that no route tells is told on the installation's default
//!   channel.
//! * Quiet hours hold back no failure in production, and do not know better
//!   where a notice names no stage; unless `silence_production` says so.
//!
//! What says that a stage is mended goes where its break went: a route is
//! asked whether it would have told that one, then.

use jiff::Timestamp;

use super::notice::{Kind, Notice, Result, Severity};
use super::settings::{Notifications, PRODUCTION, Repeats, Route};
use super::told::RollbackResult;
use super::{Channel, Templates};
use crate::layers::Pattern;
use crate::words::quote_all;

/// The name of the installation's own channel.
pub const DEFAULT_CHANNEL: &str = "default";

/// A channel on which a notice is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The channel's name.
    pub name: String,
    /// Where it is.
    pub channel: Channel,
    /// What stands in place of the notice's own words.
    pub templates: Option<Templates>,
    /// Not before quiet hours end.
    pub not_before: Option<Timestamp>,
    /// Why this channel is told, where nobody wrote that.
    pub remark: Option<String>,
}

/// How urgent a notice is. `rollback` is what came of one.
pub fn severity(
    kind: Kind,
    result: Option<Result>,
    is_production: bool,
    rollback: Option<RollbackResult>,
) -> Severity {
    match kind {
        Kind::Broken | Kind::FailedAgain => severity_of_failure(result, is_production),
        Kind::Rollback => match rollback {
            Some(RollbackResult::RolledBack | RollbackResult::NotNeeded) => Severity::Info,
            _ => Severity::Critical,
        },
        Kind::WentOn => Severity::Warning,
        Kind::Mended | Kind::Passed | Kind::Said => Severity::Info,
    }
}

/// A failure whose reason nobody knows is taken for the worst.
fn severity_of_failure(result: Option<Result>, is_production: bool) -> Severity {
    match (result, is_production) {
        (Some(Result::Failed | Result::Action) | None, true) => Severity::Critical,
        (Some(Result::Failed | Result::Action) | None, false) => Severity::Error,
        (Some(Result::Inconclusive | Result::Error | Result::PlanError), true) => Severity::Error,
        (Some(Result::Inconclusive | Result::Error | Result::PlanError), false) => {
            Severity::Warning
        }
    }
}

/// Whether a stage is production: if a layer says so, or none says which
/// stages are and it is called like one.
pub fn is_production(layers: &[(&str, &Notifications)], stage: &str) -> bool {
    let said: Vec<bool> = layers
        .iter()
        .filter_map(|(_, section)| section.is_production(stage))
        .collect();
    if said.is_empty() {
        return Pattern::read(PRODUCTION).is_some_and(|pattern| pattern.matches(stage));
    }
    said.contains(&true)
}

/// Who is told of a notice, and when. `named` are channels that a plan's
/// policy wants told besides; `layers` come in the order in which they hold.
pub fn route(
    notice: &Notice,
    named: &[String],
    layers: &[(&str, &Notifications)],
    default: Option<&Channel>,
    now: Timestamp,
) -> Vec<Told> {
    let asked = Asked::new(notice, layers, now);
    let mut told = Vec::new();
    let mut missing: Vec<&str> = Vec::new();
    for (index, (_, section)) in layers.iter().enumerate() {
        for name in section
            .routes
            .iter()
            .filter(|route| asked.matches(route, section))
            .flat_map(|route| &route.to)
        {
            match asked.found(name, index, section) {
                Some(found) => add(&mut told, found),
                None => missing.push(name),
            }
        }
    }
    for name in named {
        match asked.named(name) {
            Some(found) => add(&mut told, found),
            None => missing.push(name),
        }
    }
    if let (Some(channel), Some(why)) = (default, asked.why_default(&told, &mut missing)) {
        add(&mut told, by_default(channel, why));
    }
    told
}

fn by_default(channel: &Channel, why: String) -> Told {
    Told {
        name: DEFAULT_CHANNEL.to_owned(),
        channel: channel.clone(),
        templates: None,
        not_before: None,
        remark: Some(why),
    }
}

/// A channel is told once, as early as anybody wants it, in the words of the
/// layer that is nearest to the service.
fn add(told: &mut Vec<Told>, more: Told) {
    match told.iter_mut().find(|own| own.channel == more.channel) {
        Some(own) => {
            own.not_before = own.not_before.zip(more.not_before).map(|(a, b)| a.min(b));
            own.templates = more.templates.or(own.templates.take());
            own.remark = own.remark.take().or(more.remark);
        }
        None => told.push(more),
    }
}

/// A notice for which routes are asked.
struct Asked<'a> {
    notice: &'a Notice,
    layers: &'a [(&'a str, &'a Notifications)],
    now: Timestamp,
    /// When what it is about began: a break, for what mends it.
    since: Timestamp,
    severity: Option<Severity>,
    /// Whether quiet hours must not hold it back, unless they say so.
    is_loud: bool,
}

impl<'a> Asked<'a> {
    fn new(
        notice: &'a Notice,
        layers: &'a [(&'a str, &'a Notifications)],
        now: Timestamp,
    ) -> Asked<'a> {
        let production = notice
            .stage
            .as_deref()
            .is_none_or(|stage| is_production(layers, stage));
        let mended = notice.kind == Kind::Mended;
        let outage = notice.outage.as_ref().filter(|_| mended);
        Asked {
            notice,
            layers,
            now,
            since: outage.map_or(notice.at, |outage| outage.since),
            severity: match notice.result {
                Some(_) if mended => Some(severity_of_failure(notice.result, production)),
                None if mended => None,
                _ => Some(notice.severity),
            },
            is_loud: production && (mended || is_failure(notice)),
        }
    }

    fn matches(&self, route: &Route, section: &Notifications) -> bool {
        let notice = self.notice;
        let stage = notice.stage.as_deref();
        let any_stage = route.stages.is_empty();
        let any_result = route.results.is_empty();
        is_about(route, section, notice.kind)
            && (any_stage || stage.is_none_or(|own| route.stages.iter().any(|of| of.matches(own))))
            && (any_result || notice.result.is_none_or(|own| route.results.contains(&own)))
            && route.severity.zip(self.severity).is_none_or(|(least, own)| own >= least)
            // A place that nobody knows leaves no one untold.
            && route.between.as_ref().is_none_or(|hours| hours.contain(self.since).unwrap_or(true))
    }

    /// A channel as a route in a layer knows it: its own, or an earlier one's.
    fn channel(&self, name: &str, upto: usize) -> Option<&'a Channel> {
        let visible = self.layers.iter().take(upto + 1);
        visible
            .into_iter()
            .find_map(|(_, section)| section.channels.get(name))
    }

    fn found(&self, name: &str, index: usize, section: &Notifications) -> Option<Told> {
        Some(Told {
            name: name.to_owned(),
            channel: self.channel(name, index)?.clone(),
            templates: self.templates(index),
            not_before: self.not_before(section),
            remark: None,
        })
    }

    /// A channel that a policy names: the hours of the layer nearest to the
    /// service hold, since nobody knows which layer wrote the policy.
    fn named(&self, name: &str) -> Option<Told> {
        let last = self.layers.len().checked_sub(1)?;
        let quiet = self
            .layers
            .iter()
            .rev()
            .find(|(_, section)| section.quiet.is_some());
        Some(Told {
            name: name.to_owned(),
            channel: self.channel(name, last)?.clone(),
            templates: self.templates(last),
            not_before: quiet.and_then(|(_, section)| self.not_before(section)),
            remark: None,
        })
    }

    /// Each template of the nearest layer that has it.
    fn templates(&self, upto: usize) -> Option<Templates> {
        let sections = self.layers.iter().take(upto + 1);
        let own = sections.filter_map(|(_, section)| section.templates.clone());
        own.reduce(|earlier, later| Templates {
            title: later.title.or(earlier.title),
            text: later.text.or(earlier.text),
        })
    }

    fn not_before(&self, section: &Notifications) -> Option<Timestamp> {
        let quiet = section.quiet.as_ref()?;
        let held = quiet.silence_production || !self.is_loud;
        held.then(|| quiet.hours().end(self.now)).flatten()
    }

    /// Why the default channel is told, if it is.
    fn why_default(&self, told: &[Told], missing: &mut Vec<&str>) -> Option<String> {
        if !missing.is_empty() {
            missing.sort_unstable();
            missing.dedup();
            return Some(match missing.as_slice() {
                [one] => format!("there is no channel {}", quote_all(&[one])),
                more => format!("there are no channels {}", quote_all(more)),
            });
        }
        let no_routes = self
            .layers
            .iter()
            .all(|(_, section)| section.routes.is_empty());
        if !told.is_empty() || !self.is_told_somewhere(no_routes) {
            return None;
        }
        Some(match no_routes {
            true => "no plan says who is told".to_owned(),
            false => "no route tells anybody of this".to_owned(),
        })
    }

    /// Whether a notice has to reach somebody whom no route names.
    fn is_told_somewhere(&self, no_routes: bool) -> bool {
        match self.notice.kind {
            Kind::Broken => true,
            Kind::FailedAgain => self
                .layers
                .iter()
                .any(|(_, own)| own.repeats == Some(Repeats::Tell)),
            Kind::Mended => no_routes || !self.was_break_routed(),
            Kind::Rollback => no_routes || self.notice.severity > Severity::Info,
            Kind::Said => no_routes,
            Kind::WentOn | Kind::Passed => false,
        }
    }

    /// Whether a route told the break that this mends, or a policy may have.
    fn was_break_routed(&self) -> bool {
        let broken = Notice {
            kind: Kind::Broken,
            ..self.notice.clone()
        };
        let twin = Asked {
            notice: &broken,
            ..*self
        };
        let routed = |(_, section): &(&str, &Notifications)| {
            section
                .routes
                .iter()
                .any(|route| twin.matches(route, section))
        };
        self.layers.iter().any(routed)
    }
}

/// What a route is about, if it does not say: what people have to act on.
fn is_about(route: &Route, section: &Notifications, kind: Kind) -> bool {
    if !route.about.is_empty() {
        return route.about.contains(&kind);
    }
    match kind {
        Kind::Broken | Kind::Mended | Kind::Rollback | Kind::Said => true,
        Kind::FailedAgain => section.repeats == Some(Repeats::Tell),
        Kind::WentOn | Kind::Passed => false,
    }
}

/// Whether it says that something failed.
fn is_failure(notice: &Notice) -> bool {
    matches!(notice.kind, Kind::Broken | Kind::FailedAgain) || notice.severity >= Severity::Error
}

#[cfg(test)]
mod tests;
