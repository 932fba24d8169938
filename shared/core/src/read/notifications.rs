//! Reads `notifications`: channels by name, routes, quiet hours, templates.
//!
//! Whether a route's channel exists cannot be said of one document: an earlier
//! layer may have it. Only the first layer can be held to its own.

use std::collections::BTreeMap;

use super::notice_channels::{channel, closest_or_known};
use super::notice_hours::{between, quiet};
use super::scalars::{name_like, no_twice, text, word};
use crate::fields::{Fields, Place, list_up_to};
use crate::layers::Pattern;
use crate::notices::{
    CHANNELS_MAX, Channel, LIST_MAX, Notifications, ROUTES_MAX, Route, Templates,
};
use crate::problems::Problems;
use crate::read::{NAME_HINT, is_name};
use crate::tree::Value;
use crate::words::quote;

const EXAMPLE_ROUTE: &str = "write `- to: [team]`";

/// Characters of a template.
const TEMPLATE_CHARACTERS_MAX: usize = 8 * 1024;

/// Who is told what.
pub(crate) fn notifications(place: &Place<'_>, problems: &mut Problems) -> Option<Notifications> {
    let mut fields = Fields::of("`notifications`", place, problems)?;
    let before = fields.problems_so_far();
    let channels = fields.defaulted("channels", channels);
    let routes = fields.defaulted("routes", routes);
    let quiet = fields.optional("quiet", quiet);
    let production = fields.defaulted("production", some_of(pattern));
    let repeats = fields.optional("repeats", word);
    let templates = fields.optional("templates", templates);
    fields.finish();
    (problems.len() == before).then_some(Notifications {
        channels,
        routes,
        quiet,
        production,
        repeats,
        templates,
    })
}

/// The routes of the first layer name its own channels, and no others.
pub(crate) fn refuse_unknown_channels(
    read: &Notifications,
    place: &Place<'_>,
    problems: &mut Problems,
) {
    let known: Vec<&str> = read.channels.keys().map(String::as_str).collect();
    let Some(Value::List(routes)) = step(place, "routes").map(|place| &place.node.value) else {
        return;
    };
    let Some(routes_place) = step(place, "routes") else {
        return;
    };
    for (index, node) in routes.iter().enumerate() {
        let Some(to) = step(&routes_place.item(index, node), "to") else {
            continue;
        };
        let Value::List(names) = &to.node.value else {
            continue;
        };
        for (index, node) in names.iter().enumerate() {
            if let Value::String(name) = &node.value
                && !known.contains(&name.as_str())
            {
                let message = format!("there is no channel {}", quote(name));
                let problem = to.item(index, node).error(message);
                problems.push(problem.hint(closest_or_known(name, &known)));
            }
        }
    }
}

fn step<'a>(place: &Place<'a>, name: &str) -> Option<Place<'a>> {
    let Value::Map(entries) = &place.node.value else {
        return None;
    };
    let entry = entries.iter().find(|(key, _)| key.name == name);
    entry.map(|(key, node)| place.entry(key, node))
}

fn channels(place: &Place<'_>, problems: &mut Problems) -> Option<BTreeMap<String, Channel>> {
    let entries = place.entries_up_to(CHANNELS_MAX, "channels", problems)?;
    let mut read = Vec::new();
    for (key, node) in entries {
        let place = place.entry(key, node);
        if !is_name(&key.name) {
            problems.push(place.bad_key(&key.name, NAME_HINT));
        }
        read.push(channel(&place, problems).map(|channel| (key.name.clone(), channel)));
    }
    read.into_iter().collect()
}

fn routes(place: &Place<'_>, problems: &mut Problems) -> Option<Vec<Route>> {
    let routes = list_up_to(ROUTES_MAX, route)(place, problems)?;
    if routes.is_empty() {
        let problem = place.error("has no route, so nobody would be told");
        problems.push(problem.hint(EXAMPLE_ROUTE.to_owned()));
        return None;
    }
    Some(routes)
}

fn route(place: &Place<'_>, problems: &mut Problems) -> Option<Route> {
    let mut fields = Fields::of("a route", place, problems)?;
    let to = fields.required_or("to", "name the channels: `to: [team]`", some_of(name_like));
    let about = fields.defaulted("about", some_of(word));
    let stages = fields.defaulted("stages", some_of(pattern));
    let results = fields.defaulted("results", some_of(word));
    let severity = fields.optional("severity", word);
    let between = fields.optional("between", between);
    fields.finish();
    Some(Route {
        to: to?,
        about,
        stages,
        results,
        severity,
        between,
    })
}

/// A list of 1 to so many items, none twice.
pub(super) fn some_of<'a, T: PartialEq>(
    read: impl Fn(&Place<'a>, &mut Problems) -> Option<T>,
) -> impl FnOnce(&Place<'a>, &mut Problems) -> Option<Vec<T>> {
    move |place, problems| {
        let items = list_up_to(LIST_MAX, read)(place, problems)?;
        if items.is_empty() {
            let hint = "leave it out, or write at least one item";
            problems.push(place.error("is an empty list").hint(hint.to_owned()));
            return None;
        }
        no_twice(&items, place, problems, |_| "this item".to_owned());
        Some(items)
    }
}

fn pattern(place: &Place<'_>, problems: &mut Problems) -> Option<Pattern> {
    let written = text(place, problems)?;
    let read = Pattern::read(written);
    if read.is_none() {
        let message = format!("{} is not a pattern of stages", quote(written));
        let hint = "write a stage's name, with `*` for any characters: `prod-*`";
        problems.push(place.error(message).hint(hint.to_owned()));
    }
    read
}

fn templates(place: &Place<'_>, problems: &mut Problems) -> Option<Templates> {
    let mut fields = Fields::of("`templates`", place, problems)?;
    let title = fields.optional("title", template);
    let body = fields.optional("text", template);
    if !fields.has("title") && !fields.has("text") {
        fields.miss("title", "write `title`, `text` or both");
    }
    fields.finish();
    Some(Templates { title, text: body })
}

fn template(place: &Place<'_>, problems: &mut Problems) -> Option<String> {
    let written = text(place, problems)?;
    let length = written.chars().count();
    if written.trim().is_empty() {
        problems.push(place.error("is empty"));
        return None;
    }
    if length > TEMPLATE_CHARACTERS_MAX {
        problems.push(place.error(format!(
            "has {length} characters, and at most {TEMPLATE_CHARACTERS_MAX} are allowed"
        )));
        return None;
    }
    Some(written.to_owned())
}
